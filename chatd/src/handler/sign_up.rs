//! Making accounts.

use std::time::Instant;

use proto::http::{Credentials, SignedIn as SignedInBody};
use proto::{ErrorCode, ErrorReply, Handle, InviteCode, Password, SignUpCode};

use super::account::{approval_pending, check_complete, issue, new_handle, new_session, registration_closed};
use super::local;
use crate::config::Registration;
use crate::daemon::Daemon;
use crate::error::{rate_limited, store_error};
use crate::password::{self, Verdict};
use crate::password_hash::PasswordHash;
use crate::source::Source;
use crate::store::{Refused, StoreError};

/// Makes an account and signs it in, or notes that somebody asks for one.
pub(crate) async fn register(
    daemon: &Daemon,
    source: Source,
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
    daemon.entrance.count_sign_up(source, Instant::now()).map_err(rate_limited)?;
    let invite = match registration {
        Registration::Invite => Some(invited(daemon, credentials.invite.as_ref()).await?),
        _ => None,
    };
    check_not_taken(daemon, source, &handle, &credentials.password).await?;
    let hash = daemon.keys.hasher.hash(&credentials.password).await?;
    if registration == Registration::Approval {
        return Err(apply(daemon, source, handle, hash).await?);
    }
    let session = new_session(daemon, credentials.device);
    let signed_in = issue(daemon, &handle, &session);
    let pending = match invite {
        Some(code) => daemon.store.create_invited_account(handle, hash, session, code).await,
        None => daemon.store.create_account(handle, Some(hash), session).await,
    };
    pending.committed().await.map_err(|error| store_error(&error))?;
    daemon.entrance.guesses.got_in(&signed_in.handle, source);
    Ok(signed_in)
}

/// Notes that somebody asks for an account, and gives the answer to that.
async fn apply(daemon: &Daemon, source: Source, handle: Handle, hash: PasswordHash) -> Result<ErrorReply, ErrorReply> {
    let noted = daemon.store.apply(handle.clone(), hash, source).await.committed().await;
    let gave_way = noted.map_err(|error| store_error(&error))?;
    tracing::info!(%handle, %source, "new sign-up waits for approval: chatd user approve, or chatd user reject");
    if let Some(handle) = gave_way {
        tracing::info!(%handle, "oldest sign-up dropped, too many wait for approval");
    }
    Ok(approval_pending())
}

/// Reads a code of the operator, and looks whether it is good.
async fn invited(daemon: &Daemon, code: Option<&SignUpCode>) -> Result<InviteCode, ErrorReply> {
    let Some(code) = code.map(|code| code.as_str().trim()).filter(|code| !code.is_empty()) else {
        return Err(ErrorReply::new(
            ErrorCode::RegistrationClosed,
            "registration needs an invitation: ask the operator for a code",
        ));
    };
    let not_good = || store_error(&Refused::NotInvited.into());
    let code = code.to_ascii_lowercase().parse::<InviteCode>().map_err(|_| not_good())?;
    let good = daemon.store.is_invited(code, daemon.clock.now()).await.map_err(|error| store_error(&error))?;
    if good { Ok(code) } else { Err(not_good()) }
}

/// Refuses a handle that is taken or waits for approval; the same sign-up again, with the same password, is `approval_pending`.
async fn check_not_taken(
    daemon: &Daemon,
    source: Source,
    handle: &Handle,
    password: &Password,
) -> Result<(), ErrorReply> {
    let failed = |error: StoreError| store_error(&error);
    let taken = || Err(ErrorReply::new(ErrorCode::UserExists, "User exists"));
    if daemon.store.account(handle).await.map_err(failed)?.is_some() {
        return taken();
    }
    let Some(hash) = daemon.store.applicant(handle).await.map_err(failed)? else { return Ok(()) };
    let guess = daemon.entrance.guesses.sign_in(handle, source, Instant::now()).map_err(rate_limited)?;
    let verdict = daemon.keys.hasher.verify(password, Some(hash)).await;
    if !matches!(verdict, Ok(Verdict::Wrong)) {
        guess.take_back();
    }
    match verdict? {
        Verdict::Right(_) => Err(approval_pending()),
        Verdict::Wrong => taken(),
    }
}
