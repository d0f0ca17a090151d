//! A daemon that is away for a while and comes back on the same address.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::comparison::{Comparison, Unit};
use super::program::Program;
use super::town::{Size, Town};

/// For how many seconds it is away.
const AWAY: [u64; 3] = [10, 17, 25];

/// How long after it listens again the client shows what is new.
pub(super) async fn comes_back(table: &mut Comparison) -> Result<()> {
    let mut town = Town::build(Size::of(1, 100, 21), true).await?;
    let window = town.opens()?;
    window.shows(&town.newest()).await?;
    for seconds in AWAY {
        window.quiet(Duration::from_secs(2)).await;
        town.daemon.kill().await?;
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        town.daemon.start_again().await?;
        let listening = Instant::now();
        town.speaker_comes_back().await?;
        let fresh = town.goes_on().await?;
        let took = window.shows(&fresh).await?.saturating_duration_since(listening);
        let what = format!("daemon away {seconds} s: back after it listens");
        table.put(Program::ChatTui, &what, Unit::Seconds, Some(2.0), took.as_secs_f64());
    }
    Ok(())
}
