//! A stretch of the play-out clock.

use super::chunk::ItemId;
use super::time::Ticks;

/// Audio of one item that plays, or will, without a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Whose audio it is.
    pub item: ItemId,
    /// When it begins to play.
    pub start: Ticks,
    /// How long it plays.
    pub length: Ticks,
    /// Nothing of the item is heard in it: its audio is late by a conversion.
    pub silent: bool,
}

impl Segment {
    /// When it has been played.
    pub const fn end(&self) -> Ticks {
        self.start + self.length
    }

    /// How much of it has had its time.
    pub fn passed(&self, now: Ticks) -> Ticks {
        (now - self.start).clamp(0, self.length)
    }

    /// How much of its item has been heard in it.
    pub fn heard(&self, now: Ticks) -> Ticks {
        if self.silent {
            0
        } else {
            self.passed(now)
        }
    }
}
