//! The three programs where they do the same: one opens a channel in which somebody else talks.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use tempfile::TempDir;

use super::irc::{Irc, WELCOME};
use super::program::Program;
use super::speaker::due;
use super::town::{Size, Town, beginning, channel, line};
use super::window::Window;

/// Messages in the channel before anything is measured: more than a screen.
const PAST: u64 = 200;
/// How long a program that has started is left alone.
const SETTLE: Duration = Duration::from_millis(1_500);

/// A program with a channel open, and who talks there.
pub(super) struct Stage {
    /// The terminal.
    pub(super) window: Window,
    /// Who talks.
    pub(super) voice: Voice,
}

/// Somebody else in the open channel.
pub(super) struct Voice {
    world: World,
    said: u64,
}

enum World {
    Town(Box<Town>),
    Irc { irc: Irc, _home: TempDir },
}

impl Stage {
    /// Starts a program and lets it open a channel with a past.
    pub(super) async fn set(program: Program) -> Result<Self> {
        let stage = if program == Program::ChatTui { Self::of_chat().await? } else { Self::of_irc(program).await? };
        stage.window.quiet(SETTLE).await;
        Ok(stage)
    }

    async fn of_chat() -> Result<Self> {
        let town = Town::build(Size::of(1, PAST, 21), true).await?;
        let window = town.opens()?;
        let stage = Self { window, voice: Voice { world: World::Town(Box::new(town)), said: PAST } };
        stage.shows_newest().await?;
        Ok(stage)
    }

    async fn of_irc(program: Program) -> Result<Self> {
        let irc = Irc::start().await?;
        let home = TempDir::with_prefix("yardstick-home-")?;
        let window = open_irc(program, home.path(), irc.port, 1)?;
        let mut stage = Self { window, voice: Voice { world: World::Irc { irc, _home: home }, said: WELCOME } };
        if program == Program::Irssi {
            stage.window.quiet(SETTLE).await;
            stage.window.types(&format!("/join #{}\r", channel(1)))?;
        }
        stage.shows_newest().await?;
        for _ in 0..PAST {
            stage.voice.talks().await?;
        }
        stage.shows_newest().await?;
        Ok(stage)
    }

    /// Waits until what was said last is shown.
    pub(super) async fn shows_newest(&self) -> Result<Instant> {
        self.window.shows(&beginning(self.voice.said, &channel(1))).await
    }
}

impl Voice {
    /// Says one more thing in the open channel.
    pub(super) async fn talks(&mut self) -> Result<()> {
        self.said += 1;
        match &mut self.world {
            World::Town(town) => town.talks().await,
            World::Irc { irc, .. } => irc.says(&format!("#{}", channel(1)), &line(self.said, &channel(1))),
        }
    }

    /// Says so many things a second as long as is wanted, which is asked with what was said before.
    pub(super) async fn talks_at(&mut self, rate: f64, mut wanted: impl FnMut(u64) -> bool) -> Result<()> {
        let began = Instant::now();
        let mut number = 0;
        while wanted(number) {
            due(began, number, rate).await;
            self.talks().await?;
            number += 1;
        }
        Ok(())
    }

    /// Falls silent for good.
    pub(super) fn leaves(&mut self) {
        if let World::Town(town) = &mut self.world {
            town.speaker.leaves();
        }
    }

    /// Gives the number of what was said last.
    pub(super) fn said(&self) -> u64 {
        self.said
    }
}

/// Starts weechat or irssi before a server; weechat joins the channels by itself.
pub(super) fn open_irc(program: Program, home: &Path, port: u16, channels: usize) -> Result<Window> {
    let folder = home.join("irc");
    std::fs::create_dir_all(&folder)?;
    let at = folder.display().to_string();
    if program == Program::Irssi {
        let server = format!("address = \"127.0.0.1\"; port = \"{port}\"; chatnet = \"y\"; autoconnect = \"yes\";");
        let network = "type = \"IRC\"; nick = \"watcher\";";
        let settings = format!("servers = ( {{ {server} }} );\nchatnets = {{ y = {{ {network} }}; }};\n");
        std::fs::write(folder.join("config"), settings)?;
        return Window::open(&program.installed(), home, &[format!("--home={at}")]);
    }
    let names = (1..=channels).map(|number| format!("#{}", channel(number))).collect::<Vec<_>>().join(",");
    let server = format!(
        "y.addresses = \"127.0.0.1/{port}\"\ny.autoconnect = on\ny.nicks = \"watcher\"\n\
                          y.anti_flood_prio_high = 0\ny.anti_flood_prio_low = 0"
    );
    std::fs::write(folder.join("irc.conf"), format!("[server]\n{server}\ny.autojoin = \"{names}\"\n"))?;
    Window::open(&program.installed(), home, &["-d", &at])
}
