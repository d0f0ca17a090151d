//! The operator's commands. They ask the daemon that holds the data folder; without one they open the
//! store under its lock and do the same.

use std::io::{BufRead, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use clap::{Args, Subcommand};
use proto::{ChannelKind, Handle, InviteCode, Password, Timestamp};
use serde::Serialize;

use super::{Place, data_folder, keep_private, load, runtime, serve};
use crate::admin::{Channel, Invite, Reply, Request, Status, User, socket};
use crate::store::{Store, StoreOptions};
use crate::tls::Tls;
use crate::token::Tokens;

/// `chatd user`.
#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Make an account
    Add(NewPassword),
    /// Give an account another password and end its sessions
    Passwd(NewPassword),
    /// List the accounts
    List(Listing),
    /// Keep an account from being used and end its sessions
    Disable(Named),
    /// Let an account be used again
    Enable(Named),
    /// Delete an account: its messages stay, its handle is never given again
    Delete(Named),
    /// Give somebody who waits the account that they asked for
    Approve(Named),
    /// Forget somebody who waits for an account
    Reject(Named),
}

/// `chatd invite`.
#[derive(Debug, Subcommand)]
pub(super) enum InviteCommand {
    /// Make a code with which people make accounts
    Create(NewInvite),
    /// List the codes that are good
    List(Listing),
    /// Take a code back
    Revoke(WhichInvite),
}

/// `chatd invite create`.
#[derive(Debug, Args)]
pub(super) struct NewInvite {
    /// How many accounts it is good for
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    uses: u32,
    /// For how many days
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=365))]
    days: u32,
    #[command(flatten)]
    listing: Listing,
}

/// A command about one code.
#[derive(Debug, Args)]
pub(super) struct WhichInvite {
    /// The code
    code: InviteCode,
    #[command(flatten)]
    place: Place,
}

/// `chatd channel`.
#[derive(Debug, Subcommand)]
pub(super) enum ChannelCommand {
    /// List the channels, direct conversations too
    List(Listing),
    /// Delete a channel with everything that was said in it
    Delete(WhichChannel),
}

/// A command about one channel.
#[derive(Debug, Args)]
pub(super) struct WhichChannel {
    /// Its id, or its name if only one has it
    channel: String,
    #[command(flatten)]
    place: Place,
}

