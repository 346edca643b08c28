//! What a kernel says of its work: it does whole registers, others the rest.

/// How far a kernel came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the input that are done.
    pub read: usize,
    /// Bytes of the output that are there.
    pub written: usize,
}
