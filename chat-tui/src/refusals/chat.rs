//! What the screen says of refusals of what one does in the chat. The daemon gives one sentence to all programs; the screen
//! knows what was asked for, and says whom and what it was about.

use proto::bounds::{SEARCH_BYTES_MAX, SEARCH_TERMS_MAX};
use proto::{ChannelId, ClientPacket, Handle, JoinChannel};

use super::{as_sentence, of_request, with_stop};
use crate::core::outbox::WRITTEN_LONG_AGO;
use crate::fetch::Fetch;
use crate::http::RequestError;

/// What something was about that is refused; empty where that is nobody and nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// The channel, as people write it.
    pub channel: String,
    /// The handle of the person.
    pub handle: String,
    /// What was done, as the catalogue chooses by it.
    pub deed: &'static str,
}

impl About {
    /// Gives what a request is about; channels are called so.
    pub fn of(packet: &ClientPacket, title: impl Fn(&ChannelId) -> Option<String>) -> Self {
        let of = |id: Option<&ChannelId>, handle: Option<&Handle>, deed| Self {
            channel: id.and_then(title).unwrap_or_default(),
            handle: handle.map(ToString::to_string).unwrap_or_default(),
            deed,
        };
        match packet {
            ClientPacket::Invite(invite) => of(Some(&invite.id), Some(&invite.handle), "invite"),
            ClientPacket::CreateInvite(invite) => of(Some(&invite.id), None, "invite"),
            ClientPacket::Kick(kick) => of(Some(&kick.id), Some(&kick.handle), "kick"),
            ClientPacket::Ban(ban) => of(Some(&ban.id), Some(&ban.handle), "ban"),
            ClientPacket::Mute(mute) => of(Some(&mute.id), Some(&mute.handle), "timeout"),
            ClientPacket::SetRole(role) => of(Some(&role.id), Some(&role.handle), "role"),
            ClientPacket::SetTopic(topic) => of(Some(&topic.id), None, "topic"),
            ClientPacket::ChangeSettings(change) if change.name.is_some() => of(Some(&change.id), None, "rename"),
            ClientPacket::ChangeSettings(change) => of(Some(&change.id), None, "settings"),
            ClientPacket::DeleteChannel(which) => of(Some(&which.id), None, "delete"),
            ClientPacket::LeaveChannel(which) => of(Some(&which.id), None, "leave"),
            ClientPacket::CreateLink(link) => of(Some(&link.id), None, "link"),
            ClientPacket::Pin(pin) => of(Some(&pin.id), None, "pin"),
            ClientPacket::JoinChannel(JoinChannel::Id(id)) => of(Some(id), None, "join"),
            ClientPacket::JoinChannel(JoinChannel::Name(name)) => {
                Self { channel: format!("#{name}"), ..of(None, None, "join") }
            }
            ClientPacket::OpenDm(open) => of(None, Some(&open.handle), "message"),
            ClientPacket::AskFriend(ask) => of(None, Some(&ask.handle), "friend"),
            ClientPacket::RemoveFriend(remove) => of(None, Some(&remove.handle), "friend"),
            ClientPacket::Block(block) => of(None, Some(&block.handle), "block"),
            ClientPacket::React(react) => of(Some(&react.id), None, "react"),
            ClientPacket::RemoveReactions(remove) => of(Some(&remove.id), None, "remove-reactions"),
            ClientPacket::EditMessage(edit) => of(Some(&edit.id), None, "edit"),
            ClientPacket::DeleteMessage(which) => of(Some(&which.id), None, "delete-message"),
            ClientPacket::CreateChannel(create) => {
                Self { channel: format!("#{}", create.name), ..of(None, None, "create") }
            }
            // Their refusals name nobody and no channel.
            ClientPacket::JoinChannel(JoinChannel::Code(_))
            | ClientPacket::Hello(_)
            | ClientPacket::RenewToken(_)
            | ClientPacket::ListInvites(_)
            | ClientPacket::RevokeInvite(_)
            | ClientPacket::ListBans(_)
            | ClientPacket::ListMembers(_)
            | ClientPacket::OpenWall(_)
            | ClientPacket::WatchFeed(_)
            | ClientPacket::SendMessage(_)
            | ClientPacket::Upload(_)
            | ClientPacket::Typing(_)
            | ClientPacket::MarkRead(_)
            | ClientPacket::MarkUnread(_)
            | ClientPacket::Notify(_)
            | ClientPacket::KeepDraft(_)
            | ClientPacket::ClearCatchUp(_)
            | ClientPacket::RestoreCatchUp(_)
            | ClientPacket::SetPresence(_)
            | ClientPacket::EndSession(_)
            | ClientPacket::SetSettings(_)
            | ClientPacket::SetProfile(_) => Self::default(),
        }
    }

    fn channel(&self) -> Option<&str> {
        Some(self.channel.as_str()).filter(|channel| !channel.is_empty())
    }

    fn handle(&self) -> Option<&str> {
        Some(self.handle.as_str()).filter(|handle| !handle.is_empty())
    }

    fn name(&self) -> Option<&str> {
        self.channel().map(|channel| channel.trim_start_matches('#'))
    }
}

