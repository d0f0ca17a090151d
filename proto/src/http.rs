//! The bodies of the HTTP half.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::channel::ChannelKind;
use crate::error::{ErrorCode, ErrorReply};
use crate::friend::{Relation, Relationship};
use crate::id::{ChannelId, SessionId};
use crate::message::{Index, Message, Version};
use crate::name::{ChannelName, Handle, Topic};
use crate::person::{About, Avatar, DisplayName};
use crate::personal::ChannelPersonal;
use crate::presence::Presence;
use crate::settings::Settings;
use crate::text::{Password, Token};
use crate::time::Timestamp;

/// Body of `POST /v1/register` and `POST /v1/login`. The handle is a plain text here: an empty or
/// impossible one deserves its own answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// The handle as typed.
    #[serde(default)]
    pub handle: String,
    /// The password as typed.
    #[serde(default = "empty_password")]
    pub password: Password,
    /// A stable id of the client's profile, at most 64 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Signing up where it takes an invitation: the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invite: Option<String>,
}

/// Body of `POST /v1/guest`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuestWish {
    /// What should stand behind `guest-` in the handle, if that is free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
}

/// Body of `POST /v1/password`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPassword {
    /// The password that the account has; left out where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<Password>,
    /// The one that it is to have.
    pub password: Password,
}

/// Body of `POST /v1/local`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalSignIn {
    /// A stable id of the client's profile, at most 64 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Of somebody whom the user at the other end lets in by ssh: the public key, `TYPE BASE64`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssh_key: Option<String>,
    /// The handle that a key which nobody has yet is to open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
}

fn empty_password() -> Password {
    Password::new("")
}

/// Answer to `POST /v1/register` and `POST /v1/login`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    /// The account.
    pub handle: Handle,
    /// The token of the new session.
    pub token: Token,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Answer to `GET /v1/channels`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channels {
    /// The asker's channels, then public ones.
    pub channels: Vec<ChannelSummary>,
    /// Whether there are more public ones, after the last of these.
    #[serde(default)]
    pub more: bool,
}

/// A channel without its messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelSummary {
    /// The channel.
    pub id: ChannelId,
    /// Its name; of a direct conversation the other's handle.
    pub name: ChannelName,
    /// What it is to others.
    pub kind: ChannelKind,
    /// What it is about.
    pub topic: Topic,
    /// Who owns it, if anybody does.
    pub owner: Option<Handle>,
    /// Whether the asker is in it.
    pub member: bool,
    /// How many members there are.
    pub members_total: u64,
    /// The index of its last message.
    pub last_index: Index,
    /// When that was sent; left out when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_date: Option<Timestamp>,
    /// Its version.
    pub version: Version,
    /// Up to where the asker has read; 0 when not in it.
    pub last_read: Index,
    /// Messages behind `last_read`; 0 when not in it.
    pub unread: u64,
    /// Those of them that mention the asker, counted up to 100.
    pub mentions: u64,
    /// What the asker has set for it; left out when not in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub personal: Option<ChannelPersonal>,
}

/// Answer to `GET /v1/users/HANDLE`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Who.
    pub handle: Handle,
    /// What they want to be called.
    #[serde(default, skip_serializing_if = "DisplayName::is_empty")]
    pub display_name: DisplayName,
    /// What they say about themselves.
    #[serde(default, skip_serializing_if = "About::is_empty")]
    pub about: About,
    /// Where their picture is.
    #[serde(default, skip_serializing_if = "Avatar::is_empty")]
    pub avatar: Avatar,
    /// Their wall, if they have one and the asker may read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wall: Option<ChannelId>,
    /// How they stand to the asker; left out for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relation: Option<Relation>,
    /// When the account was made.
    pub joined: Timestamp,
    /// Whether somebody came in without an account.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub guest: bool,
    /// Whether an operator keeps the account from being used.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
    /// Whether there; left out for who may not see it with them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presence: Option<Presence>,
    /// Channels that both are in, by name; no direct conversations.
    pub channels: Vec<SharedChannel>,
}

/// Answer to `GET /v1/feed` and `GET /v1/users/HANDLE/posts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feed {
    /// Posts, the newest first.
    pub posts: Vec<Post>,
    /// Where older ones begin: `before` of the next page; left out when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What somebody posted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// The wall, to be used as any channel.
    pub id: ChannelId,
    /// The post; its author is whose wall it is.
    pub message: Message,
    /// What answers it directly, counted up to 1,000.
    pub replies: u64,
}

/// Answer to `GET /v1/export`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    /// Part of what the daemon keeps of the asker.
    pub records: Vec<Record>,
    /// Where the rest begins: `from` of the next request; left out when this was the last part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Something that the daemon keeps of somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "lowercase")]
