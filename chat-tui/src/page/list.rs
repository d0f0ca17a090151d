//! Rows of one or more lines, one of which is selected.

use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::component::show_chosen;
use crate::text::{truncate, width};
use crate::theme::Theme;

mod row;

pub use row::{Row, label_cells, marked, one_line};

/// Rows that PgUp and PgDn move.
const PAGE_ROWS: usize = 8;

/// Which row is chosen, and how far one has read in it where it is higher than its room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct List {
    chosen: usize,
    /// Lines of the chosen row above the room.
    passed: usize,
}

impl List {
    /// Gives the chosen one of so many rows.
    pub fn chosen(&self, count: usize) -> usize {
        self.chosen.min(count.saturating_sub(1))
    }

    /// Chooses a row.
    pub fn choose(&mut self, row: usize) {
        if self.chosen != row {
            *self = Self { chosen: row, passed: 0 };
        }
    }

    /// Moves by a key in so many lines; false when the key moves nothing. A row that is higher than its room is read to its
    /// end first.
    pub fn moves(&mut self, key: KeyCode, rows: &[Row], height: usize) -> bool {
        let (chosen, last) = (self.chosen(rows.len()), rows.len().saturating_sub(1));
        let hidden = rows.get(chosen).map_or(0, Row::height).saturating_sub(height.max(1));
        self.passed = self.passed.min(hidden);
        let step = if matches!(key, KeyCode::PageUp | KeyCode::PageDown) { height.max(2) - 1 } else { 1 };
        match key {
            KeyCode::Down | KeyCode::PageDown if self.passed < hidden => {
                self.passed = (self.passed + step).min(hidden);
            }
            KeyCode::Up | KeyCode::PageUp if self.passed > 0 => self.passed = self.passed.saturating_sub(step),
            KeyCode::Up => self.choose(chosen.saturating_sub(1)),
            KeyCode::Down => self.choose((chosen + 1).min(last)),
            KeyCode::PageUp => self.choose(chosen.saturating_sub(PAGE_ROWS)),
            KeyCode::PageDown => self.choose((chosen + PAGE_ROWS).min(last)),
            KeyCode::Home => *self = Self::default(),
            KeyCode::End => {
                let passed = rows.get(last).map_or(0, Row::height).saturating_sub(height.max(1));
                *self = Self { chosen: last, passed };
            }
            _ => return false,
        }
        true
    }

    /// The first line that is shown: so that the chosen row is inside, in the middle where there is more on both sides.
    fn first_line(&self, rows: &[Row], height: usize) -> usize {
        let total: usize = rows.iter().map(Row::height).sum();
        let chosen = self.chosen(rows.len());
        let above: usize = rows.iter().take(chosen).map(Row::height).sum();
        let own = rows.get(chosen).map_or(0, Row::height);
        let middle = above + own / 2;
        let first = middle.saturating_sub(height / 2).min(above);
        let first = if own > height { above + self.passed.min(own - height) } else { first };
        first.min(total.saturating_sub(height))
    }

    /// Gives the row at a place of the screen.
    pub fn row_at(&self, rows: &[Row], area: Rect, column: u16, row: u16) -> Option<usize> {
        if !area.contains(Position::new(column, row)) {
            return None;
        }
        let mut line = self.first_line(rows, usize::from(area.height)) + usize::from(row - area.y);
        for (place, row) in rows.iter().enumerate() {
            if line < row.height() {
                return Some(place);
            }
            line -= row.height();
        }
        None
    }

    /// Draws the rows.
    pub fn view(&self, rows: &[Row], area: Rect, buffer: &mut Buffer, theme: &Theme) {
        let first = self.first_line(rows, usize::from(area.height));
        let chosen = self.chosen(rows.len());
        let lines = rows.iter().enumerate().flat_map(|(place, row)| row.lines.iter().map(move |line| (place, line)));
        for (y, (place, pieces)) in (area.top()..area.bottom()).zip(lines.skip(first)) {
            let mut x = area.x;
            for (text, style) in pieces {
                let room = usize::from(area.right().saturating_sub(x));
                let text = truncate(text, room);
                buffer.set_stringn(x, y, &text, room, *style);
                x += width(&text) as u16;
            }
            // An empty line stands between rows.
            let empty = pieces.iter().all(|(text, _)| text.is_empty());
            if place == chosen && !empty {
                show_chosen(Rect { y, height: 1, ..area }, buffer, theme);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::style::Style;

    use super::*;

    fn rows(count: usize) -> Vec<Row> {
        (0..count).map(|row| Row::new([(format!("{row}"), Style::new())]).line("more", Style::new())).collect()
    }

    #[test]
    fn the_chosen_row_is_always_inside() {
        let (rows, area) = (rows(30), Rect::new(0, 0, 10, 7));
        for chosen in 0..30 {
            let list = List { chosen, passed: 0 };
            let first = list.first_line(&rows, 7);
            assert!(first <= 2 * chosen && 2 * chosen + 2 <= first + 7, "{chosen}: {first}");
            let seen: Vec<_> = (0..7).filter_map(|y| list.row_at(&rows, area, 1, y)).collect();
            assert!(seen.contains(&chosen) && seen.len() == 7, "{chosen}: {seen:?}");
        }
    }

    #[test]
    fn moving_stays_among_the_rows() {
        let mut list = List::default();
        for (key, expected) in [(KeyCode::Up, 0), (KeyCode::Down, 1), (KeyCode::PageDown, 2), (KeyCode::Down, 2)] {
            assert!(list.moves(key, &rows(3), 9));
            assert_eq!(list.chosen(3), expected);
        }
        assert!(!list.moves(KeyCode::Char('j'), &rows(3), 9));
        assert_eq!(list.chosen(1), 0, "rows that are gone are not chosen");
        assert_eq!(list.row_at(&[], Rect::new(0, 0, 5, 5), 1, 1), None);
    }

    #[test]
    fn a_row_that_is_higher_than_its_room_is_read_to_its_end() {
        let long = (0..9).fold(Row::default(), |row, line| row.line(format!("{line}"), Style::new()));
        let (rows, mut list) = ([long, Row::new([("next".to_owned(), Style::new())])], List::default());
        let mut firsts = Vec::new();
        while list.chosen(2) == 0 {
            firsts.push(list.first_line(&rows, 4));
            list.moves(KeyCode::Down, &rows, 4);
        }
        assert_eq!(firsts, [0, 1, 2, 3, 4, 5]);
        list.moves(KeyCode::Up, &rows, 4);
        assert_eq!((list.chosen(2), list.first_line(&rows, 4)), (0, 0));
    }
}
