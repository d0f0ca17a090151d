//! Signing up, in and out, and renewing a token.

use std::net::IpAddr;
use std::time::Instant;

use proto::http::{Credentials, DeleteAccount, GuestWish, NewPassword, SignedIn as SignedInBody};
use proto::{
    ErrorCode, ErrorReply, Handle, InviteCode, NameError, Password, RenewedToken, SessionId, Timestamp, bounds,
};

use super::local;
use crate::config::Registration;
use crate::daemon::{Daemon, random_session};
use crate::dispatch::{Answer, Reply};
use crate::error::{internal, rate_limited, store_error};
use crate::password::{self, Verdict};
use crate::policy::SignedIn;
use crate::store::{Account, AccountState, NewSession, Refused, StoreError, UserId, Verified};
use crate::token::Claims;

/// Handles that are drawn for a guest before it is taken for a failure; each has 32 random bits.
const GUEST_TRIES: usize = 8;

/// Makes an account and signs it in, or notes that somebody asks for one. `address` is the asker's if it is not local.
pub(crate) async fn register(
    daemon: &Daemon,
    address: Option<IpAddr>,
    credentials: Credentials,
) -> Result<SignedInBody, ErrorReply> {
    check_complete(&credentials)?;
    let registration = daemon.config().auth.registration;
    if registration == Registration::Closed {
        return Err(registration_closed());
    }
    let handle = new_handle(&credentials.handle)?;
    local::check_free(daemon, &handle).await?;
    password::check_new(&credentials.password, &handle)?;
    let device = checked_device(credentials.device)?;
    count_address(daemon, address)?;
    let invite = match registration {
        Registration::Invite => Some(invited(daemon, credentials.invite.as_deref()).await?),
        _ => None,
    };
    check_not_taken(daemon, &handle, &credentials.password).await?;
    let hash = daemon.hasher.hash(&credentials.password).await?;
    if registration == Registration::Approval {
        daemon.store.apply(handle.clone(), hash).await.committed().await.map_err(|error| store_error(&error))?;
        tracing::info!(%handle, "somebody asks for an account: chatd user approve, or reject");
        return Err(approval_pending());
    }
    let session = new_session(daemon, device);
    let signed_in = issue(daemon, &handle, &session);
    let pending = match invite {
        Some(code) => daemon.store.create_invited_account(handle, hash, session, code).await,
        None => daemon.store.create_account(handle, Some(hash), session).await,
    };
    pending.committed().await.map_err(|error| store_error(&error))?;
    Ok(signed_in)
}

/// Reads a code of the operator, and looks whether it is good.
async fn invited(daemon: &Daemon, code: Option<&str>) -> Result<InviteCode, ErrorReply> {
    let Some(code) = code.map(str::trim).filter(|code| !code.is_empty()) else {
        return Err(ErrorReply::new(
            ErrorCode::RegistrationClosed,
            "accounts take an invitation: a code of the operator",
        ));
    };
    let not_good = || store_error(&Refused::NotInvited.into());
    let code = code.to_ascii_lowercase().parse::<InviteCode>().map_err(|_| not_good())?;
    let good = daemon.store.is_invited(code, daemon.clock.now()).await.map_err(|error| store_error(&error))?;
    if good { Ok(code) } else { Err(not_good()) }
}

/// Refuses a handle that somebody has or waits for; whoever asks again with the same password is told that they wait.
async fn check_not_taken(daemon: &Daemon, handle: &Handle, password: &Password) -> Result<(), ErrorReply> {
    let failed = |error: StoreError| store_error(&error);
    let taken = || Err(ErrorReply::new(ErrorCode::UserExists, "User exists"));
    if daemon.store.account(handle).await.map_err(failed)?.is_some() {
        return taken();
    }
    let Some(hash) = daemon.store.applicant(handle).await.map_err(failed)? else { return Ok(()) };
    daemon.failed_sign_ins.take(handle.clone(), Instant::now()).map_err(rate_limited)?;
    match daemon.hasher.verify(password, Some(hash)).await? {
        Verdict::Right(_) => {
            daemon.failed_sign_ins.give_back(handle);
            Err(approval_pending())
        }
        Verdict::Wrong => taken(),
    }
}

fn approval_pending() -> ErrorReply {
    ErrorReply::new(ErrorCode::ApprovalPending, "the account waits for an operator to approve it")
}

