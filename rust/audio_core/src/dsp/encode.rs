//! Float samples into bytes of any format.
//!
//! Full scale 1.0 saturates where the encoding has one. Knows nothing of rates and
//! filters.

use super::cpu::Simd;
use super::format::{AudioFormat, Encoding};
use super::g711::{self, Law};
use super::{mix, sample};

/// Writes one format; has room for what needs two steps.
#[derive(Debug)]
pub struct Writer {
    format: AudioFormat,
    simd: Simd,
    interleaved: Vec<f32>,
}

impl Writer {
    /// A writer of `format`.
    pub const fn new(format: AudioFormat, simd: Simd) -> Self {
        Self {
            format,
            simd,
            interleaved: Vec::new(),
        }
    }

    /// Append one channel to `out`, written to every channel of the format.
    pub fn write_mono(&mut self, samples: &[f32], out: &mut Vec<u8>) {
        let simd = self.simd;
        match (self.format.encoding(), self.format.channels()) {
            (Encoding::Pcm16, 1) => sample::write_pcm16(simd, samples, out),
            (Encoding::Pcm16, _) => mix::both_pcm16(simd, samples, out),
            (Encoding::F32, 1) => sample::write_f32(simd, samples, out),
            (Encoding::F32, _) => mix::both_f32(simd, samples, out),
            (Encoding::G711Ulaw, 1) => encode(simd, Law::Ulaw, samples, out),
            (Encoding::G711Alaw, 1) => encode(simd, Law::Alaw, samples, out),
            (Encoding::G711Ulaw | Encoding::G711Alaw, _) => self.write_g711(samples, samples, out),
        }
    }

    /// Append two channels of one length to `out`, as stereo frames.
    pub fn write_stereo(&mut self, left: &[f32], right: &[f32], out: &mut Vec<u8>) {
        match self.format.encoding() {
            Encoding::Pcm16 => mix::join_pcm16(self.simd, left, right, out),
            Encoding::F32 => mix::join_f32(self.simd, left, right, out),
            Encoding::G711Ulaw | Encoding::G711Alaw => self.write_g711(left, right, out),
        }
    }

    fn write_g711(&mut self, left: &[f32], right: &[f32], out: &mut Vec<u8>) {
        let law = match self.format.encoding() {
            Encoding::G711Alaw => Law::Alaw,
            _ => Law::Ulaw,
        };
        self.interleaved.clear();
        for (&left, &right) in left.iter().zip(right) {
            self.interleaved.extend([left, right]);
        }
        encode(self.simd, law, &self.interleaved, out);
    }
}

fn encode(simd: Simd, law: Law, samples: &[f32], out: &mut Vec<u8>) {
    let begin = out.len();
    out.resize(begin + samples.len(), 0);
    g711::encode_f32(simd, law, samples, &mut out[begin..]);
}
