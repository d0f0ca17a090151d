//! The yardstick: load on a real daemon over real sockets and its public protocol, and beside it the
//! floor, the least that any program could do. `docs/performance.md` says how to run it and keeps the
//! figures.
//!
//! The daemon (and the floor's server) runs on the first core, the load on the second, so that the
//! one does not take the other's time. The steadiest figure is the daemon's CPU time per delivery:
//! other programs on the machine do not change it.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "figures are the output of this program")]

mod daemon;
mod disk;
mod fanout;
mod feed;
mod files;
mod floor;
mod growth;
mod history;
mod idle;
mod load;
mod pingpong;
mod restart;
mod screen;
mod search;
mod signin;
mod storm;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Measures chatd and chat-tui.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// One channel, one sender with a window of unanswered messages
    Fanout(fanout::Fanout),
    /// Many channels, each with its own sender
    Channels(fanout::Channels),
    /// Many senders, each in a channel of its own, beside a bare loop that stores the same rows
    Senders(fanout::Senders),
    /// Two people answer each other in a direct conversation
    Pingpong(pingpong::Pingpong),
    /// Connections that do nothing: memory, joining, coming back all at once
    Idle(idle::Idle),
    /// Very many clients that come back at once and have missed nothing
    Storm(storm::Storm),
    /// A restart with a socket that stays: how those who were connected come back
    Restart(restart::Restart),
    /// Very many sign-ins at once, while two people talk
    Signin(signin::Signin),
    /// A million messages: starting, reading at any depth, reading while others write
    History(history::History),
    /// A million messages: indexing them, and finding words in them
    Search(search::Search),
    /// The home feed of somebody with 500 friends and 100,000 posts
    Feed(feed::Feed),
    /// A large file up and down by chat-tui, beside sha256sum, cp and sync, and curl from nginx
    Files(files::Files),
    /// Worlds of ever more accounts: starting, and what the requests of a client cost in them
    Growth(growth::Growth),
    /// chat-tui in a terminal, beside weechat and irssi
    Screen(screen::Screen),
    /// The same rows committed by a bare loop
    Disk(disk::Disk),
    /// The server of the floor; started by the other commands
    #[command(hide = true)]
    FloorServer(floor::FloorServer),
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::FloorServer(server) => server.run().map_err(Into::into),
        command => {
            daemon::use_core(daemon::LOAD_CORE);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let local = tokio::task::LocalSet::new();
            runtime.map_err(Into::into).and_then(|runtime| local.block_on(&runtime, run(command)))
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("yardstick: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Fanout(fanout) => fanout.run().await,
        Command::Channels(channels) => channels.run().await,
        Command::Senders(senders) => senders.run().await,
        Command::Pingpong(pingpong) => pingpong.run().await,
        Command::Idle(idle) => idle.run().await,
        Command::Storm(storm) => storm.run().await,
        Command::Restart(restart) => restart.run().await,
        Command::Signin(signin) => signin.run().await,
        Command::History(history) => history.run().await,
        Command::Search(search) => search.run().await,
        Command::Feed(feed) => feed.run().await,
        Command::Files(files) => files.run().await,
        Command::Growth(growth) => growth.run().await,
        Command::Screen(screen) => screen.run().await,
        Command::Disk(disk) => disk.run(),
        Command::FloorServer(_) => unreachable!("it needs no runtime"),
    }
}
