//! The pitch shift from outside: the tone that comes out, the time it takes, and that
//! nobody hears where the chunks were cut.

use audio_core::dsp::cpu::Simd;
use audio_core::dsp::error::AudioError;
use audio_core::dsp::format::{AudioFormat, Encoding};
use audio_core::dsp::path::AudioPath;
use audio_core::dsp::pitch::PitchShift;
use audio_core::dsp::rates::RATES_HZ;
use audio_core::dsp::sample::LOUDEST;
use audio_core::dsp::shape::Shape;
use proptest::collection::vec;
use proptest::prelude::*;
use std::f64::consts::TAU;

fn tone(rate_hz: u32, tone_hz: f64, samples: usize) -> Vec<f32> {
    (0..samples)
        .map(|at| (0.5 * (TAU * tone_hz * at as f64 / f64::from(rate_hz)).sin()) as f32)
        .collect()
}

/// A voice of sorts: harmonics of a gliding fundamental, in syllables.
fn voice(rate_hz: u32, samples: usize) -> Vec<f32> {
    let mut turn = 0.0_f64;
    (0..samples)
        .map(|at| {
            let s = at as f64 / f64::from(rate_hz);
            turn += TAU * (120.0 + 40.0 * (3.0 * s).sin()) / f64::from(rate_hz);
            let sum: f64 = (1..12)
                .map(|n| (f64::from(n) * turn).sin() / f64::from(n))
                .sum();
            (0.2 * sum * (TAU * 2.0 * s).sin().max(0.0)) as f32
        })
        .collect()
}

fn shifted(rate_hz: u32, ratio: f32, input: &[f32], cuts: &[usize]) -> Vec<f32> {
    let mut shift = PitchShift::new(rate_hz, ratio, Simd::chosen()).expect("in range");
    let (mut output, mut rest) = (Vec::new(), input);
    for &cut in cuts.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (head, tail) = rest.split_at(cut.min(rest.len()));
        let before = output.len();
        shift.process(head, &mut output);
        assert_eq!(output.len() - before, head.len());
        rest = tail;
    }
    output
}

/// By the power of the tones around it, half a hertz apart, Hann window.
fn loudest_hz(samples: &[f32], rate_hz: u32, around_hz: f64) -> f64 {
    let power = |hz: f64| {
        let (mut re, mut im) = (0.0, 0.0);
        for (at, &sample) in samples.iter().enumerate() {
            let window = 0.5 - 0.5 * (TAU * at as f64 / samples.len() as f64).cos();
            let angle = TAU * hz * at as f64 / f64::from(rate_hz);
            re += window * f64::from(sample) * angle.cos();
            im += window * f64::from(sample) * angle.sin();
        }
        re * re + im * im
    };
    (-40..=40)
        .map(|step| around_hz + f64::from(step) * 0.5)
        .max_by(|a, b| power(*a).total_cmp(&power(*b)))
        .expect("eighty candidates")
}

fn largest_step(samples: &[f32]) -> f32 {
    let steps = samples.windows(2).map(|pair| (pair[1] - pair[0]).abs());
    steps.fold(0.0, f32::max)
}

#[test]
fn a_tone_is_where_the_ratio_puts_it_without_clicks() {
    for (rate_hz, ratio) in [
        (24_000, 1.5_f32),
        (24_000, 0.5),
        (24_000, 2.0),
        (8_000, 1.5),
        (48_000, 0.8),
    ] {
        let hz = 220.0 * f64::from(ratio);
        let input = tone(rate_hz, 220.0, rate_hz as usize * 2);
        let output = shifted(rate_hz, ratio, &input, &[960]);
        let steady = &output[rate_hz as usize / 2..rate_hz as usize * 3 / 2];
        let found = loudest_hz(steady, rate_hz, hz);
        assert!((found - hz).abs() <= 1.0, "{rate_hz} Hz × {ratio}: {found}");
        let pure = 0.5 * TAU * hz / f64::from(rate_hz);
        assert!(f64::from(largest_step(steady)) < 1.05 * pure, "× {ratio}");
    }
}

#[test]
fn what_would_fold_back_is_cut_off() {
    let input = tone(24_000, 9_000.0, 24_000);
    let output = shifted(24_000, 2.0, &input, &[960]);
    let peak = output[6_000..]
        .iter()
        .fold(0.0_f32, |peak, s| peak.max(s.abs()));
    assert!(peak < 0.5 * 1e-3, "{peak}");
}

