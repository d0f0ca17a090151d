//! The command line: arguments, settings, log, exit code.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use clap::{Args, Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::clock::SystemClock;
use crate::config::{Config, LogFormat, default_data_folder};
use crate::server::Listener;
use crate::store::{Store, StoreOptions};
use crate::token::Tokens;

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
    /// Serve until told to stop (the default)
    Serve(Serve),
}

#[derive(Debug, Args)]
struct Serve {
    /// Configuration file (TOML); environment variables CHATD_… win over it, flags over both
    #[arg(long, value_name = "FILE", env = "CHATD_CONFIG")]
    config: Option<PathBuf>,
    /// Folder for the store, the keys and the lock
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Keep everything in a private folder that is removed at the end, for trying out
    #[arg(long, conflicts_with = "data")]
    temporary: bool,
    /// Address to listen on; port 0 is any free one; may be repeated
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Vec<SocketAddr>,
    /// Unix socket to listen on besides; may be repeated
    #[arg(long, value_name = "PATH")]
    unix: Vec<PathBuf>,
    /// Stop when standard input ends, as when the program that started this one has gone
    #[arg(long)]
    until_stdin_closes: bool,
    /// How the log on standard error is written
    #[arg(long, value_enum)]
    log_format: Option<LogFormat>,
}

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let serve = match cli.command {
        Some(Command::Serve(serve)) => serve,
        None => cli.serve,
    };
    match run(serve) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "chatd: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Serve) -> Result<()> {
    // Nothing that this process makes is for others to read.
    rustix::process::umask(rustix::fs::Mode::from_bits_truncate(0o077));
    let until_stdin_closes = arguments.until_stdin_closes;
    let temporary = arguments.temporary;
    let mut config = settings(arguments)?;
    // Removed when it is dropped, after everything that uses it has ended.
    let folder = if temporary { Some(tempfile::Builder::new().prefix("chat-try-").tempdir()?) } else { None };
    if let Some(folder) = &folder {
        config.data = Some(folder.path().to_owned());
    }
    start_log(config.log_format);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start the runtime")?;
    runtime.block_on(serve(config, until_stdin_closes))
}

fn settings(arguments: Serve) -> Result<Config> {
    // What is no text is no setting of ours, and none of others' business.
    let texts =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    // These two are no settings of the file: they name it, and filter the log.
    let environment = texts.filter(|(name, _)| name != "CHATD_CONFIG" && name != "CHATD_LOG");
    let mut config = Config::load(arguments.config.as_deref(), environment)?;
    config.data = arguments.data.or(config.data);
    if !arguments.listen.is_empty() {
        config.listen = arguments.listen;
    }
    if !arguments.unix.is_empty() {
        config.unix = arguments.unix;
    }
    config.log_format = arguments.log_format.unwrap_or(config.log_format);
    if config.listen.is_empty() && config.unix.is_empty() {
        bail!("there is no address to listen on");
    }
    Ok(config)
}

fn start_log(format: LogFormat) {
    let filter = EnvFilter::try_from_env("CHATD_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false);
    match format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
}

async fn serve(config: Config, until_stdin_closes: bool) -> Result<()> {
    let folder = match config.data.clone().or_else(default_data_folder) {
        Some(folder) => folder,
        None => bail!("there is no home folder to keep data in, name one with --data"),
    };
    let opened = Store::open(&folder, StoreOptions::default())?;
    let tokens = Tokens::open(&folder).context("cannot use the key of the tokens")?;
    let signalled = stop_signal().context("cannot wait for signals")?;
    let stop = async move {
        tokio::select! {
            () = signalled => {}
            () = stdin_closed(), if until_stdin_closes => {}
        }
    };
    let listeners = listen(&config).await?;
    announce(&listeners)?;
    tracing::info!(folder = %folder.display(), "serving");
    crate::run(listeners, opened, tokens, config, Arc::new(SystemClock), stop).await?;
    tracing::info!("stopped");
    Ok(())
}

async fn listen(config: &Config) -> Result<Vec<Listener>> {
    let mut listeners = Vec::new();
    for address in &config.listen {
        if !address.ip().to_canonical().is_loopback() {
            tracing::warn!(%address, "passwords and messages cross the network unencrypted on this address");
        }
        listeners.push(Listener::tcp(*address).await.with_context(|| format!("cannot listen on `{address}`"))?);
    }
    for path in &config.unix {
        listeners.push(Listener::unix(path).with_context(|| format!("cannot listen on `{}`", path.display()))?);
    }
    Ok(listeners)
}

/// Says on standard output where clients can connect; the sockets are open already.
fn announce(listeners: &[Listener]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    for listener in listeners {
        writeln!(out, "listening on {}", listener.url()?)?;
    }
    Ok(out.flush()?)
}

/// Waits for the end of standard input, on a thread of its own: reading it blocks.
async fn stdin_closed() {
    let (closing, closed) = tokio::sync::oneshot::channel::<()>();
    std::thread::spawn(move || {
        let _closing = closing;
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
    });
    // The sender is dropped when reading ends.
    let _ = closed.await;
}

/// Gives what ends when the process is told to stop.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // A closed terminal does not stop a daemon.
    let mut hangup = signal(SignalKind::hangup())?;
    Ok(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
                _ = hangup.recv() => {}
            }
        }
    })
}
