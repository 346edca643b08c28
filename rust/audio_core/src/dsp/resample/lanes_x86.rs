//! The vectors of x86-64 beyond what all of its kind have: 256 and 512 bit.

#![expect(
    clippy::inline_always,
    reason = "code takes the instructions of the function that it is inlined into"
)]

use super::lanes::{Lanes, Sorting};
use std::arch::x86_64::{
    __m256, __m512, _mm256_add_ps, _mm256_alignr_epi8, _mm256_castps128_ps256,
    _mm256_castps256_ps128, _mm256_castps_si256, _mm256_castsi256_ps, _mm256_extractf128_ps,
    _mm256_fmadd_ps, _mm256_insertf128_ps, _mm256_loadu_ps, _mm256_permute2f128_ps, _mm256_set1_ps,
    _mm256_setzero_ps, _mm256_shuffle_ps, _mm256_storeu_ps, _mm256_sub_ps, _mm256_unpackhi_ps,
    _mm256_unpacklo_ps, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_set1_ps, _mm512_setzero_ps,
    _mm512_storeu_ps, _mm_loadu_ps, _mm_storeu_ps,
};

/// 256 bit.
#[derive(Clone, Copy)]
pub struct Avx2(__m256);

/// In each half of the registers, what is a row of four of them becomes a column.
#[inline(always)]
unsafe fn turned([a, b, c, d]: [__m256; 4]) -> [__m256; 4] {
    unsafe {
        let (ab_low, ab_high) = (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
        let (cd_low, cd_high) = (_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
        [
            _mm256_shuffle_ps::<0x44>(ab_low, cd_low),
            _mm256_shuffle_ps::<0xEE>(ab_low, cd_low),
            _mm256_shuffle_ps::<0x44>(ab_high, cd_high),
            _mm256_shuffle_ps::<0xEE>(ab_high, cd_high),
        ]
    }
}

/// The head of row l in one half of the l-th register, that of row l + 4 in the other.
#[inline(always)]
unsafe fn eight_rows(from: *const f32, step: usize) -> [__m256; 4] {
    unsafe {
        let mut rows = [_mm256_setzero_ps(); 4];
        for (lane, row) in rows.iter_mut().enumerate() {
            let low = _mm_loadu_ps(from.add(lane * step));
            let high = _mm_loadu_ps(from.add((lane + 4) * step));
            *row = _mm256_insertf128_ps::<1>(_mm256_castps128_ps256(low), high);
        }
        rows
    }
}

#[inline(always)]
unsafe fn store_rows(rows: [__m256; 4], to: *mut f32, step: usize) {
    for (lane, row) in rows.into_iter().enumerate() {
        unsafe {
            _mm_storeu_ps(to.add(lane * step), _mm256_castps256_ps128(row));
            _mm_storeu_ps(to.add((lane + 4) * step), _mm256_extractf128_ps::<1>(row));
        }
    }
}

// SAFETY: needs no instructions but those of AVX2 and FMA, and the caller vouches for
// them and the pointers.
unsafe impl Lanes for Avx2 {
    const WIDTH: usize = 8;

    #[inline(always)]
    unsafe fn zero() -> Self {
        Self(unsafe { _mm256_setzero_ps() })
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        Self(unsafe { _mm256_loadu_ps(from) })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        unsafe { _mm256_storeu_ps(to, self.0) }
    }

    #[inline(always)]
    unsafe fn plus_product(self, coefficients: Self, sample: f32) -> Self {
        Self(unsafe { _mm256_fmadd_ps(coefficients.0, _mm256_set1_ps(sample), self.0) })
    }
}

// SAFETY: as above.
unsafe impl Sorting for Avx2 {
    #[inline(always)]
    unsafe fn plus(self, other: Self) -> Self {
        Self(unsafe { _mm256_add_ps(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn minus(self, other: Self) -> Self {
        Self(unsafe { _mm256_sub_ps(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn after(self, before: Self) -> Self {
        unsafe {
            // The upper half of the one before, then the lower half.
            let middle = _mm256_permute2f128_ps::<0x21>(before.0, self.0);
            let (middle, own) = (_mm256_castps_si256(middle), _mm256_castps_si256(self.0));
            Self(_mm256_castsi256_ps(_mm256_alignr_epi8::<12>(own, middle)))
        }
    }

    #[inline(always)]
    unsafe fn columns(from: *const f32, step: usize) -> [Self; 4] {
        let [a, b, c, d] = unsafe { turned(eight_rows(from, step)) };
        [Self(a), Self(b), Self(c), Self(d)]
    }

    #[inline(always)]
    unsafe fn rows([a, b, c, d]: [Self; 4], to: *mut f32, step: usize) {
        unsafe { store_rows(turned([a.0, b.0, c.0, d.0]), to, step) }
    }
}

/// 512 bit.
#[derive(Clone, Copy)]
pub struct Avx512(__m512);

// SAFETY: needs no instructions but those of AVX-512F, which include AVX2's and FMA's,
// and the caller vouches for them and the pointers.
unsafe impl Lanes for Avx512 {
    const WIDTH: usize = 16;

    #[inline(always)]
    unsafe fn zero() -> Self {
        Self(unsafe { _mm512_setzero_ps() })
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        Self(unsafe { _mm512_loadu_ps(from) })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        unsafe { _mm512_storeu_ps(to, self.0) }
    }

    #[inline(always)]
    unsafe fn plus_product(self, coefficients: Self, sample: f32) -> Self {
        Self(unsafe { _mm512_fmadd_ps(coefficients.0, _mm512_set1_ps(sample), self.0) })
    }
}
