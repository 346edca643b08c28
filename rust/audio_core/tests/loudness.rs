//! Level and gain from outside: what is measured, and that no change clicks.

use audio_core::dsp::cpu::Simd;
use audio_core::dsp::error::AudioError;
use audio_core::dsp::gain::Gain;
use audio_core::dsp::level::{loudness, loudness_pcm16};
use proptest::collection::vec;
use proptest::prelude::*;

const SETS: [Simd; 3] = [Simd::Portable, Simd::Avx2, Simd::Avx512];

fn near(left: f64, right: f64) -> bool {
    (left - right).abs() < 1e-9
}

#[test]
fn nothing_is_silent() {
    assert_eq!(loudness(Simd::chosen(), &[]), (0.0, 0.0));
    assert_eq!(loudness_pcm16(Simd::chosen(), &[7]), (0.0, 0.0));
}

#[test]
fn the_most_negative_sample_is_full_scale() {
    assert_eq!(
        loudness_pcm16(Simd::chosen(), &i16::MIN.to_le_bytes()),
        (1.0, 1.0)
    );
}

#[test]
fn what_is_not_a_number_is_silent() {
    let audio = [f32::NAN, 0.5, f32::INFINITY, -0.5];
    let (rms, peak) = loudness(Simd::chosen(), &audio);
    assert!(near(peak, 0.5) && near(rms, (0.5_f64 / 4.0).sqrt()));
}

proptest! {
    #[test]
    fn is_the_definition_with_every_set(samples in vec(any::<i16>(), 1..2_000)) {
        let energy: f64 = samples.iter().map(|&s| f64::from(s) * f64::from(s)).sum();
        let rms = (energy / samples.len() as f64).sqrt() / 32_768.0;
        let peak = samples.iter().map(|s| s.unsigned_abs()).max().unwrap_or(0);
        let peak = f64::from(peak) / 32_768.0;
        let bytes: Vec<u8> = samples.iter().flat_map(|s| s.to_le_bytes()).collect();
        let floats: Vec<f32> = samples.iter().map(|&s| f32::from(s) / 32_768.0).collect();
        for simd in SETS {
            for (found_rms, found_peak) in [loudness_pcm16(simd, &bytes), loudness(simd, &floats)] {
                prop_assert!(near(found_rms, rms) && near(found_peak, peak));
            }
        }
    }

    #[test]
    fn a_gain_is_the_same_however_the_stream_is_cut(
        cuts in vec(1_usize..700, 1..8), from in 0.0_f32..=4.0, to in 0.0_f32..=4.0,
    ) {
        let total: usize = cuts.iter().sum();
        let ramped = |pieces: &[usize]| {
            let mut gain = Gain::new(24_000, from).expect("in range");
            gain.set(to).expect("in range");
            let mut samples: Vec<f32> = (0..total).map(|at| (at as f32).sin()).collect();
            let mut rest = &mut samples[..];
            for &piece in pieces {
                let (head, tail) = rest.split_at_mut(piece);
                gain.process(head);
                rest = tail;
            }
            samples
        };
        prop_assert_eq!(ramped(&cuts), ramped(&[total]));
    }
}

#[test]
fn a_change_of_gain_takes_ten_milliseconds_and_no_step() {
    let mut gain = Gain::new(24_000, 1.0).expect("in range");
    gain.set(0.0).expect("in range");
    let mut ones = vec![1.0_f32; 480];
    gain.process(&mut ones);
    let steps = ones.windows(2).map(|pair| (pair[0] - pair[1]).abs());
    assert!(steps.fold(0.0, f32::max) < 1.01 / 240.0);
    assert!(ones[0] < 1.0 && ones[238] > 0.0);
    assert!(ones[239..].iter().all(|&sample| sample == 0.0));
}

#[test]
fn a_change_amid_a_change_starts_from_where_it_stands() {
    let mut gain = Gain::new(8_000, 0.0).expect("in range");
    gain.set(4.0).expect("in range");
    let mut ones = vec![1.0_f32; 40];
    gain.process(&mut ones);
    gain.set(0.0).expect("in range");
    let mut more = vec![1.0_f32; 1];
    gain.process(&mut more);
    assert!((ones[39] - more[0]).abs() < 0.05 && more[0] < ones[39]);
}

#[test]
fn unity_touches_nothing() {
    let mut gain = Gain::new(48_000, 1.0).expect("in range");
    gain.set(1.0).expect("in range");
    let mut samples = vec![f32::MIN_POSITIVE / 3.0, -0.0, 0.1];
    gain.process(&mut samples);
    assert_eq!(samples, [f32::MIN_POSITIVE / 3.0, -0.0, 0.1]);
    assert!(gain.is_unity());
}

#[test]
fn refuses_what_is_no_gain_and_stays_as_it_was() {
    for bad in [-0.1, 4.1, f32::NAN, f32::INFINITY] {
        assert!(matches!(Gain::new(24_000, bad), Err(AudioError::Gain(_))));
    }
    let mut gain = Gain::new(24_000, 1.0).expect("in range");
    assert!(gain.set(5.0).is_err());
    assert!(gain.is_unity());
}
