//! What is written as rows of the box: broken between words, as it is drawn and as the cursor goes up and down.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;

use super::Composer;
use crate::keymap::hints::{GAP, filled};
use crate::text::{cluster_width, truncate, wrap};
use crate::theme::Theme;

const PROMPT: &str = "> ";
const PROMPT_CELLS: u16 = 2;

/// A text in rows: byte ranges, which leave out line ends alone.
pub(super) struct Rows<'a> {
    text: &'a str,
    rows: Vec<std::ops::Range<usize>>,
    cells: usize,
}

impl<'a> Rows<'a> {
    /// Breaks a text for a box of so many cells, the prompt with it; without any it ends only where its lines do.
    pub(super) fn of(text: &'a str, cells: Option<u16>) -> Self {
        let cells = cells.map_or(usize::MAX, |cells| usize::from(cells.saturating_sub(PROMPT_CELLS)).max(2));
        let mut rows = Vec::new();
        let mut start = 0;
        for line in text.split('\n') {
            break_line(line, start, cells, &mut rows);
            start += line.len() + 1;
        }
        // Behind a full row the cursor stands in the next one.
        if let Some(last) = rows.last().cloned()
            && cells_of(&text[last.clone()]) >= cells
        {
            rows.push(last.end..last.end);
        }
        Self { text, rows, cells }
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Gives the row and the column of a place in the text.
    pub(super) fn place(&self, at: usize) -> (usize, usize) {
        let row = self.rows.iter().rposition(|row| row.start <= at).unwrap_or_default();
        let start = self.rows[row].start;
        (row, cells_of(&self.text[start..at.max(start)]))
    }

    /// Gives the place in the text of a column in a row, or of the row's end.
    pub(super) fn at(&self, row: usize, column: usize) -> usize {
        let range = self.rows[row].clone();
        let mut used = 0;
        let mut last = range.start;
        for (at, cluster) in self.text[range.clone()].grapheme_indices(true) {
            last = range.start + at;
            if used >= column {
                return last;
            }
            used += cells(cluster);
        }
        // The end of a row that goes on is the begin of the next one.
        let goes_on = self.rows.get(row + 1).is_some_and(|next| next.start == range.end);
        if goes_on { last } else { range.end }
    }
}

/// Breaks a line behind its spaces, which may stand beyond the edge, or within a word that is longer than a row.
fn break_line(line: &str, offset: usize, cells_max: usize, rows: &mut Vec<std::ops::Range<usize>>) {
    let (mut begin, mut used) = (0, 0);
    let mut gap = None;
    for (at, cluster) in line.grapheme_indices(true) {
        let wide = cells(cluster);
        if cluster == " " {
            used += wide;
            gap = Some(at + 1);
            continue;
        }
        if used + wide > cells_max {
            let next = gap.take().filter(|next| *next > begin).unwrap_or(at);
            rows.push(offset + begin..offset + next);
            begin = next;
            used = cells_of(&line[begin..at]);
        }
        used += wide;
    }
    rows.push(offset + begin..offset + line.len());
}

/// A tab takes one cell.
fn cells(cluster: &str) -> usize {
    if cluster == "\t" { 1 } else { cluster_width(cluster) }
}

fn cells_of(text: &str) -> usize {
    text.graphemes(true).map(cells).sum()
}

/// Gives the rows that the box needs in a given width.
pub fn height(state: &Composer, cells: u16) -> u16 {
    u16::try_from(Rows::of(&state.text, Some(cells)).len()).unwrap_or(u16::MAX)
}

/// Gives the rows that a hint needs in an empty box.
pub fn hint_height(hint: &str, cells: u16) -> u16 {
    hint_rows(hint, usize::from(cells.saturating_sub(PROMPT_CELLS))).len().try_into().unwrap_or(u16::MAX)
}

/// Breaks a hint: keys stay with what they do, a sentence is wrapped.
fn hint_rows(hint: &str, cells: usize) -> Vec<String> {
    if hint.contains(GAP) {
        return filled(hint.split(GAP).map(str::to_owned), cells);
    }
    wrap(hint, cells).into_iter().map(|row| hint[row].to_owned()).collect()
}

/// Draws the box and gives the place of the cursor.
pub fn view_composer(state: &Composer, hint: &str, area: Rect, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
    if area.height == 0 || area.width <= PROMPT_CELLS {
        return None;
    }
    buffer.set_stringn(area.x, area.y, PROMPT, usize::from(area.width), theme.dim);
    if state.is_empty() {
        let room = usize::from(area.width - PROMPT_CELLS);
        let rows = hint_rows(hint, room);
        for row in 0..rows.len().min(usize::from(area.height)) {
            let cut = row + 1 == usize::from(area.height) && rows.len() > row + 1;
            let line = if cut { truncate(&rows[row..].join(" "), room) } else { rows[row].clone() };
            buffer.set_stringn(area.x + PROMPT_CELLS, area.y + row as u16, line, room, theme.dim);
        }
    }
    let rows = Rows::of(&state.text, Some(area.width));
    let (cursor_row, cursor_column) = rows.place(state.cursor);
    let height = usize::from(area.height);
    let first = (cursor_row + 1).saturating_sub(height);
    for (y, row) in (area.y..).zip(rows.rows.iter().skip(first).take(height)) {
        let mut x = usize::from(area.x + PROMPT_CELLS);
        for cluster in state.text[row.clone()].graphemes(true) {
            let wide = cells(cluster);
            if x + wide > usize::from(area.right()) {
                break;
            }
            buffer.set_stringn(x as u16, y, if cluster == "\t" { " " } else { cluster }, 2, Style::new());
            x += wide;
        }
    }
    // Behind spaces at the edge it stands on the last cell.
    let column = cursor_column.min(rows.cells.saturating_sub(1)) as u16;
    Some(Position::new(area.x + PROMPT_CELLS + column, area.y + (cursor_row - first) as u16))
}
