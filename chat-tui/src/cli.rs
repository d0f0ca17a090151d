//! The command line: arguments, what they start, exit codes.

mod cache;
mod sign_in;
mod ssh_key;

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Duration;

use clap::builder::Resettable;
use clap::{Args, FromArgMatches, Parser, Subcommand};
use proto::{DeviceName, Password};

use crate::app::Model;
use crate::camera::CameraSource;
use crate::chat::Start;
use crate::clock;
use crate::failure::{Failure, exit};
use crate::headless::{self, Place};
use crate::http;
use crate::image::{ImageProtocol, ImageSetup};
use crate::meant::Meant;
use crate::places::{self, Profile, Shelf, random_text};
use crate::runtime::Runtime;
use crate::session::{self, Session, Source};
use crate::term::{self, Probe};
use crate::trial::{self, Trial};
use crate::trust::{Owner, Trust, Wishes};
use sign_in::ScreenStart;

/// Bytes of a buffer that is given back to the system at once: what pictures take while they are made ready.
const LARGE_BYTES: u32 = 512 << 10;
/// How long one waits for a server in silence.
const NOTED_AFTER: Duration = Duration::from_secs(1);

/// A chat client for the terminal.
#[derive(Debug, Parser)]
#[command(name = "chat-tui", version)]
struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Args)]
struct Settings {
    /// Server: https://HOST:PORT, http://HOST:PORT or unix:PATH; HOST alone is https://HOST:7300, on this machine http [default: /run/chatd/chatd.sock if it is there, else http://127.0.0.1:7300]
    #[arg(long, global = true, value_name = "URL", env = "CHAT_SERVER")]
    server: Option<String>,
    /// Handle of the account
    #[arg(long, global = true, value_name = "HANDLE", env = "CHAT_USER")]
    user: Option<String>,
    /// File whose first line is the password; only you may be able to read it
    #[arg(long, global = true, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Read the password from standard input
    #[arg(long, global = true)]
    password_stdin: bool,
    /// The password itself; others on this machine can see it in the process list, but not CHAT_PASSWORD
    #[arg(long, global = true, value_name = "TEXT", value_parser = as_password)]
    password: Option<Password>,
    /// Create the account first
    #[arg(long, global = true)]
    register: bool,
    /// Invite code to create the account, where the server needs one
    #[arg(long, global = true, value_name = "CODE", env = "CHAT_INVITE")]
    invite: Option<String>,
    /// Sign in as a guest, named by --user if that is free
    #[arg(long, global = true)]
    guest: bool,
    /// Sign in with the ssh key of this login: for a forced command of sshd with `ExposeAuthInfo`
    #[arg(long, conflicts_with_all = ["guest", "register", "password", "password_file", "password_stdin"])]
    by_ssh_key: bool,
    /// Profile, to keep several accounts apart: letters, digits, - and _
    #[arg(long, global = true, value_name = "NAME", env = "CHAT_PROFILE", default_value = "default")]
    profile: String,
    /// Trust only certificates of the authorities in this file (PEM)
    #[arg(long, global = true, value_name = "FILE", env = "CHAT_CA")]
    ca: Option<PathBuf>,
    /// Trust the server with this key from now on: SHA256:…; or, for a server on this machine without TLS, the server of this user: uid:N
    #[arg(long, global = true, value_name = "FINGERPRINT", env = "CHAT_TRUST", conflicts_with = "ca")]
    trust: Option<String>,
    /// Allow plain http to other machines: password and messages are sent unencrypted
    #[arg(long, global = true, env = "CHAT_ALLOW_PLAIN_HTTP")]
    allow_plain_http: bool,
    /// Open this channel at once
    #[arg(long, global = true, value_name = "CHANNEL")]
    join: Option<String>,
    /// Megabytes of messages to save on this machine for each server, to read offline; 0 saves none
    #[arg(long, global = true, value_name = "MB", env = "CHAT_CACHE_SIZE", default_value_t = 200)]
    cache_size: u32,
    /// How to draw pictures: auto (as the terminal can), kitty, sixel, iterm2, blocks or off
    #[arg(long, value_name = "HOW", env = "CHAT_PICTURES", default_value = "auto", value_parser = ["auto", "kitty", "sixel", "iterm2", "blocks", "off"])]
    pictures: String,
    /// Camera for /selfie: a path, or FORMAT:INPUT as of ffmpeg
    #[arg(long, value_name = "CAMERA", env = "CHAT_CAMERA", default_value = "/dev/video0")]
    camera: CameraSource,
    /// Write a log to this file, without messages and secrets
    #[arg(long, global = true, value_name = "FILE")]
    log: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a private server and open it; the server stops at the end
    Try,
    /// Show what is saved on this machine, or with `clear` delete the saved messages
    Cache(cache::CacheCommand),
    #[command(flatten)]
    Headless(Box<headless::Command>),
}

