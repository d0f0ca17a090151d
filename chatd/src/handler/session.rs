//! The sessions of the asker: which there are, and ending them.

use proto::http::{NoQuery, SessionInfo, Sessions};
use proto::{Empty, EndSession, ErrorReply};

use crate::answer::AnswerTo;
use crate::daemon::Daemon;
use crate::error::{malformed, store_error};
use crate::policy::SignedIn;

pub(crate) async fn list(daemon: &Daemon, who: &SignedIn, _: NoQuery) -> Result<Sessions, ErrorReply> {
    // Uses noted since the last write must be in the list.
    daemon.session_activity.keep_now(&daemon.store).await;
    let kept = daemon.store.sessions(who.user(), daemon.clock.now()).await.map_err(|error| store_error(&error))?;
    let connected = daemon.hub.sessions_connected(who.user());
    let now = daemon.clock.now();
    let shown = kept.into_iter().map(|kept| {
        let connections = connected.iter().filter(|session| **session == kept.session).count() as u64;
        SessionInfo {
            current: kept.session == who.session(),
            connections,
            id: kept.session,
            device: kept.device,
            client: kept.client,
            created: kept.created,
            // An open connection is a use.
            last_used: if connections > 0 { now } else { kept.used },
            expires_at: kept.expires,
        }
    });
    Ok(Sessions { sessions: shown.collect() })
}

pub(crate) async fn end(daemon: &Daemon, who: &SignedIn, request: EndSession) -> AnswerTo<EndSession> {
    let pending = match (request.id, request.others) {
        (Some(session), false) => daemon.store.end_own_session(who.user(), session).await,
        (None, true) => daemon.store.end_other_sessions(who.user(), who.session()).await,
        _ => return Err(malformed("`id` names a session, or `others` is true")),
    };
    pending.committed().await.map(|()| Empty {}).map_err(|error| store_error(&error))
}
