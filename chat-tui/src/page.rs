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
pub mod friends;
pub mod list;
pub mod pins;
pub mod posts;
pub mod profile;
pub mod room;
pub mod search;
pub mod sessions;
pub mod settings;
pub mod thread;
mod verbs;
mod writing;

use std::fmt::Debug;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use proto::http::{Channels, Feed, Friends, History, Profile, SearchHits, Sessions};
use proto::{CatchUp, ChannelId, ChannelName, ClientPacket, Content, Handle, Index, ServerPacket, Settings};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::chat;
use crate::component::field::Field;
use crate::component::{composer, framed, put};
use crate::http::SearchWish;
use crate::text::CleanLine;
use crate::theme::Theme;
use list::{List, Row};
use writing::Writing;

/// Cells of the label before the line to write in.
const LABEL_CELLS: u16 = 8;

/// What a page shows and does.
pub trait Page: Debug + Send {
    /// What stands above it.
    fn title(&self, chat: &chat::State) -> String;
    /// What stands below it: the keys that do something now.
    fn hint(&self, chat: &chat::State) -> &'static str;
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
    /// The box in which a post or an answer is being written.
    fn written(&self) -> Option<&Writing> {
        None
    }
    /// The same, on pages that have one, to be written in and taken.
    fn writing(&mut self) -> Option<&mut Option<Writing>> {
        None
    }
    /// What each row is about, whatever its place: so that the chosen one stays chosen while others come and go.
    fn identities(&self, _chat: &chat::State) -> Vec<String> {
        Vec::new()
    }
    /// Whether it shows what happened to the reader, and is brought up to date when something does.
    fn is_of_what_happened(&self) -> bool {
        false
    }
    /// A row was moved to.
    fn reached(&mut self, _row: usize) -> Vec<Wish> {
        Vec::new()
    }
    /// What was asked for has come.
    fn fetched(&mut self, _fetched: Fetched) {}
    /// What was asked for did not come.
    fn failed(&mut self, _reason: String) {}
    /// The daemon told something.
    fn heard(&mut self, _event: &ServerPacket, _chat: &chat::State) {}
    /// The page is closed: what the daemon no longer needs to do for it.
    fn closed(&self, _chat: &chat::State) -> Option<ClientPacket> {
        None
    }
    /// The daemon tells from now on what is posted: what was posted before is asked for.
    fn watching(&mut self) -> Vec<Wish> {
        Vec::new()
    }
    /// What it needs of the daemon: when it opens, when it is shown again, and when it may have changed.
    fn wants(&mut self, _chat: &chat::State) -> Vec<Wish> {
        Vec::new()
    }
}

/// Which page, and of what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The channels that there are.
    Channels,
    /// A search for these words.
    Search(String),
    /// What happened.
    CatchUp,
    /// Settings and members of a channel.
    Room(ChannelId),
    /// What a channel keeps in view.
    Pins(ChannelId),
    /// A message and what hangs below it.
    Thread(ChannelId, Index),
    /// Somebody.
    Profile(Handle),
    /// What friends have posted.
    Feed,
    /// What somebody has posted.
    Posts(Handle),
    /// Friends, and who wants to be one.
    Friends,
    /// What one has set for oneself.
    Settings,
    /// One's sessions.
    Sessions,
}

impl Place {
    /// Makes the page.
    pub fn open(self) -> Frame {
        match self {
            Self::Channels => Frame::new(channels::State::default()),
            Self::Search(words) => Frame::new(search::State::new(&words)),
            Self::CatchUp => Frame::new(catch_up::State::default()),
            Self::Room(channel) => Frame::new(room::State::new(channel)),
            Self::Pins(channel) => Frame::new(pins::State::new(channel)),
            Self::Thread(channel, index) => Frame::new(thread::State::new(channel, index)),
            Self::Profile(handle) => Frame::new(profile::State::new(handle)),
            Self::Feed => Frame::new(posts::State::new(None)),
            Self::Posts(handle) => Frame::new(posts::State::new(Some(handle))),
            Self::Friends => Frame::new(friends::State::default()),
            Self::Sessions => Frame::new(sessions::State::default()),
            Self::Settings => Frame::new(settings::State::default()),
        }
    }
}

