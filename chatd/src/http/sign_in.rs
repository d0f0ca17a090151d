//! Keeping account of who signs in, and who fails to.

use std::net::IpAddr;

use proto::http::Asker;
use proto::{ErrorCode, ErrorReply, Handle};

use crate::daemon::Daemon;

/// Keeps account of sign-ins; who guesses passwords stands in the log with the address, and whose password it was.
pub(super) fn count_sign_in(
    daemon: &Daemon,
    path: &str,
    asker: Asker,
    (address, handle): (Option<IpAddr>, Option<Handle>),
    refusal: Option<&ErrorReply>,
) {
    let Some(refusal) = refusal else {
        // Whoever names their password once more is in already; only a wrong guess at it counts.
        let is_new = asker == Asker::Newcomer;
        return daemon.counters.sign_ins.add(u64::from(is_new));
    };
    daemon.counters.sign_in_failures.add(1);
    let (address, handle) = (address.map(tracing::field::display), handle.map(tracing::field::display));
    if refusal.code != ErrorCode::RateLimited {
        tracing::info!(path, code = %refusal.code, handle, address, "a sign-in was refused");
    }
}
