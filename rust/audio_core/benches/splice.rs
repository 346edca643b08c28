//! One audio message (40 ms, 2.6 kB) from one leg to the other, bytes to bytes:
//! unmask, UTF-8, scan, base64, lane, clock, rewrap, mask.

#![allow(
    missing_docs,
    reason = "criterion_group! writes a function without any"
)]

use audio_core::dsp::format::PCM16_24K;
use audio_core::splice::kinds::{KindRules, Kinds};
use audio_core::splice::leg::{Attachment, LegId, LegLimits, Side};
use audio_core::splice::queue::Load;
use audio_core::splice::splice::{Settings, Splice};
use audio_core::splice::time::{Ticks, TICKS_PER_MS};
use audio_core::splice::wrap::Wrap;
use audio_core::wire::frame::{encode, Opcode};
use criterion::{criterion_group, criterion_main, Criterion, Throughput};
use std::hint::black_box;
use std::sync::Arc;

const LIMITS: LegLimits = LegLimits {
    max_message_bytes: 1 << 20,
    max_tiny_fragments: 4_096,
    stall_ms: 10_000,
    message_ms: 60_000,
};
const CHUNK: Ticks = 40 * TICKS_PER_MS;

/// A session that runs at real time: one chunk at a call.
struct Session {
    splice: Splice,
    client: LegId,
    upstream: LegId,
    now: Ticks,
}

impl Session {
    fn new(lead_ms: Option<u64>, to_client: Wrap, to_upstream: Wrap) -> Self {
        let mut splice = Splice::new(Settings {
            seed: [7; 32],
            lead_ms,
            answer_ms: 300_000,
            burst_ms: 120_000,
            ring_ms: 60_000,
            waiting: Load {
                messages: 1_000,
                bytes: 1 << 20,
            },
        });
        let client = splice.open_leg(Side::Client, LIMITS);
        let upstream = splice.open_leg(Side::Upstream, LIMITS);
        let ends = [
            (client, "audio_input", "audio", to_client),
            (
                upstream,
                "response.output_audio.delta",
                "delta",
                to_upstream,
            ),
        ];
        for (leg, kind, path, wrap) in ends {
            let kinds = Kinds::new(KindRules {
                audio: vec![(kind.into(), path.into())],
                checks_base64: true,
                ..KindRules::default()
            });
            let attachment = Attachment {
                kinds: Arc::new(kinds.unwrap()),
                wrap: Arc::new(wrap),
                speaks: PCM16_24K.into(),
                hears: Some(PCM16_24K.into()),
            };
            splice.attach(leg, attachment, 0).unwrap();
        }
        Self {
            splice,
            client,
            upstream,
            now: 0,
        }
    }

    fn carry(&mut self, from: LegId, to: LegId, frame: &[u8]) -> usize {
        self.now += CHUNK;
        self.splice.feed(from, black_box(frame), self.now);
        self.splice.fill(to, self.now, 65_536);
        black_box(self.splice.take(to, 65_536)).len()
    }
}

fn frame(message: &str, mask: Option<[u8; 4]>) -> Vec<u8> {
    let mut frame = Vec::new();
    encode(&mut frame, Opcode::Text, message.as_bytes(), mask);
    frame
}

fn splice(criterion: &mut Criterion) {
    let audio = "c0FtUGxl".repeat(320);
    let delta = frame(
        &format!(
            r#"{{"type":"response.output_audio.delta","event_id":"event_C1a2b3c4d5e6f7g8h9i0j","response_id":"resp_C1a2b3c4d5e6f7g8h9i0j","item_id":"item_C1a2b3c4d5e6f7g8h9i0j","output_index":0,"content_index":0,"delta":"{audio}"}}"#
        ),
        None,
    );
    let input = frame(
        &format!(r#"{{"type":"audio_input","audio":"{audio}"}}"#),
        Some([0x5A, 0x11, 0xC3, 0x7E]),
    );
    let append = r#"{"type":"input_audio_buffer.append","event_id":"rt_$number","audio":"$audio"}"#;
    let chunk = r#"{"type":"audio_chunk","audio":"$audio"}"#;
    let template = |text| Wrap::template(text, None).unwrap();

    let mut group = criterion.benchmark_group("splice");
    group.throughput(Throughput::Elements(1));
    let shapes: [(&str, Option<u64>, [Wrap; 2]); 2] = [
        ("rewrapped", Some(400), [template(chunk), template(append)]),
        ("verbatim", None, [Wrap::Verbatim, Wrap::Verbatim]),
    ];
    for (name, lead_ms, [to_client, to_upstream]) in shapes {
        let mut session = Session::new(lead_ms, to_client, to_upstream);
        let (client, upstream) = (session.client, session.upstream);
        assert!(session.carry(upstream, client, &delta) > audio.len());
        assert!(session.carry(client, upstream, &input) > audio.len());
        group.bench_function(format!("to client, {name}"), |bench| {
            bench.iter(|| session.carry(upstream, client, &delta));
        });
        group.bench_function(format!("to upstream, {name}"), |bench| {
            bench.iter(|| session.carry(client, upstream, &input));
        });
    }
}

criterion_group!(benches, splice);
criterion_main!(benches);
