//! The coefficients of one pair of rates, laid out as the kernel reads them.
//!
//! A bank's coefficients never change once it is made.

use super::design::{common_divisor, Ratio, Taps};
use super::kernel::{self, Job};
use super::method::{Method, Period, Span};
use super::Quality;
use crate::dsp::cpu::Simd;
use crate::dsp::sample::append_pairs;
use crate::dsp::vector::vectorised;

/// What is computed, and what becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Every output is a sum over all inputs in reach.
    Polyphase,
    /// 1:3 with a filter whose taps are zero at all other inputs: the first output of
    /// each input is that input, only the others are sums.
    Tripling,
}

impl Kind {
    fn of(ratio: Ratio, quality: Quality) -> Self {
        match (quality, ratio.up, ratio.down) {
            (Quality::LowLatency, 3, 1) => Self::Tripling,
            _ => Self::Polyphase,
        }
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

/// A filter of any ratio.
#[derive(Debug)]
pub struct Bank {
    simd: Simd,
    kind: Kind,
    ratio: Ratio,
    /// Grid steps from the filter's first tap to its middle.
    half: usize,
    period: Period,
    /// Inputs before the period's first that its first sum needs.
    lead: usize,
    groups: Vec<Group>,
    coefficients: Vec<f32>,
}

impl Bank {
    /// `simd` is at most what the machine has.
    pub fn new(ratio: Ratio, quality: Quality, simd: Simd) -> Self {
        let kind = Kind::of(ratio, quality);
        let taps = Taps::design(ratio, quality, |half| Self::rounded(ratio, quality, half));
        let mut made = Self {
            simd,
            kind,
            ratio,
            half: taps.half(),
            period: Period { sums: 0, inputs: 0 },
            lead: 0,
            groups: Vec::new(),
            coefficients: Vec::new(),
        };
        made.lay_out(&taps);
        made
    }

    /// What the half of a filter is rounded to, so that its middle and its zeros stand
    /// where the kind counts on them.
    pub fn rounded(ratio: Ratio, quality: Quality, half: usize) -> usize {
        match Kind::of(ratio, quality) {
            Kind::Polyphase => half,
            Kind::Tripling => half.next_multiple_of(ratio.up),
        }
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
        self.period = Period {
            sums: sums * repeats,
            inputs: inputs * repeats,
        };
        self.lead = -self.first_input(0) as usize;
        for output in (0..self.period.sums).step_by(width) {
            self.add_group(taps, output, width);
        }
    }

    fn add_group(&mut self, taps: &Taps, output: usize, width: usize) {
        let (first, last) = (
            self.first_input(output),
            self.last_input(output + width - 1),
        );
        let begin = self.coefficients.len();
        for input in first..=last {
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
            Kind::Polyphase => (self.ratio.up, self.ratio.down),
            Kind::Tripling => (2, 1),
        }
    }

    /// Where on the grid the newest end of the filter stands for a sum: as late as
    /// the inputs that are known when the sum is due allow, for that is least delay.
    const fn grid(&self, sum: usize) -> isize {
        let step = match self.kind {
            Kind::Polyphase => sum * self.ratio.down + self.ratio.down - 1,
            Kind::Tripling => sum / 2 * 3 + 1 + sum % 2,
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

    /// Compute the sums of `span`, counted from the period's first; those that vectors make beyond it mean nothing.
    fn run(&self, span: Span, input: &[f32], sums: &mut Vec<f32>) {
        let width = kernel::width(self.simd);
        sums.resize(span.to + width, 0.0);
        // From the last group on: what the period's last vector writes beyond the
        // period, the next one's first group overwrites.
        for group in self.groups.iter().rev() {
            let end = (group.output + width).min(self.period.sums);
            let first = usize::from(end <= span.from);
            let until = span
                .to
                .saturating_sub(group.output)
                .div_ceil(self.period.sums);
            if first >= until {
                continue;
            }
            let job = Job {
                rows: &self.coefficients[group.rows.clone()],
                input: &input[first * self.period.inputs + group.input..],
                input_step: self.period.inputs,
                output_step: self.period.sums,
                periods: until - first,
            };
            let output = first * self.period.sums + group.output;
            kernel::run(self.simd, job, &mut sums[output..]);
        }
    }
}

impl Method for Bank {
    fn period(&self) -> Period {
        self.period
    }

    fn lead(&self) -> usize {
        self.lead
    }

    fn sums_due(&self, inputs: usize) -> usize {
        let (sums, per) = self.sum_ratio();
        inputs * sums / per
    }

    fn delay(&self) -> usize {
        self.half + 1 - self.ratio.down
    }

    fn input_slack(&self) -> usize {
        kernel::width(self.simd) * (self.ratio.down / self.ratio.up + 1) + 2
    }

    fn output_slack(&self) -> usize {
        0
    }

    fn append(&self, span: Span, input: &[f32], sums: &mut Vec<f32>, output: &mut Vec<f32>) {
        self.run(span, input, sums);
        let sums = &sums[span.from..span.to];
        match self.kind {
            Kind::Polyphase => output.extend_from_slice(sums),
            Kind::Tripling => {
                let middle = self.half / self.ratio.up - 1 + span.from / 2;
                weave(self.simd, &input[middle..], sums, output);
            }
        }
    }
}

vectorised! {
    /// Append each input, then the two sums that follow it.
    fn weave(inputs: &[f32], sums: &[f32], output: &mut Vec<f32>) {
        let (sums, _) = sums.as_chunks::<2>();
        append_pairs(output, inputs, sums, |input, [one, two]| [*input, *one, *two]);
    }
}
