//! Accounts and their sessions: making them, and ending them.

use proto::http::endpoints::{ChangePassword, ComeAsGuest, DeleteOwnAccount, LogIn, LogOut, Register, SignInLocally};
use proto::http::{Call, Credentials, DeleteAccount, GuestWish, Legacy, LocalSignIn, NewPassword, NoQuery, SignedIn};
use proto::{DeviceName, Password, SignUpCode, SshKey};

use super::RequestError;
use super::ask::{ask, ask_with_body};
use crate::clock::now;
use crate::session::{Server, Session, Source};

/// Makes an account and signs in, with a code of the operator where the server asks for one.
///
/// # Errors
/// See [`RequestError`].
pub async fn register(
    server: &Server,
    handle: &str,
    password: &Password,
    device: &DeviceName,
    invite: Option<&str>,
) -> Result<Session, RequestError> {
    open(server, &Register, &credentials(handle, password, device, invite)).await
}

/// Signs in with a password.
///
/// # Errors
/// See [`RequestError`].
pub async fn login(
    server: &Server,
    handle: &str,
    password: &Password,
    device: &DeviceName,
) -> Result<Session, RequestError> {
    open(server, &LogIn, &credentials(handle, password, device, None)).await
}

fn credentials(handle: &str, password: &Password, device: &DeviceName, invite: Option<&str>) -> Credentials {
    let (handle, device, invite) = (handle.to_owned(), Some(device.to_owned()), invite.map(SignUpCode::from));
    Credentials { handle, password: password.clone(), device, invite }
}

/// Signs in as a guest, under the wanted name if it is free.
///
/// # Errors
/// See [`RequestError`].
pub async fn guest(server: &Server, wish: Option<&str>) -> Result<Session, RequestError> {
    open(server, &ComeAsGuest, &GuestWish { handle: wish.map(str::to_owned) }).await
}

/// Opens a session of the user that the system knows; only over a Unix socket.
///
/// # Errors
/// See [`RequestError`].
pub async fn local(server: &Server, device: &DeviceName) -> Result<Session, RequestError> {
    let device = Some(device.to_owned());
    open(server, &SignInLocally, &LocalSignIn { device, ..LocalSignIn::default() }).await
}

/// Opens a session of whoever holds an ssh key, for whom the user that the system knows vouches; the first time
/// under a handle of their choice.
///
/// # Errors
/// See [`RequestError`].
pub async fn by_ssh_key(
    server: &Server,
    device: &DeviceName,
    key: &str,
    handle: Option<&str>,
) -> Result<Session, RequestError> {
    let (device, ssh_key) = (Some(device.to_owned()), Some(SshKey::from(key)));
    open(server, &SignInLocally, &LocalSignIn { device, ssh_key, handle: handle.map(str::to_owned) }).await
}

/// Opens a session by a request that gives one.
async fn open<C>(server: &Server, at: &C, body: &C::Body) -> Result<Session, RequestError>
where
    C: Call<Query = NoQuery, Answer = SignedIn>,
{
    let signed_in = ask_with_body(server, None, at, body).await?;
    Ok(Session {
        server: server.clone(),
        handle: signed_in.handle,
        token: signed_in.token,
        issued_at: now(),
        expires_at: signed_in.expires_at,
        source: Source::Profile,
    })
}

/// Gives the account of a session another password, or its first one.
///
/// # Errors
/// See [`RequestError`].
pub async fn change_password(session: &Session, old: Option<Password>, password: Password) -> Result<(), RequestError> {
    let body = NewPassword { old, password };
    ask_with_body(&session.server, Some(&session.token), &ChangePassword, &body).await.map(drop)
}

/// Deletes the account of a session.
///
/// # Errors
/// See [`RequestError`].
pub async fn delete_account(
    session: &Session,
    password: Option<Password>,
    content: Legacy,
) -> Result<(), RequestError> {
    let body = DeleteAccount { password, content };
    ask_with_body(&session.server, Some(&session.token), &DeleteOwnAccount, &body).await.map(drop)
}

/// Ends a session.
///
/// # Errors
/// See [`RequestError`].
pub async fn logout(session: &Session) -> Result<(), RequestError> {
    ask(&session.server, &session.token, &LogOut, &NoQuery).await.map(drop)
}
