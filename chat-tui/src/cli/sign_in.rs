//! How the program comes to a session: by flags, by what is kept, by the word of the system.

use std::io::Read;
use std::path::Path;

use proto::{DeviceName, ErrorCode, ErrorReply, Password};

use super::Settings;
use crate::app::SignInBy;
use crate::clock;
use crate::effect::SignIn;
use crate::failure::Failure;
use crate::headless::{Place, SessionNeed};
use crate::http::{self, RequestError, SERVICE_SOCKET};
use crate::places::{PlaceError, Profile, password_file};
use crate::session::{Server, Session, Source};
use crate::trust::Trust;

/// Gives the session that a command without a screen works with.
pub(super) async fn headless_session(
    settings: &Settings,
    place: &Place<'_>,
    wanted: SessionNeed,
) -> Result<Session, Failure> {
    if settings.guest && wanted != SessionNeed::Kept {
        return come_as_guest(settings, &place.server, place.profile).await;
    }
    let password = if wanted == SessionNeed::Kept { None } else { password(settings)? };
    let register = settings.register || wanted == SessionNeed::Register;
    match (password, wanted) {
        (Some(password), SessionNeed::Anew | SessionNeed::Register) => {
            let session = by_password(settings, register, &place.server, &password, &place.device).await?;
            place.profile.save(&session)?;
            Ok(session)
        }
        (Some(password), SessionNeed::Kept | SessionNeed::Any) => {
            let session = by_password(settings, register, &place.server, &password, &place.device).await?;
            Ok(Session { source: Source::Passing, ..session })
        }
        (None, SessionNeed::Anew) if settings.user.is_none() => {
            match local_session(settings, &place.server, &place.device).await? {
                Local::SignedIn(session) => {
                    place.profile.save(&session)?;
                    Ok(session)
                }
                Local::Refused(refusal) => Err(Failure::SignIn(refusal.reason)),
                Local::NotHere => Err(Failure::Usage(
                    "name the account and its password: --user HANDLE --password-file FILE".to_owned(),
                )),
            }
        }
        (None, SessionNeed::Anew | SessionNeed::Register) => {
            Err(Failure::Usage("name the account and its password: --user HANDLE --password-file FILE".to_owned()))
        }
        (None, SessionNeed::Kept | SessionNeed::Any) => {
            if let Some(kept) = kept_session(settings, &place.server, place.profile)?
                && (wanted == SessionNeed::Kept || is_alive(&kept, place.profile).await?)
            {
                return Ok(kept);
            }
            let local = match wanted {
                SessionNeed::Any => local_session(settings, &place.server, &place.device).await?,
                _ => Local::NotHere,
            };
            let missing = |reason: &str| Failure::SignIn(format!("nobody is signed in on {}: {reason}", place.server));
            match local {
                Local::SignedIn(session) => Ok(Session { source: Source::Passing, ..session }),
                Local::Refused(refusal) => Err(missing(&refusal.reason)),
                Local::NotHere => Err(missing("chat-tui login")),
            }
        }
    }
}

/// Keeps a session where that can be done: everything works without, and the screen says so.
fn keep(profile: &Profile, session: &Session) -> Result<(), PlaceError> {
    match profile.save(session) {
        Err(PlaceError::Io { .. }) => Ok(()),
        kept => kept,
    }
}

/// How the screen begins.
pub(super) enum ScreenStart {
    /// With a session that is known.
    Session(Session),
    /// With signing in.
    SignIn(SignInBy),
    /// With a form.
    Form,
}

/// Finds out how the screen begins, without asking anybody.
pub(super) fn screen_start(settings: &Settings, server: &Server, profile: &Profile) -> Result<ScreenStart, Failure> {
    if settings.guest {
        let kept = kept_guest(server, profile)?;
        return Ok(
            kept.map_or_else(|| ScreenStart::SignIn(SignInBy::Guest(settings.user.clone())), ScreenStart::Session)
        );
    }
    if let Some(password) = password(settings)? {
        let Some(handle) = settings.user.clone() else { return Err(nobody_named()) };
        let (register, invite) = (settings.register, settings.invite.clone());
        let wish = SignIn { server: server.clone(), handle, password, register, invite };
        return Ok(ScreenStart::SignIn(SignInBy::Password(wish)));
    }
    if let Some(kept) = kept_session(settings, server, profile)? {
        return Ok(ScreenStart::Session(kept));
    }
    let by_system = may_be_local(settings, server);
    Ok(if by_system { ScreenStart::SignIn(SignInBy::System) } else { ScreenStart::Form })
}