pub enum Record {
    /// The account, and what its person says about themselves.
    Account(Box<Profile>),
    /// What they have set for themselves.
    Settings(Settings),
    /// How somebody else stands to them.
    Person(Relationship),
    /// A session.
    Session(SessionInfo),
    /// A channel that they are in, with what they have set for it and what they were writing there.
    Channel(Box<ChannelSummary>),
    /// Something that they said.
    Message(Box<OwnMessage>),
}

/// Something that somebody said, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnMessage {
    /// The channel.
    pub id: ChannelId,
    /// Its name; empty for a direct conversation.
    pub name: String,
    /// What it is to others.
    pub channel_kind: ChannelKind,
    /// The message.
    pub message: Message,
}

/// Body of `POST /v1/account/delete`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteAccount {
    /// The password of the account; left out where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Password>,
    /// What becomes of what its person has said.
    pub content: Legacy,
}

/// What becomes of what somebody has said when their account is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Legacy {
    /// It stays, without their name.
    Keep,
    /// It is deleted, as if they had deleted each message.
    Remove,
}

/// Answer to `GET /v1/sessions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sessions {
    /// The asker's sessions, the one that was used last first.
    pub sessions: Vec<SessionInfo>,
}

/// A session as its person sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionInfo {
    /// The session.
    pub id: SessionId,
    /// Whether it is the one that asks.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub current: bool,
    /// The client profile it was opened from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// The program that used it last, as it names itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// When it was opened.
    pub created: Timestamp,
    /// When it was used last.
    pub last_used: Timestamp,
    /// How many connections it has now.
    #[serde(default)]
    pub connections: u64,
    /// When its newest token ends.
    pub expires_at: Timestamp,
}

/// Answer to `GET /v1/settings`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnSettings {
    /// What the asker has set for themselves.
    pub settings: Settings,
}

/// Answer to `GET /v1/friends`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Friends {
    /// Friends, whom one has asked, who asks, and whom one has blocked, by handle.
    pub people: Vec<Relationship>,
}

/// A channel that two people are in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedChannel {
    /// The channel.
    pub id: ChannelId,
    /// Its name.
    pub name: ChannelName,
    /// What it is to others.
    pub kind: ChannelKind,
}

/// Answer to `GET /v1/search`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchHits {
    /// What was found, the newest first.
    pub hits: Vec<SearchHit>,
    /// Whether there are older ones.
    pub more: bool,
    /// Whether everything was looked through: not while the newest messages are still being indexed.
    pub complete: bool,
}

/// A message that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchHit {
    /// The channel.
    pub id: ChannelId,
    /// Its name; of a direct conversation the other's handle.
    pub name: ChannelName,
    /// What it is to others.
    pub kind: ChannelKind,
    /// The message.
    pub message: Message,
    /// What stands before it, ascending.
    pub before: Vec<Message>,
    /// What stands behind it, ascending.
    pub after: Vec<Message>,
}

/// Answer to `GET /v1/moderation`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moderation {
    /// Who is banned, by handle; at most 1,000.
    pub bans: Vec<Handle>,
    /// Which members are timed out, by handle; at most 1,000.
    pub timeouts: Vec<TimedOut>,
}

/// A member who may not speak for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimedOut {
    /// Who.
    pub handle: Handle,
    /// Until when.
    pub until: Timestamp,
}

/// Answer to `GET /v1/history`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// The page: ascending by index, with `since` by version.
    pub messages: Vec<Message>,
    /// The lowest index in the page, 0 when it is empty.
    pub first_index: Index,
    /// The highest index in the page, 0 when it is empty.
    pub last_index: Index,
    /// The next `since`.
    pub version: Version,
    /// Whether more messages lie beyond the page, in the direction asked for.
    pub more: bool,
}

/// Every answer says first whether it worked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Ok,
    Error,
}

#[derive(Serialize)]
struct Answer<'a, T> {
    status: Status,
    #[serde(flatten)]
    body: &'a T,
}

/// Reads a JSON object out of the body of a request.
///
/// # Errors
/// `malformed` when it is none, or not one of the right form.
pub fn decode_object<T: DeserializeOwned>(body: &[u8]) -> Result<T, ErrorReply> {
    let malformed = |reason: &str| {
        ErrorReply::new(ErrorCode::Malformed, format!("the body is no JSON object of the right form{reason}"))
    };
    // The derived reader would take a list of values for an object.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(malformed(""));
    }
    serde_json::from_slice(body).map_err(|error| malformed(&format!(": {error}")))
}

/// Writes the body of an answer that worked.
pub fn encode_ok(body: &impl Serialize) -> String {
    serde_json::to_string(&Answer { status: Status::Ok, body }).expect("bodies hold nothing that JSON cannot")
}

/// Writes the body of a refusal.
pub fn encode_error(error: &ErrorReply) -> String {
    serde_json::to_string(&Answer { status: Status::Error, body: error }).expect("bodies hold nothing that JSON cannot")
}