/// What a page wants. What leads back to the conversation closes all pages.
#[derive(Debug, Clone, PartialEq)]
pub enum Wish {
    /// Something that only the daemon knows.
    Fetch(Fetch),
    /// To show a page over this one.
    Open(Place),
    /// To show a message, or the end of a channel.
    Go(ChannelId, Option<Index>),
    /// To enter a channel.
    Join(ChannelName),
    /// To talk to somebody directly.
    Talk(Handle),
    /// To answer a message.
    Reply(ChannelId, Index, String),
    /// To have this where one writes.
    Write(String),
    /// To post something.
    Post(Content),
    /// To answer a post.
    Answer(ChannelId, Index, Content),
    /// To give a message another text.
    Edit(ChannelId, Index, Content),
    /// To keep a text among those that were sent, to be had back.
    Keep(String),
    /// To hear of what is posted.
    Watch,
    /// To be asked for an emoji for a message.
    React(ChannelId, Index),
    /// To have a text in the clipboard of the terminal.
    Copy(String),
    /// To say something to the daemon.
    Say(ClientPacket),
    /// The same, once it is confirmed: the question, about whom, and what is said.
    Ask(&'static str, String, ClientPacket),
    /// To give the account another password.
    Password,
    /// To delete the account.
    Leave,
    /// To have something told.
    Tell(String),
    /// To close, with the page below shown again.
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
    /// What friends have posted, before a place.
    Feed(Option<String>),
    /// What somebody has posted, before a place.
    Posts(Handle, Option<String>),
    /// How others stand to the reader.
    Friends,
    /// What the reader has set for themselves.
    Settings,
    /// The reader's sessions.
    Sessions,
    /// What others may know of the reader.
    Myself,
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
    /// Posts before a place.
    Feed(Option<String>, Feed),
    /// How others stand to the reader.
    Friends(Friends),
    /// What the reader has set for themselves.
    Settings(Settings),
    /// The reader's sessions.
    Sessions(Sessions),
}

/// A page and the row that is chosen in it.
#[derive(Debug)]
pub struct Frame {
    page: Box<dyn Page>,
    list: List,
    /// What the chosen row is about, if that is known.
    chosen: Option<String>,
    /// What was asked for last of each kind; other answers are not for this page.
    asked: Vec<Fetch>,
}

impl Frame {
    /// Frames a page.
    fn new(page: impl Page + 'static) -> Self {
        Self { page: Box::new(page), list: List::default(), chosen: None, asked: Vec::new() }
    }

    fn rows(&self, chat: &chat::State, area: Rect) -> Vec<Row> {
        // How rows look does not say how many lines they have.
        self.page.rows(chat, usize::from(inside(area).width), &Theme::plain())
    }

    /// Lets the chosen row stay chosen, wherever it stands by now. Called after whatever happens, so that a key is about
    /// what was drawn last.
    pub fn settle(&mut self, chat: &chat::State) {
        let identities = self.page.identities(chat);
        if let Some(row) = self.chosen.as_ref().and_then(|chosen| identities.iter().position(|row| row == chosen)) {
            self.list.choose(row);
        }
        self.chosen = identities.get(self.list.chosen(identities.len())).cloned();
    }

    /// Gives what was being written when the page is closed, to be kept.
    pub fn unsent(&mut self) -> Option<Wish> {
        self.page.writing().and_then(Option::take)?.kept()
    }

    /// Takes a key.
    pub fn key(&mut self, key: KeyEvent, chat: &chat::State, area: Rect) -> Vec<Wish> {
        let (rows, height) = (self.rows(chat, area), usize::from(self.list_area(area).height));
        let row = (!rows.is_empty()).then(|| self.list.chosen(rows.len()));
        let plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        let interrupt = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
        if key.code == KeyCode::Esc || interrupt {
            return self.back();
        }
        if let Some(Some(writing)) = self.page.writing() {
            return match key.code {
                KeyCode::Enter if key.modifiers.is_empty() => self.send(),
                KeyCode::Enter | KeyCode::Char('j') if !plain || key.code == KeyCode::Enter => {
                    writing.input.insert("\n");
                    Vec::new()
                }
                _ => {
                    writing.input.key(key);
                    Vec::new()
                }
            };
        }
        if key.code == KeyCode::Enter {
            return self.page.open(row, chat);
        }
        let writes = self.page.field().is_some();
        let edits = writes && matches!(key.code, KeyCode::Home | KeyCode::End);
        if plain && !edits && self.list.moves(key.code, &rows, height) {
            return self.moved(rows.len());
        }
        match self.page.field_mut() {
            Some(field) => {
                field.key(key);
                self.list = List::default();
                self.chosen = None;
                Vec::new()
            }
            None if plain => self.page.key(key, row, chat),
            None => Vec::new(),
        }
    }

    /// Does what is to be done with what was written.
    fn send(&mut self) -> Vec<Wish> {
        let written = self.page.writing().and_then(Option::take);
        written.and_then(|written| written.done()).into_iter().collect()
    }

