//! `chatd user`: accounts, and sign-ups that wait for approval.

use std::io::{BufRead, IsTerminal, Read, Write};
use std::path::PathBuf;

use anyhow::{Context, Result, anyhow, bail};
use clap::{Args, Subcommand, ValueEnum};
use proto::http::Legacy;
use proto::{Handle, NameError, Password};

use super::Place;
use super::confirm::{Sure, count};
use super::operate::{ListArguments, Site, in_words, print_all};
use crate::admin::{Request, User, Weight};
use crate::source::{Source, Sources};

/// Handles in one request.
const HANDLES_AT_ONCE: usize = 200;

/// `chatd user`.
#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Create an account
    Add(NewPassword),
    /// Set a new password and end all sessions of the account
    Passwd(NewPassword),
    /// List all accounts and the sign-ups that wait for approval
    List(ListArguments),
    /// Disable an account; its sessions end and its invite codes are revoked
    Disable(OneHandle),
    /// Enable a disabled account
    Enable(OneHandle),
    /// Delete an account for good; its handle cannot be used again
    Delete(DeleteUser),
    /// List the sign-ups that wait for approval, with time and network
    Waiting(ListArguments),
    /// Approve sign-ups
    Approve(Approve),
    /// Reject sign-ups
    Reject(Reject),
}

/// A command about one account.
#[derive(Debug, Args)]
pub(super) struct OneHandle {
    /// Handle of the account
    #[arg(value_parser = handle)]
    handle: Handle,
    #[command(flatten)]
    place: Place,
}

/// A command that sets a password; it is asked for on a terminal, else read from standard input.
#[derive(Debug, Args)]
pub(super) struct NewPassword {
    /// Handle of the account
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

/// `chatd user delete`.
#[derive(Debug, Args)]
pub(super) struct DeleteUser {
    /// Handle of the account
    #[arg(value_parser = handle)]
    handle: Handle,
    /// What happens to its messages
    #[arg(long, value_enum, default_value_t = Content::Keep)]
    content: Content,
    #[command(flatten)]
    sure: Sure,
    #[command(flatten)]
    place: Place,
}

/// What happens to an account's messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Content {
    /// Keep them under the name `deleted-…`
    Keep,
    /// Delete them, and its reactions
    Remove,
}

/// `chatd user approve`.
#[derive(Debug, Args)]
pub(super) struct Approve {
    /// Handles
    #[arg(required = true, value_parser = handle)]
    handles: Vec<Handle>,
    #[command(flatten)]
    place: Place,
}

/// `chatd user reject`.
#[derive(Debug, Args)]
pub(super) struct Reject {
    /// Handles
    #[arg(required_unless_present_any = ["all", "from"], value_parser = handle)]
    handles: Vec<Handle>,
    /// Reject all sign-ups; asks first, unless --yes is given
    #[arg(long, conflicts_with_all = ["handles", "from"])]
    all: bool,
    /// Reject all from a network (192.0.2.7, 2001:db8::/48) or from a user of this machine (uid:1000, or local where that is
    /// not known); asks first, unless --yes is given
    #[arg(long, value_name = "NETWORK", conflicts_with = "handles")]
    from: Option<Sources>,
    #[command(flatten)]
    sure: Sure,
    #[command(flatten)]
    place: Place,
}

/// Reads a handle, with or without `@`.
pub(super) fn handle(text: &str) -> Result<Handle, NameError> {
    text.strip_prefix('@').unwrap_or(text).parse()
}

pub(super) fn user(command: UserCommand) -> Result<()> {
    match command {
        UserCommand::Add(new) => {
            let password = new.password()?;
            let words = format!("{} can sign in", new.handle);
            Site::of(&new.place)?.does(&Request::AddUser { handle: new.handle, password }, &words)
        }
        UserCommand::Passwd(new) => {
            let handle = handle(&new.handle)?;
            let password = new.password()?;
            let request = Request::SetPassword { handle, password };
            Site::of(&new.place)?.does(&request, "password set, all sessions ended")
        }
        UserCommand::List(listing) => print_all(&users(&listing.site()?)?, listing.json, line),
        UserCommand::Waiting(listing) => print_all(&waiting(&listing.site()?)?, listing.json, line),
        UserCommand::Disable(named) => {
            let words = format!("{} disabled, all sessions ended", named.handle);
            Site::of(&named.place)?.does(&Request::DisableUser { handle: named.handle }, &words)
        }
        UserCommand::Enable(named) => {
            let words = format!("{} enabled", named.handle);
            Site::of(&named.place)?.does(&Request::EnableUser { handle: named.handle }, &words)
        }
        UserCommand::Delete(delete) => delete.run(),
        UserCommand::Approve(approve) => {
            decide(&Site::of(&approve.place)?, approve.handles, "can sign in", |handles| Request::ApproveUsers {
                handles,
            })
        }
        UserCommand::Reject(reject) => reject.run(),
    }
}

