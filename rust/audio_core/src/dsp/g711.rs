//! ITU-T G.711: one byte for a sample, finer where it is quiet.
//!
//! A code is a sign, three bits of exponent and four of mantissa: the upper bits of
//! a float. So the float unit finds a sample's segment, and eight or sixteen samples
//! go at once without a table. Mu-law rounds negative samples down to 14 bit before
//! it takes their size, as Python's `audioop` did; A-law is the ITU's to the letter.

use super::cpu::Simd;
use super::vector::vectorised;

/// Which of the two curves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// North America and Japan; the upstream's `audio/pcmu`.
    Ulaw,
    /// Everywhere else; the upstream's `audio/pcma`.
    Alaw,
}

/// What the smallest magnitude of mu-law stands at, in 14 bit.
const BIAS: i32 = 33;
/// Mantissa bits of an f32 below those of a code.
const MANTISSA_SHIFT: u32 = 19;
/// Half a step of the mantissa: a code stands for the middle of its interval.
const HALF_STEP: u32 = 1 << (MANTISSA_SHIFT - 1);
/// At this size an f32's last bit is worth 1: adding it rounds, to even at ties.
const UNITS: f32 = 12_582_912.0;

/// The exponent of 2^`power` where a code has its own.
const fn exponent(power: u32) -> u32 {
    (127 + power) << 4
}

/// Write the code of each sample; both are of one length.
pub fn encode(simd: Simd, law: Law, samples: &[i16], codes: &mut [u8]) {
    match law {
        Law::Ulaw => ulaw_from_i16(simd, samples, codes),
        Law::Alaw => alaw_from_i16(simd, samples, codes),
    }
}

/// Write the code of each sample, full scale 1.0, taken to 16 bit first: rounded to
/// even, saturated, and 0 for what is not a number. Both are of one length.
pub fn encode_f32(simd: Simd, law: Law, samples: &[f32], codes: &mut [u8]) {
    match law {
        Law::Ulaw => ulaw_from_f32(simd, samples, codes),
        Law::Alaw => alaw_from_f32(simd, samples, codes),
    }
}

/// Write the sample of each code; both are of one length.
pub fn decode(simd: Simd, law: Law, codes: &[u8], samples: &mut [i16]) {
    match law {
        Law::Ulaw => ulaw_to_i16(simd, codes, samples),
        Law::Alaw => alaw_to_i16(simd, codes, samples),
    }
}

/// Write the sample of each code, full scale 1.0; both are of one length.
pub fn decode_f32(simd: Simd, law: Law, codes: &[u8], samples: &mut [f32]) {
    match law {
        Law::Ulaw => ulaw_to_f32(simd, codes, samples),
        Law::Alaw => alaw_to_f32(simd, codes, samples),
    }
}

/// One loop over two slices for each pair of law and sample type.
macro_rules! loops {
    ($($name:ident: $from:ty => $to:ty, $convert:expr;)*) => {
        $(vectorised! {
            fn $name(from: &[$from], to: &mut [$to]) {
                assert_eq!(from.len(), to.len());
                for (from, to) in from.iter().zip(to) {
                    *to = $convert(*from);
                }
            }
        })*
    };
}

loops! {
    ulaw_from_i16: i16 => u8, |sample| to_ulaw(i32::from(sample));
    alaw_from_i16: i16 => u8, |sample| to_alaw(i32::from(sample));
    ulaw_from_f32: f32 => u8, |sample| to_ulaw(quantised(sample));
    alaw_from_f32: f32 => u8, |sample| to_alaw(quantised(sample));
    ulaw_to_i16: u8 => i16, |code| whole(from_ulaw(code)) as i16;
    alaw_to_i16: u8 => i16, |code| whole(from_alaw(code)) as i16;
    ulaw_to_f32: u8 => f32, |code| from_ulaw(code) * (1.0 / 32_768.0);
    alaw_to_f32: u8 => f32, |code| from_alaw(code) * (1.0 / 32_768.0);
}

/// The nearest whole number to one of less than 2^22.
#[inline]
fn whole(number: f32) -> i32 {
    (number + UNITS)
        .to_bits()
        .wrapping_sub(UNITS.to_bits())
        .cast_signed()
}

/// Full scale 1.0 to 16 bit.
#[inline]
fn quantised(sample: f32) -> i32 {
    let sample = if sample.is_nan() {
        0.0
    } else {
        sample * 32_768.0
    };
    let sample = if sample > -32_768.0 {
        sample
    } else {
        -32_768.0
    };
    whole(if sample < 32_767.0 { sample } else { 32_767.0 })
}

#[inline]
fn to_ulaw(sample: i32) -> u8 {
    let magnitude = (sample >> 2).abs().min((1 << 13) - 1 - BIAS) + BIAS;
    let code = ((magnitude as f32).to_bits() >> MANTISSA_SHIFT) - exponent(5);
    (code ^ if sample < 0 { 0x7F } else { 0xFF }) as u8
}

/// In units of 16 bit.
#[inline]
fn from_ulaw(code: u8) -> f32 {
    let code = u32::from(!code);
    let bits = ((code & 0x7F) + exponent(7)) << MANTISSA_SHIFT;
    let biased = f32::from_bits(bits | HALF_STEP);
    let zero = (BIAS * 4) as f32;
    if code & 0x80 == 0 {
        biased - zero
    } else {
        zero - biased
    }
}

#[inline]
fn to_alaw(sample: i32) -> u8 {
    let magnitude = (sample ^ (sample >> 31)) >> 4;
    // The first segment is as fine as the second, so it has no exponent.
    let code = if magnitude < 16 {
        magnitude as u32
    } else {
        ((magnitude as f32).to_bits() >> MANTISSA_SHIFT) - exponent(3)
    };
    (code ^ if sample < 0 { 0x55 } else { 0xD5 }) as u8
}

/// In units of 16 bit.
#[inline]
fn from_alaw(code: u8) -> f32 {
    let code = u32::from(code ^ 0x55);
    let is_first = code & 0x70 == 0;
    let segment = (code & 0x7F) + if is_first { 16 } else { 0 };
    let raised = f32::from_bits(((segment + exponent(7)) << MANTISSA_SHIFT) | HALF_STEP);
    let magnitude = raised - if is_first { 256.0 } else { 0.0 };
    if code & 0x80 == 0 {
        -magnitude
    } else {
        magnitude
    }
}
