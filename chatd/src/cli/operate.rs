//! The operator's commands. They ask the daemon that holds the data folder; without one they open the
//! store under its lock and do the same.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use clap::{Args, Subcommand};
use proto::{ErrorReply, InviteCode, Timestamp};
use serde::Serialize;

use super::owner::become_owner;
use super::{Place, data_folder, keep_private, load, runtime, serve};
use crate::admin::{AdminReply, FileBounds, Invite, ReplyPayload, Request, Status, socket};
use crate::config::{Bucket, Config};
use crate::files::find_bucket;
use crate::store::{Store, StoreOptions};
use crate::tls::Tls;
use crate::token::Tokens;

/// `chatd invite`.
#[derive(Debug, Subcommand)]
pub(super) enum InviteCommand {
    /// Create an invite code for registration
    Create(NewInvite),
    /// List the valid invite codes
    List(ListArguments),
    /// Revoke an invite code
    Revoke(WhichInvite),
}

/// `chatd invite create`.
#[derive(Debug, Args)]
pub(super) struct NewInvite {
    /// How many accounts can be created with the code
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    uses: u32,
    /// How many days the code is valid
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=365))]
    days: u32,
    #[command(flatten)]
    listing: ListArguments,
}

/// A command about one code.
#[derive(Debug, Args)]
pub(super) struct WhichInvite {
    /// The code
    code: InviteCode,
    #[command(flatten)]
    place: Place,
}

/// A command that lists something.
#[derive(Debug, Args)]
pub(super) struct ListArguments {
    #[command(flatten)]
    place: Place,
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

impl ListArguments {
    /// Finds the data folder that it means.
    pub(super) fn site(&self) -> Result<Site> {
        Site::of(&self.place)
    }
}

/// `chatd check-config`.
#[derive(Debug, Args)]
pub(super) struct CheckConfig {
    /// Configuration file (TOML); without it only the environment is checked
    #[arg(long, value_name = "FILE", env = "CHATD_CONFIG")]
    config: Option<PathBuf>,
    /// The configuration file, without the flag
    #[arg(value_name = "FILE", conflicts_with = "config")]
    file: Option<PathBuf>,
}

pub(super) fn account_invites(command: InviteCommand) -> Result<()> {
    let (listing, request) = match command {
        InviteCommand::Create(new) => {
            let for_s = new.days.saturating_mul(24 * 60 * 60);
            (new.listing, Request::CreateInvite { uses: new.uses, for_s })
        }
        InviteCommand::List(listing) => (listing, Request::ListInvites),
        InviteCommand::Revoke(which) => {
            let words = format!("invite code {} revoked", which.code);
            return Site::of(&which.place)?.does(&Request::RevokeInvite { code: which.code }, &words);
        }
    };
    print_all(&listing.site()?.asks::<Vec<Invite>>(&request)?, listing.json, invite_line)
}

pub(super) fn status(listing: ListArguments) -> Result<()> {
    let status = listing.site()?.asks::<Box<Status>>(&Request::Status)?;
    print_all(&[*status], listing.json, status_lines)
}

pub(super) fn check_config(arguments: CheckConfig) -> Result<()> {
    let file = arguments.config.or(arguments.file);
    let config = load(file.as_deref())?;
    serve::refuse_plain_http(&config, std::iter::empty())?;
    Tls::open(&config.tls)?;
    config.files.s3.as_ref().map(find_bucket).transpose().context("cannot use the bucket of `files.s3`")?;
    let place = file.map_or_else(|| "the environment (no file is named)".to_owned(), |file| file.display().to_string());
    Ok(writeln!(std::io::stdout(), "{place}: valid")?)
}

/// The data folder that an operator means, with the settings of its daemon.
pub(super) struct Site {
    config: Config,
    folder: PathBuf,
    /// Whether it was named, by a flag or in the settings.
    named: bool,
}

impl Site {
    /// Finds it. Root gives up its rights for those of the folder's owner.
    pub(super) fn of(place: &Place) -> Result<Self> {
        keep_private();
        let mut config = load(place.config.as_deref().or(of_the_service(place)))?;
        config.data = place.data.clone().or(config.data);
        let named = config.data.is_some();
        let folder = data_folder(&config)?;
        become_owner(&folder)?;
        Ok(Self { config, folder, named })
    }

    /// Gives the folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Gives the bucket where its files lie, if that is not the folder.
    pub(super) fn bucket(&self) -> Option<&Bucket> {
        self.config.files.s3.as_ref()
    }

    /// Asks the daemon of the folder, else does it here with the store opened under its lock.
    pub(super) fn asks<P: ReplyPayload>(&self, request: &Request) -> Result<P> {
        let answer = runtime()?.block_on(async {
            match socket::ask(&self.folder, request).await.map_err(|error| self.cannot_ask(error))? {
                Some(answer) => Ok(answer),
                None => self.does_here(request).await,
            }
        })?;
        let reply = answer.map_err(|refusal| anyhow!("{}", printable(&refusal.reason)))?;
        P::of(reply).ok_or_else(|| anyhow!("unexpected answer from the daemon; is it another version?"))
    }

