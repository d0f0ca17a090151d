//! Values between columns and the domain.

use proto::{
    Audience, CatchUpKind, ChannelKind, ChosenPresence, Index, MessageKind, NotifyLevel, Relation, Role, Timestamp,
    Version,
};

use crate::password_hash::PasswordHash;

/// The row id of an account; never on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct UserId(pub(super) i64);

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value<'a> {
    /// SQL's `NULL`.
    Null,
    /// A whole number of 64 bits.
    Integer(i64),
    /// A text in UTF-8.
    Text(&'a str),
    /// Bytes that are no text.
    Blob(&'a [u8]),
}

impl<'a> Value<'a> {
    pub(super) fn integer(self) -> Result<i64, ColumnError> {
        match self {
            Self::Integer(number) => Ok(number),
            other => Err(ColumnError::holds(other, "a number")),
        }
    }

    pub(super) fn text(self) -> Result<&'a str, ColumnError> {
        match self {
            Self::Text(text) => Ok(text),
            other => Err(ColumnError::holds(other, "a text")),
        }
    }

    pub(super) fn blob(self) -> Result<&'a [u8], ColumnError> {
        match self {
            Self::Blob(bytes) => Ok(bytes),
            other => Err(ColumnError::holds(other, "bytes")),
        }
    }
}

/// A value is none of the type that was asked for, or one that is never stored.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct ColumnError(String);

impl ColumnError {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }

    fn holds(value: Value<'_>, wanted: &str) -> Self {
        let held = match value {
            Value::Null => "nothing",
            Value::Integer(_) => "a number",
            Value::Text(_) => "a text",
            Value::Blob(_) => "bytes",
        };
        Self(format!("it holds {held}, not {wanted}"))
    }
}

/// What is read from a column.
pub(super) trait FromColumn: Sized {
    /// Reads the value of a column.
    fn from_column(value: Value<'_>) -> Result<Self, ColumnError>;
}

/// What is written to a column, or compared with one.
pub(super) trait ToColumn {
    /// Gives the value for a column.
    fn to_column(&self) -> Result<Value<'_>, ColumnError>;
}

impl<T: FromColumn> FromColumn for Option<T> {
    fn from_column(value: Value<'_>) -> Result<Self, ColumnError> {
        match value {
            Value::Null => Ok(None),
            value => T::from_column(value).map(Some),
        }
    }
}

impl<T: ToColumn> ToColumn for Option<T> {
    fn to_column(&self) -> Result<Value<'_>, ColumnError> {
        self.as_ref().map_or(Ok(Value::Null), T::to_column)
    }
}

impl<T: ToColumn + ?Sized> ToColumn for &T {
    fn to_column(&self) -> Result<Value<'_>, ColumnError> {
        (**self).to_column()
    }
}

impl FromColumn for i64 {
    fn from_column(value: Value<'_>) -> Result<Self, ColumnError> {
        value.integer()
    }
}

impl ToColumn for i64 {
    fn to_column(&self) -> Result<Value<'_>, ColumnError> {
        Ok(Value::Integer(*self))
    }
}

impl FromColumn for bool {
    fn from_column(value: Value<'_>) -> Result<Self, ColumnError> {
        Ok(value.integer()? != 0)
    }
}

impl ToColumn for bool {
    fn to_column(&self) -> Result<Value<'_>, ColumnError> {
        Ok(Value::Integer(i64::from(*self)))
    }
}

macro_rules! counted {
    ($($type:ty),*) => {$(
        impl FromColumn for $type {
            fn from_column(value: Value<'_>) -> Result<Self, ColumnError> {
                let number = value.integer()?;
                number.try_into().map_err(|_| ColumnError::new(format!("{number} is out of range")))
            }
        }

        impl ToColumn for $type {
            fn to_column(&self) -> Result<Value<'_>, ColumnError> {
                let number = i64::try_from(*self);
                number.map(Value::Integer).map_err(|_| ColumnError::new(format!("{self} is out of range")))
            }
        }
    )*};
}

counted!(u32, u64, usize);

impl FromColumn for String {
    fn from_column(value: Value<'_>) -> Result<Self, ColumnError> {
        value.text().map(str::to_owned)
    }
}

impl ToColumn for str {
    fn to_column(&self) -> Result<Value<'_>, ColumnError> {
        Ok(Value::Text(self))
    }
}

impl ToColumn for String {
    fn to_column(&self) -> Result<Value<'_>, ColumnError> {
        Ok(Value::Text(self))
    }
}

impl<const N: usize> FromColumn for [u8; N] {
    fn from_column(value: Value<'_>) -> Result<Self, ColumnError> {
        let bytes = value.blob()?;
        bytes.try_into().map_err(|_| ColumnError::new(format!("it holds {} bytes, not {N}", bytes.len())))
    }
}

impl ToColumn for [u8] {
    fn to_column(&self) -> Result<Value<'_>, ColumnError> {
        Ok(Value::Blob(self))
    }
}

impl<const N: usize> ToColumn for [u8; N] {
    fn to_column(&self) -> Result<Value<'_>, ColumnError> {
        Ok(Value::Blob(self))
    }
}

