//! The command line: arguments, settings, log, exit code.

mod backup;
mod channels;
mod confirm;
mod operate;
mod owner;
mod serve;
mod supervisor;
mod users;

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use clap::{Args, Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogFormat, default_data_folder};

/// Bytes of a buffer that is given back to the system at once: what checking a password takes, and a picture.
const LARGE_BYTES: u32 = 1 << 20;

/// The chat daemon: WebSocket sessions, channels, presence, a SQLite store.
#[derive(Debug, Parser)]
#[command(name = "chatd", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Serve,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon in the foreground (the default)
    Serve(Serve),
    /// Create, list, approve, disable and delete accounts
    #[command(subcommand)]
    User(users::UserCommand),
    /// Create, list and revoke invite codes for registration (`auth.registration = "invite"`)
    #[command(subcommand)]
    Invite(operate::InviteCommand),
    /// List and delete channels, and change their owner
    #[command(subcommand)]
    Channel(channels::ChannelCommand),
    /// Delete messages
    #[command(subcommand)]
    Message(channels::MessageCommand),
    /// Remove members from a channel
    #[command(subcommand)]
    Member(channels::MemberCommand),
    /// Show whether the daemon runs, and its figures
    Status(operate::ListArguments),
    /// Back up the store into one archive, also while the daemon runs
    Backup(backup::BackupArguments),
    /// Restore a backup into an empty folder
    Restore(backup::Restore),
    /// Check the store for damage
    Verify(operate::ListArguments),
    /// Print accounts, channels and messages, one JSON object per line
    Export(backup::Export),
    /// Check the configuration
    CheckConfig(operate::CheckConfig),
}

/// The daemon or store that a command is for.
#[derive(Debug, Args)]
struct Place {
    /// Configuration file (TOML)
    #[arg(long, value_name = "FILE", env = "CHATD_CONFIG")]
    config: Option<PathBuf>,
    /// Data folder
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
struct Serve {
    /// Configuration file (TOML); environment variables CHATD_… win over it, flags over both
    #[arg(long, value_name = "FILE", env = "CHATD_CONFIG")]
    config: Option<PathBuf>,
    /// Data folder, with the store, the keys and the lock
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Use a temporary data folder that is deleted at the end, to try things out
    #[arg(long, conflicts_with = "data")]
    temporary: bool,
    /// Address to listen on; port 0 takes any free port; may be repeated
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Vec<SocketAddr>,
    /// Unix socket to listen on as well; may be repeated
    #[arg(long, value_name = "PATH")]
    unix: Vec<PathBuf>,
    /// Certificate chain (PEM) for TLS
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Private key of the certificate (PEM); only the daemon's user or group may read it
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Accept plain http on addresses that other machines can reach: passwords and messages are sent unencrypted
    #[arg(long)]
    allow_plain_http: bool,
    /// Stop when standard input closes, such as when the program that started the daemon ends
    #[arg(long)]
    until_stdin_closes: bool,
    /// Format of the log on standard error
    #[arg(long, value_enum)]
    log_format: Option<LogFormat>,
}

/// How the program ends when it was called in a wrong way: as the reader of arguments ends it, too.
const WRONG_USE: u8 = 2;

/// Gives the definition of the command line, for man pages and completions.
pub fn command() -> clap::Command {
    <Cli as clap::CommandFactory>::command()
}

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    memory::keep_little_of_what_is_freed(LARGE_BYTES);
    let cli = Cli::parse();
    let done = match cli.command {
        None => serve(cli.serve),
        Some(Command::Serve(arguments)) => serve(arguments),
        Some(Command::User(command)) => users::user(command),
        Some(Command::Invite(command)) => operate::account_invites(command),
        Some(Command::Channel(command)) => channels::channel(command),
        Some(Command::Message(command)) => channels::message(command),
        Some(Command::Member(command)) => channels::remove_member(command),
        Some(Command::Status(listing)) => operate::status(listing),
        Some(Command::Backup(arguments)) => backup::backup(&arguments),
        Some(Command::Restore(arguments)) => backup::restore_store(&arguments),
        Some(Command::Verify(listing)) => backup::verify_store(&listing),
        Some(Command::Export(arguments)) => backup::export_store(&arguments),
        Some(Command::CheckConfig(arguments)) => operate::check_config(arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "chatd: {error:#}");
            if error.is::<confirm::NobodyToAsk>() { ExitCode::from(WRONG_USE) } else { ExitCode::FAILURE }
        }
    }
}

fn serve(arguments: Serve) -> Result<()> {
    keep_private();
    let until_stdin_closes = arguments.until_stdin_closes;
    let temporary = arguments.temporary;
    let mut config = settings(arguments.clone())?;
    // Removed when it is dropped, after everything that uses it has ended.
    let folder = if temporary { Some(tempfile::Builder::new().prefix("chat-try-").tempdir()?) } else { None };
    if let Some(folder) = &folder {
        config.data = Some(folder.path().to_owned());
    }
    start_log(config.log_format);
    let data = config.data.clone();
    // Flags and environment of this process stay as they are; the file may say something else now.
    let reread = move || -> Result<Config> {
        let config = settings(arguments.clone())?;
        Ok(Config { data: if temporary { data.clone() } else { config.data.clone() }, ..config })
    };
    let runtime = runtime()?;
    let done = runtime.block_on(serve::serve_until_stopped(config, Arc::new(reread), until_stdin_closes));
    // A thread may still wait for a disk.
    runtime.shutdown_background();
    done
}

/// Nothing that this process makes is for others to read.
fn keep_private() {
    rustix::process::umask(rustix::fs::Mode::from_bits_truncate(0o077));
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start the runtime")
}

fn settings(arguments: Serve) -> Result<Config> {
    let mut config = load(arguments.config.as_deref())?;
    config.data = arguments.data.or(config.data);
    if !arguments.listen.is_empty() {
        config.listen = arguments.listen;
    }
    if !arguments.unix.is_empty() {
        config.unix = arguments.unix;
    }
    if arguments.tls_cert.is_some() {
        (config.tls.cert, config.tls.key) = (arguments.tls_cert, arguments.tls_key);
    }
    if let (None, Some((cert, key))) = (config.tls.files(), crate::tls::credentials()) {
        (config.tls.cert, config.tls.key) = (Some(cert), Some(key));
    }
    config.allow_plain_http |= arguments.allow_plain_http;
    config.log_format = arguments.log_format.unwrap_or(config.log_format);
    Ok(config)
}

/// Reads the file and the environment.
fn load(file: Option<&Path>) -> Result<Config> {
    // What is no text is no setting of ours, and none of others' business.
    let texts =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    // These two are no settings of the file: they name it, and filter the log.
    let environment = texts.filter(|(name, _)| name != "CHATD_CONFIG" && name != "CHATD_LOG");
    Ok(Config::load(file, environment)?)
}

/// Gives the data folder of a configuration.
fn data_folder(config: &Config) -> Result<PathBuf> {
    match config.data.clone().or_else(default_data_folder) {
        Some(folder) => Ok(folder),
        None => bail!("no home folder for the data; name a folder with --data"),
    }
}

fn start_log(format: LogFormat) {
    let filter = EnvFilter::try_from_env("CHATD_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        // It would be written to standard error, which is what cannot be written, and that panics.
        .log_internal_errors(false);
    match format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
}
