//! Two people answer each other: how long a lone message takes.

use std::time::Instant;

use anyhow::Result;
use clap::Args;
use serde_json::json;

use crate::daemon::Daemon;
use crate::fanout::percentiles;
use crate::http::account;
use crate::wire::{Reader, Writer, connect, is_message};

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
        let (alice, bob) = (account(&daemon.address, "alice").await?, account(&daemon.address, "bob").await?);
        let (mut alice_reads, mut alice_writes) = connect(&daemon.address, &alice, json!({"history": 0})).await?;
        let (mut bob_reads, mut bob_writes) = connect(&daemon.address, &bob, json!({"history": 0})).await?;
        let opened = alice_writes.ask(&mut alice_reads, "dm_open", &json!({"handle": bob.handle})).await?;
        let mut latencies = Vec::new();
        let before = daemon.cpu()?;
        for round in 0..self.rounds {
            latencies.push(one_way(&mut alice_writes, &mut bob_reads, &opened["id"], round).await?);
            latencies.push(one_way(&mut bob_writes, &mut alice_reads, &opened["id"], round).await?);
        }
        let cpu = daemon.cpu()? - before;
        latencies.sort_unstable();
        println!("direct conversation, one message at a time");
        println!("  sending to delivery: {}", percentiles(&latencies));
        println!("  CPU of the daemon: {:.1} µs a message", cpu.as_secs_f64() * 1e6 / latencies.len() as f64);
        println!("  one fdatasync of this disk: {:.3} ms", crate::disk::fdatasync_ms()?);
        Ok(())
    }
}

async fn one_way(from: &mut Writer, to: &mut Reader, id: &serde_json::Value, round: u64) -> Result<u64> {
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
