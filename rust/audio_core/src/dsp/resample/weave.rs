//! Outputs from sums: with the inputs that need no sum beside or between them.

use super::bank::{Bank, Kind, Span};

impl Bank {
    /// Append the outputs of `span`, of which `sums` and `input` are as in `run`.
    pub fn finish(&self, span: Span, input: &[f32], sums: &[f32], output: &mut Vec<f32>) {
        let fresh = &sums[span.from..span.to];
        match (self.kind, self.ratio.up) {
            (Kind::Polyphase, _) => output.extend_from_slice(fresh),
            (Kind::Halving, _) => {
                let middles = &input[self.middle_input() + 2 * span.from..];
                output.extend(
                    fresh
                        .iter()
                        .zip(middles.chunks_exact(2))
                        .map(|(sum, pair)| sum + self.middle * pair[0]),
                );
            }
            (Kind::Multiplying, up) => {
                let middles = &input[self.middle_input() + span.from / (up - 1)..];
                match up {
                    2 => weave::<1, 2>(middles, fresh, output),
                    _ => weave::<2, 3>(middles, fresh, output),
                }
            }
        }
    }
}

/// Each input, then the sums that follow it.
fn weave<const SUMS: usize, const ALL: usize>(inputs: &[f32], sums: &[f32], output: &mut Vec<f32>) {
    let begin = output.len();
    output.resize(begin + sums.len() / SUMS * ALL, 0.0);
    let frames = output[begin..].chunks_exact_mut(ALL);
    for ((frame, input), sums) in frames.zip(inputs).zip(sums.chunks_exact(SUMS)) {
        frame[0] = *input;
        frame[1..].copy_from_slice(sums);
    }
}
