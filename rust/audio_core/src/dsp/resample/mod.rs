//! From one sample rate to another, as a stream: constant delay, constant counts.
//!
//! `design` makes the filter, `bank` lays it out and `kernel` sums; between a rate and
//! its double these are `minimax`, `halfband` and `tile`. `shelf` chooses between the two
//! ways and keeps what was made. Here is the stream's state. Knows nothing of bytes and channels.

mod bank;
mod design;
mod halfband;
mod kernel;
mod lanes;
#[cfg(target_arch = "x86_64")]
mod lanes_x86;
mod method;
mod minimax;
mod shelf;
mod tile;

use super::cpu::Simd;
use super::error::AudioError;
use super::rates::RATES_HZ;
use design::Ratio;
use method::{Method, Span};
use std::sync::Arc;

/// More at once would not stay in the cache.
const BLOCK_SAMPLES: usize = 4_096;

/// What a filter is to be good at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quality {
    /// A short delay: up to 5 ms. What lies between 0.9 and 1.1 of the lower rate's
    /// half is damped, and may be mirrored at that half.
    LowLatency,
    /// Nothing is mirrored: the stopband begins at the lower rate's half. Twice the
    /// delay, 10 ms at 8 kHz.
    Strict,
}

/// One channel of a stream, from one sample rate to another.
///
/// However the stream is cut into chunks, the samples are the same, bit by bit.
/// Samples in are finite, and full scale is 1.0; nothing is clipped on the way.
pub struct Resampler {
    input_rate_hz: u32,
    /// `None` between equal rates.
    filter: Option<Filter>,
}

struct Filter {
    ratio: Ratio,
    method: Arc<dyn Method>,
    /// What sums still need, then what is new, then `input_slack` zeros. It begins
    /// `lead` samples before the current period.
    input: Vec<f32>,
    /// Samples of it that are known.
    known: usize,
    /// Sums since the current period began that have been handed out.
    done: usize,
    /// Room that the method keeps sums in.
    sums: Vec<f32>,
    /// Inputs since the stream began, modulo those in the ratio: all that matters at
    /// the end, and never too many to be counted.
    taken: usize,
    is_begun: bool,
}

impl Resampler {
    /// Between two of `RATES_HZ`; equal ones leave samples as they are.
    pub fn new(
        input_rate_hz: u32,
        output_rate_hz: u32,
        quality: Quality,
        simd: Simd,
    ) -> Result<Self, AudioError> {
        for rate_hz in [input_rate_hz, output_rate_hz] {
            if !RATES_HZ.contains(&rate_hz) {
                return Err(AudioError::Rate(rate_hz));
            }
        }
        let ratio = Ratio::of(input_rate_hz, output_rate_hz);
        let simd = simd.min(Simd::detected());
        let method = (input_rate_hz != output_rate_hz)
            .then(|| shelf::filter(input_rate_hz, output_rate_hz, quality, simd))
            .transpose()?;
        Ok(Self {
            input_rate_hz,
            filter: method.map(|method| Filter::new(ratio, method)),
        })
    }

    /// Append what the input allows: after k samples floor(k * out / in) in sum, from
    /// the first chunk on. Before the stream there was silence.
    pub fn process(&mut self, input: &[f32], output: &mut Vec<f32>) {
        match &mut self.filter {
            Some(filter) => filter.process(input, output),
            None => output.extend_from_slice(input),
        }
    }

    /// `process` for a block that `write` appends where it is needed: that saves a copy.
    pub fn process_from(&mut self, write: impl FnOnce(&mut Vec<f32>), output: &mut Vec<f32>) {
        match &mut self.filter {
            Some(filter) => filter.process_from(write, output),
            None => write(output),
        }
    }

    /// Append the rest of what went in, the delay's worth, then be as new.
    pub fn flush(&mut self, output: &mut Vec<f32>) {
        if let Some(filter) = &mut self.filter {
            filter.flush(output);
        }
    }

