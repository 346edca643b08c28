//! One run of a half-band filter: which samples stand in which lane of which vector.
//!
//! Each lane takes its own stretch of the stream. Inputs are turned into lanes, become
//! the parts that the short filters work on, and what these make is put together and
//! turned back into a row. Knows nothing of streams and their cuts.

#![expect(
    clippy::inline_always,
    reason = "code takes the instructions of the function that it is inlined into"
)]
#![expect(
    clippy::many_single_char_names,
    reason = "the four sums and what is beside them, in the order of a row"
)]

#[cfg(target_arch = "x86_64")]
use super::lanes::{Avx2, Avx512};
use super::lanes::{Lanes, Portable};
use super::quarters::{filter, parts, quarters, PARTS, QUARTER};
use crate::dsp::cpu::Simd;

/// Sums that are made together: one of each quarter.
pub const SUMS: usize = 4;
/// The sequences of the inputs that go around the filter, in a row behind the parts.
const AROUND: [usize; SUMS] = [PARTS, PARTS + 1, PARTS + 2, PARTS + 3];
/// All sequences of a moment, one vector of each.
pub const SEQUENCES: usize = PARTS + SUMS;

/// Where things are, in one run.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    pub taps: &'a [Vec<f32>; PARTS],
    pub middle: f32,
    /// Moments before the stretch that its first sums need.
    pub history: usize,
    /// From a lane's first moment to the next lane's: so many moments in each.
    pub stretch: usize,
    pub input: *const f32,
    pub room: *mut f32,
    pub output: *mut f32,
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2(run: Run, is_halving: bool) {
    unsafe {
        if is_halving {
            run.halve::<Avx2>();
        } else {
            run.double::<Avx2>();
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f")]
unsafe fn avx512(run: Run, is_halving: bool) {
    unsafe {
        if is_halving {
            run.halve::<Avx512>();
        } else {
            run.double::<Avx512>();
        }
    }
}

/// # Safety
/// For all of these: the instructions of `V` are there, and the pointers lead to as
/// much as `HalfBand::run` has looked for.
impl Run<'_> {
    /// Halve or double the rate of what is in the stretch.
    pub unsafe fn perform(self, simd: Simd, is_halving: bool) {
        unsafe {
            match (simd, is_halving) {
                (Simd::Portable, true) => self.halve::<Portable>(),
                (Simd::Portable, false) => self.double::<Portable>(),
                #[cfg(target_arch = "x86_64")]
                (Simd::Avx2, is_halving) => avx2(self, is_halving),
                #[cfg(target_arch = "x86_64")]
                (Simd::Avx512, is_halving) => avx512(self, is_halving),
                #[cfg(not(target_arch = "x86_64"))]
                (Simd::Avx2 | Simd::Avx512, _) => unreachable!("was not detected"),
            }
        }
    }

    /// Where a sequence has its value of a moment, the first of its history being 0.
    #[inline(always)]
    unsafe fn at<V: Lanes>(&self, sequence: usize, moment: usize) -> *mut f32 {
        unsafe { self.room.add((moment * SEQUENCES + sequence) * V::WIDTH) }
    }

    /// Where the product of a part is, the first being the one before the stretch.
    #[inline(always)]
    unsafe fn product<V: Lanes>(&self, part: usize, moment: usize) -> *mut f32 {
        unsafe {
            let begin = self.at::<V>(0, self.stretch + self.history);
            begin.add((moment * PARTS + part) * V::WIDTH)
        }
    }

    #[inline(always)]
    unsafe fn halve<V: Lanes>(&self) {
        unsafe {
            for moment in 0..self.stretch + self.history {
                let from = self.input.add(moment * 2 * SUMS);
                let [a, v, b, w, c, x, d, y] = V::columns(from, self.stretch * 2 * SUMS);
                self.keep_parts([a, b, c, d], moment);
                for (sequence, around) in AROUND.into_iter().zip([v, w, x, y]) {
                    around.store(self.at::<V>(sequence, moment));
                }
            }
            self.multiply::<V>();
            for moment in (0..self.stretch).step_by(2) {
                let [a, b, c, d] = self.halved::<V>(moment);
                let [e, f, g, h] = self.halved::<V>(moment + 1);
                let to = self.output.add(moment * SUMS);
                V::rows([a, b, c, d, e, f, g, h], to, self.stretch * SUMS);
            }
        }
    }

    #[inline(always)]
    unsafe fn double<V: Lanes>(&self) {
        unsafe {
            for moment in (0..self.stretch + self.history).step_by(2) {
                let from = self.input.add(moment * SUMS);
                let [a, b, c, d, e, f, g, h] = V::columns(from, self.stretch * SUMS);
                self.keep_parts([a, b, c, d], moment);
                self.keep_parts([e, f, g, h], moment + 1);
            }
            self.multiply::<V>();
            for moment in 0..self.stretch {
                let [b, d, f, h] = self.sums::<V>(moment);
                let [a, c, e, g] = self.around::<V>(QUARTER, moment);
                let to = self.output.add(moment * 2 * SUMS);
                V::rows([a, b, c, d, e, f, g, h], to, self.stretch * 2 * SUMS);
            }
        }
    }

    #[inline(always)]
    unsafe fn keep_parts<V: Lanes>(&self, quarters: [V; 4], moment: usize) {
        let parts = parts(quarters, |a, b| unsafe { a.plus(b) });
        for (part, vector) in parts.into_iter().enumerate() {
            unsafe { vector.store(self.at::<V>(part, moment)) };
        }
    }

    #[inline(always)]
    unsafe fn multiply<V: Lanes>(&self) {
        for (part, taps) in self.taps.iter().enumerate() {
            unsafe {
                let (from, to) = (self.at::<V>(part, 0), self.product::<V>(part, 0));
                filter::<V, SEQUENCES, PARTS>(taps, from, to, self.stretch + 1);
            }
        }
    }

    #[inline(always)]
    unsafe fn products<V: Lanes>(&self, moment: usize) -> [V; PARTS] {
        unsafe {
            let mut products = [V::zero(); PARTS];
            for (part, product) in products.iter_mut().enumerate() {
                *product = V::load(self.product::<V>(part, moment));
            }
            products
        }
    }

    #[inline(always)]
    unsafe fn sums<V: Lanes>(&self, moment: usize) -> [V; SUMS] {
        unsafe { quarters(self.products(moment + 1), self.products(moment)) }
    }

    #[inline(always)]
    unsafe fn halved<V: Lanes>(&self, moment: usize) -> [V; SUMS] {
        unsafe {
            let mut sums = self.sums::<V>(moment);
            let around = self.around::<V>(AROUND, moment);
            for (sum, around) in sums.iter_mut().zip(around) {
                *sum = sum.plus_product(around, self.middle);
            }
            sums
        }
    }

    /// What goes around the filter, and meets each sum: the middle of what it sums up.
    #[inline(always)]
    unsafe fn around<V: Lanes>(&self, sequences: [usize; SUMS], moment: usize) -> [V; SUMS] {
        unsafe {
            let mut around = [V::zero(); SUMS];
            for (sum, vector) in around.iter_mut().enumerate() {
                let place = (self.history + moment) * SUMS + sum - 2 * self.history;
                *vector = V::load(self.at::<V>(sequences[place % SUMS], place / SUMS));
            }
            around
        }
    }
}
