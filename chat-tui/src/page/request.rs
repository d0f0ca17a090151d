//! What pages ask for.

use proto::{ChannelId, ChannelName, ClientPacket, Content, CreatedKind, Handle, Index};

use super::PagePlace;
use crate::component::confirm::ConfirmPopup;
use crate::deed::Deed;
use crate::fetch::Fetch;

/// What a page asks for. What leads back to the conversation closes all pages.
#[derive(Debug, Clone, PartialEq)]
pub enum PageRequest {
    /// Something that only the daemon knows.
    Fetch(Fetch),
    /// To show a page over this one.
    Open(PagePlace),
    /// To show a message, or the end of a channel.
    Go(ChannelId, Option<Index>),
    /// To enter a public channel.
    Join(ChannelId),
    /// To create a public channel.
    Create(ChannelName),
    /// To open the direct message with somebody.
    Talk(Handle),
    /// To reply to a message.
    Reply(ChannelId, Index, String),
    /// To set something that was written in the box of the page, which waits for the answer.
    Set(ClientPacket),
    /// To make a channel public or private.
    SetKind(ChannelId, CreatedKind),
    /// To be asked something.
    Question(ConfirmPopup),
    /// To post something.
    Post(Content),
    /// To reply to a post.
    Answer(ChannelId, Index, Content),
    /// To give a message another text, for which the box of the page waits.
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
    /// The same, where the page shows something else when it is done.
    Change(ClientPacket),
    /// To give the account another password.
    Password,
    /// To delete the account.
    Leave,
    /// To have something told.
    Tell(String),
    /// To have something told that is wrong.
    Fail(String),
    /// To close, with the page below shown again.
    Close,
}

impl PageRequest {
    /// To say something to the daemon once it is confirmed: a question, and what it is about where it does not say all.
    pub(super) fn confirmed(question: String, about: &str, packet: ClientPacket) -> Self {
        Self::Question(ConfirmPopup::new(question, about, Deed::Say(packet)))
    }
}
