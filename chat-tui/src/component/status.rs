//! The line at the bottom: who one is, how the connection is, who types, what waits elsewhere.

use proto::ChosenPresence;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::chat::{Connection, State};
use crate::text::{truncate, width};
use crate::theme::Theme;

/// A screen at least this wide says what waits in words.
const WORDS_FROM: u16 = 60;

/// Draws the line.
pub fn view(state: &State, area: Rect, buffer: &mut Buffer, theme: &Theme) {
    if area.height == 0 || area.width < 4 {
        return;
    }
    let (sign, text, style) = match &state.connection {
        Connection::Online => match state.people.chosen() {
            ChosenPresence::Online => ("●", "online".to_owned(), theme.online),
            ChosenPresence::Away => ("◐", "away".to_owned(), theme.dim),
            ChosenPresence::Dnd => ("⊖", "busy".to_owned(), theme.error),
            ChosenPresence::Invisible => ("◌", "invisible".to_owned(), theme.dim),
        },
        Connection::Connecting => ("◌", "connecting …".to_owned(), theme.dim),
        Connection::Waiting { reason, until } => ("✗", offline(reason, until.millis_since(state.now)), theme.error),
    };
    let room = usize::from(area.width - 2);
    let elsewhere = elsewhere(state, area.width >= WORDS_FROM);
    let left = format!("{sign} {text}");
    let (x, _) = buffer.set_stringn(area.x + 1, area.y, truncate(&left, room), room, style);
    let typing = typing(state);
    let (middle, style) = match (typing, &state.not_kept) {
        (Some(typing), _) => (format!(" · {typing}"), theme.dim),
        (None, Some(reason)) => (format!(" · not kept on this machine: {reason}"), theme.error),
        (None, None) => (format!(" · {} on {}", state.me(), state.session.server), theme.dim),
    };
    let right_cells = width(&elsewhere);
    let middle_room = usize::from(area.right().saturating_sub(x + 1)).saturating_sub(right_cells + 1);
    buffer.set_stringn(x, area.y, truncate(&middle, middle_room), middle_room, style);
    if right_cells > 0 && right_cells + 2 < usize::from(area.width) {
        let style = if state.unread_elsewhere().1 > 0 { theme.mention_strong } else { theme.unread };
        buffer.set_stringn(area.right() - right_cells as u16 - 1, area.y, elsewhere, right_cells, style);
    }
}

/// Says that there is no connection, when the next try is, and why.
fn offline(reason: &str, millis: u64) -> String {
    match millis.div_ceil(1_000) {
        0 | 1 => format!("offline, trying again ({reason})"),
        seconds => format!("offline, next try in {seconds} s, Ctrl+R now ({reason})"),
    }
}

fn typing(state: &State) -> Option<String> {
    let names = state.channel()?.typing(state.me()).collect::<Vec<_>>();
    match names.as_slice() {
        [] => None,
        [one] => Some(format!("{one} is typing …")),
        [one, two] => Some(format!("{one} and {two} are typing …")),
        [one, two, rest @ ..] => Some(format!("{one}, {two} and {} more are typing …", rest.len())),
    }
}

fn elsewhere(state: &State, words: bool) -> String {
    if !words {
        let (unread, mentions) = state.unread_elsewhere();
        let counts = [("◆", state.catch_up), ("@", mentions), ("", unread)];
        let counts = counts.into_iter().filter(|(_, count)| *count > 0).map(|(sign, count)| format!("{sign}{count}"));
        return counts.collect::<Vec<_>>().join(" ");
    }
    let unread = match state.unread_elsewhere() {
        (0, _) => String::new(),
        (unread, 0) => format!("{unread} unread · Alt+A"),
        (unread, mentions) => format!("@{mentions} · {unread} unread · Alt+A"),
    };
    let happened = match state.catch_up {
        0 => return unread,
        100.. => "99+".to_owned(),
        happened => happened.to_string(),
    };
    let between = if unread.is_empty() { "" } else { " · " };
    format!("{}{between}{unread}", say!("status-activity", count = happened))
}
