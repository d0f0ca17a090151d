//! Connections that only read. They never wait for the writer: the write-ahead log gives each
//! reading transaction its own unchanging picture.

use std::path::Path;
use std::sync::{Arc, Mutex};

use rusqlite::{Connection, Transaction};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{StoreError, schema};
use crate::lock::lock;

/// Readings at once; more wait their turn. Two cores gain nothing from more.
const READERS: usize = 4;

#[derive(Clone)]
pub(super) struct Readers {
    permits: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Readers {
    pub(super) fn open(path: &Path) -> rusqlite::Result<Self> {
        let idle = (0..READERS).map(|_| schema::open_reader(path)).collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(Self { permits: Arc::new(Semaphore::new(READERS)), idle: Arc::new(Mutex::new(idle)) })
    }

    /// Runs a reading in a transaction of its own, off the async threads.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        // The permit and the connection move into the task: who stops waiting frees neither too early.
        let permit = self.permits.clone().acquire_owned().await.expect("the semaphore is never closed");
        let mut lent = Lent::new(self.idle.clone(), permit);
        let reading = tokio::task::spawn_blocking(move || {
            lent.connection().transaction().map_err(StoreError::from).and_then(|transaction| read(&transaction))
        });
        reading.await.map_err(|_| StoreError::Failed("a reading was given up".into()))?
    }
}

/// A connection that goes back to the idle ones also when its reading panics, and only then lets the
/// next reading begin.
struct Lent {
    connection: Option<Connection>,
    idle: Arc<Mutex<Vec<Connection>>>,
    _permit: OwnedSemaphorePermit,
}

impl Lent {
    fn new(idle: Arc<Mutex<Vec<Connection>>>, permit: OwnedSemaphorePermit) -> Self {
        let connection = lock(&idle).pop();
        Self { connection, idle, _permit: permit }
    }

    fn connection(&mut self) -> &mut Connection {
        self.connection.as_mut().expect("a permit stands for a connection")
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let (Some(connection), Ok(mut idle)) = (self.connection.take(), self.idle.lock()) {
            idle.push(connection);
        }
    }
}
