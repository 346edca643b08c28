//! Which way a filter is computed; and those that were made, for as long as the process
//! lives.
//!
//! A filter never changes and is the same whoever asks, so streams share it: that of
//! 44.1 kHz takes as long to make as fifty chunks do to convert, and as much memory
//! as a second of sound. There is one for each pair of the allowed rates at most.

use super::bank::Bank;
use super::design::Ratio;
use super::halfband::HalfBand;
use super::method::Method;
use super::Quality;
use crate::dsp::cpu::Simd;
use crate::dsp::error::AudioError;
use crate::dsp::rates::RATES_HZ;
use std::sync::{Arc, OnceLock};

const RATES: usize = RATES_HZ.len();
const QUALITIES: usize = 2;

type Slot = OnceLock<Arc<dyn Method>>;

static SHELF: [Slot; RATES * RATES * QUALITIES * Simd::ALL.len()] =
    [const { OnceLock::new() }; RATES * RATES * QUALITIES * Simd::ALL.len()];

/// The filter between two of `RATES_HZ`.
pub fn filter(
    input_rate_hz: u32,
    output_rate_hz: u32,
    quality: Quality,
    simd: Simd,
) -> Result<Arc<dyn Method>, AudioError> {
    let pair = place(input_rate_hz)? * RATES + place(output_rate_hz)?;
    let slot = (pair * QUALITIES + quality as usize) * Simd::ALL.len() + simd as usize;
    let made = SHELF[slot].get_or_init(|| {
        let ratio = Ratio::of(input_rate_hz, output_rate_hz);
        method(ratio, quality, simd)
    });
    Ok(Arc::clone(made))
}

/// The quickest way; `simd` is at most what the machine has.
fn method(ratio: Ratio, quality: Quality, simd: Simd) -> Arc<dyn Method> {
    if HalfBand::suits(ratio, quality) {
        Arc::new(HalfBand::new(ratio, simd))
    } else {
        Arc::new(Bank::new(ratio, quality, simd))
    }
}

fn place(rate_hz: u32) -> Result<usize, AudioError> {
    let known = RATES_HZ.iter().position(|known| *known == rate_hz);
    known.ok_or(AudioError::Rate(rate_hz))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_filter_is_made_once_and_is_the_one_that_was_asked_for() {
        let mut made: Vec<Arc<dyn Method>> = Vec::new();
        for (input, output) in [(48_000, 24_000), (24_000, 48_000), (8_000, 24_000)] {
            for quality in [Quality::LowLatency, Quality::Strict] {
                for simd in Simd::here() {
                    let filter = filter(input, output, quality, simd).unwrap();
                    let again = super::filter(input, output, quality, simd).unwrap();
                    assert!(Arc::ptr_eq(&filter, &again));
                    assert!(!made.iter().any(|other| Arc::ptr_eq(other, &filter)));
                    made.push(filter);
                }
            }
        }
        let unknown = filter(48_000, 22_000, Quality::LowLatency, Simd::Portable);
        assert!(matches!(unknown, Err(AudioError::Rate(22_000))));
    }
}
