//! Pictures that the terminal draws by itself, row by row. A cell of one holds a sign that stands for the row and that no text
//! can hold; the painter writes the row's sequence where all of its cells are seen.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Position;

/// The signs: the last private plane, which texts of others are cleaned of. The one before it has the icons of some fonts,
/// which people may type.
const SIGNS: std::ops::RangeInclusive<char> = '\u{100000}'..='\u{10FFFD}';
const FIRST_SIGN: u32 = '\u{100000}' as u32;
const SIGNS_MAX: u32 = '\u{10FFFD}' as u32 - FIRST_SIGN + 1;

/// What the terminal is told to draw a picture.
#[derive(Debug, Default)]
pub struct PixelRows {
    /// Told once, before the first of its rows.
    pub before: Vec<u8>,
    /// Told for each row, with the cursor where it begins.
    pub rows: Vec<Vec<u8>>,
    /// Told when it is not needed any more.
    pub after: String,
    /// Cells across.
    pub columns: u16,
}

/// The pictures that may be drawn.
#[derive(Debug, Default)]
pub struct PixelTable(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    next: u32,
    rows: HashMap<char, Row>,
    /// What the terminal is to be told of pictures that are gone.
    orders: String,
}

#[derive(Debug)]
struct Row {
    columns: u16,
    bytes: Arc<[u8]>,
    /// The sign of the first row, which stands for the picture.
    image: char,
    /// What is told before, in the first row alone, until it is told.
    before: Option<Arc<[u8]>>,
    is_told: bool,
    /// Whether the terminal has ever been told, and may still know it.
    was_told: bool,
}

/// A picture that may be drawn, as long as this is held.
#[derive(Debug)]
pub struct PixelImage {
    table: Arc<PixelTable>,
    first: u32,
    rows: u16,
    columns: u16,
    bytes: usize,
    after: String,
}

impl PartialEq for PixelImage {
    fn eq(&self, other: &Self) -> bool {
        self.first == other.first && Arc::ptr_eq(&self.table, &other.table)
    }
}

impl Eq for PixelImage {}

impl PixelImage {
    /// Makes a picture that may be drawn.
    pub fn new(table: &Arc<PixelTable>, pixels: PixelRows) -> Self {
        let PixelRows { before, rows, after, columns } = pixels;
        let count = rows.len() as u32;
        let mut held = table.held();
        // A picture's signs follow each other; where they come round, those of long ago are gone.
        let first = if held.next + count > SIGNS_MAX { 0 } else { held.next };
        held.next = first + count;
        let bytes = before.len() + rows.iter().map(Vec::len).sum::<usize>();
        let mut before = Some(before).filter(|before| !before.is_empty()).map(Arc::from);
        for (number, row) in (first..).zip(rows) {
            let row = Row {
                columns,
                bytes: row.into(),
                image: sign(first),
                before: before.take(),
                is_told: false,
                was_told: false,
            };
            held.rows.insert(sign(number), row);
        }
        drop(held);
        Self { table: table.clone(), first, rows: count as u16, columns, bytes, after }
    }

    /// Cells across.
    pub fn columns(&self) -> u16 {
        self.columns
    }

    /// About how many bytes of memory it takes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Gives the sign of a row.
    pub fn sign(&self, row: u16) -> char {
        sign(self.first + u32::from(row.min(self.rows.saturating_sub(1))))
    }
}

impl Drop for PixelImage {
    fn drop(&mut self) {
        let mut held = self.table.held();
        let was_told = held.rows.get(&sign(self.first)).is_some_and(|row| row.was_told);
        for number in self.first..self.first + u32::from(self.rows) {
            held.rows.remove(&sign(number));
        }
        if was_told {
            held.orders.push_str(&self.after);
        }
    }
}

fn sign(number: u32) -> char {
    char::from_u32(FIRST_SIGN + number % SIGNS_MAX).expect("the private planes are characters")
}

/// Tells whether a cell is one of a picture's.
pub(super) fn is_pixels(cell: &Cell) -> bool {
    cell.symbol().chars().next().is_some_and(|c| SIGNS.contains(&c))
}

