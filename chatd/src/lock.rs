//! Locks of the standard library, held briefly and never across an await. Nobody panics while they hold one, so that
//! what it guards is never half changed.

use std::sync::{LockResult, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Takes a lock.
///
/// # Panics
/// When somebody has panicked holding it.
#[track_caller]
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    sound(mutex.lock())
}

/// Takes a lock to read.
///
/// # Panics
/// As [`lock`].
#[track_caller]
pub(crate) fn read_lock<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    sound(lock.read())
}

/// Takes a lock to write.
///
/// # Panics
/// As [`lock`].
#[track_caller]
pub(crate) fn write_lock<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    sound(lock.write())
}

/// Gives what taking a lock, or waiting with one, has given.
///
/// # Panics
/// As [`lock`].
#[track_caller]
pub(crate) fn sound<T>(taken: LockResult<T>) -> T {
    taken.expect("nobody panics holding a lock")
}
