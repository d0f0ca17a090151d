//! What is secret in a link, of which only a hash is kept.

use std::fmt;

use sha2::{Digest, Sha256};

use super::channel_key::random_text;

/// What is secret in a link: 20 letters and digits, 100 random bits.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct LinkSecret(String);

impl LinkSecret {
    const CHARS: usize = 20;

    /// Reads one; none of what cannot be ours.
    pub fn parse(text: &str) -> Option<Self> {
        let is_ours = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        (text.len() == Self::CHARS && text.bytes().all(is_ours)).then(|| Self(text.to_owned()))
    }

    /// Draws a new one.
    pub(super) fn draw() -> Self {
        Self(random_text())
    }

    /// Gives what is kept of it.
    pub(super) fn hash(&self) -> [u8; 32] {
        Sha256::digest(&self.0).into()
    }
}

impl fmt::Display for LinkSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Written into no log.
impl fmt::Debug for LinkSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkSecret")
    }
}
