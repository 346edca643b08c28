//! The lane to the upstream: what a client has said.
//!
//! Owns the measure of it: input time (the client's, as its own format has it), the
//! pace at which it may come, its conversion, the ring. A conversion's tail goes to
//! the upstream and is no time of the client's.

use super::chunk::ItemId;
use super::convert::Converter;
use super::format::PlayTime;
use super::ring::Ring;
use super::time::Ticks;
use crate::dsp::format::AudioFormat;

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
    /// What the upstream takes, or took last.
    target: AudioFormat,
    converter: Converter,
    total: Ticks,
}

/// All input is one part, until it is ended.
const INPUT: ItemId = 0;

impl Input {
    /// Nothing has been said.
    pub fn new(burst: Ticks, ring: Ticks, format: AudioFormat) -> Self {
        Self {
            burst: Burst::new(burst),
            ring: Ring::new(ring, format),
            target: format,
            converter: Converter::default(),
            total: 0,
        }
    }

    /// What the upstream takes.
    pub const fn target(&self) -> AudioFormat {
        self.target
    }

    /// Whole samples have come; what they are for the upstream, and in which format.
    /// `as_it_came`: they leave in the message that brought them.
    pub fn receive(
        &mut self,
        audio: &mut Vec<u8>,
        format: AudioFormat,
        as_it_came: bool,
        now: Ticks,
    ) -> AudioFormat {
        let length = format.duration(audio.len());
        self.burst.add(length, now);
        self.total += length;
        let converts = !as_it_came && self.converter.begin(INPUT, format, self.target.into()).0;
        if converts {
            self.converter.convert(audio);
        }
        let format = if as_it_came { format } else { self.target };
        self.ring.push(audio, format, self.total);
        format
    }

    /// The upstream takes another format from here on.
    pub fn set_target(&mut self, target: AudioFormat) {
        if target != self.target {
            let tail = self.end();
            self.ring.push_tail(&tail);
            self.ring.recast(target);
            self.target = target;
        }
    }

    /// A turn ends: what its conversion still has.
    pub fn end(&mut self) -> Vec<u8> {
        let mut tail = Vec::new();
        self.converter.finish(&mut tail);
        tail
    }

    /// What was said is to be forgotten.
    pub fn discard(&mut self) {
        self.converter.discard();
    }

    /// Audio received so far.
    pub const fn total(&self) -> Ticks {
        self.total
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
