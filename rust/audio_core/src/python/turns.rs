//! One stream, one user at a time: what keeps threads apart while the GIL is free.

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use std::sync::{Mutex, MutexGuard, TryLockError};

/// From so many frames on a call takes about a millisecond, and other threads run
/// meanwhile. Below it the GIL is kept: waiting to get it back takes longer than the
/// work (`docs/performance.md`).
pub const BULK_FRAMES: usize = 400_000;

/// What only one thread may work on.
pub struct Turns<T>(Mutex<T>);

impl<T> Turns<T> {
    pub fn new(inner: T) -> Self {
        Self(Mutex::new(inner))
    }

    /// Take it for one call. A stream has an order: who comes while another is at
    /// work has made a mistake, and is told.
    pub fn take(&self) -> PyResult<MutexGuard<'_, T>> {
        self.0.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => PyRuntimeError::new_err(
                "another thread is inside this stream; each stream needs an object of its own",
            ),
            TryLockError::Poisoned(_) => PyRuntimeError::new_err(
                "an earlier call on this stream failed inside; make a new one",
            ),
        })
    }
}
