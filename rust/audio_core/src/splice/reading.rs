//! The time in which a peer had a chance to be heard.
//!
//! While a bound of ours keeps us from reading, a peer's deadlines stand still:
//! what it owes us may lie unread in a buffer.

use super::time::Ticks;

/// A clock that runs only while the leg is read.
#[derive(Debug)]
pub struct ReadingClock {
    counted: Ticks,
    as_of: Ticks,
    reading: bool,
}

impl ReadingClock {
    /// A clock that runs from `now` on.
    pub const fn new(now: Ticks) -> Self {
        Self {
            counted: 0,
            as_of: now,
            reading: true,
        }
    }

    /// From `now` on the leg is read, or is not.
    pub fn note(&mut self, now: Ticks, reading: bool) {
        if reading != self.reading {
            self.counted = self.at(now);
            self.as_of = now.max(self.as_of);
            self.reading = reading;
        }
    }

    /// What the clock shows.
    pub fn at(&self, now: Ticks) -> Ticks {
        if self.reading {
            self.counted + (now - self.as_of).max(0)
        } else {
            self.counted
        }
    }

    /// When the clock will show `target`, if it runs.
    pub fn moment_of(&self, target: Ticks) -> Option<Ticks> {
        self.reading
            .then(|| self.as_of.saturating_add(target - self.counted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stands_still_while_not_reading() {
        let mut clock = ReadingClock::new(100);
        clock.note(110, false);
        assert_eq!((clock.at(500), clock.moment_of(20)), (10, None));
        clock.note(500, true);
        assert_eq!((clock.at(505), clock.moment_of(20)), (15, Some(510)));
    }

    #[test]
    fn noting_twice_loses_no_time() {
        let mut clock = ReadingClock::new(0);
        clock.note(10, true);
        clock.note(10, false);
        clock.note(10, true);
        assert_eq!(clock.at(15), 15);
    }
}
