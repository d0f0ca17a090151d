//! Keys and commands, drawn from the tables that the program itself reads.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::chat::command;
use crate::component::framed;
use crate::component::popup::{Popup, PopupOutcome};
use crate::keymap::{BINDINGS, EDITING, ON_MESSAGE, ON_PAGES};
use crate::text::{width, wrap};
use crate::theme::Theme;

/// Cells of the frame at most.
const WIDTH_MAX: u16 = 100;
/// Cells of the left column.
const LEFT: usize = 34;
const NARROWEST: usize = 20;
/// With at least so many cells the help stands beside the keys.
const BESIDE_FROM: usize = 64;

/// How far the page is scrolled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    first: usize,
}

impl Popup for State {
    /// Any key that does not scroll closes the page.
    fn key(&mut self, key: KeyEvent) -> PopupOutcome {
        match key.code {
            KeyCode::Up | KeyCode::Char('k') => self.first = self.first.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => self.first += 1,
            KeyCode::PageUp => self.first = self.first.saturating_sub(10),
            KeyCode::PageDown | KeyCode::Char(' ') => self.first += 10,
            KeyCode::Home => self.first = 0,
            KeyCode::End => self.first = usize::MAX,
            _ => return PopupOutcome::Close,
        }
        // No screen is so narrow that it has more.
        self.first = self.first.min(lines(NARROWEST).len());
        PopupOutcome::Stay
    }

    fn view(&self, screen: Rect, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
        view(self, screen, buffer, theme);
        None
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
    rows.extend(command::all().map(|command| (format!("  {}", command.usage()), command.help())));
    rows
}

/// A line of the page: what stands on the left, and what on the right.
type Line = (String, String, bool);

/// Breaks the rows for so many cells: the help stands beside the keys, or below them where there is no room.
fn lines(cells: usize) -> Vec<Line> {
    let beside = cells >= BESIDE_FROM;
    let (room, indent) = if beside { (cells - LEFT, "") } else { (cells.saturating_sub(4), "    ") };
    let mut lines = Vec::new();
    for (left, right) in rows() {
        if right.is_empty() {
            lines.push((left, String::new(), true));
            continue;
        }
        let mut help = wrap(right, room.max(2)).into_iter().map(|range| right[range].to_owned());
        let below = !beside || width(&left) >= LEFT;
        let first = if below { String::new() } else { help.next().unwrap_or_default() };
        lines.push((left, first, false));
        lines.extend(help.map(|line| {
            if beside { (String::new(), line, false) } else { (format!("{indent}{line}"), String::new(), false) }
        }));
    }
    lines
}

/// Draws the page.
fn view(state: &State, screen: Rect, buffer: &mut Buffer, theme: &Theme) {
    let title = "Help — ↑ ↓ PgUp PgDn, Esc";
    let cells = usize::from(screen.width.min(WIDTH_MAX).saturating_sub(4));
    let lines = lines(cells);
    let inner = framed(title, WIDTH_MAX, lines.len() as u16, screen, buffer, theme);
    let height = usize::from(inner.height);
    let first = state.first.min(lines.len().saturating_sub(height));
    for (y, (left, right, is_title)) in (inner.y..).zip(lines.iter().skip(first).take(height)) {
        let style = match (is_title, left.starts_with("    ")) {
            (true, _) => theme.title,
            (_, true) => theme.dim,
            _ => ratatui::style::Style::new(),
        };
        buffer.set_stringn(inner.x, y, left, usize::from(inner.width), style);
        if !right.is_empty() {
            buffer.set_stringn(
                inner.x + LEFT as u16,
                y,
                right,
                usize::from(inner.width).saturating_sub(LEFT),
                theme.dim,
            );
        }
    }
}
