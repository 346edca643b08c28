//! Higher or lower, at the same pace.
//!
//! A head reads the last tens of milliseconds faster or slower than they come. When
//! it has come too near to the newest sample, or fallen too far behind, it jumps to
//! where the wave looks most alike, one or more periods of the voice away, and the
//! two places are cross-faded. That is synchronous overlap-add and resampling in one
//! pass: a sample comes out for each that goes in, and formants move with the pitch.

mod kernel;
mod likeness;

use super::cpu::Simd;
use super::error::AudioError;
use kernel::{Kernel, HALF_TAPS};
use likeness::{Search, Way};

/// What is cross-faded and compared.
const SPAN_MS: u32 = 8;
/// A jump back is at least so long that an octave up cannot eat it within its fade, and
const MIN_JUMP_MS: u32 = SPAN_MS / 2;
/// at most: the longest period that is still met, 50 Hz.
const MAX_JUMP_MS: u32 = 20;
/// Decisions are made at each multiple of so many samples of the stream, wherever
/// the chunks are cut.
const GRID: usize = 32;
/// Input is taken in pieces of so many samples, so that the memory stays small.
const BLOCK: usize = 1_024;

/// Where output comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Head {
    /// The newest sample, as it is.
    Newest,
    /// A place so many samples behind the next one to be answered.
    ///
    /// A distance, not a place in the stream, which grows: it is always a multiple of
    /// 2^-24, as ratios and jumps are, and below 2^14, so that all sums are exact.
    /// However long a stream is and wherever it is cut, the bits are the same.
    Behind(f64),
}

/// The head that is being left.
#[derive(Clone, Copy, Debug)]
struct Fade {
    from: Head,
    /// Samples of it that have passed.
    passed: usize,
    length: usize,
}

/// Lengths in samples at the stream's rate.
#[derive(Clone, Copy, Debug)]
struct Lengths {
    span: usize,
    min_jump: usize,
    max_jump: usize,
    /// The head is always at least so far behind the newest sample, so that a whole
    /// span lies before it.
    nearest: usize,
}

impl Lengths {
    fn at(rate_hz: u32) -> Self {
        let samples = |ms: u32| (rate_hz * ms / 1_000) as usize;
        let span = samples(SPAN_MS);
        Self {
            span,
            min_jump: samples(MIN_JUMP_MS),
            max_jump: samples(MAX_JUMP_MS),
            nearest: span + HALF_TAPS + 2 * GRID,
        }
    }

    /// What must be kept behind the newest sample.
    fn memory(self) -> usize {
        self.nearest + 2 * self.max_jump + self.span + 2 * HALF_TAPS + 2 * GRID
    }

    /// Samples of output until a span has been read.
    fn fade(self, ratio: f64) -> usize {
        let samples = self.span as f64 / ratio.max(1.0);
        samples as usize / GRID * GRID
    }
}

/// One channel, shifted by a ratio; at 1.0 untouched and without delay.
///
/// However a stream is cut into chunks, its output is the same.
#[derive(Debug)]
pub struct PitchShift {
    rate_hz: u32,
    ratio: f64,
    /// The ratio from the next decision on.
    wanted: f64,
    lengths: Lengths,
    kernel: Kernel,
    search: Search,
    simd: Simd,
    /// The end of the stream so far.
    history: Vec<f32>,
    /// Samples of it that have been answered; between two calls, all.
    done: usize,
    /// Of those, how many since the last decision might have been made.
    since_grid: usize,
    head: Head,
    fade: Option<Fade>,
    leaving: Vec<f32>,
}

impl PitchShift {
    /// For a stream of `rate_hz`; `ratio` is between 0.5 (an octave down) and 2.
    pub fn new(rate_hz: u32, ratio: f32, simd: Simd) -> Result<Self, AudioError> {
        let ratio = allowed(ratio)?;
        let lengths = Lengths::at(rate_hz);
        let mut made = Self {
            rate_hz,
            ratio,
            wanted: ratio,
            lengths,
            kernel: Kernel::new(ratio),
            search: Search::new(rate_hz, lengths.span),
            simd: simd.min(Simd::detected()),
            history: Vec::with_capacity(lengths.memory() + BLOCK),
            done: 0,
            since_grid: 0,
            head: Head::Newest,
            fade: None,
            leaving: vec![0.0; GRID],
        };
        made.reset();
        Ok(made)
    }

    /// Shift by `ratio` within 15 ms: a jump that has begun is finished before.
    pub fn set(&mut self, ratio: f32) -> Result<(), AudioError> {
        self.wanted = allowed(ratio)?;
        Ok(())
    }

    fn take_wanted(&mut self) {
        if self.wanted.to_bits() != self.ratio.to_bits() {
            self.ratio = self.wanted;
            self.kernel.tune(self.ratio);
        }
    }

    #[expect(clippy::float_cmp, reason = "exactly 1 means untouched")]
    fn wants_bypass(&self) -> bool {
        self.wanted == 1.0
    }

    /// Append as many samples as came in.
    pub fn process(&mut self, input: &[f32], output: &mut Vec<f32>) {
        output.reserve(input.len());
        for block in input.chunks(BLOCK) {
            self.history.extend_from_slice(block);
            while self.done < self.history.len() {
                if self.since_grid == 0 {
                    self.decide();
                }
                let rest = self.history.len() - self.done;
                self.run(rest.min(GRID - self.since_grid), output);
            }
            self.forget();
        }
    }

