//! What a command is about: a channel, a conversation with somebody, or somebody's wall.

use std::convert::Infallible;
use std::str::FromStr;

use proto::http::ChannelSummary;
use proto::{ChannelId, ChannelKind, ChannelName, ErrorCode, ErrorReply, Handle};

use crate::cli::Failure;
use crate::http;
use crate::session::Session;
use crate::words::channel_title;

/// `#channel`, `channel`, `@handle` or `wall:handle`, checked when it is used, so that what is wrong is told in one
/// place and with the exit code of a usage error.
#[derive(Debug, Clone)]
pub struct Target(String);

/// A target of the right form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    Channel(ChannelName),
    Person(Handle),
    Wall(Handle),
}

/// A channel that was named and is there.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) id: ChannelId,
    pub(super) member: bool,
    /// As people write it.
    pub(super) title: String,
}

impl FromStr for Target {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl Target {
    /// Names the wall of somebody.
    pub(super) fn wall_of(handle: &Handle) -> Self {
        Self(format!("wall:{handle}"))
    }

    /// Reads the target.
    pub(super) fn named(&self) -> Result<Named, Failure> {
        let usage = |error: proto::NameError| Failure::Usage(format!("`{}`: {error}", self.0));
        if let Some(handle) = self.0.strip_prefix("wall:") {
            return Ok(Named::Wall(handle.strip_prefix('@').unwrap_or(handle).parse().map_err(usage)?));
        }
        match self.0.strip_prefix('@') {
            Some(handle) => Ok(Named::Person(handle.parse().map_err(usage)?)),
            None => Ok(Named::Channel(self.0.strip_prefix('#').unwrap_or(&self.0).parse().map_err(usage)?)),
        }
    }
}

impl Named {
    /// Finds the channel; one that the asker is in comes first.
    pub(super) async fn find(&self, session: &Session) -> Result<Found, Failure> {
        if let Self::Wall(handle) = self {
            let profile = http::profile_of(session, handle).await.map_err(Failure::from_asked)?;
            let nothing = || no_such_channel(format!("`{handle}` has posted nothing that you may read"));
            // As a command takes it.
            let title = format!("wall:{handle}");
            return Ok(Found { id: profile.wall.ok_or_else(nothing)?, member: false, title });
        }
        let list = http::channels(&session.server, &session.token).await.map_err(Failure::from_asked)?;
        let matches = |channel: &&ChannelSummary| match self {
            Self::Channel(name) => channel.kind != ChannelKind::Dm && channel.name == *name,
            Self::Person(handle) => channel.kind == ChannelKind::Dm && channel.name.as_str() == handle.as_str(),
            Self::Wall(_) => false,
        };
        let found = list.channels.iter().filter(matches).max_by_key(|channel| channel.member);
        let found = found.ok_or_else(|| {
            no_such_channel(match self {
                Self::Person(handle) => format!("there is no conversation with `{handle}` yet"),
                Self::Channel(name) => format!("there is no channel `{name}`"),
                Self::Wall(_) => unreachable!("walls are in no list"),
            })
        })?;
        let title = channel_title(found.kind, found.name.as_str());
        Ok(Found { id: found.id, member: found.member, title })
    }
}

fn no_such_channel(reason: String) -> Failure {
    Failure::Refused(ErrorReply::new(ErrorCode::NoSuchChannel, reason))
}
