//! What the terminal is told: where to write, how it looks, and the letters; each in the fewest bytes.

use ratatui::buffer::Cell;
use ratatui::layout::Position;

use super::look::{Look, change_of_look};
use super::moved::Moved;

/// Blanks from this many on are erased when something follows them, since the cursor is to be moved over them, too.
const ERASED_FROM: usize = 10;
/// Blanks from this many on are erased when nothing follows.
const ERASED_LAST_FROM: usize = 5;
/// Lines that the cursor goes down one by one.
const LINE_FEEDS_MAX: u16 = 3;
/// Columns that it goes back one by one.
const BACKSPACES_MAX: u16 = 3;

/// A terminal as we have left it, and what it is to be told.
#[derive(Debug, Clone)]
pub(super) struct Pen {
    /// What it is to be told.
    pub(super) out: Vec<u8>,
    /// Where its cursor stands, if that is sure.
    at: Option<Position>,
    look: Look,
    /// Whether its cursor is seen.
    shows_cursor: bool,
    columns: u16,
    /// Whether it knows no more than a VT100.
    is_old: bool,
}

impl Pen {
    /// Begins in a terminal that was just taken.
    pub(super) fn new(is_old: bool) -> Self {
        Self { out: Vec::new(), at: None, look: Look::PLAIN, shows_cursor: false, columns: 0, is_old }
    }

    /// How letters look now.
    pub(super) fn look(&self) -> Look {
        self.look
    }

    /// Clears the terminal, whatever state it is in.
    pub(super) fn clear(&mut self, columns: u16) {
        self.say("\x1b[m\x1b[r\x1b[H\x1b[2J\x1b[?25l");
        (self.at, self.look, self.shows_cursor, self.columns) = (Some(Position::ORIGIN), Look::PLAIN, false, columns);
    }

    /// Moves rows of the terminal up or down; those that nothing moves to are blank.
    pub(super) fn scroll(&mut self, moved: Moved) {
        self.take(Look::PLAIN);
        let (top, bottom, count) = (moved.top + 1, moved.bottom, moved.by.unsigned_abs() as usize);
        self.say(&format!("\x1b[{top};{bottom}r"));
        let number = if count == 1 { String::new() } else { count.to_string() };
        match (moved.by > 0, self.is_old) {
            (true, false) => self.say(&format!("\x1b[{number}S")),
            (false, false) => self.say(&format!("\x1b[{number}T")),
            // The lines at the edge of a region scroll it.
            (true, true) => self.say(&format!("\x1b[{bottom}H{}", "\n".repeat(count))),
            (false, true) => self.say(&format!("\x1b[{top}H{}", "\x1bM".repeat(count))),
        }
        self.say("\x1b[r");
        self.at = Some(Position::ORIGIN);
    }

    /// Gives letters another look.
    pub(super) fn take(&mut self, look: Look) {
        let change = change_of_look(self.look, look);
        self.say(&change);
        self.look = look;
    }

    /// Leaves the cursor at a place, or out of sight.
    pub(super) fn leave(&mut self, cursor: Option<Position>) {
        if let Some(cursor) = cursor {
            self.go(cursor);
        }
        if self.shows_cursor != cursor.is_some() {
            self.shows_cursor = cursor.is_some();
            self.say(if self.shows_cursor { "\x1b[?25h" } else { "\x1b[?25l" });
        }
    }

    /// Goes to a place, the shortest way.
    pub(super) fn go(&mut self, to: Position) {
        if self.at == Some(to) {
            return;
        }
        let straight = absolute(to);
        let way = match self.at {
            Some(at) => [straight, relative(at, to, self.is_old)].into_iter().min_by_key(String::len),
            None => Some(straight),
        };
        self.say(&way.unwrap_or_default());
        self.at = Some(to);
    }

    /// Writes cells of one row, all of the look that is set. Where nothing follows, the cursor may stay before blanks.
    pub(super) fn write(&mut self, cells: &[Cell], from: Position) {
        let mut x = 0;
        while x < cells.len() {
            let blanks = cells[x..].iter().take_while(|cell| cell.symbol() == " ").count();
            let is_last = x + blanks == cells.len();
            let least = if is_last { ERASED_LAST_FROM } else { ERASED_FROM };
            let place = Position { x: from.x + x as u16, y: from.y };
            if blanks >= least && self.look.erases() && !self.is_old {
                self.go(place);
                self.erase(place.x, blanks);
                x += blanks;
            } else {
                self.go(place);
                x += self.put(&cells[x], place);
            }
        }
    }