/// A row of a picture on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PixelSpot {
    pub(super) at: Position,
    pub(super) sign: char,
    pub(super) columns: u16,
}

impl PixelTable {
    /// Finds the rows of pictures on a screen. What lies over one of them hides all of it: its other cells are blank.
    pub(super) fn spots(&self, cells: &mut Buffer) -> Vec<PixelSpot> {
        let mut spots = Vec::new();
        let width = usize::from(cells.area.width).max(1);
        let held = self.held();
        for (y, row) in cells.content.chunks_mut(width).enumerate() {
            let mut x = 0;
            while x < row.len() {
                if !is_pixels(&row[x]) {
                    x += 1;
                    continue;
                }
                let symbol = row[x].symbol().to_owned();
                let same = row[x..].iter().take_while(|cell| cell.symbol() == symbol).count();
                let sign = symbol.chars().next().expect("it has one");
                let columns = held.rows.get(&sign).map_or(0, |row| row.columns);
                if usize::from(columns) == same {
                    spots.push(PixelSpot { at: Position { x: x as u16, y: y as u16 }, sign, columns });
                } else {
                    row[x..x + same].iter_mut().for_each(|cell| _ = cell.set_symbol(" "));
                }
                x += same;
            }
        }
        spots
    }

    /// Gives what the terminal is told to draw a row.
    pub(super) fn row(&self, sign: char) -> Vec<u8> {
        let mut held = self.held();
        let Some(row) = held.rows.get(&sign) else { return Vec::new() };
        let (bytes, image) = (row.bytes.clone(), row.image);
        let before = held.rows.get_mut(&image).filter(|first| !first.is_told).and_then(|first| {
            (first.is_told, first.was_told) = (true, true);
            first.before.clone()
        });
        [before.as_deref().unwrap_or_default(), &bytes].concat()
    }

    /// The terminal has forgotten all that it was told.
    pub(super) fn begin_anew(&self) {
        self.held().rows.values_mut().for_each(|row| row.is_told = false);
    }

    /// Gives what the terminal is to be told of pictures that are gone.
    pub(super) fn take_orders(&self) -> String {
        std::mem::take(&mut self.held().orders)
    }

    fn held(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;

    use super::*;

    fn image(table: &Arc<PixelTable>) -> PixelImage {
        let rows = vec![b"<one>".to_vec(), b"<two>".to_vec()];
        PixelImage::new(table, PixelRows { before: b"<all>".to_vec(), rows, after: "<gone>".to_owned(), columns: 3 })
    }

    #[test]
    fn a_row_is_drawn_where_all_of_it_is_seen() {
        let table = Arc::new(PixelTable::default());
        let image = image(&table);
        let mut cells = Buffer::empty(Rect::new(0, 0, 6, 2));
        for row in 0..2 {
            for x in 1..4 {
                cells[(x, row)].set_char(image.sign(row));
            }
        }
        cells[(2, 1)].set_symbol("│");
        let spots = table.spots(&mut cells);
        assert_eq!(spots, [PixelSpot { at: Position { x: 1, y: 0 }, sign: image.sign(0), columns: 3 }]);
        assert_eq!(cells[(1, 1)].symbol(), " ");
        assert_eq!(table.row(image.sign(1)), b"<all><two>");
        assert_eq!(table.row(image.sign(0)), b"<one>", "told once");
        table.begin_anew();
        assert_eq!(table.row(image.sign(0)), b"<all><one>");
        let sign = image.sign(0);
        drop(image);
        assert_eq!((table.row(sign), table.take_orders().as_str()), (Vec::new(), "<gone>"));
        assert_eq!(table.take_orders(), "");
    }

    #[test]
    fn signs_come_round() {
        let table = Arc::new(PixelTable::default());
        table.held().next = SIGNS_MAX - 1;
        let image = image(&table);
        assert_eq!((image.sign(0), image.sign(1)), ('\u{100000}', '\u{100001}'));
        assert_eq!(sign(SIGNS_MAX - 1), '\u{10FFFD}');
    }
}
