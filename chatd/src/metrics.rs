//! `GET /metrics`: figures of the running daemon in the text format of Prometheus.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use proto::ErrorReply;

use crate::daemon::Daemon;
use crate::error::store_error;

/// Counts that only grow for as long as the daemon runs.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) http_requests: Count,
    pub(crate) sign_ins: Count,
    pub(crate) sign_in_failures: Count,
    pub(crate) packets: Count,
    pub(crate) packets_refused: Count,
}

/// A count that only grows.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    /// Counts some more.
    pub(crate) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// Gives the count.
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Writes the figures down.
pub(crate) async fn render(daemon: &Daemon) -> Result<String, ErrorReply> {
    let totals = daemon.store.totals().await.map_err(|error| store_error(&error))?;
    let (hub, counters) = (&daemon.hub, &daemon.counters);
    let up = daemon.clock.now().millis_since(daemon.started) / 1_000;
    let mut text = String::new();
    for (name, kind, help, value) in [
        ("uptime_seconds", "gauge", "Time since the daemon started", up),
        ("connections", "gauge", "Open WebSocket connections", hub.connections() as u64),
        ("people_online", "gauge", "Accounts that are online", hub.people_online() as u64),
        ("accounts", "gauge", "Accounts, guests included", totals.accounts),
        ("channels", "gauge", "Channels, direct conversations included", totals.channels),
        ("messages", "gauge", "Messages in the store", totals.messages),
        (
            "channels_removing",
            "gauge",
            "Deleted channels whose messages are still being removed",
            totals.channels_removing,
        ),
        ("messages_stored_total", "counter", "Messages stored", hub.messages.get()),
        ("deliveries_total", "counter", "Messages handed to connections", hub.deliveries.get()),
        (
            "typing_dropped_total",
            "counter",
            "Typing not told to connections that do not drain",
            hub.spared.typing.get(),
        ),
        (
            "presence_merged_total",
            "counter",
            "Changes of presence merged for connections that do not drain",
            hub.spared.presence.get(),
        ),
        ("too_slow_total", "counter", "Connections closed because they do not drain", hub.spared.closed.get()),
        ("commits_total", "counter", "Transactions committed, each with one fsync", daemon.store.commits()),
        ("search_behind", "gauge", "Channels with changes that cannot be found yet", daemon.store.search_behind()),
        (
            "search_removing",
            "gauge",
            "Deleted channels whose messages still stand in the search index",
            daemon.store.search_removing(),
        ),
        ("search_indexed_total", "counter", "Messages indexed for search", daemon.store.search_spent().0),
        ("search_cpu_milliseconds_total", "counter", "CPU time that indexing took", daemon.store.search_spent().1),
        ("http_requests_total", "counter", "HTTP requests", counters.http_requests.get()),
        ("sign_ins_total", "counter", "Sign-ins and sign-ups that were granted", counters.sign_ins.get()),
        (
            "sign_in_failures_total",
            "counter",
            "Sign-ins and sign-ups that were refused",
            counters.sign_in_failures.get(),
        ),
        ("packets_total", "counter", "Packets of clients", counters.packets.get()),
        ("packets_refused_total", "counter", "Packets of clients that were refused", counters.packets_refused.get()),
    ] {
        // Writing to a string does not fail.
        let _ = writeln!(text, "# HELP chatd_{name} {help}.\n# TYPE chatd_{name} {kind}\nchatd_{name} {value}");
    }
    let version = env!("CARGO_PKG_VERSION");
    let _ =
        writeln!(text, "# HELP chatd_info What runs.\n# TYPE chatd_info gauge\nchatd_info{{version=\"{version}\"}} 1");
    Ok(text)
}
