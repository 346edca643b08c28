//! The coefficients of one pair of rates, laid out as the kernel reads them.
//!
//! A bank is never changed once it is made. What stream it works on it is told.

use super::design::{common_divisor, Ratio, Taps};
use super::kernel::{self, Job};
use super::Quality;
use crate::dsp::cpu::Simd;

/// What is computed, and what becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Every output is a sum over all inputs in reach.
    Polyphase,
    /// 2:1 with a half-band: a sum over every second input, and the middle one.
    Halving,
    /// 1:2 or 1:3 with a filter whose taps are zero at all other inputs: the first
    /// output of each input is that input, only the others are sums.
    Multiplying,
}

impl Kind {
    fn of(ratio: Ratio, quality: Quality) -> Self {
        match (quality, ratio.up, ratio.down) {
            (Quality::LowLatency, 1, 2) => Self::Halving,
            (Quality::LowLatency, 2 | 3, 1) => Self::Multiplying,
            _ => Self::Polyphase,
        }
    }
}

/// What the half of a filter is rounded to, so that its middle and its zeros stand
/// where the kind counts on them.
pub fn rounding(ratio: Ratio, quality: Quality) -> impl Fn(usize) -> usize {
    move |half| match Kind::of(ratio, quality) {
        Kind::Polyphase => half,
        Kind::Halving => half | 1,
        Kind::Multiplying => half.next_multiple_of(ratio.up),
    }
}

/// Outputs that share a vector: neighbours in a period.
#[derive(Debug)]
struct Group {
    /// The first of them, counted from the period's first.
    output: usize,
    /// The first sample that one of them needs, counted from the period's first.
    input: usize,
    rows: std::ops::Range<usize>,
}

/// Which sums of a stream, counted from where its period began.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub from: usize,
    pub to: usize,
}

/// A filter ready for use.
#[derive(Debug)]
pub struct Bank {
    pub simd: Simd,
    pub kind: Kind,
    pub ratio: Ratio,
    /// Grid steps from the filter's first tap to its middle.
    half: usize,
    /// The tap in the middle of a half-band.
    pub middle: f32,
    /// Sums in a period, and the inputs that pass meanwhile.
    pub period_sums: usize,
    pub period_inputs: usize,
    /// Inputs before the period's first that its first sum needs.
    pub lead: usize,
    groups: Vec<Group>,
    coefficients: Vec<f32>,
}

impl Bank {
    /// `simd` is at most what the machine has.
    pub fn new(ratio: Ratio, quality: Quality, simd: Simd) -> Self {
        let kind = Kind::of(ratio, quality);
        let taps = Taps::design(ratio, quality, rounding(ratio, quality));
        let mut made = Self {
            simd,
            kind,
            ratio,
            half: taps.half(),
            middle: taps.at(taps.half()) as f32,
            period_sums: 0,
            period_inputs: 0,
            lead: 0,
            groups: Vec::new(),
            coefficients: Vec::new(),
        };
        made.lay_out(&taps);
        made
    }

    /// A short period is repeated until it fills whole vectors.
    fn lay_out(&mut self, taps: &Taps) {
        let (sums, inputs) = self.sum_ratio();
        let width = kernel::width(self.simd);
        let repeats = if sums < width {
            width / common_divisor(sums, width)
        } else {
            1
        };
        (self.period_sums, self.period_inputs) = (sums * repeats, inputs * repeats);
        self.lead = -self.first_input(0) as usize;
        for output in (0..self.period_sums).step_by(width) {
            self.add_group(taps, output, width);
        }
    }

    fn add_group(&mut self, taps: &Taps, output: usize, width: usize) {
        let (first, last) = (
            self.first_input(output),
            self.last_input(output + width - 1),
        );
        let begin = self.coefficients.len();
        for input in (first..=last).step_by(self.stride()) {
            for lane in 0..width {
                let step = self.grid(output + lane) - input * self.ratio.up.cast_signed();
                let tap = usize::try_from(step).map_or(0.0, |step| taps.at(step));
                self.coefficients.push(tap as f32);
            }
        }
        self.groups.push(Group {
            output,
            input: (first + self.lead.cast_signed()) as usize,
            rows: begin..self.coefficients.len(),
        });
    }

    /// So many sums in the time of so many inputs.
    const fn sum_ratio(&self) -> (usize, usize) {
        match self.kind {
            Kind::Polyphase | Kind::Halving => (self.ratio.up, self.ratio.down),
            Kind::Multiplying => (self.ratio.up - 1, 1),
        }
    }

    /// Inputs from one that a sum needs to the next.
    pub const fn stride(&self) -> usize {
        match self.kind {
            Kind::Halving => 2,
            Kind::Polyphase | Kind::Multiplying => 1,
        }
    }

    /// Where on the grid the newest end of the filter stands for a sum: as late as
    /// the inputs that are known when the sum is due allow, for that is least delay.
    const fn grid(&self, sum: usize) -> isize {
        let step = match self.kind {
            Kind::Polyphase | Kind::Halving => sum * self.ratio.down + self.ratio.down - 1,
            Kind::Multiplying => {
                let others = self.ratio.up - 1;
                sum / others * self.ratio.up + 1 + sum % others
            }
        };
        step.cast_signed()
    }

    fn first_input(&self, sum: usize) -> isize {
        let up = self.ratio.up.cast_signed();
        let oldest = self.grid(sum) - 2 * self.half.cast_signed();
        -((-oldest).div_euclid(up))
    }

    fn last_input(&self, sum: usize) -> isize {
        self.grid(sum).div_euclid(self.ratio.up.cast_signed())
    }

    /// Sums that so many inputs since the period's begin allow.
    pub const fn sums_due(&self, inputs: usize) -> usize {
        let (sums, per) = self.sum_ratio();
        inputs * sums / per
    }

    /// Grid steps from an input to where the filter shows it.
    pub const fn delay(&self) -> usize {
        self.half + 1 - self.ratio.down
    }

    /// Where in a period's input, lead included, the middle of a sum's filter is: of
    /// a halving's n-th sum at twice n more, of a multiplying's n-th input at n more.
    pub const fn middle_input(&self) -> usize {
        match self.kind {
            Kind::Polyphase | Kind::Halving => self.half,
            Kind::Multiplying => self.half / self.ratio.up - 1,
        }
    }

    /// Samples behind the last known one that are read, and have no effect.
    pub fn input_slack(&self) -> usize {
        kernel::width(self.simd) * (self.ratio.down / self.ratio.up + 1) + 2
    }

    /// Sums behind the last due one that are written, and mean nothing.
    pub const fn output_slack(&self) -> usize {
        kernel::width(self.simd)
    }

    /// Compute the sums of `span` from `input`, which begins `lead` before the period;
    /// `sums[n]` is the period's n-th.
    pub fn run(&self, span: Span, input: &[f32], sums: &mut [f32]) {
        // From the last group on: what the period's last vector writes beyond the
        // period, the next one's first group overwrites.
        for group in self.groups.iter().rev() {
            let end = (group.output + kernel::width(self.simd)).min(self.period_sums);
            let first = usize::from(end <= span.from);
            let until = span
                .to
                .saturating_sub(group.output)
                .div_ceil(self.period_sums);
            if first >= until {
                continue;
            }
            let job = Job {
                rows: &self.coefficients[group.rows.clone()],
                input: &input[first * self.period_inputs + group.input..],
                stride: self.stride(),
                input_step: self.period_inputs,
                output_step: self.period_sums,
                periods: until - first,
            };
            let output = first * self.period_sums + group.output;
            kernel::run(self.simd, job, &mut sums[output..]);
        }
    }
}
