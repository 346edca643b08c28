//! What the reactor has done, for who measures it.

use crate::splice::time::{to_s, Ticks};
use std::time::Duration;

/// Sums since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Times that the reactor was called.
    pub turns: u64,
    /// How long that took together, without what was waited.
    pub busy: Duration,
    /// How long they waited for more.
    pub waited: Ticks,
    /// How long the longest took, with what it waited.
    pub longest: Duration,
    /// Rounds in them.
    pub rounds: u64,
    /// Readiness that the kernel has told.
    pub events: u64,
    /// Reads, and what they brought.
    pub reads: u64,
    /// Bytes read.
    pub read_bytes: u64,
    /// Writes.
    pub writes: u64,
    /// Bytes written.
    pub written_bytes: u64,
}

impl Stats {
    /// One turn, which has waited so long by the sum of before.
    pub fn note_turn(&mut self, took: Duration, waited_before: Ticks) {
        let waited = Duration::from_secs_f64(to_s(self.waited - waited_before));
        self.turns += 1;
        self.busy += took.saturating_sub(waited);
        self.longest = self.longest.max(took);
    }

    /// A turn has waited.
    pub fn note_wait(&mut self, took: Ticks) {
        self.waited += took.max(0);
    }

    /// One read.
    pub const fn note_read(&mut self, bytes: usize) {
        self.reads += 1;
        self.read_bytes += bytes as u64;
    }

    /// Some writes.
    pub const fn note_written(&mut self, bytes: usize, calls: usize) {
        self.writes += calls as u64;
        self.written_bytes += bytes as u64;
    }
}
