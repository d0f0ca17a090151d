//! Accounts and sessions.

use std::collections::BTreeMap;
use std::time::Duration;

use proto::Handle;
use serde::Deserialize;

use super::source::duration;

/// Who may register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Registration {
    /// Anybody makes an account without asking.
    Open,
    /// Users with an invite code of the operator.
    Invite,
    /// Anybody, once the operator has approved it.
    Approval,
    /// Nobody; accounts are made by the operator.
    Closed,
}

/// Accounts and sessions.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Auth {
    /// How long a token is valid.
    #[serde(deserialize_with = "duration")]
    pub token_lifetime: Duration,
    /// Whether an unknown handle and a wrong password get the same answer.
    pub uniform_login_errors: bool,
    /// Who may register.
    pub registration: Registration,
    /// Whether people without an account may come as guests.
    pub guests: bool,
    /// Without a connection for this long a guest ends; 0 keeps them.
    #[serde(deserialize_with = "duration")]
    pub guest_end_after: Duration,
    /// Cost of hashing a password.
    pub argon2: Argon2,
    /// Who may come in over a Unix socket as the user that the system knows.
    pub local: Local,
}

/// Which users of this machine are let in over a Unix socket without a password, and under which handle.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Local {
    /// Their names; `*` is all people: users with numbers from 1,000 on.
    pub users: Vec<String>,
    /// Groups whose members may sign in too.
    pub groups: Vec<String>,
    /// Unix users who sign people in by their ssh keys, such as the one of a forced command; they have no account
    /// themselves.
    pub key_users: Vec<String>,
    /// The handles of those whose name is not to be theirs, or cannot.
    pub handles: BTreeMap<String, Handle>,
}

impl Default for Local {
    fn default() -> Self {
        Self { users: vec!["*".to_owned()], groups: Vec::new(), key_users: Vec::new(), handles: BTreeMap::new() }
    }
}

impl Default for Auth {
    fn default() -> Self {
        Self {
            token_lifetime: Duration::from_secs(30 * 24 * 60 * 60),
            uniform_login_errors: false,
            registration: Registration::Open,
            guests: true,
            guest_end_after: Duration::from_secs(24 * 60 * 60),
            argon2: Argon2::default(),
            local: Local::default(),
        }
    }
}

/// Cost of hashing a password with argon2id. The defaults are the least that OWASP's Password
/// Storage Cheat Sheet names; raised ones apply to old passwords as their owners sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Argon2 {
    /// Memory in KiB, 8 to 131,072.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
}

impl Default for Argon2 {
    fn default() -> Self {
        Self { memory_kib: 19_456, passes: 2 }
    }
}
