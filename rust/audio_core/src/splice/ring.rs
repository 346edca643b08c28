//! The replay ring: the last of the input audio, to be said again to a successor.
//!
//! A sink. Its times are input time: how much audio the client had sent. What is held
//! stays as it was pushed, whoever reads it.

use super::convert;
use super::format::PlayTime;
use super::time::{self, Ticks};
use crate::dsp::format::AudioFormat;
use std::collections::VecDeque;
use std::ops::Range;

/// Audio bytes up to a fixed duration; memory grows with what is held, not before.
#[derive(Debug)]
pub struct Ring {
    span: Ticks,
    format: AudioFormat,
    /// What `span` is in that format.
    capacity: usize,
    pub(super) bytes: VecDeque<u8>,
    /// Input time at the end of what is held.
    end: Ticks,
}

impl Ring {
    /// A ring that keeps the last `span` of what it is given.
    pub fn new(span: Ticks, format: AudioFormat) -> Self {
        Self {
            span,
            format,
            capacity: format.bytes_within(span),
            bytes: VecDeque::new(),
            end: 0,
        }
    }

    /// Append whole samples, after which `end` of input has come.
    pub fn push(&mut self, audio: &[u8], format: AudioFormat, end: Ticks) {
        self.recast(format);
        self.end = end;
        let kept = &audio[audio.len().saturating_sub(self.capacity)..];
        let spare = self.capacity - kept.len();
        self.bytes.drain(..self.bytes.len().saturating_sub(spare));
        self.make_room(kept.len());
        self.bytes.extend(kept);
    }

    /// Another client speaks otherwise: what is held becomes alike.
    fn recast(&mut self, format: AudioFormat) {
        if self.format != format {
            let held = convert::whole(self.bytes.make_contiguous(), self.format, format);
            self.bytes = held.into();
            self.format = format;
            self.capacity = format.bytes_within(self.span);
        }
    }

    /// Append what a conversion still had: it takes no time of its own.
    pub fn push_tail(&mut self, audio: &[u8]) {
        self.push(audio, self.format, self.end);
    }

    /// Grow by doubling, but never beyond the capacity.
    fn make_room(&mut self, more: usize) {
        let needed = self.bytes.len() + more;
        if needed > self.bytes.capacity() {
            let most = self.capacity.max(needed);
            let target = (2 * self.bytes.capacity()).clamp(needed, most);
            self.bytes.reserve_exact(target - self.bytes.len());
        }
    }

    /// Input time received so far.
    pub const fn end(&self) -> Ticks {
        self.end
    }

    /// The input time that is held.
    pub fn span(&self) -> Range<Ticks> {
        self.end - self.format.duration(self.bytes.len())..self.end
    }

    /// The format of what is held.
    pub const fn format(&self) -> AudioFormat {
        self.format
    }

    /// The audio of `wanted`, clamped to what is held, by whole samples.
    pub fn read(&self, wanted: Range<Ticks>) -> Vec<u8> {
        let held = self.span();
        let offset = |moment: Ticks| {
            let inside = moment.clamp(held.start, held.end) - held.start;
            self.format.bytes_within(inside)
        };
        let (from, to) = (offset(wanted.start), offset(wanted.end));
        self.bytes.range(from..to.max(from)).copied().collect()
    }

    /// The audio from `from` on, in pieces of at most `step`.
    pub fn pieces(&self, from: Ticks, step: Ticks) -> Vec<Vec<u8>> {
        let audio = self.read(from..self.end);
        let step = self
            .format
            .bytes_within(step)
            .max(self.format.frame_bytes());
        audio.chunks(step).map(<[u8]>::to_vec).collect()
    }

    /// The input time held, in milliseconds.
    pub fn span_ms(&self) -> (f64, f64) {
        let span = self.span();
        (time::to_ms(span.start), time::to_ms(span.end))
    }
}

#[cfg(test)]
mod tests {
    use super::super::time::TICKS_PER_MS;
    use super::*;
    use crate::dsp::format::{Encoding, PCM16_24K};
    use proptest::prelude::*;

    #[test]
    fn keeps_the_end_and_its_times() {
        let mut ring = Ring::new(100 * TICKS_PER_MS, PCM16_24K);
        for value in 0..4 {
            let end = (i64::from(value) + 1) * 40 * TICKS_PER_MS;
            ring.push(&[value; 1_920], PCM16_24K, end);
        }
        assert_eq!(ring.span_ms(), (60.0, 160.0));
        let held = ring.read(0..NEVER_ENDING);
        assert_eq!(held.len(), 4_800);
        assert_eq!((held[0], held[959], held[960]), (1, 1, 2));
    }

    const NEVER_ENDING: Ticks = Ticks::MAX;

    #[test]
    fn another_format_is_taken_over_and_time_goes_on() {
        let mut ring = Ring::new(1_000 * TICKS_PER_MS, PCM16_24K);
        ring.push(&[0; 1_920], PCM16_24K, 40 * TICKS_PER_MS);
        let ulaw = AudioFormat::new(Encoding::G711Ulaw, 8_000, 1).unwrap();
        ring.push(&[2; 160], ulaw, 60 * TICKS_PER_MS);
        assert_eq!(ring.span_ms(), (0.0, 60.0));
        let held = ring.read(0..NEVER_ENDING);
        // Silence has two codes, of either sign.
        assert_eq!((held.len(), held[0] | 0x80, held[320]), (480, 0xFF, 2));
    }

    proptest! {
        #[test]
        fn holds_the_tail_of_all_that_came(
            chunks in prop::collection::vec(0_usize..3_000, 0..20),
            from_ms in -10_i64..300,
            to_ms in -10_i64..300,
        ) {
            let mut ring = Ring::new(70 * TICKS_PER_MS, PCM16_24K);
            let mut all = Vec::new();
            for frames in chunks {
                let chunk: Vec<u8> = (0..2 * frames).map(|at| (all.len() + at) as u8).collect();
                let end = PCM16_24K.duration(all.len() + chunk.len());
                ring.push(&chunk, PCM16_24K, end);
                all.extend(chunk);
            }
            let held = &all[all.len().saturating_sub(70 * 48)..];
            prop_assert_eq!(ring.read(0..NEVER_ENDING), held);
            prop_assert_eq!(ring.end(), PCM16_24K.duration(all.len()));
            prop_assert!(ring.bytes.capacity() <= 70 * 48);

            let offset = |ms: i64| {
                let ticks = ms * TICKS_PER_MS - ring.span().start;
                PCM16_24K.bytes_within(ticks).min(held.len())
            };
            let (from, to) = (offset(from_ms), offset(to_ms));
            let read = ring.read(from_ms * TICKS_PER_MS..to_ms * TICKS_PER_MS);
            prop_assert_eq!(read, &held[from..to.max(from)]);
        }
    }
}
