//! 2:1 and 1:2 with a half-band filter: every second tap is zero, but for the middle.
//!
//! So of two to one every second input goes through a filter half as long, and the
//! others are only added; and of one to two every second output is an input. Here are
//! the taps of what filter is left, and what a run of it reads and writes; the run
//! itself is a row of tiles.

use super::design::{Ratio, Taps};
use super::method::{Method, Period, Span};
use super::tile::{parts_of_taps, Run, ShortTaps, AROUND, GRAIN, HISTORY, PARTS, SUMS};
use super::Quality;
use crate::dsp::cpu::Simd;

/// A sum waits until the other three can be made as well, for the same bits each time.
const LATE_SUMS: usize = SUMS - 1;

/// From a rate to half of it or to its double.
#[derive(Debug)]
pub struct HalfBand {
    simd: Simd,
    is_halving: bool,
    taps: ShortTaps,
}

impl HalfBand {
    /// Whether it can be one.
    pub fn suits(ratio: Ratio, quality: Quality) -> bool {
        quality == Quality::LowLatency && matches!((ratio.up, ratio.down), (1, 2) | (2, 1))
    }

    /// `simd` is at most what the machine has.
    pub fn new(ratio: Ratio, simd: Simd) -> Self {
        let whole = Taps::half_band(ratio);
        let mut taps = [[0.0; HISTORY]; PARTS];
        for moment in 0..HISTORY {
            let quarters = [0, 1, 2, 3].map(|n| whole.at(2 * (moment * SUMS + n)));
            for (taps, tap) in taps.iter_mut().zip(parts_of_taps(quarters)) {
                taps[HISTORY - 1 - moment] = tap as f32;
            }
        }
        Self {
            simd,
            is_halving: ratio.down == 2,
            taps,
        }
    }

    /// Inputs in the time of a sum, and outputs that come of it.
    const fn per_sum(&self) -> (usize, usize) {
        if self.is_halving {
            (2, 1)
        } else {
            (1, 2)
        }
    }
}

impl Method for HalfBand {
    fn period(&self) -> Period {
        let (inputs, _) = self.per_sum();
        Period {
            sums: SUMS,
            inputs: SUMS * inputs,
        }
    }

    /// The history of the filter, and how much the sums are late.
    fn lead(&self) -> usize {
        let (inputs, _) = self.per_sum();
        (HISTORY * SUMS + LATE_SUMS) * inputs - (inputs - 1)
    }

    fn sums_due(&self, inputs: usize) -> usize {
        inputs / self.per_sum().0
    }

    /// From the newest input of a sum to the one beside it, which stands in its middle.
    fn delay(&self) -> usize {
        let (inputs, outputs) = self.per_sum();
        let to_middle = AROUND * SUMS * inputs - (inputs - 1);
        to_middle * outputs + 2 * LATE_SUMS - (inputs - 1)
    }

    fn input_slack(&self) -> usize {
        (GRAIN + 1) * self.period().inputs
    }

    fn output_slack(&self) -> usize {
        GRAIN * SUMS * self.per_sum().1
    }

    fn append(&self, span: Span, input: &[f32], _: &mut Vec<f32>, output: &mut Vec<f32>) {
        let (inputs, outputs) = self.per_sum();
        let moments = span.to.div_ceil(SUMS).next_multiple_of(GRAIN);
        assert!((HISTORY + moments) * SUMS * inputs <= input.len());
        let begin = output.len();
        output.reserve(moments * SUMS * outputs);
        let run = Run {
            taps: &self.taps,
            moments,
            input: input.as_ptr(),
            output: output.spare_capacity_mut().as_mut_ptr().cast(),
        };
        // SAFETY: the input is there and so is the room, as has been seen to.
        unsafe {
            run.perform(self.simd, self.is_halving);
            output.set_len(begin + span.to * outputs);
        }
        output.drain(begin..begin + span.from * outputs);
    }
}