    /// Takes one thing back: what is being written, then the page.
    fn back(&mut self) -> Vec<Wish> {
        match self.page.writing().and_then(Option::take) {
            Some(written) => written.kept().into_iter().collect(),
            None => vec![Wish::Close],
        }
    }

    fn moved(&mut self, count: usize) -> Vec<Wish> {
        self.chosen = None;
        if count == 0 { Vec::new() } else { self.page.reached(self.list.chosen(count)) }
    }

    /// Tells whether something is being written on the page.
    pub fn writes(&self) -> bool {
        self.page.field().is_some() || self.page.written().is_some()
    }

    /// Takes a pasted text.
    pub fn paste(&mut self, text: &str) {
        if let Some(Some(writing)) = self.page.writing() {
            writing.input.insert(text);
        } else if let Some(field) = self.page.field_mut() {
            field.paste(text);
        }
    }

    /// Takes what the mouse did: the wheel moves, a click chooses, and opens what is chosen already.
    pub fn mouse(&mut self, mouse: MouseEvent, chat: &chat::State, area: Rect) -> Vec<Wish> {
        let (rows, list) = (self.rows(chat, area), self.list_area(area));
        let height = usize::from(list.height);
        match mouse.kind {
            MouseEventKind::ScrollUp => self.list.moves(KeyCode::Up, &rows, height),
            MouseEventKind::ScrollDown => self.list.moves(KeyCode::Down, &rows, height),
            MouseEventKind::Down(MouseButton::Left) => {
                let Some(row) = self.list.row_at(&rows, list, mouse.column, mouse.row) else { return Vec::new() };
                if self.list.chosen(rows.len()) == row && self.page.written().is_none() {
                    return self.page.open(Some(row), chat);
                }
                self.list.choose(row);
                true
            }
            _ => return Vec::new(),
        };
        self.moved(rows.len())
    }

    /// Notes what is asked for.
    pub fn asks(&mut self, fetch: &Fetch) {
        let kind = std::mem::discriminant(fetch);
        self.asked.retain(|asked| std::mem::discriminant(asked) != kind);
        self.asked.push(fetch.clone());
    }

    /// What was asked for has come, or why not; true when it was asked for here.
    pub fn fetched(&mut self, fetch: &Fetch, result: Result<Fetched, String>) -> bool {
        if !self.asked.contains(fetch) {
            return false;
        }
        match result {
            Ok(fetched) => self.page.fetched(fetched),
            Err(reason) => self.page.failed(CleanLine::new(&reason).to_string()),
        }
        true
    }

    /// The daemon told something.
    pub fn heard(&mut self, event: &ServerPacket, chat: &chat::State) {
        self.page.heard(event, chat);
    }

    /// The daemon tells from now on what is posted.
    pub fn watching(&mut self) -> Vec<Wish> {
        self.page.watching()
    }

    /// Whether the page shows what happened to the reader.
    pub fn is_of_what_happened(&self) -> bool {
        self.page.is_of_what_happened()
    }

    /// The page is closed.
    pub fn closed(&self, chat: &chat::State) -> Option<ClientPacket> {
        self.page.closed(chat)
    }

    /// What the page needs of the daemon.
    pub fn wants(&mut self, chat: &chat::State) -> Vec<Wish> {
        self.page.wants(chat)
    }

    /// The room of the rows: below the line to write in, above the box to write in and the hint.
    fn list_area(&self, area: Rect) -> Rect {
        let inner = inside(area);
        let above = if self.page.field().is_some() { 2 } else { 0 };
        let below = self.box_rows(inner) + 1;
        Rect { y: inner.y + above.min(inner.height), height: inner.height.saturating_sub(above + below), ..inner }
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
    pub fn view(&self, chat: &chat::State, area: Rect, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
        let title = self.page.title(chat);
        let inner = framed(&title, area.width, area.height.saturating_sub(2), area, buffer, theme);
        if inner.height < 3 {
            return None;
        }
        let hint = inner.bottom() - 1;
        match &chat.notice {
            Some(notice) => {
                let style = if notice.failed { theme.error } else { theme.online };
                put(&notice.text, inner.x, hint, inner.width, style, buffer);
            }
            None => put(self.page.hint(chat), inner.x, hint, inner.width, theme.dim, buffer),
        }
        let list = self.list_area(area);
        let rows = self.page.rows(chat, usize::from(list.width), theme);
        if rows.is_empty() {
            put(self.page.empty(), list.x, list.y, list.width, theme.dim, buffer);
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
            let text = Rect { y: line.y + 1, height: hint.saturating_sub(line.y + 1), ..inner };
            return composer::view(&writing.input, "", text, buffer, theme);
        }
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