/// Takes a password as it stands; nothing that prints the settings prints it.
fn as_password(text: &str) -> Result<Password, std::convert::Infallible> {
    Ok(Password::new(text))
}

impl Settings {
    /// Gives how much a store may hold.
    fn cache_bytes(&self) -> u64 {
        u64::from(self.cache_size) * 1_000_000
    }
}

/// Gives the definition of the command line, for man pages and completions.
pub fn command() -> clap::Command {
    <Cli as clap::CommandFactory>::command()
}

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    memory::keep_little_of_what_is_freed(LARGE_BYTES);
    let cli = match parse(std::env::args_os().collect()) {
        Ok(cli) => cli,
        Err(error) => return misread(&error),
    };
    let ran = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(Failure::Io)
        .and_then(|runtime| {
            let done = runtime.block_on(run(cli));
            // A thread may still be waiting for a key.
            runtime.shutdown_background();
            done
        });
    match ran {
        Ok(()) | Err(Failure::NobodyReads) => ExitCode::SUCCESS,
        Err(failure) => {
            // What a server said is cleaned on the plain command line too.
            let reason = crate::text::CleanLine::new(&failure.to_string());
            let _ = writeln!(std::io::stderr(), "chat-tui: {reason}");
            ExitCode::from(failure.exit_code())
        }
    }
}

/// Reads the command line. What comes by ssh brings an environment of its own, as far as sshd lets it: where the operator
/// has said by a forced command what is run, it says nothing.
fn parse(arguments: Vec<OsString>) -> Result<Cli, clap::Error> {
    let mut command = command();
    if arguments.iter().any(|argument| argument == "--by-ssh-key") {
        command = command.mut_args(|argument| argument.env(Resettable::Reset));
    }
    Cli::from_arg_matches(&command.try_get_matches_from(arguments)?)
}

/// Prints help and version as they are, and what is wrong with the command line in one line.
fn misread(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let text = error.to_string();
    let told = text.lines().take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
    let told = told.map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    let told = told.strip_prefix("error: ").unwrap_or(&told);
    let _ = writeln!(std::io::stderr(), "chat-tui: {told} (--help says more)");
    ExitCode::from(exit::USAGE)
}

/// Checks what the parser cannot across the two sides of a subcommand.
fn check_together(settings: &Settings) -> Result<(), Failure> {
    let secrets = [settings.password_file.is_some(), settings.password_stdin, settings.password.is_some()];
    match secrets.into_iter().filter(|given| *given).count() {
        0 => {}
        1 if !settings.guest => {}
        1 => return Err(Failure::Usage("a guest has no password".to_owned())),
        _ => return Err(Failure::Usage("name the password in one way only".to_owned())),
    }
    if settings.guest && settings.register {
        return Err(Failure::Usage("a guest has no account to register".to_owned()));
    }
    Ok(())
}

async fn run(cli: Cli) -> Result<(), Failure> {
    check_together(&cli.settings)?;
    if let Some(path) = &cli.settings.log {
        log_to(path)?;
    }
    match cli.command {
        None => screen(cli.settings).await,
        Some(_) if cli.settings.by_ssh_key => {
            Err(Failure::Usage("--by-ssh-key opens the screen and nothing else".to_owned()))
        }
        Some(Command::Try) => try_out(cli.settings).await,
        Some(Command::Cache(command)) => command.run(&cli.settings),
        Some(Command::Headless(command)) => without_screen(cli.settings, *command).await,
    }
}

