//! chat-tui in a real terminal before a real daemon, and beside it weechat and irssi of Debian where they do the same.

mod away;
mod busy;
mod comparison;
mod depth;
mod irc;
mod memory;
mod narrow;
mod presence;
mod program;
mod quiet;
mod road;
mod slow;
mod speaker;
mod stage;
mod start;
mod terminal;
mod town;
mod usage;
mod window;

use anyhow::Result;
use clap::{Args, ValueEnum};

use comparison::Comparison;
use program::Program;

/// The client in a terminal of 120x36.
#[derive(Debug, Args)]
pub(crate) struct Screen {
    /// Only these; all when none is named
    #[arg(long, value_enum)]
    only: Vec<Scene>,
    /// Only these programs; chat-tui, and those of the others that are installed, when none is named
    #[arg(long, value_enum)]
    program: Vec<Program>,
    /// Starts of each kind, of which the median counts
    #[arg(long, default_value_t = 5)]
    times: usize,
    /// Seconds for which nothing happens, or for which members come and go
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Channels of the start with very many
    #[arg(long, default_value_t = 2_000)]
    channels: usize,
    /// Messages that are received for the memory that they take
    #[arg(long, default_value_t = 100_000)]
    messages: u64,
    /// Messages of the large channel
    #[arg(long, default_value_t = 1_000_000)]
    depth: u64,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Scene {
    /// From exec to the channel: here, with the server 200 ms away, with none
    Start,
    /// Nothing happens
    Idle,
    /// 1,000 messages a second for 10 seconds
    Flood,
    /// Typing meanwhile
    Echo,
    /// Bytes for one message, one key, one page
    Bytes,
    /// A terminal that takes 2,000 bytes a second
    Slow,
    /// Resident, and after very many messages
    Memory,
    /// The daemon away for a while
    Away,
    /// 200 members whose presence changes ten times a second
    Presence,
    /// A start with very many channels
    Many,
    /// A start over 1 Mbit/s with 200 channels
    Narrow,
    /// A channel of very many messages beside one of 1,000
    Depth,
}

impl Screen {
    pub(crate) async fn run(self) -> Result<()> {
        let programs = self.programs();
        let mut table = Comparison::default();
        for scene in Scene::value_variants() {
            if self.only.is_empty() || self.only.contains(scene) {
                self.plays(*scene, &mut table, &programs).await?;
            }
        }
        table.print();
        Ok(())
    }

    async fn plays(&self, scene: Scene, table: &mut Comparison, programs: &[Program]) -> Result<()> {
        println!("{scene:?}");
        match scene {
            Scene::Start => start::starts(table, programs, self.times).await,
            Scene::Idle => quiet::idles(table, programs, self.seconds).await,
            Scene::Flood => busy::floods(table, programs, 10).await,
            Scene::Echo => busy::echoes(table, programs).await,
            Scene::Bytes => quiet::single_things(table, programs).await,
            Scene::Slow => slow::slow_lines(table, programs, 30).await,
            Scene::Memory => memory::grows(table, programs, self.messages).await,
            // The others do not do the same.
            _ if !programs.contains(&Program::ChatTui) => Ok(()),
            Scene::Away => away::comes_back(table).await,
            Scene::Presence => presence::flaps(table, self.seconds).await,
            Scene::Narrow => narrow::narrow_links(table, 200).await,
            Scene::Depth => depth::depths(table, self.depth, self.times).await,
            Scene::Many => start::starts_with_many(table, self.channels, self.times).await,
        }
    }

    /// Gives the programs that are asked for and there.
    fn programs(&self) -> Vec<Program> {
        let mut programs = Vec::new();
        for program in Program::value_variants() {
            if !self.program.is_empty() && !self.program.contains(program) {
                continue;
            }
            if *program == Program::ChatTui || program.installed().is_file() {
                programs.push(*program);
            } else {
                println!("{} is not installed and left out", program.name());
            }
        }
        programs
    }
}