    /// Forget all that went in.
    pub fn reset(&mut self) {
        if let Some(filter) = &mut self.filter {
            filter.reset();
        }
    }

    /// How late output is against input, always.
    pub fn latency_ms(&self) -> f64 {
        self.filter.as_ref().map_or(0.0, |filter| {
            let grid_hz = f64::from(self.input_rate_hz) * filter.ratio.up as f64;
            filter.method.delay() as f64 * 1_000.0 / grid_hz
        })
    }

    /// Room that what so many inputs make, together or flushed, needs at most.
    pub fn output_bound(&self, input_samples: usize) -> usize {
        self.filter
            .as_ref()
            .map_or(input_samples, |filter| filter.output_bound(input_samples))
    }
}

impl std::fmt::Debug for Resampler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resampler")
            .field("input_rate_hz", &self.input_rate_hz)
            .field("ratio", &self.filter.as_ref().map(|filter| filter.ratio))
            .finish_non_exhaustive()
    }
}

impl Filter {
    fn new(ratio: Ratio, method: Arc<dyn Method>) -> Self {
        let mut made = Self {
            ratio,
            method,
            input: Vec::new(),
            known: 0,
            done: 0,
            sums: Vec::new(),
            taken: 0,
            is_begun: false,
        };
        made.reset();
        made
    }

    fn reset(&mut self) {
        self.known = self.method.lead();
        self.input.clear();
        self.input
            .resize(self.known + self.method.input_slack(), 0.0);
        (self.done, self.taken, self.is_begun) = (0, 0, false);
    }

    fn process(&mut self, input: &[f32], output: &mut Vec<f32>) {
        for block in input.chunks(BLOCK_SAMPLES) {
            self.process_from(|known| known.extend_from_slice(block), output);
        }
    }

    fn process_from(&mut self, append: impl FnOnce(&mut Vec<f32>), output: &mut Vec<f32>) {
        self.take(append);
        let due = self.method.sums_due(self.known - self.method.lead());
        if due > self.done {
            let span = Span {
                from: self.done,
                to: due,
            };
            self.method
                .append(span, &self.input, &mut self.sums, output);
            self.done = due;
        }
        self.advance();
    }

    /// Let `append` add to what is known, and zeros follow it.
    fn take(&mut self, append: impl FnOnce(&mut Vec<f32>)) {
        self.input.truncate(self.known);
        append(&mut self.input);
        let fresh = self.input.len() - self.known;
        self.taken = (self.taken + fresh) % self.ratio.down;
        self.is_begun |= fresh > 0;
        self.known = self.input.len();
        self.input
            .resize(self.known + self.method.input_slack(), 0.0);
    }

    /// Leave behind the periods that are done.
    fn advance(&mut self) {
        let period = self.method.period();
        let left = self.done / period.sums * period.inputs;
        self.done %= period.sums;
        self.input.copy_within(left..self.known, 0);
        self.known -= left;
    }

    /// As many outputs as have an input in the middle of their filter.
    fn flush(&mut self, output: &mut Vec<f32>) {
        const SILENCE: [f32; 64] = [0.0; 64];
        if self.is_begun {
            let Ratio { up, down } = self.ratio;
            let total = (self.taken * up + self.method.delay()).div_ceil(down);
            let wanted = output.len() + total - self.taken * up / down;
            let mut silence = (total * down).div_ceil(up) - self.taken;
            while silence > 0 {
                let piece = silence.min(SILENCE.len());
                self.process(&SILENCE[..piece], output);
                silence -= piece;
            }
            output.truncate(wanted);
        }
        self.reset();
    }

    fn output_bound(&self, input_samples: usize) -> usize {
        let Ratio { up, down } = self.ratio;
        (input_samples * up + self.method.delay()).div_ceil(down)
            + up / down
            + 1
            + self.method.output_slack()
    }
}

#[cfg(test)]
mod tests;