/// Lets the log go to a file, behind what stands there.
fn log_to(path: &Path) -> Result<(), Failure> {
    let file = places::append_private(path)?;
    let filter = tracing_subscriber::EnvFilter::new("warn,chat_tui=debug");
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(Mutex::new(file)).init();
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "started");
    Ok(())
}

fn needs_terminal(settings: &Settings) -> Result<(), Failure> {
    let keys = std::io::stdin().is_terminal() || settings.password_stdin;
    if keys && std::io::stdout().is_terminal() {
        return term::trouble().map_or(Ok(()), |trouble| Err(Failure::Usage(trouble)));
    }
    Err(Failure::Usage(if settings.by_ssh_key {
        "this opens a screen and nothing else, which needs a terminal: ssh -t, and no command".to_owned()
    } else {
        "the screen needs a terminal; `chat-tui --help` lists what works without".to_owned()
    }))
}

/// Runs a command that needs no terminal.
async fn without_screen(settings: Settings, command: headless::Command) -> Result<(), Failure> {
    if settings.password_stdin && command.reads_stdin() {
        return Err(Failure::Usage("standard input cannot be both the password and the message".to_owned()));
    }
    let profile = open_profile(&settings)?;
    let device = profile.device()?;
    let trust = trust(&settings)?;
    let server = sign_in::server(&settings, &trust).await?;
    let place = Place { server, profile: &profile, device };
    let mut opened = None;
    let done = headless::run(command, &place, async |wanted| {
        let session = sign_in::headless_session(&settings, &place, wanted).await?;
        opened = Some(session.clone());
        Ok(session)
    })
    .await;
    // A password given to one command opens a session for that command alone.
    if let Some(session) = opened.filter(|session| session.source == Source::Passing) {
        let _ = http::logout(&session).await;
    }
    done
}

/// Opens the screen of a session, or the form that leads to one.
async fn screen(settings: Settings) -> Result<(), Failure> {
    needs_terminal(&settings)?;
    if settings.by_ssh_key {
        return screen_by_ssh_key(settings).await;
    }
    let profile = open_profile(&settings)?;
    let device = profile.device()?;
    let trust = trust(&settings)?;
    let server = noted(sign_in::server(&settings, &trust)).await?;
    let start = start(&settings, device.clone(), None)?;
    let size = crossterm::terminal::size()?;
    let (model, effects) = match sign_in::screen_start(&settings, &server, &profile)? {
        ScreenStart::Session(session) => Model::signed_in(start, session, size),
        ScreenStart::SignIn(by) => Model::signing_in(start, &server, by, size),
        ScreenStart::Form => {
            let handle = settings.user.as_deref().unwrap_or_default();
            (Model::signed_out(start, &server, handle, settings.register, size), Vec::new())
        }
    };
    let shelf = Shelf::of(&profile, settings.cache_bytes());
    Ok(Runtime::new(profile, shelf, device, no_color(), trust)
        .asking(probe(&settings))
        .with_camera(settings.camera.clone())
        .run(model, effects)
        .await?)
}

/// Says that one waits for the server, when that takes longer than a moment: there is no screen yet.
async fn noted<T>(work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    match tokio::time::timeout(NOTED_AFTER, &mut work).await {
        Ok(done) => done,
        Err(_) => {
            let _ = writeln!(std::io::stderr(), "chat-tui: waiting for the server …");
            work.await
        }
    }
}

/// Opens the screen of whoever holds the ssh key of this login. Each window has a session of its own, on the one server
/// that the operator has named: from a box that lets in strangers nothing else is to be reached.
async fn screen_by_ssh_key(mut settings: Settings) -> Result<(), Failure> {
    let key = ssh_key::of_this_login()?;
    settings.profile = ssh_key::profile_of_key(&key);
    let profile = open_profile(&settings)?;
    let device = profile.device()?;
    let trust = trust(&settings)?;
    let server = noted(sign_in::server(&settings, &trust)).await?;
    let session = noted(ssh_key::session(&settings, &server, &device, &key)).await?;
    let start = start(&settings, device.clone(), None)?;
    // Whoever signs out has a form in front of them; it leads to this server and no other.
    let trust = trust.only_for(&server);
    let (model, effects) = Model::signed_in(start, session.clone(), crossterm::terminal::size()?);
    let shelf = Shelf::of(&profile, settings.cache_bytes());
    let ran = Runtime::new(profile, shelf, device, no_color(), trust)
        .asking(probe(&settings))
        .with_camera(settings.camera.clone())
        .run(model, effects)
        .await;
    let _ = http::logout(&session).await;
    Ok(ran?)
}

