//! Base64 of one audio message: 40 ms of PCM16 at 24 kHz mono.

#![allow(
    missing_docs,
    reason = "criterion_group! writes a function without any"
)]

use audio_core::text::base64::{check, decode, encode};
use criterion::{criterion_group, criterion_main, Criterion, Throughput};
use std::hint::black_box;

fn base64(criterion: &mut Criterion) {
    let audio: Vec<u8> = (0..1_920_u32).map(|i| ((i * 7_919) >> 5) as u8).collect();
    let mut text = Vec::new();
    encode(&audio, &mut text);
    let mut out = Vec::with_capacity(4_096);

    let mut group = criterion.benchmark_group("base64 of 40 ms");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("check", |bench| bench.iter(|| check(black_box(&text))));
    group.bench_function("decode", |bench| {
        bench.iter(|| {
            out.clear();
            decode(black_box(&text), &mut out)
        });
    });
    assert_eq!(out, audio);
    group.bench_function("encode", |bench| {
        bench.iter(|| {
            out.clear();
            encode(black_box(&audio), &mut out);
        });
    });
    assert_eq!(out, text);
}

criterion_group!(benches, base64);
criterion_main!(benches);
