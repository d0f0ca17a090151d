//! What people say of themselves.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::bounds::{ABOUT_BYTES_MAX, DISPLAY_NAME_CHARS_MAX, STATUS_BYTES_MAX, THEME_BYTES_MAX};
use crate::id::FileId;
use crate::text::{is_blank, is_line, on_the_wire};

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
    #[error("an avatar is the id of a picture, or empty")]
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
    /// The name of how a client looks; what it means is the client's business. Empty: as the client likes.
    ThemeName, Theme, |text| {
        text.len() <= THEME_BYTES_MAX && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    }
}

/// The picture that somebody is seen by: the id of a file, empty on the wire when there is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Avatar(Option<FileId>);

impl Avatar {
    /// Says which it is, if there is one.
    pub fn of(file: Option<FileId>) -> Self {
        Self(file)
    }

    /// Gives the file, if there is one.
    pub fn file(&self) -> Option<FileId> {
        self.0
    }

    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

impl FromStr for Avatar {
    type Err = PersonError;

    fn from_str(text: &str) -> Result<Self, PersonError> {
        match text {
            "" => Ok(Self(None)),
            id => id.parse().map(|id| Self(Some(id))).map_err(|_| PersonError::Avatar),
        }
    }
}

impl std::fmt::Display for Avatar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.map_or(Ok(()), |id| id.fmt(f))
    }
}

impl Serialize for Avatar {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Avatar {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parse_with(deserializer, str::parse)
    }
}

/// Payload of `profile`: what is left out stays as it is, what is empty is taken back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetProfile {
    /// What one wants to be called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<DisplayName>,
    /// A few lines that the person says about themselves; empty takes them away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<About>,
    /// The picture that one is seen by: an uploaded file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar: Option<Avatar>,
}
