//! Guests: coming in without an account, and ending who is away for long.

use std::sync::Arc;
use std::time::{Duration, Instant};

use proto::http::{GuestWish, SignedIn as SignedInBody};
use proto::{ErrorCode, ErrorReply, Handle, NameError, Timestamp};

use super::account::{issue, new_session};
use crate::daemon::{Daemon, random_session};
use crate::error::{internal, rate_limited, store_error};
use crate::source::Source;
use crate::store::{Refused, StoreError};

/// Handles that are drawn for a guest before it is taken for a failure; each has 32 random bits.
const GUEST_TRIES: usize = 8;
/// Guests that one step of the writer ends, so that messages wait for none of it.
const ENDED_AT_ONCE: usize = 20;
/// Time between two looks for guests who are away: a fraction of what they may be, within these bounds.
const LOOKS_PER_TIME: u32 = 4;
const LOOK_AGAIN_MIN: Duration = Duration::from_secs(1);
const LOOK_AGAIN_MAX: Duration = Duration::from_secs(10 * 60);
/// After this long a guest who found no room may try again.
const FULL_RETRY: Duration = Duration::from_secs(60);

/// Creates a guest and signs it in, with the wished handle if it is free.
pub(crate) async fn guest(daemon: &Daemon, source: Source, wish: GuestWish) -> Result<SignedInBody, ErrorReply> {
    if !daemon.config().auth.guests {
        return Err(ErrorReply::new(ErrorCode::RegistrationClosed, "guests are not allowed on this server"));
    }
    daemon.entrance.count_sign_up(source, Instant::now()).map_err(rate_limited)?;
    let wished = match wish.handle.as_deref() {
        Some(wish) => Some(guest_handle(wish.trim_start_matches(Handle::GUEST_PREFIX))?),
        None => None,
    };
    make_room(daemon).await?;
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

/// Ends the guest who has been offline longest when the limit of guests is reached.
async fn make_room(daemon: &Daemon) -> Result<(), ErrorReply> {
    let most = daemon.config().limits.guests;
    if most == 0 || daemon.store.guests().await.map_err(|error| store_error(&error))? < most {
        return Ok(());
    }
    let ended = end_some(daemon, daemon.clock.now(), 1).await.map_err(|error| store_error(&error))?;
    if ended > 0 { Ok(()) } else { Err(rate_limited(FULL_RETRY)) }
}

/// Ends guests who are not connected and were not since a moment, at most `most`; gives how many.
async fn end_some(daemon: &Daemon, since: Timestamp, most: usize) -> Result<usize, StoreError> {
    let present = daemon.hub.guests_connected();
    let mut away = daemon.store.guests_away_since(since, most + present.len()).await?;
    away.retain(|guest| !present.iter().any(|(user, _)| user == guest));
    away.truncate(most);
    let ended = away.len();
    if ended > 0 {
        daemon.store.end_guests(away).await.committed().await?;
    }
    Ok(ended)
}

/// Ends guests who were away for longer than the settings say, for as long as the daemon runs.
pub(crate) async fn keep_ending(daemon: Arc<Daemon>) {
    loop {
        let after = daemon.config().auth.guest_end_after;
        if !after.is_zero() {
            end_away(&daemon, after).await;
        }
        let pause = if after.is_zero() { LOOK_AGAIN_MAX } else { after / LOOKS_PER_TIME };
        tokio::time::sleep(pause.clamp(LOOK_AGAIN_MIN, LOOK_AGAIN_MAX)).await;
    }
}

async fn end_away(daemon: &Daemon, after: Duration) {
    let now = daemon.clock.now();
    // An open connection is a use, also for the one who looks after a crash.
    for (_, session) in daemon.hub.guests_connected() {
        daemon.session_activity.note(session, now, None);
    }
    // A guest who has just left was connected until now.
    daemon.session_activity.keep_now(&daemon.store).await;
    let since = now.plus_millis(-i64::try_from(after.as_millis()).unwrap_or(i64::MAX));
    loop {
        match end_some(daemon, since, ENDED_AT_ONCE).await {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "cannot end absent guests, will retry");
                return;
            }
        }
    }
}
