//! Outputs from sums: with the inputs that need no sum beside or between them.

use super::bank::{Bank, Kind, Span};

impl Bank {
    /// Append the outputs of `span`, of which `sums` and `input` are as in `run`.
    pub fn finish(&self, span: Span, input: &[f32], sums: &[f32], output: &mut Vec<f32>) {
        let fresh = &sums[span.from..span.to];
        match (self.kind, self.ratio.up) {
            (Kind::Polyphase, _) => output.extend_from_slice(fresh),
            (Kind::Halving, _) => {
                let (middles, _) = input[self.middle_input() + 2 * span.from..].as_chunks::<2>();
                let pairs = fresh.iter().zip(middles);
                output.extend(pairs.map(|(sum, [input, _])| sum + self.middle * input));
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
    let (frames, _) = output[begin..].as_chunks_mut::<ALL>();
    let (sums, _) = sums.as_chunks::<SUMS>();
    for ((frame, input), sums) in frames.iter_mut().zip(inputs).zip(sums) {
        frame[0] = *input;
        frame[1..].copy_from_slice(sums);
    }
}