/// How a sentence of the daemon begins, and the words for it, unless nobody knows what it is about.
type Row = (&'static str, fn(&About) -> Option<String>);

fn plain(words: &'static str) -> Option<String> {
    Some(words.to_owned())
}

/// The first row that fits is taken.
static TABLE: &[Row] = &[
    ("internal server error", |_| plain(label!("error-internal"))),
    ("there is no such channel", |_| plain(label!("error-no-such-channel"))),
    ("the storage of the server is full", |_| plain(label!("error-storage-full"))),
    ("you have reached the storage limit", |_| plain(label!("error-quota"))),
    ("you are timed out in this channel", |of| Some(say!("error-timed-out", channel = of.channel()?))),
    ("this channel is read-only: only its owner and moderators can write", |of| {
        Some(say!("error-read-only", channel = of.channel()?))
    }),
    ("this account is disabled: it cannot", |of| Some(say!("error-role-disabled", handle = of.handle()?))),
    ("nobody has this handle", |of| Some(say!("error-no-such-account", handle = of.handle()?))),
    ("your role in this channel does not allow it", |of| match of.deed {
        "remove-reactions" => Some(say!("error-reactions-role", channel = of.channel()?)),
        deed => Some(say!("error-role", deed = deed, channel = of.channel()?)),
    }),
    ("guests can only join public channels", |_| plain(label!("error-guest"))),
    ("you are banned from this channel", |of| Some(say!("error-banned", channel = of.channel()?))),
    ("a public channel has this name", |of| Some(say!("error-name-taken", name = of.name()?))),
    ("a public channel has a name that looks", |_| plain(label!("error-name-looks-taken"))),
    ("this server has reached its limit of public channels", |_| plain(label!("error-public-channels-max"))),
    ("the server makes no links", |_| plain(label!("error-no-public-url"))),
    ("there is no such message", |_| plain(label!("error-no-such-message"))),
    ("this message is not yours", |of| match of.deed {
        "delete-message" => Some(say!("error-delete-others", channel = of.channel()?)),
        _ => plain(label!("error-edit-others")),
    }),
    ("you have reached your limit of different reactions", |_| plain(label!("error-reactions-own-max"))),
    ("this message has reached its limit of different reactions", |_| plain(label!("error-reactions-max"))),
    ("this channel has reached its limit of pinned messages", |of| {
        Some(say!("error-pins-max", channel = of.channel()?))
    }),
    ("the nonce was used for another message", |_| plain(label!("error-internal-client"))),
    ("this invite code is invalid", |_| plain(label!("error-invite-code"))),
    ("this channel has reached its limit of invite codes", |of| {
        Some(say!("error-invite-codes-max", channel = of.channel()?))
    }),
    ("the lobby cannot be deleted", |_| plain(label!("error-lobby"))),
    ("this account has reached its limit of joined channels", |_| plain(label!("error-memberships-max"))),
    ("this account has reached its limit of created channels", |_| plain(label!("error-created-max"))),
    ("nothing to search for", |_| plain(label!("error-search-empty"))),
    ("a search has at most", |_| Some(say!("error-search-long", bytes = SEARCH_BYTES_MAX, words = SEARCH_TERMS_MAX))),
    ("this person is not a member of the channel", |of| {
        Some(say!("error-not-in-channel", handle = of.handle()?, channel = of.channel()?))
    }),
    ("a wall has no members", |_| plain(label!("error-role-posts"))),
    ("a direct conversation has no owner", |_| plain(label!("error-role-direct"))),
    ("you have no such session", |_| plain(label!("error-no-such-session"))),
    ("this account was deleted", |_| plain(label!("error-account-gone"))),
    ("this person does not accept direct messages from you", |of| {
        Some(say!("error-no-messages-from-you", handle = of.handle()?))
    }),
    ("you have blocked this person", |of| Some(say!("error-blocked-by-you", handle = of.handle()?))),
    ("you cannot do this to yourself", |_| plain(label!("error-yourself"))),
    ("you have reached the limit of friends", |_| plain(label!("error-relations-max"))),
    ("this channel has reached its limit of members", |of| Some(say!("error-members-max", channel = of.channel()?))),
    ("you are not in this channel, join it first", |of| match of.channel() {
        Some(channel) => Some(say!("error-join-first", channel = channel)),
        None => plain(label!("error-not-a-member")),
    }),
    (WRITTEN_LONG_AGO, |_| plain(label!("error-written-long-ago"))),
];

/// Says why something was refused.
pub fn of_chat(reason: &str, about: &About) -> String {
    in_words(reason, about).unwrap_or_else(|| as_sentence(reason))
}

/// Says why what a page asked for did not come.
pub fn of_fetch(error: RequestError, fetch: &Fetch) -> String {
    let handle = match fetch {
        Fetch::Profile(handle) | Fetch::Posts(handle, _) => handle.to_string(),
        _ => String::new(),
    };
    match error {
        RequestError::Refused(reply) => of_chat(&reply.reason, &About { handle, ..About::default() }),
        other => of_request(&other, ""),
    }
}

/// Says why a message was not sent, behind a colon: in the words of the daemon or of this screen.
pub fn of_message(reason: &str) -> String {
    with_stop(&in_words(reason, &About::default()).unwrap_or_else(|| reason.to_owned()))
}

fn in_words(reason: &str, about: &About) -> Option<String> {
    let (_, words) = TABLE.iter().find(|(begin, _)| reason.starts_with(begin))?;
    words(about)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused_is_told_with_what_it_was_about() {
        let about = About { channel: "#tea".to_owned(), handle: "bob".to_owned(), deed: "kick" };
        let said = of_chat("your role in this channel does not allow it", &about);
        assert_eq!(said, "Only the owner and moderators of #tea can remove people, and only people with a lower role");
        assert_eq!(of_chat("nobody has this handle", &about), "No account called “bob”");
        assert_eq!(of_chat("nobody has this handle", &About::default()), "Nobody has this handle");
        assert_eq!(of_chat("something new", &about), "Something new");
    }
}
