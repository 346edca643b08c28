//! Conversion without haste: each output sample is computed from the definition.

use super::error::AudioError;
use super::format::RATES_HZ;
use std::f64::consts::PI;

/// Which instructions the kernels use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Simd {
    /// What every machine has.
    Portable,
    /// 256 bit, with fused multiply-add.
    Avx2,
    /// 512 bit.
    Avx512,
}

impl Simd {
    /// The best that may be used.
    pub fn chosen() -> Self {
        Self::Portable
    }
}

/// What a filter is to be good at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quality {
    /// A short delay.
    LowLatency,
    /// No aliases at all.
    Strict,
}

const ZERO_CROSSINGS: f64 = 40.0;

/// One channel from one sample rate to another, by a windowed sinc.
#[derive(Debug)]
pub struct Resampler {
    input_rate_hz: u32,
    output_rate_hz: u32,
    /// Samples on each side of the middle of the filter.
    reach: usize,
    history: Vec<f32>,
    /// Index in the stream of the first sample of `history`.
    base: u64,
    produced: u64,
}

impl Resampler {
    /// Between two of `RATES_HZ`.
    pub fn new(
        input_rate_hz: u32,
        output_rate_hz: u32,
        _quality: Quality,
        _simd: Simd,
    ) -> Result<Self, AudioError> {
        for rate in [input_rate_hz, output_rate_hz] {
            if !RATES_HZ.contains(&rate) {
                return Err(AudioError::Rate(rate));
            }
        }
        let widened = (f64::from(input_rate_hz) / f64::from(output_rate_hz)).max(1.0);
        let reach = if input_rate_hz == output_rate_hz {
            0
        } else {
            (ZERO_CROSSINGS * widened) as usize
        };
        let mut made = Self {
            input_rate_hz,
            output_rate_hz,
            reach,
            history: Vec::new(),
            base: 0,
            produced: 0,
        };
        made.reset();
        Ok(made)
    }

    /// Append what the input allows: after k samples floor(k * out / in) in sum.
    pub fn process(&mut self, input: &[f32], output: &mut Vec<f32>) {
        if self.reach == 0 {
            output.extend_from_slice(input);
            return;
        }
        self.history.extend_from_slice(input);
        let (from, to) = (
            u64::from(self.input_rate_hz),
            u64::from(self.output_rate_hz),
        );
        let known = self.base + self.history.len() as u64 - 2 * self.reach as u64;
        while self.produced < known * to / from {
            output.push(self.sample(self.produced));
            self.produced += 1;
        }
        let needed = (self.produced * from / to).min(known);
        let old = (needed - self.base) as usize;
        self.history.drain(..old);
        self.base = needed;
    }

    /// The stream is led in by 2 * reach zeros, so that output n stands `reach` late.
    fn sample(&self, n: u64) -> f32 {
        let position = n as f64 * f64::from(self.input_rate_hz) / f64::from(self.output_rate_hz);
        let middle = position - self.base as f64 + self.reach as f64;
        let cut = (f64::from(self.output_rate_hz) / f64::from(self.input_rate_hz)).min(1.0) * 0.95;
        let first = (middle - self.reach as f64).ceil() as usize;
        let last = (middle + self.reach as f64).floor() as usize;
        let sum: f64 = (first..=last.min(self.history.len() - 1))
            .map(|at| {
                let away = at as f64 - middle;
                f64::from(self.history[at]) * cut * sinc(cut * away) * hann(away, self.reach)
            })
            .sum();
        sum as f32
    }

    /// Append what is still inside, then be as new.
    pub fn flush(&mut self, output: &mut Vec<f32>) {
        self.process(&vec![0.0; self.reach], output);
        self.reset();
    }

    /// Forget all that went in.
    pub fn reset(&mut self) {
        self.history.clear();
        self.history.resize(2 * self.reach, 0.0);
        (self.base, self.produced) = (0, 0);
    }

    /// How late output is against input.
    pub fn latency_ms(&self) -> f64 {
        self.reach as f64 * 1000.0 / f64::from(self.input_rate_hz)
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        1.0
    } else {
        (PI * x).sin() / (PI * x)
    }
}

fn hann(away: f64, reach: usize) -> f64 {
    0.5 + 0.5 * (PI * away / (reach as f64 + 1.0)).cos()
}

/// One mu-law code as a 16 bit sample (ITU-T G.711, table 2).
pub fn ulaw(code: u8) -> i16 {
    const BIAS: i16 = 0x84;
    let code = !code;
    let exponent = (code >> 4) & 7;
    let magnitude = (((i16::from(code & 0xF) << 3) + BIAS) << exponent) - BIAS;
    if code & 0x80 == 0 {
        magnitude
    } else {
        -magnitude
    }
}

/// One A-law code as a 16 bit sample (ITU-T G.711, table 1).
pub fn alaw(code: u8) -> i16 {
    let code = code ^ 0x55;
    let exponent = (code >> 4) & 7;
    let mantissa = (i16::from(code & 0xF) << 4) + 8;
    let magnitude = match exponent {
        0 => mantissa,
        _ => (mantissa + 0x100) << (exponent - 1),
    };
    if code & 0x80 == 0 {
        -magnitude
    } else {
        magnitude
    }
}

/// The code whose sample is nearest.
pub fn nearest(sample: i16, decode: fn(u8) -> i16) -> u8 {
    let far = |code: &u8| (i32::from(decode(*code)) - i32::from(sample)).abs();
    (0..=u8::MAX).min_by_key(far).unwrap_or(0)
}
