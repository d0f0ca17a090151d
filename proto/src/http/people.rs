//! What a user may know of others: profiles, friends, posts.

use serde::{Deserialize, Serialize};

use super::query::{Count, query};
use crate::bounds;
use crate::channel::ChannelKind;
use crate::friend::{Relation, Relationship};
use crate::id::ChannelId;
use crate::message::Message;
use crate::name::{ChannelName, Handle};
use crate::opaque::PageCursor;
use crate::person::{About, Avatar, DisplayName};
use crate::presence::Presence;
use crate::time::Timestamp;

/// Answer to `GET /v1/users/HANDLE`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The handle of the person.
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
    /// Their relation to the asker; left out for none.
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

/// A channel that two people are in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedChannel {
    /// The channel's id.
    pub id: ChannelId,
    /// The channel's name, without `#`.
    pub name: ChannelName,
    /// What it is to others.
    pub kind: ChannelKind,
}

/// Answer to `GET /v1/friends`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Friends {
    /// Friends, whom one has asked, who asks, and whom one has blocked, by handle.
    pub people: Vec<Relationship>,
}

/// Answer to `GET /v1/feed` and `GET /v1/users/HANDLE/posts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feed {
    /// Posts, the newest first.
    pub posts: Vec<Post>,
    /// Where older ones begin: `before` of the next page; left out when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<PageCursor>,
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

query! {
    /// Query of `GET /v1/feed` and `GET /v1/users/HANDLE/posts`.
    pub struct FeedQuery, twice LastCounts {
        /// How many posts at most.
        limit: Count<1, { bounds::FEED_POSTS_DEFAULT }, { bounds::FEED_POSTS_MAX }>,
        /// Only older ones: `next` of another answer.
        before: PageCursor,
    }
}
