//! The line at the bottom: who one is, how the connection is, who types, what waits elsewhere.

use proto::{ChosenPresence, Handle};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::chat::ChatScreen;
use crate::core::ConnectionState;
use crate::core::attachment::Passed;
use crate::refusals::connection;
use crate::text::{CleanLine, truncate, width};
use crate::theme::Theme;
use crate::words::percent;

/// A screen at least this wide says what waits in words, where they have room.
const WORDS_FROM: u16 = 60;

/// Cells between how the connection is and what waits: the one is never written over the other.
const GAP: usize = 2;

/// Who one is, and who types, is left out where fewer cells are left for it.
const MIDDLE_MIN: usize = 8;

/// Draws the line.
pub fn view_status(state: &ChatScreen, area: Rect, buffer: &mut Buffer, theme: &Theme) {
    if area.height == 0 || area.width < 4 {
        return;
    }
    let (sign, text, style) = match &state.core.connection {
        ConnectionState::Online => match state.core.people.chosen() {
            ChosenPresence::Online => ("●", label!("status-online").to_owned(), theme.online),
            ChosenPresence::Away => ("◐", label!("status-away").to_owned(), theme.dim),
            ChosenPresence::Dnd => ("⊖", label!("status-busy").to_owned(), theme.error),
            ChosenPresence::Invisible => ("◌", label!("status-invisible").to_owned(), theme.dim),
        },
        ConnectionState::Connecting => ("◌", label!("status-connecting").to_owned(), theme.dim),
        // That nothing is saved matters more than why there is no connection.
        ConnectionState::Waiting { .. } if state.not_kept.is_some() => {
            ("✗", label!("status-offline-short").to_owned(), theme.error)
        }
        ConnectionState::Waiting { reason, until } => {
            ("✗", offline(reason, until.millis_since(state.now)), theme.error)
        }
    };
    let room = usize::from(area.width - 2);
    let left = format!("{sign} {text}");
    let elsewhere = Some(elsewhere(state, true))
        .filter(|words| area.width >= WORDS_FROM && width(&left) + width(words) + GAP <= room)
        .unwrap_or_else(|| elsewhere(state, false));
    let right_cells = width(&elsewhere);
    let kept = if right_cells > 0 { right_cells + GAP } else { 0 };
    let left_room = room.saturating_sub(kept);
    let (x, _) = buffer.set_stringn(area.x + 1, area.y, truncate(&left, left_room), left_room, style);
    let typing = typing(state).or_else(|| uploading(state));
    let (middle, style) = match (typing, &state.not_kept) {
        (Some(typing), _) => (format!(" · {typing}"), theme.dim),
        (None, Some(reason)) => (format!(" · {}", say!("status-not-kept", reason = reason.as_str())), theme.error),
        (None, None) => {
            let (handle, server) = (state.me().as_str(), state.core.session.server.to_string());
            (format!(" · {}", say!("status-session", handle = handle, server = server)), theme.dim)
        }
    };
    let middle_room = usize::from(area.right().saturating_sub(x + 1)).saturating_sub(kept.max(1));
    if middle_room >= MIDDLE_MIN {
        buffer.set_stringn(x, area.y, truncate(&middle, middle_room), middle_room, style);
    }
    if right_cells > 0 && right_cells + 2 < usize::from(area.width) {
        let style = if state.unread_elsewhere().1 > 0 { theme.mention_strong } else { theme.unread };
        buffer.set_stringn(area.right() - right_cells as u16 - 1, area.y, elsewhere, right_cells, style);
    }
}

/// Says that there is no connection, when the next try is, and why.
fn offline(reason: &str, millis: u64) -> String {
    let reason = connection::words(reason);
    match millis.div_ceil(1_000) {
        0 | 1 => say!("status-offline", reason = reason),
        seconds => say!("status-offline-in", seconds = seconds, reason = reason),
    }
}

fn typing(state: &ChatScreen) -> Option<String> {
    let names = state.channel()?.typing(state.me()).map(Handle::as_str).collect::<Vec<_>>();
    match names.as_slice() {
        [] => None,
        [one] => Some(say!("status-typing-one", name = one)),
        [first, second] => Some(say!("status-typing-two", first = first, second = second)),
        [first, second, rest @ ..] => {
            Some(say!("status-typing-more", first = first, second = second, count = rest.len()))
        }
    }
}

/// Says what the reader sends here on another device.
fn uploading(state: &ChatScreen) -> Option<String> {
    let news = state.core.uploading_elsewhere(state.current?)?;
    let name = CleanLine::new(news.name.as_str());
    let count = u64::from(news.files.max(1));
    Some(match news.failed {
        true => say!("status-upload-failed", name = name.as_str()),
        false => {
            let part = percent(Passed { done: news.done, total: news.total, ..Passed::default() });
            say!("status-uploading", name = name.as_str(), count = count, part = part)
        }
    })
}

fn elsewhere(state: &ChatScreen, words: bool) -> String {
    if !words {
        let (unread, mentions) = state.unread_elsewhere();
        let counts = [("◆", state.core.activity), ("@", mentions), ("", unread)];
        let counts = counts.into_iter().filter(|(_, count)| *count > 0).map(|(sign, count)| format!("{sign}{count}"));
        return counts.collect::<Vec<_>>().join(" ");
    }
    let unread = match state.unread_elsewhere() {
        (0, _) => String::new(),
        (unread, 0) => say!("status-unread", unread = unread),
        (unread, mentions) => say!("status-mentions", mentions = mentions, unread = unread),
    };
    let happened = match state.core.activity {
        0 => return unread,
        100.. => "99+".to_owned(),
        happened => happened.to_string(),
    };
    let between = if unread.is_empty() { "" } else { " · " };
    format!("{}{between}{unread}", say!("status-activity", count = happened))
}
