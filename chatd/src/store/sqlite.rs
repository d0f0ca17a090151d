//! What is special to SQLite. Only this folder names `rusqlite`; the rules of the store beside it speak SQL by [`Rows`].

mod checkpoint;
mod commit;
mod connection;
mod error;
mod functions;
mod job;
mod readers;
mod rows;
mod schema;
mod search;
mod snapshot;
mod values;
mod verify;
mod writer;
mod writer_start;

pub(super) use connection::open;
pub use error::DatabaseError;
pub(crate) use job::StoreTimes;
pub(super) use readers::Readers;
pub(super) use rows::{FromRow, Row, Rows};
pub(crate) use schema::new_store_id;
pub(super) use schema::store_id;
pub(super) use search::{INDEX_FILE, IndexReader, SearchIndex};
pub use snapshot::{Contents, Snapshot, rename_store};
pub(super) use values::Values;
pub(super) use writer::Writer;
pub(super) use writer_start::Start;

/// Names the index that a statement uses, where SQLite by itself would take another.
macro_rules! by_index {
    ($index:literal) => {
        concat!(" INDEXED BY ", $index)
    };
}
pub(super) use by_index;
