//! What a client may say.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::catch_up::{ClearCatchUp, Cleared, RestoreCatchUp};
use crate::channel::{
    ChangeSettings, CreateChannel, DeleteChannel, JoinChannel, Joined, LeaveChannel, OpenDm, SetTopic,
};
use crate::friend::{AskFriend, Block, OpenWall, RemoveFriend, WatchFeed};
use crate::invitation::{CreateInvite, Invitation, Invitations, Invite, Invited, ListInvites, RevokeInvite};
use crate::link::{CreateLink, Link};
use crate::member::{ListMembers, MemberPage, Typing};
use crate::moderation::{Ban, Bans, Kick, ListBans, Mute, SetRole};
use crate::optional::Empty;
use crate::packets::requests;
use crate::person::SetProfile;
use crate::personal::{KeepDraft, MarkRead, MarkUnread, Notify};
use crate::presence::SetPresence;
use crate::sending::{Changed, DeleteMessage, EditMessage, Pin, React, RemoveReactions, SendMessage, Sent};
use crate::session::{EndSession, Hello, RenewToken, RenewedToken};
use crate::settings::SetSettings;
use crate::upload::Uploading;
use crate::who::Who;

/// The payload of a request: it knows what it is called and what it is answered with.
pub trait Request: Into<ClientPacket> {
    /// The payload of its `ok`.
    type Answer: Serialize + DeserializeOwned;

    /// Its type on the wire.
    const TYPE_NAME: &'static str;
    /// Who may make it.
    const WHO: Who;

    /// Reads the payload of its `ok`.
    ///
    /// # Errors
    /// The payload is not the one of this request.
    fn read_answer(payload: &RawValue) -> serde_json::Result<Self::Answer> {
        serde_json::from_str(payload.get())
    }
}

/// Something that looks at every request there is.
pub trait RequestVisitor {
    /// Looks at one.
    fn visit<R: Request>(&mut self);
}

requests! {
    /// A request of a client, with what it is answered with and who may make it; `docs/protocol.md` says what each does.
    ClientPacket {
        /// Signs the connection in; always the first packet.
        Hello(Hello) -> Empty = "hello", Stranger;
        /// Asks for a fresh token of the same session.
        RenewToken(RenewToken) -> RenewedToken = "token_renew", SignedIn;
        /// Creates a channel and becomes its owner.
        CreateChannel(CreateChannel) -> Joined = "channel_create", NoGuest;
        /// Enters a channel, or creates a public one by its name.
        JoinChannel(JoinChannel) -> Joined = "channel_join", SignedIn;
        /// Leaves a channel, or closes a direct conversation for the asker alone.
        LeaveChannel(LeaveChannel) -> Empty = "channel_leave", Member;
        /// Makes somebody a member, or asks them to become one.
        Invite(Invite) -> Invited = "channel_invite", ModeratorNoGuest;
        /// Makes a code that lets people in.
        CreateInvite(CreateInvite) -> Invitation = "channel_invite_create", Moderator;
        /// Lists the codes that let people in.
        ListInvites(ListInvites) -> Invitations = "channel_invites", Moderator;
        /// Takes a code back.
        RevokeInvite(RevokeInvite) -> Empty = "channel_invite_revoke", Moderator;
        /// Deletes a channel with everything that was said in it.
        DeleteChannel(DeleteChannel) -> Empty = "channel_delete", Owner;
        /// Ends somebody's membership.
        Kick(Kick) -> Empty = "channel_kick", Moderator;
        /// Bans somebody from the channel, or lifts the ban.
        Ban(Ban) -> Empty = "channel_ban", Moderator;
        /// Lists who is banned.
        ListBans(ListBans) -> Bans = "channel_bans", Moderator;
        /// Keeps a member from speaking for a time.
        Mute(Mute) -> Empty = "channel_mute", Moderator;
        /// Changes the name of a channel, or who may speak in it.
        ChangeSettings(ChangeSettings) -> Empty = "channel_settings", Moderator;
        /// Says what a member may do here.
        SetRole(SetRole) -> Empty = "channel_role", Owner;
        /// Lists the members, page by page.
        ListMembers(ListMembers) -> MemberPage = "channel_members", Member;
        /// Says what the channel is about.
        SetTopic(SetTopic) -> Empty = "channel_topic", Moderator;
        /// Opens the direct conversation with somebody.
        OpenDm(OpenDm) -> Joined = "dm_open", NoGuest;
        /// Gives one's own wall, made when it is first wanted.
        OpenWall(OpenWall) -> Joined = "wall_open", NoGuest;
        /// Starts or stops the events about new posts of friends and the asker, and replies to them.
        WatchFeed(WatchFeed) -> Empty = "feed_watch", SignedIn;
        /// Sends a message.
        SendMessage(SendMessage) -> Sent = "channel_message_add", Member;
        /// Changes the content of an own message.
        EditMessage(EditMessage) -> Changed = "channel_message_edit", Author;
        /// Deletes a message: its content goes, its place stays.
        DeleteMessage(DeleteMessage) -> Changed = "channel_message_delete", Author;
        /// Reacts to a message, or takes that back.
        React(React) -> Changed = "channel_reaction", Member;
        /// Takes other people's reactions to a message away.
        RemoveReactions(RemoveReactions) -> Changed = "channel_reaction_remove", Moderator;
        /// Pins a message, or unpins it.
        Pin(Pin) -> Changed = "channel_pin", Moderator;
        /// Makes a link to send or fetch files in a browser.
        CreateLink(CreateLink) -> Link = "link_create", NoGuest;
        /// Says how far the files of a message are that one sends.
        Upload(Uploading) -> Empty = "channel_upload", Member;
        /// Says that one types, or has stopped.
        Typing(Typing) -> Empty = "channel_user_update", Member;
        /// Says up to where one has read.
        MarkRead(MarkRead) -> Empty = "channel_read", Member;
        /// Says that everything from a message on is unread.
        MarkUnread(MarkUnread) -> Empty = "channel_unread", Member;
        /// Says of what one wants to hear in a channel.
        Notify(Notify) -> Empty = "channel_notify", Member;
        /// Keeps what one is writing.
        KeepDraft(KeepDraft) -> Empty = "draft", Member;
        /// Clears entries of the list of what happened.
        ClearCatchUp(ClearCatchUp) -> Cleared = "catch_up_clear", SignedIn;
        /// Brings back entries that were cleared.
        RestoreCatchUp(RestoreCatchUp) -> Empty = "catch_up_restore", SignedIn;
        /// Says by hand whether one is there, and what one does.
        SetPresence(SetPresence) -> Empty = "presence", SignedIn;
        /// Ends a session of one's own, or all but the one that says so.
        EndSession(EndSession) -> Empty = "session_end", SignedIn;
        /// Changes settings, on all devices.
        SetSettings(SetSettings) -> Empty = "settings", SignedIn;
        /// Says who one is.
        SetProfile(SetProfile) -> Empty = "profile", NoGuest;
        /// Asks somebody to be a friend, or says yes to who has asked.
        AskFriend(AskFriend) -> Empty = "friend_ask", NoGuest;
        /// Ends a friendship, says no to who has asked, or takes one's own asking back.
        RemoveFriend(RemoveFriend) -> Empty = "friend_remove", SignedIn;
        /// Blocks somebody, or unblocks them.
        Block(Block) -> Empty = "block", SignedIn;
    }
}
