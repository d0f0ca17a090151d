//! What a command is about: a channel, a conversation with somebody, or somebody's wall. One rule for all commands: a
//! name stands for the channels of that name that one is in and the public one. Where these are several nobody guesses
//! which is meant, since anybody can make a private channel of any name and invite people into it.

use std::convert::Infallible;
use std::str::FromStr;

use proto::http::ChannelSummary;
use proto::{ChannelId, ChannelKind, ChannelName, ErrorCode, ErrorReply, Handle};

use super::words::printed_channel_title;
use crate::failure::Failure;
use crate::http;
use crate::session::Session;

/// Channels that are named when a name stands for several.
const NAMED_MAX: usize = 10;

/// `#channel`, `channel`, `@handle`, `id:ID` or `wall:handle`, checked when it is used, so that what is wrong is told in
/// one place and with the exit code of a usage error.
#[derive(Debug, Clone)]
pub struct Target(String);

/// A target of the right form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    Channel(ChannelName),
    Id(ChannelId),
    Person(Handle),
    Wall(Handle),
}

/// A channel that was named and is there.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) id: ChannelId,
    pub(super) kind: ChannelKind,
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
        let usage = |error: &dyn std::fmt::Display| Failure::Usage(format!("`{}`: {error}", self.0));
        let handle = |text: &str| text.parse::<Handle>().map_err(|error| usage(&error));
        match (self.0.strip_prefix("wall:"), self.0.strip_prefix("id:"), self.0.strip_prefix('@')) {
            (Some(wall), ..) => Ok(Named::Wall(handle(wall.strip_prefix('@').unwrap_or(wall))?)),
            (_, Some(id), _) => Ok(Named::Id(id.parse().map_err(|error| usage(&error))?)),
            (.., Some(person)) => Ok(Named::Person(handle(person)?)),
            _ => {
                let name = self.0.strip_prefix('#').unwrap_or(&self.0);
                Ok(Named::Channel(name.parse().map_err(|error: proto::NameError| usage(&error))?))
            }
        }
    }

    /// Reads the target and finds what it stands for.
    pub(super) async fn find(&self, session: &Session) -> Result<Found, Failure> {
        self.named()?.find(session).await
    }
}

impl Named {
    /// Finds the one channel that is meant.
    pub(super) async fn find(&self, session: &Session) -> Result<Found, Failure> {
        self.look_up(session).await?.ok_or_else(|| self.missing())
    }

    /// The same, where it may be that there is none.
    pub(super) async fn look_up(&self, session: &Session) -> Result<Option<Found>, Failure> {
        let found = match self {
            Self::Wall(handle) => return wall_of(session, handle).await,
            Self::Id(id) => http::channel_of(session, *id).await.map_err(Failure::from_asked)?,
            Self::Channel(name) => {
                let list = http::channels_named(session, name).await.map_err(Failure::from_asked)?;
                one_of(name, list)?
            }
            Self::Person(handle) => http::conversation_with(session, handle).await.map_err(Failure::from_asked)?,
        };
        Ok(found.map(|channel| Found {
            id: channel.id,
            kind: channel.kind,
            member: channel.member,
            title: printed_channel_title(channel.kind, channel.name.as_str()),
        }))
    }

    /// Says that there is none.
    pub(super) fn missing(&self) -> Failure {
        no_such_channel(match self {
            Self::Channel(name) => format!("no channel is called `{name}`"),
            Self::Id(id) => format!("no channel that you may see has the id `{id}`"),
            Self::Person(handle) => format!("no conversation with `{handle}` is open: `send @{handle}` opens it"),
            Self::Wall(handle) => format!("`{handle}` has posted nothing that you may read"),
        })
    }
}

async fn wall_of(session: &Session, handle: &Handle) -> Result<Option<Found>, Failure> {
    let profile = http::fetch_profile(session, handle).await.map_err(Failure::from_asked)?;
    // As a command takes it.
    let title = format!("wall:{handle}");
    Ok(profile.wall.map(|id| Found { id, kind: ChannelKind::Wall, member: false, title }))
}

