//! The replay ring: the last of the input audio, to be said again to a successor.
//!
//! A sink. Its times are input time: how much audio the client had sent. What is held
//! stays as it was pushed, whoever reads it.
//!
//! It is kept in blocks of one size, taken when audio comes and given back as soon as all
//! that is in them is forgotten. So it never moves what it holds, and the memory that one
//! session has done with is the next one's: no page of it is new to the process.

use super::convert;
use super::format::PlayTime;
use super::time::{self, Ticks};
use crate::dsp::format::AudioFormat;
use std::collections::VecDeque;
use std::ops::Range;

/// A third of a second of the usual format, and small to an allocator.
const BLOCK_BYTES: usize = 16 * 1024;

/// Audio bytes up to a fixed duration; memory grows with what is held, not before.
#[derive(Debug)]
pub struct Ring {
    span: Ticks,
    format: AudioFormat,
    /// What `span` is in that format.
    capacity: usize,
    /// All are full but the last one.
    blocks: VecDeque<Vec<u8>>,
    /// Bytes of the first block that are forgotten: less than it has.
    forgotten: usize,
    /// Bytes held.
    held: usize,
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
            blocks: VecDeque::new(),
            forgotten: 0,
            held: 0,
            end: 0,
        }
    }

    /// Append whole samples, after which `end` of input has come.
    pub fn push(&mut self, audio: &[u8], format: AudioFormat, end: Ticks) {
        self.recast(format);
        self.end = end;
        let kept = &audio[audio.len().saturating_sub(self.capacity)..];
        let spare = self.capacity - kept.len();
        self.drop_first(self.held.saturating_sub(spare));
        self.append(kept);
    }

    /// Another client speaks otherwise: what is held becomes alike.
    fn recast(&mut self, format: AudioFormat) {
        if self.format != format {
            let held = convert::whole(&self.bytes(0..self.held), self.format, format);
            self.drop_first(self.held);
            self.format = format;
            self.capacity = format.bytes_within(self.span);
            self.append(&held);
        }
    }

    /// Append what a conversion still had: it takes no time of its own.
    pub fn push_tail(&mut self, audio: &[u8]) {
        self.push(audio, self.format, self.end);
    }

    /// Nobody will ask for what came before that input time.
    pub fn forget(&mut self, before: Ticks) {
        self.drop_first(self.offset(before));
    }

    fn append(&mut self, mut audio: &[u8]) {
        self.held += audio.len();
        while !audio.is_empty() {
            let block = self.open_block();
            let fits = audio.len().min(BLOCK_BYTES - block.len());
            block.extend_from_slice(&audio[..fits]);
            audio = &audio[fits..];
        }
    }

    /// The last block, in which there is room.
    fn open_block(&mut self) -> &mut Vec<u8> {
        let full = |block: &Vec<u8>| block.len() == BLOCK_BYTES;
        if self.blocks.back().is_none_or(full) {
            self.blocks.push_back(Vec::with_capacity(BLOCK_BYTES));
        }
        self.blocks.back_mut().expect("there is one now")
    }

    fn drop_first(&mut self, bytes: usize) {
        self.held -= bytes;
        if self.held == 0 {
            self.blocks.clear();
            self.forgotten = 0;
            return;
        }
        self.forgotten += bytes;
        while self.forgotten >= BLOCK_BYTES {
            self.blocks.pop_front();
            self.forgotten -= BLOCK_BYTES;
        }
    }

    /// Input time received so far.
    pub const fn end(&self) -> Ticks {
        self.end
    }

    /// The input time that is held.
    pub fn span(&self) -> Range<Ticks> {
        self.end - self.format.duration(self.held)..self.end
    }

    /// The format of what is held.
    pub const fn format(&self) -> AudioFormat {
        self.format
    }

    /// The audio of `wanted`, clamped to what is held, by whole samples.
    pub fn read(&self, wanted: Range<Ticks>) -> Vec<u8> {
        let (from, to) = (self.offset(wanted.start), self.offset(wanted.end));
        self.bytes(from..to.max(from))
    }

    /// Where that input time is in what is held, clamped to it.
    fn offset(&self, moment: Ticks) -> usize {
        let held = self.span();
        self.format
            .bytes_within(moment.clamp(held.start, held.end) - held.start)
    }

    fn bytes(&self, wanted: Range<usize>) -> Vec<u8> {
        let stored = self.forgotten + wanted.start..self.forgotten + wanted.end;
        let blocks = stored.start / BLOCK_BYTES..stored.end.div_ceil(BLOCK_BYTES);
        let mut found = Vec::with_capacity(wanted.len());
        let mut from = stored.start % BLOCK_BYTES;
        for block in self.blocks.range(blocks) {
            let to = block.len().min(from + wanted.len() - found.len());
            found.extend_from_slice(&block[from..to]);
            from = 0;
        }
        found
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

    /// The last of what is held: what comes next is written behind it.
    pub fn newest(&self) -> &[u8] {
        self.blocks.back().map_or(&[], Vec::as_slice)
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

    /// What is done to a ring: (samples that come, milliseconds that are forgotten).
    fn steps() -> impl Strategy<Value = Vec<(usize, i64)>> {
        let forgets = prop_oneof![3 => Just(0), 1 => 0_i64..1_500];
        prop::collection::vec((0_usize..20_000, forgets), 0..20)
    }

    proptest! {
        #[test]
        fn holds_of_all_that_came_the_last_that_is_not_forgotten(
            steps in steps(),
            from_ms in -10_i64..2_500,
            to_ms in -10_i64..2_500,
        ) {
            let span_ms = 900;
            let mut ring = Ring::new(span_ms * TICKS_PER_MS, PCM16_24K);
            let mut all = Vec::new();
            let mut forgotten = 0;
            for (frames, forgets_ms) in steps {
                let chunk: Vec<u8> = (0..2 * frames).map(|at| ((all.len() + at) / 7) as u8).collect();
                let end = PCM16_24K.duration(all.len() + chunk.len());
                ring.push(&chunk, PCM16_24K, end);
                all.extend(chunk);
                forgotten = forgotten.max(all.len().saturating_sub(span_ms as usize * 48));
                let before = ring.span().start + forgets_ms * TICKS_PER_MS;
                forgotten = all.len().min(forgotten + forgets_ms as usize * 48);
                ring.forget(before);
            }
            let held = &all[forgotten..];
            prop_assert_eq!(ring.read(0..NEVER_ENDING), held);
            prop_assert_eq!(ring.end(), PCM16_24K.duration(all.len()));
            prop_assert_eq!(ring.span().start, PCM16_24K.duration(forgotten));
            let blocks = ring.blocks.len();
            prop_assert!(blocks * BLOCK_BYTES < held.len() + 2 * BLOCK_BYTES, "{blocks}");
            prop_assert!(ring.blocks.iter().all(|block| block.capacity() == BLOCK_BYTES));

            let offset = |ms: i64| {
                let ticks = ms * TICKS_PER_MS - ring.span().start;
                PCM16_24K.bytes_within(ticks).min(held.len())
            };
            let (from, to) = (offset(from_ms), offset(to_ms));
            let read = ring.read(from_ms * TICKS_PER_MS..to_ms * TICKS_PER_MS);
            prop_assert_eq!(&read, &held[from..to.max(from)]);
            let pieces = ring.pieces(from_ms * TICKS_PER_MS, 200 * TICKS_PER_MS);
            prop_assert!(pieces.iter().all(|piece| (1..=9_600).contains(&piece.len())));
            prop_assert_eq!(pieces.concat(), &held[from..]);
        }
    }

    #[test]
    fn what_never_came_cannot_be_forgotten() {
        let mut ring = Ring::new(1_000 * TICKS_PER_MS, PCM16_24K);
        ring.forget(Ticks::MIN);
        ring.forget(NEVER_ENDING);
        ring.push(&[7; 96], PCM16_24K, 2 * TICKS_PER_MS);
        assert_eq!(ring.span_ms(), (0.0, 2.0));
        ring.forget(NEVER_ENDING);
        assert_eq!((ring.span_ms(), ring.newest().len()), ((2.0, 2.0), 0));
        ring.push(&[8; 96], PCM16_24K, 4 * TICKS_PER_MS);
        assert_eq!(ring.read(0..NEVER_ENDING), [8; 96]);
    }
}