#[test]
fn speech_keeps_its_time() {
    // Ten syllables of 250 ms and as many pauses: each begins when it did, later by
    // the latency and at most as much as the head strays.
    let input = voice(24_000, 120_000);
    for ratio in [0.5, 0.75, 1.25, 2.0] {
        let shift = PitchShift::new(24_000, ratio, Simd::chosen()).expect("in range");
        let late = shift.latency_ms() * 24.0;
        let output = shifted(24_000, ratio, &input, &[960]);
        for syllable in 0..10 {
            let middle: usize = 12_000 * syllable + 3_000;
            let near = &output[middle.saturating_sub(4_000)..middle + 8_000];
            let (mut sum, mut moment) = (0.0_f64, 0.0_f64);
            for (at, &sample) in near.iter().enumerate() {
                sum += f64::from(sample * sample);
                moment += at as f64 * f64::from(sample * sample);
            }
            let centre = moment / sum + middle.saturating_sub(4_000) as f64 - late;
            let off_ms = (centre - middle as f64) / 24.0;
            assert!(
                off_ms.abs() < 15.0,
                "× {ratio}, syllable {syllable}: {off_ms} ms"
            );
        }
    }
}

#[test]
fn unity_is_untouched_and_without_delay() {
    let input = voice(16_000, 5_000);
    let mut shift = PitchShift::new(16_000, 1.0, Simd::chosen()).expect("in range");
    let mut output = Vec::new();
    shift.process(&input, &mut output);
    shift.flush(&mut output);
    assert!(shift.latency_ms() == 0.0);
    assert_eq!(output, input);
}

#[test]
fn a_change_of_ratio_does_not_click_and_unity_comes_back() {
    let input = tone(24_000, 220.0, 96_000);
    let mut shift = PitchShift::new(24_000, 1.0, Simd::chosen()).expect("in range");
    let mut output = Vec::new();
    for (chunk, ratio) in input
        .chunks(997)
        .zip([1.0, 2.0, 0.5, 0.9, 2.0, 1.0].into_iter().cycle())
    {
        shift.set(ratio).expect("in range");
        shift.process(chunk, &mut output);
    }
    assert!(f64::from(largest_step(&output)) < 1.5 * 0.5 * TAU * 440.0 / 24_000.0);
    shift.set(1.0).expect("in range");
    shift.process(&input[..2_000], &mut output);
    assert!(shift.latency_ms() == 0.0);
    assert_eq!(output[97_500..], input[1_500..2_000]);
}

#[test]
fn flush_gives_the_latency_and_makes_it_new() {
    let input = voice(24_000, 10_000);
    let mut shift = PitchShift::new(24_000, 1.3, Simd::chosen()).expect("in range");
    let mut first = Vec::new();
    shift.process(&input, &mut first);
    shift.flush(&mut first);
    let late = (shift.latency_ms() * 24.0).round() as usize;
    assert_eq!(first.len(), input.len() + late);
    let mut second = Vec::new();
    shift.process(&input, &mut second);
    assert_eq!(second, first[..input.len()]);
}

