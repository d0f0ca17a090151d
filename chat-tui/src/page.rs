//! Pages over the conversation: lists that lead somewhere. A page is a file in page/ that says what its rows are and what
//! keys do to them; this file is the frame around each: title, line to write in, rows, hint.
//!
//! ```text
//! ╭ Search ────────────────────────────────────────╮
//! │ Words  kettle from:bob                         │
//! │                                                │
//! │ #tea · bob · Sat 09:41                         │
//! │   the kettle is on                             │
//! │ Enter opens · Esc                              │
//! ╰────────────────────────────────────────────────╯
//! ```

pub mod catch_up;
pub mod channels;
pub mod list;
pub mod pins;
pub mod profile;
pub mod room;
pub mod search;
pub mod thread;

use std::fmt::Debug;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use proto::http::{Channels, History, Profile, SearchHits};
use proto::{CatchUp, ChannelId, ChannelName, ClientPacket, Handle, Index};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::chat;
use crate::component::field::Field;
use crate::component::{framed, put};
use crate::http::SearchWish;
use crate::theme::Theme;
use list::{List, Row};

/// Cells of the label before the line to write in.
const LABEL_CELLS: u16 = 8;

/// What a page shows and does.
pub trait Page: Debug + Send {
    /// What stands above it.
    fn title(&self, chat: &chat::State) -> String;
    /// What stands below it: its keys.
    fn hint(&self) -> &'static str;
    /// What stands there while there are no rows.
    fn empty(&self) -> &str;
    /// Its rows, in so many cells.
    fn rows(&self, chat: &chat::State, cells: usize, theme: &Theme) -> Vec<Row>;
    /// A row is opened.
    fn open(&mut self, row: Option<usize>, chat: &chat::State) -> Vec<Wish>;
    /// A key that neither moves nor opens; on a row if there is one.
    fn key(&mut self, _key: KeyEvent, _row: Option<usize>, _chat: &chat::State) -> Vec<Wish> {
        Vec::new()
    }
    /// The line to write in.
    fn field(&self) -> Option<&Field> {
        None
    }
    /// The same, to be written in.
    fn field_mut(&mut self) -> Option<&mut Field> {
        None
    }
    /// What was asked for has come.
    fn fetched(&mut self, _fetched: Fetched) {}
    /// What was asked for did not come.
    fn failed(&mut self, _reason: String) {}
    /// Something happened, or was looked at elsewhere: what shows that is asked for again.
    fn caught_up(&mut self) -> Vec<Wish> {
        Vec::new()
    }
}

/// What a page wants.
#[derive(Debug, Clone, PartialEq)]
pub enum Wish {
    /// Something that only the daemon knows.
    Fetch(Fetch),
    /// To close, and to show a message, or the end of a channel.
    Go(ChannelId, Option<Index>),
    /// To close, and to enter a channel.
    Join(ChannelName),
    /// To close, and to talk to somebody directly.
    Talk(Handle),
    /// To close, and to answer a message.
    Reply(ChannelId, Index, String),
    /// To close, with this where one writes.
    Write(String),
    /// To say something to the daemon.
    Say(ClientPacket),
    /// The same, once it is confirmed: the question, about whom, and what is said.
    Ask(&'static str, String, ClientPacket),
    /// To close.
    Close,
}

/// What only the daemon knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetch {
    /// The list of channels.
    Channels,
    /// What is found.
    Search(SearchWish),
    /// What happened.
    CatchUp,
    /// What one may know of somebody.
    Profile(Handle),
    /// What hangs below a message.
    Thread(ChannelId, Index),
    /// What a channel keeps in view.
    Pins(ChannelId),
}

/// What the daemon knew.
#[derive(Debug, Clone)]
pub enum Fetched {
    /// The list of channels.
    Channels(Channels),
    /// What was found.
    Search(SearchHits),
    /// What happened.
    CatchUp(CatchUp),
    /// What one may know of somebody, and what they said last.
    Profile(Box<Profile>, SearchHits),
    /// Messages of a channel.
    Messages(History),
}

/// A page and the row that is chosen in it.
#[derive(Debug)]
pub struct Frame {
    page: Box<dyn Page>,
    list: List,
    /// What was asked for last; other answers are not for this page.
    asked: Option<Fetch>,
}

impl Frame {
    /// Frames a page.
    pub fn new(page: impl Page + 'static) -> Self {
        Self { page: Box::new(page), list: List::default(), asked: None }
    }