/// Gives the server that is meant.
pub(super) async fn server(settings: &Settings, trust: &Trust) -> Result<Server, Failure> {
    match &settings.server {
        Some(text) => Ok(trust.admit(text.parse()?)?),
        None => Ok(trust.admit(default_server().await)?),
    }
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
        return Ok(Some(password.clone()));
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
    if let Some(kept) = kept_guest(server, profile)? {
        return Ok(kept);
    }
    let session = http::guest(server, settings.user.as_deref()).await.map_err(refused)?;
    keep(profile, &session)?;
    Ok(session)
}

fn kept_guest(server: &Server, profile: &Profile) -> Result<Option<Session>, Failure> {
    let is_alive = |session: &Session| session.handle.is_guest() && session.expires_at > clock::now();
    Ok(profile.session(server)?.filter(is_alive))
}

pub(super) fn refused(error: RequestError) -> Failure {
    match error {
        RequestError::Refused(refusal) => Failure::SignIn(refusal.reason),
        other => Failure::Request(other),
    }
}

fn nobody_named() -> Failure {
    Failure::Usage("a password needs --user HANDLE".to_owned())
}

async fn by_password(
    settings: &Settings,
    register: bool,
    server: &Server,
    password: &Password,
    device: &DeviceName,
) -> Result<Session, Failure> {
    let Some(handle) = &settings.user else { return Err(nobody_named()) };
    let signed_in = if register {
        http::register(server, handle, password, device, settings.invite.as_deref()).await
    } else {
        http::login(server, handle, password, device).await
    };
    signed_in.map_err(refused)
}

/// Tells whether a kept session can still be used, and forgets it if not. Only where the system can vouch for another
/// one: elsewhere whoever uses it finds out.
async fn is_alive(session: &Session, profile: &Profile) -> Result<bool, Failure> {
    if !matches!(session.server, Server::Unix(_)) || session.source != Source::Profile {
        return Ok(true);
    }
    match http::fetch_settings(session).await {
        Err(RequestError::Refused(refusal)) if refusal.code.is_of_the_token() => {
            profile.forget(session)?;
            Ok(false)
        }
        _ => Ok(true),
    }
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
    let stale = |session: &Session| matches!(server, Server::Unix(_)) && session.expires_at <= clock::now();
    Ok(known.filter(|session| !stale(session)).filter(|session| {
        settings.user.as_deref().is_none_or(|user| user.eq_ignore_ascii_case(session.handle.as_str()))
    }))
}

/// What came of asking to be let in as the user that the system knows.
enum Local {
    SignedIn(Session),
    /// The daemon knows the user and says no.
    Refused(ErrorReply),
    /// This server, or this way of reaching it, knows no such thing; or somebody else is asked for.
    NotHere,
}

/// Tells whether the word of the system may do.
fn may_be_local(settings: &Settings, server: &Server) -> bool {
    matches!(server, Server::Unix(_)) && !settings.register && settings.user.is_none()
}

/// Signs in over a Unix socket as whoever runs this program.
async fn local_session(settings: &Settings, server: &Server, device: &DeviceName) -> Result<Local, Failure> {
    if !may_be_local(settings, server) {
        return Ok(Local::NotHere);
    }
    match http::local(server, device).await {
        Ok(session) => Ok(Local::SignedIn(session)),
        Err(RequestError::Refused(refusal)) if refusal.code == ErrorCode::NotFound => Ok(Local::NotHere),
        Err(RequestError::Refused(refusal)) => Ok(Local::Refused(refusal)),
        Err(error) => Err(error.into()),
    }
}

/// Where a daemon listens that was told nothing.
const DEFAULT_ADDRESS: &str = "http://127.0.0.1:7300";

/// Gives the daemon of this machine: the service if there is one whose socket can be trusted, else
/// the default address.
async fn default_server() -> Server {
    let path = Path::new(SERVICE_SOCKET);
    if service_is_trusted(path).await {
        return Server::unix(path);
    }
    DEFAULT_ADDRESS.parse().expect("it is an address")
}

async fn service_is_trusted(path: &Path) -> bool {
    tokio::net::UnixStream::connect(path).await.is_ok_and(|stream| http::is_trusted(&stream, path))
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
