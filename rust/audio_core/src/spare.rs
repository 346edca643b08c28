//! Buffers for messages on their way, passed on to the next one while they are warm.
//!
//! What was used last is still in the caches, and to ask the allocator for some kilobytes
//! and give them back costs as much as to copy them. So who works for many sessions keeps
//! the buffers that are done with and takes the one that was given back last. Only what
//! has about the size of a chunk of audio is kept; the rest is the allocator's.

/// What a buffer that is kept has room for: 40 ms of PCM16 at 24 kHz as base64 in JSON.
pub const ROOM_BYTES: usize = 3 * 1024;
/// What needs less than this need not hold as much as that while it waits.
const LEAST_BYTES: usize = 1024;

/// Buffers that are done with.
#[derive(Debug, Default)]
pub struct Spare {
    kept: Vec<Vec<u8>>,
    most: usize,
}

impl Spare {
    /// Keep up to `most` buffers; by default none.
    pub fn keeping(most: usize) -> Self {
        Self {
            kept: Vec::with_capacity(most),
            most,
        }
    }

    /// Whether it keeps any buffers at all.
    pub const fn keeps(&self) -> bool {
        self.most > 0
    }

    /// An empty buffer with room for `bytes`.
    pub fn take(&mut self, bytes: usize) -> Vec<u8> {
        let is_alike = (LEAST_BYTES..=ROOM_BYTES).contains(&bytes);
        if !is_alike || !self.keeps() {
            return Vec::with_capacity(bytes);
        }
        let kept = self.kept.pop();
        kept.unwrap_or_else(|| Vec::with_capacity(ROOM_BYTES))
    }

    /// The buffer is done with.
    pub fn give(&mut self, mut buffer: Vec<u8>) {
        let is_alike = (ROOM_BYTES..=2 * ROOM_BYTES).contains(&buffer.capacity());
        if is_alike && self.kept.len() < self.most {
            buffer.clear();
            self.kept.push(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_given_last_is_taken_first() {
        let mut spare = Spare::keeping(2);
        let (mut one, two) = (spare.take(2_000), spare.take(3_000));
        let (first, second) = (one.as_ptr(), two.as_ptr());
        one.push(1);
        spare.give(two);
        spare.give(one);
        let again = spare.take(LEAST_BYTES);
        assert!(again.is_empty() && again.as_ptr() == first);
        let other = spare.take(ROOM_BYTES);
        assert_eq!(other.as_ptr(), second);
    }

    #[test]
    fn keeps_no_more_than_it_may_and_nothing_of_another_size() {
        let mut spare = Spare::keeping(2);
        for capacity in [0, ROOM_BYTES - 1, 2 * ROOM_BYTES + 1] {
            spare.give(Vec::with_capacity(capacity));
            assert!(spare.kept.is_empty(), "{capacity}");
        }
        for _ in 0..3 {
            spare.give(Vec::with_capacity(ROOM_BYTES));
        }
        assert_eq!(spare.kept.len(), 2);
        for bytes in [LEAST_BYTES - 1, ROOM_BYTES + 1] {
            assert_eq!(spare.take(bytes).capacity(), bytes);
        }
        assert_eq!(spare.kept.len(), 2);
    }

    #[test]
    fn by_default_it_keeps_nothing() {
        let mut spare = Spare::default();
        spare.give(Vec::with_capacity(ROOM_BYTES));
        assert!(!spare.keeps() && spare.kept.capacity() == 0);
        assert_eq!(spare.take(2_000).capacity(), 2_000);
    }
}
