//! What happens when nothing happens, and how much is written when a single thing does.

use std::time::Duration;

use anyhow::Result;

use super::comparison::{Comparison, Unit, at_share};
use super::program::Program;
use super::stage::Stage;
use super::window::Window;

/// Members who have left are offline after 15 s, which is drawn; nothing else is due then.
const SETTLE: Duration = Duration::from_secs(17);
/// How long nothing may be written before a change counts as drawn.
const DRAWN: Duration = Duration::from_millis(400);
/// Things of each kind.
const TIMES: usize = 9;
const PAGE_UP: &str = "\x1b[5~";
const PAGE_DOWN: &str = "\x1b[6~";

/// Nobody does anything.
pub(super) async fn idles(table: &mut Comparison, programs: &[Program], seconds: u64) -> Result<()> {
    for &program in programs {
        let mut stage = Stage::set(program).await?;
        stage.voice.leaves();
        stage.window.quiet(SETTLE).await;
        let (before, written) = (stage.window.usage()?, stage.window.written());
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        let (after, minutes) = (stage.window.usage()?, seconds as f64 / 60.0);
        let switches = (after.switches - before.switches) as f64 / minutes;
        let cpu = after.cpu_ms_since(&before) / minutes;
        let bytes = (stage.window.written().bytes - written.bytes) as f64 / minutes;
        table.put(program, "idle a minute: wake-ups", Unit::Count, Some(1.5), switches);
        table.put(program, "idle a minute: CPU", Unit::Milliseconds, Some(0.4), cpu);
        table.put(program, "idle a minute: to the terminal", Unit::Bytes, None, bytes);
    }
    Ok(())
}

/// One message comes, one key is pressed, one page is turned.
pub(super) async fn single_things(table: &mut Comparison, programs: &[Program]) -> Result<()> {
    for &program in programs {
        let mut stage = Stage::set(program).await?;
        stage.window.quiet(SETTLE).await;
        let mut figures = Vec::new();
        for _ in 0..TIMES {
            let before = stage.window.written().bytes;
            stage.voice.talks().await?;
            figures.push(drawn(&stage.window, before).await);
        }
        table.put(program, "to the terminal: message", Unit::Bytes, Some(300.0), at_share(&mut figures, 0.5));
        let keys = ["h", "e", "l", "l", "o", "y", "o", "u", "r"];
        let mut figures = presses(&mut stage.window, &keys).await?;
        table.put(program, "to the terminal: key", Unit::Bytes, Some(10.0), at_share(&mut figures, 0.5));
        stage.window.types(&"\x7f".repeat(keys.len()))?;
        stage.window.quiet(DRAWN).await;
        let mut figures = presses(&mut stage.window, &[PAGE_UP; 4]).await?;
        table.put(program, "to the terminal: page up", Unit::Bytes, Some(2_000.0), at_share(&mut figures, 0.5));
        let mut figures = presses(&mut stage.window, &[PAGE_DOWN; 3]).await?;
        table.put(program, "to the terminal: page down", Unit::Bytes, Some(2_000.0), at_share(&mut figures, 0.5));
    }
    Ok(())
}

async fn presses(window: &mut Window, keys: &[&str]) -> Result<Vec<f64>> {
    let mut figures = Vec::new();
    for key in keys {
        let before = window.written().bytes;
        window.types(key)?;
        figures.push(drawn(window, before).await);
    }
    Ok(figures)
}

/// Waits until all is drawn, and gives the bytes since.
async fn drawn(window: &Window, before: u64) -> f64 {
    window.quiet(DRAWN).await;
    (window.written().bytes - before) as f64
}
