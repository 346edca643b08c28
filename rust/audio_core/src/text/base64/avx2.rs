//! Base64 by 256 bit registers: 24 bytes to 32 characters and back.
//!
//! After W. Muła and D. Lemire, "Faster Base64 Encoding and Decoding Using AVX2
//! Instructions" (2018). Knows whole groups only: no padding, no end.

#![expect(
    clippy::cast_ptr_alignment,
    reason = "the loads and stores here take any address"
)]

use super::bulk::Progress;
use std::arch::x86_64::{
    __m128i, __m256i, _mm256_add_epi8, _mm256_and_si256, _mm256_cmpeq_epi8, _mm256_cmpgt_epi8,
    _mm256_loadu_si256, _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_mulhi_epu16,
    _mm256_mullo_epi16, _mm256_or_si256, _mm256_permutevar8x32_epi32, _mm256_set1_epi32,
    _mm256_set1_epi8, _mm256_set_m128i, _mm256_setr_epi32, _mm256_setr_epi8, _mm256_setzero_si256,
    _mm256_shuffle_epi8, _mm256_srli_epi32, _mm256_storeu_si256, _mm256_subs_epu8,
    _mm256_testz_si256, _mm_loadu_si128,
};
use std::mem::MaybeUninit;

/// What a step of encoding loads and consumes, and writes.
const LOADED: usize = 28;
const BYTES: usize = 24;
const CHARACTERS: usize = 32;

/// A register of two equal halves.
macro_rules! twice {
    ($($byte:expr),*) => { _mm256_setr_epi8($($byte),*, $($byte),*) };
}

/// Encode groups of three from the head of `data`, as many as fit the steps.
#[target_feature(enable = "avx2")]
pub fn encode(data: &[u8], out: &mut [MaybeUninit<u8>]) -> Progress {
    let mut at = Progress::default();
    while at.read + LOADED <= data.len() && at.written + CHARACTERS <= out.len() {
        let from = data[at.read..at.read + LOADED].as_ptr();
        let to = out[at.written..at.written + CHARACTERS].as_mut_ptr();
        // SAFETY: 28 bytes are read from a slice of 28, at 0 and at 12; 32 are written
        // to a slice of 32. Neither needs to be aligned.
        unsafe {
            let low = _mm_loadu_si128(from.cast::<__m128i>());
            let high = _mm_loadu_si128(from.add(12).cast::<__m128i>());
            let text = characters(_mm256_set_m128i(high, low));
            _mm256_storeu_si256(to.cast::<__m256i>(), text);
        }
        at.read += BYTES;
        at.written += CHARACTERS;
    }
    at
}

/// Twelve bytes in each half, as sixteen characters.
#[inline]
#[target_feature(enable = "avx2")]
fn characters(bytes: __m256i) -> __m256i {
    // Each group of three twice over, so that its four sixes lie in four bytes' reach.
    let spread = twice!(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10);
    let groups = _mm256_shuffle_epi8(bytes, spread);
    // A multiplication shifts each 16 bits by its own distance.
    let odd = _mm256_mulhi_epu16(
        _mm256_and_si256(groups, _mm256_set1_epi32(0x0FC0_FC00)),
        _mm256_set1_epi32(0x0400_0040),
    );
    let even = _mm256_mullo_epi16(
        _mm256_and_si256(groups, _mm256_set1_epi32(0x003F_03F0)),
        _mm256_set1_epi32(0x0100_0010),
    );
    let sixes = _mm256_or_si256(odd, even);
    // Which of the alphabet's runs: 0 for a-z, 1 to 10 for digits, 11, 12; 13 for A-Z.
    let beyond = _mm256_subs_epu8(sixes, _mm256_set1_epi8(51));
    let is_upper = _mm256_cmpgt_epi8(_mm256_set1_epi8(26), sixes);
    let run = _mm256_or_si256(beyond, _mm256_and_si256(is_upper, _mm256_set1_epi8(13)));
    let offsets = twice!(71, -4, -4, -4, -4, -4, -4, -4, -4, -4, -4, -19, -16, 65, 0, 0);
    _mm256_add_epi8(sixes, _mm256_shuffle_epi8(offsets, run))
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
