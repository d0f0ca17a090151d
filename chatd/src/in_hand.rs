//! Things that one request has in hand, so that no other one takes them up meanwhile.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::{Arc, Mutex};

use crate::lock::lock;

/// What is in hand.
#[derive(Debug)]
pub(crate) struct InHand<K>(Arc<Mutex<HashSet<K>>>);

/// Something that is in hand until it is dropped.
pub(crate) struct Taken<K: Eq + Hash> {
    all: Arc<Mutex<HashSet<K>>>,
    key: K,
}

impl<K> Default for InHand<K> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Clone + Eq + Hash> InHand<K> {
    /// Takes something in hand; none of what is already.
    pub(crate) fn take(&self, key: K) -> Option<Taken<K>> {
        lock(&self.0).insert(key.clone()).then(|| Taken { all: self.0.clone(), key })
    }

    /// Tells whether somebody has it.
    pub(crate) fn has(&self, key: &K) -> bool {
        lock(&self.0).contains(key)
    }
}

impl<K: Eq + Hash> Drop for Taken<K> {
    fn drop(&mut self) {
        lock(&self.all).remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_in_one_hand() {
        let all = InHand::default();
        let first = all.take("a");
        assert!(first.is_some() && all.has(&"a"));
        assert!(all.take("a").is_none() && all.take("b").is_some());
        drop(first);
        assert!(!all.has(&"a") && all.take("a").is_some());
    }
}
