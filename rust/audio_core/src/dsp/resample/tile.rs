//! The filter of a half-band as nine short ones: 9/16 of the multiplications.
//!
//! A filter and its input fall into even and odd, H0 and H1, x0 and x1. Then
//!     y0 = H0 x0 + H1 x1' = x0 (H0 + H1) + (x1' - x0) H1
//!     y1 = H0 x1 + H1 x0  = x0 (H0 + H1) + (x1 - x0) H0
//! where x1' is x1 one pair ago: three products of half the length instead of four.
//! Done twice, there are quarters: every fourth sample of a sequence, and differences
//! of quarters. A moment is one sample of each quarter, and makes four sums.
//!
//! A run goes through the stream in tiles that stay in the nearest cache: sort the
//! inputs into rows, multiply each row by its taps, and put together what comes of it.
//! Every sum is made of the same numbers in the same order, wherever it falls: any cut
//! gives the same bits. Knows nothing of streams and their cuts.

#![expect(
    clippy::inline_always,
    reason = "code takes the instructions of the function that it is inlined into"
)]
#![expect(
    clippy::many_single_char_names,
    reason = "the four quarters and what is around them, in the order of the stream"
)]

use super::lanes::{Portable, Sorting};
#[cfg(target_arch = "x86_64")]
use super::lanes_x86::Avx2;
use super::minimax;
use crate::dsp::cpu::Simd;
use std::mem::MaybeUninit;

/// Sums that are made together: one of each quarter.
pub const SUMS: usize = 4;
/// Short filters, and the rows that they work on.
pub const PARTS: usize = 9;
/// Moments that a sum reaches back; as many taps has each short filter.
pub const HISTORY: usize = 2 * minimax::TAPS.len() / SUMS;
/// Moments from an input beside the filter to the sum whose middle it is.
pub const AROUND: usize = HISTORY / 2;
/// Moments are computed so many at a time, which fill whole vectors of any width.
pub const GRAIN: usize = 8;
/// Moments in a tile.
const TILE: usize = 80;
/// Vectors whose sums are in registers at once.
const HEIGHT: usize = 10;

/// Of each short filter, the oldest moment's first.
pub type ShortTaps = [[f32; HISTORY]; PARTS];

/// What the short filters have to do with: see the formulas above.
pub fn parts_of_taps([a, b, c, d]: [f64; SUMS]) -> [f64; PARTS] {
    let of_half = |even, odd| [even + odd, even, odd];
    let ([p, q, r], [s, t, u], [v, w, x]) = (of_half(a + b, c + d), of_half(a, c), of_half(b, d));
    [p, q, r, s, t, u, v, w, x]
}

/// One row: what is known, and what is new behind it.
type Row = [f32; HISTORY + TILE];

/// What a run needs room for.
#[repr(align(64))]
struct Tile {
    parts: [Row; PARTS],
    /// The inputs that go around the filter.
    around: [Row; SUMS],
    products: [[f32; TILE]; PARTS],
}

/// Where things are, in one run.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    pub taps: &'a ShortTaps,
    /// How many to compute: a multiple of `GRAIN`.
    pub moments: usize,
    /// Where the history begins.
    pub input: *const f32,
    pub output: *mut f32,
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2(run: Run, is_halving: bool) {
    unsafe { run.all_tiles::<Avx2>(is_halving) }
}

