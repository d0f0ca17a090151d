//! Where, as whom and with which session a command works.

use crate::places::Profile;
use crate::session::Server;
use proto::DeviceName;

/// Where and as whom a command works.
pub struct Place<'a> {
    /// The address of the server.
    pub server: Server,
    /// The files of the profile.
    pub profile: &'a Profile,
    /// The id of the profile.
    pub device: DeviceName,
}

/// Which session a command needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionNeed {
    /// A new one.
    Anew,
    /// A new one of a new account.
    Register,
    /// The one that is kept.
    Kept,
    /// A new one if the flags bring a password, else the one that is kept.
    Any,
}