    /// Writes what a cell holds, and tells how many cells that takes.
    pub(super) fn put(&mut self, cell: &Cell, place: Position) -> usize {
        self.say(cell.symbol());
        let cells = super::cells_of(cell);
        let next = place.x + cells as u16;
        // Behind the last column the cursor waits to be wrapped.
        self.at = (next < self.columns && is_sure(cell.symbol(), cells)).then_some(Position { x: next, y: place.y });
        cells
    }

    /// Tells the terminal something at a place, after which nobody knows where the cursor stands.
    pub(super) fn tell(&mut self, at: Position, sequence: &[u8]) {
        self.take(Look::PLAIN);
        self.go(at);
        self.out.extend_from_slice(sequence);
        self.at = None;
    }

    fn erase(&mut self, x: u16, blanks: usize) {
        if usize::from(self.columns - x) == blanks {
            self.say("\x1b[K");
        } else {
            self.say(&format!("\x1b[{blanks}X"));
        }
    }

    fn say(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }
}

/// Tells whether all terminals agree how many cells a symbol takes: of what is wide, on the letters of East Asia.
fn is_sure(symbol: &str, cells: usize) -> bool {
    let mut characters = symbol.chars();
    let (Some(first), None) = (characters.next(), characters.next()) else { return false };
    let is_east_asian = matches!(first, '\u{2e80}'..='\u{303e}' | '\u{3041}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}');
    cells == 1 || is_east_asian
}

/// CUP; a number that is left out is 1.
fn absolute(to: Position) -> String {
    match (to.x, to.y) {
        (0, 0) => "\x1b[H".to_owned(),
        (0, y) => format!("\x1b[{}H", y + 1),
        (x, y) => format!("\x1b[{};{}H", y + 1, x + 1),
    }
}

/// From one place to another by row and column.
fn relative(at: Position, to: Position, is_old: bool) -> String {
    let across = match () {
        () if at.x == to.x => String::new(),
        () if to.x == 0 => "\r".to_owned(),
        () if to.x > at.x => {
            let steps = sequence(to.x - at.x, 'C');
            if is_old { steps } else { shorter(steps, sequence(to.x + 1, 'G')) }
        }
        () if at.x - to.x <= BACKSPACES_MAX => "\x08".repeat(usize::from(at.x - to.x)),
        () => {
            let steps = sequence(at.x - to.x, 'D');
            if is_old { steps } else { shorter(steps, sequence(to.x + 1, 'G')) }
        }
    };
    let down = match () {
        () if at.y == to.y => String::new(),
        // The terminal is raw: the column stays.
        () if to.y > at.y && to.y - at.y <= LINE_FEEDS_MAX => "\n".repeat(usize::from(to.y - at.y)),
        () if to.y > at.y => {
            let steps = sequence(to.y - at.y, 'B');
            if is_old { steps } else { shorter(steps, sequence(to.y + 1, 'd')) }
        }
        () => sequence(at.y - to.y, 'A'),
    };
    across + &down
}

fn shorter(one: String, other: String) -> String {
    if other.len() < one.len() { other } else { one }
}

/// A sequence with one number, which is left out when it is 1.
fn sequence(number: u16, end: char) -> String {
    if number == 1 { format!("\x1b[{end}") } else { format!("\x1b[{number}{end}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_way_is_gone() {
        let way = |from: (u16, u16), to: (u16, u16)| {
            let mut pen = Pen { at: Some(from.into()), columns: 200, ..Pen::new(false) };
            pen.go(to.into());
            String::from_utf8(pen.out).expect("text")
        };
        assert_eq!(way((5, 5), (5, 5)), "");
        assert_eq!(way((5, 5), (0, 5)), "\r");
        assert_eq!(way((5, 5), (0, 7)), "\r\n\n");
        assert_eq!(way((5, 5), (5, 6)), "\n");
        assert_eq!(way((5, 5), (6, 5)), "\x1b[C");
        assert_eq!(way((5, 5), (4, 5)), "\x08");
        assert_eq!(way((9, 5), (4, 5)), "\x1b[5D");
        assert_eq!(way((5, 5), (100, 20)), "\x1b[21;101H");
        assert_eq!(way((5, 5), (5, 20)), "\x1b[15B");
        assert_eq!(way((5, 5), (0, 0)), "\x1b[H");
    }

    #[test]
    fn where_terminals_disagree_no_place_is_sure() {
        assert!(is_sure("a", 1) && is_sure("é", 1) && is_sure("漢", 2));
        assert!(!is_sure("e\u{301}", 1) && !is_sure("👍", 2) && !is_sure("👨‍👩‍👧‍👦", 2));
    }
}
