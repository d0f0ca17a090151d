//! Names that people choose: handles of accounts, names and topics of channels.

use std::str::FromStr;
use std::sync::Arc;

use crate::bounds::{CHANNEL_NAME_CHARS_MAX, HANDLE_CHARS_MAX, TOPIC_BYTES_MAX};
use crate::text::{is_blank, is_line, on_the_wire};

/// Why a text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The rule of handles is broken.
    #[error(
        "a handle is 1 to {HANDLE_CHARS_MAX} of a-z 0-9 _ - . starting with a letter or digit and not ending in a dot"
    )]
    Handle,
    /// The rule of channel names is broken.
    #[error("a channel name is 1 to {CHANNEL_NAME_CHARS_MAX} letters, digits, _ - . without #")]
    Channel,
    /// The rule of topics is broken.
    #[error("a topic is one line of at most {TOPIC_BYTES_MAX} bytes without control characters")]
    Topic,
}

/// The name of an account: 1 to 32 of `a-z 0-9 _ - .`, first a letter or digit, not ending in a
/// dot. Letters are lower-cased before checking; only ASCII is, so that no look-alike folds into it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Handle(Arc<str>);

/// Handles that nobody may register, because others would take their bearer for the house.
const RESERVED_HANDLES: &[&str] = &[
    "abuse",
    "admin",
    "administrator",
    "all",
    "anonymous",
    "api",
    "bot",
    "channel",
    "chat",
    "chat-tui",
    "chatd",
    "daemon",
    "deleted",
    "everyone",
    "guest",
    "help",
    "here",
    "hostmaster",
    "info",
    "lobby",
    "me",
    "mod",
    "moderator",
    "nobody",
    "null",
    "operator",
    "owner",
    "postmaster",
    "root",
    "security",
    "self",
    "server",
    "service",
    "staff",
    "support",
    "sysadmin",
    "system",
    "unknown",
    "webmaster",
];

impl Handle {
    /// Gives the handle, lower-cased, without `@`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Tells whether the handle is a guest's: `guest-…`.
    pub fn is_guest(&self) -> bool {
        self.0.starts_with(Self::GUEST_PREFIX)
    }

    /// How the handle of every guest begins.
    pub const GUEST_PREFIX: &str = "guest-";

    /// How the name begins that replaces the handle of a deleted account.
    pub const DELETED_PREFIX: &str = "deleted-";

    /// Tells whether the handle is reserved: names of the server itself, `guest-…` and `deleted-…`.
    pub fn is_reserved(&self) -> bool {
        self.is_guest() || self.0.starts_with(Self::DELETED_PREFIX) || RESERVED_HANDLES.contains(&&*self.0)
    }

    /// Tells whether not even an operator can create the account: the handle means nobody, or many.
    pub fn is_nobodys(&self) -> bool {
        const NOBODYS: [&str; 9] = ["all", "channel", "deleted", "everyone", "guest", "here", "nobody", "null", "root"];
        self.is_guest() || self.0.starts_with(Self::DELETED_PREFIX) || NOBODYS.contains(&&*self.0)
    }

    /// Tells whether a character may be in a handle, in either case.
    pub fn may_hold(c: char) -> bool {
        c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
    }
}

impl FromStr for Handle {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let fits = (1..=HANDLE_CHARS_MAX).contains(&text.len())
            && text.chars().all(Self::may_hold)
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && !text.ends_with('.');
        if !fits {
            return Err(NameError::Handle);
        }
        // Each word of each message comes by here, and most are in lower case.
        let lower = if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            text.to_ascii_lowercase().into()
        } else {
            text.into()
        };
        Ok(Self(lower))
    }
}

/// The name of a channel: 1 to 64 letters, digits, `_ - .`, lower-cased, written without `#`.
/// Letters of any script are allowed; fillers that draw nothing are not.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChannelName(Box<str>);

impl ChannelName {
    /// Gives the name, lower-cased, without `#`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn may_hold(c: char) -> bool {
        // The Hangul fillers count as letters but draw nothing; the iota below counts as one but is a mark.
        let filler = matches!(c, '\u{345}' | '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}');
        (c.is_alphanumeric() && !filler) || matches!(c, '_' | '-' | '.')
    }
}

impl FromStr for ChannelName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        // In lower case this one letter would be two: an `i`, and a dot above it.
        let lower = text.replace('\u{130}', "i").to_lowercase();
        let fits = (1..=CHANNEL_NAME_CHARS_MAX).contains(&lower.chars().count()) && lower.chars().all(Self::may_hold);
        if fits { Ok(Self(lower.into())) } else { Err(NameError::Channel) }
    }
}

/// What a channel is about: one line of at most 512 bytes, may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Topic(Box<str>);

impl Topic {
    /// Gives the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Topic {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let text = text.trim();
        let shows = text.is_empty() || !text.chars().all(is_blank);
        if shows && text.len() <= TOPIC_BYTES_MAX && is_line(text) {
            Ok(Self(text.into()))
        } else {
            Err(NameError::Topic)
        }
    }
}

on_the_wire!(Handle);
on_the_wire!(ChannelName);
on_the_wire!(Topic);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_are_lower_cased_ascii() {
        assert_eq!("Alice.B-1".parse::<Handle>().unwrap().as_str(), "alice.b-1");
        let long = "a".repeat(33);
        // The fourth is a Cyrillic look-alike, the fifth the Kelvin sign, whose lower case is a plain k.
        for bad in ["", "-a", ".a", "аlice", "\u{212A}ate", "a.", "a b", "\u{200B}", "\u{3164}", "a\n", &long] {
            assert_eq!(bad.parse::<Handle>(), Err(NameError::Handle), "{bad:?}");
        }
    }

    #[test]
    fn names_of_the_house_are_reserved() {
        for reserved in ["Root", "system", "server", "guest-1", "lobby", "admin"] {
            assert!(reserved.parse::<Handle>().unwrap().is_reserved(), "{reserved}");
        }
        assert!(!"alice".parse::<Handle>().unwrap().is_reserved());
        assert!(
            RESERVED_HANDLES.iter().all(|name| name.parse::<Handle>().is_ok_and(|handle| handle.as_str() == *name))
        );
    }

    #[test]
    fn channel_names_take_any_script_but_nothing_invisible() {
        assert_eq!("Köln-2.0".parse::<ChannelName>().unwrap().as_str(), "köln-2.0");
        assert_eq!("日本語".parse::<ChannelName>().unwrap().as_str(), "日本語");
        let long = "a".repeat(65);
        for bad in ["", "#a", "a b", "a/b", "a\u{202E}b", "\u{3164}", "\u{200B}", "a\u{301}", &long] {
            assert_eq!(bad.parse::<ChannelName>(), Err(NameError::Channel), "{bad:?}");
        }
    }

    #[test]
    fn topics_are_one_line() {
        assert_eq!(" tea ".parse::<Topic>().unwrap().as_str(), "tea");
        for bad in ["a\nb", "a\u{2028}b", "a\u{1b}[2J", "a\0", "a\u{202E}b", "a\u{2066}b", "\u{3164}", &"x".repeat(513)]
        {
            assert_eq!(bad.parse::<Topic>(), Err(NameError::Topic), "{bad:?}");
        }
    }
}
