//! One line of a form, written with the keys of the composer.

use crossterm::event::KeyEvent;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use unicode_segmentation::UnicodeSegmentation;

use crate::component::composer::Composer;
use crate::text::{cluster_width, width};
use crate::theme::Theme;

/// A line of a form.
#[derive(Debug, Clone, Default)]
pub struct Field {
    /// What the line asks for.
    pub label: &'static str,
    secret: bool,
    input: Composer,
}

/// Gives the cells that labels need before the lines beside them.
pub fn form_label_cells<'a>(labels: impl IntoIterator<Item = &'a str>) -> u16 {
    labels.into_iter().map(width).max().unwrap_or(0) as u16 + LABEL_GAP
}

/// Cells between the longest label and the lines.
const LABEL_GAP: u16 = 2;

impl Field {
    /// Makes a line, filled in already where something is known.
    pub fn new(label: &'static str, text: &str) -> Self {
        let mut input = Composer::default();
        input.insert(text);
        Self { label, secret: false, input }
    }

    /// Makes a line that shows dots in place of what is typed.
    pub fn secret(label: &'static str) -> Self {
        Self::secret_of(label, "")
    }

    /// The same with something in it.
    pub fn secret_of(label: &'static str, text: &str) -> Self {
        Self { secret: true, ..Self::new(label, text) }
    }

    /// Gives what is written.
    pub fn text(&self) -> &str {
        self.input.text()
    }

    /// Empties the line; false when it was empty.
    pub fn clear(&mut self) -> bool {
        let was_filled = !self.input.is_empty();
        self.input.clear();
        was_filled
    }

    /// Edits by a key.
    pub fn key(&mut self, key: KeyEvent) {
        self.input.key(key);
    }

    /// Takes a pasted text up to its first line end.
    pub fn paste(&mut self, text: &str) {
        self.input.insert(text.trim_start_matches(['\r', '\n']).split(['\r', '\n']).next().unwrap_or_default());
    }

    /// Draws label and line and gives the place of the cursor.
    pub fn view(
        &self,
        label_cells: u16,
        active: bool,
        area: Rect,
        buffer: &mut Buffer,
        theme: &Theme,
    ) -> Option<Position> {
        let style = if active { theme.title } else { theme.dim };
        super::put(self.label, area.x, area.y, area.width, style, buffer);
        let room = area.width.saturating_sub(label_cells);
        if room < 2 {
            return None;
        }
        // A line end stands for itself in one cell.
        let on_line = |text: &str| text.replace('\n', "␊");
        let shown = if self.secret { "•".repeat(self.text().graphemes(true).count()) } else { on_line(self.text()) };
        let before = if self.secret {
            self.text()[..self.input.cursor()].graphemes(true).count()
        } else {
            width(&on_line(&self.text()[..self.input.cursor()]))
        };
        let room_cells = usize::from(room - 1);
        let skip = before.saturating_sub(room_cells);
        let x = area.x + label_cells;
        let mut at = 0;
        for cluster in shown.graphemes(true) {
            if at >= skip && at - skip < room_cells {
                buffer.set_stringn(x + (at - skip) as u16, area.y, cluster, 2, ratatui::style::Style::new());
            }
            at += cluster_width(cluster);
        }
        active.then(|| Position::new(x + (before - skip) as u16, area.y))
    }
}
