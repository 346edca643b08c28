//! Vectors of samples, as wide as the instructions at hand.
//!
//! Kernels are written over these; a lane computes the same whatever stands in
//! the others, so that a sample does not depend on where in a vector it falls.

#![expect(
    clippy::inline_always,
    reason = "code takes the instructions of the function that it is inlined into"
)]

/// Samples that are read or written in one go for each lane, see `columns`.
pub const ROW: usize = 8;

/// A vector of `WIDTH` samples.
///
/// # Safety
/// Whoever calls one of these has made sure that the machine has the instructions;
/// pointers are good for reading or writing `WIDTH` samples, of any alignment.
pub unsafe trait Lanes: Copy {
    /// Samples in a vector.
    const WIDTH: usize;
    /// Sums that are kept in registers at once, beside what they are made of.
    const SUMS: usize = 12;
    unsafe fn zero() -> Self;
    unsafe fn load(from: *const f32) -> Self;
    unsafe fn store(self, to: *mut f32);
    unsafe fn plus(self, other: Self) -> Self;
    unsafe fn minus(self, other: Self) -> Self;
    /// `self + coefficients * sample`.
    unsafe fn plus_product(self, coefficients: Self, sample: f32) -> Self;
    /// Vectors of which lane l of the n-th is `from[l * step + n]`.
    unsafe fn columns(from: *const f32, step: usize) -> [Self; ROW];
    /// The way back: lane l of the n-th to `to[l * step + n]`.
    unsafe fn rows(columns: [Self; ROW], to: *mut f32, step: usize);
}

/// Four lanes, which every 64 bit machine has; no fused multiply-add, for not every
/// one has it.
#[derive(Clone, Copy)]
pub struct Portable([f32; 4]);

impl Portable {
    #[inline(always)]
    fn lane_by_lane(mut self, other: Self, of: impl Fn(f32, f32) -> f32) -> Self {
        for (mine, other) in self.0.iter_mut().zip(other.0) {
            *mine = of(*mine, other);
        }
        self
    }
}

// SAFETY: needs no instructions of its own.
unsafe impl Lanes for Portable {
    const WIDTH: usize = 4;

    #[inline(always)]
    unsafe fn zero() -> Self {
        Self([0.0; 4])
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller's, see the trait.
        Self(unsafe { from.cast::<[f32; 4]>().read_unaligned() })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller's, see the trait.
        unsafe { to.cast::<[f32; 4]>().write_unaligned(self.0) }
    }

    #[inline(always)]
    unsafe fn plus(self, other: Self) -> Self {
        self.lane_by_lane(other, |a, b| a + b)
    }

    #[inline(always)]
    unsafe fn minus(self, other: Self) -> Self {
        self.lane_by_lane(other, |a, b| a - b)
    }

    #[inline(always)]
    unsafe fn plus_product(self, coefficients: Self, sample: f32) -> Self {
        self.lane_by_lane(coefficients, |sum, coefficient| sum + coefficient * sample)
    }

    #[inline(always)]
    unsafe fn columns(from: *const f32, step: usize) -> [Self; ROW] {
        let mut columns = [Self([0.0; 4]); ROW];
        for lane in 0..Self::WIDTH {
            for (at, column) in columns.iter_mut().enumerate() {
                // SAFETY: the caller's, see the trait.
                column.0[lane] = unsafe { *from.add(lane * step + at) };
            }
        }
        columns
    }

    #[inline(always)]
    unsafe fn rows(columns: [Self; ROW], to: *mut f32, step: usize) {
        for lane in 0..Self::WIDTH {
            for (at, column) in columns.iter().enumerate() {
                // SAFETY: the caller's, see the trait.
                unsafe { *to.add(lane * step + at) = column.0[lane] };
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
pub use super::lanes_x86::{Avx2, Avx512};