/// A command that lists something.
#[derive(Debug, Args)]
pub(super) struct Listing {
    #[command(flatten)]
    place: Place,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// A command about one account.
#[derive(Debug, Args)]
pub(super) struct Named {
    /// Whose account
    handle: Handle,
    #[command(flatten)]
    place: Place,
}

/// A command that sets a password; it is asked for on a terminal, else read from standard input.
#[derive(Debug, Args)]
pub(super) struct NewPassword {
    /// Whose account
    handle: String,
    /// File whose first line is the password
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Read the password from standard input even if that is a terminal
    #[arg(long, conflicts_with = "password_file")]
    password_stdin: bool,
    #[command(flatten)]
    place: Place,
}

/// `chatd check-config`.
#[derive(Debug, Args)]
pub(super) struct CheckConfig {
    /// Configuration file (TOML); only the environment when left out
    #[arg(long, value_name = "FILE", env = "CHATD_CONFIG")]
    config: Option<PathBuf>,
    /// The same without the flag
    #[arg(value_name = "FILE", conflicts_with = "config")]
    file: Option<PathBuf>,
}

pub(super) fn user(command: UserCommand) -> Result<()> {
    match command {
        UserCommand::Add(new) => {
            let password = new.password()?;
            let handle = new.handle.clone();
            done(&new.place, &Request::AddUser { handle, password }, &format!("{} can sign in", new.handle))
        }
        UserCommand::Passwd(new) => {
            let handle: Handle = new.handle.parse()?;
            let password = new.password()?;
            done(&new.place, &Request::SetPassword { handle, password }, "the password is set, all sessions ended")
        }
        UserCommand::List(listing) => match asked(&listing.place, &Request::ListUsers)? {
            Reply::Users(users) => print_all(&users, listing.json, user_line),
            _ => Err(strange()),
        },
        UserCommand::Disable(named) => {
            let words = format!("{} is disabled, all sessions ended", named.handle);
            done(&named.place, &Request::DisableUser { handle: named.handle }, &words)
        }
        UserCommand::Enable(named) => {
            let words = format!("{} is enabled", named.handle);
            done(&named.place, &Request::EnableUser { handle: named.handle }, &words)
        }
        UserCommand::Delete(named) => {
            let words = format!("{} is deleted", named.handle);
            done(&named.place, &Request::DeleteUser { handle: named.handle }, &words)
        }
        UserCommand::Approve(named) => {
            let words = format!("{} can sign in", named.handle);
            done(&named.place, &Request::ApproveUser { handle: named.handle }, &words)
        }
        UserCommand::Reject(named) => {
            let words = format!("{} waits no longer", named.handle);
            done(&named.place, &Request::RejectUser { handle: named.handle }, &words)
        }
    }
}

pub(super) fn invite(command: InviteCommand) -> Result<()> {
    let (listing, request) = match command {
        InviteCommand::Create(new) => {
            let for_s = new.days.saturating_mul(24 * 60 * 60);
            (new.listing, Request::CreateInvite { uses: new.uses, for_s })
        }
        InviteCommand::List(listing) => (listing, Request::ListInvites),
        InviteCommand::Revoke(which) => {
            let words = format!("{} is good for nothing any more", which.code);
            return done(&which.place, &Request::RevokeInvite { code: which.code }, &words);
        }
    };
    match asked(&listing.place, &request)? {
        Reply::Invites(invites) => print_all(&invites, listing.json, invite_line),
        _ => Err(strange()),
    }
}

pub(super) fn channel(command: ChannelCommand) -> Result<()> {
    match command {
        ChannelCommand::List(listing) => print_all(&channels(&listing.place)?, listing.json, channel_line),
        ChannelCommand::Delete(which) => {
            let channel = which.find()?;
            let words = format!("{} is deleted with {} messages", channel.name, channel.messages);
            done(&which.place, &Request::DeleteChannel { id: channel.id }, &words)
        }
    }
}

fn channels(place: &Place) -> Result<Vec<Channel>> {
    match asked(place, &Request::ListChannels)? {
        Reply::Channels(channels) => Ok(channels),
        _ => Err(strange()),
    }
}

impl WhichChannel {
    fn find(&self) -> Result<Channel> {
        let wanted = self.channel.trim_start_matches('#');
        let mut found = channels(&self.place)?;
        found.retain(|channel| {
            channel.id.as_str() == wanted || (channel.kind != ChannelKind::Dm && channel.name == wanted)
        });
        if found.len() > 1 {
            bail!("{} channels are called `{wanted}`: name one by its id, see `chatd channel list`", found.len());
        }
        found.pop().with_context(|| format!("there is no channel `{wanted}`"))
    }
}

pub(super) fn status(listing: Listing) -> Result<()> {
    match asked(&listing.place, &Request::Status)? {
        Reply::Status(status) => print_all(&[status], listing.json, status_lines),
        _ => Err(strange()),
    }
}

pub(super) fn check_config(arguments: CheckConfig) -> Result<()> {
    let file = arguments.config.or(arguments.file);
    let config = load(file.as_deref())?;
    serve::refuse_plain_http(&config, std::iter::empty())?;
    Tls::open(&config.tls)?;
    let place = file.map_or_else(|| "the environment (no file is named)".to_owned(), |file| file.display().to_string());
    Ok(writeln!(std::io::stdout(), "{place}: good")?)
}

/// Asks the daemon of a data folder, else does it here with the store opened under its lock.
fn asked(place: &Place, request: &Request) -> Result<Reply> {
    keep_private();
    let mut config = load(place.config.as_deref().or(of_the_service(place)))?;
    config.data = place.data.clone().or(config.data);
    let named = config.data.is_some();
    let folder = data_folder(&config)?;
    runtime()?.block_on(async {
        let running = socket::ask(&folder, request).await.context("cannot ask the running daemon")?;
        let answer = match running {
            Some(answer) => answer,
            None => {
                // A folder that is named wrongly, or not at all, is not made.
                let may_make = named && matches!(request, Request::AddUser { .. });
                if !folder.join(crate::store::DATABASE_FILE).exists() && !may_make {
                    return Err(anyhow!("there is no store in `{}`", folder.display()));
                }
                let opened = Store::open(&folder, StoreOptions::default())?;
                let tokens = Tokens::open(&folder).context("cannot use the key of the tokens")?;
                crate::operate(opened, tokens, config, request.clone()).await
            }
        };
        answer.map_err(|refusal| anyhow!("{}", refusal.reason))
    })
}

/// The settings of the daemon that runs as a service.
const SERVICE_CONFIG: &str = "/etc/chatd/chatd.toml";

/// Gives the settings of the service, where root names no others and there are some.
fn of_the_service(place: &Place) -> Option<&'static Path> {
    let path = Path::new(SERVICE_CONFIG);
    let meant = place.data.is_none() && rustix::process::geteuid().is_root() && path.exists();
    meant.then_some(path)
}