    fn row(&self, chat: &chat::State, area: Rect) -> Option<usize> {
        let count = self.rows(chat, area).len();
        (count > 0).then(|| self.list.chosen(count))
    }

    fn rows(&self, chat: &chat::State, area: Rect) -> Vec<Row> {
        // How rows look does not say how many lines they have.
        self.page.rows(chat, usize::from(inside(area).width), &Theme::plain())
    }

    /// Takes a key.
    pub fn key(&mut self, key: KeyEvent, chat: &chat::State, area: Rect) -> Vec<Wish> {
        let row = self.row(chat, area);
        let plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        match key.code {
            KeyCode::Esc => vec![Wish::Close],
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => vec![Wish::Close],
            KeyCode::Enter => self.page.open(row, chat),
            code if plain && self.list.moves(code, self.rows(chat, area).len()) => Vec::new(),
            _ => match self.page.field_mut() {
                Some(field) if plain || !matches!(key.code, KeyCode::Char(_)) => {
                    field.key(key);
                    self.list = List::default();
                    Vec::new()
                }
                _ => self.page.key(key, row, chat),
            },
        }
    }

    /// Takes a pasted text.
    pub fn paste(&mut self, text: &str) {
        if let Some(field) = self.page.field_mut() {
            field.paste(text);
        }
    }

    /// Takes what the mouse did: the wheel moves, a click chooses, and opens what is chosen already.
    pub fn mouse(&mut self, mouse: MouseEvent, chat: &chat::State, area: Rect) -> Vec<Wish> {
        let rows = self.rows(chat, area);
        match mouse.kind {
            MouseEventKind::ScrollUp => _ = self.list.moves(KeyCode::Up, rows.len()),
            MouseEventKind::ScrollDown => _ = self.list.moves(KeyCode::Down, rows.len()),
            MouseEventKind::Down(MouseButton::Left) => {
                let list = self.list_area(area);
                let Some(row) = self.list.row_at(&rows, list, mouse.column, mouse.row) else { return Vec::new() };
                if self.list.chosen(rows.len()) == row {
                    return self.page.open(Some(row), chat);
                }
                self.list.choose(row);
            }
            _ => {}
        }
        Vec::new()
    }

    /// Notes what is asked for.
    pub fn asks(&mut self, fetch: &Fetch) {
        self.asked = Some(fetch.clone());
    }

    /// What was asked for has come, or why not.
    pub fn fetched(&mut self, fetch: &Fetch, result: Result<Fetched, String>) {
        if self.asked.as_ref() != Some(fetch) {
            return;
        }
        match result {
            Ok(fetched) => self.page.fetched(fetched),
            Err(reason) => self.page.failed(reason),
        }
    }

    /// Something happened, or was looked at elsewhere.
    pub fn caught_up(&mut self) -> Vec<Wish> {
        self.page.caught_up()
    }

    fn list_area(&self, area: Rect) -> Rect {
        let inner = inside(area);
        let above = if self.page.field().is_some() { 2 } else { 0 };
        Rect { y: inner.y + above.min(inner.height), height: inner.height.saturating_sub(above + 1), ..inner }
    }

    /// Draws the page and gives the place of the cursor.
    pub fn view(&self, chat: &chat::State, area: Rect, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
        let title = self.page.title(chat);
        let inner = framed(&title, area.width, area.height.saturating_sub(2), area, buffer, theme);
        if inner.height < 3 {
            return None;
        }
        match &chat.notice {
            Some(notice) if notice.failed => {
                put(&notice.text, inner.x, inner.bottom() - 1, inner.width, theme.error, buffer);
            }
            _ => put(self.page.hint(), inner.x, inner.bottom() - 1, inner.width, theme.dim, buffer),
        }
        let list = self.list_area(area);
        let rows = self.page.rows(chat, usize::from(list.width), theme);
        if rows.is_empty() {
            put(self.page.empty(), list.x, list.y, list.width, theme.dim, buffer);
        }
        self.list.view(&rows, list, buffer, theme);
        let line = Rect { height: 1, ..inner };
        self.page.field().and_then(|field| field.view(LABEL_CELLS, true, line, buffer, theme))
    }
}

/// Gives the room inside the frame, where [`framed`] draws it.
fn inside(area: Rect) -> Rect {
    if area.width < 4 || area.height < 3 {
        return Rect { width: 0, height: 0, ..area };
    }
    Rect::new(area.x + 2, area.y + 1, area.width - 4, area.height - 2)
}
