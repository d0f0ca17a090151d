//! Rooms full of people, of whom the first of each sends, and what is found out on the way.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::daemon::Daemon;
use tests::client::wire::{Reader, Writer, is_message, number};

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
pub(crate) struct Member {
    pub(crate) reader: Reader,
    pub(crate) writer: Writer,
}

/// How the first member of each room sends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// Unanswered messages at most.
    pub(crate) window: usize,
    /// Messages.
    pub(crate) messages: u64,
    /// Messages a second; as many as go when `None`.
    pub(crate) rate: Option<f64>,
}

/// What a measurement found.
pub(crate) struct Figures {
    deliveries: u64,
    bytes: u64,
    out_of_order: u64,
    took: Duration,
    cpu: Duration,
    commits: u64,
    latencies_us: Vec<u64>,
}

impl Load {
    /// Lets the first member of each room send and all of them receive, until everything has arrived.
    pub(crate) async fn measure(&self, daemon: &Daemon, rooms: Vec<(String, Vec<Member>)>) -> Result<Figures> {
        let seen = Rc::new(RefCell::new(Seen::default()));
        let changed = seen.borrow().changed.clone();
        let mut expected = 0;
        let mut senders = Vec::new();
        let began = Instant::now();
        let cpu_before = daemon.cpu()?;
        let commits_before = daemon.figure("chatd_commits_total").await?;
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
        let commits = daemon.figure("chatd_commits_total").await? - commits_before;
        let mut seen = seen.borrow_mut();
        Ok(Figures {
            deliveries: seen.deliveries,
            bytes: seen.bytes,
            out_of_order: seen.out_of_order,
            took,
            cpu,
            commits,
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
    rate: Option<f64>,
    answered: Answered,
    began: Instant,
) -> Result<()> {
    let padding = "x".repeat(80);
    for number in 0..messages {
        while number - *answered.1.borrow() >= window {
            answered.0.notified().await;
        }
        if let Some(rate) = rate {
            let due = Duration::from_secs_f64(number as f64 / rate);
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

    /// Gives the bytes of a delivery, about.
    pub(crate) fn frame_bytes(&self) -> usize {
        (self.bytes / self.deliveries.max(1)) as usize
    }

    /// Gives the messages that were stored a second.
    pub(crate) fn messages_a_second(&self, messages: u64) -> f64 {
        messages as f64 / self.took.as_secs_f64()
    }

    /// Says how long sending to delivery took.
    pub(crate) fn latencies(&self) -> String {
        let mut latencies = self.latencies_us.clone();
        latencies.sort_unstable();
        percentiles(&latencies)
    }

    pub(crate) fn print(&self, messages: u64) {
        let seconds = self.took.as_secs_f64();
        println!(
            "  {} deliveries in {seconds:.2} s: {:.0} a second; {:.0} messages a second, {:.1} with each fsync",
            self.deliveries,
            self.deliveries as f64 / seconds,
            self.messages_a_second(messages),
            messages as f64 / self.commits.max(1) as f64,
        );
        println!(
            "  CPU of the daemon: {:.3} µs a delivery, {:.1} µs a message",
            self.per_delivery(),
            self.cpu.as_secs_f64() * 1e6 / messages as f64
        );
        println!("  sending to delivery: {}", self.latencies());
        println!("  in order and once: {}", if self.out_of_order == 0 { "yes" } else { "NO" });
    }
}

/// Writes sorted microseconds as percentiles in milliseconds.
pub(crate) fn percentiles(sorted: &[u64]) -> String {
    let at = |share: f64| sorted.get(((sorted.len() as f64 - 1.0) * share).round() as usize).copied().unwrap_or(0);
    let millis = |micros: u64| micros as f64 / 1e3;
    format!("p50 {:.2} ms, p99 {:.2} ms, p99.9 {:.2} ms", millis(at(0.5)), millis(at(0.99)), millis(at(0.999)))
}
