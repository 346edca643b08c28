//! 2:1 and 1:2 with a half-band filter: every second tap is zero, but for the middle.
//!
//! So of two to one every second input goes through a filter half as long, and the
//! others are only added; and of one to two every second output is an input. What
//! filter is left is computed in quarters. Here are its taps, and what a run of it
//! reads and writes; the run itself is a `stretch`.

use super::design::{Ratio, Taps};
use super::kernel;
use super::method::{Method, Period, Span};
use super::quarters::{parts, PARTS};
use super::stretch::{Run, SEQUENCES, SUMS};
use super::Quality;
use crate::dsp::cpu::Simd;

/// A sum waits until the other three can be made as well, for the same bits each time.
const LATE_SUMS: usize = SUMS - 1;
/// A line of the cache: where one begins, so does a vector.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Line(#[expect(dead_code, reason = "room is seen as vectors, not as lines")] [f32; 16]);

/// One of them, from twice the rate or to it.
#[derive(Debug)]
pub struct HalfBand {
    simd: Simd,
    is_halving: bool,
    /// Grid steps from the filter's first tap to its middle.
    half: usize,
    middle: f32,
    /// The taps of the short filters, oldest sample's first.
    taps: [Vec<f32>; PARTS],
    room: Vec<Line>,
}

impl HalfBand {
    /// Whether it can be one.
    pub fn suits(ratio: Ratio, quality: Quality) -> bool {
        quality == Quality::LowLatency && matches!((ratio.up, ratio.down), (1, 2) | (2, 1))
    }

    /// What the half of the filter is rounded to: as many taps in each quarter.
    pub const fn rounded(ratio: Ratio, half: usize) -> usize {
        if ratio.down == 2 {
            (half + 1).next_multiple_of(SUMS) - 1
        } else {
            half.next_multiple_of(2 * SUMS)
        }
    }

    /// `simd` is at most what the machine has.
    pub fn new(ratio: Ratio, simd: Simd) -> Self {
        let taps = Taps::design(ratio, Quality::LowLatency, |half| {
            Self::rounded(ratio, half)
        });
        let half = taps.half();
        let first = half.next_multiple_of(2) - half;
        let each = |quarters: usize| {
            let tap = |quarter| taps.at(2 * (quarters * SUMS + quarter) + 1 - first);
            parts([0, 1, 2, 3].map(tap), |a, b| a + b)
        };
        let count = (half + first) / SUMS;
        let rows: Vec<[f64; PARTS]> = (0..count).rev().map(each).collect();
        Self {
            simd,
            is_halving: ratio.down == 2,
            half,
            middle: taps.at(half) as f32,
            taps: std::array::from_fn(|part| rows.iter().map(|row| row[part] as f32).collect()),
            room: Vec::new(),
        }
    }

    /// Inputs in the time of four sums.
    const fn inputs(&self) -> usize {
        if self.is_halving {
            2 * SUMS
        } else {
            SUMS
        }
    }

    /// Outputs that come of a sum.
    const fn outputs(&self) -> usize {
        if self.is_halving {
            1
        } else {
            2
        }
    }

    const fn width(&self) -> usize {
        kernel::width(self.simd)
    }

    /// Write the outputs of so many moments in each lane to `output`, which has room.
    fn run(&mut self, stretch: usize, input: &[f32], output: *mut f32) {
        let moments = stretch + self.taps[0].len();
        assert!(stretch.is_multiple_of(2) && self.simd <= Simd::detected());
        let width = self.width();
        assert!(((width - 1) * stretch + moments) * self.inputs() <= input.len());
        let room = (moments * SEQUENCES + (stretch + 1) * PARTS) * width;
        self.room.resize(room.div_ceil(16), Line([0.0; 16]));
        let run = Run {
            taps: &self.taps,
            middle: self.middle,
            history: self.taps[0].len(),
            stretch,
            input: input.as_ptr(),
            room: self.room.as_mut_ptr().cast(),
            output,
        };
        // SAFETY: the instructions are there, and so is the input and the room.
        unsafe { run.perform(self.simd, self.is_halving) }
    }
}

impl Method for HalfBand {
    fn period(&self) -> Period {
        Period {
            sums: SUMS,
            inputs: self.inputs(),
        }
    }

    /// The history of the filter, and how much the sums are late.
    fn lead(&self) -> usize {
        let per_sum = self.inputs() / SUMS;
        self.taps[0].len() * self.inputs() + LATE_SUMS * per_sum - (per_sum - 1)
    }

    fn sums_due(&self, inputs: usize) -> usize {
        inputs * SUMS / self.inputs()
    }

    fn delay(&self) -> usize {
        let down = self.inputs() / SUMS;
        self.half + 1 - down + 2 * LATE_SUMS
    }

    fn input_slack(&self) -> usize {
        (2 * self.width() + 1) * self.inputs()
    }

    fn output_slack(&self) -> usize {
        2 * self.width() * SUMS * self.outputs()
    }

    fn append(&mut self, span: Span, input: &[f32], output: &mut Vec<f32>) {
        let blocks = span.to.div_ceil(SUMS);
        let stretch = blocks.div_ceil(self.width()).next_multiple_of(2);
        let begin = output.len();
        output.reserve(stretch * self.width() * SUMS * self.outputs());
        self.run(
            stretch,
            input,
            output.spare_capacity_mut().as_mut_ptr().cast(),
        );
        // SAFETY: these have been written, and more.
        unsafe { output.set_len(begin + span.to * self.outputs()) };
        output.drain(begin..begin + span.from * self.outputs());
    }
}
