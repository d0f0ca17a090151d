//! The reader's sessions: from which programs and devices, when each was used last.

use crossterm::event::{KeyCode, KeyEvent};
use proto::http::{SessionInfo, Sessions};
use proto::{ClientPacket, EndSession};
use ratatui::style::Style;

use super::list::{Row, one_line};
use super::{Fetch, Fetched, Page, PageRequest};
use crate::chat;
use crate::theme::Theme;
use crate::words::moment;

/// Cells of what a question shows of a session.
const ABOUT_CELLS: usize = 46;
/// Characters of a device that are shown.
const DEVICE_CHARS: usize = 12;
/// Cells beside the name of a session.
const BESIDE_CELLS: usize = 12;

/// The page.
#[derive(Debug)]
pub struct State {
    sessions: Vec<SessionInfo>,
    told: String,
}

impl Default for State {
    fn default() -> Self {
        Self { sessions: Vec::new(), told: "Loading …".to_owned() }
    }
}

fn name(session: &SessionInfo, cells: usize) -> String {
    let client = session.client.as_deref().unwrap_or("a program without a name");
    // A client profile names itself by very many random digits: the first are enough to tell them apart.
    let device = session.device.as_deref().map_or_else(String::new, |device| {
        let begin: String = device.chars().take(DEVICE_CHARS).collect();
        format!(" ({begin})")
    });
    one_line(&format!("{client}{device}"), cells)
}

impl Page for State {
    fn title(&self, _: &chat::State) -> String {
        format!("Sessions — {}", self.sessions.len())
    }

    fn hint(&self, _: &chat::State) -> &'static str {
        "x ends it · X ends all others · Esc"
    }

    fn empty(&self) -> &str {
        &self.told
    }

    fn rows(&self, chat: &chat::State, cells: usize, theme: &Theme) -> Vec<Row> {
        let when = |date| moment(date, chat.now, &chat.zone);
        let row = |session: &SessionInfo| {
            let (sign, style) = if session.connections > 0 { ("●", theme.online) } else { ("○", theme.dim) };
            let current = if session.current { "  this one" } else { "" };
            let used = if session.connections > 0 {
                "connected".to_owned()
            } else {
                format!("last used {}", when(session.last_used))
            };
            let times = format!("  {used} · since {} · until {}", when(session.created), when(session.expires_at));
            Row::new([
                (format!("{sign} "), style),
                (name(session, cells.saturating_sub(BESIDE_CELLS)), theme.title),
                (current.to_owned(), theme.mention),
            ])
            .line(times, theme.dim)
            .line("", Style::new())
        };
        self.sessions.iter().map(row).collect()
    }

    fn open(&mut self, _: Option<usize>, _: &chat::State) -> Vec<PageRequest> {
        Vec::new()
    }

    fn key(&mut self, key: KeyEvent, row: Option<usize>, chat: &chat::State) -> Vec<PageRequest> {
        let end = |end| ClientPacket::EndSession(end);
        match (key.code, row.and_then(|row| self.sessions.get(row))) {
            (KeyCode::Char('x') | KeyCode::Delete, Some(session)) => {
                let packet = end(EndSession { id: Some(session.id), others: false });
                let since = moment(session.created, chat.now, &chat.zone);
                let about = format!("since {since}, {}", name(session, ABOUT_CELLS));
                vec![PageRequest::Ask("End this session?", one_line(&about, ABOUT_CELLS), packet)]
            }
            (KeyCode::Char('X'), Some(_)) => {
                let packet = end(EndSession { id: None, others: true });
                vec![PageRequest::Ask("End all sessions but this one?", String::new(), packet)]
            }
            _ => Vec::new(),
        }
    }

    fn identities(&self, _: &chat::State) -> Vec<String> {
        self.sessions.iter().map(|session| session.id.to_string()).collect()
    }

    fn fetched(&mut self, fetched: Fetched) {
        if let Fetched::Sessions(Sessions { sessions }) = fetched {
            self.sessions = sessions;
        }
    }

    fn failed(&mut self, reason: String) {
        self.told = reason;
    }

    fn wants(&mut self, _: &chat::State) -> Vec<PageRequest> {
        vec![PageRequest::Fetch(Fetch::Sessions)]
    }
}
