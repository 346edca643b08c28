//! The rhythm in which a peer is asked for a sign of life, and how long it may
//! take to give one.

use super::reading::ReadingClock;
use super::time::{whole_ms, Ticks};

/// Pings in a rhythm; one is open at most.
#[derive(Clone, Copy, Debug)]
pub struct Pulse {
    every: Ticks,
    within_ms: u64,
    /// When the next ping goes.
    next: Ticks,
}

impl Pulse {
    /// The first ping goes a beat after `now`: a peer that has just shaken hands is there.
    pub fn new(every_ms: u64, within_ms: u64, now: Ticks) -> Self {
        let every = whole_ms(every_ms.max(1));
        Self {
            every,
            within_ms,
            next: now.saturating_add(every),
        }
    }

    /// Whether a ping goes now; then the next goes a beat later.
    pub fn beats(&mut self, now: Ticks) -> bool {
        let due = self.next <= now;
        if due {
            self.next = now.saturating_add(self.every);
        }
        due
    }

    /// When the pong to a ping is overdue that was sent when the clock showed
    /// `pinged`; never while the leg is not read.
    pub fn overdue(&self, pinged: Ticks, reading: &ReadingClock) -> Option<Ticks> {
        reading.moment_of(pinged.saturating_add(whole_ms(self.within_ms)))
    }

    /// When the next ping goes, if none is open.
    pub const fn next(&self) -> Ticks {
        self.next
    }

    /// How long a pong may take.
    pub const fn within_ms(&self) -> u64 {
        self.within_ms
    }
}
