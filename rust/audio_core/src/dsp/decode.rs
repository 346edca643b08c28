//! Bytes of any format into float samples, one run of them for each channel.
//!
//! What comes out is finite: see `sample`. Knows nothing of rates and filters.

use super::format::{AudioFormat, Encoding};
use super::plain::{alaw, ulaw};

/// Whole frames of `format` as one run of samples, the mean of the channels.
pub fn mono(frames: &[u8], format: AudioFormat, out: &mut Vec<f32>) {
    let samples = samples(frames, format.encoding());
    if format.channels() == 1 {
        out.extend(samples);
    } else {
        let all: Vec<f32> = samples.collect();
        out.extend(all.chunks_exact(2).map(|pair| (pair[0] + pair[1]) * 0.5));
    }
}

/// Whole stereo frames as two runs of samples.
pub fn stereo(frames: &[u8], format: AudioFormat, left: &mut Vec<f32>, right: &mut Vec<f32>) {
    for (at, sample) in samples(frames, format.encoding()).enumerate() {
        if at % 2 == 0 {
            left.push(sample);
        } else {
            right.push(sample);
        }
    }
}

fn samples(bytes: &[u8], encoding: Encoding) -> Box<dyn Iterator<Item = f32> + '_> {
    let linear = |sample: i16| f32::from(sample) / 32_768.0;
    match encoding {
        Encoding::Pcm16 => Box::new(
            bytes
                .chunks_exact(2)
                .map(move |b| linear(i16::from_le_bytes([b[0], b[1]]))),
        ),
        Encoding::F32 => Box::new(
            bytes
                .chunks_exact(4)
                .map(|b| finite(f32::from_le_bytes([b[0], b[1], b[2], b[3]]))),
        ),
        Encoding::G711Ulaw => Box::new(bytes.iter().map(move |&code| linear(ulaw(code)))),
        Encoding::G711Alaw => Box::new(bytes.iter().map(move |&code| linear(alaw(code)))),
    }
}

fn finite(sample: f32) -> f32 {
    if sample.is_nan() {
        0.0
    } else {
        sample.clamp(-1e6, 1e6)
    }
}