/// Starts a private daemon and opens its lobby.
async fn try_out(settings: Settings) -> Result<(), Failure> {
    needs_terminal(&settings)?;
    let trial = Trial::start().await?;
    let profile = open_profile(&settings)?;
    let device = profile.device()?;
    let handle = settings.user.clone().unwrap_or_else(trial::handle_of_this_user);
    let password = Password::new(random_text());
    let session = http::register(&trial.server, &handle, &password, &device, None).await.map_err(sign_in::refused)?;
    // It ends with its server, so it is nothing for the profile.
    let session = Session { source: Source::Passing, ..session };
    let banner = trial.invitation();
    let mut start = start(&settings, device.clone(), Some(banner))?;
    if start.join.is_none() {
        start.join = "lobby".parse().ok().map(Meant::Name);
    }
    let (model, effects) = Model::signed_in(start, session, crossterm::terminal::size()?);
    let ran = Runtime::new(profile, Shelf::passing(), device, no_color(), Trust::default())
        .asking(probe(&settings))
        .with_camera(settings.camera.clone())
        .run(model, effects)
        .await;
    trial.stop().await;
    Ok(ran?)
}

fn trust(settings: &Settings) -> Result<Trust, Failure> {
    let named = settings.trust.as_deref().map(str::trim).filter(|key| !key.is_empty());
    let owner = named.and_then(|text| text.parse::<Owner>().ok());
    let key = named.filter(|_| owner.is_none());
    if let Some(key) = key.filter(|key| !key.starts_with("SHA256:")) {
        return Err(Failure::Usage(format!("`{key}` is no key of a server, which begins with SHA256:, and no uid:N")));
    }
    let ca = settings.ca.clone().filter(|path| !path.as_os_str().is_empty());
    let wishes = Wishes { ca, key: key.map(str::to_owned), owner, plain: settings.allow_plain_http };
    Ok(Trust::new(wishes)?)
}

fn open_profile(settings: &Settings) -> Result<Profile, Failure> {
    let name = &settings.profile;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || name.len() > 64 || !name.chars().all(plain) {
        return Err(Failure::Usage(format!("`{name}` is no profile: 1 to 64 letters, digits, - and _")));
    }
    Ok(Profile::open(name)?)
}

fn start(settings: &Settings, device: DeviceName, banner: Option<String>) -> Result<Start, Failure> {
    let join = match &settings.join {
        Some(name) => Some(crate::meant::meant(name).map_err(|error| Failure::Usage(error.to_string()))?),
        None => None,
    };
    Ok(Start {
        join,
        fixed_server: settings.by_ssh_key,
        banner,
        invite: settings.invite.clone(),
        nonce_prefix: random_text(),
        client: session::client_name(),
        device,
        zone: clock::zone(),
        mouse: term::Traits::of_environment().takes_mouse,
        images: images(settings),
    })
}

/// Says how pictures are drawn until the terminal has said more: of half blocks, for which sixteen colors are too few.
fn images(settings: &Settings) -> Option<ImageSetup> {
    let can = wants_pictures(settings) && term::Traits::of_environment().has_many_colors();
    can.then_some(ImageSetup::BLOCKS)
}

/// Says what the terminal is asked of pictures: nothing where they are drawn of half blocks anyway.
fn probe(settings: &Settings) -> Option<Probe> {
    let wanted = match &*settings.pictures {
        "kitty" => Some(ImageProtocol::Kitty),
        "sixel" => Some(ImageProtocol::Sixel),
        "iterm2" => Some(ImageProtocol::Iterm2),
        "auto" => None,
        _ => return None,
    };
    wants_pictures(settings).then(|| Probe::of_environment(wanted, &term::Traits::of_environment()))
}

fn wants_pictures(settings: &Settings) -> bool {
    term::Traits::of_environment().is_utf8 && !no_color() && settings.pictures != "off"
}

/// no-color.org: set and not empty.
fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}
