//! Between stereo and mono, in one pass with the change between bytes and floats.
//!
//! Stereo bytes are interleaved; a mono signal is the mean of both channels. How
//! samples are read and written is `sample`'s.

use super::sample::{append, append_pairs, finite, float, pcm16, to_pcm16};
use super::vector::vectorised;

vectorised! {
    /// Append the mean of both channels of stereo PCM16; a broken frame is left out.
    pub fn mono_from_pcm16(bytes: &[u8], out: &mut Vec<f32>) {
        let (frames, _) = bytes.as_chunks::<4>();
        append(out, frames, |&[a, b, c, d]| {
            let sum = i32::from(i16::from_le_bytes([a, b])) + i32::from(i16::from_le_bytes([c, d]));
            [sum as f32 * (1.0 / 65_536.0)]
        });
    }
}

vectorised! {
    /// Append the mean of both channels of stereo float, made finite: silence where one
    /// of them is no number. A broken frame is left out.
    pub fn mono_from_f32(bytes: &[u8], out: &mut Vec<f32>) {
        let (frames, _) = bytes.as_chunks::<8>();
        append(out, frames, |&[a, b, c, d, e, f, g, h]| {
            let (left, right) = ([a, b, c, d], [e, f, g, h]);
            [finite((f32::from_le_bytes(left) + f32::from_le_bytes(right)) * 0.5)]
        });
    }
}

vectorised! {
    /// Append each channel of stereo PCM16 to its own; a broken frame is left out.
    pub fn split_pcm16(bytes: &[u8], left: &mut Vec<f32>, right: &mut Vec<f32>) {
        let (frames, _) = bytes.as_chunks::<4>();
        append(left, frames, |&[a, b, _, _]| [pcm16([a, b])]);
        append(right, frames, |&[_, _, c, d]| [pcm16([c, d])]);
    }
}

vectorised! {
    /// Append each channel of stereo float to its own; a broken frame is left out.
    pub fn split_f32(bytes: &[u8], left: &mut Vec<f32>, right: &mut Vec<f32>) {
        let (frames, _) = bytes.as_chunks::<8>();
        append(left, frames, |&[a, b, c, d, ..]| [float([a, b, c, d])]);
        append(right, frames, |&[.., e, f, g, h]| [float([e, f, g, h])]);
    }
}

vectorised! {
    /// Append a mono signal to both channels of stereo PCM16.
    pub fn both_pcm16(samples: &[f32], out: &mut Vec<u8>) {
        append(out, samples, |sample| frame_pcm16(*sample, *sample));
    }
}

vectorised! {
    /// Append a mono signal to both channels of stereo float.
    pub fn both_f32(samples: &[f32], out: &mut Vec<u8>) {
        append(out, samples, |sample| frame_f32(*sample, *sample));
    }
}

vectorised! {
    /// Append two channels as stereo PCM16, as far as both go.
    pub fn join_pcm16(left: &[f32], right: &[f32], out: &mut Vec<u8>) {
        append_pairs(out, left, right, |left, right| frame_pcm16(*left, *right));
    }
}

vectorised! {
    /// Append two channels as stereo float, as far as both go.
    pub fn join_f32(left: &[f32], right: &[f32], out: &mut Vec<u8>) {
        append_pairs(out, left, right, |left, right| frame_f32(*left, *right));
    }
}

#[inline]
fn frame_pcm16(left: f32, right: f32) -> [u8; 4] {
    let (left, right) = (to_pcm16(left), to_pcm16(right));
    (u32::from(left.cast_unsigned()) | u32::from(right.cast_unsigned()) << 16).to_le_bytes()
}

