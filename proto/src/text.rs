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

/// The emoji of a reaction, such as `♥`: one visible character, of one or more code points.
///
/// What is read from elsewhere may be an emoji of a newer Unicode; what somebody reacts with here is
/// [`Emoji::listed`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Emoji(Box<str>);

/// Why a text is no emoji.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a reaction is exactly one emoji, such as ♥ or 👍")]
pub struct EmojiError;

/// The sign of a like, without a selector of how it is drawn.
const LIKE: &str = "♥";

impl Emoji {
    /// Gives the emoji of a like.
    pub fn like() -> Self {
        Self(LIKE.into())
    }

    /// Finds an emoji in Unicode's list (UTS #51, RGI), also when it is written without U+FE0F, and gives it as the
    /// list has it, so that both ways to write it are the same reaction. A like is `♥` alone.
    ///
    /// # Errors
    /// [`EmojiError`] for anything else: words, several emoji, what draws nothing.
    pub fn listed(text: &str) -> Result<Self, EmojiError> {
        if text.strip_suffix('\u{fe0f}').unwrap_or(text) == LIKE {
            return Ok(Self::like());
        }
        emojis::get(text).map(|emoji| Self(emoji.as_str().into())).ok_or(EmojiError)
    }

    /// Reads an emoji that somebody reacts with.
    pub(crate) fn deserialize_listed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parse_with(deserializer, Self::listed)
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
        let odd = |c: char| c.is_alphabetic() || c.is_whitespace() || c.is_control() || is_direction(c);
        let shows = |c: char| !c.is_ascii() && !is_invisible(c);
        let good = text.len() <= EMOJI_BYTES_MAX && text.chars().any(shows) && !text.chars().any(odd);
        // Some of the list are letters to Unicode, such as 🅰.
        if good || emojis::get(text).is_some() { Ok(Self(text.into())) } else { Err(EmojiError) }
    }
}

/// Tells whether a character only turns the direction of writing (Unicode, UAX #9, explicit formatting).
fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

on_the_wire!(Emoji);

/// What a person says in a message: never blank, unless files say it all, and without NUL. How long it may be is the daemon's
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

    /// Accepts what stands beside files: nothing for a text that is blank.
    ///
    /// # Errors
    /// [`ContentError::Nul`].
    pub fn beside_files(text: &str) -> Result<Self, ContentError> {
        match Self::parse(text) {
            Err(ContentError::Blank) => Ok(Self("".into())),
            parsed => parsed,
        }
    }

    /// Gives the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// White space, and characters that draw nothing: a text of them would look empty.
pub(crate) fn is_blank(c: char) -> bool {
    c.is_whitespace() || is_invisible(c)
}

/// Characters that draw nothing: those that Unicode says to ignore (`Default_Ignorable_Code_Point`), the fillers, the
/// empty pattern of braille, and the selectors.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFF8}' | '\u{1D159}'
            | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}'
    )
}

/// Tells whether a text stays in its line: no controls, no other line ends, nothing that turns the direction of writing.
pub(crate) fn is_line(text: &str) -> bool {
    !text.chars().any(|c| {
        c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    })
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
    /// A signed statement of who the user is; anyone who has it can act as its session.
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
        assert_eq!(Content::parse("\u{2800} \u{17B5}\u{E0041}"), Err(ContentError::Blank));
        assert_eq!(Content::parse("a\0b"), Err(ContentError::Nul));
        assert_eq!(Content::parse(" hi ").unwrap().as_str(), " hi ");
    }

    #[test]
    fn a_reaction_is_one_emoji_of_the_list() {
        for good in
            ["👍", "👍🏽", "1️⃣", "🇩🇪", "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}", "👨‍👩‍👧‍👦", "♥", "☺️"]
        {
            assert_eq!(Emoji::listed(good).unwrap().as_str(), good);
        }
        for (written, listed) in
            [("❤", "❤\u{fe0f}"), ("♥\u{fe0f}", "♥"), ("1\u{20e3}", "1\u{fe0f}\u{20e3}"), ("☺", "☺️")]
        {
            assert_eq!(Emoji::listed(written).unwrap().as_str(), listed);
        }
        for bad in [
            "",
            "a",
            "1",
            "#",
            "ПРЯМОНАХУЙ",
            "вор",
            "去死吧你这个骗子",
            "ｙｏｕｓｕｃｋ",
            "καλημέρα",
            "выйди-в-переулок!",
            "👍👍",
            "👍 ",
            "♥♥",
            "\u{2060}",
            "\u{ad}",
            "\u{3164}",
            "\u{e0041}",
            "\u{200d}",
            "\u{fe0f}",
            "🇩",
            "👍\u{202e}",
            "🅰a",
            "x👍",
        ] {
            assert_eq!(Emoji::listed(bad), Err(EmojiError), "{bad:?}");
        }
    }

    #[test]
    fn every_emoji_of_the_list_is_read_from_everywhere() {
        for emoji in
            emojis::iter().flat_map(|emoji| [Some(emoji), emoji.with_skin_tone(emojis::SkinTone::Dark)]).flatten()
        {
            let listed = Emoji::listed(emoji.as_str()).unwrap();
            assert_eq!(listed.as_str().parse::<Emoji>().as_ref(), Ok(&listed), "{emoji}");
        }
        assert_eq!("ℹ".parse::<Emoji>().unwrap().as_str(), "ℹ");
    }

    #[test]
    fn words_are_no_reaction_wherever_they_come_from() {
        for bad in ["вор", "日本語テキスト", "ｙｏｕ", "\u{2060}", "\u{e0041}", "\u{fe0f}"] {
            assert_eq!(bad.parse::<Emoji>(), Err(EmojiError), "{bad:?}");
        }
    }

    #[test]
    fn secrets_do_not_print_themselves() {
        assert_eq!(format!("{:?}", Password::new("hunter22hunter22")), "Password(…)");
    }
}
