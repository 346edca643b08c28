//! The resampler against the definition of what it computes, and cut in any way.

use super::bank::Bank;
use super::design::{Ratio, Taps};
use super::halfband::HalfBand;
use super::*;
use proptest::prelude::*;

fn pairs() -> impl Iterator<Item = (u32, u32)> {
    let all = RATES_HZ.into_iter();
    all.flat_map(|from| RATES_HZ.into_iter().map(move |to| (from, to)))
}

fn noise(samples: usize) -> Vec<f32> {
    let mut state = 0x2545_F491_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (f64::from(state) / f64::from(u32::MAX) * 2.0 - 1.0) as f32
    };
    (0..samples).map(|_| next()).collect()
}

fn whole(mut resampler: Resampler, input: &[f32]) -> Vec<f32> {
    let mut output = Vec::new();
    resampler.process(input, &mut output);
    resampler.flush(&mut output);
    output
}

fn taps(ratio: Ratio, quality: Quality) -> Taps {
    if HalfBand::suits(ratio, quality) {
        Taps::half_band(ratio)
    } else {
        Taps::design(ratio, quality, |half| Bank::rounded(ratio, quality, half))
    }
}

/// Each output is the sum over all inputs of input times tap.
fn defined(from: u32, to: u32, quality: Quality, input: &[f32], outputs: usize) -> Vec<f64> {
    if from == to {
        return input.iter().copied().map(f64::from).collect();
    }
    let ratio = Ratio::of(from, to);
    let taps = taps(ratio, quality);
    // Grid steps that it is later than it would have to be.
    let filter = shelf::filter(from, to, quality, Simd::Portable).unwrap();
    let late = filter.delay() + ratio.down - 1 - taps.half();
    (0..outputs)
        .map(|output| {
            let Some(newest) = ((output + 1) * ratio.down - 1).checked_sub(late) else {
                return 0.0;
            };
            let oldest = newest.saturating_sub(2 * taps.half()) / ratio.up;
            let end = (newest / ratio.up + 1).min(input.len());
            (oldest.min(end)..end)
                .map(|at| f64::from(input[at]) * taps.at(newest - at * ratio.up))
                .sum()
        })
        .collect()
}

#[test]
fn every_pair_is_what_is_defined() {
    let input = noise(1_500);
    for (from, to) in pairs() {
        for quality in [Quality::LowLatency, Quality::Strict] {
            let resampler = |simd| Resampler::new(from, to, quality, simd).unwrap();
            let plain = whole(resampler(Simd::Portable), &input);
            let expected = defined(from, to, quality, &input, plain.len());
            for simd in Simd::here() {
                let output = whole(resampler(simd), &input);
                assert_eq!(output.len(), expected.len(), "{from} to {to}");
                for (at, (output, expected)) in output.iter().zip(&expected).enumerate() {
                    let error = (f64::from(*output) - expected).abs();
                    assert!(error < 2e-6, "{from} to {to}, {simd:?}, {at}: {error}");
                }
            }
        }
    }
}

#[test]
fn an_impulse_comes_late_by_the_latency() {
    for (from, to) in pairs() {
        for quality in [Quality::LowLatency, Quality::Strict] {
            let mut resampler = Resampler::new(from, to, quality, Simd::chosen()).unwrap();
            let late_s = resampler.latency_ms() / 1e3;
            let mut input = vec![0.0; from as usize / 5];
            let at = from as usize / 10;
            input[at] = 1.0;
            let mut output = Vec::new();
            resampler.process(&input, &mut output);
            let sum: f64 = output.iter().copied().map(f64::from).sum();
            let moment: f64 = (0_u32..)
                .zip(&output)
                .map(|(n, y)| f64::from(n) * f64::from(*y))
                .sum();
            let expected = (at as f64 / f64::from(from) + late_s) * f64::from(to);
            let error = (moment / sum - expected).abs();
            assert!(error < 0.01, "{from} to {to}: {error} samples");
        }
    }
}

#[test]
fn a_constant_stays_what_it_is() {
    for (from, to) in pairs() {
        let resampler = Resampler::new(from, to, Quality::LowLatency, Simd::chosen()).unwrap();
        let output = whole(resampler, &[0.5; 4_000]);
        let steady = &output[output.len() / 2 - 50..output.len() / 2 + 50];
        for sample in steady {
            assert!((sample - 0.5).abs() < 2e-6, "{from} to {to}: {sample}");
        }
    }
}

#[test]
fn as_many_as_are_due_from_the_first_chunk_on() {
    for (from, to) in pairs() {
        let mut resampler = Resampler::new(from, to, Quality::Strict, Simd::chosen()).unwrap();
        let mut output = Vec::new();
        for chunk in 1..=20 {
            resampler.process(&vec![0.1; from as usize / 25], &mut output);
            assert_eq!(output.len(), chunk * to as usize / 25, "{from} to {to}");
        }
    }
}

#[test]
fn the_delay_is_bounded() {
    for (from, to) in pairs() {
        let latency = |quality| {
            let resampler = Resampler::new(from, to, quality, Simd::chosen()).unwrap();
            resampler.latency_ms()
        };
        assert!(latency(Quality::LowLatency) <= 5.0, "{from} to {to}");
        assert!(latency(Quality::Strict) <= 10.1, "{from} to {to}");
    }
    let usual = Resampler::new(48_000, 24_000, Quality::LowLatency, Simd::chosen()).unwrap();
    assert!(usual.latency_ms() <= 2.0);
}

#[test]
fn a_rate_that_has_no_filter_is_refused() {
    let made = Resampler::new(24_000, 7_999, Quality::LowLatency, Simd::chosen());
    assert_eq!(made.unwrap_err(), AudioError::Rate(7_999));
}

#[test]
fn nothing_in_is_nothing_out() {
    let resampler = Resampler::new(8_000, 24_000, Quality::LowLatency, Simd::chosen()).unwrap();
    assert!(whole(resampler, &[]).is_empty());
}

proptest! {
    #[test]
    fn any_cut_gives_the_same_bits(
        pair in 0..100_usize,
        strict: bool,
        cuts in proptest::collection::vec(0..900_usize, 1..12),
    ) {
        let (from, to) = pairs().nth(pair).unwrap();
        let quality = if strict { Quality::Strict } else { Quality::LowLatency };
        let input = noise(cuts.iter().sum());
        for simd in Simd::here() {
            let mut resampler = Resampler::new(from, to, quality, simd).unwrap();
            let mut whole = Vec::new();
            resampler.process(&input, &mut whole);
            resampler.flush(&mut whole);
            prop_assert!(whole.len() <= resampler.output_bound(input.len()));

            // The same one again: a flush has made it new.
            let (mut pieces, mut rest, mut taken) = (Vec::new(), &input[..], 0);
            for cut in &cuts {
                let (piece, left) = rest.split_at(*cut);
                resampler.process(piece, &mut pieces);
                taken += cut;
                prop_assert_eq!(pieces.len(), taken * to as usize / from as usize);
                rest = left;
            }
            resampler.flush(&mut pieces);
            let bits = |samples: &[f32]| samples.iter().map(|y| y.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(&whole), bits(&pieces));
        }
    }
}