#[test]
fn refuses_what_is_no_pitch() {
    for bad in [0.49, 2.01, f32::NAN, f32::INFINITY] {
        let made = PitchShift::new(24_000, bad, Simd::chosen());
        assert!(matches!(made, Err(AudioError::Pitch(_))));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_cut_gives_the_same_samples(
        cuts in vec(1_usize..1_500, 1..8), ratio in 0.5_f32..=2.0, rate in 0_usize..4,
    ) {
        let rate_hz = [8_000, 11_025, 24_000, 96_000][rate];
        let input = voice(rate_hz, 12_000);
        let whole = shifted(rate_hz, ratio, &input, &[input.len()]);
        prop_assert_eq!(shifted(rate_hz, ratio, &input, &cuts), whole);
    }

    #[test]
    fn no_schedule_upsets_it(acts in vec(act(), 1..60), which in 0..SOUNDS.len(), seed: u64) {
        for rate_hz in RATES_HZ {
            let mut sound = Sound { kind: SOUNDS[which], rate_hz, dice: seed | 1, at: 0 };
            let mut shift = PitchShift::new(rate_hz, 1.0, Simd::chosen()).expect("in range");
            for act in &acts {
                perform(act, &mut shift, &mut sound)?;
            }
        }
    }
}

#[test]
fn what_is_no_number_does_not_stop_it() {
    for broken in [f32::NAN, f32::INFINITY, f32::MAX] {
        for ratio in [0.5, 2.0] {
            let output = shifted(8_000, ratio, &[broken; 4_000], &[320]);
            assert_eq!(output.len(), 4_000);
        }
    }
}

/// What can be done to a shift.
#[derive(Clone, Debug)]
enum Act {
    Set(f32),
    Process(usize),
    Flush,
    Reset,
}

/// Half of the time it runs; else the ratio changes, often to an end or to bypass.
fn act() -> impl Strategy<Value = Act> {
    let ratio = prop_oneof![
        Just(0.5_f32),
        Just(1.0),
        Just(1.0),
        Just(2.0),
        0.99_f32..1.01,
        0.5_f32..=2.0,
    ];
    prop_oneof![
        8 => (0_usize..2_500).prop_map(Act::Process),
        7 => ratio.prop_map(Act::Set),
        1 => Just(Act::Flush),
        1 => Just(Act::Reset),
    ]
}

const SOUNDS: [Kind; 4] = [Kind::Silence, Kind::Hum, Kind::Noise, Kind::Deafening];

#[derive(Clone, Copy, Debug)]
enum Kind {
    /// Any place is as much like any other.
    Silence,
    /// A period as short as the shortest jump: the nearest place is as good as any.
    Hum,
    /// No place is like any other.
    Noise,
    /// Noise of the loudest samples that a stream may have.
    Deafening,
}

/// Samples without end.
struct Sound {
    kind: Kind,
    rate_hz: u32,
    dice: u64,
    at: usize,
}

impl Sound {
    fn next(&mut self) -> f32 {
        // xorshift64
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        self.at += 1;
        let noise = (self.dice >> 40) as f32 / 8_388_608.0 - 1.0;
        match self.kind {
            Kind::Silence => 0.0,
            Kind::Hum => (TAU * 250.0 * self.at as f64 / f64::from(self.rate_hz)).sin() as f32,
            Kind::Noise => noise,
            Kind::Deafening => LOUDEST.copysign(noise),
        }
    }
}

/// As many samples come out as are due, and numbers all of them.
fn perform(act: &Act, shift: &mut PitchShift, sound: &mut Sound) -> Result<(), TestCaseError> {
    let mut output = Vec::new();
    let due = match *act {
        Act::Set(ratio) => shift.set(ratio).map(|()| 0).expect("in range"),
        Act::Process(count) => {
            let input: Vec<f32> = (0..count).map(|_| sound.next()).collect();
            shift.process(&input, &mut output);
            count
        }
        Act::Flush => {
            let late = shift.latency_ms() * f64::from(sound.rate_hz) / 1_000.0;
            shift.flush(&mut output);
            late.round() as usize
        }
        Act::Reset => {
            shift.reset();
            0
        }
    };
    prop_assert_eq!(output.len(), due);
    prop_assert!(output.iter().all(|sample| sample.abs() < 4.0 * LOUDEST));
    Ok(())
}

#[test]
fn a_path_shifts_what_goes_through_it() {
    let format = |rate_hz| AudioFormat::new(Encoding::F32, rate_hz, 1).expect("allowed");
    let input: Vec<u8> = tone(48_000, 220.0, 96_000)
        .iter()
        .flat_map(|s| s.to_le_bytes())
        .collect();
    for (target_hz, first, then) in [(24_000, 1.5, 1.5), (48_000, 1.5, 1.5), (48_000, 1.0, 1.5)] {
        let shape = Shape {
            pitch: first,
            ..Shape::default()
        };
        let made = AudioPath::new(format(48_000), format(target_hz), shape, Simd::chosen());
        let mut path = made.expect("allowed");
        path.set_pitch(then).expect("in range");
        assert!(!path.is_identity() && path.latency_ms() > 15.0);
        let mut output = Vec::new();
        for chunk in input.chunks(7_680) {
            path.process(chunk, &mut output);
        }
        assert_eq!(output.len(), 4 * 2 * target_hz as usize);
        let samples: Vec<f32> = output
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect();
        let steady = &samples[target_hz as usize / 2..target_hz as usize * 3 / 2];
        assert!((loudest_hz(steady, target_hz, 330.0) - 330.0).abs() <= 1.0);
    }
}
