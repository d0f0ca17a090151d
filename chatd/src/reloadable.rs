//! Values that can be replaced while others use them.

use std::sync::{Arc, RwLock};

use crate::lock;

/// A value that is read often and replaced seldom. A reader keeps the value that it got.
pub(crate) struct Reloadable<T>(RwLock<Arc<T>>);

impl<T> Reloadable<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(RwLock::new(Arc::new(value)))
    }

    pub(crate) fn get(&self) -> Arc<T> {
        lock::read_lock(&self.0).clone()
    }

    pub(crate) fn set(&self, value: T) {
        *lock::write_lock(&self.0) = Arc::new(value);
    }
}
