//! Very many sign-ins at once, and what two people who talk meanwhile notice of it.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::Args;
use proto::http::Call;
use proto::http::endpoints::LogIn;
use serde_json::json;

use crate::daemon::Daemon;
use crate::load::percentiles;
use crate::pingpong::Table;
use tests::client::http::{Http, PASSWORD};

/// How often the daemon's memory is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// A flood of sign-ins, half of them with a wrong password.
#[derive(Debug, Args)]
pub(crate) struct Signin {
    /// Sign-ins
    #[arg(long, default_value_t = 1_000)]
    sign_ins: u64,
    /// Connections that sign in at once
    #[arg(long, default_value_t = 200)]
    at_once: u64,
}

impl Signin {
    pub(crate) async fn run(self) -> Result<()> {
        let daemon = Daemon::start().await?;
        let mut table = Table::set(&daemon).await?;
        let quiet = table.play(500).await?;
        let resident = daemon.resident_kib()?;

        let most = Rc::new(Cell::new(resident));
        let process = daemon.process()?;
        let looking = tokio::task::spawn_local({
            let most = most.clone();
            async move {
                while let Ok(now) = crate::daemon::resident_kib(process) {
                    most.set(most.get().max(now));
                    tokio::time::sleep(LOOK_EVERY).await;
                }
            }
        });
        let (began, before) = (Instant::now(), daemon.cpu()?);
        let flood = (0..self.at_once).map(|place| {
            let share = self.sign_ins / self.at_once + u64::from(place < self.sign_ins % self.at_once);
            tokio::task::spawn_local(sign_in(daemon.address.clone(), share))
        });
        let flood = flood.collect::<Vec<_>>();
        let mut during = Vec::new();
        while !flood.iter().all(tokio::task::JoinHandle::is_finished) {
            during.extend(table.play(1).await?);
        }
        let (took, cpu) = (began.elapsed(), daemon.cpu()? - before);
        looking.abort();
        let mut outcomes = [0; 3];
        for part in flood {
            outcomes.iter_mut().zip(part.await??).for_each(|(sum, part)| *sum += part);
        }
        during.sort_unstable();
        let [granted, refused, put_off] = outcomes;
        println!("{} sign-ins, {} at once, in {:.2} s", self.sign_ins, self.at_once, took.as_secs_f64());
        println!("  granted {granted}, refused {refused}, told to come back {put_off}");
        println!("  CPU of the daemon: {:.2} s", cpu.as_secs_f64());
        println!("  memory: {:.1} MiB above before at most", (most.get() - resident) as f64 / 1_024.0);
        println!("  two people talk before: {}", percentiles(&quiet));
        println!("  and meanwhile:          {}", percentiles(&during));
        Ok(())
    }
}

/// Signs in so often; counts who was let in, refused and put off.
async fn sign_in(address: String, count: u64) -> Result<[u64; 3]> {
    let mut http = Http::open(&address).await?;
    let mut outcomes = [0; 3];
    for number in 0..count {
        let password = if number % 2 == 0 { PASSWORD } else { "not the password" };
        let (status, reply) = http.post(LogIn::PATH, &json!({"handle": "alice", "password": password})).await?;
        match status {
            200 => outcomes[0] += 1,
            401 => outcomes[1] += 1,
            429 => outcomes[2] += 1,
            _ => bail!("{status}: {reply}"),
        }
    }
    Ok(outcomes)
}
