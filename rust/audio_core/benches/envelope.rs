//! Scanning the messages that pass most often: 40 ms of audio each way, and text.

#![allow(
    missing_docs,
    reason = "criterion_group! writes a function without any"
)]

use audio_core::text::envelope::{scan, PayloadPaths};
use criterion::{criterion_group, criterion_main, BenchmarkId, Criterion, Throughput};
use std::hint::black_box;

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

criterion_group!(benches, envelope);
criterion_main!(benches);
