//! The frame around every page: which row is selected, what keys and the mouse do, the box to write in. How it looks is in
//! frame/view.rs.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use proto::{ClientPacket, ServerPacket};
use ratatui::layout::Rect;

use super::list::{List, Row};
use super::{Fetch, Fetched, Page, PageRequest};
use crate::chat::{ChatScreen, Ticket};
use crate::component::help::HelpPopup;
use crate::text::CleanLine;
use crate::theme::Theme;

mod view;

use view::inside;

/// A page and the row that is selected in it.
#[derive(Debug)]
pub struct Frame {
    page: Box<dyn Page>,
    list: List,
    /// What the chosen row is about, if that is known.
    chosen: Option<String>,
    /// What was asked for last of each kind; other answers are not for this page.
    asked: Vec<Fetch>,
    /// What the box waits for.
    ticket: Option<Ticket>,
}

impl Frame {
    /// Gives what is being written on the page.
    pub fn written(&self) -> Option<&str> {
        self.page.written().map(|writing| writing.input.text()).filter(|text| !text.is_empty())
    }

    /// Frames a page.
    pub(super) fn new(page: impl Page + 'static) -> Self {
        Self { page: Box::new(page), list: List::default(), chosen: None, asked: Vec::new(), ticket: None }
    }

    fn rows(&self, chat: &ChatScreen, area: Rect) -> Vec<Row> {
        // How rows look does not say how many lines they have.
        self.page.rows(chat, usize::from(inside(area).width), &Theme::plain())
    }

    /// Lets the chosen row stay chosen, wherever it stands by now. Called after whatever happens, so that a key is about
    /// what was drawn last.
    pub fn settle(&mut self, chat: &ChatScreen) {
        let identities = self.page.identities(chat);
        if let Some(row) = self.chosen.as_ref().and_then(|chosen| identities.iter().position(|row| row == chosen)) {
            self.list.choose(row);
        }
        self.chosen = identities.get(self.list.chosen(identities.len())).cloned();
    }

    /// Gives what was being written when the page is closed, to be kept.
    pub fn unsent(&mut self) -> Option<PageRequest> {
        self.page.writing().and_then(Option::take)?.kept()
    }

    /// Takes a key.
    pub fn key(&mut self, key: KeyEvent, chat: &mut ChatScreen, area: Rect) -> Vec<PageRequest> {
        let rows = self.rows(chat, area);
        let row = self.chosen_row(&rows);
        let height = usize::from(self.list_area(row, chat, area).height);
        let plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        let interrupt = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
        if key.code == KeyCode::Esc || interrupt {
            return self.back();
        }
        if let Some(Some(writing)) = self.page.writing() {
            return match key.code {
                KeyCode::Enter if self.ticket.is_some() => Vec::new(),
                KeyCode::Enter if key.modifiers.is_empty() => self.send(chat),
                KeyCode::Enter | KeyCode::Char('j') if !plain || key.code == KeyCode::Enter => {
                    if writing.takes_lines() {
                        writing.input.insert("\n");
                    }
                    Vec::new()
                }
                _ => {
                    // What is cut out here is put back anywhere.
                    writing.input.set_width(inside(area).width);
                    writing.input.set_killed(std::mem::take(&mut chat.killed));
                    writing.input.key(key);
                    writing.input.killed().clone_into(&mut chat.killed);
                    Vec::new()
                }
            };
        }
        if key.code == KeyCode::Enter {
            return self.pressed(key, row, chat);
        }
        let writes = self.page.field().is_some();
        let edits = writes && matches!(key.code, KeyCode::Home | KeyCode::End);
        if plain && !edits && self.list.moves(key.code, &rows, height) {
            return self.moved(rows.len());
        }
        match self.page.field_mut() {
            Some(field) => {
                let before = field.text().to_owned();
                field.key(key);
                if field.text() == before { Vec::new() } else { self.changed() }
            }
            None => self.pressed(key, row, chat),
        }
    }

    /// Does what a key of the page means. One that can do nothing now says why, if the page knows.
    fn pressed(&mut self, key: KeyEvent, row: Option<usize>, chat: &ChatScreen) -> Vec<PageRequest> {
        let mut meant = self.page.keys().iter().filter(|entry| entry.is(key)).map(|entry| entry.action);
        let first = meant.clone().next();
        match meant.find(|action| self.page.can(*action, row, chat)).or(first) {
            Some(action) => self.page.act(action, row, chat),
            None => Vec::new(),
        }
    }

