//! The sums of products: the one loop that costs.
//!
//! A vector holds neighbouring outputs. Each input sample is spread over all lanes
//! and multiplied by the coefficients that it has for these outputs, which lie ready
//! as one row; where an output does not reach the sample, its coefficient is zero.
//! So nothing is shuffled, and the outputs of the next periods, which need the same
//! rows, are summed along with a row while it is in a register. Every output is one
//! chain of sums, oldest sample first, wherever it falls: any cut gives the same bits.

#![expect(
    clippy::inline_always,
    reason = "code takes the instructions of the function that it is inlined into"
)]

use super::lanes::Lanes;
use crate::dsp::cpu::Simd;

/// Some neighbouring outputs of a period, and those of the periods that follow.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// For each input sample in turn the coefficients of all lanes.
    pub rows: &'a [f32],
    /// Where the first period's first sample is.
    pub input: &'a [f32],
    /// From one period's first sample to the next one's.
    pub input_step: usize,
    /// From one period's first output to the next one's.
    pub output_step: usize,
    /// How many periods.
    pub periods: usize,
}

impl Job<'_> {
    /// Samples that are read, from the first to the last.
    fn input_span(&self, width: usize) -> usize {
        (self.periods - 1) * self.input_step + self.rows.len() / width
    }
}

/// Outputs in a vector.
pub const fn width(simd: Simd) -> usize {
    match simd {
        Simd::Portable => 4,
        Simd::Avx2 => 8,
        Simd::Avx512 => 16,
    }
}

/// Do `job`, its first output to the head of `output`; whole vectors are written.
///
/// # Panics
/// If the job reads or writes beyond its slices, or the machine lacks `simd`.
pub fn run(simd: Simd, job: Job, output: &mut [f32]) {
    let width = width(simd);
    if job.periods == 0 || job.rows.is_empty() {
        return;
    }
    assert!(simd <= Simd::detected());
    assert!(job.rows.len().is_multiple_of(width));
    assert!(job.input_span(width) <= job.input.len());
    assert!((job.periods - 1) * job.output_step + width <= output.len());
    // SAFETY: the instructions are there, and the spans are inside of the slices.
    unsafe {
        match simd {
            Simd::Portable => all_periods::<super::lanes::Portable>(job, output.as_mut_ptr()),
            #[cfg(target_arch = "x86_64")]
            Simd::Avx2 => avx2(job, output.as_mut_ptr()),
            #[cfg(target_arch = "x86_64")]
            Simd::Avx512 => avx512(job, output.as_mut_ptr()),
            #[cfg(not(target_arch = "x86_64"))]
            Simd::Avx2 | Simd::Avx512 => unreachable!("was not detected"),
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2(job: Job, output: *mut f32) {
    unsafe { all_periods::<super::lanes_x86::Avx2>(job, output) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
unsafe fn avx512(job: Job, output: *mut f32) {
    unsafe { all_periods::<super::lanes_x86::Avx512>(job, output) }
}

/// As many periods at once as there are registers for their sums.
#[inline(always)]
unsafe fn all_periods<V: Lanes>(job: Job, output: *mut f32) {
    let mut done = 0;
    while done < job.periods {
        // SAFETY: periods before `job.periods` lie inside of what `run` has checked.
        unsafe {
            let input = job.input.as_ptr().add(done * job.input_step);
            let output = output.add(done * job.output_step);
            done += match job.periods - done {
                12.. => periods::<V, 12>(job, input, output),
                8.. => periods::<V, 8>(job, input, output),
                6.. => periods::<V, 6>(job, input, output),
                4.. => periods::<V, 4>(job, input, output),
                3 => periods::<V, 3>(job, input, output),
                2 => periods::<V, 2>(job, input, output),
                _ => periods::<V, 1>(job, input, output),
            };
        }
    }
}

/// `PERIODS` of them; returns that.
#[inline(always)]
unsafe fn periods<V: Lanes, const PERIODS: usize>(
    job: Job,
    input: *const f32,
    output: *mut f32,
) -> usize {
    // SAFETY: see `run`.
    unsafe {
        let mut sums = [V::zero(); PERIODS];
        let (mut row, end) = (job.rows.as_ptr(), job.rows.as_ptr().add(job.rows.len()));
        let mut sample = input;
        while row < end {
            let coefficients = V::load(row);
            for (period, sum) in sums.iter_mut().enumerate() {
                *sum = sum.plus_product(coefficients, *sample.add(period * job.input_step));
            }
            row = row.add(V::WIDTH);
            sample = sample.wrapping_add(1);
        }
        for (period, sum) in sums.into_iter().enumerate() {
            sum.store(output.add(period * job.output_step));
        }
    }
    PERIODS
}
