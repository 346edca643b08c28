//! The lane to the upstream: what a client has said.
//!
//! Owns the measure of it: input time (the client's, as its own format has it), the
//! pace at which it may come, its conversion, the ring. Audio is converted for the
//! ring, where that keeps it small, and on its way from there to the upstream. So
//! whatever an upstream takes is made of the same audio, be it said now or again, and
//! one stream: live audio goes on in the path that the replay went through. A
//! conversion's tail is no time of the client's.

use super::chunk::ItemId;
use super::convert::Converter;
use super::ring::Ring;
use super::time::Ticks;
use crate::dsp::format::{AudioFormat, PCM16_24K};

/// A client's audio against real time: how far ahead of it audio has come.
#[derive(Debug)]
pub struct Burst {
    allowed: Ticks,
    ahead: Ticks,
    as_of: Ticks,
}

impl Burst {
    /// Audio may come `allowed` ahead of real time.
    pub const fn new(allowed: Ticks) -> Self {
        Self {
            allowed,
            ahead: 0,
            as_of: 0,
        }
    }

    /// Audio of `length` has come.
    pub fn add(&mut self, length: Ticks, now: Ticks) {
        self.ahead = self.ahead(now) + length;
        self.as_of = now;
    }

    /// How far audio is ahead.
    pub fn ahead(&self, now: Ticks) -> Ticks {
        (self.ahead - (now - self.as_of).max(0)).max(0)
    }

    /// Whether more has come than may.
    pub fn is_over(&self, now: Ticks) -> bool {
        self.ahead(now) > self.allowed
    }

    /// How far ahead it may be.
    pub const fn allowed(&self) -> Ticks {
        self.allowed
    }

    /// When enough time has passed, if it has not `now`.
    pub fn next_deadline(&self, now: Ticks) -> Option<Ticks> {
        self.is_over(now)
            .then(|| self.as_of + self.ahead - self.allowed)
    }
}

/// What is known of a client's audio.
#[derive(Debug)]
pub struct Input {
    /// Its pace.
    pub burst: Burst,
    /// The last of it.
    pub ring: Ring,
    /// From what the client says to what the ring holds.
    keeping: Converter,
    /// From there to what the upstream takes.
    passing: Converter,
    /// What the upstream takes, or took last.
    target: AudioFormat,
    total: Ticks,
}

/// All input is one part, until it is ended.
const INPUT: ItemId = 0;

impl Input {
    /// Nothing has been said.
    pub fn new(burst: Ticks, ring: Ticks) -> Self {
        Self {
            burst: Burst::new(burst),
            ring: Ring::new(ring, PCM16_24K),
            keeping: Converter::default(),
            passing: Converter::default(),
            target: PCM16_24K,
            total: 0,
        }
    }

    /// What the upstream takes.
    pub const fn target(&self) -> AudioFormat {
        self.target
    }

    /// Whole samples have come, which play for `length`: they become what the ring
    /// holds of them.
    pub fn receive(&mut self, audio: &mut Vec<u8>, format: AudioFormat, length: Ticks, now: Ticks) {
        self.burst.add(length, now);
        self.total += length;
        let held = held_as(format);
        if self.keeping.begin(INPUT, format, held.into()).0 {
            self.keeping.convert(audio);
        }
        self.ring.push(audio, held, self.total);
    }

    /// What the ring holds becomes what the upstream takes; false if it is that.
    pub fn pass(&mut self, audio: &mut Vec<u8>) -> bool {
        let (format, target) = (self.ring.format(), self.target.into());
        let (converts, _) = self.passing.begin(INPUT, format, target);
        if converts {
            self.passing.convert(audio);
        }
        converts
    }

    /// What is held from `from` on becomes what the upstream takes, in pieces of at
    /// most `step`. What is said next goes on in the same stream.
    pub fn again(&mut self, from: Ticks, step: Ticks) -> Vec<Vec<u8>> {
        let mut pieces = self.ring.pieces(from, step);
        for piece in &mut pieces {
            self.pass(piece);
        }
        pieces.retain(|piece| !piece.is_empty());
        pieces
    }

    /// The upstream takes another format from here on, in a stream of its own.
    pub fn set_target(&mut self, target: AudioFormat) {
        if target != self.target {
            self.passing.discard();
            self.target = target;
        }
    }

    /// A turn ends: what the conversions still have, for the upstream.
    pub fn end(&mut self) -> Vec<u8> {
        let mut tail = Vec::new();
        self.keeping.finish(&mut tail);
        self.ring.push_tail(&tail);
        if !tail.is_empty() {
            self.pass(&mut tail);
        }
        self.passing.finish(&mut tail);
        tail
    }

    /// No more goes to the upstream in the same stream: what it is still owed.
    pub fn end_passing(&mut self) -> Vec<u8> {
        let mut tail = Vec::new();
        self.passing.finish(&mut tail);
        tail
    }

    /// What was said is to be forgotten.
    pub fn discard(&mut self) {
        self.keeping.discard();
        self.passing.discard();
    }

    /// What came before that input time will not be said again.
    pub fn forget(&mut self, before: Ticks) {
        // What is inside a conversion has come, and is no time of the upstream's yet.
        let before = before.saturating_sub(self.passing.latency());
        self.ring.forget(before);
    }

    /// Audio received so far.
    pub const fn total(&self) -> Ticks {
        self.total
    }
}

/// How the ring holds what a client says: as it came, so that nothing is lost on its
/// way to whatever an upstream takes; but no larger than the best that one takes.
fn held_as(said: AudioFormat) -> AudioFormat {
    let bytes_per_s = |format: AudioFormat| format.frame_bytes() * format.rate_hz() as usize;
    if bytes_per_s(said) <= bytes_per_s(PCM16_24K) {
        said
    } else {
        PCM16_24K
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_real_time() {
        let mut burst = Burst::new(100);
        burst.add(100, 0);
        assert!(!burst.is_over(0));
        burst.add(30, 0);
        assert!(burst.is_over(29) && !burst.is_over(30));
        assert_eq!(
            (burst.next_deadline(0), burst.next_deadline(30)),
            (Some(30), None)
        );
    }

    #[test]
    fn silence_earns_nothing_beyond_the_burst() {
        let mut burst = Burst::new(100);
        burst.add(10, 0);
        burst.add(120, 1_000);
        assert_eq!(burst.ahead(1_000), 120);
    }
}
