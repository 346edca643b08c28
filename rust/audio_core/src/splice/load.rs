//! How much waits somewhere, and whether that is too much.

/// How many messages of one sort wait, and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Whole messages.
    pub messages: usize,
    /// Of their payloads.
    pub bytes: usize,
}

impl Load {
    /// Count one more.
    pub fn add(&mut self, bytes: usize) {
        self.messages += 1;
        self.bytes += bytes;
    }

    /// Count one less.
    pub fn remove(&mut self, bytes: usize) {
        self.messages -= 1;
        self.bytes -= bytes;
    }

    /// Whether it passes `bound`; one message alone does not, whatever its size.
    pub const fn is_over(self, bound: Self) -> bool {
        self.messages > bound.messages || (self.bytes > bound.bytes && self.messages > 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_big_message_alone_is_within_the_bound() {
        let bound = Load {
            messages: 2,
            bytes: 5,
        };
        let mut load = Load::default();
        load.add(100);
        assert!(!load.is_over(bound));
        load.add(0);
        assert!(load.is_over(bound));
        load.remove(100);
        load.add(0);
        load.add(0);
        assert!(load.is_over(bound));
    }
}
