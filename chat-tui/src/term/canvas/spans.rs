//! What of a picture is to be written, when another one is shown: spans of cells that look alike.

use std::ops::Range;

use ratatui::buffer::{Buffer, Cell};

use super::cells_of;
use super::look::{Look, is_bare};
use crate::term::pixels::is_pixels;

/// Bytes of unchanged cells that are written again rather than passed over: a move takes as many.
const BRIDGED_MAX: usize = 4;

/// Cells of one row that are drawn in one look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) y: u16,
    pub(super) x: u16,
    pub(super) end: u16,
    pub(super) look: Look,
    /// A wide cluster that some terminals draw narrower: what stood in its second cell is blanked first.
    pub(super) is_blanked: bool,
}

/// What is to be written.
#[derive(Debug, Default)]
pub(super) struct Spans {
    /// Rows whose cells are written one after the other.
    pub(super) whole: Vec<Span>,
    /// The others, in any order.
    pub(super) free: Vec<Span>,
}

/// Gives what is to be written in some rows where one picture is shown and the next one is wanted. Terminals disagree about the width of
/// clusters of several characters and may draw beyond their cells: a changed row that has or had one is written whole.
pub(super) fn spans(shown: &Buffer, next: &Buffer, rows: Range<usize>) -> Spans {
    let columns = usize::from(next.area.width).max(1);
    let mut spans = Spans::default();
    let both = shown.content.chunks(columns).zip(next.content.chunks(columns));
    let both = both.enumerate().skip(rows.start).take(rows.len());
    for (y, (old, new)) in both.filter(|(_, (old, new))| old != new) {
        if old.iter().chain(new).any(is_odd) {
            spans_of(y as u16, new, &vec![true; columns], &mut spans.whole);
        } else {
            spans_of(y as u16, new, &changed(old, new), &mut spans.free);
        }
    }
    spans
}

/// Tells whether terminals may disagree about a cell.
fn is_odd(cell: &Cell) -> bool {
    let symbol = cell.symbol();
    symbol.len() > 1 && symbol.chars().nth(1).is_some()
}

/// Tells which cells are to be written: those that differ, and all that share a wide symbol with one, before or after.
fn changed(old: &[Cell], new: &[Cell]) -> Vec<bool> {
    let mut changed = old.iter().zip(new).map(|(old, new)| old != new).collect::<Vec<_>>();
    loop {
        let before = changed.iter().filter(|changed| **changed).count();
        for row in [old, new] {
            let mut x = 0;
            while x < row.len() {
                let end = (x + cells_of(&row[x])).min(row.len());
                if changed[x..end].contains(&true) {
                    changed[x..end].fill(true);
                }
                x = end;
            }
        }
        if changed.iter().filter(|changed| **changed).count() == before {
            return changed;
        }
    }
}

fn spans_of(y: u16, row: &[Cell], changed: &[bool], spans: &mut Vec<Span>) {
    let mut open: Option<Span> = None;
    let mut x = 0;
    while x < row.len() {
        let cell = &row[x];
        let next = x + cells_of(cell);
        // Where a picture is nothing is written; what it hides is another one's or text by then.
        if changed[x] && !is_pixels(cell) {
            let is_blanked = is_odd(cell) && next > x + 1;
            let joined = open.filter(|_| !is_blanked).and_then(|span| joined(span, row, x));
            let span = match joined {
                Some(span) => span,
                None => {
                    spans.extend(open);
                    Span { y, x: x as u16, end: 0, look: Look::of(cell), is_blanked }
                }
            };
            open = Some(Span { end: next as u16, ..span });
        }
        x = next;
    }
    spans.extend(open);
}

/// Gives a span that goes on to a cell, if both can be drawn in one look and little lies between them.
fn joined(span: Span, row: &[Cell], x: usize) -> Option<Span> {
    let between = &row[usize::from(span.end)..x];
    let bytes = between.iter().map(|cell| cell.symbol().len()).sum::<usize>();
    // Where nothing but blanks was to be drawn so far, they can be drawn in the look of what follows.
    let begun = &row[usize::from(span.x)..usize::from(span.end)];
    let look = if begun.iter().all(is_bare) { Look::of(&row[x]) } else { span.look };
    let draws = |cell: &Cell| look.draws(cell) && !is_odd(cell) && !is_pixels(cell);
    // Blanks are erased together.
    let are_blank = is_bare(&row[x]) && between.iter().all(is_bare);
    let is_joined = !span.is_blanked
        && (bytes <= BRIDGED_MAX || are_blank)
        && look.draws(&row[x])
        && between.iter().all(draws)
        && begun.first().is_none_or(|first| look.draws(first) || span.look == look);
    is_joined.then_some(Span { look, ..span })
}
