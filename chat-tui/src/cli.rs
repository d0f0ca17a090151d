//! The command line: arguments, signing in by flags, exit codes.

use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use proto::{ChannelName, ErrorCode, ErrorReply, Password};

use crate::app::{Model, update};
use crate::chat::{Start, command};
use crate::headless::{self, Place, SignIn};
use crate::http::{self, RequestError};
use crate::msg::Msg;
use crate::places::{PlaceError, Profile, password_file, random_text};
use crate::runtime::Runtime;
use crate::session::{Server, ServerError, Session, Source};
use crate::theme::Theme;
use crate::trial::{self, Trial};

/// How the program ends; scripts rely on these.
pub mod exit {
    /// Anything that has no code of its own.
    pub const OTHER: u8 = 1;
    /// The command line cannot be understood.
    pub const USAGE: u8 = 2;
    /// Sign-in or sign-up was refused, or there is no token for this server.
    pub const SIGN_IN: u8 = 3;
    /// The server cannot be reached.
    pub const UNREACHABLE: u8 = 4;
    /// The server refused the request.
    pub const REFUSED: u8 = 5;
}

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
    /// Server: http://HOST:PORT or unix:PATH [default: /run/chatd/chatd.sock if it is there, else http://127.0.0.1:7300]
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
    #[arg(long, global = true, value_name = "TEXT")]
    password: Option<String>,
    /// Create the account first
    #[arg(long, global = true)]
    register: bool,
    /// Come in as a guest, named by --user if that is free
    #[arg(long, global = true)]
    guest: bool,
    /// Keep several accounts apart: letters, digits, - and _
    #[arg(long, global = true, value_name = "NAME", env = "CHAT_PROFILE", default_value = "default")]
    profile: String,
    /// Open this channel at once
    #[arg(long, global = true, value_name = "CHANNEL")]
    join: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a private server, open a first conversation, stop the server at the end
    Try,
    #[command(flatten)]
    Headless(headless::Command),
}

/// Why the program ends without having done what it should.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The command line cannot be understood.
    #[error("{0}")]
    Usage(String),
    /// Sign-in or sign-up was refused, or there is no token.
    #[error("{0}")]
    SignIn(String),
    /// The server said no.
    #[error("{0}")]
    Refused(ErrorReply),
    /// A request failed on its way.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// A file of ours cannot be used.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// There is nothing to try.
    #[error(transparent)]
    Trial(#[from] trial::TrialError),
    /// The terminal or a pipe failed.
    #[error("input or output failed: {0}")]
    Io(#[from] std::io::Error),
    /// Nobody reads what is printed any more, which is no failure.
    #[error("nobody reads the output")]
    NobodyReads,
}

impl From<ServerError> for Failure {
    fn from(error: ServerError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl Failure {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => exit::USAGE,
            Self::SignIn(_) => exit::SIGN_IN,
            Self::Request(RequestError::Unreachable { .. } | RequestError::Strange(_)) => exit::UNREACHABLE,
            Self::Refused(_) | Self::Request(RequestError::Refused(_)) => exit::REFUSED,
            Self::Place(_) | Self::Trial(_) | Self::Io(_) => exit::OTHER,
            Self::NobodyReads => 0,
        }
    }
}

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
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
    match cli.command {
        None => screen(cli.settings).await,
        Some(Command::Try) => try_out(cli.settings).await,
        Some(Command::Headless(command)) => without_screen(cli.settings, command).await,
    }
}

fn needs_terminal(settings: &Settings) -> Result<(), Failure> {
    let keys = std::io::stdin().is_terminal() || settings.password_stdin;
    if keys && std::io::stdout().is_terminal() {
        return Ok(());
    }
    Err(Failure::Usage("the screen needs a terminal; `chat-tui --help` lists what works without".to_owned()))
}

