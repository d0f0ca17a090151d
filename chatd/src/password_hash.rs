//! The hash of a password, which does not print itself.

use std::fmt;

/// The hash of a password in PHC form, as it was computed or stored. Whoever has it can guess the password without asking
/// the daemon, so it has no `Display` and its `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Takes a hash as it is; one that is no PHC string opens nothing.
    pub fn new(phc: impl Into<String>) -> Self {
        Self(phc.into())
    }

    /// Gives the text, for comparing and storing it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::password::Verdict;
    use crate::store::{AccountState, StoredAccount, UserId, Verified};

    #[test]
    fn a_hash_does_not_print_itself() {
        let hash = PasswordHash::new("$argon2id$v=19$m=64,t=1,p=1$c2FsdA$aGFzaA");
        assert_eq!(format!("{hash:?}"), "PasswordHash(…)");
        let account =
            StoredAccount { user: UserId::for_test(1), password_hash: Some(hash.clone()), state: AccountState::Active };
        let verified = Verified { hash: hash.clone(), stronger: Some(hash.clone()) };
        for shown in [format!("{account:#?}"), format!("{verified:#?}"), format!("{:#?}", Verdict::Right(Some(hash)))] {
            assert!(!shown.contains("argon2") && !shown.contains("aGFzaA"), "{shown}");
        }
    }
}
