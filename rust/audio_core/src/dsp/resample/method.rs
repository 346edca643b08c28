//! What every way to compute a filter can do.

use std::fmt::Debug;

/// Which sums of a stream, counted from where its period began.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub from: usize,
    pub to: usize,
}

/// So many sums are made in the time of so many inputs, and then all begins anew.
#[derive(Clone, Copy, Debug)]
pub struct Period {
    pub sums: usize,
    pub inputs: usize,
}

/// A filter ready for use. It never changes; what stream it works on it is told.
pub trait Method: Debug + Send + Sync {
    fn period(&self) -> Period;

    /// Inputs before the period's first that its first sum needs.
    fn lead(&self) -> usize;

    /// Sums that so many inputs since the period's begin allow.
    fn sums_due(&self, inputs: usize) -> usize;

    /// Grid steps from an input to where the filter shows it.
    fn delay(&self) -> usize;

    /// Samples behind the last known one that are read, and have no effect.
    fn input_slack(&self) -> usize;

    /// Outputs behind the last due one that room has to be there for.
    fn output_slack(&self) -> usize;

    /// Append the outputs of `span` from `input`, which begins `lead` before the period.
    /// What is in `sums` means nothing; keeping it saves asking for memory again.
    fn append(&self, span: Span, input: &[f32], sums: &mut Vec<f32>, output: &mut Vec<f32>);
}
