//! A splice with a client and an upstream, and the words in which tests speak of it.

use audio_core::dsp::format::PCM16_24K;
use audio_core::splice::contain::Contained;
use audio_core::splice::kinds::{KindRules, Kinds};
use audio_core::splice::leg::{Attachment, LegId, LegLimits, Side};
use audio_core::splice::queue::Load;
use audio_core::splice::splice::{Settings, Splice};
use audio_core::splice::time::{Ticks, TICKS_PER_MS};
use audio_core::splice::wrap::Wrap;
use audio_core::text::base64;
use audio_core::wire::codec::{Decoder, DecoderLimits, Incoming};
use audio_core::wire::frame::{encode, Opcode};
use std::collections::VecDeque;
use std::sync::Arc;

pub const LIMITS: LegLimits = LegLimits {
    max_message_bytes: 1 << 20,
    max_tiny_fragments: 4_096,
    stall_ms: 10_000,
    message_ms: 60_000,
};
const KEY: [u8; 4] = [1, 2, 3, 4];

pub fn settings(lead_ms: Option<u64>) -> Settings {
    Settings {
        seed: [7; 32],
        lead_ms,
        answer_ms: 300_000,
        burst_ms: 120_000,
        ring_ms: 60_000,
        waiting: Load {
            messages: 1_000,
            bytes: 1 << 20,
        },
    }
}

/// How a leg of this side is attached.
pub fn attachment(side: Side) -> Attachment {
    let (kind, path, shape) = match side {
        Side::Client => ("said", "audio", r#"{"item":$item_id,"audio":"$audio"}"#),
        Side::Upstream => ("delta", "delta", r#"{"n":$number,"audio":"$audio"}"#),
    };
    let kinds = Kinds::new(KindRules {
        audio: vec![(kind.into(), path.into())],
        relay: vec!["relayed".into()],
        checks_base64: true,
        ..KindRules::default()
    });
    Attachment {
        kinds: Arc::new(kinds.unwrap()),
        wrap: Arc::new(Wrap::template(shape, None).unwrap()),
        speaks: PCM16_24K.into(),
        hears: Some(PCM16_24K.into()),
    }
}

/// A frame from the far end of a leg of this side.
pub fn frame(side: Side, opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    let mask = (side == Side::Client).then_some(KEY);
    encode(&mut frame, opcode, payload, mask);
    frame
}

pub fn text(side: Side, message: &str) -> Vec<u8> {
    frame(side, Opcode::Text, message.as_bytes())
}

fn encoded(audio: &[u8]) -> String {
    let mut text = Vec::new();
    base64::encode(audio, &mut text);
    String::from_utf8(text).unwrap()
}

/// Audio of an answer, as the upstream sends it.
pub fn delta(response: &str, item: &str, audio: &[u8]) -> Vec<u8> {
    let audio = encoded(audio);
    let message = format!(
        r#"{{"type":"delta","response_id":"{response}","item_id":"{item}","content_index":0,"delta":"{audio}"}}"#
    );
    text(Side::Upstream, &message)
}

/// Audio from the client.
pub fn said(audio: &[u8]) -> Vec<u8> {
    let message = format!(r#"{{"type":"said","audio":"{}"}}"#, encoded(audio));
    text(Side::Client, &message)
}

/// So many milliseconds of audio.
pub fn sound(ms: usize) -> Vec<u8> {
    (0..ms * 48).map(|at| at as u8).collect()
}

/// The far end of a leg, which understands what it gets.
pub struct FarEnd {
    pub leg: LegId,
    decoder: Decoder,
    heard: VecDeque<Incoming>,
}

impl FarEnd {
    pub fn new(leg: LegId, side: Side) -> Self {
        let limits = DecoderLimits {
            max_message_bytes: 1 << 24,
            max_tiny_fragments: 4_096,
        };
        Self {
            leg,
            decoder: Decoder::new(side == Side::Upstream, limits),
            heard: VecDeque::new(),
        }
    }

    pub fn reads(&mut self, bytes: &[u8]) -> Vec<Incoming> {
        self.decoder.feed(bytes, &mut self.heard);
        self.heard.drain(..).collect()
    }
}

/// A message as text.
pub fn words(incoming: &Incoming) -> String {
    match incoming {
        Incoming::Message { payload, .. } => String::from_utf8_lossy(payload).into_owned(),
        Incoming::Close { code, .. } => format!("close {code}"),
        Incoming::Ping(_) => "ping".into(),
        Incoming::Pong(_) => "pong".into(),
        Incoming::Violation { code, reason } => panic!("we sent a violation: {code} {reason}"),
    }
}

/// What stands between `before` and the next quote.
pub fn after<'a>(message: &'a str, before: &str) -> &'a str {
    let rest = message.split_once(before).map_or("", |(_, rest)| rest);
    rest.split('"').next().unwrap_or_default()
}

/// A session on which both sides are attached.
pub struct Stage {
    pub splice: Contained,
    pub client: FarEnd,
    pub upstream: FarEnd,
    pub now: Ticks,
}

impl Stage {
    pub fn new(lead_ms: Option<u64>) -> Self {
        Self::with(settings(lead_ms))
    }

    pub fn with(settings: Settings) -> Self {
        let mut splice = Contained::new(settings);
        let mut open = |side| {
            splice
                .run(|splice| {
                    let leg = splice.open_leg(side, LIMITS);
                    splice.attach(leg, attachment(side), 0).unwrap();
                    FarEnd::new(leg, side)
                })
                .unwrap()
        };
        let (client, upstream) = (open(Side::Client), open(Side::Upstream));
        Self {
            splice,
            client,
            upstream,
            now: 0,
        }
    }

    pub fn run<T>(&mut self, work: impl FnOnce(&mut Splice, Ticks) -> T) -> T {
        let now = self.now;
        self.splice.run(|splice| work(splice, now)).unwrap()
    }

    pub fn wait(&mut self, ms: Ticks) {
        self.now += ms * TICKS_PER_MS;
        self.run(Splice::turn);
    }

    pub fn upstream_sends(&mut self, bytes: &[u8]) {
        let leg = self.upstream.leg;
        self.run(|splice, now| splice.feed(leg, bytes, now));
    }

    pub fn client_sends(&mut self, bytes: &[u8]) {
        let leg = self.client.leg;
        self.run(|splice, now| splice.feed(leg, bytes, now));
    }

    pub fn client_hears(&mut self) -> Vec<String> {
        hear(&mut self.splice, &mut self.client, self.now)
    }

    pub fn upstream_hears(&mut self) -> Vec<String> {
        hear(&mut self.splice, &mut self.upstream, self.now)
    }
}

fn hear(splice: &mut Contained, end: &mut FarEnd, now: Ticks) -> Vec<String> {
    let mut heard = Vec::new();
    loop {
        let bytes = splice.pull(end.leg, now, 65_536);
        if bytes.is_empty() {
            return heard;
        }
        heard.extend(end.reads(bytes).iter().map(words));
    }
}
