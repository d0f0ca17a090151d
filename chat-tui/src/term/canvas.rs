//! What stands on the terminal, and the fewest bytes that make it show another picture.
//!
//! Some ways to write a picture are tried, and the shortest is taken: row by row or look by look, with or without letting the
//! terminal move rows first. A move takes the whole width of the screen along, so what stands beside a pane that has
//! moved is drawn again; where that takes more than drawing the pane anew, nothing is moved.

mod look;
mod moved;
mod pen;
mod spans;

use std::ops::Range;
use std::sync::Arc;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Position;
use unicode_width::UnicodeWidthStr;

use super::Picture;
use super::pixels::{PixelSpot, PixelTable, is_pixels};
use look::bare;
use moved::{Moved, moves, scroll};
use pen::Pen;
use spans::{Span, spans};

/// A picture that takes no more bytes than this is written the first way that was found.
const SHORT_BYTES: usize = 100;
/// More bytes than this are shown at once, where a terminal can (mode 2026): it could be seen half drawn.
const AT_ONCE_FROM_BYTES: usize = 200;
const AT_ONCE: &[u8] = b"\x1b[?2026h";
const AT_ONCE_END: &[u8] = b"\x1b[?2026l";

/// What stands on the terminal.
pub(super) struct Canvas {
    pen: Pen,
    shown: Buffer,
    /// The rows of pictures that cells can stand for.
    pixels: Arc<PixelTable>,
}

impl Canvas {
    /// Begins on a terminal that was just taken; whether it knows no more than a VT100.
    pub(super) fn new(is_old: bool, pixels: Arc<PixelTable>) -> Self {
        Self { pen: Pen::new(is_old), shown: Buffer::default(), pixels }
    }

    /// Gives the bytes that show a picture, none when it is shown already; whole, where nobody knows what the terminal shows.
    pub(super) fn show(&mut self, picture: Picture, is_whole: bool) -> Vec<u8> {
        let Picture { mut cells, cursor } = picture;
        cells.content.iter_mut().for_each(bare);
        let spots = self.pixels.spots(&mut cells);
        let is_whole = is_whole || self.shown.area != cells.area;
        if is_whole {
            self.pen.clear(cells.area.width);
            self.shown = Buffer::empty(cells.area);
            self.pixels.begin_anew();
        }
        let fresh = self.take_over(&spots, &cells);
        if !is_whole {
            self.draw_line_of_cursor(&cells, cursor);
        }
        let first = std::mem::take(&mut self.pen.out);
        let mut pen = self.shortest(&cells, cursor);
        for spot in &fresh {
            pen.tell(spot.at, &self.pixels.row(spot.sign));
        }
        pen.leave(cursor);
        let rest = std::mem::take(&mut pen.out);
        (self.pen, self.shown) = (pen, cells);
        match (first.len() > AT_ONCE_FROM_BYTES, rest.len() > AT_ONCE_FROM_BYTES) {
            (false, false) => [first, rest].concat(),
            (false, true) => [&first, AT_ONCE, rest.as_slice(), AT_ONCE_END].concat(),
            (true, _) => [AT_ONCE, &first, rest.as_slice(), AT_ONCE_END].concat(),
        }
    }

    /// Takes rows of pictures for shown, since no character is to be written there; gives those that are to be drawn.
    fn take_over(&mut self, spots: &[PixelSpot], next: &Buffer) -> Vec<PixelSpot> {
        let mut fresh = Vec::new();
        for spot in spots {
            let begin = next.index_of(spot.at.x, spot.at.y);
            let cells = begin..begin + usize::from(spot.columns);
            let sign = |cell: &Cell| cell.symbol().starts_with(spot.sign);
            if !self.shown.content[cells.clone()].iter().all(sign) {
                fresh.push(*spot);
            }
            self.shown.content[cells.clone()].clone_from_slice(&next.content[cells]);
        }
        fresh
    }

    /// Draws the line that the cursor is in before all else: on a slow line, what is typed is seen first.
    fn draw_line_of_cursor(&mut self, next: &Buffer, cursor: Option<Position>) {
        let Some(y) = cursor.map(|cursor| usize::from(cursor.y)) else { return };
        let columns = usize::from(next.area.width);
        let row = y * columns..(y + 1) * columns;
        if self.shown.content[row.clone()] != next.content[row.clone()] {
            self.pen = self.drawn(&self.shown, self.pen.clone(), next, y..y + 1, cursor);
            self.shown.content[row.clone()].clone_from_slice(&next.content[row]);
        }
    }

    /// Gives the terminal after the shortest of the ways to make it show a picture.
    fn shortest(&self, next: &Buffer, cursor: Option<Position>) -> Pen {
        let rows = 0..usize::from(next.area.height);
        let mut shortest = self.drawn(&self.shown, self.pen.clone(), next, rows, cursor);
        // Not all terminals move pictures along with rows.
        let has_pixels = self.shown.content.iter().chain(&next.content).any(is_pixels);
        if shortest.out.len() > SHORT_BYTES && !has_pixels {
            for moved in moves(&self.shown, next) {
                let drawn = self.drawn_moved(moved, next, cursor);
                if drawn.out.len() < shortest.out.len() {
                    shortest = drawn;
                }
            }
        }
        shortest
    }

    fn drawn_moved(&self, moved: Moved, next: &Buffer, cursor: Option<Position>) -> Pen {
        let (mut pen, mut shown) = (self.pen.clone(), self.shown.clone());
        pen.scroll(moved);
        scroll(&mut shown, moved);
        self.drawn(&shown, pen, next, 0..usize::from(next.area.height), cursor)
    }

    /// Draws what differs in some rows, row by row or look by look.
    fn drawn(&self, shown: &Buffer, pen: Pen, next: &Buffer, rows: Range<usize>, cursor: Option<Position>) -> Pen {
        let spans = spans(shown, next, rows);
        let draw = |order: &[Span]| {
            let mut pen = pen.clone();
            spans.whole.iter().chain(order).for_each(|span| draw_span(&mut pen, *span, next));
            pen.leave(cursor);
            pen
        };
        let by_row = draw(&spans.free);
        if by_row.out.len() - pen.out.len() <= SHORT_BYTES {
            return by_row;
        }
        let by_look = draw(&look_by_look(&pen, &spans.free));
        if by_look.out.len() < by_row.out.len() { by_look } else { by_row }
    }
}

/// Brings together what looks alike, first what looks as the pen does.
fn look_by_look(pen: &Pen, spans: &[Span]) -> Vec<Span> {
    let mut looks = vec![pen.look()];
    for span in spans {
        if !looks.contains(&span.look) {
            looks.push(span.look);
        }
    }
    let mut ordered = spans.to_vec();
    ordered.sort_by_key(|span| looks.iter().position(|look| *look == span.look));
    ordered
}

fn draw_span(pen: &mut Pen, span: Span, picture: &Buffer) {
    let begin = picture.index_of(span.x, span.y);
    let cells = &picture.content[begin..begin + usize::from(span.end - span.x)];
    if !cells.iter().all(|cell| pen.look().draws(cell)) {
        pen.take(span.look);
    }
    let place = Position { x: span.x, y: span.y };
    if span.is_blanked {
        pen.go(place);
        pen.put(&Cell::EMPTY, place);
        pen.put(&Cell::EMPTY, Position { x: span.x + 1, ..place });
    }
    pen.write(cells, place);
}

/// Gives how many cells a symbol takes.
fn cells_of(cell: &Cell) -> usize {
    match cell.symbol() {
        symbol if symbol.len() == 1 => 1,
        symbol => symbol.width().max(1),
    }
}

#[cfg(test)]
mod tests;
