//! Messages to many: one channel with one sender, or many channels with a sender each.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::Args;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::daemon::Daemon;
use crate::floor;
use crate::http::{Guest, guests};
use crate::wire::{Reader, Writer, connect, is_message, join, number};

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
    rate: Option<u64>,
    /// Leave the floor out
    #[arg(long)]
    no_floor: bool,
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

/// What the receivers have seen.
#[derive(Default)]
struct Seen {
    deliveries: u64,
    out_of_order: u64,
    bytes: u64,
    latencies_us: Vec<u64>,
    changed: Rc<Notify>,
}

/// One member: where messages come in, and where they go out.
struct Member {
    reader: Reader,
    writer: Writer,
}

impl Fanout {
    pub(crate) async fn run(self) -> Result<()> {
        let daemon = Daemon::start().await?;
        let people = guests(&daemon.address, self.members).await?;
        let (id, members) = gather(&daemon.address, &people, "lobby").await?;
        tokio::time::sleep(SETTLE).await;
        let load = Load { window: self.window, messages: self.messages, rate: self.rate };
        let figures = load.measure(&daemon, vec![(id, members)]).await?;
        println!("channel of {}, {} in flight", self.members, self.window);
        figures.print(self.messages);
        if !self.no_floor {
            let floor = floor::measure(self.members, self.messages, figures.frame_bytes(), self.window).await?;
            floor.print(figures.per_delivery());
        }
        Ok(())
    }
}

