//! What a request gets: the payload of `ok`, or a refusal; now, or when the disk has it.

use std::future::Future;
use std::pin::Pin;

use proto::{
    Bans, Changed, Cleared, Empty, ErrorReply, Invitation, Invitations, Invited, Joined, MemberPage, RenewedToken, Sent,
};
use serde::Serialize;

/// What the asker gets: the payload of `ok`, or a refusal.
pub(crate) type Answer = Result<Reply, ErrorReply>;

/// The payload of an `ok`.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(crate) enum Reply {
    /// It is done; nothing more to say.
    Done(Empty),
    /// The channel one is in now.
    Joined(Joined),
    /// Whether somebody is a member now.
    Invited(Invited),
    /// Where the message was stored.
    Sent(Sent),
    /// The message as of this version.
    Changed(Changed),
    /// A code that lets people into a channel.
    Invitation(Invitation),
    /// All of them.
    Invitations(Invitations),
    /// Who is kept out of a channel.
    Bans(Bans),
    /// Entries that were cleared.
    Cleared(Cleared),
    /// Some of a channel's members.
    Members(MemberPage),
    /// A fresh token, which also prolongs the connection.
    Renewed(RenewedToken),
}

impl Reply {
    /// Makes the reply that has nothing more to say.
    pub(crate) fn done() -> Self {
        Self::Done(Empty {})
    }
}

/// A request on its way: refused or done at once, or waiting for the disk while its connection
/// already hands over the next one.
pub(crate) enum Outcome {
    /// The answer is known.
    Now(Answer),
    /// The answer comes after the commit.
    Later(Pin<Box<dyn Future<Output = Answer> + Send>>),
}
