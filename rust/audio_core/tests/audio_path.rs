//! Streams of audio from format to format: whole, however they are cut.

use audio_core::dsp::cpu::Simd;
use audio_core::dsp::error::AudioError;
use audio_core::dsp::format::{AudioFormat, Encoding};
use audio_core::dsp::path::AudioPath;
use audio_core::dsp::rates::RATES_HZ;
use audio_core::dsp::resample::Quality;
use audio_core::dsp::shape::Shape;
use proptest::prelude::*;
use proptest::sample::select;

fn formats() -> impl Strategy<Value = AudioFormat> {
    let (encodings, rates) = (select(&Encoding::ALL), select(&RATES_HZ));
    (encodings, rates, 1..=2_u32).prop_map(|(encoding, rate_hz, channels)| {
        AudioFormat::new(encoding, rate_hz, channels).unwrap()
    })
}

fn path(source: AudioFormat, target: AudioFormat) -> AudioPath {
    shaped(source, target, Shape::default())
}

fn shaped(source: AudioFormat, target: AudioFormat, shape: Shape) -> AudioPath {
    AudioPath::new(source, target, shape, Simd::chosen()).unwrap()
}

/// Untouched, or louder and higher.
fn shapes() -> impl Strategy<Value = Shape> {
    let quality = prop::sample::select(vec![Quality::LowLatency, Quality::Strict]);
    let gain = prop::sample::select(vec![1.0, 0.0, 0.7, 4.0]);
    let pitch = prop::sample::select(vec![1.0, 0.5, 1.5, 2.0]);
    (quality, gain, pitch).prop_map(|(quality, gain, pitch)| Shape {
        quality,
        gain,
        pitch,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_cut_gives_the_same(
        source in formats(),
        target in formats(),
        shape in shapes(),
        audio in prop::collection::vec(any::<u8>(), 0..6_000),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let (mut whole, mut cut) = (Vec::new(), Vec::new());
        let mut one = shaped(source, target, shape);
        one.process(&audio, &mut whole);
        one.flush(&mut whole);

        let mut places: Vec<usize> = cuts.iter().map(|at| at.index(audio.len() + 1)).collect();
        places.extend([0, audio.len()]);
        places.sort_unstable();
        for pair in places.windows(2) {
            one.process(&audio[pair[0]..pair[1]], &mut cut);
        }
        one.flush(&mut cut);
        prop_assert_eq!(whole, cut);
    }

    #[test]
    fn as_much_time_comes_out_as_went_in(
        source in formats(),
        target in formats(),
        shape in shapes(),
        frames in 0_usize..3_000,
    ) {
        let mut out = Vec::new();
        shaped(source, target, shape).process(&vec![0; frames * source.frame_bytes()], &mut out);
        let due = frames * target.rate_hz() as usize / source.rate_hz() as usize;
        prop_assert_eq!(out.len(), due * target.frame_bytes());
    }

    /// Changes of gain and pitch on the way neither break a stream nor its counts.
    #[test]
    fn shapes_may_change_at_any_time(
        source in formats(),
        target in formats(),
        steps in prop::collection::vec((0..3_000_usize, shapes(), 0..4_u32), 1..8),
    ) {
        let mut one = path(source, target);
        let (mut put, mut got) = (0, Vec::new());
        for (bytes, shape, act) in steps {
            one.set_gain(shape.gain).unwrap();
            one.set_pitch(shape.pitch).unwrap();
            one.process(&vec![0x55; bytes], &mut got);
            put += bytes;
            let frames = put / source.frame_bytes();
            let due = frames * target.rate_hz() as usize / source.rate_hz() as usize;
            prop_assert_eq!(got.len(), due * target.frame_bytes());
            if act == 0 {
                one.reset();
                (put, got) = (0, Vec::new());
            }
        }
    }
}

#[test]
fn what_cannot_be_shaped_is_refused() {
    let format = AudioFormat::new(Encoding::Pcm16, 24_000, 1).unwrap();
    let made = |gain, pitch| {
        let quality = Quality::Strict;
        let shape = Shape {
            quality,
            gain,
            pitch,
        };
        AudioPath::new(format, format, shape, Simd::chosen()).map(|_| ())
    };
    assert_eq!(made(5.0, 1.0), Err(AudioError::Gain(5.0)));
    assert_eq!(made(1.0, 2.5), Err(AudioError::Pitch(2.5)));
    assert!(made(1.0, f32::NAN).is_err() && made(f32::NAN, 1.0).is_err());
}
