//! What people say of themselves, how they stand to each other, and what they have set for themselves.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::bounds::{ABOUT_BYTES_MAX, AVATAR_BYTES_MAX, DISPLAY_NAME_CHARS_MAX, STATUS_BYTES_MAX, THEME_BYTES_MAX};
use crate::client::ChosenPresence;
use crate::name::Handle;
use crate::server::Presence;
use crate::text::{is_blank, is_line, on_the_wire};
use crate::time::Timestamp;

/// Why a text is not what somebody may say of themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PersonError {
    /// The rule of status lines is broken.
    #[error("a status is one line of at most {STATUS_BYTES_MAX} bytes without control characters")]
    Status,
    /// The rule of display names is broken.
    #[error(
        "a display name is one visible line of at most {DISPLAY_NAME_CHARS_MAX} characters without control characters"
    )]
    DisplayName,
    /// The rule of texts about oneself is broken.
    #[error("a text about yourself has at most {ABOUT_BYTES_MAX} bytes and no control characters but line ends")]
    About,
    /// The rule of avatars is broken.
    #[error("an avatar is visible ASCII, at most {AVATAR_BYTES_MAX} bytes")]
    Avatar,
    /// The rule of names of themes is broken.
    #[error("the name of a theme is 1 to {THEME_BYTES_MAX} of a-z 0-9 -")]
    Theme,
}

macro_rules! text_of_a_person {
    ($(#[$doc:meta])* $name:ident, $error:ident, $fits:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct $name(Box<str>);

        impl $name {
            /// Gives the text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Tells whether there is none.
            pub fn is_empty(&self) -> bool {
                self.0.is_empty()
            }
        }

        impl FromStr for $name {
            type Err = PersonError;

            fn from_str(text: &str) -> Result<Self, PersonError> {
                let text = text.trim();
                let fits: fn(&str) -> bool = $fits;
                if fits(text) { Ok(Self(text.into())) } else { Err(PersonError::$error) }
            }
        }

        on_the_wire!($name);
    };
}

text_of_a_person! {
    /// What somebody does just now: one line, may be empty.
    Status, Status, |text| {
        (text.is_empty() || !text.chars().all(is_blank)) && text.len() <= STATUS_BYTES_MAX && is_line(text)
    }
}
text_of_a_person! {
    /// What somebody wants to be called: one line, may be empty. The handle stays who they are.
    DisplayName, DisplayName, |text| {
        let shows = text.is_empty() || !text.chars().all(is_blank);
        shows && text.chars().count() <= DISPLAY_NAME_CHARS_MAX && is_line(text)
    }
}
text_of_a_person! {
    /// What somebody says about themselves: some lines, may be empty.
    About, About, |text| text.len() <= ABOUT_BYTES_MAX && text.split('\n').all(is_line)
}
text_of_a_person! {
    /// Where somebody's picture is; kept as it was given, may be empty.
    Avatar, Avatar, |text| text.len() <= AVATAR_BYTES_MAX && text.bytes().all(|byte| byte.is_ascii_graphic())
}
text_of_a_person! {
    /// The name of how a client looks; what it means is the client's business. Empty: as the client likes.
    ThemeName, Theme, |text| {
        text.len() <= THEME_BYTES_MAX && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    }
}

/// Who may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// Everybody who is signed in.
    Everyone,
    /// Who is in a channel with one, and friends.
    Shared,
    /// Friends.
    Friends,
    /// Somebody whom this version does not know.
    #[serde(other)]
    Unknown,
}

/// Who may see and write what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Privacy {
    /// Who sees whether one is there.
    pub presence: Audience,
    /// Who may write to one directly.
    pub messages: Audience,
    /// Who may make one a member of a channel at once; of anybody else the invitation waits.
    #[serde(default = "everyone")]
    pub invitations: Audience,
    /// Who reads what one posts: friends or everyone.
    pub posts: Audience,
}

impl Default for Privacy {
    fn default() -> Self {
        Self {
            presence: Audience::Shared,
            messages: Audience::Everyone,
            invitations: everyone(),
            posts: Audience::Friends,
        }
    }
}

fn everyone() -> Audience {
    Audience::Everyone
}

/// Payload of the event `settings`, and part of the answer to `GET /v1/settings`: what one has set for oneself, for all one's devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// What one says by hand about being there.
    pub presence: ChosenPresence,
    /// What one does just now.
    #[serde(default)]
    pub status: Status,
    /// Who may see and write what.
    pub privacy: Privacy,
    /// How clients look.
    #[serde(default)]
    pub theme: ThemeName,
}

/// How somebody stands to oneself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Relation {
    /// Both are friends.
    Friend,
    /// One has asked them to be a friend.
    Asked,
    /// They have asked.
    Asking,
    /// One has blocked them.
    Blocked,
    /// Nothing of these, or no longer.
    None,
    /// Something this version does not know.
    #[serde(other)]
    Unknown,
}

/// Payload of the event `friend_update`, and an item of `GET /v1/friends`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relationship {
    /// Who.
    pub handle: Handle,
    /// How they stand to oneself now.
    pub relation: Relation,
    /// Since when.
    pub since: Timestamp,
    /// Whether there; of friends only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presence: Option<Presence>,
}
