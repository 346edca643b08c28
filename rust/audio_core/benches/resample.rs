//! Resampling 40 ms of mono float, for each set of instructions that the machine has.

#![allow(
    missing_docs,
    reason = "criterion_group! writes a function without any"
)]

use audio_core::dsp::cpu::Simd;
use audio_core::dsp::resample::{Quality, Resampler};
use criterion::{criterion_group, criterion_main, Criterion};
use std::hint::black_box;

const PAIRS: [(u32, u32); 8] = [
    (48_000, 24_000),
    (24_000, 48_000),
    (44_100, 24_000),
    (24_000, 44_100),
    (16_000, 24_000),
    (24_000, 16_000),
    (8_000, 24_000),
    (24_000, 8_000),
];

fn resampler(pair: (u32, u32), simd: Simd) -> Resampler {
    Resampler::new(pair.0, pair.1, Quality::LowLatency, simd).expect("a pair of known rates")
}

/// Of one amplitude, so that every chunk but the first comes out as loud as it went in.
fn chunk(rate_hz: u32) -> Vec<f32> {
    let samples = rate_hz / 25;
    (0..samples)
        .map(|n| (std::f32::consts::TAU * 40.0 * n as f32 / samples as f32).sin())
        .collect()
}

/// A kilohertz in is a kilohertz out, as loud and as long.
fn check(pair: (u32, u32), simd: Simd) {
    let mut resampler = resampler(pair, simd);
    let mut output = Vec::new();
    for _ in 0..3 {
        output.clear();
        resampler.process(&chunk(pair.0), &mut output);
    }
    assert_eq!(output.len(), pair.1 as usize / 25);
    let power = output.iter().map(|y| y * y).sum::<f32>() / output.len() as f32;
    assert!((power - 0.5).abs() < 1e-3, "{pair:?}: {power}");
}

fn forty_ms(criterion: &mut Criterion) {
    for pair in PAIRS {
        let mut group = criterion.benchmark_group(format!("{} to {} Hz, 40 ms", pair.0, pair.1));
        let input = chunk(pair.0);
        for simd in Simd::here() {
            check(pair, simd);
            let mut resampler = resampler(pair, simd);
            let mut output = Vec::with_capacity(resampler.output_bound(input.len()));
            group.bench_function(simd.name(), |bench| {
                bench.iter(|| {
                    output.clear();
                    resampler.process(black_box(&input), &mut output);
                });
            });
        }
    }
}

fn construction(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("making a resampler");
    for pair in [(48_000, 24_000), (44_100, 24_000), (11_025, 96_000)] {
        group.bench_function(format!("{} to {} Hz", pair.0, pair.1), |bench| {
            bench.iter(|| resampler(black_box(pair), Simd::chosen()));
        });
    }
}

criterion_group!(benches, forty_ms, construction);
criterion_main!(benches);
