//! Texts with a rule: what a person writes, and secrets that must not be printed.

use std::borrow::Cow;
use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::bounds::{EMOJI_BYTES_MAX, TOKEN_BYTES_MAX};

/// Reads a text without copying it where the input allows, and parses it.
pub(crate) fn parse_with<'de, D, T, E>(deserializer: D, parse: impl FnOnce(&str) -> Result<T, E>) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    E: fmt::Display,
{
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Borrowed<'a>(#[serde(borrow)] Cow<'a, str>);

    parse(&Borrowed::deserialize(deserializer)?.0).map_err(D::Error::custom)
}

/// Writes a text type as its text, in words and on the wire, and reads it by its rule.
macro_rules! on_the_wire {
    ($name:ident) => {
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::text::parse_with(deserializer, str::parse)
            }
        }
    };
}
pub(crate) use on_the_wire;

/// What somebody reacts with: a picture of one character, such as `♥`, whatever code points make it up.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Emoji(Box<str>);

/// Why a text is no emoji.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a reaction is one emoji of at most {EMOJI_BYTES_MAX} bytes")]
pub struct EmojiError;

impl Emoji {
    /// Gives the emoji of a like.
    pub fn like() -> Self {
        Self("♥".into())
    }

    /// Gives the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for Emoji {
    type Err = EmojiError;

    fn from_str(text: &str) -> Result<Self, EmojiError> {
        // A keycap begins with a digit; letters and marks of direction stand in none, nor does anything that acts.
        let odd = |c: char| c.is_ascii_alphabetic() || c.is_whitespace() || c.is_control() || is_direction(c);
        // Joiners and selectors alone draw nothing.
        let shows =
            |c: char| !c.is_ascii() && !matches!(c, '\u{200b}'..='\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}');
        let good = text.len() <= EMOJI_BYTES_MAX && text.chars().any(shows) && !text.chars().any(odd);
        if good { Ok(Self(text.into())) } else { Err(EmojiError) }
    }
}

/// Tells whether a character only turns the direction of writing (Unicode, UAX #9, explicit formatting).
fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

on_the_wire!(Emoji);

/// What a person says in a message: never blank, without NUL. How long it may be is the daemon's
/// setting (`limits.message_bytes`), so the length is checked where the setting is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content(Box<str>);

/// Why a text is no content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ContentError {
    /// Nothing but white space.
    #[error("the content of a message must not be blank")]
    Blank,
    /// U+0000 has no meaning in a text and ends strings in other programs.
    #[error("the content of a message must not contain U+0000")]
    Nul,
}

impl Content {
    /// Accepts any text that is not blank and holds no U+0000.
    ///
    /// # Errors
    /// [`ContentError`] says which rule the text breaks.
    pub fn parse(text: &str) -> Result<Self, ContentError> {
        if text.contains('\0') {
            return Err(ContentError::Nul);
        }
        if text.chars().all(is_blank) {
            return Err(ContentError::Blank);
        }
        Ok(Self(text.into()))
    }

    /// Gives the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// White space, and characters that draw nothing: a message of them would look empty.
fn is_blank(c: char) -> bool {
    let invisible = matches!(
        c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{180E}' | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
            | '\u{FFA0}' | '\u{E0000}'..='\u{E01EF}'
    );
    c.is_whitespace() || invisible
}

impl Serialize for Content {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parse_with(deserializer, Self::parse)
    }
}

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Box<str>);

        impl $name {
            /// Wraps a secret as it came from a person or a file.
            pub fn new(text: impl Into<Box<str>>) -> Self {
                Self(text.into())
            }

            /// Gives the secret itself, to be used at once and never printed.
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

secret!(
    /// A password as typed. Its rules are the daemon's: a new one must be long enough, an old one only right.
    Password
);
secret!(
    /// A signed statement of who one is; whoever holds it is its session.
    Token
);

impl Token {
    /// Tells whether the text is longer than any token may be (4,096 bytes).
    pub fn is_too_long(&self) -> bool {
        self.0.len() > TOKEN_BYTES_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_neither_blank_nor_holds_nul() {
        assert_eq!(Content::parse(" \n\t\u{200B}"), Err(ContentError::Blank));
        assert_eq!(Content::parse(""), Err(ContentError::Blank));
        assert_eq!(Content::parse("\u{3164}\u{2061}\u{61C}"), Err(ContentError::Blank));
        assert_eq!(Content::parse("a\0b"), Err(ContentError::Nul));
        assert_eq!(Content::parse(" hi ").unwrap().as_str(), " hi ");
    }

    #[test]
    fn secrets_do_not_print_themselves() {
        assert_eq!(format!("{:?}", Password::new("hunter22hunter22")), "Password(…)");
    }
}
