//! The signal by which the daemon is told to stop.

use tokio::sync::watch;

/// Waits until the daemon is told to stop.
pub(crate) async fn told_to_stop(stopping: &mut watch::Receiver<bool>) {
    // The sender lives as long as the daemon; were it gone, stopping is right too.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}
