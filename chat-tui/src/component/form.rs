//! What the forms about an account have in common: lines of which one is active, and why they were refused.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::catalogue::Key;
use crate::component::field::{Field, form_label_cells};
use crate::component::popup::keys::{PopupKey, action_of, also, hint_lines, hinted};
use crate::component::wrapped;
use crate::text::CleanLine;
use crate::theme::Theme;

/// The lines of a form.
#[derive(Debug)]
pub(super) struct Form<const FIELDS: usize> {
    fields: [Field; FIELDS],
    /// What the hint line says of Enter.
    submit: Key,
    /// How many there are: the fields, then what is chosen rather than written.
    lines: usize,
    active: usize,
    busy: bool,
    error: Option<CleanLine>,
}

/// What a key does in every form.
#[derive(Debug, Clone, Copy)]
enum FormKey {
    Enter,
    Next,
    Previous,
    Close,
}

/// What a key leads to outside of the lines.
pub(super) enum Step {
    Stay,
    Submit,
    Close,
}

impl<const FIELDS: usize> Form<FIELDS> {
    /// Makes the lines: these, and some below them that are chosen. `submit` is the hint of Enter.
    pub(super) fn new(fields: [Field; FIELDS], chosen: usize, submit: Key) -> Self {
        Self { fields, submit, lines: FIELDS + chosen, active: 0, busy: false, error: None }
    }

    fn keys(&self) -> [PopupKey<FormKey>; 6] {
        [
            hinted(KeyCode::Enter, FormKey::Enter, self.submit),
            hinted(KeyCode::Tab, FormKey::Next, key!("form-key-next")),
            also(KeyCode::Down, FormKey::Next),
            also(KeyCode::BackTab, FormKey::Previous),
            also(KeyCode::Up, FormKey::Previous),
            hinted(KeyCode::Esc, FormKey::Close, key!("form-key-cancel")),
        ]
    }

    /// Gives the hints of the keys, as many lines as they need.
    pub(super) fn hints(&self, cells: usize) -> Vec<String> {
        hint_lines(&self.keys(), cells)
    }

    /// Gives the cells of the labels, of which one may stand outside of the fields.
    pub(super) fn label_cells(&self, outside: &str) -> u16 {
        form_label_cells(self.fields.iter().map(|field| field.label).chain([outside]))
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
        match action_of(&self.keys(), key) {
            Some(FormKey::Close) => return Step::Close,
            Some(FormKey::Next) => self.active = (self.active + 1) % self.lines,
            Some(FormKey::Previous) => self.active = (self.active + self.lines - 1) % self.lines,
            Some(FormKey::Enter) if self.active + 1 < self.lines => self.active += 1,
            Some(FormKey::Enter) if self.busy => {}
            Some(FormKey::Enter) => return Step::Submit,
            None => {
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
    pub(super) fn told(&self, waiting: &str, hint: &str, cells: usize, theme: &Theme) -> (Vec<String>, Style) {
        match (&self.error, self.busy) {
            (Some(error), _) => (wrapped(error, cells), theme.error),
            (None, true) => (vec![waiting.to_owned()], theme.dim),
            (None, false) => (wrapped(&CleanLine::new(hint), cells), theme.dim),
        }
    }

    /// Draws the fields from the top of a part of the screen and gives the place of the cursor.
    pub(super) fn view(&self, label_cells: u16, area: Rect, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
        let mut cursor = None;
        for (which, (field, row)) in self.fields.iter().zip(area.rows()).enumerate() {
            cursor = cursor.or(field.view(label_cells, self.is_active(which), row, buffer, theme));
        }
        cursor
    }
}
