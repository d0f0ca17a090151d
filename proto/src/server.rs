//! What the daemon may say.

use crate::catch_up::CatchUpUpdate;
use crate::channel::{ChannelRemove, ChannelUpdate};
use crate::friend::Relationship;
use crate::member::{ChannelUserUpdate, ChannelUsersUpdate};
use crate::packets::packets;
use crate::personal::{ChannelPersonal, ChannelRead};
use crate::presence::PresenceUpdate;
use crate::sending::{MessageAdd, MessageUpdate};
use crate::session::{Goodbye, Welcome};
use crate::settings::Settings;
use crate::snapshot::{ChannelAdd, ChannelResume};
use crate::upload::Uploading;

packets! {
    /// An event from the daemon. Answers to requests are `ok` and `error`, see [`crate::codec`].
    ServerPacket {
        /// Says who one is and what this daemon is; follows the answer to `hello`.
        Welcome(Box<Welcome>) = "welcome",
        /// Shows a channel whole.
        ChannelAdd(Box<ChannelAdd>) = "channel_add",
        /// Shows what changed in a channel that the client already holds.
        ChannelResume(Box<ChannelResume>) = "channel_resume",
        /// The receiver is not in a channel any more.
        ChannelRemove(ChannelRemove) = "channel_remove",
        /// Says what changed about a channel itself.
        ChannelUpdate(ChannelUpdate) = "channel_update",
        /// Says what changed about one member.
        ChannelUserUpdate(ChannelUserUpdate) = "channel_user_update",
        /// Says what changed about several members at once.
        ChannelUsersUpdate(ChannelUsersUpdate) = "channel_users_update",
        /// Says who came and went, once per connection whatever number of channels is shared.
        PresenceUpdate(PresenceUpdate) = "presence_update",
        /// Delivers a message.
        MessageAdd(Box<MessageAdd>) = "channel_message_add",
        /// Says what changed about a message.
        MessageUpdate(Box<MessageUpdate>) = "channel_message_update",
        /// Says how far the files of a message are that the receiver sends on another device.
        Upload(Box<Uploading>) = "channel_upload",
        /// Says up to where the reader has read, to the reader's own connections.
        ChannelRead(ChannelRead) = "channel_read",
        /// Says what the receiver has set for a channel, on whatever device.
        ChannelPersonal(Box<ChannelPersonal>) = "channel_personal",
        /// Says that something happened to the receiver, or that they have looked at it.
        CatchUp(Box<CatchUpUpdate>) = "catch_up",
        /// Says what the receiver has set for themselves, on whatever device.
        Settings(Box<Settings>) = "settings",
        /// The relation of a user to the receiver has changed.
        FriendUpdate(Box<Relationship>) = "friend_update",
        /// Says that the daemon stops, just before it closes the connection.
        Goodbye(Goodbye) = "goodbye",
    }
}
