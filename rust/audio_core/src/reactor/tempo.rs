//! How much has come lately, so that a turn knows whether it pays to wait for more.
//!
//! Knows no clock. What is told is time of the real world, for a turn really waits,
//! whatever clock its sessions live by.

use std::time::Duration;

/// The rate is taken anew so often, for a turn that returns each time that something
/// comes. One that waits tells how it was while it did.
const SPAN: Duration = Duration::from_millis(50);
/// To have these come while a turn waits pays, where each would have woken a task instead.
const WORTH: u64 = 8;

/// The rate of reads.
#[derive(Debug, Default)]
pub struct Tempo {
    since: Duration,
    before: u64,
    reads: u64,
    span: Duration,
}

impl Tempo {
    /// So many reads have been made in all, by that moment.
    pub fn note(&mut self, moment: Duration, reads: u64) {
        let span = moment.saturating_sub(self.since);
        if span >= SPAN {
            (self.reads, self.span) = (reads - self.before, span);
            (self.since, self.before) = (moment, reads);
        }
    }

    /// Whether enough comes within that time, by the last rate that was taken.
    pub fn is_worth(&self, wait: Duration) -> bool {
        u128::from(self.reads) * wait.as_micros() >= u128::from(WORTH) * self.span.as_micros()
            && self.reads > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_millis(100);
    const SHORT: Duration = Duration::from_millis(5);

    fn after(steps: &[(u64, u64)]) -> Tempo {
        let mut tempo = Tempo::default();
        for &(ms, reads) in steps {
            tempo.note(Duration::from_millis(ms), reads);
        }
        tempo
    }

    #[test]
    fn what_came_lately_is_what_is_expected() {
        assert!(!after(&[]).is_worth(LONG));
        assert!(!after(&[(49, 900)]).is_worth(LONG), "too early to tell");
        assert!(after(&[(50, 4)]).is_worth(LONG));
        assert!(!after(&[(50, 3)]).is_worth(LONG));
        assert!(after(&[(50, 4), (75, 4)]).is_worth(LONG), "not taken anew");
        assert!(!after(&[(50, 4), (100, 7)]).is_worth(LONG));
        assert!(
            !after(&[(50, 200), (1_000, 210)]).is_worth(LONG),
            "a pause ends it"
        );
        assert!(!after(&[(50, 4), (100, 4)]).is_worth(LONG), "nothing came");
    }

    #[test]
    fn a_shorter_wait_takes_more_to_pay() {
        assert!(!after(&[(50, 79)]).is_worth(SHORT));
        assert!(after(&[(50, 80)]).is_worth(SHORT));
        assert!(!after(&[(50, 80)]).is_worth(Duration::ZERO));
    }
}