impl DeleteUser {
    fn run(self) -> Result<()> {
        self.sure.check()?;
        let site = Site::of(&self.place)?;
        let weight = site.asks::<Weight>(&Request::WeighUser { handle: self.handle.clone() })?;
        let messages = match self.content {
            Content::Keep => format!("{} stay under the name `deleted-…`", count(weight.messages, "message")),
            Content::Remove => format!("{} are deleted", count(weight.messages, "message")),
        };
        let mut question = format!(
            "Delete the account of {}? It leaves {}, {messages}",
            self.handle,
            count(weight.channels, "channel")
        );
        if weight.wall_messages > 0 {
            question += &format!(", its wall is deleted with {}", count(weight.wall_messages, "message"));
        }
        if weight.channels_ending > 0 {
            let channels = count(weight.channels_ending, "private channel");
            question += &format!(", and {channels} without another member who can sign in are deleted");
        }
        self.sure.ask(&format!("{question}. The handle cannot be used again."))?;
        let content = match self.content {
            Content::Keep => Legacy::Keep,
            Content::Remove => Legacy::Remove,
        };
        let words = format!("{} deleted", self.handle);
        site.does(&Request::DeleteUser { handle: self.handle, content }, &words)
    }
}

impl Reject {
    fn run(self) -> Result<()> {
        let reject = |handles| Request::RejectUsers { handles };
        if !self.handles.is_empty() {
            return decide(&Site::of(&self.place)?, self.handles, "waits no longer", reject);
        }
        self.sure.check()?;
        let site = Site::of(&self.place)?;
        let handles = waiting(&site)?.into_iter().filter(|user| self.means(user)).map(|user| user.handle);
        let handles = handles.collect::<Vec<_>>();
        if !handles.is_empty() {
            self.sure.ask(&format!("Reject {} that wait for approval?", count(handles.len() as u64, "sign-up")))?;
        }
        let mut rejected = 0;
        for part in handles.chunks(HANDLES_AT_ONCE) {
            rejected += decided(&site, &reject(part.to_vec()))?.len() as u64;
        }
        Ok(writeln!(std::io::stdout(), "{} rejected", count(rejected, "sign-up"))?)
    }

    fn means(&self, user: &User) -> bool {
        let source = user.from.as_ref().and_then(|from| from.parse::<Source>().ok());
        self.from.is_none_or(|from| source.is_some_and(|source| from.contains(&source)))
    }
}

fn users(site: &Site) -> Result<Vec<User>> {
    site.asks(&Request::ListUsers)
}

fn waiting(site: &Site) -> Result<Vec<User>> {
    Ok(users(site)?.into_iter().filter(|user| user.state == "pending").collect())
}

/// Approves or rejects sign-ups and prints them; names those that do not wait at the end.
fn decide(site: &Site, handles: Vec<Handle>, words: &str, request: impl Fn(Vec<Handle>) -> Request) -> Result<()> {
    let mut others = Vec::new();
    for part in handles.chunks(HANDLES_AT_ONCE) {
        let decided = decided(site, &request(part.to_vec()))?;
        for handle in &decided {
            writeln!(std::io::stdout(), "{handle} {words}")?;
        }
        others.extend(part.iter().filter(|handle| !decided.contains(handle)));
    }
    match &others[..] {
        [] => Ok(()),
        others => {
            let others = others.iter().map(|handle| format!("`{handle}`")).collect::<Vec<_>>().join(", ");
            bail!("no sign-up waits for approval as {others}")
        }
    }
}

fn decided(site: &Site, request: &Request) -> Result<Vec<Handle>> {
    site.asks(request)
}

impl NewPassword {
    fn password(&self) -> Result<Password> {
        if let Some(path) = &self.password_file {
            let secret =
                crate::secret::read(path, 65_536).with_context(|| format!("cannot use `{}`", path.display()))?;
            let text = String::from_utf8(secret).with_context(|| format!("`{}` is not UTF-8", path.display()))?;
            return Ok(Password::new(text.lines().next().unwrap_or_default()));
        }
        let mut stdin = std::io::stdin().lock();
        if stdin.is_terminal() && !self.password_stdin {
            drop(stdin);
            let first = rpassword::prompt_password(format!("Password of {}: ", self.handle))?;
            let again = rpassword::prompt_password("Repeat the password: ")?;
            return if first == again { Ok(Password::new(first)) } else { Err(anyhow!("the passwords differ")) };
        }
        let mut line = String::new();
        stdin.by_ref().take(65_536).read_line(&mut line)?;
        Ok(Password::new(line.trim_end_matches(['\r', '\n'])))
    }
}

fn line(user: &User) -> String {
    if user.state == "pending" {
        let from = user.from.as_deref().unwrap_or("?");
        return format!("{:<32} {:<8} asked {} from {from}", user.handle.as_str(), user.state, in_words(user.created));
    }
    let seen = match (user.connections, user.last_seen) {
        // When somebody was here last is known some seconds after they have gone.
        (0, None) if user.sessions > 0 => "not connected now".to_owned(),
        (0, None) => "never connected".to_owned(),
        (0, Some(seen)) => format!("last seen {}", in_words(seen)),
        (1, _) => "1 connection".to_owned(),
        (connections, _) => format!("{connections} connections"),
    };
    let sessions = if user.sessions == 1 { "session " } else { "sessions" };
    format!("{:<32} {:<8} {:>3} {sessions}  {seen}", user.handle.as_str(), user.state, user.sessions)
}
