//! The play-out clock: what of the released audio is being heard.
//!
//! It assumes that a client plays what it was sent at once and without gaps, and
//! is corrected by what a client reports. It runs on while nobody listens and
//! waits only where there is nothing to play.

use super::chunk::ItemId;
use super::items::Items;
use super::segment::Segment;
use super::time::Ticks;
use std::collections::VecDeque;

/// Time that was taken out of the future: what ended after `at` ends earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Removed {
    at: Ticks,
    length: Ticks,
}

/// How a cut moves what it leaves.
#[derive(Debug, Default)]
pub struct Moved(Vec<Removed>);

impl Moved {
    /// When something that was to end at `moment` ends now.
    pub fn apply(&self, moment: Ticks) -> Ticks {
        let earlier = self.0.iter().filter(|removed| removed.at < moment);
        moment - earlier.map(|removed| removed.length).sum::<Ticks>()
    }
}

/// Released audio in the order of release.
#[derive(Debug, Default)]
pub struct PlayClock {
    /// What is being heard or will be; without overlaps, in order of time.
    pub(super) segments: VecDeque<Segment>,
    /// When all released audio has been played; `None` before the first.
    end: Option<Ticks>,
}

impl PlayClock {
    /// When audio that is released `now` will be heard.
    pub fn next_start(&self, now: Ticks) -> Ticks {
        self.end.map_or(now, |end| end.max(now))
    }

    /// When all released audio has been played.
    pub const fn end(&self) -> Option<Ticks> {
        self.end
    }

    /// Release `length` of an item; returns when it will have been played.
    pub fn append(&mut self, item: ItemId, length: Ticks, now: Ticks, items: &mut Items) -> Ticks {
        self.settle(now, items);
        let start = self.next_start(now);
        let end = start + length;
        self.end = Some(end);
        match self.segments.back_mut() {
            Some(last) if last.item == item && last.end() == start && !last.silent => {
                last.length += length;
            }
            _ => self.push(item, start, length, false),
        }
        end
    }

    /// The audio of an item that is released next is late by `delay`: until then
    /// nothing of it is heard.
    pub fn hold_back(&mut self, item: ItemId, delay: Ticks, now: Ticks, items: &mut Items) {
        self.settle(now, items);
        let start = self.next_start(now);
        self.end = Some(start + delay);
        self.push(item, start, delay, true);
    }

    fn push(&mut self, item: ItemId, start: Ticks, length: Ticks, silent: bool) {
        if length > 0 {
            self.segments.push_back(Segment {
                item,
                start,
                length,
                silent,
            });
        }
    }

    /// Book what has been played on its items.
    pub fn settle(&mut self, now: Ticks, items: &mut Items) {
        while let Some(&played) = self.segments.front().filter(|one| one.end() <= now) {
            self.segments.pop_front();
            book(items, played.item, played.heard(now));
        }
    }

    /// How much of an item has been heard.
    pub fn heard(&self, item: ItemId, now: Ticks, items: &Items) -> Ticks {
        let booked = items.get(item).map_or(0, |item| item.heard);
        let of_item = self.segments.iter().filter(|segment| segment.item == item);
        booked + of_item.map(|segment| segment.heard(now)).sum::<Ticks>()
    }

    /// The item that is being heard.
    pub fn playing(&self, now: Ticks) -> Option<ItemId> {
        let playing = |segment: &&Segment| segment.start <= now && now < segment.end();
        self.segments
            .iter()
            .find(playing)
            .map(|segment| segment.item)
    }

    /// Take out of the future what is not to be heard any more; what follows it
    /// moves up.
    pub fn cut(&mut self, now: Ticks, items: &mut Items, is_cut: impl Fn(ItemId) -> bool) -> Moved {
        self.settle(now, items);
        let mut moved = Moved::default();
        let mut removed = 0;
        self.segments.retain_mut(|segment| {
            if !is_cut(segment.item) {
                segment.start -= removed;
                return true;
            }
            book(items, segment.item, segment.heard(now));
            let passed = segment.passed(now);
            let length = segment.length - passed;
            moved.0.push(Removed {
                at: segment.start + passed,
                length,
            });
            removed += length;
            false
        });
        self.end = self.end.map(|end| end - removed);
        moved
    }

    /// The client says that `played` of an item has been heard by `now`; what was
    /// released before it has been heard, what was released after it has not.
    ///
    /// Returns by how much all that is still to be heard moves.
    pub fn correct(&mut self, item: ItemId, played: Ticks, now: Ticks, items: &mut Items) -> Ticks {
        let Some(known) = items.get(item).filter(|known| !known.cut) else {
            return 0;
        };
        let played = played.clamp(0, known.released);
        let remaining = known.released - played;
        let before = self.next_start(now);
        let first = self.segments.iter().position(|one| one.item == item);
        for past in self.segments.drain(..first.unwrap_or(0)) {
            book(items, past.item, past.heard(past.end()));
        }
        self.segments.retain(|one| one.item != item);
        if let Some(known) = items.get_mut(item) {
            known.heard = played;
        }
        self.lay_out(item, remaining, now);
        self.next_start(now) - before
    }

    /// Play `length` of the item from `now` on, and what there is after it.
    fn lay_out(&mut self, item: ItemId, length: Ticks, now: Ticks) {
        if length > 0 {
            self.segments.push_front(Segment {
                item,
                start: now,
                length,
                silent: false,
            });
        }
        let mut start = now;
        for segment in &mut self.segments {
            segment.start = start;
            start = segment.end();
        }
        self.end = match self.end {
            Some(end) if self.segments.is_empty() => Some(end.min(now)),
            known => known.map(|_| start),
        };
    }
}

