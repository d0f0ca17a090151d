//! The commands without a screen: for scripts, cron and CI. One line or one compact JSON object per
//! thing on standard output and nothing else there; why something failed on standard error.

mod account;
mod arguments;
mod ask;
mod change;
mod client;
mod commands;
mod enter;
mod files;
mod invite;
mod links;
mod members;
mod output;
mod people;
mod personal;
mod place;
mod react;
mod read;
mod room;
mod room_arguments;
mod search;
mod send;
mod tail;
pub mod target;
mod words;

use clap::Subcommand;

use crate::failure::Failure;
use crate::session::Session;
use commands::{AccountCommand, ChannelCommand, MessageCommand, PersonCommand};
pub use place::{Place, SessionNeed};

/// A command without a screen.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The account and its sessions here.
    #[command(flatten)]
    Account(AccountCommand),
    /// Channels to read, and messages.
    #[command(flatten)]
    Message(MessageCommand),
    /// The reader, and other people.
    #[command(flatten)]
    Person(PersonCommand),
    /// Channels and who is in them.
    #[command(flatten)]
    Channel(ChannelCommand),
}

impl Command {
    /// Tells whether the command takes what it works on from standard input.
    pub fn reads_stdin(&self) -> bool {
        let reads = |text: &Option<String>, file: bool| !file && text.as_deref().is_none_or(|text| text == "-");
        match self {
            Self::Message(MessageCommand::Send(send)) => {
                // Files say enough by themselves.
                reads(&send.text, send.file.is_some()) && (send.attach.is_empty() || send.text.is_some())
            }
            Self::Person(PersonCommand::Post(post)) => reads(&post.text, post.file.is_some()),
            _ => false,
        }
    }
}

/// Runs a command. `session` signs in as the flags say, or takes the kept session.
///
/// # Errors
/// Why it did not do what it should.
pub async fn run(
    command: Command,
    place: &Place<'_>,
    mut session: impl AsyncFnMut(SessionNeed) -> Result<Session, Failure>,
) -> Result<(), Failure> {
    match command {
        Command::Account(command) => command.run(place, &mut session).await,
        Command::Message(command) => command.run(place, &mut session).await,
        Command::Person(command) => command.run(place, &mut session).await,
        Command::Channel(command) => command.run(place, &mut session).await,
    }
}