/// Runs a command that needs no terminal.
async fn without_screen(settings: Settings, command: headless::Command) -> Result<(), Failure> {
    if settings.password_stdin && command.reads_stdin() {
        return Err(Failure::Usage("standard input cannot be both the password and the message".to_owned()));
    }
    let profile = open_profile(&settings)?;
    let _lock = if settings.guest || command.changes_profile() { Some(profile.lock()?) } else { None };
    let device = profile.device()?;
    let server = server(&settings).await?;
    let place = Place { server, profile: &profile, device };
    let mut opened = None;
    let done = headless::run(command, &place, async |wanted| {
        let session = headless_session(&settings, &place, wanted).await?;
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

/// Gives the session that a command without a screen works with.
async fn headless_session(settings: &Settings, place: &Place<'_>, wanted: SignIn) -> Result<Session, Failure> {
    if settings.guest && wanted != SignIn::Kept {
        return come_as_guest(settings, &place.server, place.profile).await;
    }
    let password = if wanted == SignIn::Kept { None } else { password(settings)? };
    let register = settings.register || wanted == SignIn::Register;
    match (password, wanted) {
        (Some(password), SignIn::Anew | SignIn::Register) => {
            let session = sign_in(settings, register, &place.server, &password, &place.device).await?;
            place.profile.save(&session)?;
            Ok(session)
        }
        (Some(password), SignIn::Kept | SignIn::Any) => {
            let session = sign_in(settings, register, &place.server, &password, &place.device).await?;
            Ok(Session { source: Source::Passing, ..session })
        }
        (None, SignIn::Anew) if settings.user.is_none() => {
            match local_session(settings, &place.server, &place.device).await? {
                Local::SignedIn(session) => {
                    place.profile.save(&session)?;
                    Ok(session)
                }
                Local::Refused(reason) => Err(Failure::SignIn(reason)),
                Local::NotHere => Err(Failure::Usage(
                    "name the account and its password: --user HANDLE --password-file FILE".to_owned(),
                )),
            }
        }
        (None, SignIn::Anew | SignIn::Register) => {
            Err(Failure::Usage("name the account and its password: --user HANDLE --password-file FILE".to_owned()))
        }
        (None, SignIn::Kept | SignIn::Any) => {
            if let Some(kept) = kept_session(settings, &place.server, place.profile)? {
                return Ok(kept);
            }
            let local = match wanted {
                SignIn::Any => local_session(settings, &place.server, &place.device).await?,
                _ => Local::NotHere,
            };
            let missing = |reason: &str| Failure::SignIn(format!("nobody is signed in on {}: {reason}", place.server));
            match local {
                Local::SignedIn(session) => Ok(Session { source: Source::Passing, ..session }),
                Local::Refused(reason) => Err(missing(&reason)),
                Local::NotHere => Err(missing("chat-tui login")),
            }
        }
    }
}

async fn server(settings: &Settings) -> Result<Server, Failure> {
    match &settings.server {
        Some(text) => Ok(text.parse()?),
        None => Ok(default_server().await),
    }
}

/// Opens the screen of a session, or the form that leads to one.
async fn screen(settings: Settings) -> Result<(), Failure> {
    needs_terminal(&settings)?;
    let profile = open_profile(&settings)?;
    let device = profile.device()?;
    let server = server(&settings).await?;
    let start = start(&settings, device.clone(), None)?;
    let _lock = match profile.lock() {
        Ok(lock) => lock,
        // Where the system vouches for one, every window has a session of its own.
        Err(in_use @ PlaceError::InUse(_)) if !settings.guest && password(&settings)?.is_none() => {
            return match local_session(&settings, &server, &device).await? {
                Local::SignedIn(session) => one_more_window(profile, device, start, session).await,
                Local::Refused(_) | Local::NotHere => Err(in_use.into()),
            };
        }
        Err(error) => return Err(error.into()),
    };
    let password = password(&settings)?;
    let session = match password {
        _ if settings.guest => Some(come_as_guest(&settings, &server, &profile).await?),
        Some(password) => {
            let session = sign_in(&settings, settings.register, &server, &password, &device).await?;
            profile.save(&session)?;
            Some(session)
        }
        None => kept_session(&settings, &server, &profile)?,
    };
    let (session, refusal) = match session {
        Some(session) => (Some(session), None),
        None => match local_session(&settings, &server, &device).await? {
            Local::SignedIn(session) => {
                profile.save(&session)?;
                (Some(session), None)
            }
            Local::Refused(reason) => (None, Some(reason)),
            Local::NotHere => (None, None),
        },
    };
    let size = crossterm::terminal::size()?;
    let (model, effects) = match session {
        Some(session) => Model::signed_in(start, session, size),
        None => {
            let handle = settings.user.as_deref().unwrap_or_default();
            let mut model = Model::signed_out(start, &server, handle, settings.register, size);
            let told = refusal.map(|reason| update(&mut model, Msg::SignedIn(Err(reason)), http::now()));
            (model, told.unwrap_or_default())
        }
    };
    Ok(Runtime::new(profile, device, theme()).run(model, effects).await?)
}

/// Opens the screen of a session that is nothing for the profile, and ends it with the screen.
async fn one_more_window(profile: Profile, device: String, start: Start, session: Session) -> Result<(), Failure> {
    let session = Session { source: Source::Passing, ..session };
    let (model, effects) = Model::signed_in(start, session.clone(), crossterm::terminal::size()?);
    let ran = Runtime::new(profile, device, theme()).run(model, effects).await;
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
    let session = http::register(&trial.server, &handle, &password, &device).await.map_err(sign_in_refused)?;
    // It ends with its server, so it is nothing for the profile.
    let session = Session { source: Source::Passing, ..session };
    let banner = trial.invitation();
    let mut start = start(&settings, device.clone(), Some(banner))?;
    if start.join.is_none() {
        start.join = "lobby".parse().ok();
    }
    let (model, effects) = Model::signed_in(start, session, crossterm::terminal::size()?);
    let ran = Runtime::new(profile, device, theme()).run(model, effects).await;
    trial.stop().await;
    Ok(ran?)
}

fn open_profile(settings: &Settings) -> Result<Profile, Failure> {
    let name = &settings.profile;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || name.len() > 64 || !name.chars().all(plain) {
        return Err(Failure::Usage(format!("`{name}` is no profile: 1 to 64 letters, digits, - and _")));
    }
    Ok(Profile::open(name)?)
}

fn start(settings: &Settings, device: String, banner: Option<String>) -> Result<Start, Failure> {
    let join: Option<ChannelName> = match &settings.join {
        Some(name) => Some(command::channel(name).map_err(Failure::Usage)?),
        None => None,
    };
    Ok(Start { join, banner, nonce_prefix: random_text(), device, zone: jiff::tz::TimeZone::system() })
}

/// Gives the password that the flags name, else the environment, if one of them does.
fn password(settings: &Settings) -> Result<Option<Password>, Failure> {
    if let Some(path) = &settings.password_file {
        return Ok(Some(password_file(path)?));
    }
    if settings.password_stdin {
        let mut text = String::new();
        std::io::stdin().take(65_536).read_to_string(&mut text)?;
        return Ok(Some(Password::new(text.strip_suffix('\n').unwrap_or(&text).trim_end_matches('\r'))));
    }
    if let Some(password) = &settings.password {
        return Ok(Some(Password::new(password.as_str())));
    }
    Ok(environment("CHAT_PASSWORD")?.map(Password::new))
}

/// Gives a variable that is set and not empty.
fn environment(name: &str) -> Result<Option<String>, Failure> {
    match std::env::var(name) {
        Ok(value) if value.is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(Failure::Usage(format!("`{name}` is no text"))),
    }
}

/// Gives the session of a guest: the one that is kept, so that a guest who comes back is the same.
async fn come_as_guest(settings: &Settings, server: &Server, profile: &Profile) -> Result<Session, Failure> {
    if let Some(kept) =
        profile.session(server)?.filter(|session| session.handle.is_guest() && session.expires_at > http::now())
    {
        return Ok(kept);
    }
    let session = http::guest(server, settings.user.as_deref()).await.map_err(sign_in_refused)?;
    profile.save(&session)?;
    Ok(session)
}

fn sign_in_refused(error: RequestError) -> Failure {
    match error {
        RequestError::Refused(refusal) => Failure::SignIn(refusal.reason),
        other => Failure::Request(other),
    }
}

async fn sign_in(
    settings: &Settings,
    register: bool,
    server: &Server,
    password: &Password,
    device: &str,
) -> Result<Session, Failure> {
    let Some(handle) = &settings.user else {
        return Err(Failure::Usage("a password needs --user HANDLE".to_owned()));
    };
    let signed_in = if register {
        http::register(server, handle, password, device).await
    } else {
        http::login(server, handle, password, device).await
    };
    signed_in.map_err(sign_in_refused)
}

/// Gives the session of `CHAT_TOKEN`, else the one that is kept for this server, unless somebody else
/// is asked for.
fn kept_session(settings: &Settings, server: &Server, profile: &Profile) -> Result<Option<Session>, Failure> {
    if settings.register {
        return Ok(None);
    }
    let known = match environment("CHAT_TOKEN")? {
        Some(token) => {
            let lent = Session::lent(server.clone(), &token);
            Some(lent.ok_or_else(|| Failure::SignIn("what stands in CHAT_TOKEN is no token".to_owned()))?)
        }
        None => profile.session(server)?,
    };
    // Where the system can vouch for one, a new session costs nothing.
    let stale = |session: &Session| matches!(server, Server::Unix(_)) && session.expires_at <= http::now();
    Ok(known.filter(|session| !stale(session)).filter(|session| {
        settings.user.as_deref().is_none_or(|user| user.eq_ignore_ascii_case(session.handle.as_str()))
    }))
}

/// What came of asking to be let in as the user that the system knows.
enum Local {
    SignedIn(Session),
    /// The daemon knows the user and says no.
    Refused(String),
    /// This server, or this way of reaching it, knows no such thing; or somebody else is asked for.
    NotHere,
}

/// Signs in over a Unix socket as whoever runs this program.
async fn local_session(settings: &Settings, server: &Server, device: &str) -> Result<Local, Failure> {
    if !matches!(server, Server::Unix(_)) || settings.register || settings.user.is_some() {
        return Ok(Local::NotHere);
    }
    match http::local(server, device).await {
        Ok(session) => Ok(Local::SignedIn(session)),
        Err(RequestError::Refused(refusal)) if refusal.code == ErrorCode::NotFound => Ok(Local::NotHere),
        Err(RequestError::Refused(refusal)) => Ok(Local::Refused(refusal.reason)),
        Err(error) => Err(error.into()),
    }
}

/// The socket of a daemon that runs as a service.
const SERVICE_SOCKET: &str = "/run/chatd/chatd.sock";

/// Gives the daemon of this machine: the service if there is one whose socket can be trusted, else
/// the default address.
async fn default_server() -> Server {
    let path = Path::new(SERVICE_SOCKET);
    if service_is_trusted(path).await {
        return Server::Unix(path.to_owned());
    }
    Server::Http("127.0.0.1:7300".to_owned())
}

/// Anybody can put a socket where a folder lets them: the process behind it must be root's, one's
/// own, or that of the owner of the folder.
async fn service_is_trusted(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    let Some(folder) = path.parent().and_then(|folder| std::fs::metadata(folder).ok()) else { return false };
    let Ok(stream) = tokio::net::UnixStream::connect(path).await else { return false };
    let Ok(server) = stream.peer_cred() else { return false };
    let uid = server.uid();
    uid == 0 || uid == folder.uid() || uid == rustix::process::geteuid().as_raw()
}

fn theme() -> Theme {
    // no-color.org: set and not empty.
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if plain { Theme::plain() } else { Theme::colored() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_a_socket_of_somebody_to_trust_is_the_default() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chatd.sock");
        assert!(!service_is_trusted(&path).await, "there is none");
        std::fs::write(&path, "").unwrap();
        assert!(!service_is_trusted(&path).await, "a file is no socket");
        std::fs::remove_file(&path).unwrap();
        let listener = tokio::net::UnixListener::bind(&path).unwrap();
        assert!(service_is_trusted(&path).await, "it is one's own");
        drop(listener);
        assert!(!service_is_trusted(&path).await, "nobody is behind it");
    }
}
