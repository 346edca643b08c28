//! What the reactor has done, for who measures it.

/// Sums since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Times that the reactor was called.
    pub turns: u64,
    /// Rounds in them.
    pub rounds: u64,
    /// Readiness that the kernel has told.
    pub events: u64,
    /// Reads, and what they brought.
    pub reads: u64,
    /// Bytes read.
    pub read_bytes: u64,
    /// Writes.
    pub writes: u64,
    /// Bytes written.
    pub written_bytes: u64,
}

impl Stats {
    /// One read.
    pub const fn note_read(&mut self, bytes: usize) {
        self.reads += 1;
        self.read_bytes += bytes as u64;
    }

    /// Some writes.
    pub const fn note_written(&mut self, bytes: usize, calls: usize) {
        self.writes += calls as u64;
        self.written_bytes += bytes as u64;
    }
}