fn book(items: &mut Items, item: ItemId, heard: Ticks) {
    if let Some(item) = items.get_mut(item) {
        item.heard += heard;
    }
}

#[cfg(test)]
mod tests {
    use super::super::items::Names;
    use super::*;
    use proptest::prelude::*;

    struct Desk {
        clock: PlayClock,
        items: Items,
    }

    impl Desk {
        fn new() -> Self {
            Self {
                clock: PlayClock::default(),
                items: Items::default(),
            }
        }

        fn item(&mut self, name: &str) -> ItemId {
            self.items.named(Names {
                item: name.as_bytes(),
                ..Names::NONE
            })
        }

        fn release(&mut self, name: &str, length: Ticks, now: Ticks) -> Ticks {
            let item = self.item(name);
            self.items.get_mut(item).unwrap().released += length;
            self.clock.append(item, length, now, &mut self.items)
        }

        fn heard(&mut self, name: &str, now: Ticks) -> Ticks {
            let item = self.item(name);
            self.clock.heard(item, now, &self.items)
        }

        fn correct(&mut self, name: &str, played: Ticks, now: Ticks) -> Ticks {
            let item = self.item(name);
            self.clock.correct(item, played, now, &mut self.items)
        }
    }

    #[test]
    fn plays_back_to_back_and_waits_when_empty() {
        let mut desk = Desk::new();
        assert_eq!(desk.clock.end(), None);
        assert_eq!(desk.release("a", 40, 100), 140);
        assert_eq!(desk.release("a", 40, 110), 180);
        assert_eq!(desk.heard("a", 150), 50);
        assert_eq!(desk.release("a", 40, 300), 340);
        assert_eq!(desk.heard("a", 310), 90);
        assert_eq!(desk.clock.playing(310), Some(0));
        assert_eq!(desk.clock.playing(340), None);
    }

    #[test]
    fn a_cut_leaves_the_answer_before_it() {
        let mut desk = Desk::new();
        desk.release("a", 100, 0);
        desk.release("b", 100, 0);
        let b = desk.item("b");
        desk.clock.cut(50, &mut desk.items, |item| item == b);
        assert_eq!(desk.clock.end(), Some(100));
        assert_eq!((desk.heard("a", 100), desk.heard("b", 300)), (100, 0));
    }

    #[test]
    fn what_follows_a_cut_moves_up() {
        let mut desk = Desk::new();
        desk.release("a", 100, 0);
        let b_ends = desk.release("b", 100, 0);
        let a = desk.item("a");
        let moved = desk.clock.cut(30, &mut desk.items, |item| item == a);
        assert_eq!((moved.apply(b_ends), moved.apply(30)), (130, 30));
        assert_eq!(desk.clock.end(), Some(130));
        assert_eq!((desk.heard("a", 200), desk.heard("b", 50)), (30, 20));
    }

    #[test]
    fn a_late_client_moves_the_rest_back() {
        let mut desk = Desk::new();
        desk.release("a", 100, 0);
        desk.release("b", 100, 0);
        assert_eq!(desk.correct("a", 20, 50), 30);
        assert_eq!(desk.heard("a", 60), 30);
        assert_eq!((desk.heard("b", 130), desk.clock.end()), (0, Some(230)));
    }

    #[test]
    fn a_report_of_what_seemed_over_brings_it_back() {
        let mut desk = Desk::new();
        desk.release("a", 100, 0);
        desk.release("b", 100, 0);
        assert_eq!(desk.heard("b", 120), 20);
        desk.clock.settle(120, &mut desk.items);
        assert_eq!(desk.correct("a", 90, 120), 30);
        assert_eq!((desk.heard("a", 125), desk.heard("b", 125)), (95, 0));
    }

    #[test]
    fn a_client_that_is_ahead_moves_the_rest_forward() {
        let mut desk = Desk::new();
        desk.release("a", 100, 0);
        desk.release("b", 100, 0);
        assert_eq!(desk.correct("b", 50, 50), -100);
        assert_eq!((desk.heard("a", 50), desk.heard("b", 60)), (100, 60));
        assert_eq!(desk.correct("b", 9_999, 60), -40);
        assert!(desk.clock.end().is_some_and(|end| end <= 60));
    }

    #[test]
    fn what_was_cut_is_final() {
        let mut desk = Desk::new();
        desk.release("a", 100, 0);
        let a = desk.item("a");
        desk.clock.cut(10, &mut desk.items, |item| item == a);
        desk.items.get_mut(a).unwrap().cut = true;
        assert_eq!(desk.correct("a", 90, 20), 0);
        assert_eq!(desk.heard("a", 99), 10);
    }

    proptest! {
        #[test]
        fn heard_is_monotonic_and_at_most_released(
            steps in prop::collection::vec((0_usize..3, 0_i64..50, 0_i64..80), 1..40),
        ) {
            let mut desk = Desk::new();
            let mut now = 0;
            let mut heard_before = [0; 3];
            for (which, length, wait) in steps {
                desk.release(["a", "b", "c"][which], length, now);
                now += wait;
                let mut total = 0;
                for (index, name) in ["a", "b", "c"].into_iter().enumerate() {
                    let heard = desk.heard(name, now);
                    let id = desk.item(name);
                    prop_assert!(heard >= heard_before[index]);
                    prop_assert!(heard <= desk.items.get(id).unwrap().released);
                    heard_before[index] = heard;
                    total += heard;
                }
                prop_assert!(total <= now);
            }
            let end = desk.clock.end().unwrap();
            for (_, item) in { desk.clock.settle(end, &mut desk.items); desk.items.iter() } {
                prop_assert_eq!(item.heard, item.released);
            }
        }
    }
}
