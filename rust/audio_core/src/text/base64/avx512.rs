//! Base64 by 512 bit registers with VBMI: 48 bytes to 64 characters and back.
//!
//! After W. Muła and D. Lemire, "Base64 encoding and decoding at almost the speed of
//! a memory copy" (2020). Knows whole groups only: no padding, no end.

use super::progress::Progress;
use std::arch::x86_64::{
    __m512i, _mm512_loadu_si512, _mm512_madd_epi16, _mm512_maddubs_epi16, _mm512_mask_storeu_epi8,
    _mm512_maskz_loadu_epi8, _mm512_movepi8_mask, _mm512_multishift_epi64_epi8,
    _mm512_permutex2var_epi8, _mm512_permutexvar_epi8, _mm512_set1_epi32, _mm512_set1_epi64,
    _mm512_setzero_si512, _mm512_storeu_si512, _mm512_ternarylogic_epi32,
};
use std::mem::MaybeUninit;

const BYTES: usize = 48;
const CHARACTERS: usize = 64;
/// The lanes of a register that 48 bytes fill.
const FILLED: u64 = (1 << BYTES) - 1;
/// What the table says of a byte that is no character.
const NONE: u8 = 0x80;

const ALPHABET: [u8; 64] = *b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const MEANINGS: [u8; 128] = meanings();
const SPREAD: [u8; 64] = spread();
const PACK: [u8; 64] = pack();

const fn meanings() -> [u8; 128] {
    let mut table = [NONE; 128];
    let mut at = 0;
    while at < 64 {
        table[ALPHABET[at] as usize] = at as u8;
        at += 1;
    }
    table
}

/// Each group of three, in the order in which its sixes can be cut out.
const fn spread() -> [u8; 64] {
    let mut table = [0; 64];
    let mut group = 0;
    while group < 16 {
        let first = 3 * group as u8;
        table[4 * group] = first + 1;
        table[4 * group + 1] = first;
        table[4 * group + 2] = first + 2;
        table[4 * group + 3] = first + 1;
        group += 1;
    }
    table
}

/// The three bytes of each group of four, most significant first.
const fn pack() -> [u8; 64] {
    let mut table = [0; 64];
    let mut at = 0;
    while at < BYTES {
        table[at] = (at / 3 * 4 + 2 - at % 3) as u8;
        at += 1;
    }
    table
}

#[inline]
#[target_feature(enable = "avx512f")]
fn register(table: &[u8; 64]) -> __m512i {
    // SAFETY: 64 bytes are read from an array of 64.
    unsafe { _mm512_loadu_si512(table.as_ptr().cast()) }
}

/// Encode groups of three from the head of `data`, as many as fit the steps.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
pub fn encode(data: &[u8], out: &mut [MaybeUninit<u8>]) -> Progress {
    let (spread, alphabet) = (register(&SPREAD), register(&ALPHABET));
    // Where in each eight bytes the eight sixes begin.
    let starts = _mm512_set1_epi64(0x3036_242A_1016_040A);
    let mut at = Progress::default();
    while at.read + BYTES <= data.len() && at.written + CHARACTERS <= out.len() {
        let from = data[at.read..at.read + BYTES].as_ptr();
        let to = out[at.written..at.written + CHARACTERS].as_mut_ptr();
        // SAFETY: 48 bytes are read from a slice of 48, the masked lanes are not
        // touched; 64 are written to a slice of 64.
        unsafe {
            let bytes = _mm512_maskz_loadu_epi8(FILLED, from.cast());
            let groups = _mm512_permutexvar_epi8(spread, bytes);
            let sixes = _mm512_multishift_epi64_epi8(starts, groups);
            _mm512_storeu_si512(to.cast(), _mm512_permutexvar_epi8(sixes, alphabet));
        }
        at.read += BYTES;
        at.written += CHARACTERS;
    }
    at
}

/// Decode groups of four from the head of `text`; `None` for what is no character.
///
/// With an `out` of nothing it only checks.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
pub fn decode(text: &[u8], mut out: Option<&mut [MaybeUninit<u8>]>) -> Option<Progress> {
    let (low, high) = MEANINGS.split_at(64);
    let low = register(low.first_chunk()?);
    let high = register(high.first_chunk()?);
    let pack = register(&PACK);
    let mut at = Progress::default();
    let mut wrong = _mm512_setzero_si512();
    while at.read + CHARACTERS <= text.len() {
        let from = text[at.read..at.read + CHARACTERS].as_ptr();
        // SAFETY: 64 bytes are read from a slice of 64.
        let characters = unsafe { _mm512_loadu_si512(from.cast()) };
        let sixes = _mm512_permutex2var_epi8(low, characters, high);
        // The upper bit: of a byte beyond ASCII, or of what the table says of it.
        wrong = _mm512_ternarylogic_epi32::<0xFE>(wrong, sixes, characters);
        if let Some(out) = &mut out {
            if at.written + BYTES > out.len() {
                break;
            }
            let to = out[at.written..at.written + BYTES].as_mut_ptr();
            let twelves = _mm512_maddubs_epi16(sixes, _mm512_set1_epi32(0x0140_0140));
            let groups = _mm512_madd_epi16(twelves, _mm512_set1_epi32(0x0001_1000));
            let bytes = _mm512_permutexvar_epi8(pack, groups);
            // SAFETY: 48 bytes are written to a slice of 48, no others.
            unsafe { _mm512_mask_storeu_epi8(to.cast(), FILLED, bytes) };
        }
        at.read += CHARACTERS;
        at.written += BYTES;
    }
    (_mm512_movepi8_mask(wrong) == 0).then_some(at)
}
