//! Streams of audio from format to format: whole, however they are cut.

use audio_core::dsp::cpu::Simd;
use audio_core::dsp::format::{AudioFormat, Encoding, RATES_HZ};
use audio_core::dsp::path::{AudioPath, Shape};
use proptest::prelude::*;

const ENCODINGS: [Encoding; 4] = [
    Encoding::Pcm16,
    Encoding::F32,
    Encoding::G711Ulaw,
    Encoding::G711Alaw,
];

fn formats() -> impl Strategy<Value = AudioFormat> {
    (0..4_usize, 0..RATES_HZ.len(), 1..=2_u32).prop_map(|(encoding, rate, channels)| {
        AudioFormat::new(ENCODINGS[encoding], RATES_HZ[rate], channels).unwrap()
    })
}

fn path(source: AudioFormat, target: AudioFormat) -> AudioPath {
    AudioPath::new(source, target, Shape::default(), Simd::chosen()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_cut_gives_the_same(
        source in formats(),
        target in formats(),
        audio in prop::collection::vec(any::<u8>(), 0..6_000),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let (mut whole, mut cut) = (Vec::new(), Vec::new());
        let mut one = path(source, target);
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
        frames in 0_usize..3_000,
    ) {
        let mut out = Vec::new();
        path(source, target).process(&vec![0; frames * source.frame_bytes()], &mut out);
        let due = frames * target.rate_hz() as usize / source.rate_hz() as usize;
        prop_assert_eq!(out.len(), due * target.frame_bytes());
    }
}
