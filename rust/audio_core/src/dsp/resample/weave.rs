//! Outputs from sums: with the inputs that need no sum beside or between them.

use super::bank::{Bank, Kind, Span};
use crate::dsp::sample::append_pairs;
use crate::dsp::vector::vectorised;

impl Bank {
    /// Append the outputs of `span`, of which `sums` and `input` are as in `run`.
    pub fn finish(&self, span: Span, input: &[f32], sums: &[f32], output: &mut Vec<f32>) {
        let fresh = &sums[span.from..span.to];
        let middles = |at: usize| &input[self.middle_input() + at..];
        match (self.kind, self.ratio.up) {
            (Kind::Polyphase, _) => output.extend_from_slice(fresh),
            (Kind::Halving, _) => {
                add_every_second(
                    self.simd,
                    fresh,
                    middles(2 * span.from),
                    self.middle,
                    output,
                );
            }
            (Kind::Multiplying, 2) => weave_one(self.simd, middles(span.from), fresh, output),
            (Kind::Multiplying, _) => weave_two(self.simd, middles(span.from / 2), fresh, output),
        }
    }
}

vectorised! {
    /// To each sum its input times `middle`, the inputs being every second one.
    fn add_every_second(sums: &[f32], inputs: &[f32], middle: f32, output: &mut Vec<f32>) {
        let (inputs, _) = inputs.as_chunks::<2>();
        append_pairs(output, sums, inputs, |sum, [input, _]| [sum + middle * input]);
    }
}

vectorised! {
    /// Each input, then the sum that follows it.
    fn weave_one(inputs: &[f32], sums: &[f32], output: &mut Vec<f32>) {
        append_pairs(output, inputs, sums, |input, sum| [*input, *sum]);
    }
}

vectorised! {
    /// Each input, then the two sums that follow it.
    fn weave_two(inputs: &[f32], sums: &[f32], output: &mut Vec<f32>) {
        let (sums, _) = sums.as_chunks::<2>();
        append_pairs(output, inputs, sums, |input, [one, two]| [*input, *one, *two]);
    }
}
