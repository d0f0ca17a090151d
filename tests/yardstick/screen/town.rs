//! A daemon with channels, people and a past, in which chat-tui is at home.

use std::path::PathBuf;

use anyhow::{Result, bail};
use serde_json::json;
use tempfile::TempDir;
use tests::client::http::{Guest, PASSWORD, account};
use tests::client::wire::{connect, join};

use super::road::Road;
use super::speaker::Speaker;
use super::window::Window;
use crate::daemon::{Daemon, beside};

/// The account of who sits at the terminal.
const WATCHER: &str = "watcher";
/// Channels that one account makes; the daemon allows 500.
const FOUNDED: usize = 400;
/// The key that ends chat-tui.
const QUIT: &str = "\x11";

/// What there is in a town.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    /// Channels.
    pub(super) channels: usize,
    /// Messages in each.
    pub(super) messages: u64,
    /// Members of each: who founded it, who talks, who sits at the terminal, and others.
    pub(super) members: usize,
    /// Messages in the last channel.
    pub(super) last_messages: u64,
}

impl Size {
    /// A town whose channels are all alike.
    pub(super) fn of(channels: usize, messages: u64, members: usize) -> Self {
        Self { channels, messages, members, last_messages: messages }
    }
}

/// A daemon, who talks in it, and the home of chat-tui.
pub(super) struct Town {
    pub(super) daemon: Daemon,
    /// The way of chat-tui to the daemon.
    pub(super) road: Road,
    pub(super) speaker: Speaker,
    speaking: Guest,
    /// The ids of the channels, in the order of their names.
    pub(super) ids: Vec<String>,
    home: TempDir,
    program: PathBuf,
    is_direct: bool,
    /// The channel that is opened, counted from 1: the one in the middle.
    open: usize,
    /// What was said in it, the newest message's number.
    said: u64,
}

impl Town {
    /// Builds a town and signs the client in, whose screen has not been open yet.
    pub(super) async fn build(size: Size, is_direct: bool) -> Result<Self> {
        let daemon = Daemon::start().await?;
        let channels = (1..=size.channels).map(channel).collect::<Vec<_>>();
        found(&daemon.address, &channels).await?;
        let speaking = account(&daemon.address, "speaker").await?;
        let (mut speaker, ids) = Speaker::come(&daemon.address, &speaking, &channels).await?;
        for (id, name) in ids.iter().zip(&channels) {
            let is_last = Some(name) == channels.last();
            for number in 1..=if is_last { size.last_messages } else { size.messages } {
                speaker.says(id, &line(number, name)).await?;
            }
        }
        speaker.is_heard().await?;
        // Who joins now has nothing unread.
        populate(&daemon.address, &channels, size.members.saturating_sub(2)).await?;
        let road = Road::to(&daemon.address)?;
        let home = TempDir::with_prefix("yardstick-home-")?;
        let program = beside("chat-tui")?;
        let (open, said) = (size.channels / 2 + 1, size.messages);
        let town = Self { daemon, road, speaker, speaking, ids, home, program, is_direct, open, said };
        town.sign_in().await?;
        Ok(town)
    }

    async fn sign_in(&self) -> Result<()> {
        let mut command = tokio::process::Command::new(&self.program);
        command.args(["login", "--server", &self.server(), "--user", WATCHER, "--password", PASSWORD]);
        let done = command.env_clear().env("HOME", self.home.path()).output().await?;
        if !done.status.success() {
            bail!("no sign-in: {}", String::from_utf8_lossy(&done.stderr));
        }
        Ok(())
    }

    fn server(&self) -> String {
        let address = if self.is_direct { self.daemon.address.clone() } else { self.road.address() };
        format!("http://{address}")
    }

    /// Starts the client with the open channel.
    pub(super) fn opens(&self) -> Result<Window> {
        Window::open(&self.program, self.home.path(), &["--server", &self.server(), "--join", &channel(self.open)])
    }

    /// Ends a client in good order.
    pub(super) async fn closes(&self, window: Window) -> Result<()> {
        window.ends(QUIT).await
    }

    /// Gives the beginning of the newest message of the open channel, which stands nowhere else.
    pub(super) fn newest(&self) -> String {
        beginning(self.said, &channel(self.open))
    }

    /// Says one more thing in the open channel, and gives its beginning when it is stored.
    pub(super) async fn goes_on(&mut self) -> Result<String> {
        self.talks().await?;
        self.speaker.is_heard().await?;
        Ok(self.newest())
    }

    /// Says one more thing in the open channel and does not wait.
    pub(super) async fn talks(&mut self) -> Result<()> {
        self.said += 1;
        self.speaker.says(&self.ids[self.open - 1], &line(self.said, &channel(self.open))).await
    }

    /// Lets the speaker come back after the daemon was away.
    pub(super) async fn speaker_comes_back(&mut self) -> Result<()> {
        self.speaker = Speaker::come(&self.daemon.address, &self.speaking, &[]).await?.0;
        Ok(())
    }
}

/// Gives the name of a channel, counted from 1.
pub(super) fn channel(number: usize) -> String {
    format!("c{number:04}")
}

/// Gives a message of about 60 characters by its number and channel. No two that follow each other are alike, so that a
/// terminal cannot be spared much of a line.
pub(super) fn line(number: u64, channel: &str) -> String {
    const WORDS: [&str; 16] = [
        "quick", "brown", "fox", "jumps", "over", "lazy", "dog", "pack", "my", "box", "with", "five", "dozen",
        "liquor", "jugs", "sphinx",
    ];
    let mut line = beginning(number, channel);
    let mut state = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for _ in 0..8 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        line.push(' ');
        line.push_str(WORDS[(state >> 60) as usize]);
    }
    line
}

/// Gives how it begins.
pub(super) fn beginning(number: u64, channel: &str) -> String {
    format!("w{number:07} in {channel}")
}

/// Lets channels be made by as many accounts as that takes.
async fn found(address: &str, channels: &[String]) -> Result<()> {
    for (number, some) in channels.chunks(FOUNDED).enumerate() {
        let founder = account(address, &format!("founder{number}")).await?;
        Speaker::come(address, &founder, some).await?;
    }
    Ok(())
}

/// Lets members join all channels: who sits at the terminal, and others.
async fn populate(address: &str, channels: &[String], others: usize) -> Result<()> {
    let mut tasks = Vec::new();
    let handles = std::iter::once(WATCHER.to_owned()).chain((1..others).map(|number| format!("member{number}")));
    for handle in handles {
        // One after the other: each hash takes a core.
        let member = account(address, &handle).await?;
        let (address, channels) = (address.to_owned(), channels.to_vec());
        tasks.push(tokio::task::spawn_local(async move {
            let (mut reader, mut writer) = connect(&address, &member, json!({"history": 0, "members": 0})).await?;
            for channel in channels {
                join(&mut reader, &mut writer, &channel).await?;
            }
            anyhow::Ok(())
        }));
    }
    for task in tasks {
        task.await??;
    }
    Ok(())
}
