//! A stream between any two rates, cut anywhere, begun anew now and then.
//!
//! However it is cut, the samples are those of one piece, bit by bit, and as many as
//! are due; what is flushed is within the bound; and the next stream is as the first.

#![no_main]

use audio_core::dsp::cpu::Simd;
use audio_core::dsp::rates::RATES_HZ;
use audio_core::dsp::resample::{Quality, Resampler};
use audio_core::dsp::sample::LOUDEST;
use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;

struct Kind {
    input_hz: u32,
    output_hz: u32,
    quality: Quality,
    simd: Simd,
}

impl Kind {
    fn of(bytes: &mut Unstructured) -> Result<Self> {
        Ok(Self {
            input_hz: *bytes.choose(&RATES_HZ)?,
            output_hz: *bytes.choose(&RATES_HZ)?,
            quality: *bytes.choose(&[Quality::LowLatency, Quality::Strict])?,
            simd: (*bytes.choose(&Simd::ALL)?).min(Simd::detected()),
        })
    }

    fn made(&self) -> Resampler {
        let made = Resampler::new(self.input_hz, self.output_hz, self.quality, self.simd);
        made.expect("rates that are allowed")
    }

    fn due(&self, inputs: usize) -> usize {
        inputs * self.output_hz as usize / self.input_hz as usize
    }
}

/// Samples of any size: each byte is one, a zero byte the loudest there may be.
fn samples(bytes: &mut Unstructured) -> Result<Vec<f32>> {
    let count: usize = bytes.int_in_range(0..=255)?;
    let each = |byte: &u8| match byte {
        0 => LOUDEST,
        byte => f32::from(*byte) / 64.0 - 2.0,
    };
    let repeats = bytes.int_in_range(1..=3)?;
    let count = count.min(bytes.len());
    let few: Vec<f32> = bytes.bytes(count)?.iter().map(each).collect();
    Ok(few.repeat(repeats))
}

/// One stream in pieces, against the same in one; both are as new before and after.
fn run(kind: &Kind, [one, stream]: &mut [Resampler; 2], bytes: &mut Unstructured) -> Result<()> {
    let (mut heard, mut made) = (Vec::new(), Vec::new());
    for _ in 0..bytes.int_in_range(1..=20)? {
        let piece = samples(bytes)?;
        stream.process(&piece, &mut made);
        heard.extend(piece);
        assert_eq!(made.len(), kind.due(heard.len()));
    }
    let mut whole = Vec::new();
    one.process(&heard, &mut whole);
    assert!(one.output_bound(heard.len()) >= whole.len());
    if bytes.ratio(1, 8)? {
        stream.reset();
        *one = kind.made();
    } else {
        stream.flush(&mut made);
        one.flush(&mut whole);
        assert!(one.output_bound(heard.len()) >= whole.len());
    }
    let same = whole
        .iter()
        .zip(&made)
        .all(|(a, b)| a.to_bits() == b.to_bits());
    assert!(
        whole.len() == made.len() && same,
        "cutting changed something"
    );
    assert!(made.iter().all(|sample| sample.is_finite()));
    Ok(())
}

fuzz_target!(|data: &[u8]| {
    let mut bytes = Unstructured::new(data);
    let Ok(kind) = Kind::of(&mut bytes) else {
        return;
    };
    let mut streams = [kind.made(), kind.made()];
    while !bytes.is_empty() {
        if run(&kind, &mut streams, &mut bytes).is_err() {
            return;
        }
    }
});
