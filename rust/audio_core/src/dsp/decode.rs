//! Bytes of any format into float samples, one run of them for each channel.
//!
//! What comes out is finite, full scale 1.0. Knows nothing of rates and filters.

use super::cpu::Simd;
use super::format::{AudioFormat, Encoding};
use super::g711::{self, Law};
use super::{mix, sample};

/// Reads one format; has room for what needs two steps.
#[derive(Debug)]
pub struct Reader {
    format: AudioFormat,
    simd: Simd,
    interleaved: Vec<f32>,
}

impl Reader {
    /// A reader of `format`.
    pub const fn new(format: AudioFormat, simd: Simd) -> Self {
        Self {
            format,
            simd,
            interleaved: Vec::new(),
        }
    }

    /// Append whole frames to `out` as one channel: the mean, if there are two.
    pub fn read_mono(&mut self, frames: &[u8], out: &mut Vec<f32>) {
        let simd = self.simd;
        match (self.format.encoding(), self.format.channels()) {
            (Encoding::Pcm16, 1) => sample::read_pcm16(simd, frames, out),
            (Encoding::Pcm16, _) => mix::mono_from_pcm16(simd, frames, out),
            (Encoding::F32, 1) => sample::read_f32(simd, frames, out),
            (Encoding::F32, _) => mix::mono_from_f32(simd, frames, out),
            (Encoding::G711Ulaw, 1) => decode(simd, Law::Ulaw, frames, out),
            (Encoding::G711Alaw, 1) => decode(simd, Law::Alaw, frames, out),
            (Encoding::G711Ulaw | Encoding::G711Alaw, _) => {
                let pairs = self.read_g711(frames).chunks_exact(2);
                out.extend(pairs.map(|pair| (pair[0] + pair[1]) * 0.5));
            }
        }
    }

    /// Append whole stereo frames to `left` and `right`.
    pub fn read_stereo(&mut self, frames: &[u8], left: &mut Vec<f32>, right: &mut Vec<f32>) {
        match self.format.encoding() {
            Encoding::Pcm16 => mix::split_pcm16(self.simd, frames, left, right),
            Encoding::F32 => mix::split_f32(self.simd, frames, left, right),
            Encoding::G711Ulaw | Encoding::G711Alaw => {
                let pairs = self.read_g711(frames).chunks_exact(2);
                left.extend(pairs.clone().map(|pair| pair[0]));
                right.extend(pairs.map(|pair| pair[1]));
            }
        }
    }

    fn read_g711(&mut self, codes: &[u8]) -> &[f32] {
        let law = match self.format.encoding() {
            Encoding::G711Alaw => Law::Alaw,
            _ => Law::Ulaw,
        };
        self.interleaved.clear();
        decode(self.simd, law, codes, &mut self.interleaved);
        &self.interleaved
    }
}

fn decode(simd: Simd, law: Law, codes: &[u8], out: &mut Vec<f32>) {
    let begin = out.len();
    out.resize(begin + codes.len(), 0.0);
    g711::decode_f32(simd, law, codes, &mut out[begin..]);
}
