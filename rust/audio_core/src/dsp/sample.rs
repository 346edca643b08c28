//! Samples between bytes and floats: PCM16 and float, little-endian, of any alignment.
//!
//! Full scale is 1.0. What is read is finite: no number is silence, and what is
//! louder than `LOUDEST`, infinity included, is that loud, for a filter would make
//! an infinity and a zero into no number. Knows nothing of channels.

#![expect(
    clippy::inline_always,
    reason = "code takes the instructions of the function that it is inlined into"
)]

use super::vector::vectorised;
use std::mem::MaybeUninit;

/// 120 dB above full scale: no sound, but room for whoever counts in other units.
pub const LOUDEST: f32 = 1e6;

const PCM16_SCALE: f32 = 32_768.0;

vectorised! {
    /// Append the samples of PCM16, -1 to just below 1; a broken sample is left out.
    pub fn read_pcm16(bytes: &[u8], out: &mut Vec<f32>) {
        let (samples, _) = bytes.as_chunks::<2>();
        append(out, samples, |bytes| [pcm16(*bytes)]);
    }
}

vectorised! {
    /// Append the samples of 32 bit float, made finite; a broken sample is left out.
    pub fn read_f32(bytes: &[u8], out: &mut Vec<f32>) {
        let (samples, _) = bytes.as_chunks::<4>();
        append(out, samples, |bytes| [float(*bytes)]);
    }
}

vectorised! {
    /// Append as PCM16: rounded to the nearest, ties to even, saturated.
    pub fn write_pcm16(samples: &[f32], out: &mut Vec<u8>) {
        append(out, samples, |sample| to_pcm16(*sample).to_le_bytes());
    }
}

vectorised! {
    /// Append as 32 bit float, as they are.
    pub fn write_f32(samples: &[f32], out: &mut Vec<u8>) {
        append(out, samples, |sample| sample.to_le_bytes());
    }
}

/// One sample of PCM16.
#[inline(always)]
pub(super) fn pcm16(bytes: [u8; 2]) -> f32 {
    f32::from(i16::from_le_bytes(bytes)) * (1.0 / PCM16_SCALE)
}

/// One sample of 32 bit float, made finite.
#[inline(always)]
pub(super) fn float(bytes: [u8; 4]) -> f32 {
    finite(f32::from_le_bytes(bytes))
}

/// No number becomes silence, and what is too loud as loud as may be.
#[inline(always)]
pub(super) fn finite(sample: f32) -> f32 {
    let sample = if sample.is_nan() { 0.0 } else { sample };
    sample.clamp(-LOUDEST, LOUDEST)
}

/// The nearest of PCM16; no number is silence.
#[inline(always)]
pub(super) fn to_pcm16(sample: f32) -> i16 {
    // Added to it, a number below 2^22 is rounded to its last bits, ties to even:
    // everywhere the same, and without an instruction that not every machine has.
    const ROUNDER: f32 = 12_582_912.0;
    let sample = if sample.is_nan() { 0.0 } else { sample };
    let scaled = (sample * PCM16_SCALE).clamp(-PCM16_SCALE, PCM16_SCALE - 1.0);
    ((scaled + ROUNDER).to_bits().wrapping_sub(ROUNDER.to_bits())) as i16
}

/// Append what `make` gives for each of `items`, in one pass over fresh memory.
#[inline(always)]
pub(super) fn append<In, Out: Copy, const N: usize>(
    out: &mut Vec<Out>,
    items: &[In],
    make: impl Fn(&In) -> [Out; N],
) {
    append_pairs(out, items, items, |item, _| make(item));
}

/// Append what `make` gives for each two of `left` and `right`, as far as both go.
#[inline(always)]
pub(super) fn append_pairs<Left, Right, Out: Copy, const N: usize>(
    out: &mut Vec<Out>,
    left: &[Left],
    right: &[Right],
    make: impl Fn(&Left, &Right) -> [Out; N],
) {
    let pairs = left.len().min(right.len());
    let count = pairs * N;
    out.reserve(count);
    let (fresh, _) = out.spare_capacity_mut()[..count].as_chunks_mut::<N>();
    for ((to, left), right) in fresh.iter_mut().zip(&left[..pairs]).zip(&right[..pairs]) {
        *to = make(left, right).map(MaybeUninit::new);
    }
    // SAFETY: there is room for `count` more, and the loop has written them all.
    unsafe { out.set_len(out.len() + count) }
}

#[cfg(test)]
mod tests {
    use super::super::cpu::Simd;
    use super::*;
    use proptest::prelude::*;

    const NONE: f32 = f32::NAN;

    #[test]
    fn every_pcm16_sample_comes_back() {
        let all: Vec<u8> = (i16::MIN..=i16::MAX).flat_map(i16::to_le_bytes).collect();
        for simd in Simd::here() {
            let (mut floats, mut bytes) = (Vec::new(), Vec::new());
            read_pcm16(simd, &all, &mut floats);
            write_pcm16(simd, &floats, &mut bytes);
            assert_eq!(bytes, all);
            assert!(floats[0].to_bits() == (-1.0_f32).to_bits());
        }
    }

    #[test]
    fn what_is_read_is_finite() {
        let odd = [NONE, f32::INFINITY, f32::NEG_INFINITY, 3.4e38, 2.0, -0.0];
        let expected = [0.0, LOUDEST, -LOUDEST, LOUDEST, 2.0, 0.0];
        for simd in Simd::here() {
            let mut read = Vec::new();
            let bytes: Vec<u8> = odd.repeat(7).iter().flat_map(|x| x.to_le_bytes()).collect();
            read_f32(simd, &bytes, &mut read);
            assert_eq!(read, expected.repeat(7));
        }
    }

    #[test]
    fn what_is_written_saturates() {
        let loud = [1.0, -1.0, 1e30, f32::NEG_INFINITY, f32::INFINITY, NONE, 0.5];
        let expected = [32_767, -32_768, 32_767, -32_768, 32_767, 0, 16_384_i16];
        for simd in Simd::here() {
            let mut bytes = Vec::new();
            write_pcm16(simd, &loud.repeat(9), &mut bytes);
            let samples: Vec<u8> = expected
                .repeat(9)
                .iter()
                .flat_map(|x| x.to_le_bytes())
                .collect();
            assert_eq!(bytes, samples);
        }
    }

    proptest! {
        #[test]
        fn written_samples_are_the_nearest(
            samples in proptest::collection::vec(-1.1_f32..1.1, 0..100),
            before in proptest::collection::vec(any::<u8>(), 0..5),
        ) {
            let expected: Vec<u8> = samples
                .iter()
                .flat_map(|x| ((x * 32_768.0).round_ties_even() as i16).to_le_bytes())
                .collect();
            for simd in Simd::here() {
                let mut bytes = before.clone();
                write_pcm16(simd, &samples, &mut bytes);
                prop_assert_eq!(&bytes[..before.len()], &before[..]);
                prop_assert_eq!(&bytes[before.len()..], &expected[..]);
            }
        }

        #[test]
        fn bytes_may_lie_anywhere(
            samples in proptest::collection::vec(-2.0_f32..2.0, 0..100),
            shift in 0..4_usize,
            broken in 0..4_usize,
        ) {
            for simd in Simd::here() {
                let mut bytes = vec![0xFF; shift];
                write_f32(simd, &samples, &mut bytes);
                bytes.extend(vec![0; broken]);
                let mut read = Vec::new();
                read_f32(simd, &bytes[shift..], &mut read);
                prop_assert_eq!(&read, &samples);
            }
        }
    }
}