impl FromColumn for UserId {
    fn from_column(value: Value<'_>) -> Result<Self, ColumnError> {
        value.integer().map(Self)
    }
}

impl ToColumn for UserId {
    fn to_column(&self) -> Result<Value<'_>, ColumnError> {
        Ok(Value::Integer(self.0))
    }
}

macro_rules! text_column {
    ($($type:ty),* $(,)?) => {$(
        impl FromColumn for $type {
            fn from_column(value: Value<'_>) -> Result<Self, ColumnError> {
                value.text()?.parse().map_err(|error| ColumnError::new(format!("it holds none of its kind: {error}")))
            }
        }

        impl ToColumn for $type {
            fn to_column(&self) -> Result<Value<'_>, ColumnError> {
                Ok(Value::Text(self.as_str()))
            }
        }
    )*};
}

text_column!(
    proto::Handle,
    proto::Emoji,
    proto::Topic,
    proto::ChannelName,
    proto::SessionId,
    proto::InviteCode,
    proto::Status,
    proto::DisplayName,
    proto::About,
    proto::ThemeName,
    proto::Nonce,
    proto::DeviceName,
    proto::ClientName,
);

impl FromColumn for PasswordHash {
    fn from_column(value: Value<'_>) -> Result<Self, ColumnError> {
        value.text().map(Self::new)
    }
}

impl ToColumn for PasswordHash {
    fn to_column(&self) -> Result<Value<'_>, ColumnError> {
        Ok(Value::Text(self.expose()))
    }
}

impl ToColumn for proto::Content {
    fn to_column(&self) -> Result<Value<'_>, ColumnError> {
        Ok(Value::Text(self.as_str()))
    }
}

macro_rules! number_column {
    ($type:ty, $from:expr, $to:expr) => {
        impl FromColumn for $type {
            fn from_column(value: Value<'_>) -> Result<Self, ColumnError> {
                value.integer().map($from)
            }
        }

        impl ToColumn for $type {
            fn to_column(&self) -> Result<Value<'_>, ColumnError> {
                Ok(Value::Integer($to(*self)))
            }
        }
    };
}

// Counters start at 0 and grow by 1, so they never reach the sign bit; a request's larger number is
// clamped to one that no message has.
number_column!(Index, |number: i64| Index::new(number.max(0) as u64), |index: Index| index.get().min(i64::MAX as u64)
    as i64);
number_column!(Version, |number: i64| Version::new(number.max(0) as u64), |version: Version| version
    .get()
    .min(i64::MAX as u64)
    as i64);
number_column!(Timestamp, Timestamp::from_millis, Timestamp::as_millis);

macro_rules! word_column {
    ($type:ty { $($variant:path = $word:literal),* $(,)? }) => {
        impl ToColumn for $type {
            fn to_column(&self) -> Result<Value<'_>, ColumnError> {
                match self {
                    $($variant => Ok(Value::Text($word)),)*
                    #[allow(unreachable_patterns, reason = "some words are all there are")]
                    other => Err(ColumnError::new(format!("{other:?} is never stored"))),
                }
            }
        }

        impl FromColumn for $type {
            fn from_column(value: Value<'_>) -> Result<Self, ColumnError> {
                match value.text()? {
                    $($word => Ok($variant),)*
                    other => Err(ColumnError::new(format!("`{other}` is no word of it"))),
                }
            }
        }
    };
}

word_column!(ChannelKind {
    ChannelKind::Public = "public",
    ChannelKind::Private = "private",
    ChannelKind::Dm = "dm",
    ChannelKind::Wall = "wall"
});
word_column!(Role { Role::Owner = "owner", Role::Moderator = "moderator", Role::Member = "member" });
word_column!(NotifyLevel {
    NotifyLevel::All = "all",
    NotifyLevel::Mentions = "mentions",
    NotifyLevel::None = "none",
});
word_column!(CatchUpKind {
    CatchUpKind::Mention = "mention",
    CatchUpKind::Reply = "reply",
    CatchUpKind::Reaction = "reaction",
    CatchUpKind::Invite = "invite",
    CatchUpKind::Friend = "friend",
});
word_column!(ChosenPresence {
    ChosenPresence::Online = "online",
    ChosenPresence::Away = "away",
    ChosenPresence::Dnd = "dnd",
    ChosenPresence::Invisible = "invisible",
});
word_column!(Audience {
    Audience::Everyone = "everyone",
    Audience::Shared = "shared",
    Audience::Friends = "friends",
});
word_column!(Relation {
    Relation::Friend = "friend",
    Relation::Asked = "asked",
    Relation::Asking = "asking",
    Relation::Blocked = "blocked",
});
word_column!(MessageKind {
    MessageKind::Text = "text",
    MessageKind::Action = "action",
    MessageKind::System = "system",
    MessageKind::Cipher = "cipher",
});

#[cfg(test)]
impl UserId {
    /// Makes an id without a store, for tests of what only carries it.
    pub(crate) fn for_test(id: i64) -> Self {
        Self(id)
    }
}
