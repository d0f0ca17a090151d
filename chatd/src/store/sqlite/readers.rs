//! Connections that only read. They never wait for the writer: the write-ahead log gives each
//! reading transaction its own unchanging picture.

use std::path::Path;
use std::sync::{Arc, Mutex};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Rows, connection};
use crate::lock::lock;
use crate::store::StoreError;

/// Readings at once; more wait their turn. Two cores gain nothing from more.
const READERS: usize = 4;

#[derive(Clone)]
pub(in crate::store) struct Readers {
    permits: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Rows>>>,
}

impl Readers {
    pub(in crate::store) fn open(path: &Path) -> rusqlite::Result<Self> {
        let idle =
            (0..READERS).map(|_| connection::open_reader(path).map(Rows::of)).collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(Self { permits: Arc::new(Semaphore::new(READERS)), idle: Arc::new(Mutex::new(idle)) })
    }

    /// Runs a reading in a transaction of its own, off the async threads.
    pub(in crate::store) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Rows) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        // The permit and the connection move into the task: who stops waiting frees neither too early.
        let permit = self.permits.clone().acquire_owned().await.expect("the semaphore is never closed");
        let mut lent = Lent::new(self.idle.clone(), permit);
        let reading = tokio::task::spawn_blocking(move || lent.rows().reading(read));
        reading.await.map_err(|_| StoreError::Failed("a reading was given up".into()))?
    }
}

/// A connection that goes back to the idle ones also when its reading panics, and only then lets the
/// next reading begin.
struct Lent {
    rows: Option<Rows>,
    idle: Arc<Mutex<Vec<Rows>>>,
    _permit: OwnedSemaphorePermit,
}

impl Lent {
    fn new(idle: Arc<Mutex<Vec<Rows>>>, permit: OwnedSemaphorePermit) -> Self {
        let rows = lock(&idle).pop();
        Self { rows, idle, _permit: permit }
    }

    fn rows(&mut self) -> &Rows {
        self.rows.as_ref().expect("a permit stands for a connection")
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let (Some(rows), Ok(mut idle)) = (self.rows.take(), self.idle.lock()) {
            idle.push(rows);
        }
    }
}
