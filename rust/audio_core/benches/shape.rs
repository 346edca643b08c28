//! What is done to 40 ms of speech at 24 kHz beside resampling: level, gain, voice
//! activity, pitch; for each set of instructions where there is more than one.

#![allow(
    missing_docs,
    reason = "criterion_group! writes a function without any"
)]

use audio_core::dsp::cpu::Simd;
use audio_core::dsp::gain::Gain;
use audio_core::dsp::level::{loudness, loudness_pcm16};
use audio_core::dsp::pitch::PitchShift;
use audio_core::dsp::sample::write_pcm16;
use audio_core::dsp::vad::VoiceActivity;
use criterion::{criterion_group, criterion_main, Criterion};
use std::f32::consts::TAU;
use std::hint::black_box;

const RATE_HZ: u32 = 24_000;
const CHUNK: usize = 960;

/// A voice of sorts: 25 chunks of a gliding fundamental with its harmonics.
fn voice() -> Vec<f32> {
    let mut turn = 0.0;
    let each = |at| {
        turn += TAU * (120.0 + 40.0 * (3.0 * at as f32 / RATE_HZ as f32).sin()) / RATE_HZ as f32;
        let harmonics = (1_u8..12).map(f32::from);
        0.2 * harmonics.map(|n| (n * turn).sin() / n).sum::<f32>()
    };
    (0..25 * CHUNK).map(each).collect()
}

fn level(criterion: &mut Criterion) {
    let samples = &voice()[..CHUNK];
    let mut group = criterion.benchmark_group("level, 40 ms");
    for simd in Simd::here() {
        let mut bytes = Vec::new();
        write_pcm16(simd, samples, &mut bytes);
        let (of_floats, of_bytes) = (loudness(simd, samples).0, loudness_pcm16(simd, &bytes).0);
        assert!((of_floats - of_bytes).abs() < 1e-4);
        group.bench_function(format!("float, {}", simd.name()), |bench| {
            bench.iter(|| loudness(simd, black_box(samples)));
        });
        group.bench_function(format!("pcm16, {}", simd.name()), |bench| {
            bench.iter(|| loudness_pcm16(simd, black_box(&bytes)));
        });
    }
}

fn gain(criterion: &mut Criterion) {
    let mut samples = voice()[..CHUNK].to_vec();
    let mut group = criterion.benchmark_group("gain, 40 ms");
    let mut steady = Gain::new(RATE_HZ, 0.5).expect("a gain that is allowed");
    let first = samples[1];
    steady.process(&mut samples);
    assert!((samples[1] - 0.5 * first).abs() < 1e-6);
    // What is halved again and again would end in denormals, which are slow.
    let mut loud = Gain::new(RATE_HZ, 1.000_001).expect("a gain that is allowed");
    group.bench_function("steady", |bench| {
        bench.iter(|| loud.process(black_box(&mut samples)));
    });
    group.bench_function("a ramp in each chunk", |bench| {
        bench.iter(|| {
            loud.set(0.999_999).expect("a gain that is allowed");
            loud.process(black_box(&mut samples));
        });
    });
}

fn activity(criterion: &mut Criterion) {
    let voice = voice();
    let mut group = criterion.benchmark_group("voice activity, 40 ms");
    for simd in Simd::here() {
        let mut activity = VoiceActivity::new(RATE_HZ, simd).expect("a rate that is allowed");
        activity.process(&[0.0; CHUNK]);
        assert!(activity.process(&voice));
        group.bench_function(simd.name(), |bench| {
            let mut chunks = voice.chunks(CHUNK).cycle();
            bench.iter(|| activity.process(chunks.next().unwrap_or_default()));
        });
    }
}

fn pitch(criterion: &mut Criterion) {
    let voice = voice();
    for ratio in [0.75, 1.5] {
        let mut group = criterion.benchmark_group(format!("pitch × {ratio}, 40 ms"));
        for simd in Simd::here() {
            let made = PitchShift::new(RATE_HZ, ratio, simd);
            let mut shift = made.expect("a ratio that is allowed");
            let mut output = Vec::new();
            shift.process(&voice, &mut output);
            let (before, after) = (loudness(simd, &voice).0, loudness(simd, &output[CHUNK..]).0);
            assert!(output.len() == voice.len() && (after / before - 1.0).abs() < 0.2);
            group.bench_function(simd.name(), |bench| {
                let mut chunks = voice.chunks(CHUNK).cycle();
                bench.iter(|| {
                    output.clear();
                    shift.process(chunks.next().unwrap_or_default(), &mut output);
                });
            });
        }
    }
}

criterion_group!(benches, level, gain, activity, pitch);
criterion_main!(benches);
