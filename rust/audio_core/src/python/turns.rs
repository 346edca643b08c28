//! One stream, one user at a time: what keeps threads apart while the GIL is free.

use crate::dsp::cpu::Simd;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use std::sync::{Mutex, MutexGuard, TryLockError};

/// From here on other threads run meanwhile. Below it the GIL is kept: waiting to get it
/// back takes longer than the work (`docs/performance.md`).
const BULK_NS: u64 = 1_000_000;
/// What shifting the pitch of a sample takes, whatever the instructions.
const SHIFT_NS: u64 = 60;
/// Base64 of so many characters takes as long.
pub const BULK_CHARACTERS: usize = 4_000_000;

/// How long a stream's work takes, as the slowest filters did where it was measured.
#[derive(Clone, Copy)]
pub struct Pace {
    frame_ns: u64,
    shift_ns: u64,
}

impl Pace {
    /// Between two rates; `channels` are those that go all the way.
    pub fn new(simd: Simd, from_hz: u32, to_hz: u32, channels: u32) -> Self {
        let sample_ns = match simd {
            Simd::Portable => 30,
            Simd::Avx2 => 8,
            Simd::Avx512 => 5,
        };
        let (from_hz, channels) = (u64::from(from_hz), u64::from(channels));
        let widest_hz = from_hz.max(u64::from(to_hz));
        Self {
            frame_ns: (sample_ns * channels * widest_hz).div_ceil(from_hz),
            shift_ns: SHIFT_NS * channels,
        }
    }

    /// Whether so many frames are work of a millisecond and more.
    pub const fn is_bulk(self, frames: usize, is_shifted: bool) -> bool {
        let frame_ns = self.frame_ns + if is_shifted { self.shift_ns } else { 0 };
        frames as u64 * frame_ns > BULK_NS
    }
}

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
