//! Values between rows and the domain.

use proto::{
    Audience, CatchUpKind, ChannelKind, ChosenPresence, Handle, Index, MessageKind, NotifyLevel, Relation, Role,
    Timestamp, Topic, Version,
};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

/// The row id of an account; never on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct UserId(pub(super) i64);

impl ToSql for UserId {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl FromSql for UserId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_i64().map(Self)
    }
}

/// Wraps a type of `proto` so that it can be a column.
pub(super) struct Column<T>(pub(super) T);

macro_rules! text_column {
    ($type:ty) => {
        impl FromSql for Column<$type> {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                value.as_str()?.parse().map(Self).map_err(|error| FromSqlError::Other(Box::new(error)))
            }
        }
    };
}

text_column!(Handle);
text_column!(proto::Emoji);
text_column!(Topic);
text_column!(proto::ChannelName);
text_column!(proto::SessionId);
text_column!(proto::InviteCode);
text_column!(proto::Status);
text_column!(proto::DisplayName);
text_column!(proto::About);
text_column!(proto::Avatar);
text_column!(proto::ThemeName);

macro_rules! number_column {
    ($type:ty, $from:expr, $to:expr) => {
        impl FromSql for Column<$type> {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                value.as_i64().map(|number| Self($from(number)))
            }
        }

        impl ToSql for Column<$type> {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::from($to(self.0)))
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
        impl ToSql for Column<$type> {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                match self.0 {
                    $($variant => Ok(ToSqlOutput::from($word)),)*
                    #[allow(unreachable_patterns, reason = "some words are all there are")]
                    other => Err(rusqlite::Error::ToSqlConversionFailure(format!("{other:?} is never stored").into())),
                }
            }
        }

        impl FromSql for Column<$type> {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                match value.as_str()? {
                    $($word => Ok(Self($variant)),)*
                    _ => Err(FromSqlError::InvalidType),
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
