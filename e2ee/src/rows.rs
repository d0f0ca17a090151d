//! Where keys are kept: rows of bytes, in the tables of whoever keeps them. All that one call of a device writes belongs into one
//! transaction, which is the keeper's business.

use std::cell::RefCell;
use std::collections::BTreeMap;

/// Why a row could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("the keys cannot be kept: {0}")]
pub struct RowsError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

impl RowsError {
    /// Makes one of whatever the keeper says.
    pub fn of(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(error.into())
    }
}

impl From<serde_json::Error> for RowsError {
    fn from(error: serde_json::Error) -> Self {
        Self::of(error)
    }
}

/// Keeps rows of bytes by table and key. What is deleted must be gone: keys that are used up are, or nobody could forget.
pub trait Rows {
    /// Gives a row.
    ///
    /// # Errors
    /// What the keeper says.
    fn get(&self, table: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, RowsError>;

    /// Writes a row, in place of what was there.
    ///
    /// # Errors
    /// What the keeper says.
    fn put(&self, table: &'static str, key: &[u8], value: &[u8]) -> Result<(), RowsError>;

    /// Deletes a row, if it is there.
    ///
    /// # Errors
    /// What the keeper says.
    fn delete(&self, table: &'static str, key: &[u8]) -> Result<(), RowsError>;
}

impl<R: Rows> Rows for &R {
    fn get(&self, table: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, RowsError> {
        (**self).get(table, key)
    }

    fn put(&self, table: &'static str, key: &[u8], value: &[u8]) -> Result<(), RowsError> {
        (**self).put(table, key, value)
    }

    fn delete(&self, table: &'static str, key: &[u8]) -> Result<(), RowsError> {
        (**self).delete(table, key)
    }
}

/// Where a row lies: its table and key.
type Place = (String, Vec<u8>);

/// Rows in memory: of a group that the daemon follows, and of tests.
#[derive(Debug, Clone, Default)]
pub struct MemoryRows {
    rows: RefCell<BTreeMap<Place, Vec<u8>>>,
}

impl MemoryRows {
    /// Gives all rows as one text of bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let rows = self.rows.borrow();
        let mut bytes = Vec::new();
        let mut add = |part: &[u8]| {
            bytes.extend_from_slice(&u32::try_from(part.len()).expect("a row is shorter than 4 GiB").to_be_bytes());
            bytes.extend_from_slice(part);
        };
        for ((table, key), value) in rows.iter() {
            add(table.as_bytes());
            add(key);
            add(value);
        }
        bytes
    }

    /// Reads what [`Self::to_bytes`] has given; `None` if it is something else.
    pub fn of_bytes(mut bytes: &[u8]) -> Option<Self> {
        let mut rows = BTreeMap::new();
        while !bytes.is_empty() {
            let mut part = || {
                let (length, rest) = bytes.split_first_chunk::<4>()?;
                let (part, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
                bytes = rest;
                Some(part.to_vec())
            };
            let (table, key, value) = (part()?, part()?, part()?);
            rows.insert((String::from_utf8(table).ok()?, key), value);
        }
        Some(Self { rows: RefCell::new(rows) })
    }
}

impl Rows for MemoryRows {
    fn get(&self, table: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, RowsError> {
        Ok(self.rows.borrow().get(&(table.to_owned(), key.to_vec())).cloned())
    }

    fn put(&self, table: &'static str, key: &[u8], value: &[u8]) -> Result<(), RowsError> {
        self.rows.borrow_mut().insert((table.to_owned(), key.to_vec()), value.to_vec());
        Ok(())
    }

    fn delete(&self, table: &'static str, key: &[u8]) -> Result<(), RowsError> {
        self.rows.borrow_mut().remove(&(table.to_owned(), key.to_vec()));
        Ok(())
    }
}