#[inline]
fn frame_f32(left: f32, right: f32) -> [u8; 8] {
    (u64::from(left.to_bits()) | u64::from(right.to_bits()) << 32).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::super::cpu::Simd;
    use super::super::sample::{read_f32, read_pcm16, write_f32, write_pcm16, LOUDEST};
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn frames() -> impl Strategy<Value = Vec<(f32, f32)>> {
        vec((-1.0_f32..0.999, -1.0_f32..0.999), 0..70)
    }

    proptest! {
        #[test]
        fn channels_come_apart_and_together(frames in frames()) {
            let (left, right): (Vec<f32>, Vec<f32>) = frames.into_iter().unzip();
            for simd in Simd::here() {
                let (mut bytes, mut l, mut r) = (Vec::new(), Vec::new(), Vec::new());
                join_f32(simd, &left, &right, &mut bytes);
                split_f32(simd, &bytes, &mut l, &mut r);
                prop_assert_eq!((&l, &r), (&left, &right));

                let (mut pcm16, mut again) = (Vec::new(), Vec::new());
                join_pcm16(simd, &left, &right, &mut pcm16);
                l.clear();
                r.clear();
                split_pcm16(simd, &pcm16, &mut l, &mut r);
                join_pcm16(simd, &l, &r, &mut again);
                prop_assert_eq!(pcm16, again);
            }
        }

        #[test]
        fn mono_is_the_mean(frames in frames()) {
            let (left, right): (Vec<f32>, Vec<f32>) = frames.into_iter().unzip();
            for simd in Simd::here() {
                let (mut bytes, mut mono) = (Vec::new(), Vec::new());
                join_f32(simd, &left, &right, &mut bytes);
                mono_from_f32(simd, &bytes, &mut mono);
                let means = left.iter().zip(&right).map(|(l, r)| (l + r) * 0.5);
                prop_assert!(mono.iter().copied().eq(means));

                let (mut l, mut r) = (Vec::new(), Vec::new());
                bytes.clear();
                mono.clear();
                join_pcm16(simd, &left, &right, &mut bytes);
                mono_from_pcm16(simd, &bytes, &mut mono);
                split_pcm16(simd, &bytes, &mut l, &mut r);
                let means = l.iter().zip(&r).map(|(l, r)| (l + r) * 0.5);
                prop_assert!(mono.iter().copied().eq(means));
            }
        }

        #[test]
        fn both_channels_are_the_one(samples in vec(-1.5_f32..1.5, 0..70)) {
            for simd in Simd::here() {
                let (mut stereo, mut joined) = (Vec::new(), Vec::new());
                both_f32(simd, &samples, &mut stereo);
                join_f32(simd, &samples, &samples, &mut joined);
                prop_assert_eq!(&stereo, &joined);
                let (mut mono, mut expected) = (Vec::new(), Vec::new());
                mono_from_f32(simd, &stereo, &mut mono);
                prop_assert_eq!(&mono, &samples);

                stereo.clear();
                joined.clear();
                both_pcm16(simd, &samples, &mut stereo);
                join_pcm16(simd, &samples, &samples, &mut joined);
                prop_assert_eq!(&stereo, &joined);
                mono.clear();
                joined.clear();
                mono_from_pcm16(simd, &stereo, &mut mono);
                write_pcm16(simd, &samples, &mut joined);
                read_pcm16(simd, &joined, &mut expected);
                prop_assert_eq!(mono, expected);
            }
        }

        #[test]
        fn the_mean_is_finite(bits: [u32; 2]) {
            let [left, right] = bits.map(f32::from_bits);
            let mut bytes = Vec::new();
            join_f32(Simd::Portable, &[left; 37], &[right; 37], &mut bytes);
            for simd in Simd::here() {
                let mut mono = Vec::new();
                mono_from_f32(simd, &bytes, &mut mono);
                let mean = (left + right) * 0.5;
                let expected = if mean.is_nan() { 0.0 } else { mean.clamp(-LOUDEST, LOUDEST) };
                prop_assert_eq!(mono, vec![expected; 37]);
            }
        }

        #[test]
        fn a_broken_frame_is_left_out(bytes in vec(any::<u8>(), 0..40)) {
            let (mut mono, mut all) = (Vec::new(), Vec::new());
            mono_from_f32(Simd::chosen(), &bytes, &mut mono);
            read_f32(Simd::chosen(), &bytes, &mut all);
            prop_assert_eq!(mono.len(), bytes.len() / 8);
            prop_assert_eq!(all.len(), bytes.len() / 4);
            all.clear();
            let mut written = Vec::new();
            write_f32(Simd::chosen(), &mono, &mut written);
            prop_assert_eq!(written.len(), mono.len() * 4);
        }
    }
}
