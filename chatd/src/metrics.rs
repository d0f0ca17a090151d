//! `GET /metrics`: figures of the running daemon, in the text form of OpenMetrics, which Prometheus reads.

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::registry::{Registry, Unit};
use proto::ErrorReply;

use crate::daemon::Daemon;
use crate::error::{internal, store_error};

/// Writes the figures down.
pub(crate) async fn render(daemon: &Daemon) -> Result<String, ErrorReply> {
    let mut registry = Registry::with_prefix("chatd");
    let build = Family::<[(&str, &str); 1], Gauge>::default();
    build.get_or_create(&[("version", env!("CARGO_PKG_VERSION"))]).set(1);
    registry.register("build_info", "Version of the daemon", build);
    for (name, help, value) in gauges(daemon).await? {
        registry.register(name, help, ConstGauge::new(value.cast_signed()));
    }
    for (name, help, value) in counts(daemon) {
        registry.register(name, help, ConstCounter::new(value));
    }
    let (store, requests) = (daemon.store.times(), &daemon.counters.requests);
    for (name, help, times) in [
        ("commit", "Transactions of the store, fsync included", &store.commits),
        ("fan_out", "Events of one commit, handed to all their connections", &store.fan_outs),
        ("http_request", "HTTP requests, from their head to the answer", requests),
    ] {
        registry.register_with_unit(name, help, Unit::Seconds, times.histogram());
    }
    registry.register("refusals", "Requests and packets refused, by code", daemon.counters.refusals.clone());
    let mut text = String::new();
    encode(&mut text, &registry).map_err(|failure| internal(&failure))?;
    Ok(text)
}

type Figure = (&'static str, &'static str, u64);

async fn gauges(daemon: &Daemon) -> Result<[Figure; 18], ErrorReply> {
    let totals = daemon.store.totals().await.map_err(|error| store_error(&error))?;
    let (stored, free) = daemon.store.bytes();
    let (hub, store, files) = (&daemon.hub, &daemon.store, &daemon.config().files);
    Ok([
        ("uptime_seconds", "Time since the daemon started", daemon.clock.now().millis_since(daemon.started) / 1_000),
        ("connections", "Open WebSocket connections", hub.connections() as u64),
        ("people_online", "Accounts that are online", hub.people_online() as u64),
        ("accounts", "Accounts, guests included", totals.accounts),
        ("guests", "Guests", totals.guests),
        ("channels", "Channels, direct conversations included", totals.channels),
        ("messages", "Messages in the store", totals.messages),
        ("files", "Files that people have uploaded", totals.files),
        ("file_bytes", "Bytes of the files that people have uploaded", totals.file_bytes),
        ("file_bytes_max", "Bytes that all files together may have; 0 is no bound", files.total_bytes),
        ("file_account_bytes_max", "Bytes that the files of one account may have; 0 is no bound", files.quota_bytes),
        ("channels_removing", "Deleted channels whose messages are still being removed", totals.channels_removing),
        ("search_behind", "Channels with changes that cannot be found yet", store.search_behind()),
        ("search_removing", "Deleted channels whose messages are still in the search index", store.search_removing()),
        ("search_failing", "1 while the search index is unavailable", u64::from(store.search_is_failing())),
        ("store_bytes", "Bytes of the files of the store", stored),
        ("disk_free_bytes", "Bytes free on the disk of the store", free),
        ("storage_full", "1 while storage is full and nothing new is stored", u64::from(store.is_short_of_room())),
    ])
}

fn counts(daemon: &Daemon) -> [Figure; 13] {
    let (hub, counters, store) = (&daemon.hub, &daemon.counters, &daemon.store);
    let (indexed, indexing_millis) = store.search_spent();
    [
        ("messages_stored", "Messages stored", hub.messages.get()),
        ("deliveries", "Messages handed to connections", hub.deliveries.get()),
        ("typing_dropped", "Typing not sent to slow connections", hub.spared.typing.get()),
        ("presence_merged", "Presence changes merged for slow connections", hub.spared.presence.get()),
        ("too_slow", "Connections closed because they were too slow", hub.spared.closed.get()),
        ("commits", "Transactions committed, each with one fsync", store.commits()),
        ("search_indexed", "Messages indexed for search", indexed),
        ("search_cpu_milliseconds", "CPU time that indexing took", indexing_millis),
        ("sign_ins", "Successful sign-ins and sign-ups", counters.sign_ins.get()),
        ("sign_in_failures", "Refused sign-ins and sign-ups", counters.sign_in_failures.get()),
        ("packets", "Packets of clients", counters.packets.get()),
        ("packets_refused", "Packets of clients that were refused", counters.packets_refused.get()),
        ("accept_failures", "Connections that could not be accepted", counters.accept_failures.get()),
    ]
}
