//! Members in view whose presence changes all the time.

use std::time::{Duration, Instant};

use anyhow::Result;
use tests::client::http::account;

use super::comparison::{Comparison, Unit};
use super::program::Program;
use super::speaker::{Speaker, due};
use super::town::{Size, Town, channel};

/// Members whose presence changes.
const MEMBERS: usize = 200;
/// Changes a second, of all together.
const RATE: f64 = 10.0;
/// How long everybody's coming may settle.
const SETTLE: Duration = Duration::from_secs(3);

/// Lets one after the other go away and come back for some seconds.
pub(super) async fn flaps(table: &mut Comparison, seconds: u64) -> Result<()> {
    let town = Town::build(Size::of(1, 100, 3), true).await?;
    let mut members = Vec::new();
    for number in 0..MEMBERS {
        let member = account(&town.daemon.address, &format!("flapping{number}")).await?;
        members.push(Speaker::come(&town.daemon.address, &member, &[channel(1)]).await?.0);
    }
    let window = town.opens()?;
    window.shows(&town.newest()).await?;
    window.quiet(SETTLE).await;
    let (usage, written, began) = (window.usage()?, window.written(), Instant::now());
    for number in 0..(seconds as f64 * RATE) as u64 {
        due(began, number, RATE).await;
        let (round, place) = (number as usize / MEMBERS, number as usize % MEMBERS);
        members[place].shows_presence(if round.is_multiple_of(2) { "away" } else { "online" }).await?;
    }
    let (after, minutes) = (window.written(), began.elapsed().as_secs_f64() / 60.0);
    let frames = (after.frames - written.frames) as f64 / minutes;
    let bytes = (after.bytes - written.bytes) as f64 / minutes;
    let cpu = window.usage()?.cpu_ms_since(&usage) / minutes;
    let what = |figure: &str| format!("presence of {MEMBERS} members flapping 10/s, a minute: {figure}");
    table.put(Program::ChatTui, &what("frames"), Unit::Count, Some(60.0), frames.round());
    table.put(Program::ChatTui, &what("to the terminal"), Unit::Bytes, None, bytes.round());
    table.put(Program::ChatTui, &what("CPU"), Unit::Milliseconds, None, cpu);
    Ok(())
}
