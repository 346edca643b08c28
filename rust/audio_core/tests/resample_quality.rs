//! How clean the resampler is: tones in, and what else than the tone comes out.

use audio_core::dsp::cpu::Simd;
use audio_core::dsp::resample::{Quality, Resampler};
use std::f64::consts::TAU;

const PAIRS: [(u32, u32); 8] = [
    (48_000, 24_000),
    (44_100, 24_000),
    (16_000, 24_000),
    (8_000, 24_000),
    (24_000, 48_000),
    (24_000, 44_100),
    (24_000, 16_000),
    (24_000, 8_000),
];
/// The pairs that take no way of their own through the kernels are held to the bars,
/// too: exact ones, near ones, far ones.
const RARE: [(u32, u32); 8] = [
    (96_000, 24_000),
    (24_000, 96_000),
    (11_025, 24_000),
    (24_000, 22_050),
    (12_000, 24_000),
    (32_000, 24_000),
    (8_000, 96_000),
    (44_100, 48_000),
];
const AMPLITUDE: f64 = 0.9;

fn all() -> impl Iterator<Item = (u32, u32)> {
    PAIRS.into_iter().chain(RARE)
}

fn lower_nyquist(from: u32, to: u32) -> f64 {
    f64::from(from.min(to)) / 2.0
}

/// A tone, resampled, once the filter has settled.
fn resampled(from: u32, to: u32, quality: Quality, simd: Simd, hz: f64) -> Vec<f64> {
    let mut resampler = Resampler::new(from, to, quality, simd).unwrap();
    let input: Vec<f32> = (0..from / 4)
        .map(|n| (AMPLITUDE * (TAU * hz * f64::from(n) / f64::from(from)).sin()) as f32)
        .collect();
    let mut output = Vec::new();
    resampler.process(&input, &mut output);
    let settled = to as usize / 40;
    output.drain(..settled);
    output.into_iter().map(f64::from).collect()
}

/// What is in `output` of the tone, and what is beside it, in dB of the tone put in.
struct Heard {
    tone_db: f64,
    rest_db: f64,
}

/// The tone is fitted by least squares and taken away.
fn heard(output: &[f64], rate: u32, hz: f64) -> Heard {
    let basis = |n: usize| (TAU * hz * n as f64 / f64::from(rate)).sin_cos();
    let (mut ss, mut sc, mut cc, mut ys, mut yc) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (n, y) in output.iter().enumerate() {
        let (s, c) = basis(n);
        ss += s * s;
        sc += s * c;
        cc += c * c;
        ys += y * s;
        yc += y * c;
    }
    let determinant = ss * cc - sc * sc;
    let (a, b) = (
        (ys * cc - yc * sc) / determinant,
        (yc * ss - ys * sc) / determinant,
    );
    let rest: f64 = output
        .iter()
        .enumerate()
        .map(|(n, y)| {
            let (s, c) = basis(n);
            (y - a * s - b * c).powi(2)
        })
        .sum();
    let input = AMPLITUDE * AMPLITUDE / 2.0;
    Heard {
        tone_db: 10.0 * ((a * a + b * b) * 0.5 / input).log10(),
        rest_db: 10.0 * (rest / output.len() as f64 / input).log10(),
    }
}

fn in_band(from: u32, to: u32) -> impl Iterator<Item = f64> {
    let edge = 0.9 * lower_nyquist(from, to);
    // No step in common with a rate, so that images do not fall onto the tone.
    (0..=24).map(move |step| 20.0 + (edge - 20.0) * f64::from(step) / 24.0)
}

#[test]
fn a_tone_of_1_khz_is_clean() {
    for (from, to) in all() {
        for simd in [Simd::Portable, Simd::chosen()] {
            for quality in [Quality::LowLatency, Quality::Strict] {
                let output = resampled(from, to, quality, simd, 1_000.0);
                let rest_db = heard(&output, to, 1_000.0).rest_db;
                println!("{from} to {to}, {quality:?}, {simd:?}: {rest_db:.1} dB");
                assert!(rest_db <= -120.0, "{from} to {to}: {rest_db:.1} dB");
            }
        }
    }
}

#[test]
fn every_tone_in_the_band_is_clean_and_as_loud_as_before() {
    for (from, to) in all() {
        let mut worst_db = f64::MIN;
        for hz in in_band(from, to) {
            let output = resampled(from, to, Quality::LowLatency, Simd::chosen(), hz);
            let heard = heard(&output, to, hz);
            worst_db = worst_db.max(heard.rest_db);
            assert!(
                heard.tone_db.abs() <= 0.05,
                "{from} to {to}, {hz:.0} Hz: {:.3} dB",
                heard.tone_db
            );
        }
        println!("{from} to {to}: {worst_db:.1} dB");
        assert!(worst_db <= -100.0, "{from} to {to}: {worst_db:.1} dB");
    }
}

#[test]
fn what_lies_beyond_the_band_is_not_mirrored_into_it() {
    for (from, to) in all().filter(|(from, to)| from > to) {
        for (quality, edge) in [(Quality::LowLatency, 1.1), (Quality::Strict, 1.001)] {
            let edge_hz = edge * lower_nyquist(from, to);
            let last_hz = f64::from(from) / 2.0;
            if edge_hz >= last_hz {
                continue; // there is nothing beyond
            }
            let mut worst_db = f64::MIN;
            for step in 0..24 {
                let hz = edge_hz + (last_hz - edge_hz) * f64::from(step) / 24.0;
                let output = resampled(from, to, quality, Simd::chosen(), hz);
                let energy: f64 = output.iter().map(|y| y * y).sum();
                let level = energy / output.len() as f64 / (AMPLITUDE * AMPLITUDE / 2.0);
                worst_db = worst_db.max(10.0 * level.log10());
            }
            println!("{from} to {to}, {quality:?}: {worst_db:.1} dB");
            let bar_db = match quality {
                Quality::LowLatency => -100.0,
                Quality::Strict => -120.0,
            };
            assert!(worst_db <= bar_db, "{from} to {to}: {worst_db:.1} dB");
        }
    }
}
