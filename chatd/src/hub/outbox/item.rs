//! What waits in an outbox.

use std::sync::Arc;

use proto::codec::encode_event;
use proto::{ChannelId, Presence, PresenceUpdate, ServerPacket};

use crate::frame::Frames;
use crate::hub::messages::Messages;

/// Something that a connection is to send, written once and shared by all who receive it.
#[derive(Debug, Clone)]
pub enum Item {
    /// Messages of one channel.
    Messages(Messages),
    /// How something in a channel is now.
    Event(ChannelId, Frames),
    /// Who types in a channel.
    Typing(ChannelId, Frames),
    /// What concerns the connection's person and no channel.
    Personal(Frames),
    /// Who is there, in whatever channels.
    Presence(Arc<Presences>),
    /// A channel that is new to the connection, to be read from the store when its turn comes.
    Show(ChannelId),
    /// The members of a channel, all of whom are shown from now on, to be read from the store when their turn comes.
    Members(ChannelId),
    /// A channel that the connection hears no more of, and the packet that says so.
    Hide(ChannelId, Frames),
}

/// Changes of presence, and the packet that tells them.
#[derive(Debug)]
pub struct Presences {
    pub(super) members: Vec<Presence>,
    /// The `presence_update` that is sent, encoded once for all connections.
    pub frames: Frames,
}

impl Presences {
    /// Writes changes of presence down.
    pub fn new(members: Vec<Presence>) -> Self {
        let update = PresenceUpdate { members: members.clone() };
        Self { members, frames: encode_event(&ServerPacket::PresenceUpdate(update)).into() }
    }
}

impl Item {
    /// An item that is only a note costs as much as a small packet.
    const NOTE_BYTES: usize = 64;

    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Messages(messages) => messages.bytes(),
            Self::Event(_, frames) | Self::Typing(_, frames) | Self::Hide(_, frames) => frames.bytes().len(),
            Self::Personal(frames) => frames.bytes().len(),
            Self::Presence(presences) => presences.frames.bytes().len(),
            Self::Show(_) | Self::Members(_) => Self::NOTE_BYTES,
        }
    }
}
