//! What a client says is one stream to the upstream, said now or again.

use super::stage::{after, attachment, said, FarEnd, Stage, LIMITS};
use audio_core::dsp::cpu::Simd;
use audio_core::dsp::format::{AudioFormat, Encoding, PCM16_24K};
use audio_core::dsp::path::{AudioPath, Shape};
use audio_core::splice::leg::{Attachment, Side};
use audio_core::splice::splice::Splice;
use audio_core::splice::time::{Ticks, TICKS_PER_MS};
use audio_core::text::base64;
use proptest::prelude::*;

fn format(encoding: Encoding, rate_hz: u32, channels: u32) -> AudioFormat {
    AudioFormat::new(encoding, rate_hz, channels).unwrap()
}

fn ulaw() -> AudioFormat {
    format(Encoding::G711Ulaw, 8_000, 1)
}

/// What clients say that the ring holds as it came.
fn narrow() -> Vec<AudioFormat> {
    vec![
        PCM16_24K,
        ulaw(),
        format(Encoding::Pcm16, 11_025, 2),
        format(Encoding::F32, 12_000, 1),
        format(Encoding::G711Alaw, 48_000, 1),
    ]
}

/// What there is that an upstream takes.
fn taken() -> Vec<AudioFormat> {
    vec![PCM16_24K, ulaw(), format(Encoding::G711Alaw, 8_000, 1)]
}

/// Whole samples that are all different; of floats, moderate ones.
fn noise(frames: usize, of: AudioFormat) -> Vec<u8> {
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

/// What one path makes of it all.
fn through(audio: &[u8], source: AudioFormat, target: AudioFormat) -> Vec<u8> {
    let mut path = AudioPath::new(source, target, Shape::default(), Simd::chosen()).unwrap();
    let mut out = Vec::new();
    path.process(audio, &mut out);
    path.flush(&mut out);
    out
}

/// A session in which the client speaks and nobody hears it yet.
struct Talk {
    stage: Stage,
    speaks: AudioFormat,
}

impl Talk {
    fn new(speaks: AudioFormat) -> Self {
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
    fn upstream_hears(&mut self, hears: Option<AudioFormat>) {
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
    fn move_on(&mut self, hears: AudioFormat) {
        let leg = self
            .stage
            .run(|splice, _| splice.open_leg(Side::Upstream, LIMITS));
        self.stage.upstream = FarEnd::new(leg, Side::Upstream);
        self.upstream_hears(Some(hears));
        self.replay();
    }

    fn replay(&mut self) -> Ticks {
        self.stage.run(|splice, now| splice.replay(0, now))
    }

    fn says(&mut self, audio: &[u8], sizes: &[usize]) {
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

    fn heard(&mut self) -> Vec<u8> {
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

    fn commit(&mut self) {
        self.stage.run(Splice::end_input);
    }
}

fn chunk_sizes() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(1_usize..1_500, 1..5)
}

proptest! {
    #[test]
    fn what_waited_for_the_upstream_and_what_followed_are_one_stream(
        speaks in prop::sample::select(narrow()),
        takes in prop::sample::select(taken()),
        sizes in chunk_sizes(),
        (before, behind) in (0_usize..4_000, 0_usize..4_000),
    ) {
        let mut talk = Talk::new(speaks);
        let audio = noise(before + behind, speaks);
        let (waited, followed) = audio.split_at(before * speaks.frame_bytes());
        talk.says(waited, &sizes);
        prop_assert_eq!(talk.heard(), vec![]);
        talk.upstream_hears(Some(takes));
        talk.replay();
        talk.says(followed, &sizes);
        talk.commit();
        prop_assert!(talk.heard() == through(&audio, speaks, takes));
    }

    #[test]
    fn each_upstream_hears_all_from_the_first_source(
        speaks in prop::sample::select(narrow()),
        successors in prop::collection::vec(prop::sample::select(taken()), 1..5),
        sizes in chunk_sizes(),
    ) {
        let mut talk = Talk::new(speaks);
        let frames = 1_000;
        let audio = noise(frames * successors.len(), speaks);
        let mut said = 0;
        for &takes in &successors {
            let piece = said..said + frames * speaks.frame_bytes();
            said = piece.end;
            talk.move_on(takes);
            talk.says(&audio[piece], &sizes);
        }
        talk.commit();
        let last = successors[successors.len() - 1];
        prop_assert!(talk.heard() == through(&audio, speaks, last));
    }

    #[test]
    fn what_is_larger_than_an_upstream_takes_is_held_no_larger(
        takes in prop::sample::select(taken()),
        sizes in chunk_sizes(),
    ) {
        let speaks = format(Encoding::F32, 48_000, 2);
        let mut talk = Talk::new(speaks);
        let audio = noise(9_600, speaks);
        talk.says(&audio[..audio.len() / 2], &sizes);
        talk.upstream_hears(Some(takes));
        let sent = talk.replay();
        prop_assert_eq!(sent, 100 * TICKS_PER_MS);
        talk.says(&audio[audio.len() / 2..], &sizes);
        talk.commit();
        let held = through(&audio, speaks, PCM16_24K);
        prop_assert!(talk.heard() == through(&held, PCM16_24K, takes));
        // A tail takes no time, so what is held begins that much earlier.
        let kept = talk.stage.run(|splice, _| splice.ring_read(Ticks::MIN, Ticks::MAX));
        prop_assert!(kept == held);
    }
}

#[test]
fn an_upstream_that_changes_its_mind_hears_the_rest_of_what_it_took_before() {
    let mut talk = Talk::new(ulaw());
    talk.upstream_hears(Some(PCM16_24K));
    let audio = noise(800, ulaw());
    talk.says(&audio, &[160]);
    let first = talk.heard();
    talk.upstream_hears(Some(format(Encoding::G711Alaw, 8_000, 1)));
    talk.says(&audio, &[160]);
    let second = talk.heard();
    let alaw = through(&audio, ulaw(), format(Encoding::G711Alaw, 8_000, 1));
    assert!(second.ends_with(&alaw));
    let tail = through(&audio, ulaw(), PCM16_24K).len() - first.len();
    // The rest waited for its frame, so it became A-law with what waited.
    assert!((second.len() - alaw.len()).abs_diff(tail / 6) < 100);
}
