//! Connections that do nothing: what one costs in memory, and what coming costs, one by one or all
//! at once after a restart.

use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Args;
use serde_json::json;

use crate::daemon::Daemon;
use crate::load::{Load, Member};
use tests::client::http::{Guest, account, guests};
use tests::client::wire::{Reader, Writer, connect, connect_over, join};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

/// Connections that are opened at once.
const AT_ONCE: usize = 200;
/// How long presence may settle.
const SETTLE: Duration = Duration::from_secs(3);

/// Idle connections.
#[derive(Debug, Args)]
pub(crate) struct Idle {
    /// Connections, each of a guest of its own in the lobby
    #[arg(long, default_value_t = 10_000)]
    connections: usize,
    /// Encrypted ones
    #[arg(long)]
    tls: bool,
}

impl Idle {
    pub(crate) async fn run(self) -> Result<()> {
        let mut daemon = Daemon::start().await?;
        if self.tls {
            return self.run_encrypted(&mut daemon).await;
        }
        println!("{} idle connections", self.connections);
        println!("  empty daemon: {:.1} MiB", daemon.resident_kib()? as f64 / 1_024.0);
        let people = guests(&daemon.address, self.connections).await?;
        let before = daemon.resident_kib()?;
        let held = come(&daemon.address, &people, false).await?;
        tokio::time::sleep(SETTLE).await;
        let growth = daemon.resident_kib()?.saturating_sub(before);
        println!("  memory: {:.2} KiB a connection", growth as f64 / self.connections as f64);
        drop(held);

        let started = daemon.restart().await?;
        println!("  start with that store: {:.0} ms to listening", started.as_secs_f64() * 1e3);
        let (began, before) = (Instant::now(), daemon.cpu()?);
        let held = come(&daemon.address, &people, true).await?;
        let took = began.elapsed();
        let each = (daemon.cpu()? - before).as_secs_f64() * 1e6 / self.connections as f64;
        println!("  all come back with `resume`: {:.2} s, {each:.0} µs of CPU each", took.as_secs_f64());
        drop(held);
        self.storm_under_traffic(&mut daemon, &people).await
    }

    /// What encryption adds: memory of a connection, and CPU of a handshake.
    async fn run_encrypted(&self, daemon: &mut Daemon) -> Result<()> {
        println!("{} idle connections over TLS", self.connections);
        let people = guests(&daemon.address, self.connections).await?;
        let connector = daemon.restart_encrypted().await?;
        let (began, cpu, before) = (Instant::now(), daemon.cpu()?, daemon.resident_kib()?);
        println!("  empty daemon: {:.1} MiB", before as f64 / 1_024.0);
        let held = come_encrypted(&daemon.address, &connector, &people).await?;
        let took = began.elapsed();
        let each = (daemon.cpu()? - cpu).as_secs_f64() * 1e6 / self.connections as f64;
        println!("  all come: {:.2} s, {each:.0} µs of CPU each", took.as_secs_f64());
        tokio::time::sleep(SETTLE).await;
        let growth = daemon.resident_kib()?.saturating_sub(before);
        println!("  memory: {:.2} KiB a connection", growth as f64 / self.connections as f64);
        drop(held);
        Ok(())
    }

    /// Lets all come back once more, while somebody talks.
    async fn storm_under_traffic(&self, daemon: &mut Daemon, people: &[Guest]) -> Result<()> {
        daemon.restart().await?;
        let speaker = account(&daemon.address, "speaker").await?;
        let (mut reader, mut writer) = connect(&daemon.address, &speaker, json!({"history": 0})).await?;
        let id = join(&mut reader, &mut writer, "talk").await?;
        let load = Load { window: 1_000, messages: 1_000, rate: Some(500.0) };
        let rooms = vec![(id, vec![Member { reader, writer }])];
        let (talked, held) = tokio::join!(load.measure(daemon, rooms), come(&daemon.address, people, true));
        drop(held?);
        println!("  somebody who talks meanwhile, 500 messages a second:");
        talked?.print(load.messages);
        Ok(())
    }
}

/// Lets everybody connect: to join the lobby, or to resume it.
async fn come(address: &str, people: &[Guest], back: bool) -> Result<Vec<(Reader, Writer)>> {
    let mut held = Vec::with_capacity(people.len());
    let lobby = match people.first() {
        Some(first) if back => lobby(address, first).await?,
        _ => String::new(),
    };
    let share = people.len().div_ceil(AT_ONCE).max(1);
    let mut tasks = Vec::new();
    for some in people.chunks(share) {
        let (address, some, lobby) = (address.to_owned(), some.to_vec(), lobby.clone());
        tasks.push(tokio::task::spawn_local(async move {
            let mut held = Vec::new();
            for guest in some {
                if back {
                    let hello = json!({"history": 0, "resume": {lobby.as_str(): 1}});
                    let (mut reader, writer) = connect(&address, &guest, hello).await?;
                    reader.until("channel_resume").await?;
                    held.push((reader, writer));
                } else {
                    let (mut reader, mut writer) = connect(&address, &guest, json!({"history": 0})).await?;
                    join(&mut reader, &mut writer, "lobby").await?;
                    held.push((reader, writer));
                }
            }
            anyhow::Ok(held)
        }));
    }
    for task in tasks {
        held.extend(task.await??);
    }
    Ok(held)
}

/// Lets everybody connect and say hello over TLS.
async fn come_encrypted(address: &str, connector: &TlsConnector, people: &[Guest]) -> Result<Vec<impl Sized>> {
    let mut tasks = Vec::new();
    for some in people.chunks(people.len().div_ceil(AT_ONCE).max(1)) {
        let (address, connector, some) = (address.to_owned(), connector.clone(), some.to_vec());
        tasks.push(tokio::task::spawn_local(async move {
            let mut held = Vec::new();
            for guest in some {
                let stream = TcpStream::connect(&address).await?;
                let stream = connector.connect(ServerName::try_from("127.0.0.1")?, stream).await?;
                held.push(connect_over(stream, &guest, json!({"history": 0})).await?);
            }
            anyhow::Ok(held)
        }));
    }
    let mut held = Vec::with_capacity(people.len());
    for task in tasks {
        held.extend(task.await??);
    }
    Ok(held)
}

async fn lobby(address: &str, guest: &Guest) -> Result<String> {
    let (mut reader, _writer) = connect(address, guest, json!({"history": 0})).await?;
    let shown = reader.until("channel_add").await?;
    Ok(shown["payload"]["id"].as_str().unwrap_or_default().to_owned())
}
