//! The low-pass between two sample rates: a Kaiser-windowed sinc, designed in f64.
//!
//! The filter lies on a grid fine enough for both rates, `up` times the input's and
//! `down` times the output's. Knows nothing of how it is evaluated.

use super::{minimax, Quality};
use std::f64::consts::PI;

/// How far aliases are pushed down where one rate is a multiple of the other.
const DECIMATING_DB: f64 = 104.0;
/// How far images are: there are several of each tone, and those of 1 kHz are to be
/// below 120 dB, where Kaiser's side lobes have fallen by another 14.
const INTERPOLATING_DB: f64 = 109.0;
const STRICT_DB: f64 = 122.0;
/// The band kept in any case, as a share of the lower rate's half.
const PASSBAND: f64 = 0.9;

/// Two rates in lowest terms: `up` outputs take the time of `down` inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ratio {
    pub up: usize,
    pub down: usize,
}

impl Ratio {
    pub fn of(input_rate_hz: u32, output_rate_hz: u32) -> Self {
        let (input, output) = (input_rate_hz as usize, output_rate_hz as usize);
        let common = common_divisor(input, output);
        Self {
            up: output / common,
            down: input / common,
        }
    }
}

/// The greatest; Euclid's way.
pub const fn common_divisor(a: usize, b: usize) -> usize {
    if b == 0 {
        a
    } else {
        common_divisor(b, a % b)
    }
}

/// Where the filter passes and stops, in cycles per grid step.
struct Band {
    cutoff: f64,
    transition: f64,
    attenuation_db: f64,
}

impl Band {
    fn new(ratio: Ratio, quality: Quality) -> Self {
        let nyquist = 0.5 / ratio.up.max(ratio.down) as f64;
        // A transition that is symmetric about the lower Nyquist frequency makes
        // every max(up, down)-th tap zero: half of the work of a half-band.
        let (stop, attenuation_db) = match quality {
            Quality::LowLatency if ratio.up == 1 => (2.0 - PASSBAND, DECIMATING_DB),
            Quality::LowLatency => (2.0 - PASSBAND, INTERPOLATING_DB),
            Quality::Strict => (1.0, STRICT_DB),
        };
        Self {
            cutoff: nyquist * (PASSBAND + stop) / 2.0,
            transition: nyquist * (stop - PASSBAND),
            attenuation_db,
        }
    }

    /// Half of the length that Kaiser's formula asks for, in grid steps.
    fn reach(&self) -> f64 {
        (self.attenuation_db - 7.95) / (14.36 * self.transition) / 2.0
    }

    fn beta(&self) -> f64 {
        0.1102 * (self.attenuation_db - 8.7)
    }
}

/// One half of a symmetric filter; the first tap is its middle.
#[derive(Debug)]
pub struct Taps(Vec<f64>);

impl Taps {
    /// `round` may move the length of one half to where its user needs it.
    pub fn design(ratio: Ratio, quality: Quality, round: impl Fn(usize) -> usize) -> Self {
        let band = Band::new(ratio, quality);
        let half = round(band.reach().ceil() as usize);
        let window = kaiser(half, band.beta());
        let taps: Vec<f64> = window
            .iter()
            .enumerate()
            .map(|(away, window)| window * sinc(2.0 * band.cutoff * away as f64))
            .collect();
        let sum = 2.0 * taps.iter().sum::<f64>() - taps[0];
        let gain = ratio.up as f64 / sum;
        Self(taps.into_iter().map(|tap| tap * gain).collect())
    }

    /// The shortest that is good enough between a rate and its double.
    pub fn half_band(ratio: Ratio) -> Self {
        let gain = ratio.up as f64;
        let mut taps = vec![0.0; 2 * minimax::TAPS.len()];
        taps[0] = 0.5 * gain;
        for (n, tap) in minimax::TAPS.into_iter().enumerate() {
            taps[2 * n + 1] = tap * gain;
        }
        Self(taps)
    }

    /// Grid steps on each side of the middle.
    pub fn half(&self) -> usize {
        self.0.len() - 1
    }

    /// The tap so far from the first one; zero outside of the filter.
    pub fn at(&self, step: usize) -> f64 {
        self.0
            .get(step.abs_diff(self.half()))
            .copied()
            .unwrap_or(0.0)
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        1.0
    } else {
        (PI * x).sin() / (PI * x)
    }
}

/// The window from its middle to its end, `half` steps away.
fn kaiser(half: usize, beta: f64) -> Vec<f64> {
    let squares: Vec<f64> = (0..=half)
        .map(|away| {
            let along = away as f64 / half as f64;
            beta * beta / 4.0 * (1.0 - along * along)
        })
        .collect();
    let bessel = bessel_i0(&squares);
    let scale = 1.0 / bessel[0];
    bessel.into_iter().map(|value| value * scale).collect()
}

/// I0(2 * sqrt(y)) of each y up to 50, by its power series from the last term on.
/// Term by term over all of them, so that the compiler may use vectors.
fn bessel_i0(ys: &[f64]) -> Vec<f64> {
    const TERMS: u32 = 40;
    let mut sums = vec![1.0; ys.len()];
    for term in (1..=TERMS).rev() {
        let scale = 1.0 / f64::from(term * term);
        for (sum, y) in sums.iter_mut().zip(ys) {
            *sum = 1.0 + *sum * y * scale;
        }
    }
    sums
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "zeros and halves are exact")]
mod tests {
    use super::*;

    #[test]
    fn rates_in_lowest_terms() {
        assert_eq!(Ratio::of(48_000, 24_000), Ratio { up: 1, down: 2 });
        assert_eq!(Ratio::of(44_100, 24_000), Ratio { up: 80, down: 147 });
    }

    #[test]
    fn bessel_as_in_the_tables() {
        // Abramowitz and Stegun, table 9.8: I0(1), and I0(10) times e^-10.
        let values = bessel_i0(&[0.25, 25.0]);
        assert!((values[0] - 1.266_065_878).abs() < 1e-9);
        assert!((values[1] * (-10.0_f64).exp() - 0.127_833_337_2).abs() < 1e-9);
    }

    #[test]
    fn every_second_tap_of_a_half_band_is_zero() {
        for (ratio, middle) in [((1, 2), 0.5), ((2, 1), 1.0)] {
            let (up, down) = ratio;
            let taps = Taps::half_band(Ratio { up, down });
            for away in (2..=taps.half()).step_by(2) {
                assert_eq!(taps.at(taps.half() + away), 0.0);
            }
            assert_eq!(taps.at(taps.half()), middle);
        }
    }
}
