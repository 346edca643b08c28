//! The vectors of x86-64 beyond what all of its kind have: 256 and 512 bit.

#![expect(
    clippy::inline_always,
    reason = "code takes the instructions of the function that it is inlined into"
)]
#![expect(
    clippy::many_single_char_names,
    reason = "eight columns have no better names"
)]

use super::lanes::{Lanes, ROW};
use std::arch::x86_64::{
    __m256, __m512, _mm256_add_ps, _mm256_castpd_ps, _mm256_castps128_ps256,
    _mm256_castps256_ps128, _mm256_extractf128_ps, _mm256_fmadd_ps, _mm256_insertf128_ps,
    _mm256_loadu_ps, _mm256_set1_ps, _mm256_setzero_ps, _mm256_shuffle_ps, _mm256_storeu_ps,
    _mm256_sub_ps, _mm256_unpackhi_ps, _mm256_unpacklo_ps, _mm512_add_ps, _mm512_castps128_ps512,
    _mm512_castps512_ps256, _mm512_castps_pd, _mm512_extractf64x4_pd, _mm512_fmadd_ps,
    _mm512_insertf32x4, _mm512_loadu_ps, _mm512_set1_ps, _mm512_setzero_ps, _mm512_shuffle_ps,
    _mm512_storeu_ps, _mm512_sub_ps, _mm512_unpackhi_ps, _mm512_unpacklo_ps, _mm_loadu_ps,
    _mm_storeu_ps,
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
    unsafe fn plus(self, other: Self) -> Self {
        Self(unsafe { _mm256_add_ps(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn minus(self, other: Self) -> Self {
        Self(unsafe { _mm256_sub_ps(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn plus_product(self, coefficients: Self, sample: f32) -> Self {
        Self(unsafe { _mm256_fmadd_ps(coefficients.0, _mm256_set1_ps(sample), self.0) })
    }

    #[inline(always)]
    unsafe fn columns(from: *const f32, step: usize) -> [Self; ROW] {
        unsafe {
            let ([a, b, c, d], [e, f, g, h]) = (
                turned(eight_rows(from, step)),
                turned(eight_rows(from.add(4), step)),
            );
            [
                Self(a),
                Self(b),
                Self(c),
                Self(d),
                Self(e),
                Self(f),
                Self(g),
                Self(h),
            ]
        }
    }

    #[inline(always)]
    unsafe fn rows([a, b, c, d, e, f, g, h]: [Self; ROW], to: *mut f32, step: usize) {
        unsafe {
            store_rows(turned([a.0, b.0, c.0, d.0]), to, step);
            store_rows(turned([e.0, f.0, g.0, h.0]), to.add(4), step);
        }
    }
}

/// As `turned`, in each quarter of the registers.
#[inline(always)]
unsafe fn turned_512([a, b, c, d]: [__m512; 4]) -> [__m512; 4] {
    unsafe {
        let (ab_low, ab_high) = (_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
        let (cd_low, cd_high) = (_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
        [
            _mm512_shuffle_ps::<0x44>(ab_low, cd_low),
            _mm512_shuffle_ps::<0xEE>(ab_low, cd_low),
            _mm512_shuffle_ps::<0x44>(ab_high, cd_high),
            _mm512_shuffle_ps::<0xEE>(ab_high, cd_high),
        ]
    }
}

/// The heads of rows l, l + 4, l + 8 and l + 12 in the l-th register.
#[inline(always)]
unsafe fn sixteen_rows(from: *const f32, step: usize) -> [__m512; 4] {
    unsafe {
        let mut rows = [_mm512_setzero_ps(); 4];
        for (lane, row) in rows.iter_mut().enumerate() {
            let from = from.add(lane * step);
            *row = _mm512_castps128_ps512(_mm_loadu_ps(from));
            *row = _mm512_insertf32x4::<1>(*row, _mm_loadu_ps(from.add(4 * step)));
            *row = _mm512_insertf32x4::<2>(*row, _mm_loadu_ps(from.add(8 * step)));
            *row = _mm512_insertf32x4::<3>(*row, _mm_loadu_ps(from.add(12 * step)));
        }
        rows
    }
}

/// 512 bit.
#[derive(Clone, Copy)]
pub struct Avx512(__m512);

impl Avx512 {
    #[inline(always)]
    unsafe fn low(self) -> Avx2 {
        Avx2(unsafe { _mm512_castps512_ps256(self.0) })
    }

    #[inline(always)]
    unsafe fn high(self) -> Avx2 {
        unsafe {
            let high = _mm512_extractf64x4_pd::<1>(_mm512_castps_pd(self.0));
            Avx2(_mm256_castpd_ps(high))
        }
    }
}

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
    unsafe fn plus(self, other: Self) -> Self {
        Self(unsafe { _mm512_add_ps(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn minus(self, other: Self) -> Self {
        Self(unsafe { _mm512_sub_ps(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn plus_product(self, coefficients: Self, sample: f32) -> Self {
        Self(unsafe { _mm512_fmadd_ps(coefficients.0, _mm512_set1_ps(sample), self.0) })
    }

    #[inline(always)]
    unsafe fn columns(from: *const f32, step: usize) -> [Self; ROW] {
        unsafe {
            let [a, b, c, d] = turned_512(sixteen_rows(from, step));
            let [e, f, g, h] = turned_512(sixteen_rows(from.add(4), step));
            [
                Self(a),
                Self(b),
                Self(c),
                Self(d),
                Self(e),
                Self(f),
                Self(g),
                Self(h),
            ]
        }
    }

    #[inline(always)]
    unsafe fn rows(columns: [Self; ROW], to: *mut f32, step: usize) {
        unsafe {
            let mut halves = [[Avx2::zero(); ROW]; 2];
            for (at, column) in columns.into_iter().enumerate() {
                (halves[0][at], halves[1][at]) = (column.low(), column.high());
            }
            Avx2::rows(halves[0], to, step);
            Avx2::rows(halves[1], to.add(Avx2::WIDTH * step), step);
        }
    }
}
