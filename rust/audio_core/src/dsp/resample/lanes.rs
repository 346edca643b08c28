//! Vectors of samples, as wide as the instructions at hand.
//!
//! One kernel is written over these; a lane computes the same whatever stands in
//! the others, so that a sample does not depend on where in a vector it falls.

#![expect(
    clippy::inline_always,
    reason = "code takes the instructions of the function that it is inlined into"
)]

/// A vector of `WIDTH` samples.
///
/// # Safety
/// Whoever calls one of these has made sure that the machine has the instructions;
/// pointers are good for reading or writing `WIDTH` samples, of any alignment.
pub unsafe trait Lanes: Copy {
    /// Samples in a vector.
    const WIDTH: usize;
    /// Sums that are kept in registers at once, beside what they are made of.
    const SUMS: usize;
    unsafe fn zero() -> Self;
    unsafe fn load(from: *const f32) -> Self;
    unsafe fn store(self, to: *mut f32);
    /// `self + coefficients * sample`.
    unsafe fn plus_product(self, coefficients: Self, sample: f32) -> Self;
}

/// What the compiler makes of it; no fused multiply-add, for not every machine has it.
#[derive(Clone, Copy)]
pub struct Portable([f32; 8]);

// SAFETY: needs no instructions of its own.
unsafe impl Lanes for Portable {
    const WIDTH: usize = 8;
    const SUMS: usize = 6;

    #[inline(always)]
    unsafe fn zero() -> Self {
        Self([0.0; 8])
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller's, see the trait.
        Self(unsafe { from.cast::<[f32; 8]>().read_unaligned() })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller's, see the trait.
        unsafe { to.cast::<[f32; 8]>().write_unaligned(self.0) }
    }

    #[inline(always)]
    unsafe fn plus_product(mut self, coefficients: Self, sample: f32) -> Self {
        for (sum, coefficient) in self.0.iter_mut().zip(coefficients.0) {
            *sum += coefficient * sample;
        }
        self
    }
}

#[cfg(target_arch = "x86_64")]
pub use x86::{Avx2, Avx512};

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Lanes;
    use std::arch::x86_64::{
        __m256, __m512, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_set1_ps, _mm256_setzero_ps,
        _mm256_storeu_ps, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_set1_ps, _mm512_setzero_ps,
        _mm512_storeu_ps,
    };

    /// 256 bit.
    #[derive(Clone, Copy)]
    pub struct Avx2(__m256);

    // SAFETY: each is one instruction, and the caller vouches for it and the pointers.
    unsafe impl Lanes for Avx2 {
        const WIDTH: usize = 8;
        const SUMS: usize = 12;

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

    /// 512 bit.
    #[derive(Clone, Copy)]
    pub struct Avx512(__m512);

    // SAFETY: each is one instruction, and the caller vouches for it and the pointers.
    unsafe impl Lanes for Avx512 {
        const WIDTH: usize = 16;
        const SUMS: usize = 12;

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
}
