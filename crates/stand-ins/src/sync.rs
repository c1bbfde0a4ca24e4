//! Locks for state that the servers share with the program that embeds them.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, also after a panic of another holder: a failed test must still be able to read the state.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
