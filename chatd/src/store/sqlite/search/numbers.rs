//! The numbers by which the index knows its channels and its entries.

use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

/// Messages are numbered in the order of time, and their grams downwards from here: FTS5 is several times as fast at reading
/// forwards as backwards, and a search wants the newest. What was said is in ascending order, which fills its pages.
const FIRST_ROW: i64 = 1 << 40;

/// The number of a channel in the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct PlaceNumber(pub(super) i64);

/// The number of a message in the index, from 1 in the order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct EntryNumber(pub(super) i64);

impl EntryNumber {
    /// Behind all that there will be; its row is a number still.
    pub(super) const LAST: Self = Self(i64::MAX / 2);

    /// Gives the number of the message whose grams stand in a row.
    pub(super) fn of_grams(row: i64) -> Self {
        Self(FIRST_ROW - row)
    }

    /// Gives the row of the grams of the message.
    pub(super) fn row_of_grams(self) -> i64 {
        FIRST_ROW - self.0
    }
}

macro_rules! stored_as_number {
    ($name:ident) => {
        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                self.0.to_sql()
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                i64::column_result(value).map(Self)
            }
        }
    };
}

stored_as_number!(PlaceNumber);
stored_as_number!(EntryNumber);
