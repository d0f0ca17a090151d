//! The reader's sessions: from which programs and devices, when each was used last.

use crossterm::event::KeyCode;
use proto::http::{SessionInfo, Sessions};
use proto::{ClientName, ClientPacket, EndSession};
use ratatui::style::Style;

use super::keys::{PageAction, PageKey};
use super::list::{Row, one_line};
use super::{Fetch, Fetched, Page, PageRequest};
use crate::chat::ChatScreen;
use crate::theme::Theme;
use crate::words::moment;

/// The keys of the page.
pub(super) const SESSIONS_KEYS: &[PageKey] = &[
    PageKey::letter('x', "x", PageAction::SignOut, key!("page-key-sign-out"), key!("page-help-sign-out")),
    PageKey::also(KeyCode::Delete, PageAction::SignOut),
    PageKey::letter(
        'X',
        "X",
        PageAction::SignOutOthers,
        key!("page-key-sign-out-others"),
        key!("page-help-sign-out-others"),
    ),
];

/// Cells of what a question shows of a session.
const ABOUT_CELLS: usize = 46;
/// Characters of a device that are shown.
const DEVICE_CHARS: usize = 12;
/// Cells beside the name of a session.
const BESIDE_CELLS: usize = 18;

/// The page of the places where one is signed in.
#[derive(Debug)]
pub struct SessionsPage {
    sessions: Vec<SessionInfo>,
    told: String,
}

impl Default for SessionsPage {
    fn default() -> Self {
        Self { sessions: Vec::new(), told: label!("page-loading").to_owned() }
    }
}

fn name(session: &SessionInfo, cells: usize) -> String {
    let client = session.client.as_ref().map_or(label!("page-sessions-unnamed"), ClientName::as_str);
    // A client profile names itself by very many random digits: the first are enough to tell them apart.
    let device = session.device.as_ref().map_or_else(String::new, |device| {
        let begin: String = device.as_str().chars().take(DEVICE_CHARS).collect();
        format!(" ({begin})")
    });
    one_line(&format!("{client}{device}"), cells)
}

impl Page for SessionsPage {
    fn title(&self, _: &ChatScreen) -> String {
        say!("page-sessions-title", count = self.sessions.len())
    }

    fn keys(&self) -> &'static [PageKey] {
        SESSIONS_KEYS
    }

    fn can(&self, action: PageAction, row: Option<usize>, _: &ChatScreen) -> bool {
        match action {
            PageAction::SignOutOthers => self.sessions.len() > 1,
            _ => row.is_some(),
        }
    }

    fn act(&mut self, action: PageAction, row: Option<usize>, chat: &ChatScreen) -> Vec<PageRequest> {
        let Some(session) = row.and_then(|row| self.sessions.get(row)) else { return Vec::new() };
        let (question, about, end) = if action == PageAction::SignOutOthers {
            (label!("confirm-sign-out-others"), String::new(), EndSession { id: None, others: true })
        } else {
            let (since, name) = (moment(session.created, chat.now, &chat.zone), name(session, ABOUT_CELLS));
            let about = say!("confirm-sign-out-about", since = since, name = name);
            (label!("confirm-sign-out"), about, EndSession { id: Some(session.id), others: false })
        };
        vec![PageRequest::confirmed(question.to_owned(), &about, ClientPacket::EndSession(end))]
    }

    fn empty(&self) -> &str {
        &self.told
    }

    fn rows(&self, chat: &ChatScreen, cells: usize, theme: &Theme) -> Vec<Row> {
        let when = |date| moment(date, chat.now, &chat.zone);
        let row = |session: &SessionInfo| {
            let (sign, style) = if session.connections > 0 { ("●", theme.online) } else { ("○", theme.dim) };
            let this = if session.current { format!(" {}", label!("page-sessions-this")) } else { String::new() };
            let used = match session.connections {
                0 => say!("page-sessions-last-used", time = when(session.last_used)),
                _ => label!("page-sessions-connected").to_owned(),
            };
            let times = say!(
                "page-sessions-times",
                used = used,
                since = when(session.created),
                until = when(session.expires_at)
            );
            Row::new([
                (format!("{sign} "), style),
                (name(session, cells.saturating_sub(BESIDE_CELLS)), theme.title),
                (this, theme.mention),
            ])
            .whole(&times, "  ", cells, theme.dim)
            .line("", Style::new())
        };
        self.sessions.iter().map(row).collect()
    }

    fn identities(&self, _: &ChatScreen) -> Vec<String> {
        self.sessions.iter().map(|session| session.id.to_string()).collect()
    }

    fn fetched(&mut self, fetched: Fetched) {
        let Fetched::Sessions(Sessions { sessions }) = fetched else { return fetched.was_not_asked_for() };
        self.sessions = sessions;
    }

    fn failed(&mut self, reason: String) {
        self.told = reason;
    }

    fn wants(&mut self, _: &ChatScreen) -> Vec<PageRequest> {
        vec![PageRequest::Fetch(Fetch::Sessions)]
    }
}
