//! Keeping account of who signs in, and who fails to.

use std::net::IpAddr;

use proto::http::Asker;
use proto::{ErrorCode, ErrorReply, Handle};

use crate::daemon::Daemon;

/// Counts sign-ins. A failed one is in the log with its address and the handle whose password was tried.
pub(super) fn count_sign_in(
    daemon: &Daemon,
    path: &str,
    asker: Asker,
    (address, handle): (Option<IpAddr>, Option<Handle>),
    refusal: Option<&ErrorReply>,
) {
    let Some(refusal) = refusal else {
        // Somebody who sends their password again is signed in already; only a wrong one counts.
        let is_new = asker == Asker::Newcomer;
        return daemon.counters.sign_ins.add(u64::from(is_new));
    };
    daemon.counters.sign_in_failures.add(1);
    let (address, handle) = (address.map(tracing::field::display), handle.map(tracing::field::display));
    if refusal.code != ErrorCode::RateLimited {
        tracing::info!(path, code = %refusal.code, handle, address, "a sign-in was refused");
    }
}