/// Makes a guest and signs it in; a wish is granted if the handle is free.
pub(crate) async fn guest(
    daemon: &Daemon,
    address: Option<IpAddr>,
    wish: GuestWish,
) -> Result<SignedInBody, ErrorReply> {
    if !daemon.config().auth.guests {
        return Err(ErrorReply::new(ErrorCode::RegistrationClosed, "this server takes no guests"));
    }
    count_address(daemon, address)?;
    let wished = match wish.handle.as_deref() {
        Some(wish) => Some(guest_handle(wish.trim_start_matches(Handle::GUEST_PREFIX))?),
        None => None,
    };
    for handle in wished.into_iter().chain((0..GUEST_TRIES).map(|_| random_guest())) {
        let session = new_session(daemon, None);
        let signed_in = issue(daemon, &handle, &session);
        let pending = daemon.store.create_account(handle, None, session).await;
        match pending.committed().await {
            Ok(_) => return Ok(signed_in),
            Err(StoreError::Refused(Refused::HandleTaken)) => {}
            Err(error) => return Err(store_error(&error)),
        }
    }
    Err(internal(&"no free guest handle was found"))
}

fn guest_handle(wish: &str) -> Result<Handle, ErrorReply> {
    let handle = [Handle::GUEST_PREFIX, wish].concat().parse();
    handle.map_err(|error: NameError| ErrorReply::new(ErrorCode::InvalidHandle, error.to_string()))
}

fn random_guest() -> Handle {
    let mut name = random_session().to_string();
    name.truncate(8);
    guest_handle(&name).expect("eight letters and digits fit a handle")
}

/// Opens a session of an account. `address` is the asker's if it is not local.
pub(crate) async fn login(
    daemon: &Daemon,
    address: Option<IpAddr>,
    credentials: Credentials,
) -> Result<SignedInBody, ErrorReply> {
    check_complete(&credentials)?;
    password::check_size(&credentials.password)?;
    let device = checked_device(credentials.device)?;
    count_address(daemon, address)?;
    // A text that cannot be a handle belongs to nobody.
    let Ok(handle) = credentials.handle.parse::<Handle>() else {
        daemon.hasher.verify(&credentials.password, None).await?;
        return Err(unknown_user(daemon));
    };
    daemon.failed_sign_ins.take(handle.clone(), Instant::now()).map_err(rate_limited)?;
    let found = find_and_verify(daemon, &handle, &credentials.password).await;
    // Only a wrong password counts; what failed here was not the asker's doing.
    let (account, verdict) = found.inspect_err(|_| daemon.failed_sign_ins.give_back(&handle))?;
    let Some(account) = account else {
        return Err(match verdict {
            Verdict::Right(_) => {
                daemon.failed_sign_ins.give_back(&handle);
                approval_pending()
            }
            Verdict::Wrong => unknown_user(daemon),
        });
    };
    let Verdict::Right(stronger) = verdict else { return Err(wrong_password(daemon)) };
    daemon.failed_sign_ins.give_back(&handle);
    if account.state == AccountState::Disabled {
        return Err(store_error(&Refused::AccountDisabled.into()));
    }
    let Some(hash) = account.password_hash else { return Err(wrong_password(daemon)) };
    let session = new_session(daemon, device);
    let signed_in = issue(daemon, &handle, &session);
    let pending = daemon.store.create_session(account.user, Verified { hash, stronger }, session).await;
    pending.committed().await.map_err(|error| match error {
        // Somebody has changed it meanwhile.
        StoreError::Refused(Refused::PasswordChanged) => wrong_password(daemon),
        error => store_error(&error),
    })?;
    Ok(signed_in)
}

/// Gives the asker's account another password, or its first one, and ends its other sessions. A guest has an account from
/// then on.
pub(crate) async fn change_password(
    daemon: &Daemon,
    address: Option<IpAddr>,
    who: &SignedIn,
    wish: NewPassword,
) -> Result<(), ErrorReply> {
    if daemon.hub.is_guest(who.user()) && daemon.config().auth.registration != Registration::Open {
        return Err(registration_closed());
    }
    password::check_new(&wish.password, who.handle())?;
    let stored = verified(daemon, address, who, wish.old, "the old password is needed").await?;
    let hash = daemon.hasher.hash(&wish.password).await?;
    let pending = daemon.store.change_password(who.user(), who.session(), stored, hash).await;
    pending.committed().await.map_err(|error| store_error(&error))
}

/// Verifies the password of the asker's account, if it has one, and gives the hash that it was compared with.
async fn verified(
    daemon: &Daemon,
    address: Option<IpAddr>,
    who: &SignedIn,
    password: Option<Password>,
    missing: &str,
) -> Result<Option<String>, ErrorReply> {
    let handle = who.handle();
    let account = daemon.store.account(handle).await.map_err(|error| store_error(&error))?;
    let stored = account.and_then(|account| account.password_hash);
    if stored.is_none() {
        return Ok(None);
    }
    let password = password.ok_or_else(|| ErrorReply::new(ErrorCode::InvalidPassword, missing))?;
    password::check_size(&password)?;
    // Whoever found an open session guesses no faster than anybody else.
    count_address(daemon, address)?;
    daemon.failed_sign_ins.take(handle.clone(), Instant::now()).map_err(rate_limited)?;
    let verdict = daemon.hasher.verify(&password, stored.clone()).await;
    if !matches!(verdict, Ok(Verdict::Wrong)) {
        daemon.failed_sign_ins.give_back(handle);
    }
    match verdict? {
        Verdict::Wrong => Err(ErrorReply::new(ErrorCode::InvalidPassword, "Invalid Password")),
        Verdict::Right(_) => Ok(stored),
    }
}

