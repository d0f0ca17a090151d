//! What the forms about an account have in common: lines of which one is active, and why they were refused.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::component::field::Field;
use crate::text::CleanLine;
use crate::theme::Theme;

/// Cells of the labels before the lines.
pub(super) const LABEL_CELLS: u16 = 10;

/// The lines of a form.
#[derive(Debug)]
pub(super) struct Form<const FIELDS: usize> {
    fields: [Field; FIELDS],
    /// How many there are: the fields, then what is chosen rather than written.
    lines: usize,
    active: usize,
    busy: bool,
    error: Option<CleanLine>,
}

/// What a key does to the lines.
pub(super) enum Step {
    Stay,
    Submit,
    Close,
}

impl<const FIELDS: usize> Form<FIELDS> {
    /// Makes the lines: these, and some below them that are chosen.
    pub(super) fn new(fields: [Field; FIELDS], chosen: usize) -> Self {
        Self { fields, lines: FIELDS + chosen, active: 0, busy: false, error: None }
    }

    /// Gives what is written in a line.
    pub(super) fn text(&self, line: usize) -> &str {
        self.fields[line].text()
    }

    /// Tells whether a line is active.
    pub(super) fn is_active(&self, line: usize) -> bool {
        self.active == line
    }

    /// Takes a key: Enter goes on to the next line, and submits on the last one.
    pub(super) fn key(&mut self, key: KeyEvent) -> Step {
        let interrupt = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => return Step::Close,
            _ if interrupt => return Step::Close,
            KeyCode::Tab | KeyCode::Down => self.active = (self.active + 1) % self.lines,
            KeyCode::BackTab | KeyCode::Up => self.active = (self.active + self.lines - 1) % self.lines,
            KeyCode::Enter if self.active + 1 < self.lines => self.active += 1,
            KeyCode::Enter if self.busy => {}
            KeyCode::Enter => return Step::Submit,
            _ => {
                self.error = None;
                if let Some(field) = self.fields.get_mut(self.active) {
                    field.key(key);
                }
            }
        }
        Step::Stay
    }

    /// Takes a pasted text into the line that is active.
    pub(super) fn paste(&mut self, text: &str) {
        if let Some(field) = self.fields.get_mut(self.active) {
            field.paste(text);
        }
    }

    /// Waits for the answer to what was submitted.
    pub(super) fn wait(&mut self) {
        self.busy = true;
    }

    /// Shows why it was refused.
    pub(super) fn fail(&mut self, reason: &str) {
        self.busy = false;
        self.error = Some(CleanLine::new(reason));
    }

    /// Shows what is wrong with a line.
    pub(super) fn fail_at(&mut self, line: usize, reason: &str) {
        self.fail(reason);
        self.active = line;
    }

    /// Gives what stands below: why it was refused, that it is under way, or else a hint.
    pub(super) fn told<'a>(&'a self, waiting: &'a str, hint: &'a str, theme: &Theme) -> (&'a str, Style) {
        match (&self.error, self.busy) {
            (Some(error), _) => (error.as_str(), theme.error),
            (None, true) => (waiting, theme.dim),
            (None, false) => (hint, theme.dim),
        }
    }

    /// Draws the fields from the top of a part of the screen and gives the place of the cursor.
    pub(super) fn view(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
        let mut cursor = None;
        for (which, (field, row)) in self.fields.iter().zip(area.rows()).enumerate() {
            cursor = cursor.or(field.view(LABEL_CELLS, self.is_active(which), row, buffer, theme));
        }
        cursor
    }
}
