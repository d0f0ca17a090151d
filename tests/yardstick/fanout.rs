//! Messages to many: one channel with one sender, or many channels with a sender each.

use std::time::Duration;

use anyhow::Result;
use clap::Args;
use serde_json::json;

use crate::daemon::Daemon;
use crate::load::{Load, Member};
use crate::{disk, floor};
use tests::client::http::{Guest, guests};
use tests::client::wire::{connect, join};

/// How long presence and pictures may settle before the measurement.
const SETTLE: Duration = Duration::from_secs(2);
/// Connections that are opened at once.
const AT_ONCE: usize = 32;

/// One channel, one sender.
#[derive(Debug, Args)]
pub(crate) struct Fanout {
    /// Members of the channel, the sender included
    #[arg(long, default_value_t = 100)]
    members: usize,
    /// Messages that the sender has unanswered at most
    #[arg(long, default_value_t = 32)]
    window: usize,
    /// Messages that are measured
    #[arg(long, default_value_t = 5_000)]
    messages: u64,
    /// Messages per second; as many as go when left out
    #[arg(long)]
    rate: Option<f64>,
    /// Leave the floor and the half load out
    #[arg(long)]
    alone: bool,
}

/// Many channels, each with a sender.
#[derive(Debug, Args)]
pub(crate) struct Channels {
    /// Channels
    #[arg(long, default_value_t = 100)]
    channels: usize,
    /// Members of each, all of them different people
    #[arg(long, default_value_t = 10)]
    members: usize,
    /// Messages that each sender has unanswered at most
    #[arg(long, default_value_t = 4)]
    window: usize,
    /// Messages of each sender
    #[arg(long, default_value_t = 500)]
    messages: u64,
}

/// Many who send, each to hardly anybody.
#[derive(Debug, Args)]
pub(crate) struct Senders {
    /// Senders, each with a channel of its own
    #[arg(long, default_value_t = 100)]
    senders: usize,
    /// Members of each channel, the sender included
    #[arg(long, default_value_t = 1)]
    members: usize,
    /// Messages that each sender has unanswered at most
    #[arg(long, default_value_t = 32)]
    window: usize,
    /// Messages of each sender
    #[arg(long, default_value_t = 2_000)]
    messages: u64,
}

impl Fanout {
    pub(crate) async fn run(self) -> Result<()> {
        let load = Load { window: self.window, messages: self.messages, rate: self.rate };
        println!("channel of {}, {} in flight", self.members, self.window);
        let figures = self.measure(load).await?;
        figures.print(self.messages);
        if self.alone {
            return Ok(());
        }
        floor::measure(self.members, self.messages, figures.frame_bytes(), self.window)
            .await?
            .print(figures.per_delivery());
        let rate = figures.messages_a_second(self.messages) / 2.0;
        let half = Load { rate: Some(rate), ..load };
        println!("  at half of that, {rate:.0} messages a second: {}", self.measure(half).await?.latencies());
        Ok(())
    }

    async fn measure(&self, load: Load) -> Result<crate::load::Figures> {
        let daemon = Daemon::start().await?;
        let people = guests(&daemon.address, self.members).await?;
        let room = gather(&daemon.address, &people, "lobby").await?;
        tokio::time::sleep(SETTLE).await;
        load.measure(&daemon, vec![room]).await
    }
}

impl Channels {
    pub(crate) async fn run(self) -> Result<()> {
        let daemon = Daemon::start().await?;
        let rooms = rooms(&daemon, self.channels, self.members).await?;
        let load = Load { window: self.window, messages: self.messages, rate: None };
        let figures = load.measure(&daemon, rooms).await?;
        println!("{} channels of {}, {} in flight each", self.channels, self.members, self.window);
        let messages = self.messages * self.channels as u64;
        figures.print(messages);
        let floor = floor::measure(self.members, messages, figures.frame_bytes(), self.window).await?;
        floor.print(figures.per_delivery());
        Ok(())
    }
}

impl Senders {
    pub(crate) async fn run(self) -> Result<()> {
        let daemon = Daemon::start().await?;
        let rooms = rooms(&daemon, self.senders, self.members).await?;
        let load = Load { window: self.window, messages: self.messages, rate: None };
        let figures = load.measure(&daemon, rooms).await?;
        println!("{} senders, {} in flight each, channels of {}", self.senders, self.window, self.members);
        let messages = self.messages * self.senders as u64;
        figures.print(messages);
        let rate = figures.messages_a_second(messages);
        let (lean, whole) = (disk::Disk::default().messages_a_second()?, disk::Disk::default().all_rows_a_second()?);
        println!("  bare loop, groups of 32, durable: {lean:.0} messages a second (ratio {:.2})", rate / lean);
        println!("  the same with all rows of a message: {whole:.0} (ratio {:.2})", rate / whole);
        Ok(())
    }
}

/// Makes rooms of people who are in no other.
async fn rooms(daemon: &Daemon, count: usize, members: usize) -> Result<Vec<(String, Vec<Member>)>> {
    let people = guests(&daemon.address, count * members).await?;
    // Guests create no channels; these are made by one who may.
    let founder = tests::client::http::account(&daemon.address, "founder").await?;
    let (mut reader, mut writer) = connect(&daemon.address, &founder, json!({"history": 0})).await?;
    let mut rooms = Vec::new();
    for (number, people) in people.chunks(members).enumerate() {
        let name = format!("room-{number}");
        let id = join(&mut reader, &mut writer, &name).await?;
        rooms.push(gather(&daemon.address, people, &name).await?);
        writer.ask(&mut reader, "channel_leave", &json!({"id": id})).await?;
    }
    tokio::time::sleep(SETTLE).await;
    Ok(rooms)
}

/// Lets people connect and join a channel.
async fn gather(address: &str, people: &[Guest], name: &str) -> Result<(String, Vec<Member>)> {
    let mut members = Vec::with_capacity(people.len());
    let mut id = String::new();
    for some in people.chunks(AT_ONCE) {
        let mut tasks = Vec::new();
        for guest in some {
            let (address, guest, name) = (address.to_owned(), guest.clone(), name.to_owned());
            tasks.push(tokio::task::spawn_local(async move {
                let (mut reader, mut writer) = connect(&address, &guest, json!({"history": 0})).await?;
                let id = join(&mut reader, &mut writer, &name).await?;
                anyhow::Ok((id, Member { reader, writer }))
            }));
        }
        for task in tasks {
            let (joined, member) = task.await??;
            id = joined;
            members.push(member);
        }
    }
    Ok((id, members))
}