impl Channels {
    pub(crate) async fn run(self) -> Result<()> {
        let daemon = Daemon::start().await?;
        let people = guests(&daemon.address, self.channels * self.members).await?;
        // Guests create no channels; these are made by one who may.
        let founder = crate::http::account(&daemon.address, "founder").await?;
        let (mut reader, mut writer) = connect(&daemon.address, &founder, json!({"history": 0})).await?;
        let mut rooms = Vec::new();
        for (number, people) in people.chunks(self.members).enumerate() {
            let name = format!("room-{number}");
            let id = join(&mut reader, &mut writer, &name).await?;
            rooms.push(gather(&daemon.address, people, &name).await?);
            writer.ask(&mut reader, "channel_leave", &json!({"id": id})).await?;
        }
        drop((reader, writer));
        tokio::time::sleep(SETTLE).await;
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

struct Load {
    window: usize,
    messages: u64,
    rate: Option<u64>,
}

/// What a measurement found.
pub(crate) struct Figures {
    deliveries: u64,
    bytes: u64,
    out_of_order: u64,
    took: Duration,
    cpu: Duration,
    latencies_us: Vec<u64>,
}

impl Load {
    /// Lets the first member of each room send and all of them receive, until everything has arrived.
    async fn measure(&self, daemon: &Daemon, rooms: Vec<(String, Vec<Member>)>) -> Result<Figures> {
        let seen = Rc::new(RefCell::new(Seen::default()));
        let changed = seen.borrow().changed.clone();
        let mut expected = 0;
        let mut senders = Vec::new();
        let began = Instant::now();
        let cpu_before = daemon.cpu()?;
        for (id, members) in rooms {
            expected += self.messages * members.len() as u64;
            let answered = Rc::new((Notify::new(), RefCell::new(0_u64)));
            for (place, member) in members.into_iter().enumerate() {
                let answered = (place == 0).then(|| answered.clone());
                tokio::task::spawn_local(receive(member.reader, seen.clone(), answered, began));
                if place == 0 {
                    senders.push((member.writer, id.clone()));
                } else {
                    // Held open until the process ends.
                    std::mem::forget(member.writer);
                }
            }
            let (writer, id) = senders.pop().expect("a room has members");
            let (window, messages, rate) = (self.window as u64, self.messages, self.rate);
            tokio::task::spawn_local(send(writer, id, window, messages, rate, answered, began));
        }
        loop {
            let before = seen.borrow().deliveries;
            if before >= expected {
                break;
            }
            let waited = tokio::time::timeout(Duration::from_secs(20), changed.notified()).await;
            if waited.is_err() && seen.borrow().deliveries == before {
                bail!("only {before} of {expected} deliveries came");
            }
        }
        let took = began.elapsed();
        let cpu = daemon.cpu()? - cpu_before;
        let mut seen = seen.borrow_mut();
        Ok(Figures {
            deliveries: seen.deliveries,
            bytes: seen.bytes,
            out_of_order: seen.out_of_order,
            took,
            cpu,
            latencies_us: std::mem::take(&mut seen.latencies_us),
        })
    }
}

type Answered = Rc<(Notify, RefCell<u64>)>;

async fn send(
    mut writer: Writer,
    id: String,
    window: u64,
    messages: u64,
    rate: Option<u64>,
    answered: Answered,
    began: Instant,
) -> Result<()> {
    let padding = "x".repeat(80);
    for number in 0..messages {
        while number - *answered.1.borrow() >= window {
            answered.0.notified().await;
        }
        if let Some(rate) = rate {
            let due = Duration::from_secs_f64(number as f64 / rate as f64);
            tokio::time::sleep(due.saturating_sub(began.elapsed())).await;
        }
        let content = format!("{} {padding}", began.elapsed().as_micros());
        let message: Value = json!({"content": content, "nonce": format!("n{number}")});
        writer.send("channel_message_add", &json!({"id": id, "message": message})).await?;
    }
    std::mem::forget(writer);
    Ok(())
}

async fn receive(mut reader: Reader, seen: Rc<RefCell<Seen>>, answered: Option<Answered>, began: Instant) {
    let mut next = None;
    loop {
        let now = began.elapsed().as_micros() as u64;
        while let Some(packet) = reader.ready() {
            if is_message(packet) {
                seen.borrow_mut().deliver(packet, &mut next, now);
            } else if let Some(answered) = answered.as_ref().filter(|_| packet.starts_with(b"{\"type\":\"ok\"")) {
                *answered.1.borrow_mut() += 1;
                answered.0.notify_one();
            }
        }
        seen.borrow().changed.notify_one();
        if reader.fill().await.is_err() {
            return;
        }
    }
}

impl Seen {
    /// Counts a message and checks that it is the one that comes next.
    fn deliver(&mut self, packet: &[u8], next: &mut Option<u64>, now: u64) {
        let index = number(packet, b"\"index\":").unwrap_or_default();
        self.out_of_order += u64::from(next.is_some_and(|next| next != index));
        *next = Some(index + 1);
        self.deliveries += 1;
        self.bytes += packet.len() as u64;
        // Some are enough, and the load's own core is busy.
        if self.deliveries.is_multiple_of(16) {
            let sent = number(packet, b"\"content\":\"").unwrap_or(now);
            self.latencies_us.push(now.saturating_sub(sent));
        }
    }
}

impl Figures {
    /// Gives the daemon's CPU time per delivery in microseconds.
    pub(crate) fn per_delivery(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.deliveries as f64
    }

    fn frame_bytes(&self) -> usize {
        (self.bytes / self.deliveries.max(1)) as usize
    }

    fn print(&self, messages: u64) {
        let seconds = self.took.as_secs_f64();
        println!(
            "  {} deliveries in {seconds:.2} s: {:.0} a second; {:.0} messages a second, each committed",
            self.deliveries,
            self.deliveries as f64 / seconds,
            messages as f64 / seconds
        );
        println!(
            "  CPU of the daemon: {:.3} µs a delivery, {:.1} µs a message",
            self.per_delivery(),
            self.cpu.as_secs_f64() * 1e6 / messages as f64
        );
        let mut latencies = self.latencies_us.clone();
        latencies.sort_unstable();
        println!("  sending to delivery: {}", percentiles(&latencies));
        println!("  in order and once: {}", if self.out_of_order == 0 { "yes" } else { "NO" });
    }
}

/// Writes sorted microseconds as percentiles in milliseconds.
pub(crate) fn percentiles(sorted: &[u64]) -> String {
    let at = |share: f64| sorted.get(((sorted.len() as f64 - 1.0) * share).round() as usize).copied().unwrap_or(0);
    let millis = |micros: u64| micros as f64 / 1e3;
    format!("p50 {:.2} ms, p99 {:.2} ms, p99.9 {:.2} ms", millis(at(0.5)), millis(at(0.99)), millis(at(0.999)))
}
