//! Why there is no connection, or no file, in the words of the screen. `net` gives the reason as the log has it; what the
//! system says stays as the system says it.

use crate::catalogue::Key;

static TABLE: &[(&str, Key)] = &[
    ("the key of the server is not trusted", key!("status-reason-key")),
    ("no answer in time", key!("status-reason-timeout")),
    ("the server closed the connection", key!("status-reason-closed")),
    ("the connection was cut", key!("status-reason-cut")),
    ("the server does not answer", key!("status-reason-silent")),
    ("the connection does not drain", key!("status-reason-stuck")),
    ("the process behind the socket is not to be trusted", key!("status-reason-socket")),
    ("its certificate has expired", key!("status-reason-certificate-expired")),
    ("its certificate is not valid yet", key!("status-reason-certificate-early")),
    ("its certificate is somebody else's", key!("status-reason-certificate-name")),
    ("no authority in the file vouches for it", key!("status-reason-certificate-authority")),
    ("nothing is encrypted there: http:// may be meant", key!("status-reason-not-encrypted")),
    ("there is no home folder", key!("status-reason-no-home")),
    ("the server restarts", key!("status-reason-restart")),
    ("too slow", key!("status-reason-slow")),
    ("too much waits to be sent", key!("status-reason-full")),
];

/// Gives the words for a reason.
pub fn words(reason: &str) -> &str {
    TABLE.iter().find(|(text, _)| *text == reason).map_or(reason, |(_, key)| key.label())
}

/// Tells whether the name of a server is not known.
pub fn is_unknown_host(reason: &str) -> bool {
    reason.starts_with("failed to lookup address information")
}
