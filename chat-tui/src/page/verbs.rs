//! What one does with a message on a page, by the same keys as on a selected message of a channel.

use crossterm::event::KeyCode;
use proto::{ChannelId, ChannelKind, ClientPacket, DeleteMessage, Emoji, Handle, Index, Message, MessageKind, React};

use super::keys::{PageAction, PageKey};
use super::list::one_line;
use super::{PagePlace, PageRequest};
use crate::markdown;
use crate::text::CleanLine;
use crate::words;

/// Cells of what a question shows of a message.
const ABOUT_CELLS: usize = 46;

pub(super) const REPLY: PageKey =
    PageKey::letter('r', "r", PageAction::Reply, key!("page-key-reply"), key!("help-message-reply"));
pub(super) const LIKE: PageKey =
    PageKey::letter('f', "f", PageAction::Like, key!("page-key-like"), key!("help-message-like"));
pub(super) const REACT: PageKey =
    PageKey::letter('+', "+", PageAction::React, key!("page-key-react"), key!("help-message-react"));
pub(super) const REACTIONS: PageKey =
    PageKey::letter('-', "-", PageAction::Reactions, key!("page-key-reactions"), key!("help-message-reactions"));
pub(super) const EDIT: PageKey =
    PageKey::letter('e', "e", PageAction::Edit, key!("page-key-edit"), key!("help-message-edit"));
pub(super) const DELETE: PageKey =
    PageKey::letter('d', "d", PageAction::Delete, key!("page-key-delete"), key!("help-message-delete"));
pub(super) const DELETE_KEY: PageKey = PageKey::also(KeyCode::Delete, PageAction::Delete);
pub(super) const COPY: PageKey =
    PageKey::letter('y', "y", PageAction::Copy, key!("page-key-copy"), key!("help-message-copy"));

/// A message on a page, and who looks at it.
pub(super) struct PageMessage<'a> {
    pub(super) channel: ChannelId,
    pub(super) message: &'a Message,
    pub(super) me: &'a Handle,
    /// Whether they are owner or moderator there, and delete what others said.
    pub(super) moderates: bool,
    /// Whether it is a post, or a reply to one.
    pub(super) on_wall: bool,
}

impl PageMessage<'_> {
    fn is_own(&self) -> bool {
        self.message.handle == *self.me && self.message.kind != MessageKind::System
    }

    /// Tells whether something can be done with it.
    pub(super) fn can(&self, action: PageAction) -> bool {
        let there = self.message.deleted.is_none();
        match action {
            PageAction::Reply | PageAction::Like | PageAction::React => {
                there && self.message.kind != MessageKind::System
            }
            PageAction::Reactions => there && !self.message.reactions.is_empty(),
            PageAction::Edit => there && self.is_own(),
            PageAction::Delete => there && (self.is_own() || self.moderates),
            PageAction::Copy => there,
            _ => true,
        }
    }

    /// Does something with it, or says why not. To reply to it and to edit it is for the page, which has the box to write in.
    pub(super) fn act(&self, action: PageAction) -> Option<PageRequest> {
        let (id, index) = (self.channel, self.message.index);
        let deleted = self.message.deleted.is_some();
        Some(match action {
            PageAction::Profile => PageRequest::Open(PagePlace::Profile(self.message.handle.clone())),
            PageAction::Thread => PageRequest::Open(PagePlace::Thread(id, index)),
            PageAction::Copy if self.message.kind == MessageKind::System => {
                PageRequest::Copy(words::said(self.message))
            }
            PageAction::Copy => PageRequest::Copy(self.message.content.clone()),
            _ if deleted => PageRequest::Tell(label!("error-message-deleted").to_owned()),
            PageAction::Edit => PageRequest::Tell(label!("error-edit-others").to_owned()),
            PageAction::Delete if !self.can(PageAction::Delete) => {
                PageRequest::Tell(label!("error-delete-others-here").to_owned())
            }
            PageAction::Delete => self.delete(),
            PageAction::Like => {
                let emoji = Emoji::like();
                let given = &self.message.reactions;
                let on = !given.iter().any(|said| said.emoji == emoji && said.handles.contains(self.me));
                PageRequest::Say(ClientPacket::React(React { id, index, emoji, on }))
            }
            PageAction::React => PageRequest::React(id, index),
            PageAction::Reactions if self.message.reactions.is_empty() => {
                PageRequest::Tell(label!("error-no-reactions").to_owned())
            }
            PageAction::Reactions => PageRequest::Open(PagePlace::Reactions(id, index, self.message.reactions.clone())),
            _ => return None,
        })
    }

    fn delete(&self) -> PageRequest {
        let about = format!("{}: {}", self.message.handle, markdown::plain(&self.message.content));
        let question = match self.on_wall && self.message.reply_to.is_none() {
            true => label!("confirm-delete-post"),
            false => label!("confirm-delete-message"),
        };
        let packet = ClientPacket::DeleteMessage(DeleteMessage { id: self.channel, index: self.message.index });
        PageRequest::confirmed(question.to_owned(), &one_line(&about, ABOUT_CELLS), packet)
    }
}

/// Says how others reacted to a message.
pub(super) fn reactions(message: &Message) -> String {
    let said = message.reactions.iter().map(|said| format!("{} {}", CleanLine::new(said.emoji.as_str()), said.count));
    said.collect::<Vec<_>>().join("  ")
}

/// What stands behind the name of whoever wrote a message: when, and whether it was edited.
pub(super) fn noted(message: &Message, when: &str) -> String {
    match message.edited {
        Some(_) => format!(" · {when} · {}", label!("timeline-edited")),
        None => format!(" · {when}"),
    }
}

/// Leads to a message: in its channel, or on a wall to what it belongs to.
pub(super) fn door(kind: ChannelKind, channel: ChannelId, index: Index, reply_to: Option<Index>) -> PageRequest {
    match kind {
        ChannelKind::Wall => PageRequest::Open(PagePlace::Thread(channel, reply_to.unwrap_or(index))),
        _ => PageRequest::Go(channel, Some(index)),
    }
}
