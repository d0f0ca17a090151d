//! Two people answer each other: how long a lone message takes.

use std::time::Instant;

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};

use crate::daemon::Daemon;
use crate::load::percentiles;
use tests::client::http::account;
use tests::client::wire::{Reader, Writer, connect, is_message};

/// A direct conversation.
#[derive(Debug, Args)]
pub(crate) struct Pingpong {
    /// Messages of each
    #[arg(long, default_value_t = 1_000)]
    rounds: u64,
}

impl Pingpong {
    pub(crate) async fn run(self) -> Result<()> {
        let daemon = Daemon::start().await?;
        let mut table = Table::set(&daemon).await?;
        let before = daemon.cpu()?;
        let latencies = table.play(self.rounds).await?;
        let cpu = daemon.cpu()? - before;
        println!("direct conversation, one message at a time");
        println!("  sending to delivery: {}", percentiles(&latencies));
        println!("  CPU of the daemon: {:.1} µs a message", cpu.as_secs_f64() * 1e6 / latencies.len() as f64);
        println!("  one fdatasync of this disk: {:.3} ms", crate::disk::fdatasync_ms()?);
        Ok(())
    }
}

/// Two people in a direct conversation.
pub(crate) struct Table {
    alice: (Reader, Writer),
    bob: (Reader, Writer),
    conversation: Value,
    rounds: u64,
}

impl Table {
    pub(crate) async fn set(daemon: &Daemon) -> Result<Self> {
        let (alice, bob) = (account(&daemon.address, "alice").await?, account(&daemon.address, "bob").await?);
        let handle = bob.handle.clone();
        let mut alice = connect(&daemon.address, &alice, json!({"history": 0})).await?;
        let bob = connect(&daemon.address, &bob, json!({"history": 0})).await?;
        let opened = alice.1.ask(&mut alice.0, "dm_open", &json!({"handle": handle})).await?;
        Ok(Self { alice, bob, conversation: opened["id"].clone(), rounds: 0 })
    }

    /// Lets them answer each other so often; gives what each message took in microseconds, sorted.
    pub(crate) async fn play(&mut self, rounds: u64) -> Result<Vec<u64>> {
        let mut latencies = Vec::new();
        for _ in 0..rounds {
            self.rounds += 1;
            let (alice, bob, id, round) = (&mut self.alice, &mut self.bob, &self.conversation, self.rounds);
            latencies.push(one_way(&mut alice.1, &mut bob.0, id, round).await?);
            latencies.push(one_way(&mut bob.1, &mut alice.0, id, round).await?);
        }
        latencies.sort_unstable();
        Ok(latencies)
    }
}

async fn one_way(from: &mut Writer, to: &mut Reader, id: &Value, round: u64) -> Result<u64> {
    let began = Instant::now();
    let message = json!({"content": "ping, or is it pong?", "nonce": format!("n{round}")});
    from.send("channel_message_add", &json!({"id": id, "message": message})).await?;
    let nonce_of_others = format!("n{round}");
    loop {
        let packet = to.next().await?;
        // One's own message comes back with its nonce; the other's has none.
        let own = packet.windows(nonce_of_others.len() + 9).any(|window| window.starts_with(b"\"nonce\":\""));
        if is_message(packet) && !own {
            return Ok(began.elapsed().as_micros() as u64);
        }
    }
}
