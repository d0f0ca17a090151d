//! A channel of very many messages beside one of a thousand: what opening it, turning pages and returning cost.

use std::time::Duration;

use anyhow::Result;

use super::comparison::{Comparison, Unit, at_share, grouped};
use super::program::Program;
use super::town::{Size, Town, beginning, channel};
use super::window::Window;

/// Messages of the small channel.
const SMALL: u64 = 1_000;
/// Pages that are turned.
const PAGES: usize = 20;
/// How long nothing may be written before a page counts as drawn.
const DRAWN: Duration = Duration::from_millis(200);
const PAGE_UP: &str = "\x1b[5~";
/// Alt+End, to the newest message.
const BOTTOM: &str = "\x1b[1;3F";

/// Measures both, several times.
pub(super) async fn depths(table: &mut Comparison, large: u64, times: usize) -> Result<()> {
    // The client starts in the one in the middle.
    let town = Town::build(Size { last_messages: large, ..Size::of(3, SMALL, 3) }, true).await?;
    let mut sums = [0.0, 0.0];
    let names = [(1, SMALL), (3, large)];
    let mut figures: [[Vec<f64>; 3]; 2] = Default::default();
    for _ in 0..times {
        for (place, (number, messages)) in names.into_iter().enumerate() {
            let mut window = town.opens()?;
            window.shows(&town.newest()).await?;
            window.quiet(Duration::from_secs(1)).await;
            let costs = visits(&mut window, number, messages).await?;
            for (figures, cost) in figures[place].iter_mut().zip(costs) {
                figures.push(cost);
            }
            town.closes(window).await?;
        }
    }
    for (place, (_, messages)) in names.into_iter().enumerate() {
        for (what, figures) in ["opened", "20 pages up", "back to the newest"].into_iter().zip(&mut figures[place]) {
            let cost = at_share(figures, 0.5);
            sums[place] += cost;
            let what = format!("channel of {} messages, {what}: CPU", grouped(&messages.to_string()));
            table.put(Program::ChatTui, &what, Unit::Milliseconds, None, cost);
        }
    }
    let what = format!("all of that: {} messages against {SMALL}", grouped(&large.to_string()));
    table.put(Program::ChatTui, &what, Unit::Ratio, Some(1.2), sums[1] / sums[0]);
    Ok(())
}

/// Opens a channel, reads up in it and returns; gives the CPU time of each in milliseconds.
async fn visits(window: &mut Window, number: usize, messages: u64) -> Result<[f64; 3]> {
    let newest = beginning(messages, &channel(number));
    let start = window.usage()?;
    window.types(&format!("/join {}\r", channel(number)))?;
    window.shows(&newest).await?;
    window.quiet(DRAWN).await;
    let opened = window.usage()?;
    for _ in 0..PAGES {
        window.types(PAGE_UP)?;
        window.quiet(DRAWN).await;
    }
    window.hides(&newest).await?;
    let up = window.usage()?;
    window.types(BOTTOM)?;
    window.shows(&newest).await?;
    window.quiet(DRAWN).await;
    let back = window.usage()?;
    Ok([opened.cpu_ms_since(&start), up.cpu_ms_since(&opened), back.cpu_ms_since(&up)])
}
