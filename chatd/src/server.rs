//! Accepting connections on every address, and stopping.

mod accepting;
mod listener;
mod one_length;
mod proxy;
mod stream;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use crate::daemon::Daemon;
use crate::http::Never;
use crate::rate::{Limiter, Rate};
use crate::stop::told_to_stop;
use accepting::Accepting;
pub use listener::Listener;
pub(crate) use one_length::OneLength;
pub(crate) use proxy::was_forwarded;

/// How often the log says that connections of an address are refused.
const TOLD_EVERY: Duration = Duration::from_secs(60);
/// How long connections may take to end when the daemon stops.
const STOP_MAX: Duration = Duration::from_secs(8);

/// Accepts connections until `stopping` turns true, then lets them end and returns.
pub(crate) async fn serve_listeners(daemon: &Arc<Daemon>, listeners: Vec<Listener>, stopping: &watch::Receiver<bool>) {
    // Every task holds a clone; when all are gone the channel closes.
    let (alive, mut all_gone) = mpsc::channel::<Never>(1);
    let told = Arc::new(Limiter::new(Rate::new(1, TOLD_EVERY, 1)));
    for listener in listeners {
        let accepting = Accepting {
            daemon: daemon.clone(),
            stopping: stopping.clone(),
            alive: alive.clone(),
            told: told.clone(),
            failing: false,
            spare: Arc::default(),
        };
        tokio::spawn(accepting.run(listener));
    }
    drop(alive);
    told_to_stop(&mut stopping.clone()).await;
    if tokio::time::timeout(STOP_MAX, all_gone.recv()).await.is_err() {
        tracing::warn!("some connections did not close in time, closing them now");
    }
}
