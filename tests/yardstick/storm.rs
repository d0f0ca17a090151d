//! Very many clients that come back at once and have missed nothing: what each costs, and what memory stays behind.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;
use serde_json::{Map, Value, json};

use crate::daemon::Daemon;
use tests::client::http::{Guest, Http, account, guests};
use tests::client::wire::{Reader, Writer, connect, join};

/// What chat-tui asks for when it is welcome.
const REQUESTS: [&str; 4] = ["/v1/channels?limit=0", "/v1/catch-up", "/v1/settings", "/v1/friends"];
/// How long the daemon may rest after all have gone: longer than a drop of a connection is not shown.
const REST: Duration = Duration::from_secs(25);

/// Clients that come back.
#[derive(Debug, Args)]
pub(crate) struct Storm {
    /// Clients
    #[arg(long, default_value_t = 1_000)]
    clients: usize,
    /// Channels that each of them is in
    #[arg(long, default_value_t = 10)]
    channels: usize,
    /// Members of each channel
    #[arg(long, default_value_t = 100)]
    members: usize,
    /// How often all go and come back
    #[arg(long, default_value_t = 5)]
    times: usize,
}

/// Somebody, and what they know of their channels.
#[derive(Clone)]
struct Client {
    guest: Guest,
    /// By channel the version that is known.
    known: Value,
}

impl Storm {
    pub(crate) async fn run(self) -> Result<()> {
        let mut daemon = Daemon::start().await?;
        let people = guests(&daemon.address, self.clients).await?;
        let clients = self.settle(&daemon, people).await?;
        daemon.restart().await?;
        tokio::time::sleep(REST).await;
        let empty = daemon.resident_kib()?;
        println!("{} clients in {} channels of {} come back", self.clients, self.channels, self.members);
        println!("  memory at first: {:.1} MiB", empty as f64 / 1_024.0);
        for _ in 0..self.times {
            let (began, before) = (Instant::now(), daemon.cpu()?);
            let held = come_back(&daemon.address, &clients).await?;
            let took = began.elapsed();
            let each = (daemon.cpu()? - before).as_secs_f64() * 1e3 / self.clients as f64;
            let held_kib = daemon.resident_kib()?;
            drop(held);
            tokio::time::sleep(REST).await;
            println!(
                "  {:.2} s, {each:.2} ms of CPU each; memory: {:.1} MiB with all of them, {:.1} MiB when they have gone",
                took.as_secs_f64(),
                held_kib as f64 / 1_024.0,
                daemon.resident_kib()? as f64 / 1_024.0,
            );
        }
        Ok(())
    }

    /// Puts everybody into their channels, those of a group into the same ones.
    async fn settle(&self, daemon: &Daemon, people: Vec<Guest>) -> Result<Vec<Client>> {
        let host = account(&daemon.address, "host").await?;
        let (mut reader, mut writer) = connect(&daemon.address, &host, json!({"history": 0})).await?;
        for group in 0..people.len().div_ceil(self.members) {
            for number in 0..self.channels {
                // Guests create no channels.
                join(&mut reader, &mut writer, &format!("group-{group}-{number}")).await?;
            }
        }
        let mut clients = Vec::new();
        for (group, some) in people.chunks(self.members).enumerate() {
            for guest in some {
                let (mut reader, mut writer) = connect(&daemon.address, guest, json!({"history": 0})).await?;
                for number in 0..self.channels {
                    join(&mut reader, &mut writer, &format!("group-{group}-{number}")).await?;
                }
            }
            for guest in some {
                clients.push(Client { guest: guest.clone(), known: self.known(daemon, guest).await? });
            }
        }
        Ok(clients)
    }

    async fn known(&self, daemon: &Daemon, guest: &Guest) -> Result<Value> {
        let (mut reader, _writer) = connect(&daemon.address, guest, json!({"history": 0})).await?;
        let mut known = Map::new();
        while known.len() < self.channels {
            let shown = reader.until("channel_add").await?["payload"].take();
            known.insert(shown["id"].as_str().context("a channel has an id")?.to_owned(), shown["version"].clone());
        }
        Ok(known.into())
    }
}

/// Lets all come back at once, as chat-tui does; gives their connections when each has all that it asked for.
async fn come_back(address: &str, clients: &[Client]) -> Result<Vec<(Reader, Writer)>> {
    let mut tasks = Vec::new();
    for client in clients {
        let (address, client) = (address.to_owned(), client.clone());
        tasks.push(tokio::task::spawn_local(async move {
            let known = client.known.as_object().context("channels by version")?;
            let hello = json!({"history": 0, "members": 0, "resume": known});
            let (mut reader, mut writer) = connect(&address, &client.guest, hello).await?;
            for _ in known {
                reader.until("channel_resume").await?;
            }
            for path in REQUESTS {
                Http::open(&address).await?.get(path, Some(&client.guest.token)).await?;
            }
            if let Some(open) = known.keys().next() {
                writer.ask(&mut reader, "channel_members", &json!({"id": open, "online_first": true})).await?;
            }
            anyhow::Ok((reader, writer))
        }));
    }
    let mut held = Vec::new();
    for task in tasks {
        held.push(task.await??);
    }
    Ok(held)
}
