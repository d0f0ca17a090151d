//! What one does with a message on a page, by the same keys as on a chosen message of a channel.

use crossterm::event::{KeyCode, KeyEvent};
use proto::{ChannelId, ChannelKind, ClientPacket, Emoji, Handle, Index, Message, MessageKind, React, WhichMessage};

use super::list::one_line;
use super::{PageRequest, Place};
use crate::markdown;
use crate::text::CleanLine;
use crate::words;

/// Cells of what a question shows of a message.
const ABOUT_CELLS: usize = 46;

/// Gives what a key does with a message; nothing when it means something else. Whoever keeps order deletes what others said.
pub(super) fn on_message(
    key: KeyEvent,
    channel: ChannelId,
    message: &Message,
    me: &Handle,
    keeps_order: bool,
) -> Option<Vec<PageRequest>> {
    let place = WhichMessage { id: channel, index: message.index };
    let own = message.handle == *me && message.kind != MessageKind::System;
    let request = match key.code {
        KeyCode::Char('p') => PageRequest::Open(Place::Profile(message.handle.clone())),
        KeyCode::Char('y') if message.kind == MessageKind::System => PageRequest::Copy(words::said(message)),
        KeyCode::Char('y') => PageRequest::Copy(message.content.clone()),
        KeyCode::Char('f' | '+' | '-' | 'd' | 'e' | 'r') | KeyCode::Delete if message.deleted.is_some() => {
            PageRequest::Tell("this message is deleted".to_owned())
        }
        KeyCode::Char('e') => PageRequest::Tell("this message is somebody else's".to_owned()),
        KeyCode::Char('d') | KeyCode::Delete if !own && !keeps_order => {
            PageRequest::Tell("this message is somebody else's".to_owned())
        }
        KeyCode::Char('f') => {
            let emoji = Emoji::like();
            let on = !message.reactions.iter().any(|said| said.emoji == emoji && said.handles.contains(me));
            PageRequest::Say(ClientPacket::React(React { id: channel, index: message.index, emoji, on }))
        }
        KeyCode::Char('+') => PageRequest::React(channel, message.index),
        KeyCode::Char('-') if message.reactions.is_empty() => {
            PageRequest::Tell("nobody has reacted to this message".to_owned())
        }
        KeyCode::Char('-') => PageRequest::Open(Place::Reactions(channel, message.index, message.reactions.clone())),
        KeyCode::Char('d') | KeyCode::Delete => {
            let about = one_line(&format!("{}: {}", message.handle, markdown::plain(&message.content)), ABOUT_CELLS);
            PageRequest::Ask("Delete this?", about, ClientPacket::DeleteMessage(place))
        }
        _ => return None,
    };
    Some(vec![request])
}

/// Says how others reacted to a message.
pub(super) fn reactions(message: &Message) -> String {
    let said = message.reactions.iter().map(|said| format!("{} {}", CleanLine::new(said.emoji.as_str()), said.count));
    said.collect::<Vec<_>>().join("  ")
}

/// Leads to a message: in its channel, or on a wall to what it belongs to.
pub(super) fn door(kind: ChannelKind, channel: ChannelId, index: Index, reply_to: Option<Index>) -> PageRequest {
    match kind {
        ChannelKind::Wall => PageRequest::Open(Place::Thread(channel, reply_to.unwrap_or(index))),
        _ => PageRequest::Go(channel, Some(index)),
    }
}
