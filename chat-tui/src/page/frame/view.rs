//! How a page looks: title, line to write in, rows, box to write in, and below all what was told, or the keys.
//!
//! ```text
//! ╭ Settings — alice ──────────────────────────────╮
//! │ Presence      Online (goes idle automatically) │
//! │ Status        at lunch                         │
//! │ ─ Status ───────────────────────────────────── │
//! │ > at lunch                                     │
//! │ Enter save  Esc cancel                         │
//! ╰────────────────────────────────────────────────╯
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::Frame;
use crate::chat::ChatScreen;
use crate::component::composer::view_composer;
use crate::component::{composer, framed, put, wrapped};
use crate::keymap::hints::{self, Hint};
use crate::page::keys::{self, PageKey};
use crate::text::CleanLine;
use crate::theme::Theme;

/// Cells of the label before the line to write in.
const LABEL_CELLS: u16 = 8;
/// Lines of keys below a page at most.
const HINT_LINES_MAX: usize = 3;

impl Frame {
    /// The room of the rows: below the line to write in, above the box to write in and what stands below.
    pub(super) fn list_area(&self, row: Option<usize>, chat: &ChatScreen, area: Rect) -> Rect {
        let inner = inside(area);
        let above = if self.page.field().is_some() { 2 } else { 0 };
        let below = self.box_rows(inner) + self.told(row, chat, inner).len() as u16;
        Rect { y: inner.y + above.min(inner.height), height: inner.height.saturating_sub(above + below), ..inner }
    }

    /// What stands below: what was told, or else the keys that do something now, in as many lines as there is room for.
    fn told(&self, row: Option<usize>, chat: &ChatScreen, inner: Rect) -> Vec<String> {
        let (cells, third) = (usize::from(inner.width).max(1), usize::from(inner.height / 3).max(1));
        match &chat.notice {
            Some(notice) => {
                let mut lines = wrapped(&CleanLine::new(&notice.text), cells);
                lines.truncate(third);
                lines
            }
            None if self.ticket.is_some() => vec![label!("form-waiting").to_owned()],
            None => hints::lines(&self.hints(row, chat), cells, third.min(HINT_LINES_MAX)),
        }
    }

    /// The keys that do something now; what leads out of the page, or of the box on it, comes last.
    fn hints(&self, row: Option<usize>, chat: &ChatScreen) -> Vec<Hint> {
        if let Some(writing) = self.page.written() {
            return writing.hints();
        }
        let now = |entry: &&PageKey| self.page.can(entry.action, row, chat);
        let mut hints: Vec<Hint> = self.page.keys().iter().filter(now).filter_map(PageKey::hint).collect();
        hints.push(keys::back());
        hints
    }

    /// Rows of the box to write in, with the line above it.
    fn box_rows(&self, inner: Rect) -> u16 {
        match self.page.written() {
            Some(writing) => {
                let rows = composer::height(&writing.input, inner.width);
                rows.clamp(1, (inner.height / 2).max(1)) + 1
            }
            None => 0,
        }
    }

    /// Draws the page and gives the place of the cursor.
    pub fn view(&self, chat: &ChatScreen, area: Rect, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
        let title = self.page.title(chat);
        let inner = framed(&title, area.width, area.height.saturating_sub(2), area, buffer, theme);
        if inner.height < 3 {
            return None;
        }
        let rows = self.page.rows(chat, usize::from(inner.width), theme);
        let row = self.chosen_row(&rows);
        let told = self.told(row, chat, inner);
        let below = inner.bottom() - told.len() as u16;
        let style = match &chat.notice {
            Some(notice) if notice.failed => theme.error,
            Some(_) => theme.online,
            None => theme.dim,
        };
        for (row, line) in (below..).zip(&told) {
            put(line, inner.x, row, inner.width, style, buffer);
        }
        let list = self.list_area(row, chat, area);
        if rows.is_empty() {
            let lines = wrapped(&CleanLine::new(self.page.empty()), usize::from(list.width).max(1));
            for (row, line) in (list.y..list.bottom()).zip(&lines) {
                put(line, list.x, row, list.width, theme.dim, buffer);
            }
        }
        self.list.view(&rows, list, buffer, theme);
        if let Some(writing) = self.page.written() {
            let line = Rect { y: list.bottom(), height: 1, ..inner };
            put(&"─".repeat(usize::from(line.width)), line.x, line.y, line.width, theme.dim, buffer);
            put(
                &format!(" {} ", writing.title()),
                line.x + 1,
                line.y,
                line.width.saturating_sub(1),
                theme.title,
                buffer,
            );
            let text = Rect { y: line.y + 1, height: below.saturating_sub(line.y + 1), ..inner };
            return view_composer(&writing.input, "", text, buffer, theme);
        }
        let line = Rect { height: 1, ..inner };
        self.page.field().and_then(|field| field.view(LABEL_CELLS, true, line, buffer, theme))
    }
}

/// Gives the room inside the frame, where [`framed`] draws it.
pub(super) fn inside(area: Rect) -> Rect {
    if area.width < 4 || area.height < 3 {
        return Rect { width: 0, height: 0, ..area };
    }
    Rect::new(area.x + 2, area.y + 1, area.width - 4, area.height - 2)
}
