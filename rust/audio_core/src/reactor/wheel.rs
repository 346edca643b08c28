//! Moments at which somebody wants to be woken.
//!
//! A hierarchical timer wheel (Varghese and Lauck, SOSP 1987): four levels of 64
//! slots, the lowest of one millisecond, each level above 64 times as coarse. Setting
//! a timer anew, which happens for every chunk of audio, costs the same however many
//! there are. Knows no clock: the time is told, and does not go back.

use crate::ahead::fetch;
use std::array;

/// Names a timer until it is removed.
pub type TimerId = u32;

const LEVELS: usize = 4;
const BITS: u32 = 6;
const SLOTS: usize = 1 << BITS;
/// What the coarsest level spans; a later moment waits there and is looked at again.
const SPAN_MS: u64 = 1 << (BITS * LEVELS as u32);
/// No timer: the end of a list.
const NONE: u32 = u32::MAX;

/// One timer, linked into the list of its slot while it is set.
#[derive(Clone, Copy, Debug)]
struct Timer {
    at_ms: u64,
    place: Option<Place>,
    before: u32,
    after: u32,
}

const UNSET: Timer = Timer {
    at_ms: 0,
    place: None,
    before: NONE,
    after: NONE,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    level: usize,
    slot: usize,
}

/// 64 lists of timers, and which of them are not empty.
#[derive(Clone, Copy, Debug)]
struct Level {
    first: [u32; SLOTS],
    taken: u64,
}

/// All timers.
#[derive(Debug)]
pub struct Wheel {
    now_ms: u64,
    levels: [Level; LEVELS],
    timers: Vec<Timer>,
    free: Vec<TimerId>,
}

impl Wheel {
    /// A wheel that stands at `now_ms`.
    pub fn new(now_ms: u64) -> Self {
        Self {
            now_ms,
            levels: array::from_fn(|_| Level {
                first: [NONE; SLOTS],
                taken: 0,
            }),
            timers: Vec::new(),
            free: Vec::new(),
        }
    }

    /// A timer that is not set.
    pub fn add(&mut self) -> TimerId {
        if let Some(id) = self.free.pop() {
            return id;
        }
        self.timers.push(UNSET);
        (self.timers.len() - 1) as TimerId
    }

    /// Forget a timer; its name may be given to another.
    pub fn remove(&mut self, id: TimerId) {
        self.set(id, None);
        self.free.push(id);
    }

    /// Wake at that moment, in place of any before; a moment that has passed is the
    /// next millisecond.
    pub fn set(&mut self, id: TimerId, at_ms: Option<u64>) {
        let at_ms = at_ms.map(|at_ms| at_ms.max(self.now_ms + 1));
        let timer = &self.timers[id as usize];
        if timer.place.is_some() {
            if at_ms == Some(timer.at_ms) {
                return; // its neighbours need not be touched
            }
            self.unlink(id);
        }
        if let Some(at_ms) = at_ms {
            self.timers[id as usize].at_ms = at_ms;
            self.link(id);
        }
    }

    /// It will be set: fetch what that needs.
    pub fn look_ahead(&self, id: TimerId) {
        fetch(&self.timers[id as usize]);
    }

    /// A moment before which `advance` has nothing to do, if it ever will.
    pub fn next_ms(&self) -> Option<u64> {
        (0..LEVELS).filter_map(|level| self.next_of(level)).min()
    }

    /// Let time pass; appends the timers whose moment has come. They are unset.
    pub fn advance(&mut self, now_ms: u64, due: &mut Vec<TimerId>) {
        while let Some(next_ms) = self.next_ms().filter(|next_ms| *next_ms <= now_ms) {
            self.now_ms = next_ms;
            // From the top: what comes down may be due at this very moment.
            for level in (0..LEVELS).rev() {
                let slot = slot_of(next_ms, level);
                if level == 0 || next_ms % width_ms(level) == 0 {
                    self.empty(Place { level, slot }, due);
                }
            }
        }
        self.now_ms = self.now_ms.max(now_ms);
    }

    /// When the first taken slot of a level comes round.
    fn next_of(&self, level: usize) -> Option<u64> {
        let taken = self.levels[level].taken;
        if taken == 0 {
            return None;
        }
        let width = width_ms(level);
        let standing = slot_of(self.now_ms, level) as u32;
        // The slot in which we stand has passed: it comes last.
        let ahead = taken.rotate_right(standing + 1).trailing_zeros() + 1;
        let began = self.now_ms - self.now_ms % width;
        Some(began + u64::from(ahead) * width)
    }

    fn empty(&mut self, place: Place, due: &mut Vec<TimerId>) {
        let mut id = self.levels[place.level].first[place.slot];
        while id != NONE {
            let after = self.timers[id as usize].after;
            self.unlink(id);
            if self.timers[id as usize].at_ms <= self.now_ms {
                due.push(id);
            } else {
                self.link(id);
            }
            id = after;
        }
    }

