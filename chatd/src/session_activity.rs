//! When each session was used last: at a request over HTTP, at the beginning and the end of a connection. Noted in memory
//! and kept by the store now and then.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use proto::{ClientName, SessionId, Timestamp};
use tokio::sync::Notify;

use crate::lock::lock;
use crate::store::{SessionUse, Store};

/// How long uses are gathered before they are kept.
const KEPT_AFTER: Duration = Duration::from_secs(60);
/// Uses that are kept in one step of the writer, so that messages wait for none of it.
const KEPT_AT_ONCE: usize = 500;

/// Uses that were noted and are not stored yet.
#[derive(Debug, Default)]
pub(crate) struct SessionActivity {
    used: Mutex<HashMap<SessionId, Used>>,
    noted: Notify,
}

#[derive(Debug, Clone)]
struct Used {
    date: Timestamp,
    client: Option<ClientName>,
}

impl SessionActivity {
    /// Notes that a session is used now, by a program if it named itself.
    pub(crate) fn note(&self, session: SessionId, date: Timestamp, client: Option<ClientName>) {
        let mut used = lock(&self.used);
        let first = used.is_empty();
        let noted = used.entry(session).or_insert(Used { date, client: None });
        noted.date = noted.date.max(date);
        noted.client = client.or(noted.client.take());
        drop(used);
        if first {
            self.noted.notify_one();
        }
    }

    /// Keeps what is noted, a while after it was; runs for ever. Where nothing happens nothing wakes.
    pub(crate) async fn keep(&self, store: &Store) {
        loop {
            self.noted.notified().await;
            tokio::time::sleep(KEPT_AFTER).await;
            self.keep_now(store).await;
        }
    }

    /// Keeps what is noted.
    pub(crate) async fn keep_now(&self, store: &Store) {
        let noted = std::mem::take(&mut *lock(&self.used));
        let uses =
            noted.into_iter().map(|(session, used)| SessionUse { session, date: used.date, client: used.client });
        let uses = uses.collect::<Vec<_>>();
        for part in uses.chunks(KEPT_AT_ONCE) {
            if let Err(error) = store.set_sessions_used(part.to_vec()).await.committed().await {
                tracing::warn!(%error, "cannot store when sessions were used");
            }
        }
    }
}
