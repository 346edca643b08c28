//! Base64 by 256 bit registers: 32 characters to 24 bytes.
//!
//! After W. Muła and D. Lemire, "Faster Base64 Encoding and Decoding Using AVX2
//! Instructions" (2018). Knows whole groups only: no padding, no end. Encoding is left
//! to base64-simd, which does the same at the same speed.

#![expect(
    clippy::cast_ptr_alignment,
    reason = "the loads and stores here take any address"
)]

use super::progress::Progress;
use std::arch::x86_64::{
    __m256i, _mm256_add_epi8, _mm256_and_si256, _mm256_cmpeq_epi8, _mm256_loadu_si256,
    _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_or_si256, _mm256_permutevar8x32_epi32,
    _mm256_set1_epi32, _mm256_set1_epi8, _mm256_setr_epi32, _mm256_setr_epi8, _mm256_setzero_si256,
    _mm256_shuffle_epi8, _mm256_srli_epi32, _mm256_storeu_si256, _mm256_testz_si256,
};
use std::mem::MaybeUninit;

const BYTES: usize = 24;
const CHARACTERS: usize = 32;

/// A register of two equal halves.
macro_rules! twice {
    ($($byte:expr),*) => { _mm256_setr_epi8($($byte),*, $($byte),*) };
}

/// Decode groups of four from the head of `text`; `None` for what is no character.
///
/// With an `out` of nothing it only checks.
#[target_feature(enable = "avx2")]
pub fn decode(text: &[u8], mut out: Option<&mut [MaybeUninit<u8>]>) -> Option<Progress> {
    let mut at = Progress::default();
    let mut wrong = _mm256_setzero_si256();
    while at.read + CHARACTERS <= text.len() {
        let from = text[at.read..at.read + CHARACTERS].as_ptr();
        // SAFETY: 32 bytes are read from a slice of 32.
        let characters = unsafe { _mm256_loadu_si256(from.cast::<__m256i>()) };
        let (sixes, is_wrong) = sixes(characters);
        wrong = _mm256_or_si256(wrong, is_wrong);
        if let Some(out) = &mut out {
            if at.written + CHARACTERS > out.len() {
                break;
            }
            let to = out[at.written..at.written + CHARACTERS].as_mut_ptr();
            // SAFETY: 32 bytes are written to a slice of 32, 24 of them meant.
            unsafe { _mm256_storeu_si256(to.cast::<__m256i>(), packed(sixes)) };
        }
        at.read += CHARACTERS;
        at.written += BYTES;
    }
    (_mm256_testz_si256(wrong, wrong) == 1).then_some(at)
}

/// What each character stands for, and bits where it is none.
#[inline]
#[target_feature(enable = "avx2")]
fn sixes(characters: __m256i) -> (__m256i, __m256i) {
    let slash = _mm256_set1_epi8(0x2F);
    let high = _mm256_and_si256(_mm256_srli_epi32(characters, 4), slash);
    let low = _mm256_and_si256(characters, slash);
    // A character is wrong where its halves share a bit: rows of the ASCII table are
    // sorted by which columns they lack.
    let columns = twice!(
        0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1A, 0x1B, 0x1B, 0x1B,
        0x1A
    );
    let rows = twice!(
        0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10,
        0x10
    );
    let is_wrong = _mm256_and_si256(
        _mm256_shuffle_epi8(columns, low),
        _mm256_shuffle_epi8(rows, high),
    );
    // The distance depends on the row alone, but for the slash.
    let distances = twice!(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0);
    let is_slash = _mm256_cmpeq_epi8(characters, slash);
    let distance = _mm256_shuffle_epi8(distances, _mm256_add_epi8(is_slash, high));
    (_mm256_add_epi8(characters, distance), is_wrong)
}

/// Thirty-two sixes as twenty-four bytes, and eight of no meaning.
#[inline]
#[target_feature(enable = "avx2")]
fn packed(sixes: __m256i) -> __m256i {
    let twelves = _mm256_maddubs_epi16(sixes, _mm256_set1_epi32(0x0140_0140));
    let groups = _mm256_madd_epi16(twelves, _mm256_set1_epi32(0x0001_1000));
    let order = twice!(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
    let halves = _mm256_shuffle_epi8(groups, order);
    _mm256_permutevar8x32_epi32(halves, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7))
}
