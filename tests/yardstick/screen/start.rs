//! From exec to what is shown: on this machine, with a server far away, with none, with very many channels.

use std::time::{Duration, Instant};

use anyhow::Result;
use tempfile::TempDir;

use super::comparison::{Comparison, Unit, at_share, grouped};
use super::irc::{Irc, WELCOME};
use super::program::Program;
use super::stage::open_irc;
use super::town::{Size, Town, beginning, channel};
use super::window::Window;

/// How long a client is left alone before it is closed.
const SETTLE: Duration = Duration::from_millis(700);
/// One direction of the way to a server that is far.
const FAR: Duration = Duration::from_millis(100);
/// How long one looks at a client whose server is down.
const PATIENCE: Duration = Duration::from_secs(3);
/// The goal for anything that is there from the store.
const FROM_STORE_MS: f64 = 15.0;

/// Starts with 1 and with 200 channels.
pub(super) async fn starts(table: &mut Comparison, programs: &[Program], times: usize) -> Result<()> {
    for channels in [1, 200] {
        let what = |case: &str| format!("exec to channel shown, channels {channels}, {case}");
        if programs.contains(&Program::ChatTui) {
            let mut town = Town::build(Size::of(channels, 100, 21), false).await?;
            kept(&town).await?;
            near(table, &mut town, &what("here"), times).await?;
            far(table, &mut town, &what("server 200 ms away"), times).await?;
            down(table, &town, &what("server down"), times).await?;
        }
        if programs.contains(&Program::Weechat) {
            weechat(table, channels, &what("here"), times).await?;
        }
    }
    Ok(())
}

/// Starts with very many channels: the first time, and again.
pub(super) async fn starts_with_many(table: &mut Comparison, channels: usize, times: usize) -> Result<()> {
    let mut town = Town::build(Size::of(channels, 100, 21), true).await?;
    for (case, times) in [("first start", 1), ("again", times)] {
        let (mut shown, mut resident, mut cpu) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..times {
            let fresh = town.goes_on().await?;
            let window = town.opens()?;
            shown.push(millis(window.began, window.shows(&fresh).await?));
            window.quiet(Duration::from_secs(2)).await;
            let usage = window.usage()?;
            resident.push(usage.resident_mib());
            cpu.push(usage.cpu.as_secs_f64() * 1e3);
            town.closes(window).await?;
        }
        let goals = if case == "again" { (Some(50.0), Some(30.0)) } else { (None, None) };
        let what = |figure: &str| format!("{} channels, {case}: {figure}", grouped(&channels.to_string()));
        let own = Program::ChatTui;
        table.put(own, &what("named channel live"), Unit::Milliseconds, goals.0, at_share(&mut shown, 0.5));
        table.put(own, &what("resident"), Unit::Mebibytes, goals.1, at_share(&mut resident, 0.5));
        table.put(own, &what("CPU"), Unit::Milliseconds, None, at_share(&mut cpu, 0.5));
    }
    Ok(())
}

/// Opens the client once, so that it has kept what it keeps.
async fn kept(town: &Town) -> Result<()> {
    let window = town.opens()?;
    window.shows(&town.newest()).await?;
    leave(town, window).await
}

async fn leave(town: &Town, window: Window) -> Result<()> {
    window.quiet(SETTLE).await;
    town.closes(window).await
}

async fn near(table: &mut Comparison, town: &mut Town, what: &str, times: usize) -> Result<()> {
    let (mut shown, mut cpu) = (Vec::new(), Vec::new());
    for _ in 0..times {
        let old = town.newest();
        let fresh = town.goes_on().await?;
        let window = town.opens()?;
        shown.push(millis(window.began, window.shows(&old).await?));
        window.shows(&fresh).await?;
        window.quiet(SETTLE).await;
        cpu.push(window.usage()?.cpu.as_secs_f64() * 1e3);
        town.closes(window).await?;
    }
    table.put(Program::ChatTui, what, Unit::Milliseconds, Some(FROM_STORE_MS), at_share(&mut shown, 0.5));
    table.put(Program::ChatTui, &format!("{what}: CPU"), Unit::Milliseconds, None, at_share(&mut cpu, 0.5));
    Ok(())
}

async fn far(table: &mut Comparison, town: &mut Town, what: &str, times: usize) -> Result<()> {
    town.road.delays(FAR);
    let (mut shown, mut live) = (Vec::new(), Vec::new());
    for _ in 0..times {
        let old = town.newest();
        let fresh = town.goes_on().await?;
        let window = town.opens()?;
        shown.push(millis(window.began, window.shows(&old).await?));
        live.push(millis(window.began, window.shows(&fresh).await?));
        leave(town, window).await?;
    }
    town.road.delays(Duration::ZERO);
    let round_trips = 3.0 * 2.0 * FAR.as_secs_f64() * 1e3;
    table.put(Program::ChatTui, what, Unit::Milliseconds, Some(FROM_STORE_MS), at_share(&mut shown, 0.5));
    let what = format!("{what}: what is new");
    table.put(Program::ChatTui, &what, Unit::Milliseconds, Some(round_trips), at_share(&mut live, 0.5));
    Ok(())
}

async fn down(table: &mut Comparison, town: &Town, what: &str, times: usize) -> Result<()> {
    town.road.blocks(true);
    let mut shown = Vec::new();
    for _ in 0..times {
        let window = town.opens()?;
        let found = tokio::time::timeout(PATIENCE, window.watch(&town.newest())).await;
        shown.push(found.map_or(f64::INFINITY, |found| found.map_or(f64::INFINITY, |at| millis(window.began, at))));
        leave(town, window).await?;
    }
    town.road.blocks(false);
    table.put(Program::ChatTui, what, Unit::Milliseconds, Some(FROM_STORE_MS), at_share(&mut shown, 0.5));
    Ok(())
}

/// Joins the channels and shows the last of them.
async fn weechat(table: &mut Comparison, channels: usize, what: &str, times: usize) -> Result<()> {
    let irc = Irc::start().await?;
    let (mut shown, mut cpu) = (Vec::new(), Vec::new());
    for _ in 0..times {
        let home = TempDir::with_prefix("yardstick-home-")?;
        let window = open_irc(Program::Weechat, home.path(), irc.port, channels)?;
        shown.push(millis(window.began, window.shows(&beginning(WELCOME, &channel(channels))).await?));
        window.quiet(SETTLE).await;
        cpu.push(window.usage()?.cpu.as_secs_f64() * 1e3);
    }
    table.put(Program::Weechat, what, Unit::Milliseconds, None, at_share(&mut shown, 0.5));
    table.put(Program::Weechat, &format!("{what}: CPU"), Unit::Milliseconds, None, at_share(&mut cpu, 0.5));
    Ok(())
}

fn millis(began: Instant, at: Instant) -> f64 {
    at.saturating_duration_since(began).as_secs_f64() * 1e3
}