    fn cannot_ask(&self, error: std::io::Error) -> anyhow::Error {
        let hint = match error.kind() {
            std::io::ErrorKind::PermissionDenied => {
                format!(" (it runs as another user than the owner of `{}`)", self.folder.display())
            }
            _ => String::new(),
        };
        anyhow::Error::new(error).context(format!("cannot ask the running daemon{hint}"))
    }

    async fn does_here(&self, request: &Request) -> Result<Result<AdminReply, ErrorReply>> {
        let folder = &self.folder;
        // A folder that is named wrongly, or not at all, is not made.
        let may_make = self.named && matches!(request, Request::AddUser { .. });
        if !folder.join(crate::store::DATABASE_FILE).exists() && !may_make {
            return Err(anyhow!("there is no store in `{}`", folder.display()));
        }
        let opened = Store::open(folder, StoreOptions::default())?;
        let tokens = Tokens::open(folder).context("cannot use the token key")?;
        Ok(crate::operate(opened, tokens, self.config.clone(), request.clone()).await)
    }

    /// Asks for something that has no answer but that it is done, and says so.
    pub(super) fn does(&self, request: &Request, words: &str) -> Result<()> {
        self.asks::<()>(request)?;
        Ok(writeln!(std::io::stdout(), "{words}")?)
    }
}

/// The settings of the daemon that runs as a service.
const SERVICE_CONFIG: &str = "/etc/chatd/chatd.toml";

/// Gives the settings of the service, where root names no others and there are some.
fn of_the_service(place: &Place) -> Option<&'static Path> {
    let path = Path::new(SERVICE_CONFIG);
    let meant = place.data.is_none() && rustix::process::geteuid().is_root() && path.exists();
    meant.then_some(path)
}

pub(super) fn print_all<T: Serialize>(things: &[T], json: bool, in_words: impl Fn(&T) -> String) -> Result<()> {
    let mut out = std::io::stdout().lock();
    for thing in things {
        let line = if json { serde_json::to_string(thing)? } else { printable(&in_words(thing)) };
        match writeln!(out, "{line}") {
            // Nobody reads on, as behind `head`.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(()),
            written => written?,
        }
    }
    Ok(())
}

/// Removes what a terminal would act on from a line: the answer may not be from a daemon of ours.
fn printable(line: &str) -> String {
    line.chars().map(|c| if c.is_control() && c != '\n' { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

fn invite_line(invite: &Invite) -> String {
    let accounts = if invite.uses_left == 1 { "account" } else { "accounts" };
    format!("{}  {} {accounts}, until {}", invite.code, invite.uses_left, in_words(invite.expires_at))
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
    let removing = match status.removing {
        0 => String::new(),
        removing => format!("\nremoving     messages of {removing} deleted accounts or channels"),
    };
    let troubles = status.troubles.iter().map(|trouble| format!("\nproblem      {trouble}")).collect::<String>();
    format!(
        "chatd {} is {running}\nconnections  {}\nonline       {}\naccounts     {}\nchannels     {}\nmessages     {}\n\
         files        {}, {} MiB{}\nstore        {} MiB, {} MiB free on the disk{removing}{troubles}",
        status.version,
        status.connections,
        status.online,
        status.accounts,
        status.channels,
        status.messages,
        status.files,
        status.file_bytes.div_ceil(1 << 20),
        about_files(status),
        status.store_bytes.div_ceil(1 << 20),
        status.disk_free_bytes >> 20,
    )
}

/// Says how much files may have, and where they lie unless that is the data folder.
fn about_files(status: &Status) -> String {
    let FileBounds { total, account, file } = status.file_bounds;
    let bounds = [(total, "in all"), (account, "an account"), (file, "a file")];
    let bounds = bounds.into_iter().filter(|(bytes, _)| *bytes > 0);
    let bounds = bounds.map(|(bytes, of)| format!("{} MiB {of}", bytes >> 20)).collect::<Vec<_>>().join(", ");
    let bounds = if bounds.is_empty() { bounds } else { format!(" (at most {bounds})") };
    let place = status.bucket.as_ref().map_or_else(String::new, |bucket| format!(" in the bucket {bucket}"));
    format!("{place}{bounds}")
}

/// Gives a moment as people and programs read it: RFC 3339, UTC, to the second.
pub(super) fn in_words(moment: Timestamp) -> String {
    let since_1970 = std::time::Duration::from_millis(u64::try_from(moment.as_millis()).unwrap_or_default());
    humantime::format_rfc3339_seconds(std::time::UNIX_EPOCH + since_1970).to_string()
}
