//! Signing in and out, renewing a token, and what signed-in users do with their account.

use std::time::Instant;

use proto::http::{Credentials, DeleteAccount, NewPassword, SignedIn as SignedInBody};
use proto::{DeviceName, ErrorCode, ErrorReply, Handle, Password, RenewToken, RenewedToken, SessionId, Timestamp};

use crate::answer::AnswerTo;
use crate::config::Registration;
use crate::daemon::{Daemon, random_session};
use crate::error::{rate_limited, store_error};
use crate::password::{self, Verdict};
use crate::password_hash::PasswordHash;
use crate::policy::{self, SignedIn};
use crate::source::Source;
use crate::store::{AccountState, NewSession, Refused, StoreError, StoredAccount, UserId, Verified};
use crate::token::Claims;

/// Opens a session of an account. A refusal takes as long with and without an account, so that the time does not tell whether there is one.
pub(crate) async fn login(
    daemon: &Daemon,
    source: Source,
    credentials: Credentials,
) -> Result<SignedInBody, ErrorReply> {
    let began = Instant::now();
    let signed_in = sign_in(daemon, source, credentials).await;
    if matches!(&signed_in, Err(refusal) if refusal.code == ErrorCode::InvalidCredentials) {
        tokio::time::sleep_until((began + daemon.keys.hasher.longest()).into()).await;
    }
    signed_in
}

async fn sign_in(daemon: &Daemon, source: Source, credentials: Credentials) -> Result<SignedInBody, ErrorReply> {
    check_complete(&credentials)?;
    password::check_size(&credentials.password)?;
    daemon.entrance.count_sign_in(source, Instant::now()).map_err(rate_limited)?;
    // A text that cannot be a handle belongs to nobody.
    let Ok(handle) = as_typed(&credentials.handle).parse::<Handle>() else {
        daemon.keys.hasher.verify(&credentials.password, None).await?;
        return Err(unknown_user(daemon));
    };
    let guess = daemon.entrance.guesses.sign_in(&handle, source, Instant::now()).map_err(rate_limited)?;
    let found = find_and_verify(daemon, &handle, &credentials.password).await;
    // Only a wrong password counts; what failed here was not the asker's doing.
    if !matches!(&found, Ok((_, Verdict::Wrong))) {
        guess.take_back();
    }
    let (account, verdict) = found?;
    let Some(account) = account else {
        return Err(match verdict {
            Verdict::Right(_) => approval_pending(),
            Verdict::Wrong => unknown_user(daemon),
        });
    };
    let Verdict::Right(stronger) = verdict else { return Err(wrong_password(daemon)) };
    if account.state == AccountState::Disabled {
        return Err(store_error(&Refused::AccountDisabled.into()));
    }
    let Some(hash) = account.password_hash else { return Err(wrong_password(daemon)) };
    let session = new_session(daemon, credentials.device);
    let signed_in = issue(daemon, &handle, &session);
    let pending = daemon.store.create_session(account.user, Verified { hash, stronger }, session).await;
    pending.committed().await.map_err(|error| match error {
        // Somebody has changed it meanwhile.
        StoreError::Refused(Refused::PasswordChanged) => wrong_password(daemon),
        error => store_error(&error),
    })?;
    daemon.entrance.guesses.got_in(&signed_in.handle, source);
    Ok(signed_in)
}

/// Gives the asker's account another password, or its first one, and ends its other sessions. A guest has an account from
/// then on.
pub(crate) async fn change_password(daemon: &Daemon, who: &SignedIn, wish: NewPassword) -> Result<(), ErrorReply> {
    if policy::is_guest(&daemon.hub, who) && daemon.config().auth.registration != Registration::Open {
        return Err(registration_closed());
    }
    password::check_new(&wish.password, who.handle())?;
    let stored = verified(daemon, who, wish.old, "the old password is needed").await?;
    let hash = daemon.keys.hasher.hash(&wish.password).await?;
    let pending = daemon.store.change_password(who.user(), who.session(), stored, hash).await;
    pending.committed().await.map_err(|error| store_error(&error))
}

/// Verifies the password of the asker's account, if it has one, and gives the hash that it was compared with.
async fn verified(
    daemon: &Daemon,
    who: &SignedIn,
    password: Option<Password>,
    missing: &str,
) -> Result<Option<PasswordHash>, ErrorReply> {
    let handle = who.handle();
    let account = daemon.store.account(handle).await.map_err(|error| store_error(&error))?;
    let stored = account.and_then(|account| account.password_hash);
    if stored.is_none() {
        return Ok(None);
    }
    let password = password.ok_or_else(|| ErrorReply::new(ErrorCode::InvalidPassword, missing))?;
    password::check_size(&password)?;
    // A thief of an open session guesses no faster than anybody else, and guesses elsewhere do not keep its owner from
    // this.
    let guess = daemon.entrance.guesses.within(who.session(), Instant::now()).map_err(rate_limited)?;
    let verdict = daemon.keys.hasher.verify(&password, stored.clone()).await;
    if !matches!(verdict, Ok(Verdict::Wrong)) {
        guess.take_back();
    }
    match verdict? {
        Verdict::Wrong => Err(ErrorReply::new(ErrorCode::InvalidPassword, "Invalid Password")),
        Verdict::Right(_) => Ok(stored),
    }
}

