//! Reading a stream between its samples, and faster than it was sampled.
//!
//! A windowed sinc, kept at 64 places between two samples, straight lines between
//! those. Read faster, it cuts off what would fold back.

use crate::dsp::cpu::Simd;
use crate::dsp::vector::vectorised;
use std::f64::consts::PI;

/// Samples on each side of the place that is read.
pub const HALF_TAPS: usize = 16;
const TAPS: usize = 2 * HALF_TAPS;
const PHASES: usize = 64;
/// The pass band ends here, as a part of the Nyquist frequency: room to fall off.
const CUT: f64 = 0.92;

type Phase = [f32; TAPS];

/// The table for one ratio.
#[derive(Debug)]
pub struct Kernel {
    /// One more than `PHASES`: the last is the first, one sample on.
    phases: Vec<Phase>,
}

impl Kernel {
    /// For reading `ratio` samples for each that comes out.
    pub fn new(ratio: f64) -> Self {
        let mut made = Self {
            phases: vec![[0.0; TAPS]; PHASES + 1],
        };
        made.tune(ratio);
        made
    }

    /// Make the table anew.
    pub fn tune(&mut self, ratio: f64) {
        let cut = CUT * (1.0 / ratio).min(1.0);
        for (at, phase) in self.phases.iter_mut().enumerate() {
            let fraction = at as f64 / PHASES as f64;
            let mut taps = [0.0; TAPS];
            for (at, tap) in taps.iter_mut().enumerate() {
                *tap = windowed(at as f64 - (HALF_TAPS - 1) as f64 - fraction, cut);
            }
            let sum: f64 = taps.iter().sum();
            *phase = taps.map(|tap| (tap / sum) as f32);
        }
    }

    /// Fill `out` with what lies at `place` of `history`, and each `step` on.
    ///
    /// `HALF_TAPS` samples must lie on either side of each place.
    pub fn read(&self, simd: Simd, history: &[f32], place: f64, step: f64, out: &mut [f32]) {
        read(simd, &self.phases, history, place, step, out);
    }
}

vectorised! {
    fn read(phases: &[Phase], history: &[f32], place: f64, step: f64, out: &mut [f32]) {
        let mut place = place;
        for sample in out {
            let whole = place as usize;
            let between = (place - whole as f64) as f32 * PHASES as f32;
            let phase = (between as usize).min(PHASES - 1);
            let part = between - phase as f32;
            let first = whole + 1 - HALF_TAPS;
            let around = &history[first..first + TAPS];
            *sample = dot(around, &phases[phase], &phases[phase + 1], part);
            place += step;
        }
    }
}

/// The sum with the taps `part` of the way from one phase to the next, in eight lanes.
#[inline]
fn dot(samples: &[f32], here: &Phase, next: &Phase, part: f32) -> f32 {
    const LANES: usize = 8;
    let mut sums = [0.0_f32; LANES];
    for block in 0..TAPS / LANES {
        for (lane, sum) in sums.iter_mut().enumerate() {
            let at = block * LANES + lane;
            *sum += samples[at] * (here[at] + (next[at] - here[at]) * part);
        }
    }
    let halves = |at: usize| sums[at] + sums[at + LANES / 2];
    (halves(0) + halves(2)) + (halves(1) + halves(3))
}

/// The ideal low pass, ended gently (Blackman).
fn windowed(away: f64, cut: f64) -> f64 {
    let turn = PI * away / HALF_TAPS as f64;
    if turn.abs() >= PI {
        return 0.0;
    }
    let window = 0.42 + 0.5 * turn.cos() + 0.08 * (2.0 * turn).cos();
    let angle = PI * cut * away;
    let sinc = if angle.abs() < 1e-9 {
        1.0
    } else {
        angle.sin() / angle
    };
    sinc * window
}
