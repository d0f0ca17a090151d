//! How many uploads go on at once: each holds a thread while it does.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crate::lock::lock;
use crate::store::UserId;

/// Uploads at once, of all and of one account.
const OF_ALL: usize = 64;
const OF_ONE: usize = 8;

/// Who uploads now, and how much at once.
#[derive(Clone, Default)]
pub(super) struct Slots(Arc<Mutex<HashMap<UserId, usize>>>);

/// A place among those who upload, until it is dropped.
pub(crate) struct Slot {
    slots: Slots,
    user: UserId,
}

impl Slots {
    /// Takes a place for somebody; none when they or all have as many as they may.
    pub(super) fn take(&self, user: UserId) -> Option<Slot> {
        let mut taken = lock(&self.0);
        let of_one = taken.get(&user).copied().unwrap_or(0);
        if of_one >= OF_ONE || taken.values().sum::<usize>() >= OF_ALL {
            return None;
        }
        taken.insert(user, of_one + 1);
        Some(Slot { slots: self.clone(), user })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = lock(&self.slots.0);
        match taken.get_mut(&self.user) {
            Some(count) if *count > 1 => *count -= 1,
            _ => _ = taken.remove(&self.user),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_takes_more_than_their_places() {
        let slots = Slots::default();
        let of = |user| (0..OF_ALL).map_while(|_| slots.take(UserId::for_test(user))).collect::<Vec<_>>();
        let first = of(1);
        assert_eq!(first.len(), OF_ONE);
        let others = (2..=8).map(of).collect::<Vec<_>>();
        assert_eq!(others.iter().map(Vec::len).sum::<usize>(), OF_ALL - OF_ONE);
        assert!(slots.take(UserId::for_test(9)).is_none(), "all places are taken");
        drop(first);
        assert!(slots.take(UserId::for_test(9)).is_some());
    }
}
