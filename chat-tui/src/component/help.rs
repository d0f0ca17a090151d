//! Keys and commands, drawn from the tables that the program itself reads.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::chat::command::COMMANDS;
use crate::component::framed;
use crate::component::prompt::Outcome;
use crate::keymap::{BINDINGS, EDITING, ON_MESSAGE, ON_PAGES};
use crate::text::truncate;
use crate::theme::Theme;

/// Cells of the frame at most.
const WIDTH_MAX: u16 = 72;
/// Cells of the left column.
const LEFT: usize = 24;

/// How far the page is scrolled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    first: usize,
}

impl State {
    /// Takes a key; any that does not scroll closes the page.
    pub fn key(&mut self, key: KeyEvent) -> Outcome {
        match key.code {
            KeyCode::Up | KeyCode::Char('k') => self.first = self.first.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => self.first += 1,
            KeyCode::PageUp => self.first = self.first.saturating_sub(10),
            KeyCode::PageDown | KeyCode::Char(' ') => self.first += 10,
            _ => return Outcome::Close,
        }
        self.first = self.first.min(rows().len().saturating_sub(1));
        Outcome::Stay
    }
}

fn rows() -> Vec<(String, &'static str)> {
    let mut rows = vec![("Keys".to_owned(), "")];
    rows.extend(
        BINDINGS.iter().filter(|binding| !binding.shown.is_empty()).map(|b| (format!("  {}", b.shown), b.help)),
    );
    rows.push((String::new(), ""));
    rows.push(("Writing".to_owned(), ""));
    rows.extend(EDITING.iter().map(|(keys, help)| (format!("  {keys}"), *help)));
    rows.push((String::new(), ""));
    rows.push(("On a chosen message".to_owned(), ""));
    let shown = ON_MESSAGE.iter().filter(|(_, _, shown, _)| !shown.is_empty());
    rows.extend(shown.map(|(_, _, shown, help)| (format!("  {shown}"), *help)));
    rows.push((String::new(), ""));
    rows.push(("On pages".to_owned(), ""));
    rows.extend(ON_PAGES.iter().map(|(keys, help)| (format!("  {keys}"), *help)));
    rows.push((String::new(), ""));
    rows.push(("Commands".to_owned(), ""));
    rows.extend(COMMANDS.iter().map(|entry| (format!("  {} {}", entry.name, entry.arguments), entry.help)));
    rows
}

/// Draws the page.
pub fn view(state: &State, screen: Rect, buffer: &mut Buffer, theme: &Theme) {
    let rows = rows();
    let inner = framed("Help — ↑ ↓ scroll, Esc closes", WIDTH_MAX, rows.len() as u16, screen, buffer, theme);
    let height = usize::from(inner.height);
    let first = state.first.min(rows.len().saturating_sub(height));
    for (row, (left, right)) in rows.iter().skip(first).take(height).enumerate() {
        let y = inner.y + row as u16;
        let width = usize::from(inner.width);
        let style = if right.is_empty() { theme.title } else { ratatui::style::Style::new() };
        let left_room = LEFT.min(width);
        buffer.set_stringn(inner.x, y, truncate(left, left_room.saturating_sub(1)), left_room, style);
        if width > LEFT {
            buffer.set_stringn(inner.x + LEFT as u16, y, truncate(right, width - LEFT), width - LEFT, theme.dim);
        }
    }
}
