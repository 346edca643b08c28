//! Bytes into samples and back, 40 ms at a time, for each set of instructions.

#![allow(
    missing_docs,
    reason = "criterion_group! writes a function without any"
)]

use audio_core::dsp::cpu::Simd;
use audio_core::dsp::{mix, sample};
use criterion::{criterion_group, criterion_main, Criterion};
use std::hint::black_box;

/// 40 ms at 48 kHz, each sample a whole number of PCM16.
fn signal() -> Vec<f32> {
    (0..1_920_i16)
        .map(|n| f32::from(n * 17) / 32_768.0)
        .collect()
}

type Reader = fn(Simd, &[u8], &mut Vec<f32>);
type Writer = fn(Simd, &[f32], &mut Vec<u8>);

const KINDS: [(&str, Writer, Reader); 4] = [
    ("pcm16", sample::write_pcm16, sample::read_pcm16),
    ("f32", sample::write_f32, sample::read_f32),
    ("stereo pcm16", mix::both_pcm16, mix::mono_from_pcm16),
    ("stereo f32", mix::both_f32, mix::mono_from_f32),
];

fn there_and_back(criterion: &mut Criterion) {
    let samples = signal();
    for (kind, write, read) in KINDS {
        let mut group = criterion.benchmark_group(format!("{kind}, 1920 frames"));
        for simd in Simd::here() {
            let mut bytes = Vec::new();
            write(simd, &samples, &mut bytes);
            let mut back = Vec::new();
            read(simd, &bytes, &mut back);
            assert_eq!(back, samples);
            group.bench_function(format!("read, {}", simd.name()), |bench| {
                bench.iter(|| {
                    back.clear();
                    read(simd, black_box(&bytes), &mut back);
                });
            });
            group.bench_function(format!("write, {}", simd.name()), |bench| {
                bench.iter(|| {
                    bytes.clear();
                    write(simd, black_box(&samples), &mut bytes);
                });
            });
        }
    }
}

criterion_group!(benches, there_and_back);
criterion_main!(benches);