/// # Safety
/// For all of these: the instructions of `V` are there; `input` leads to `HISTORY` and
/// `moments` more, and `output` to room for what comes of `moments`.
impl Run<'_> {
    /// Halve or double the rate.
    ///
    /// # Panics
    /// If the machine lacks `simd`, or the moments do not fill whole vectors.
    pub unsafe fn perform(self, simd: Simd, is_halving: bool) {
        assert!(simd <= Simd::detected());
        assert!(self.moments.is_multiple_of(GRAIN));
        unsafe {
            match simd {
                Simd::Portable => self.all_tiles::<Portable>(is_halving),
                // Of wider loads nearly all would lie across two lines of the cache, and
                // take twice as long.
                #[cfg(target_arch = "x86_64")]
                Simd::Avx2 | Simd::Avx512 => avx2(self, is_halving),
                #[cfg(not(target_arch = "x86_64"))]
                Simd::Avx2 | Simd::Avx512 => unreachable!("was not detected"),
            }
        }
    }

    #[inline(always)]
    unsafe fn all_tiles<V: Sorting>(self, is_halving: bool) {
        unsafe {
            if is_halving {
                self.tiles::<V, true>();
            } else {
                self.tiles::<V, false>();
            }
        }
    }

    #[inline(always)]
    unsafe fn tiles<V: Sorting, const HALVING: bool>(mut self) {
        let (inputs, outputs) = if HALVING {
            (2 * SUMS, SUMS)
        } else {
            (SUMS, 2 * SUMS)
        };
        const { assert!(GRAIN.is_multiple_of(V::WIDTH)) };
        const { assert!(HISTORY.is_multiple_of(2 * V::WIDTH) && TILE.is_multiple_of(GRAIN)) };
        let mut tile = MaybeUninit::<Tile>::uninit();
        let tile = tile.as_mut_ptr();
        unsafe {
            // Whatever was before the history has no effect.
            let mut before = [V::zero(); SUMS];
            sort::<V, HALVING>(tile, 0..HISTORY, self.input, &mut before);
            self.input = self.input.add(HISTORY * inputs);
            while self.moments > 0 {
                let count = self.moments.min(TILE);
                sort::<V, HALVING>(tile, HISTORY..HISTORY + count, self.input, &mut before);
                multiply::<V>(tile, self.taps, count);
                for moment in (0..count).step_by(V::WIDTH) {
                    let to = self.output.add(moment * outputs);
                    put_together::<V, HALVING>(tile, moment, to);
                }
                self.moments -= count;
                if self.moments > 0 {
                    keep_history(tile);
                }
                self.input = self.input.add(count * inputs);
                self.output = self.output.add(count * outputs);
            }
        }
    }
}

/// Fill these places of the rows; `before` is the vector of quarters before the first.
#[inline(always)]
unsafe fn sort<V: Sorting, const HALVING: bool>(
    tile: *mut Tile,
    places: std::ops::Range<usize>,
    mut input: *const f32,
    before: &mut [V; SUMS],
) {
    unsafe {
        for place in places.step_by(V::WIDTH) {
            let (quarters, around) = if HALVING {
                let [a, v, b, w] = V::columns(input, 2 * SUMS);
                let [c, x, d, y] = V::columns(input.add(SUMS), 2 * SUMS);
                input = input.add(2 * SUMS * V::WIDTH);
                ([a, b, c, d], [v, w, x, y])
            } else {
                let quarters = V::columns(input, SUMS);
                input = input.add(SUMS * V::WIDTH);
                (quarters, quarters)
            };
            for (row, vector) in around.into_iter().enumerate() {
                vector.store((&raw mut (*tile).around[row][place]).cast());
            }
            for (row, vector) in parts(quarters, *before).into_iter().enumerate() {
                vector.store((&raw mut (*tile).parts[row][place]).cast());
            }
            *before = quarters;
        }
    }
}

/// What each short filter works on: see the formulas above.
#[inline(always)]
unsafe fn parts<V: Sorting>([a, b, c, d]: [V; SUMS], before: [V; SUMS]) -> [V; PARTS] {
    unsafe {
        let (b1, c1, d1) = (b.after(before[1]), c.after(before[2]), d.after(before[3]));
        let (odd, late) = (b.minus(a), d1.minus(a));
        [
            a,
            c.minus(a),
            c1.minus(a),
            odd,
            d.minus(c).minus(odd),
            d1.minus(c1).minus(odd),
            late,
            b.minus(c).minus(late),
            b1.minus(c1).minus(late),
        ]
    }
}

