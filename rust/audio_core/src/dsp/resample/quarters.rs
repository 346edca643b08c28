//! A long filter as nine short ones: 9/16 of the multiplications.
//!
//! Of a product of polynomials (a0 + a1 z)(b0 + b1 z) the middle coefficient is
//! (a0 + a1)(b0 + b1) - a0 b0 - a1 b1: three products instead of four (Karatsuba;
//! for filters, the fast FIR algorithm). Done twice, a filter and its input fall into
//! quarters, every fourth tap and every fourth sample, and sums of quarters.
//!
//! The lanes of a vector are moments of the stream that lie a `stretch` apart, so that
//! a sample's neighbour stands in the next vector, and no tap needs a shuffle or a
//! load across a cache line. Every output is made by the same sums of the same
//! numbers, wherever it falls: any cut gives the same bits.

#![expect(
    clippy::inline_always,
    reason = "code takes the instructions of the function that it is inlined into"
)]

use super::lanes::Lanes;

/// Short filters, and the sequences that they work on.
pub const PARTS: usize = 9;
/// Which parts are the quarters themselves, in order.
pub const QUARTER: [usize; 4] = [0, 3, 1, 4];

/// From the quarters of a sequence what each short filter has to do with.
#[inline(always)]
pub fn parts<T: Copy>(quarters: [T; 4], plus: impl Fn(T, T) -> T) -> [T; PARTS] {
    let [a, b, c, d] = quarters;
    let (ac, bd, ab, cd) = (plus(a, c), plus(b, d), plus(a, b), plus(c, d));
    [a, c, ac, b, d, bd, ab, cd, plus(ac, bd)]
}

/// A half-rate sequence from its three products, each one at this moment and before.
#[inline(always)]
unsafe fn half<V: Lanes>([even, odd, both]: [V; 3], odd_before: V) -> (V, V) {
    unsafe { (even.plus(odd_before), both.minus(even).minus(odd)) }
}

/// The quarters of the output from the products of this moment, and of the one before.
#[inline(always)]
pub unsafe fn quarters<V: Lanes>(now: [V; PARTS], before: [V; PARTS]) -> [V; 4] {
    let [a0, a1, a2, b0, b1, b2, c0, c1, c2] = now;
    unsafe {
        let (a_even, a_odd) = half([a0, a1, a2], before[1]);
        let (b_even, b_odd) = half([b0, b1, b2], before[4]);
        let (c_even, c_odd) = half([c0, c1, c2], before[7]);
        let b_odd_before = before[5].minus(before[3]).minus(before[4]);
        [
            a_even.plus(b_odd_before),
            c_even.minus(a_even).minus(b_even),
            a_odd.plus(b_even),
            c_odd.minus(a_odd).minus(b_odd),
        ]
    }
}

/// `count` vectors of sums, the first of them over the first `taps.len()` vectors at
/// `from`, and so on; from one vector to the next are `FROM` vectors there, `TO` at `to`.
#[inline(always)]
pub unsafe fn filter<V: Lanes, const FROM: usize, const TO: usize>(
    taps: &[f32],
    from: *const f32,
    to: *mut f32,
    count: usize,
) {
    // As few tiles as there are registers for, all of one height; the last overlaps.
    let tiles = count.div_ceil(V::SUMS);
    let height = count.div_ceil(tiles);
    for tile in 0..tiles {
        let at = (tile * height).min(count - height);
        // SAFETY: the tile lies inside of what the caller vouches for.
        unsafe {
            let (from, to) = (from.add(at * FROM * V::WIDTH), to.add(at * TO * V::WIDTH));
            match height {
                1 => sums::<V, 1, FROM, TO>(taps, from, to),
                2 => sums::<V, 2, FROM, TO>(taps, from, to),
                3 => sums::<V, 3, FROM, TO>(taps, from, to),
                4 => sums::<V, 4, FROM, TO>(taps, from, to),
                5 => sums::<V, 5, FROM, TO>(taps, from, to),
                6 => sums::<V, 6, FROM, TO>(taps, from, to),
                7 => sums::<V, 7, FROM, TO>(taps, from, to),
                8 => sums::<V, 8, FROM, TO>(taps, from, to),
                9 => sums::<V, 9, FROM, TO>(taps, from, to),
                10 => sums::<V, 10, FROM, TO>(taps, from, to),
                11 => sums::<V, 11, FROM, TO>(taps, from, to),
                _ => sums::<V, 12, FROM, TO>(taps, from, to),
            }
        }
    }
}

#[inline(always)]
unsafe fn sums<V: Lanes, const HEIGHT: usize, const FROM: usize, const TO: usize>(
    taps: &[f32],
    mut from: *const f32,
    to: *mut f32,
) {
    // SAFETY: see `filter`.
    unsafe {
        let mut sums = [V::zero(); HEIGHT];
        for tap in taps {
            for (row, sum) in sums.iter_mut().enumerate() {
                *sum = sum.plus_product(V::load(from.add(row * FROM * V::WIDTH)), *tap);
            }
            from = from.wrapping_add(FROM * V::WIDTH);
        }
        for (row, sum) in sums.into_iter().enumerate() {
            sum.store(to.add(row * TO * V::WIDTH));
        }
    }
}
