//! Pitch, gain and voice activity on one stream, turned and cut anywhere.
//!
//! Two of each hear the same and are told the same at the same places, but one of them
//! gets its samples in smaller pieces: they have to agree, bit by bit.

#![no_main]

use audio_core::dsp::cpu::Simd;
use audio_core::dsp::gain::Gain;
use audio_core::dsp::pitch::PitchShift;
use audio_core::dsp::rates::RATES_HZ;
use audio_core::dsp::sample::LOUDEST;
use audio_core::dsp::vad::VoiceActivity;
use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use std::f32::consts::TAU;

const RATIOS: [f32; 6] = [0.5, 0.8, 1.0, 1.0, 1.01, 2.0];
const GAINS: [f32; 4] = [0.0, 0.3, 1.0, 4.0];

struct Chain {
    pitch: PitchShift,
    gain: Gain,
    activity: VoiceActivity,
    made: Vec<f32>,
    heard: u64,
}

impl Chain {
    fn new(rate_hz: u32, simd: Simd) -> Self {
        Self {
            pitch: PitchShift::new(rate_hz, 1.0, simd).expect("a ratio that is allowed"),
            gain: Gain::new(rate_hz, 1.0).expect("a gain that is allowed"),
            activity: VoiceActivity::new(rate_hz, simd).expect("a rate that is allowed"),
            made: Vec::new(),
            heard: 0,
        }
    }

    fn hear(&mut self, samples: &[f32]) {
        self.made.clear();
        self.pitch.process(samples, &mut self.made);
        assert_eq!(self.made.len(), samples.len());
        self.level();
    }

    /// What comes behind the pitch.
    fn level(&mut self) {
        self.gain.process(&mut self.made);
        self.activity.process(&self.made);
        self.heard += self.made.len() as u64;
        assert!(self.activity.since() <= self.heard);
        assert!(self.made.iter().all(|sample| sample.abs() < 32.0 * LOUDEST));
    }

    fn flush(&mut self) {
        self.made.clear();
        self.pitch.flush(&mut self.made);
        self.level();
        self.gain.reset();
    }

    fn reset(&mut self) {
        self.pitch.reset();
        self.gain.reset();
        self.activity.reset();
        self.heard = 0;
    }
}

/// A run of silence, of a tone, or of noise, of any loudness.
fn samples(bytes: &mut Unstructured) -> Result<Vec<f32>> {
    let count = bytes.int_in_range(0..=800)?;
    let size = *bytes.choose(&[0.0, 0.001, 0.1, 1.0, LOUDEST])?;
    let step = f32::from(bytes.arbitrary::<u8>()?) / 255.0;
    let mut dice = bytes.arbitrary::<u32>()? | 1;
    let is_tone = bytes.ratio(1, 2)?;
    let each = |at| {
        dice ^= dice << 13;
        dice ^= dice >> 17;
        dice ^= dice << 5;
        let noise = dice as f32 / u32::MAX as f32 * 2.0 - 1.0;
        size * if is_tone {
            (TAU * step * at as f32 / 4.0).sin()
        } else {
            noise
        }
    };
    Ok((0..count).map(each).collect())
}

fn act(chains: &mut [Chain; 2], bytes: &mut Unstructured) -> Result<()> {
    match bytes.int_in_range(0..=7)? {
        0 | 1 => {
            let any = bytes.int_in_range(500..=2_000)? as f32 / 1_000.0;
            let ratio = *bytes.choose(&RATIOS)?;
            let ratio = if bytes.ratio(1, 2)? { any } else { ratio };
            for chain in chains {
                chain.pitch.set(ratio).expect("a ratio that is allowed");
            }
        }
        2 => {
            let gain = *bytes.choose(&GAINS)?;
            for chain in chains {
                chain.gain.set(gain).expect("a gain that is allowed");
            }
        }
        3 if bytes.ratio(1, 2)? => chains.iter_mut().for_each(Chain::flush),
        3 => chains.iter_mut().for_each(Chain::reset),
        _ => hear(chains, bytes)?,
    }
    Ok(())
}

fn hear([whole, cut]: &mut [Chain; 2], bytes: &mut Unstructured) -> Result<()> {
    let samples = samples(bytes)?;
    whole.hear(&samples);
    let mut made = Vec::new();
    for piece in samples.chunks(bytes.int_in_range(1..=300)?) {
        cut.hear(piece);
        made.extend_from_slice(&cut.made);
    }
    let same = made
        .iter()
        .zip(&whole.made)
        .all(|(a, b)| a.to_bits() == b.to_bits());
    assert!(
        made.len() == whole.made.len() && same,
        "cutting changed a sample"
    );
    let said = |chain: &Chain| (chain.activity.is_speaking(), chain.activity.since());
    assert_eq!(said(whole), said(cut));
    Ok(())
}

fuzz_target!(|data: &[u8]| {
    let mut bytes = Unstructured::new(data);
    let (Ok(rate_hz), Ok(simd)) = (bytes.choose(&RATES_HZ), bytes.choose(&Simd::ALL)) else {
        return;
    };
    let mut chains = [0, 1].map(|_| Chain::new(*rate_hz, *simd));
    while !bytes.is_empty() {
        if act(&mut chains, &mut bytes).is_err() {
            return;
        }
    }
});
