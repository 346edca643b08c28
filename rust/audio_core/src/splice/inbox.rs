//! What a leg has brought: messages in order, sorted up to a hold, and what of
//! them goes to Python.

use super::queue::give_back;
use std::collections::VecDeque;

/// Bytes that may lie unsorted behind a hold, or undelivered, before the leg is
/// not read any more.
const MAX_UNREAD_BYTES: usize = 1024 * 1024;
/// What a message takes besides its bytes: without it, empty ones would have no bound.
const ENTRY_BYTES: usize = 64;

/// What a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryKind {
    /// The direction stands still until it is released.
    Hold,
    /// Already passed on; nothing to answer.
    Copy,
    /// The play-out clock has reached a mark; the lane stands still.
    Mark,
    /// The leg's last.
    Closed,
}

/// One delivery to Python.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// What it is.
    pub kind: DeliveryKind,
    /// The message as it came, or the mark's token.
    pub raw: Vec<u8>,
    /// Whether it came as bytes, not as text.
    pub binary: bool,
    /// Its place among all deliveries of the splice; of a hold or mark, its name.
    pub stamp: u64,
    /// Of the end.
    pub end: Option<End>,
}

/// How a leg ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// The close code; 1005 if the peer named none, 1006 if it just went.
    pub code: u16,
    /// The peer's words, or ours.
    pub reason: String,
    /// Whether we closed because the peer broke a rule.
    pub violation: bool,
}

/// Something that arrived and waits to be sorted.
#[derive(Debug)]
pub enum Arrival {
    /// A whole message.
    Message {
        /// Whether it came as bytes, not as text.
        binary: bool,
        /// Its bytes.
        payload: Vec<u8>,
    },
    /// Nothing will come after it.
    End(End),
}

impl Arrival {
    const fn size_bytes(&self) -> usize {
        match self {
            Self::Message { payload, .. } => payload.len() + ENTRY_BYTES,
            Self::End(_) => ENTRY_BYTES,
        }
    }
}

/// Numbers all deliveries of a splice, from 1.
#[derive(Debug, Default)]
pub struct Stamps(u64);

impl Stamps {
    /// The next one.
    pub fn take(&mut self) -> u64 {
        self.0 += 1;
        self.0
    }
}

/// The hold at which the direction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Standing {
    hold: u64,
    received: bool,
}

/// The receiving half of a leg, above its codec.
#[derive(Debug, Default)]
pub struct Inbox {
    pub(super) unsorted: VecDeque<Arrival>,
    unsorted_bytes: usize,
    pub(super) deliveries: VecDeque<Delivery>,
    undelivered_bytes: usize,
    standing: Option<Standing>,
    /// Nobody could read an answer: only the end counts.
    is_lost: bool,
}

impl Inbox {
    /// Keep what arrived until it is sorted.
    pub fn push(&mut self, arrival: Arrival) {
        if self.is_lost && matches!(arrival, Arrival::Message { .. }) {
            return;
        }
        self.unsorted_bytes += arrival.size_bytes();
        self.unsorted.push_back(arrival);
    }

    /// Forget what is not sorted, and what comes still; but not how it ended.
    pub fn lose(&mut self) {
        self.is_lost = true;
        self.unsorted
            .retain(|arrival| matches!(arrival, Arrival::End(_)));
        self.unsorted_bytes = self.unsorted.iter().map(Arrival::size_bytes).sum();
    }

    /// Whether something could be sorted.
    pub fn can_go_on(&self) -> bool {
        self.standing.is_none() && !self.unsorted.is_empty()
    }

    /// The next to be sorted; none while the direction stands still.
    pub fn next_unsorted(&mut self) -> Option<Arrival> {
        if self.standing.is_some() {
            return None;
        }
        let arrival = self.unsorted.pop_front()?;
        give_back(&mut self.unsorted);
        self.unsorted_bytes -= arrival.size_bytes();
        Some(arrival)
    }

    /// Hand a message to Python and stand still.
    pub fn hold(&mut self, raw: Vec<u8>, binary: bool, hold: u64) {
        let received = false;
        self.standing = Some(Standing { hold, received });
        self.deliver(DeliveryKind::Hold, raw, binary, hold);
    }

    /// Hand the copy of a message to Python.
    pub fn copy(&mut self, raw: Vec<u8>, binary: bool, stamp: u64) {
        self.deliver(DeliveryKind::Copy, raw, binary, stamp);
    }

