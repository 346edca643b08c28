//! A client that speaks in its own format, and what upstreams hear of it in theirs.

use super::stage::{after, attachment, said, FarEnd, Stage, LIMITS};
use audio_core::dsp::cpu::Simd;
use audio_core::dsp::format::{AudioFormat, Encoding, PCM16_24K};
use audio_core::dsp::path::AudioPath;
use audio_core::dsp::shape::Shape;
use audio_core::splice::leg::{Attachment, Side};
use audio_core::splice::splice::Splice;
use audio_core::splice::time::Ticks;
use audio_core::text::base64;

pub fn format(encoding: Encoding, rate_hz: u32, channels: u32) -> AudioFormat {
    AudioFormat::new(encoding, rate_hz, channels).unwrap()
}

pub fn ulaw() -> AudioFormat {
    format(Encoding::G711Ulaw, 8_000, 1)
}

/// What clients say that the ring holds as it came.
pub fn narrow() -> Vec<AudioFormat> {
    vec![
        PCM16_24K,
        ulaw(),
        format(Encoding::Pcm16, 11_025, 2),
        format(Encoding::F32, 12_000, 1),
        format(Encoding::G711Alaw, 48_000, 1),
    ]
}

/// What there is that an upstream takes.
pub fn taken() -> Vec<AudioFormat> {
    vec![PCM16_24K, ulaw(), format(Encoding::G711Alaw, 8_000, 1)]
}

/// Whole samples that are all different; of floats, moderate ones.
pub fn noise(frames: usize, of: AudioFormat) -> Vec<u8> {
    let mut state = 1_u32;
    let count = frames * of.channels() as usize;
    let mut audio = Vec::new();
    for _ in 0..count {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        if of.encoding() == Encoding::F32 {
            let sample = f32::from((state >> 16) as i16) / 65_536.0;
            audio.extend(sample.to_le_bytes());
        } else {
            audio.extend(&state.to_be_bytes()[..of.encoding().sample_bytes()]);
        }
    }
    audio
}

/// A path of its own.
pub fn path(source: AudioFormat, target: AudioFormat) -> AudioPath {
    AudioPath::new(source, target, Shape::default(), Simd::chosen()).unwrap()
}

/// What one path makes of it all.
pub fn through(audio: &[u8], source: AudioFormat, target: AudioFormat) -> Vec<u8> {
    let mut path = path(source, target);
    let mut out = Vec::new();
    path.process(audio, &mut out);
    path.flush(&mut out);
    out
}

/// A session in which the client speaks and nobody hears it yet.
pub struct Talk {
    pub stage: Stage,
    speaks: AudioFormat,
}

impl Talk {
    pub fn new(speaks: AudioFormat) -> Self {
        let mut talk = Self {
            stage: Stage::new(Some(400)),
            speaks,
        };
        let client = talk.stage.client.leg;
        let attached = Attachment {
            speaks: speaks.into(),
            ..attachment(Side::Client)
        };
        talk.stage
            .run(|splice, now| splice.attach(client, attached, now))
            .unwrap();
        talk.upstream_hears(None);
        talk
    }

    /// The upstream says what it takes.
    pub fn upstream_hears(&mut self, hears: Option<AudioFormat>) {
        let leg = self.stage.upstream.leg;
        let attached = Attachment {
            hears: hears.map(Into::into),
            ..attachment(Side::Upstream)
        };
        self.stage
            .run(|splice, now| splice.attach(leg, attached, now))
            .unwrap();
    }

    /// Another upstream takes the place of this one, and is told all that is held.
    pub fn move_on(&mut self, hears: AudioFormat) {
        let leg = self
            .stage
            .run(|splice, _| splice.open_leg(Side::Upstream, LIMITS));
        self.stage.upstream = FarEnd::new(leg, Side::Upstream);
        self.upstream_hears(Some(hears));
        self.replay();
    }

    pub fn replay(&mut self) -> Ticks {
        self.stage.run(|splice, now| splice.replay(0, now))
    }

    pub fn says(&mut self, audio: &[u8], sizes: &[usize]) {
        let mut rest = audio;
        for size in sizes.iter().cycle() {
            let most = size * self.speaks.frame_bytes();
            let (chunk, after) = rest.split_at(most.min(rest.len()));
            if chunk.is_empty() {
                return;
            }
            self.stage.client_sends(&said(chunk));
            rest = after;
        }
    }

    pub fn heard(&mut self) -> Vec<u8> {
        let mut audio = Vec::new();
        for message in self.stage.upstream_hears() {
            let payload = after(&message, r#""audio":""#).as_bytes();
            let mut piece = Vec::new();
            base64::decode(payload, &mut piece).unwrap();
            assert!(!piece.is_empty(), "nothing is said in a message");
            audio.extend(piece);
        }
        audio
    }

    /// Returns where the commit stands, as the upstream counts time.
    pub fn commit(&mut self) -> Ticks {
        self.stage.run(Splice::end_input)
    }
}
