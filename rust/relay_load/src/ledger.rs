//! What one end has heard of the other: whether all of it came, once and in order.

/// How one chunk or word arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// The next one.
    Due,
    /// Later ones came before it, or it came a second time.
    OutOfOrder,
    /// So many before it have not come.
    After(u32),
}

/// Numbers that should come one after another, from 0.
#[derive(Debug, Default)]
pub struct Ledger {
    next: u32,
    heard: u32,
}

impl Ledger {
    /// A number came.
    pub fn take(&mut self, number: u32) -> Arrival {
        self.heard += 1;
        if number < self.next {
            return Arrival::OutOfOrder;
        }
        let missing = number - self.next;
        self.next = number + 1;
        match missing {
            0 => Arrival::Due,
            _ => Arrival::After(missing),
        }
    }

    /// How many came.
    pub fn heard(&self) -> u32 {
        self.heard
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_and_what_comes_late_are_told() {
        let mut ledger = Ledger::default();
        assert_eq!(ledger.take(0), Arrival::Due);
        assert_eq!(ledger.take(3), Arrival::After(2));
        assert_eq!(ledger.take(1), Arrival::OutOfOrder);
        assert_eq!(ledger.take(3), Arrival::OutOfOrder);
        assert_eq!(ledger.take(4), Arrival::Due);
        assert_eq!(ledger.heard(), 5);
    }
}
