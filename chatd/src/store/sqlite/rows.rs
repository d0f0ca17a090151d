//! How the rules speak to the database: statements, and rows with typed columns.

use rusqlite::types::ValueRef;
use rusqlite::{CachedStatement, Connection};

use super::values::{Binding, Values};
use crate::store::StoreError;
use crate::store::column::{ColumnError, FromColumn, Value};

/// The rows of a database, as they are within the transaction in hand. Statements are prepared once and kept.
pub(in crate::store) struct Rows {
    connection: Connection,
}

impl Rows {
    /// Gives the connection itself, for what only SQLite has.
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Takes a connection.
    pub(super) fn of(connection: Connection) -> Self {
        Self { connection }
    }

    /// Reads the first row, if there is one.
    pub(in crate::store) fn one<T: FromRow>(&self, sql: &str, values: impl Values) -> Result<Option<T>, StoreError> {
        self.one_with(sql, values, T::from_row)
    }

    /// Reads the first row, which there always is.
    pub(in crate::store) fn only<T: FromRow>(&self, sql: &str, values: impl Values) -> Result<T, StoreError> {
        self.only_with(sql, values, T::from_row)
    }

    /// Reads all rows.
    pub(in crate::store) fn all<T: FromRow>(&self, sql: &str, values: impl Values) -> Result<Vec<T>, StoreError> {
        self.all_with(sql, values, T::from_row)
    }

    /// Reads the first row, if there is one, into what is made of its columns.
    pub(in crate::store) fn one_with<T>(
        &self,
        sql: &str,
        values: impl Values,
        read: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let mut statement = self.bound(sql, values)?;
        let mut rows = statement.raw_query();
        rows.next()?.map(|row| read(&Row(row))).transpose()
    }

    /// Reads the first row, which there always is, into what is made of its columns.
    pub(in crate::store) fn only_with<T>(
        &self,
        sql: &str,
        values: impl Values,
        read: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let found = self.one_with(sql, values, read)?;
        found.ok_or_else(|| StoreError::Failed("a row that must be there is not".into()))
    }

    /// Reads all rows into what is made of their columns.
    pub(in crate::store) fn all_with<T>(
        &self,
        sql: &str,
        values: impl Values,
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut all = Vec::new();
        self.each::<StoreError>(sql, values, |row| {
            all.push(read(row)?);
            Ok(())
        })?;
        Ok(all)
    }

    /// Looks at all rows, one after the other.
    pub(in crate::store) fn each<E: From<StoreError>>(
        &self,
        sql: &str,
        values: impl Values,
        mut look: impl FnMut(&Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut statement = self.bound(sql, values)?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().map_err(StoreError::from)? {
            look(&Row(row))?;
        }
        Ok(())
    }

    /// Tells whether there is a row.
    pub(in crate::store) fn exists(&self, sql: &str, values: impl Values) -> Result<bool, StoreError> {
        Ok(self.bound(sql, values)?.raw_query().next()?.is_some())
    }

    /// Changes rows; tells how many.
    pub(in crate::store) fn execute(&self, sql: &str, values: impl Values) -> Result<usize, StoreError> {
        Ok(self.bound(sql, values)?.raw_execute()?)
    }

    /// Inserts a row and gives its key; `None` when nothing was inserted.
    pub(in crate::store) fn insert(&self, sql: &str, values: impl Values) -> Result<Option<i64>, StoreError> {
        let inserted = self.execute(sql, values)?;
        Ok((inserted > 0).then(|| self.connection.last_insert_rowid()))
    }

    /// Reads within one transaction: everything is as it is at one moment.
    pub(in crate::store) fn reading<T, E: From<StoreError>>(
        &self,
        read: impl FnOnce(&Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let _transaction = self.connection.unchecked_transaction().map_err(StoreError::from)?;
        read(self)
    }

    fn bound(&self, sql: &str, values: impl Values) -> Result<CachedStatement<'_>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut binding = Binding::of(&mut statement);
        values.bind(&mut binding)?;
        let (bound, wanted) = (binding.bound(), statement.parameter_count());
        if bound != wanted {
            return Err(StoreError::Failed(format!("a statement takes {wanted} values, not {bound}: {sql}").into()));
        }
        Ok(statement)
    }
}

/// A row that was found.
pub(in crate::store) struct Row<'a>(&'a rusqlite::Row<'a>);

impl Row<'_> {
    /// Reads a column; they are counted from 0.
    pub(in crate::store) fn get<T: FromColumn>(&self, column: usize) -> Result<T, StoreError> {
        self.value(column).and_then(T::from_column).map_err(|error| failed(column, &error))
    }

    /// Reads a text without a copy.
    pub(in crate::store) fn text(&self, column: usize) -> Result<&str, StoreError> {
        self.value(column).and_then(Value::text).map_err(|error| failed(column, &error))
    }

    fn value(&self, column: usize) -> Result<Value<'_>, ColumnError> {
        value_of(self.0.get_ref(column).map_err(|error| ColumnError::new(error.to_string()))?)
    }
}

/// Gives what SQLite holds as a value of ours.
pub(super) fn value_of(value: ValueRef<'_>) -> Result<Value<'_>, ColumnError> {
    match value {
        ValueRef::Null => Ok(Value::Null),
        ValueRef::Integer(number) => Ok(Value::Integer(number)),
        ValueRef::Real(_) => Err(ColumnError::new("it holds a fraction")),
        ValueRef::Text(text) => {
            std::str::from_utf8(text).map(Value::Text).map_err(|error| ColumnError::new(error.to_string()))
        }
        ValueRef::Blob(bytes) => Ok(Value::Blob(bytes)),
    }
}

#[cold]
fn failed(column: usize, error: &ColumnError) -> StoreError {
    StoreError::Failed(format!("column {column} cannot be read: {error}").into())
}

/// What is made from a row: one column, several, or a type that names them.
pub(in crate::store) trait FromRow: Sized {
    /// Reads the columns.
    fn from_row(row: &Row<'_>) -> Result<Self, StoreError>;
}

impl<T: FromColumn> FromRow for T {
    fn from_row(row: &Row<'_>) -> Result<Self, StoreError> {
        row.get(0)
    }
}

macro_rules! tuples {
    ($($name:ident $place:tt),+) => {
        impl<$($name: FromColumn),+> FromRow for ($($name,)+) {
            fn from_row(row: &Row<'_>) -> Result<Self, StoreError> {
                Ok(($(row.get::<$name>($place)?,)+))
            }
        }
    };
}

tuples!(A 0, B 1);
tuples!(A 0, B 1, C 2);
tuples!(A 0, B 1, C 2, D 3);
tuples!(A 0, B 1, C 2, D 3, E 4);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5);
