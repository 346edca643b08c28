//! How much has come lately, so that a turn knows whether it pays to wait for more.
//!
//! Knows no clock. What is told is time of the real world, for a turn really waits,
//! whatever clock its sessions live by.

use std::time::Duration;

/// The rate is taken anew so often.
const SPAN: Duration = Duration::from_millis(10);
/// Reads a millisecond from which on it is brisk: some forty sessions that speak and are
/// spoken to. Below it a turn that waits would mostly wait in vain.
const BRISK_PER_MS: u64 = 2;

/// The rate of reads.
#[derive(Debug, Default)]
pub struct Tempo {
    since: Duration,
    before: u64,
    brisk: bool,
}

impl Tempo {
    /// So many reads have been made in all, by that moment.
    pub fn note(&mut self, moment: Duration, reads: u64) {
        let passed = moment.saturating_sub(self.since);
        if passed >= SPAN {
            let rate = u128::from(reads - self.before) * 1_000;
            self.brisk = rate >= u128::from(BRISK_PER_MS) * passed.as_micros();
            (self.since, self.before) = (moment, reads);
        }
    }

    /// Whether the next read is near.
    pub const fn is_brisk(&self) -> bool {
        self.brisk
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(steps: &[(u64, u64)]) -> bool {
        let mut tempo = Tempo::default();
        for &(ms, reads) in steps {
            tempo.note(Duration::from_millis(ms), reads);
        }
        tempo.is_brisk()
    }

    #[test]
    fn it_is_brisk_by_the_last_rate_that_was_taken() {
        assert!(!after(&[]));
        assert!(!after(&[(9, 900)]), "too early to tell");
        assert!(after(&[(10, 20)]));
        assert!(!after(&[(10, 19)]));
        assert!(after(&[(10, 20), (15, 20)]), "not taken anew");
        assert!(!after(&[(10, 20), (20, 39)]));
        assert!(!after(&[(10, 200), (1_000, 210)]), "a pause ends it");
    }
}
