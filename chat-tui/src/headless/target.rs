//! What a command is about: a channel or a person.

use std::convert::Infallible;
use std::str::FromStr;

use proto::http::{ChannelSummary, Channels};
use proto::{ChannelKind, ChannelName, ErrorCode, ErrorReply, Handle};

use crate::cli::Failure;

/// `#channel`, `channel` or `@handle`, checked when it is used, so that what is wrong is told in one
/// place and with the exit code of a usage error.
#[derive(Debug, Clone)]
pub struct Target(String);

/// A target of the right form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    Channel(ChannelName),
    Person(Handle),
}

impl FromStr for Target {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl Target {
    /// Reads the target.
    pub(super) fn named(&self) -> Result<Named, Failure> {
        let usage = |error: proto::NameError| Failure::Usage(format!("`{}`: {error}", self.0));
        match self.0.strip_prefix('@') {
            Some(handle) => Ok(Named::Person(handle.parse().map_err(usage)?)),
            None => Ok(Named::Channel(self.0.strip_prefix('#').unwrap_or(&self.0).parse().map_err(usage)?)),
        }
    }
}

impl Named {
    /// Finds the channel among those that are listed; one that the asker is in comes first.
    pub(super) fn find<'a>(&self, list: &'a Channels) -> Result<&'a ChannelSummary, Failure> {
        let matches = |channel: &&ChannelSummary| match self {
            Self::Channel(name) => channel.kind != ChannelKind::Dm && channel.name == *name,
            Self::Person(handle) => channel.kind == ChannelKind::Dm && channel.name.as_str() == handle.as_str(),
        };
        let found = list.channels.iter().filter(matches).max_by_key(|channel| channel.member);
        found.ok_or_else(|| {
            let reason = match self {
                Self::Channel(name) => format!("there is no channel `{name}`"),
                Self::Person(handle) => format!("there is no conversation with `{handle}` yet"),
            };
            Failure::Refused(ErrorReply::new(ErrorCode::NoSuchChannel, reason))
        })
    }
}