    /// Gives the keys of the page.
    #[cfg(test)]
    pub(super) fn keys(&self) -> &'static [super::PageKey] {
        self.page.keys()
    }

    /// Gives the help, with the keys of the page first.
    pub fn help(&self, chat: &ChatScreen) -> HelpPopup {
        HelpPopup::of_page(self.page.title(chat), self.page.keys())
    }

    /// Gives the row that is chosen, if there are rows.
    fn chosen_row(&self, rows: &[Row]) -> Option<usize> {
        (!rows.is_empty()).then(|| self.list.chosen(rows.len()))
    }

    /// Something else stands in the line to write in.
    fn changed(&mut self) -> Vec<PageRequest> {
        self.list = List::default();
        self.chosen = None;
        self.page.changed()
    }

    /// Does what is to be done with what was written. What only the daemon can do is waited for: until then, and after a
    /// refusal, it stands there.
    fn send(&mut self, chat: &ChatScreen) -> Vec<PageRequest> {
        let Some(Some(writing)) = self.page.writing() else { return Vec::new() };
        let fits = |request: PageRequest| match &request {
            PageRequest::Post(content) | PageRequest::Answer(.., content) => {
                chat.refuses(content).map_or(Ok(request), Err)
            }
            _ => Ok(request),
        };
        match writing.done().and_then(fits) {
            Ok(request) => {
                if !writing.waits() {
                    self.page.writing().map(Option::take);
                }
                vec![request]
            }
            Err(reason) => vec![PageRequest::Fail(reason)],
        }
    }

    /// The box waits for the answer to what it asked for.
    pub fn waits(&mut self, ticket: Ticket) {
        self.ticket = Some(ticket);
    }

    /// Tells whether the box waits for an answer.
    pub fn waits_for(&self, ticket: Ticket) -> bool {
        self.ticket == Some(ticket)
    }

    /// What the box asked for is done: it closes.
    pub fn taken(&mut self) {
        self.ticket = None;
        self.page.writing().map(Option::take);
    }

    /// What the box asked for is refused: it stays as it is.
    pub fn refused(&mut self) {
        self.ticket = None;
    }

    /// Takes one thing back: what is being written, then the page.
    fn back(&mut self) -> Vec<PageRequest> {
        self.ticket = None;
        match self.page.writing().and_then(Option::take) {
            Some(written) => written.kept().into_iter().collect(),
            None => vec![PageRequest::Close],
        }
    }

    fn moved(&mut self, count: usize) -> Vec<PageRequest> {
        self.chosen = None;
        if count == 0 { Vec::new() } else { self.page.reached(self.list.chosen(count)) }
    }

    /// Tells whether something is being written on the page.
    pub fn writes(&self) -> bool {
        self.page.field().is_some() || self.page.written().is_some()
    }

    /// Takes a pasted text.
    pub fn paste(&mut self, text: &str) -> Vec<PageRequest> {
        if let Some(Some(writing)) = self.page.writing() {
            writing.input.paste(if writing.takes_lines() { text } else { first_line(text) });
            return Vec::new();
        }
        let Some(field) = self.page.field_mut() else { return Vec::new() };
        field.paste(text);
        self.changed()
    }

    /// Takes what the mouse did: the wheel moves, a click chooses, and opens what is chosen already.
    pub fn mouse(&mut self, mouse: MouseEvent, chat: &ChatScreen, area: Rect) -> Vec<PageRequest> {
        let rows = self.rows(chat, area);
        let list = self.list_area(self.chosen_row(&rows), chat, area);
        let height = usize::from(list.height);
        match mouse.kind {
            MouseEventKind::ScrollUp => self.list.moves(KeyCode::Up, &rows, height),
            MouseEventKind::ScrollDown => self.list.moves(KeyCode::Down, &rows, height),
            MouseEventKind::Down(MouseButton::Left) => {
                let Some(row) = self.list.row_at(&rows, list, mouse.column, mouse.row) else { return Vec::new() };
                if self.list.chosen(rows.len()) == row && self.page.written().is_none() {
                    return self.pressed(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE), Some(row), chat);
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
    pub fn heard(&mut self, event: &ServerPacket, chat: &ChatScreen) {
        self.page.heard(event, chat);
    }

    /// The daemon tells from now on what is posted.
    pub fn watching(&mut self) -> Vec<PageRequest> {
        self.page.watching()
    }

    /// Whether the page shows the reader's activity.
    pub fn shows_activity(&self) -> bool {
        self.page.shows_activity()
    }

    /// The page is closed.
    pub fn closed(&self, chat: &ChatScreen) -> Option<ClientPacket> {
        self.page.closed(chat)
    }

    /// What the page needs of the daemon.
    pub fn wants(&mut self, chat: &ChatScreen) -> Vec<PageRequest> {
        self.page.wants(chat)
    }
}

/// Gives a text up to its first line end.
fn first_line(text: &str) -> &str {
    text.trim_start_matches(['\r', '\n']).split(['\r', '\n']).next().unwrap_or_default()
}
