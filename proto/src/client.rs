//! What a client may say.

use crate::catch_up::{ClearCatchUp, RestoreCatchUp};
use crate::channel::{ChangeSettings, CreateChannel, JoinChannel, OpenDm, SetTopic, WhichChannel};
use crate::friend::{Block, WatchFeed, WhichPerson};
use crate::invitation::{CreateInvite, Invite, RevokeInvite};
use crate::member::{ListMembers, Typing};
use crate::moderation::{Ban, Kick, Mute, SetRole};
use crate::optional::Empty;
use crate::packets::packets;
use crate::person::SetProfile;
use crate::personal::{KeepDraft, MarkRead, Notify};
use crate::presence::SetPresence;
use crate::sending::{EditMessage, Pin, React, RemoveReactions, SendMessage, WhichMessage};
use crate::session::{EndSession, Hello, RenewToken};
use crate::settings::SetSettings;

packets! {
    /// A packet from a client; who may say what stands in `docs/protocol.md`.
    ClientPacket {
        /// Signs the connection in; always the first packet.
        Hello(Hello) = "hello",
        /// Asks for a fresh token of the same session.
        RenewToken(RenewToken) = "token_renew",
        /// Creates a channel and becomes its owner.
        CreateChannel(CreateChannel) = "channel_create",
        /// Enters a channel, or creates a public one by its name.
        JoinChannel(JoinChannel) = "channel_join",
        /// Leaves a channel, or closes a direct conversation for oneself.
        LeaveChannel(WhichChannel) = "channel_leave",
        /// Makes somebody a member, or asks them to become one.
        Invite(Invite) = "channel_invite",
        /// Makes a code that lets people in.
        CreateInvite(CreateInvite) = "channel_invite_create",
        /// Lists the codes that let people in.
        ListInvites(WhichChannel) = "channel_invites",
        /// Takes a code back.
        RevokeInvite(RevokeInvite) = "channel_invite_revoke",
        /// Deletes a channel with everything that was said in it.
        DeleteChannel(WhichChannel) = "channel_delete",
        /// Ends somebody's membership.
        Kick(Kick) = "channel_kick",
        /// Keeps somebody out of the channel, or no longer.
        Ban(Ban) = "channel_ban",
        /// Lists who is kept out.
        ListBans(WhichChannel) = "channel_bans",
        /// Keeps a member from speaking for a time.
        Mute(Mute) = "channel_mute",
        /// Changes the name of a channel, or who may speak in it.
        ChangeSettings(ChangeSettings) = "channel_settings",
        /// Says what a member may do here.
        SetRole(SetRole) = "channel_role",
        /// Lists the members, page by page.
        ListMembers(ListMembers) = "channel_members",
        /// Says what the channel is about.
        SetTopic(SetTopic) = "channel_topic",
        /// Opens the direct conversation with somebody.
        OpenDm(OpenDm) = "dm_open",
        /// Gives one's own wall, made when it is first wanted.
        OpenWall(Empty) = "wall_open",
        /// Hears of new posts of friends and one's own, and of what is said to them, or no longer.
        WatchFeed(WatchFeed) = "feed_watch",
        /// Sends a message.
        SendMessage(SendMessage) = "channel_message_add",
        /// Changes the content of an own message.
        EditMessage(EditMessage) = "channel_message_edit",
        /// Deletes a message: its content goes, its place stays.
        DeleteMessage(WhichMessage) = "channel_message_delete",
        /// Reacts to a message, or takes that back.
        React(React) = "channel_reaction",
        /// Takes other people's reactions to a message away.
        RemoveReactions(RemoveReactions) = "channel_reaction_remove",
        /// Keeps a message in view of the channel, or no longer.
        Pin(Pin) = "channel_pin",
        /// Says that one types, or has stopped.
        Typing(Typing) = "channel_user_update",
        /// Says up to where one has read.
        MarkRead(MarkRead) = "channel_read",
        /// Says that everything from a message on is unread.
        MarkUnread(WhichMessage) = "channel_unread",
        /// Says of what one wants to hear in a channel.
        Notify(Notify) = "channel_notify",
        /// Keeps what one is writing.
        KeepDraft(KeepDraft) = "draft",
        /// Clears entries of the list of what happened.
        ClearCatchUp(ClearCatchUp) = "catch_up_clear",
        /// Brings back entries that were cleared.
        RestoreCatchUp(RestoreCatchUp) = "catch_up_restore",
        /// Says by hand whether one is there, and what one does.
        SetPresence(SetPresence) = "presence",
        /// Ends a session of one's own, or all but the one that says so.
        EndSession(EndSession) = "session_end",
        /// Sets something for oneself, on all devices.
        SetSettings(SetSettings) = "settings",
        /// Says who one is.
        SetProfile(SetProfile) = "profile",
        /// Asks somebody to be a friend, or says yes to who has asked.
        AskFriend(WhichPerson) = "friend_ask",
        /// Ends a friendship, says no to who has asked, or takes one's own asking back.
        RemoveFriend(WhichPerson) = "friend_remove",
        /// Keeps somebody from writing to one and seeing one, or no longer.
        Block(Block) = "block",
    }
}
