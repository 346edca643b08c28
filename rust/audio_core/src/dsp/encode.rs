//! Float samples into bytes of any format.
//!
//! Full scale saturates where the encoding has one. Knows nothing of rates and
//! filters.

use super::format::{AudioFormat, Encoding};
use super::plain::{alaw, nearest, ulaw};

/// One run of samples, written to every channel of `format`.
pub fn mono(samples: &[f32], format: AudioFormat, out: &mut Vec<u8>) {
    for &sample in samples {
        for _ in 0..format.channels() {
            write(sample, format.encoding(), out);
        }
    }
}

/// Two runs of samples as stereo frames.
pub fn stereo(left: &[f32], right: &[f32], format: AudioFormat, out: &mut Vec<u8>) {
    for (&left, &right) in left.iter().zip(right) {
        write(left, format.encoding(), out);
        write(right, format.encoding(), out);
    }
}

fn write(sample: f32, encoding: Encoding, out: &mut Vec<u8>) {
    let linear = (sample * 32_768.0).round_ties_even() as i16;
    match encoding {
        Encoding::Pcm16 => out.extend(linear.to_le_bytes()),
        Encoding::F32 => out.extend(sample.to_le_bytes()),
        Encoding::G711Ulaw => out.push(nearest(linear, ulaw)),
        Encoding::G711Alaw => out.push(nearest(linear, alaw)),
    }
}
