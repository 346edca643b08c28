//! Voice activity from outside: what it takes for speech, and from where.

use audio_core::dsp::cpu::Simd;
use audio_core::dsp::error::AudioError;
use audio_core::dsp::vad::VoiceActivity;
use proptest::collection::vec;
use proptest::prelude::*;

/// Noise of this peak, the same on every run.
fn noise(seed: u32, samples: usize, peak: f32) -> Vec<f32> {
    let mut state = seed | 1;
    (0..samples)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((state >> 8) as f32 / 8_388_608.0 - 1.0) * peak
        })
        .collect()
}

fn at(rate_hz: u32) -> VoiceActivity {
    VoiceActivity::new(rate_hz, Simd::chosen()).expect("an allowed rate")
}

/// Pause, half a second of speech, pause; in each a second but the speech.
fn utterance(noise_peak: f32) -> Vec<f32> {
    let speech = noise(5, 12_000, 0.3);
    [
        noise(3, 24_000, noise_peak),
        speech,
        noise(9, 24_000, noise_peak),
    ]
    .concat()
}

#[test]
fn speech_begins_and_ends_where_it_did() {
    for noise_peak in [0.0, 0.0005, 0.003, 0.01] {
        let audio = utterance(noise_peak);
        let mut activity = at(24_000);
        assert!(!activity.process(&audio[..24_000]), "{noise_peak}");
        assert!(activity.process(&audio[24_000..36_000]));
        assert_eq!(activity.since(), 24_000);
        assert!(activity.process(&audio[36_000..36_000 + 240 * 29]));
        assert!(!activity.process(&audio[36_000 + 240 * 29..]));
        assert_eq!(activity.since(), 36_000);
    }
}

#[test]
fn a_click_is_not_speech_and_a_short_pause_does_not_end_it() {
    let mut activity = at(16_000);
    activity.process(&vec![0.0; 16_000]);
    assert!(!activity.process(&noise(1, 320, 0.5)));
    assert!(!activity.process(&vec![0.0; 1_600]));
    assert!(activity.process(&noise(1, 8_000, 0.5)));
    let began = activity.since();
    for _ in 0..4 {
        assert!(activity.process(&vec![0.0; 4_000]));
        assert!(activity.process(&noise(1, 4_000, 0.5)));
    }
    assert_eq!((activity.is_speaking(), activity.since()), (true, began));
}

#[test]
fn steady_noise_becomes_the_floor() {
    let mut activity = at(8_000);
    activity.process(&noise(1, 8_000, 0.0005));
    assert!(
        activity.process(&noise(2, 8_000, 0.02)),
        "a step up is heard"
    );
    for second in 0..60 {
        activity.process(&noise(second, 8_000, 0.02));
    }
    assert!(!activity.is_speaking());
    assert!(
        activity.process(&noise(7, 8_000, 0.4)),
        "and speech above it"
    );
}

#[test]
fn a_stream_may_begin_with_speech() {
    assert!(at(24_000).process(&noise(1, 2_400, 0.3)));
}

#[test]
fn nothing_audible_is_nothing() {
    assert!(!at(48_000).process(&noise(1, 96_000, 0.001)));
    assert!(!at(48_000).process(&vec![f32::NAN; 4_800]));
}

#[test]
fn reset_is_as_new_and_unknown_rates_are_refused() {
    let mut activity = at(24_000);
    activity.process(&noise(1, 5_000, 0.3));
    activity.reset();
    assert_eq!((activity.is_speaking(), activity.since()), (false, 0));
    let refused = VoiceActivity::new(7_999, Simd::chosen());
    assert!(matches!(refused, Err(AudioError::Rate(7_999))));
}

proptest! {
    #[test]
    fn any_cut_says_the_same(cuts in vec(1_usize..1_000, 1..300)) {
        let audio = utterance(0.01);
        let (mut cut, mut plain) = (at(22_050), at(22_050));
        let mut heard = 0;
        for size in cuts {
            let end = (heard + size).min(audio.len());
            cut.process(&audio[heard..end]);
            plain.reset();
            heard = end;
        }
        plain.process(&audio[..heard]);
        prop_assert_eq!((cut.is_speaking(), cut.since()), (plain.is_speaking(), plain.since()));
    }
}
