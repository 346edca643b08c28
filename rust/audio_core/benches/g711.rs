//! Telephone audio into samples and back, a second of it, for each set of instructions.

#![allow(
    missing_docs,
    reason = "criterion_group! writes a function without any"
)]

use audio_core::dsp::cpu::Simd;
use audio_core::dsp::g711::{decode, decode_f32, encode, encode_f32, Law};
use criterion::{criterion_group, criterion_main, Criterion, Throughput};
use std::hint::black_box;

const LAWS: [(&str, Law); 2] = [("mu-law", Law::Ulaw), ("A-law", Law::Alaw)];
const SAMPLES: usize = 8_000;

fn second(criterion: &mut Criterion) {
    for (name, law) in LAWS {
        let mut group = criterion.benchmark_group(format!("{name}, {SAMPLES} samples"));
        group.throughput(Throughput::Elements(SAMPLES as u64));
        for simd in Simd::here() {
            // Every code in turn; in mu-law two of them are zero.
            let codes: Vec<u8> = (0..SAMPLES).map(|at| at as u8).collect();
            let (mut samples, mut floats) = (vec![0_i16; SAMPLES], vec![0.0_f32; SAMPLES]);
            let (mut back, mut of_floats) = (vec![0; SAMPLES], vec![0; SAMPLES]);
            decode(simd, law, &codes, &mut samples);
            decode_f32(simd, law, &codes, &mut floats);
            encode(simd, law, &samples, &mut back);
            encode_f32(simd, law, &floats, &mut of_floats);
            let differ = codes.iter().zip(&back).filter(|(a, b)| a != b).count();
            assert!(back == of_floats && differ <= SAMPLES.div_ceil(256));
            group.bench_function(format!("decode, {}", simd.name()), |bench| {
                bench.iter(|| decode(simd, law, black_box(&codes), &mut samples));
            });
            group.bench_function(format!("decode to float, {}", simd.name()), |bench| {
                bench.iter(|| decode_f32(simd, law, black_box(&codes), &mut floats));
            });
            group.bench_function(format!("encode, {}", simd.name()), |bench| {
                bench.iter(|| encode(simd, law, black_box(&samples), &mut back));
            });
            group.bench_function(format!("encode float, {}", simd.name()), |bench| {
                bench.iter(|| encode_f32(simd, law, black_box(&floats), &mut of_floats));
            });
        }
    }
}

criterion_group!(benches, second);
criterion_main!(benches);