    /// Tell Python of the end.
    pub fn end(&mut self, end: End, stamp: u64) {
        self.deliver(DeliveryKind::Closed, Vec::new(), false, stamp);
        if let Some(last) = self.deliveries.back_mut() {
            last.end = Some(end);
        }
    }

    fn deliver(&mut self, kind: DeliveryKind, raw: Vec<u8>, binary: bool, stamp: u64) {
        self.undelivered_bytes += raw.len() + ENTRY_BYTES;
        self.deliveries.push_back(Delivery {
            kind,
            raw,
            binary,
            stamp,
            end: None,
        });
    }

    /// The place of the next delivery; the end has none: it is the last.
    pub fn next_stamp(&self) -> Option<u64> {
        let next = self.deliveries.front()?;
        Some(match next.kind {
            DeliveryKind::Closed => u64::MAX,
            _ => next.stamp,
        })
    }

    /// Take the next delivery.
    pub fn receive(&mut self) -> Option<Delivery> {
        let delivery = self.deliveries.pop_front()?;
        give_back(&mut self.deliveries);
        self.undelivered_bytes -= delivery.raw.len() + ENTRY_BYTES;
        if let Some(standing) = &mut self.standing {
            standing.received |= standing.hold == delivery.stamp;
        }
        Some(delivery)
    }

    /// The hold that Python has received and not yet released.
    pub fn open_hold(&self) -> Option<u64> {
        let standing = self.standing.filter(|standing| standing.received);
        standing.map(|standing| standing.hold)
    }

    /// Go on behind the hold; false if it is not the open one.
    pub fn release(&mut self, hold: u64) -> bool {
        let is_open = self.open_hold() == Some(hold);
        if is_open {
            self.standing = None;
        }
        is_open
    }

    /// Whether more lies here than should.
    pub const fn is_full(&self) -> bool {
        self.unsorted_bytes > MAX_UNREAD_BYTES || self.undelivered_bytes > MAX_UNREAD_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> Arrival {
        Arrival::Message {
            binary: false,
            payload: text.into(),
        }
    }

    #[test]
    fn stands_still_at_a_hold_until_it_is_received_and_released() {
        let mut inbox = Inbox::default();
        inbox.push(message("one"));
        inbox.push(message("two"));
        assert!(inbox.next_unsorted().is_some());
        inbox.hold(b"one".to_vec(), false, 7);
        assert!(!inbox.can_go_on() && inbox.next_unsorted().is_none());
        assert!(!inbox.release(7), "not received yet");
        assert_eq!(inbox.receive().unwrap().stamp, 7);
        assert!(!inbox.release(8) && inbox.release(7) && !inbox.release(7));
        assert!(inbox.can_go_on());
    }

    #[test]
    fn who_is_lost_has_said_nothing_but_its_end() {
        let mut inbox = Inbox::default();
        inbox.push(message("one"));
        inbox.push(Arrival::End(End {
            code: 1000,
            reason: String::new(),
            violation: false,
        }));
        inbox.lose();
        inbox.push(message(&"x".repeat(2 * MAX_UNREAD_BYTES)));
        assert!(!inbox.is_full());
        let Some(Arrival::End(end)) = inbox.next_unsorted() else {
            panic!("its end is kept");
        };
        assert_eq!((end.code, inbox.unsorted_bytes), (1000, 0));
        assert!(inbox.next_unsorted().is_none());
    }

    #[test]
    fn is_full_by_what_lies_behind_a_hold() {
        let mut inbox = Inbox::default();
        inbox.push(message(&"x".repeat(MAX_UNREAD_BYTES - ENTRY_BYTES)));
        assert!(!inbox.is_full());
        inbox.push(message("y"));
        assert!(inbox.is_full());
        inbox.next_unsorted();
        assert!(!inbox.is_full());
    }

    #[test]
    fn is_full_of_messages_that_say_nothing() {
        let (mut inbox, most) = (Inbox::default(), MAX_UNREAD_BYTES / ENTRY_BYTES);
        for _ in 0..most {
            inbox.push(message(""));
        }
        assert!(!inbox.is_full());
        inbox.push(message(""));
        assert!(inbox.is_full());
        for _ in 0..=most {
            inbox.next_unsorted();
            inbox.copy(Vec::new(), false, 1);
        }
        assert!(inbox.is_full());
        while inbox.receive().is_some() {}
        assert!(!inbox.is_full());
    }
}
