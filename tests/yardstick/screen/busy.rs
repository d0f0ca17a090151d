//! A thousand messages a second in the open channel: what drawing costs, and whether one can type meanwhile.

use std::cell::Cell;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::comparison::{Comparison, Unit, at_share};
use super::program::Program;
use super::stage::Stage;
use super::window::Window;

/// Messages a second.
const RATE: f64 = 1_000.0;
/// Keys whose echo is waited for.
const KEYS: usize = 200;
/// The time between an echo and the next key.
const BETWEEN_KEYS: Duration = Duration::from_millis(30);
/// What stands in the line all the time; each key adds a letter or takes it back.
pub(super) const TYPED: &str = "zq";
/// The same with the letter.
pub(super) const TYPED_MORE: &str = "zqx";
/// The key that takes a letter back.
pub(super) const BACKSPACE: &str = "\x7f";

/// CPU and frames while others talk.
pub(super) async fn floods(table: &mut Comparison, programs: &[Program], seconds: u64) -> Result<()> {
    for &program in programs {
        let mut stage = Stage::set(program).await?;
        let (before, written, began) = (stage.window.usage()?, stage.window.written(), Instant::now());
        stage.voice.talks_at(RATE, |number| number < seconds * RATE as u64).await?;
        stage.shows_newest().await?;
        let took = began.elapsed().as_secs_f64();
        let share = stage.window.usage()?.cpu_ms_since(&before) / 10.0 / took;
        let after = stage.window.written();
        let frames = (after.frames - written.frames) as f64 / took;
        let bytes = (after.bytes - written.bytes) as f64 / took;
        table.put(program, "1,000 messages/s: CPU of a core", Unit::Percent, Some(9.0), share);
        table.put(program, "1,000 messages/s: frames/s", Unit::Count, Some(60.0), frames.round());
        table.put(program, "1,000 messages/s: to the terminal each second", Unit::Bytes, None, bytes.round());
    }
    Ok(())
}

/// How long a key takes to be shown while others talk.
pub(super) async fn echoes(table: &mut Comparison, programs: &[Program]) -> Result<()> {
    for &program in programs {
        let Stage { mut window, mut voice } = Stage::set(program).await?;
        let is_done = Cell::new(false);
        let typing = async {
            let times = types(&mut window).await;
            is_done.set(true);
            times
        };
        let (times, talked) = tokio::join!(typing, voice.talks_at(RATE, |_| !is_done.get()));
        talked?;
        let mut times = times?;
        let (middle, nearly_all) = (at_share(&mut times, 0.5), at_share(&mut times, 0.99));
        table.put(program, "key to echo meanwhile, p50", Unit::Milliseconds, None, middle);
        table.put(program, "key to echo meanwhile, p99", Unit::Milliseconds, Some(5.0), nearly_all);
    }
    Ok(())
}

async fn types(window: &mut Window) -> Result<Vec<f64>> {
    window.types(TYPED)?;
    window.shows(TYPED).await?;
    let mut times = Vec::new();
    for number in 0..KEYS {
        let is_letter = number % 2 == 0;
        let echo = window.watch_for(move |screen| screen.contents().contains(TYPED_MORE) == is_letter);
        let began = Instant::now();
        window.types(if is_letter { &TYPED_MORE[TYPED.len()..] } else { BACKSPACE })?;
        let shown = window.found(echo, TYPED_MORE).await?;
        times.push(shown.saturating_duration_since(began).as_secs_f64() * 1e3);
        tokio::time::sleep(BETWEEN_KEYS).await;
    }
    Ok(times)
}