/// Deletes the asker's account.
pub(crate) async fn delete(
    daemon: &Daemon,
    address: Option<IpAddr>,
    who: &SignedIn,
    wish: DeleteAccount,
) -> Result<(), ErrorReply> {
    let stored = verified(daemon, address, who, wish.password, "the password of the account is needed").await?;
    let pending = daemon.store.leave(who.user(), who.session(), stored, wish.content).await;
    pending.committed().await.map_err(|error| store_error(&error))?;
    daemon.deleted.notify_one();
    Ok(())
}

/// Ends the asker's session, on open connections too.
pub(crate) async fn logout(daemon: &Daemon, who: &SignedIn) -> Result<(), ErrorReply> {
    let pending = daemon.store.end_session(who.user(), who.session()).await;
    pending.committed().await.map_err(|error| store_error(&error))
}

/// Gives a fresh token of the same session.
pub(crate) async fn renew_token(daemon: &Daemon, who: &SignedIn) -> Answer {
    let expires = token_end(daemon);
    let pending = daemon.store.extend_session(who.session(), expires).await;
    if !pending.committed().await.map_err(|error| store_error(&error))? {
        return Err(ErrorReply::new(ErrorCode::TokenInvalid, "the session has ended"));
    }
    let signed_in = sign(daemon, who.handle(), who.session(), expires);
    Ok(Reply::Renewed(RenewedToken { token: signed_in.token, expires_at: expires }))
}

async fn find_and_verify(
    daemon: &Daemon,
    handle: &Handle,
    password: &Password,
) -> Result<(Option<Account>, Verdict), ErrorReply> {
    let account = daemon.store.account(handle).await.map_err(|error| store_error(&error))?;
    // A deleted account is as one that never was, but for its handle.
    let account = account.filter(|account| account.state != AccountState::Deleted);
    let stored = match &account {
        Some(account) => account.password_hash.clone(),
        // Whoever waits for an account is told so, if the password is theirs.
        None => daemon.store.applicant(handle).await.map_err(|error| store_error(&error))?,
    };
    let verdict = daemon.hasher.verify(password, stored).await?;
    Ok((account, verdict))
}

fn check_complete(credentials: &Credentials) -> Result<(), ErrorReply> {
    if credentials.handle.trim().is_empty() || credentials.password.expose().is_empty() {
        return Err(ErrorReply::new(ErrorCode::IncompleteCredentials, "Incomplete Credentials"));
    }
    Ok(())
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
    ErrorReply::new(ErrorCode::RegistrationClosed, "this server takes no new accounts by itself")
}

pub(super) fn checked_device(device: Option<String>) -> Result<Option<String>, ErrorReply> {
    match device {
        Some(device) if device.len() > bounds::DEVICE_BYTES_MAX || device.contains('\0') => {
            let reason = format!("`device` has at most {} bytes and no U+0000", bounds::DEVICE_BYTES_MAX);
            Err(ErrorReply::new(ErrorCode::Malformed, reason))
        }
        device => Ok(device),
    }
}

fn count_address(daemon: &Daemon, address: Option<IpAddr>) -> Result<(), ErrorReply> {
    match address {
        Some(address) => daemon.sign_ins_from.take(address, Instant::now()).map_err(rate_limited),
        None => Ok(()),
    }
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

pub(super) fn new_session(daemon: &Daemon, device: Option<String>) -> NewSession {
    NewSession { session: random_session(), device, expires: token_end(daemon) }
}

fn issue(daemon: &Daemon, handle: &Handle, session: &NewSession) -> SignedInBody {
    sign(daemon, handle, session.session, session.expires)
}

pub(super) fn sign(daemon: &Daemon, handle: &Handle, session: SessionId, expires: Timestamp) -> SignedInBody {
    let claims = Claims { handle: handle.clone(), session, expires };
    let token = daemon.tokens.issue(&claims, daemon.clock.now());
    SignedInBody { handle: claims.handle, token, expires_at: expires }
}

/// Remembers beyond this process when some were last connected.
pub(crate) async fn remember_last_seen(daemon: &Daemon, gone: Vec<(UserId, Timestamp)>) {
    if gone.is_empty() {
        return;
    }
    if let Err(error) = daemon.store.set_last_seen(gone).await.committed().await {
        tracing::warn!(%error, "when people were last connected is not remembered");
    }
}
