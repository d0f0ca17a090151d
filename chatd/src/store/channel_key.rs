//! Channel ids as the database keeps them: a random 63-bit row id, on the wire 13 letters and digits.
//!
//! A random id tells nothing about how many channels there are or when one was made, and the row id
//! keeps the tables narrow.

use proto::{ChannelId, InviteCode};

use super::column::{ColumnError, FromColumn, ToColumn, Value};
use super::{Refused, StoreError};

/// Crockford's base 32, lower case: no letters that look like digits. Source: crockford.com/base32.html.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const DIGITS: usize = 13;

/// The row id of a channel; never on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct ChannelKey(i64);

impl ChannelKey {
    /// Stands for no channel, where a column must have one.
    pub(super) const NONE: Self = Self(0);
    /// Comes before every channel.
    pub(super) const FIRST: Self = Self(i64::MIN);

    /// Draws the key of a new channel.
    pub(super) fn random() -> Self {
        Self(random())
    }

    /// Gives the key behind a name from the wire; `None` when no channel of ours can have that name.
    pub(super) fn of(id: &ChannelId) -> Option<Self> {
        number_of(id.as_str()).map(Self)
    }

    /// Gives the wire's name for it.
    pub(super) fn id(self) -> ChannelId {
        digits_of(self.0).parse().expect("13 letters and digits are an id")
    }
}

/// Writes a row id as 13 letters and digits.
pub(super) fn digits_of(key: i64) -> String {
    let digit = |place: usize| char::from(ALPHABET[(key >> (5 * place)) as usize & 31]);
    (0..DIGITS).rev().map(digit).collect()
}

/// Reads what [`digits_of`] wrote; `None` for what it never writes.
pub(super) fn number_of(text: &str) -> Option<i64> {
    if text.len() != DIGITS {
        return None;
    }
    let mut key = 0u128;
    for byte in text.bytes() {
        key = key << 5 | ALPHABET.iter().position(|letter| *letter == byte)? as u128;
    }
    i64::try_from(key).ok()
}

impl FromColumn for ChannelKey {
    fn from_column(value: Value<'_>) -> Result<Self, ColumnError> {
        value.integer().map(Self)
    }
}

impl ToColumn for ChannelKey {
    fn to_column(&self) -> Result<Value<'_>, ColumnError> {
        Ok(Value::Integer(self.0))
    }
}

/// Gives the row id behind a channel's name; a name that cannot be ours names no channel.
pub(super) fn key_of(channel: &ChannelId) -> Result<ChannelKey, StoreError> {
    ChannelKey::of(channel).ok_or_else(|| Refused::NoSuchChannel.into())
}

/// Condition: a channel, by its row id, is none of those that were deleted and whose rows are still being removed.
macro_rules! not_removed {
    ($channel:literal) => {
        concat!($channel, " NOT IN (SELECT id FROM removed_channel)")
    };
}
pub(super) use not_removed;

/// Draws 63 random bits.
pub(super) fn random() -> i64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    i64::from_be_bytes(bytes) & i64::MAX
}

/// Draws a code that lets people into a channel.
pub(super) fn random_code() -> InviteCode {
    random_text().parse().expect("20 letters and digits are a code")
}

/// Draws 20 letters and digits, 100 random bits.
pub(super) fn random_text() -> String {
    let mut bytes = [0; 20];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_survive_the_wire() {
        for key in [0, 1, 31, 32, i64::MAX, random()].map(ChannelKey) {
            assert_eq!(ChannelKey::of(&key.id()), Some(key));
        }
    }

    #[test]
    fn foreign_ids_are_no_keys() {
        for id in ["x", "zzzzzzzzzzzzz", "000000000000u", "0000000000000A"] {
            assert_eq!(ChannelKey::of(&id.parse().unwrap()), None, "{id}");
        }
    }
}
