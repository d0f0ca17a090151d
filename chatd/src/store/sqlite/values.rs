//! The values of a statement.

use rusqlite::Statement;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

use super::rows::value_of;
use crate::store::StoreError;
use crate::store::column::{FromColumn, ToColumn, Value};

/// The values of a statement, in the order of `?1`, `?2`, …: a tuple, an array of one type, or `()`.
pub(in crate::store) trait Values {
    /// Binds each of them.
    fn bind(&self, binding: &mut Binding<'_, '_>) -> Result<(), StoreError>;
}

/// A statement that takes its values.
pub(in crate::store) struct Binding<'a, 'c> {
    statement: &'a mut Statement<'c>,
    bound: usize,
}

impl<'a, 'c> Binding<'a, 'c> {
    pub(super) fn of(statement: &'a mut Statement<'c>) -> Self {
        Self { statement, bound: 0 }
    }

    /// Counts the values that it has taken.
    pub(super) fn bound(&self) -> usize {
        self.bound
    }

    fn add(&mut self, value: &impl ToColumn) -> Result<(), StoreError> {
        let value = value.to_column().map_err(|error| StoreError::Failed(error.to_string().into()))?;
        self.bound += 1;
        Ok(self.statement.raw_bind_parameter(self.bound, Bound(value))?)
    }
}

struct Bound<'a>(Value<'a>);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(held(self.0)))
    }
}

/// Gives a value of ours as SQLite holds it.
fn held(value: Value<'_>) -> ValueRef<'_> {
    match value {
        Value::Null => ValueRef::Null,
        Value::Integer(number) => ValueRef::Integer(number),
        Value::Text(text) => ValueRef::Text(text.as_bytes()),
        Value::Blob(bytes) => ValueRef::Blob(bytes),
    }
}

impl Values for () {
    fn bind(&self, _binding: &mut Binding<'_, '_>) -> Result<(), StoreError> {
        Ok(())
    }
}

impl<T: ToColumn, const N: usize> Values for [T; N] {
    fn bind(&self, binding: &mut Binding<'_, '_>) -> Result<(), StoreError> {
        self.iter().try_for_each(|value| binding.add(value))
    }
}

impl<V: Values> Values for &V {
    fn bind(&self, binding: &mut Binding<'_, '_>) -> Result<(), StoreError> {
        (**self).bind(binding)
    }
}

macro_rules! tuples {
    ($($name:ident $place:tt),+) => {
        impl<$($name: ToColumn),+> Values for ($($name,)+) {
            fn bind(&self, binding: &mut Binding<'_, '_>) -> Result<(), StoreError> {
                $(binding.add(&self.$place)?;)+
                Ok(())
            }
        }
    };
}

tuples!(A 0, B 1);
tuples!(A 0, B 1, C 2);
tuples!(A 0, B 1, C 2, D 3);
tuples!(A 0, B 1, C 2, D 3, E 4);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);

/// Wraps a column for statements that go past [`super::Rows`].
pub(super) struct Column<T>(pub(super) T);

impl<T: FromColumn> FromSql for Column<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let read = value_of(value).and_then(T::from_column);
        read.map(Self).map_err(|error| FromSqlError::Other(Box::new(error)))
    }
}

impl<T: ToColumn> ToSql for Column<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let value = self.0.to_column().map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
        Ok(ToSqlOutput::Borrowed(held(value)))
    }
}