#[inline(always)]
unsafe fn multiply<V: Sorting>(tile: *mut Tile, taps: &ShortTaps, count: usize) {
    for (part, taps) in taps.iter().enumerate() {
        let mut done = 0;
        while done < count {
            unsafe {
                // The oldest tap's: one moment of the history is for differences only.
                let from = (&raw const (*tile).parts[part][done + 1]).cast();
                let to = (&raw mut (*tile).products[part][done]).cast();
                done += V::WIDTH
                    * match (count - done) / V::WIDTH {
                        HEIGHT.. => sums::<V, HEIGHT>(taps, from, to),
                        5.. => sums::<V, 5>(taps, from, to),
                        2.. => sums::<V, 2>(taps, from, to),
                        _ => sums::<V, 1>(taps, from, to),
                    };
            }
        }
    }
}

/// `COUNT` vectors of sums; returns that.
///
/// Two taps at a time, a vector's width apart: what one of them has loaded for a sum,
/// the other one needs for the sum before.
#[inline(always)]
unsafe fn sums<V: Sorting, const COUNT: usize>(
    taps: &[f32; HISTORY],
    from: *const f32,
    to: *mut f32,
) -> usize {
    unsafe {
        let mut sums = [V::zero(); COUNT];
        for block in (0..HISTORY).step_by(2 * V::WIDTH) {
            for tap in block..block + V::WIDTH {
                let mut vector = V::load(from.add(tap));
                for (at, sum) in sums.iter_mut().enumerate() {
                    *sum = sum.plus_product(vector, taps[tap]);
                    vector = V::load(from.add((at + 1) * V::WIDTH + tap));
                    *sum = sum.plus_product(vector, taps[tap + V::WIDTH]);
                }
            }
        }
        for (at, sum) in sums.into_iter().enumerate() {
            sum.store(to.add(at * V::WIDTH));
        }
    }
    COUNT
}

/// The outputs of one vector of moments.
#[inline(always)]
unsafe fn put_together<V: Sorting, const HALVING: bool>(
    tile: *const Tile,
    moment: usize,
    to: *mut f32,
) {
    unsafe {
        let mut products = [V::zero(); PARTS];
        for (part, product) in products.iter_mut().enumerate() {
            *product = V::load((&raw const (*tile).products[part][moment]).cast());
        }
        let mut around = [V::zero(); SUMS];
        for (row, vector) in around.iter_mut().enumerate() {
            let place = HISTORY - AROUND + moment;
            *vector = V::load((&raw const (*tile).around[row][place]).cast());
        }
        let [a, b, c, d] = quarters(products);
        let [v, w, x, y] = around;
        if HALVING {
            let halved = [
                a.plus_product(v, 0.5),
                b.plus_product(w, 0.5),
                c.plus_product(x, 0.5),
                d.plus_product(y, 0.5),
            ];
            V::rows(halved, to, SUMS);
        } else {
            V::rows([v, a, w, b], to, 2 * SUMS);
            V::rows([x, c, y, d], to.add(SUMS), 2 * SUMS);
        }
    }
}

/// The sums from the products: see the formulas above.
#[inline(always)]
unsafe fn quarters<V: Sorting>([p, q, r, s, t, u, v, w, x]: [V; PARTS]) -> [V; SUMS] {
    unsafe {
        let (both_even, both_odd) = (p.plus(r), p.plus(q));
        let (even, odd) = (s.plus(u), s.plus(t));
        let (late_even, late_odd) = (v.plus(x), v.plus(w));
        [
            both_even.plus(late_even),
            both_even.plus(even),
            both_odd.plus(late_odd),
            both_odd.plus(odd),
        ]
    }
}

/// The end of a full tile becomes the history of the next one.
#[inline(always)]
unsafe fn keep_history(tile: *mut Tile) {
    unsafe {
        for row in (*tile).parts.iter_mut().chain(&mut (*tile).around) {
            row.copy_within(TILE.., 0);
        }
    }
}
