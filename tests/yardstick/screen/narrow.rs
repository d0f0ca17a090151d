//! A start over a link of 1 Mbit/s, as of an old telephone: the first one, and one that knows what was read.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::comparison::{Comparison, Unit};
use super::program::Program;
use super::town::{Size, Town};

const BITS_PER_SECOND: u64 = 1_000_000;
/// One direction of the way.
const DELAY: Duration = Duration::from_millis(25);
/// Nothing more comes when nothing has come for so long.
const SILENCE: Duration = Duration::from_secs(3);
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Starts with so many channels.
pub(super) async fn narrow_links(table: &mut Comparison, channels: usize) -> Result<()> {
    let mut town = Town::build(Size::of(channels, 100, 21), false).await?;
    town.road.narrows(BITS_PER_SECOND);
    town.road.delays(DELAY);
    for case in ["first start", "again"] {
        let fresh = town.goes_on().await?;
        let before = town.road.bytes();
        let window = town.opens()?;
        let live = window.shows(&fresh).await?.saturating_duration_since(window.began);
        let everything = falls_silent(&town).await.saturating_duration_since(window.began);
        let bytes = town.road.bytes() - before;
        town.closes(window).await?;
        let what = |figure: &str| format!("1 Mbit/s, {channels} channels, {case}: {figure}");
        table.put(Program::ChatTui, &what("open channel live"), Unit::Seconds, Some(1.0), live.as_secs_f64());
        table.put(Program::ChatTui, &what("everything"), Unit::Seconds, None, everything.as_secs_f64());
        table.put(Program::ChatTui, &what("over the link"), Unit::Bytes, None, bytes as f64);
    }
    Ok(())
}

/// Waits until nothing goes over the road any more, and gives the moment of the last that did.
async fn falls_silent(town: &Town) -> Instant {
    let (mut bytes, mut last) = (town.road.bytes(), Instant::now());
    while last.elapsed() < SILENCE {
        tokio::time::sleep(LOOK_AGAIN).await;
        if town.road.bytes() != bytes {
            (bytes, last) = (town.road.bytes(), Instant::now());
        }
    }
    last
}