fn done(place: &Place, request: &Request, words: &str) -> Result<()> {
    match asked(place, request)? {
        Reply::Done => Ok(writeln!(std::io::stdout(), "{words}")?),
        _ => Err(strange()),
    }
}

fn strange() -> anyhow::Error {
    anyhow!("the daemon answered something else than was asked; is it of another version?")
}

impl NewPassword {
    fn password(&self) -> Result<Password> {
        if let Some(path) = &self.password_file {
            let secret =
                crate::secret::read(path, 65_536).with_context(|| format!("cannot use `{}`", path.display()))?;
            let text = String::from_utf8(secret).with_context(|| format!("`{}` is no UTF-8", path.display()))?;
            return Ok(Password::new(text.lines().next().unwrap_or_default()));
        }
        let mut stdin = std::io::stdin().lock();
        if stdin.is_terminal() && !self.password_stdin {
            drop(stdin);
            let first = rpassword::prompt_password(format!("Password of {}: ", self.handle))?;
            let again = rpassword::prompt_password("Once more: ")?;
            return if first == again { Ok(Password::new(first)) } else { Err(anyhow!("the two are not the same")) };
        }
        let mut line = String::new();
        stdin.by_ref().take(65_536).read_line(&mut line)?;
        Ok(Password::new(line.trim_end_matches(['\r', '\n'])))
    }
}

fn print_all<T: Serialize>(things: &[T], json: bool, in_words: impl Fn(&T) -> String) -> Result<()> {
    let mut out = std::io::stdout().lock();
    for thing in things {
        let line = if json { serde_json::to_string(thing)? } else { in_words(thing) };
        match writeln!(out, "{line}") {
            // Nobody reads on, as behind `head`.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(()),
            written => written?,
        }
    }
    Ok(())
}

fn user_line(user: &User) -> String {
    if user.state == "pending" {
        return format!("{:<32} {:<8} asked {}", user.handle.as_str(), user.state, in_words(user.created));
    }
    let seen = match (user.connections, user.last_seen) {
        (0, None) => "never connected".to_owned(),
        (0, Some(seen)) => format!("last seen {}", in_words(seen)),
        (1, _) => "1 connection".to_owned(),
        (connections, _) => format!("{connections} connections"),
    };
    format!("{:<32} {:<8} {:>3} sessions  {seen}", user.handle.as_str(), user.state, user.sessions)
}

fn invite_line(invite: &Invite) -> String {
    let accounts = if invite.uses_left == 1 { "account" } else { "accounts" };
    format!("{}  {} {accounts}, until {}", invite.code, invite.uses_left, in_words(invite.expires_at))
}

fn channel_line(channel: &Channel) -> String {
    let kind = match channel.kind {
        ChannelKind::Public => "public",
        ChannelKind::Private => "private",
        ChannelKind::Dm => "dm",
        ChannelKind::Wall => "wall",
        ChannelKind::Unknown => "?",
    };
    let owner = channel.owner.as_ref().map_or_else(String::new, |owner| format!("  owned by {owner}"));
    let (members, messages) = (channel.members, channel.messages);
    format!(
        "{:<26} {kind:<8} {:<32} {members:>6} members {messages:>9} messages{owner}",
        channel.id.as_str(),
        channel.name
    )
}

fn status_lines(status: &Status) -> String {
    let running = match (status.pid, status.started) {
        (Some(pid), Some(started)) => {
            format!(
                "running as process {pid} since {}\naddresses    {}{}",
                in_words(started),
                status.addresses.join(", "),
                status.key.as_ref().map_or_else(String::new, |key| format!("\nkey          {key}")),
            )
        }
        _ => "not running".to_owned(),
    };
    format!(
        "chatd {} is {running}\nconnections  {}\nonline       {}\naccounts     {}\nchannels     {}\nmessages     {}",
        status.version, status.connections, status.online, status.accounts, status.channels, status.messages
    )
}

/// Gives a moment as people and programs read it: RFC 3339, UTC, to the second.
fn in_words(moment: Timestamp) -> String {
    let since_1970 = std::time::Duration::from_millis(u64::try_from(moment.as_millis()).unwrap_or_default());
    humantime::format_rfc3339_seconds(std::time::UNIX_EPOCH + since_1970).to_string()
}
