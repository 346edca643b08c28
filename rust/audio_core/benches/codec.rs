//! One audio message (40 ms, 2.6 kB) through the codec, whole and in pieces.

#![allow(
    missing_docs,
    reason = "criterion_group! writes a function without any"
)]

use audio_core::wire::codec::{Decoder, DecoderLimits, Incoming};
use audio_core::wire::frame::{encode, Opcode};
use criterion::{criterion_group, criterion_main, Criterion, Throughput};
use std::collections::VecDeque;
use std::hint::black_box;

const KEY: [u8; 4] = [0x5A, 0x11, 0xC3, 0x7E];
const LIMITS: DecoderLimits = DecoderLimits {
    max_message_bytes: 1 << 20,
    max_tiny_fragments: 4_096,
};

/// Feed `frame` in pieces of `step` bytes; the one message it holds.
fn decode(
    decoder: &mut Decoder,
    frame: &[u8],
    step: usize,
    out: &mut VecDeque<Incoming>,
) -> Option<Incoming> {
    for piece in frame.chunks(step) {
        decoder.feed(black_box(piece), out);
    }
    out.pop_front()
}

fn codec(criterion: &mut Criterion) {
    let audio = "c0FtUGxl".repeat(320);
    let message = format!(r#"{{"type":"input_audio_buffer.append","audio":"{audio}"}}"#);
    let mut group = criterion.benchmark_group("codec");
    group.throughput(Throughput::Bytes(message.len() as u64));

    for (name, key) in [("plain", None), ("masked", Some(KEY))] {
        let mut frame = Vec::new();
        encode(&mut frame, Opcode::Text, message.as_bytes(), key);
        let mut out = VecDeque::new();
        let mut decoder = Decoder::new(key.is_some(), LIMITS);
        let whole = Incoming::Message {
            binary: false,
            payload: message.clone().into_bytes(),
        };
        for (cut, step) in [("whole", frame.len()), ("in pieces of 1 kB", 1_024)] {
            assert_eq!(
                decode(&mut decoder, &frame, step, &mut out).as_ref(),
                Some(&whole)
            );
            group.bench_function(format!("decode {name}, {cut}"), |bench| {
                bench.iter(|| decode(&mut decoder, &frame, step, &mut out));
            });
        }
        let mut out = Vec::with_capacity(4_096);
        group.bench_function(format!("encode {name}"), |bench| {
            bench.iter(|| {
                out.clear();
                encode(&mut out, Opcode::Text, black_box(message.as_bytes()), key);
            });
        });
    }
}

criterion_group!(benches, codec);
criterion_main!(benches);