    /// Append what is still inside, then be as new.
    pub fn flush(&mut self, output: &mut Vec<f32>) {
        let samples = self.latency_ms() * f64::from(self.rate_hz) / 1_000.0;
        let silence = [0.0; GRID];
        let mut rest = samples.round() as usize;
        while rest > 0 {
            let some = rest.min(GRID);
            self.process(&silence[..some], output);
            rest -= some;
        }
        self.reset();
    }

    /// Forget what went in; the ratio stays.
    pub fn reset(&mut self) {
        self.take_wanted();
        (self.done, self.since_grid) = (self.lengths.memory(), 0);
        self.history.clear();
        self.history.resize(self.done, 0.0);
        self.fade = None;
        self.head = if self.wants_bypass() {
            Head::Newest
        } else {
            Head::Behind(self.middle())
        };
    }

    /// How late output is in the middle: 0 at ratio 1.0, else 20 to 28 ms by the rate,
    /// from which the head strays by 10 ms to either side.
    pub fn latency_ms(&self) -> f64 {
        if self.wants_bypass() {
            return 0.0;
        }
        self.middle() * 1_000.0 / f64::from(self.rate_hz)
    }

    fn middle(&self) -> f64 {
        (self.lengths.nearest + self.lengths.max_jump / 2) as f64
    }

    /// Begin a jump where one is due; a fade is never broken off.
    fn decide(&mut self) {
        if self.fade.is_some() {
            return;
        }
        self.take_wanted();
        let Lengths {
            nearest, max_jump, ..
        } = self.lengths;
        match self.head {
            Head::Newest if !self.wants_bypass() => self.leave_newest(),
            Head::Behind(_) if self.wants_bypass() => self.fade_to(Head::Newest),
            Head::Behind(behind) => {
                if behind < nearest as f64 && self.ratio > 1.0 {
                    self.jump(behind, Way::Back);
                } else if behind > (nearest + max_jump) as f64 && self.ratio < 1.0 {
                    self.jump(behind, Way::Ahead);
                }
            }
            Head::Newest => {}
        }
    }

    /// Jump to where the wave is most alike.
    fn jump(&mut self, behind: f64, way: Way) {
        let near = (self.done as f64 - behind) as usize;
        let jumps = self.lengths.min_jump..=self.lengths.max_jump;
        let jump = self.search.best(&self.history, near, way, jumps);
        self.fade_to(Head::Behind(match way {
            Way::Ahead => behind - jump,
            Way::Back => behind + jump,
        }));
    }

    /// Compare what has just passed with what lies far enough behind.
    fn leave_newest(&mut self) {
        let Lengths {
            span,
            nearest,
            max_jump,
            ..
        } = self.lengths;
        let near = self.done - span;
        // An octave up eats half a span before it can jump again, and a whole span has
        // to lie before the head then.
        let first = nearest + span / 2;
        let jumps = first..=first + max_jump;
        let jump = self.search.best(&self.history, near, Way::Back, jumps);
        self.fade_to(Head::Behind(jump));
    }

    fn fade_to(&mut self, head: Head) {
        self.fade = Some(Fade {
            from: self.head,
            passed: 0,
            length: self.lengths.fade(self.ratio),
        });
        self.head = head;
    }

    /// Append `count` samples; no decision lies between them.
    fn run(&mut self, count: usize, output: &mut Vec<f32>) {
        let start = output.len();
        output.resize(start + count, 0.0);
        let made = &mut output[start..];
        self.head = self.read(self.head, made);
        if let Some(mut fade) = self.fade.take() {
            let mut leaving = std::mem::take(&mut self.leaving);
            fade.from = self.read(fade.from, &mut leaving[..count]);
            for (sample, old) in made.iter_mut().zip(&leaving) {
                fade.passed += 1;
                let part = fade.passed as f32 / fade.length as f32;
                let weight = part * part * (3.0 - 2.0 * part);
                *sample = old + (*sample - old) * weight;
            }
            self.leaving = leaving;
            self.fade = (fade.passed < fade.length).then_some(fade);
        }
        self.done += count;
        self.since_grid = (self.since_grid + count) % GRID;
    }

    fn read(&self, head: Head, out: &mut [f32]) -> Head {
        match head {
            Head::Newest => {
                out.copy_from_slice(&self.history[self.done..self.done + out.len()]);
                Head::Newest
            }
            Head::Behind(behind) => {
                let place = self.done as f64 - behind;
                self.kernel
                    .read(self.simd, &self.history, place, self.ratio, out);
                Head::Behind(behind + (1.0 - self.ratio) * out.len() as f64)
            }
        }
    }

    fn forget(&mut self) {
        let old = self.history.len() - self.lengths.memory();
        self.history.drain(..old);
        self.done -= old;
    }
}

fn allowed(ratio: f32) -> Result<f64, AudioError> {
    if (0.5..=2.0).contains(&ratio) {
        return Ok(f64::from(ratio));
    }
    Err(AudioError::Pitch(ratio))
}
