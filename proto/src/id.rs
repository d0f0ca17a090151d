//! Opaque names that programs give to things: channels, sessions, messages in flight, requests.

use std::fmt;
use std::str::FromStr;

use serde::de::{Error as _, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::bounds::{ID_BYTES_MAX, NONCE_CHARS_MAX, REF_BYTES_MAX};

/// Why a text is no id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id is 1 to {ID_BYTES_MAX} visible ASCII characters")]
pub struct IdError;

/// The bytes of an id, kept inline so that ids are `Copy` and need no allocation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct IdText {
    bytes: [u8; ID_BYTES_MAX],
    len: u8,
}

impl IdText {
    fn parse(text: &str) -> Result<Self, IdError> {
        if text.is_empty() || text.len() > ID_BYTES_MAX || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(IdError);
        }
        let mut bytes = [0; ID_BYTES_MAX];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Ok(Self { bytes, len: text.len() as u8 })
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.len)]).expect("an id is ASCII by construction")
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        id!($(#[$doc])* $name, |_| true);
    };
    ($(#[$doc:meta])* $name:ident, $fits:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(IdText);

        impl $name {
            /// Gives the id as it is on the wire.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let fits: fn(&str) -> bool = $fits;
                if fits(text) { IdText::parse(text).map(Self) } else { Err(IdError) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::text::parse_with(deserializer, Self::from_str)
            }
        }
    };
}

id!(
    /// Names a channel; opaque to clients, 1 to 26 visible ASCII characters.
    ChannelId
);
id!(
    /// Lets anyone who has it into a channel; 1 to 26 letters and digits, since people paste it after a command.
    InviteCode,
    |text| text.bytes().all(|byte| byte.is_ascii_alphanumeric())
);
id!(
    /// Names a file; opaque to clients, 1 to 26 visible ASCII characters, and nothing that could be guessed.
    FileId
);
id!(
    /// Names an upload that goes on in several requests; opaque to clients, 1 to 26 visible ASCII characters.
    UploadId
);
id!(
    /// Names a store; 1 to 26 visible ASCII characters. Another name means that cursors and caches are void.
    StoreId
);
id!(
    /// Names a session, the `sid` of its tokens; 1 to 26 visible ASCII characters.
    SessionId
);
id!(
    /// Names a device of an account that has keys for encrypted channels; chosen by the device, 1 to 26 visible ASCII characters.
    DeviceId
);

/// A sender's own name for a message, with which sending twice stores once: 1 to 64 visible ASCII
/// characters, remembered by the daemon for at least 30 days.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Nonce(Box<str>);

/// Why a text is no nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a nonce is 1 to {NONCE_CHARS_MAX} visible ASCII characters")]
pub struct NonceError;

impl Nonce {
    /// Gives the nonce as it is on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Nonce {
    type Err = NonceError;

    fn from_str(text: &str) -> Result<Self, NonceError> {
        let fits = (1..=NONCE_CHARS_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(text.into())) } else { Err(NonceError) }
    }
}

impl Serialize for Nonce {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Nonce {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parse_with(deserializer, Self::from_str)
    }
}

/// The name that a client gives to a request and finds again in its answer: a text of at most
/// 64 bytes or a whole number.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Ref {
    /// A whole number.
    Number(i64),
    /// A text of at most 64 bytes.
    Text(Box<str>),
}

impl Serialize for Ref {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => serializer.serialize_i64(*number),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for Ref {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RefVisitor;

        impl Visitor<'_> for RefVisitor {
            type Value = Ref;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a text of at most {REF_BYTES_MAX} bytes or a whole number")
            }

            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Ref, E> {
                Ok(Ref::Number(number))
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Ref, E> {
                let number =
                    i64::try_from(number).map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))?;
                Ok(Ref::Number(number))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Ref, E> {
                if text.len() > REF_BYTES_MAX {
                    return Err(E::invalid_length(text.len(), &self));
                }
                Ok(Ref::Text(text.into()))
            }
        }

        deserializer.deserialize_any(RefVisitor).map_err(|error| D::Error::custom(format_args!("`ref`: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_keep_their_text_and_refuse_everything_else() {
        assert_eq!("3w5e".parse::<ChannelId>().unwrap().as_str(), "3w5e");
        for bad in ["", "with space", "é", "123456789012345678901234567"] {
            assert_eq!(bad.parse::<ChannelId>(), Err(IdError), "{bad:?}");
        }
    }

    #[test]
    fn a_ref_is_a_small_text_or_a_whole_number() {
        assert_eq!(serde_json::from_str::<Ref>("7").unwrap(), Ref::Number(7));
        assert_eq!(serde_json::from_str::<Ref>("\"a\"").unwrap(), Ref::Text("a".into()));
        for bad in ["1.5", "null", "[]", "18446744073709551615", &format!("\"{}\"", "x".repeat(65))] {
            assert!(serde_json::from_str::<Ref>(bad).is_err(), "{bad}");
        }
    }
}
