//! What a popup decides and the chat does, and by what a popup knows the answer to it again. Popups and the chat stand on
//! this file, and so not on each other.

use proto::{ChannelId, ClientPacket, DeleteMessage, Emoji, Index, JoinChannel, LeaveChannel, Pin, React};

use crate::core::RequestId;

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// It is to go.
    Delete(ChannelId, Index),
    /// Somebody reacts to it, or no longer does.
    React(ChannelId, Index, Emoji, bool),
    /// It is kept in view, or no longer.
    Pin(ChannelId, Index, bool),
    /// Something is said to the daemon.
    Say(ClientPacket),
    /// A channel is left.
    Leave(ChannelId),
    /// A channel is entered, whose invitation waits.
    Join(ChannelId),
}

impl Deed {
    /// Gives what is said to the daemon.
    pub(crate) fn packet(self) -> ClientPacket {
        match self {
            Self::Delete(id, index) => ClientPacket::DeleteMessage(DeleteMessage { id, index }),
            Self::React(id, index, emoji, on) => ClientPacket::React(React { id, index, emoji, on }),
            Self::Pin(id, index, on) => ClientPacket::Pin(Pin { id, index, on }),
            Self::Say(packet) => packet,
            Self::Leave(id) => ClientPacket::LeaveChannel(LeaveChannel { id }),
            Self::Join(id) => ClientPacket::JoinChannel(JoinChannel::Id(id)),
        }
    }
}

/// Names what a form waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket(pub(crate) RequestId);
