//! Scanning the messages that pass most often: 40 ms of audio each way, and text.

#![allow(
    missing_docs,
    reason = "criterion_group! writes a function without any"
)]

use audio_core::text::envelope::{scan, PayloadPaths};
use audio_core::wire::codec::{Decoder, DecoderLimits, Incoming};
use audio_core::wire::frame::{begin, encode, Opcode};
use criterion::{criterion_group, criterion_main, BenchmarkId, Criterion, Throughput};
use std::collections::VecDeque;
use std::hint::black_box;

const KEY: [u8; 4] = [0x5A, 0x11, 0xC3, 0x7E];
const AUDIO_CHARS: usize = 2_560;

fn messages() -> [(&'static str, String); 3] {
    let audio = "c0FtUGxl".repeat(AUDIO_CHARS / 8);
    let ids = r#""event_id":"event_C1oBZ3VfqLkq8PK4yS2nX","response_id":"resp_C1oBYEvvmD0dXJ7mB4hTq","item_id":"item_C1oBYk2PhXMuV9r0xW1Zs","output_index":0,"content_index":0"#;
    [
        (
            "append",
            format!(r#"{{"type":"input_audio_buffer.append","audio":"{audio}"}}"#),
        ),
        (
            "audio delta",
            format!(r#"{{"type":"response.output_audio.delta",{ids},"delta":"{audio}"}}"#),
        ),
        (
            "transcript delta",
            format!(
                r#"{{"type":"response.output_audio_transcript.delta",{ids},"delta":" she said, \"well","obfuscation":"x9KqPz"}}"#
            ),
        ),
    ]
}

fn envelope(criterion: &mut Criterion) {
    let paths = ["audio", "delta"].map(|path| (path.to_owned(), None));
    let paths = PayloadPaths::new(paths.into()).expect("two are few enough");
    let mut group = criterion.benchmark_group("envelope");
    for (name, message) in messages() {
        let found = scan(message.as_bytes(), &paths).expect("it is plain JSON");
        assert!(found.kind.is_some(), "{name} has a type");
        group.throughput(Throughput::Bytes(message.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(name), |bench| {
            bench.iter(|| scan(black_box(message.as_bytes()), &paths));
        });
    }
}

/// All that is done to an audio message between two sockets: unmask, check the
/// text, find the audio, wrap it anew, mask.
fn relay(criterion: &mut Criterion) {
    let audio = "c0FtUGxl".repeat(AUDIO_CHARS / 8);
    let message = format!(r#"{{"type":"audio_input","audio":"{audio}"}}"#);
    let paths = PayloadPaths::new(vec![("audio".to_owned(), None)]).expect("one is few enough");
    let mut frame = Vec::new();
    encode(&mut frame, Opcode::Text, message.as_bytes(), Some(KEY));
    let limits = DecoderLimits {
        max_message_bytes: 1 << 20,
        max_tiny_fragments: 4_096,
    };
    let mut decoder = Decoder::new(true, limits);
    let mut incoming = VecDeque::new();
    let mut out = Vec::with_capacity(4_096);
    criterion.bench_function("relay of one audio message", |bench| {
        bench.iter(|| {
            decoder.feed(black_box(&frame), &mut incoming);
            let Some(Incoming::Message { payload, .. }) = incoming.pop_front() else {
                panic!("a frame is a message");
            };
            let found = scan(&payload, &paths).and_then(|found| found.payloads[0].clone());
            out.clear();
            rewrap(&mut out, &payload[found.expect("it has audio")]);
            out.len()
        });
    });
    assert!(out.len() > audio.len());
}

fn rewrap(out: &mut Vec<u8>, audio: &[u8]) {
    let (before, behind) = (
        br#"{"type":"input_audio_buffer.append","audio":""#,
        br#""}"#,
    );
    let len = before.len() + audio.len() + behind.len();
    let mut payload = begin(out, Opcode::Text, len, Some(KEY));
    for piece in [&before[..], audio, behind] {
        payload.append(out, piece);
    }
}

criterion_group!(benches, envelope, relay);
criterion_main!(benches);
