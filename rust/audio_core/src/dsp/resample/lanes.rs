//! Vectors of samples, as wide as the instructions at hand.
//!
//! Kernels are written over these; a lane computes the same whatever stands in
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
    unsafe fn zero() -> Self;
    unsafe fn load(from: *const f32) -> Self;
    unsafe fn store(self, to: *mut f32);
    /// `self + coefficients * sample`.
    unsafe fn plus_product(self, coefficients: Self, sample: f32) -> Self;
}

/// What it takes beside to sort a stream into several, and these into one again.
///
/// # Safety
/// As above; what is said of reading and writing shows which samples.
pub unsafe trait Sorting: Lanes {
    unsafe fn plus(self, other: Self) -> Self;
    unsafe fn minus(self, other: Self) -> Self;
    /// Every lane's left neighbour; of the first, it is the last one of `before`.
    unsafe fn after(self, before: Self) -> Self;
    /// Vectors of which lane l of the n-th is `from[l * step + n]`.
    unsafe fn columns(from: *const f32, step: usize) -> [Self; 4];
    /// The way back: lane l of the n-th to `to[l * step + n]`.
    unsafe fn rows(columns: [Self; 4], to: *mut f32, step: usize);
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
    unsafe fn plus_product(self, coefficients: Self, sample: f32) -> Self {
        self.lane_by_lane(coefficients, |sum, coefficient| sum + coefficient * sample)
    }
}

// SAFETY: needs no instructions of its own.
unsafe impl Sorting for Portable {
    #[inline(always)]
    unsafe fn plus(self, other: Self) -> Self {
        self.lane_by_lane(other, |a, b| a + b)
    }

    #[inline(always)]
    unsafe fn minus(self, other: Self) -> Self {
        self.lane_by_lane(other, |a, b| a - b)
    }

    #[inline(always)]
    unsafe fn after(self, before: Self) -> Self {
        let ([a, b, c, _], [.., last]) = (self.0, before.0);
        Self([last, a, b, c])
    }

    #[inline(always)]
    unsafe fn columns(from: *const f32, step: usize) -> [Self; 4] {
        // SAFETY: the caller's, see the trait.
        unsafe { turned([0, 1, 2, 3].map(|lane| Self::load(from.add(lane * step)))) }
    }

    #[inline(always)]
    unsafe fn rows(columns: [Self; 4], to: *mut f32, step: usize) {
        for (lane, row) in turned(columns).into_iter().enumerate() {
            // SAFETY: the caller's, see the trait.
            unsafe { row.store(to.add(lane * step)) };
        }
    }
}

#[inline(always)]
fn turned([a, b, c, d]: [Portable; 4]) -> [Portable; 4] {
    let column = |lane: usize| Portable([a.0[lane], b.0[lane], c.0[lane], d.0[lane]]);
    [column(0), column(1), column(2), column(3)]
}