/// Gives the channel that a name stands for, of those that are called so.
fn one_of(name: &ChannelName, list: Vec<ChannelSummary>) -> Result<Option<ChannelSummary>, Failure> {
    let is_meant = |channel: &ChannelSummary| {
        let public = channel.kind == ChannelKind::Public;
        !matches!(channel.kind, ChannelKind::Dm | ChannelKind::Wall) && (channel.member || public)
    };
    let mut meant = list.into_iter().filter(is_meant).collect::<Vec<_>>();
    if meant.len() <= 1 {
        return Ok(meant.pop());
    }
    meant.sort_by_key(|channel| (channel.kind != ChannelKind::Public, channel.id));
    let shown = meant.iter().take(NAMED_MAX).map(|channel| {
        let kind = if channel.kind == ChannelKind::Public { "public" } else { "private" };
        match &channel.owner {
            Some(owner) => format!("id:{} ({kind}, owner {owner})", channel.id),
            None => format!("id:{} ({kind}, no owner)", channel.id),
        }
    });
    let shown = shown.collect::<Vec<_>>().join(", ");
    let more = meant.len().saturating_sub(NAMED_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let count = meant.len();
    Err(no_such_channel(format!("`{name}` matches {count} channels, use an id: {shown}{more}")))
}

pub(super) fn no_such_channel(reason: String) -> Failure {
    Failure::Refused(ErrorReply::new(ErrorCode::NoSuchChannel, reason))
}

#[cfg(test)]
mod tests {
    use proto::{Index, Topic, Version};

    use super::*;

    fn channel(id: &str, kind: ChannelKind, member: bool, owner: Option<&str>) -> ChannelSummary {
        ChannelSummary {
            id: id.parse().unwrap(),
            name: "builds".parse().unwrap(),
            kind,
            topic: Topic::default(),
            owner: owner.map(|owner| owner.parse().unwrap()),
            member,
            members_total: 1,
            last_index: Index::default(),
            last_date: None,
            version: Version::default(),
            last_read: Index::default(),
            unread: 0,
            mentions: 0,
            personal: None,
        }
    }

    fn meant(list: &[ChannelSummary]) -> Result<Option<String>, String> {
        let found = one_of(&"builds".parse().unwrap(), list.to_vec());
        found.map(|found| found.map(|channel| channel.id.to_string())).map_err(|failure| failure.to_string())
    }

    #[test]
    fn a_name_stands_for_what_one_is_in_and_the_public_channel() {
        let public = |member| channel("pub", ChannelKind::Public, member, Some("alice"));
        let private = channel("priv", ChannelKind::Private, true, Some("gina"));
        let dm = channel("dm", ChannelKind::Dm, true, None);
        assert_eq!(meant(&[]), Ok(None));
        assert_eq!(meant(std::slice::from_ref(&dm)), Ok(None));
        assert_eq!(meant(&[public(false), dm.clone()]), Ok(Some("pub".to_owned())));
        assert_eq!(meant(&[dm, private.clone()]), Ok(Some("priv".to_owned())));
        for public in [public(true), public(false)] {
            let told = meant(&[private.clone(), public]).unwrap_err();
            let ids = "id:pub (public, owner alice), id:priv (private, owner gina)";
            assert!(told.contains("`builds` matches 2 channels") && told.ends_with(ids), "{told}");
        }
        let two = [private, channel("other", ChannelKind::Private, true, None)];
        assert!(meant(&two).unwrap_err().contains("id:other (private, no owner), id:priv"));
    }

    #[test]
    fn many_namesakes_are_told_in_one_line() {
        let many = (0..300).map(|number| channel(&format!("c{number:03}"), ChannelKind::Private, true, Some("gina")));
        let told = meant(&many.collect::<Vec<_>>()).unwrap_err();
        assert!(told.contains("300 channels") && told.ends_with("and 290 more") && told.len() < 500, "{told}");
    }

    #[test]
    fn targets_are_read_or_refused() {
        let named = |text: &str| Target(text.to_owned()).named().map_err(|failure| failure.to_string());
        assert_eq!(named("#Tea"), Ok(Named::Channel("tea".parse().unwrap())));
        assert_eq!(named("id:4h2m"), Ok(Named::Id("4h2m".parse().unwrap())));
        assert_eq!(named("@Bob"), Ok(Named::Person("bob".parse().unwrap())));
        assert_eq!(named("wall:@bob"), Ok(Named::Wall("bob".parse().unwrap())));
        for bad in ["", "#", "a b", "id:", "id:a b", "@", "wall:", "##tea", "id:123456789012345678901234567"] {
            assert!(named(bad).is_err(), "{bad}");
        }
    }
}