/// Deletes the asker's account.
pub(crate) async fn delete_account(daemon: &Daemon, who: &SignedIn, wish: DeleteAccount) -> Result<(), ErrorReply> {
    let stored = verified(daemon, who, wish.password, "the password of the account is needed").await?;
    let pending = daemon.store.leave(who.user(), who.session(), stored, wish.content).await;
    pending.committed().await.map_err(|error| store_error(&error))?;
    Ok(())
}

/// Ends the asker's session, on open connections too.
pub(crate) async fn logout(daemon: &Daemon, who: &SignedIn) -> Result<(), ErrorReply> {
    let pending = daemon.store.end_session(who.user(), who.session()).await;
    pending.committed().await.map_err(|error| store_error(&error))
}

/// Gives a fresh token of the same session.
pub(crate) async fn renew_token(daemon: &Daemon, who: &SignedIn, _: RenewToken) -> AnswerTo<RenewToken> {
    daemon.pace.renewals.take(who.session(), Instant::now()).map_err(rate_limited)?;
    let expires = token_end(daemon);
    let pending = daemon.store.extend_session(who.session(), expires).await;
    if !pending.committed().await.map_err(|error| store_error(&error))? {
        return Err(ErrorReply::new(ErrorCode::TokenInvalid, "the session has ended"));
    }
    let signed_in = sign(daemon, who.handle(), who.session(), expires);
    Ok(RenewedToken { token: signed_in.token, expires_at: expires })
}

async fn find_and_verify(
    daemon: &Daemon,
    handle: &Handle,
    password: &Password,
) -> Result<(Option<StoredAccount>, Verdict), ErrorReply> {
    let account = daemon.store.account(handle).await.map_err(|error| store_error(&error))?;
    // A deleted account is as one that never was, but for its handle.
    let account = account.filter(|account| account.state != AccountState::Deleted);
    let stored = match &account {
        Some(account) => account.password_hash.clone(),
        // A waiting sign-up is answered as such, if the password is right.
        None => daemon.store.applicant(handle).await.map_err(|error| store_error(&error))?,
    };
    let verdict = daemon.keys.hasher.verify(password, stored).await?;
    Ok((account, verdict))
}

pub(super) fn check_complete(credentials: &Credentials) -> Result<(), ErrorReply> {
    if credentials.handle.trim().is_empty() || credentials.password.expose().is_empty() {
        return Err(ErrorReply::new(ErrorCode::IncompleteCredentials, "Incomplete Credentials"));
    }
    Ok(())
}

/// Takes off what people and their keyboards put around a handle: `@`, and blanks.
pub(crate) fn as_typed(handle: &str) -> &str {
    let handle = handle.trim();
    handle.strip_prefix('@').unwrap_or(handle)
}

/// Reads the handle of a new account.
pub(crate) fn new_handle(text: &str) -> Result<Handle, ErrorReply> {
    let invalid = |reason: String| ErrorReply::new(ErrorCode::InvalidHandle, reason);
    let handle = text.parse::<Handle>().map_err(|error| invalid(error.to_string()))?;
    if handle.is_reserved() {
        return Err(invalid(format!("the handle `{handle}` is reserved")));
    }
    Ok(handle)
}

pub(super) fn registration_closed() -> ErrorReply {
    ErrorReply::new(ErrorCode::RegistrationClosed, "registration is closed on this server")
}

pub(super) fn approval_pending() -> ErrorReply {
    ErrorReply::new(ErrorCode::ApprovalPending, "this account waits for approval by an operator")
}

fn unknown_user(daemon: &Daemon) -> ErrorReply {
    refused_sign_in(daemon, ErrorCode::NoSuchUser, "No such user")
}

fn wrong_password(daemon: &Daemon) -> ErrorReply {
    refused_sign_in(daemon, ErrorCode::InvalidPassword, "Invalid Password")
}

fn refused_sign_in(daemon: &Daemon, code: ErrorCode, reason: &str) -> ErrorReply {
    if daemon.config().auth.uniform_login_errors {
        return ErrorReply::new(ErrorCode::InvalidCredentials, "Invalid handle or password");
    }
    ErrorReply::new(code, reason)
}

fn token_end(daemon: &Daemon) -> Timestamp {
    let millis = i64::try_from(daemon.config().auth.token_lifetime.as_millis()).unwrap_or(i64::MAX);
    daemon.clock.now().plus_millis(millis)
}

pub(super) fn new_session(daemon: &Daemon, device: Option<DeviceName>) -> NewSession {
    NewSession { session: random_session(), device, expires: token_end(daemon) }
}

pub(super) fn issue(daemon: &Daemon, handle: &Handle, session: &NewSession) -> SignedInBody {
    sign(daemon, handle, session.session, session.expires)
}

pub(super) fn sign(daemon: &Daemon, handle: &Handle, session: SessionId, expires: Timestamp) -> SignedInBody {
    let claims = Claims { handle: handle.clone(), session, expires };
    let token = daemon.keys.tokens.issue(&claims, daemon.clock.now());
    SignedInBody { handle: claims.handle, token, expires_at: expires }
}

/// Remembers beyond this process when some were last connected.
pub(crate) async fn remember_last_seen(daemon: &Daemon, gone: Vec<(UserId, Timestamp)>) {
    if gone.is_empty() {
        return;
    }
    if let Err(error) = daemon.store.set_last_seen(gone).await.committed().await {
        tracing::warn!(%error, "cannot store when users were last connected");
    }
}
