//! Base64 of one audio message, 40 ms of PCM16 at 24 kHz mono, beside base64-simd
//! writing into room that is there already.

#![allow(
    missing_docs,
    reason = "criterion_group! writes a function without any"
)]

use audio_core::dsp::cpu::Simd;
use audio_core::text::base64::{check_with, decode_with, encode_with};
use base64_simd::{AsOut, STANDARD};
use criterion::{criterion_group, criterion_main, Criterion, Throughput};
use std::hint::black_box;

fn assert_goes_there_and_back(simd: Simd, audio: &[u8], text: &[u8]) {
    let (mut encoded, mut decoded) = (Vec::new(), Vec::new());
    encode_with(simd, audio, &mut encoded);
    assert_eq!(encoded, text);
    assert_eq!(decode_with(simd, text, &mut decoded), Ok(()));
    assert_eq!(decoded, audio);
}

fn base64(criterion: &mut Criterion) {
    let audio: Vec<u8> = (0..1_920_u32).map(|i| ((i * 7_919) >> 5) as u8).collect();
    let text = STANDARD.encode_to_string(&audio).into_bytes();
    let mut out = Vec::with_capacity(4_096);

    let mut group = criterion.benchmark_group("base64 of 40 ms");
    group.throughput(Throughput::Bytes(text.len() as u64));
    for simd in Simd::ALL
        .into_iter()
        .filter(|&simd| simd <= Simd::detected())
    {
        let name = |what: &str| format!("{what} {}", simd.name());
        assert_goes_there_and_back(simd, &audio, &text);
        group.bench_function(name("check"), |bench| {
            bench.iter(|| check_with(simd, black_box(&text)));
        });
        group.bench_function(name("decode"), |bench| {
            bench.iter(|| {
                out.clear();
                decode_with(simd, black_box(&text), &mut out)
            });
        });
        group.bench_function(name("encode"), |bench| {
            bench.iter(|| {
                out.clear();
                encode_with(simd, black_box(&audio), &mut out);
            });
        });
    }
    let mut room = [0; 2_560];
    group.bench_function("check base64-simd", |bench| {
        bench.iter(|| STANDARD.check(black_box(&text)));
    });
    group.bench_function("decode base64-simd", |bench| {
        bench.iter(|| {
            STANDARD
                .decode(black_box(&text), room[..].as_out())
                .map(|made| made.len())
        });
    });
    group.bench_function("encode base64-simd", |bench| {
        bench.iter(|| STANDARD.encode(black_box(&audio), room[..].as_out()).len());
    });
}

criterion_group!(benches, base64);
criterion_main!(benches);