    /// The finest level in which the moment lies less than a round ahead.
    fn place_of(&self, at_ms: u64) -> Place {
        let at_ms = at_ms.min(self.now_ms + SPAN_MS - width_ms(LEVELS - 1));
        let ahead = |level| at_ms / width_ms(level) - self.now_ms / width_ms(level);
        let level = (0..LEVELS)
            .find(|level| ahead(*level) < SLOTS as u64)
            .unwrap_or(LEVELS - 1);
        Place {
            level,
            slot: slot_of(at_ms, level),
        }
    }

    fn link(&mut self, id: TimerId) {
        let place = self.place_of(self.timers[id as usize].at_ms);
        let level = &mut self.levels[place.level];
        let after = std::mem::replace(&mut level.first[place.slot], id);
        level.taken |= 1 << place.slot;
        if after != NONE {
            self.timers[after as usize].before = id;
        }
        let timer = &mut self.timers[id as usize];
        (timer.place, timer.before, timer.after) = (Some(place), NONE, after);
    }

    fn unlink(&mut self, id: TimerId) {
        let timer = &mut self.timers[id as usize];
        let Some(place) = timer.place.take() else {
            return;
        };
        let (before, after) = (timer.before, timer.after);
        if after != NONE {
            self.timers[after as usize].before = before;
        }
        if before != NONE {
            self.timers[before as usize].after = after;
            return;
        }
        let level = &mut self.levels[place.level];
        level.first[place.slot] = after;
        if after == NONE {
            level.taken &= !(1 << place.slot);
        }
    }
}

const fn width_ms(level: usize) -> u64 {
    1 << (BITS * level as u32)
}

const fn slot_of(moment_ms: u64, level: usize) -> usize {
    (moment_ms / width_ms(level)) as usize % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn due(wheel: &mut Wheel, now_ms: u64) -> Vec<TimerId> {
        let mut due = Vec::new();
        wheel.advance(now_ms, &mut due);
        due.sort_unstable();
        due
    }

    #[test]
    fn rings_at_its_moment_and_once() {
        let mut wheel = Wheel::new(1_000);
        let timer = wheel.add();
        wheel.set(timer, Some(1_400));
        assert!(due(&mut wheel, 1_399).is_empty());
        assert_eq!(due(&mut wheel, 1_400), [timer]);
        assert!(due(&mut wheel, 9_000).is_empty() && wheel.next_ms().is_none());
    }

    #[test]
    fn what_is_past_rings_next() {
        let mut wheel = Wheel::new(1_000);
        let timer = wheel.add();
        wheel.set(timer, Some(3));
        assert_eq!(wheel.next_ms(), Some(1_001));
        assert_eq!(due(&mut wheel, 1_001), [timer]);
    }

    #[test]
    fn one_that_is_set_anew_rings_only_then() {
        let mut wheel = Wheel::new(0);
        let timer = wheel.add();
        wheel.set(timer, Some(5));
        wheel.set(timer, Some(70));
        assert!(due(&mut wheel, 69).is_empty());
        assert_eq!(due(&mut wheel, 80), [timer]);
    }

    #[test]
    fn a_moment_beyond_all_levels_is_kept() {
        let mut wheel = Wheel::new(17);
        let timer = wheel.add();
        wheel.set(timer, Some(17 + 3 * SPAN_MS));
        assert!(due(&mut wheel, 16 + 3 * SPAN_MS).is_empty());
        assert_eq!(due(&mut wheel, 17 + 3 * SPAN_MS), [timer]);
    }

    #[derive(Clone, Debug)]
    enum Step {
        Set(u32, u64),
        Unset(u32),
        Pass(u64),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let span = prop_oneof![0_u64..100, 0_u64..10_000, 0..SPAN_MS * 2];
        let step = prop_oneof![
            (0_u32..8, span.clone()).prop_map(|(id, ahead)| Step::Set(id, ahead)),
            (0_u32..8).prop_map(Step::Unset),
            span.prop_map(Step::Pass),
        ];
        proptest::collection::vec(step, 0..80)
    }

    proptest! {
        #[test]
        fn agrees_with_a_sorted_list(start in 0_u64..1 << 40, steps in steps()) {
            let (mut wheel, mut now_ms) = (Wheel::new(start), start);
            let mut model: BTreeMap<TimerId, u64> = BTreeMap::new();
            for _ in 0..8 {
                wheel.add();
            }
            for step in steps {
                match step {
                    Step::Set(id, ahead) => {
                        wheel.set(id, Some(now_ms + ahead));
                        model.insert(id, now_ms + ahead.max(1));
                    }
                    Step::Unset(id) => {
                        wheel.set(id, None);
                        model.remove(&id);
                    }
                    Step::Pass(span) => {
                        now_ms += span;
                        let expected: Vec<TimerId> =
                            model.iter().filter(|(_, at)| **at <= now_ms).map(|(id, _)| *id).collect();
                        model.retain(|_, at| *at > now_ms);
                        prop_assert_eq!(due(&mut wheel, now_ms), expected);
                    }
                }
                // Never later than the first, and only ever nothing where there is none.
                let first = model.values().min();
                prop_assert_eq!(wheel.next_ms().is_some(), first.is_some());
                prop_assert!(wheel.next_ms().unwrap_or(0) <= first.copied().unwrap_or(u64::MAX));
                prop_assert!(wheel.next_ms().is_none_or(|next| next > now_ms));
            }
        }
    }
}
