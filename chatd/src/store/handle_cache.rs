//! Whom the words of a message name.
//!
//! Any word may be a handle, and most are none. So the writer remembers of words whose handle they are, or that they are
//! nobody's: asking the index for each word of each message would cost more than storing it.

use std::collections::{HashMap, HashSet};

use proto::Handle;

use super::channel_key::ChannelKey;
use super::sqlite::Rows;
use super::{StoreError, UserId};

/// Mentions that one message can hold; further ones are text.
pub(super) const MENTIONS_MAX: usize = 50;
/// Words that are remembered: about 100 bytes each. When they are as many all are forgotten.
const WORDS_REMEMBERED_MAX: usize = 16_384;

/// Whose handle a word is, as of the writer's transaction. What ends or begins an account says so.
#[derive(Debug, Default)]
pub(super) struct HandleCache {
    words: HashMap<Handle, Option<UserId>>,
}

impl HandleCache {
    /// Forgets a word, whose handle it is from now on being another matter.
    pub(super) fn forget(&mut self, handle: &Handle) {
        self.words.remove(handle);
    }

    /// Forgets all: a transaction that was rolled back may have said what is not so.
    pub(super) fn forget_all(&mut self) {
        self.words.clear();
    }

    fn user(&mut self, rows: &Rows, word: &Handle) -> Result<Option<UserId>, StoreError> {
        if let Some(known) = self.words.get(word) {
            return Ok(*known);
        }
        let found = rows.one("SELECT id FROM user WHERE handle = ?1 AND deleted IS NULL", [word])?;
        if self.words.len() >= WORDS_REMEMBERED_MAX {
            self.forget_all();
        }
        self.words.insert(word.clone(), found);
        Ok(found)
    }

    /// Gives those of some words that are handles of members of a channel, or of anybody where it has no members; each once,
    /// at most [`MENTIONS_MAX`].
    pub(super) fn members(
        &mut self,
        rows: &Rows,
        channel: ChannelKey,
        anybody: bool,
        words: Vec<Handle>,
    ) -> Result<Vec<(UserId, Handle)>, StoreError> {
        let (mut seen, mut named) = (HashSet::new(), Vec::new());
        for word in words {
            if named.len() >= MENTIONS_MAX {
                break;
            }
            let Some(user) = self.user(rows, &word)? else { continue };
            if seen.insert(user) && (anybody || is_member(rows, channel, user)?) {
                named.push((user, word));
            }
        }
        Ok(named)
    }
}

fn is_member(rows: &Rows, channel: ChannelKey, user: UserId) -> Result<bool, StoreError> {
    rows.exists("SELECT 1 FROM member WHERE channel = ?1 AND user = ?2", (channel, user))
}
