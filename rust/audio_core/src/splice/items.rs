//! The audio items of a session and what was counted of each.
//!
//! An item here is one content part of one conversation item of one response: what
//! a listener hears as one run. Conservation holds for each of them: what was
//! received either waits, or was dropped, or has left.

use super::chunk::{Chunk, ItemId};
use super::time::{Ticks, TICKS_PER_MS};
use std::collections::VecDeque;

/// Finished items that are remembered for their counters.
const KEPT: usize = 512;

/// The JSON tokens that name an item, as they came; `null` where one was missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Names<'a> {
    /// Of the response.
    pub response: &'a [u8],
    /// Of the conversation item.
    pub item: &'a [u8],
    /// Of the content part.
    pub index: &'a [u8],
}

/// The token of a name that was not given.
pub const NULL: &[u8] = b"null";

impl Names<'_> {
    /// No names at all.
    pub const NONE: Names<'static> = Names {
        response: NULL,
        item: NULL,
        index: NULL,
    };
}

/// One item and its counters.
#[derive(Debug)]
pub struct Item {
    /// Its three names, one behind the other: they are compared for every chunk, and
    /// so lie in one place.
    pub(super) names: Box<[u8]>,
    /// Where in `names` the item's begins, and where that of its part.
    cuts: [usize; 2],
    /// Audio that has come, whatever became of it.
    pub received: Ticks,
    /// Audio that the lane has let go to the client.
    pub released: Ticks,
    /// Cut, expired, or refused after a cut: it never left the splice.
    pub dropped: Ticks,
    /// What has been heard of the parts that the play-out clock has left behind.
    pub heard: Ticks,
    /// What the client has reported of it as played.
    reported: Ticks,
    /// Whether it was cut: what has been heard of it is final.
    pub cut: bool,
    /// Whether any of it was ever admitted.
    begun: bool,
    /// Chunks of it that wait somewhere in the splice.
    waiting: usize,
}

impl Item {
    fn new(names: Names<'_>) -> Self {
        let cut = names.response.len();
        Self {
            names: [names.response, names.item, names.index].concat().into(),
            cuts: [cut, cut + names.item.len()],
            received: 0,
            released: 0,
            dropped: 0,
            heard: 0,
            reported: 0,
            cut: false,
            begun: false,
            waiting: 0,
        }
    }

    /// The tokens as they came.
    pub fn names(&self) -> Names<'_> {
        let (response, rest) = self.names.split_at(self.cuts[0]);
        let (item, index) = rest.split_at(self.cuts[1] - self.cuts[0]);
        Names {
            response,
            item,
            index,
        }
    }

    /// Whether it is audio of this response.
    pub fn is_of(&self, response_id: &str) -> bool {
        text_of(self.names().response) == response_id.as_bytes()
    }

    /// Whether it is a part of this conversation item.
    pub fn is_part_of(&self, item_id: &str) -> bool {
        text_of(self.names().item) == item_id.as_bytes()
    }

    /// The ids without quotes, and the number of the content part (0 if it had none).
    pub fn named(&self) -> (String, String, u64) {
        let text = |token| String::from_utf8_lossy(text_of(token)).into_owned();
        let names = self.names();
        let index = text(names.index).parse().unwrap_or(0);
        (text(names.response), text(names.item), index)
    }

    /// A chunk of it has come and waits.
    pub fn receive(&mut self, length: Ticks) {
        self.received += length;
        self.begun = true;
        self.waiting += 1;
    }

    /// Audio of it that was counted already waits again, by itself.
    pub fn wait_more(&mut self) {
        self.waiting += 1;
    }

    /// A chunk of it has come and was refused.
    pub fn refuse(&mut self, length: Ticks) {
        self.received += length;
        self.dropped += length;
    }

    fn is_idle(&self) -> bool {
        self.waiting == 0 && (self.cut || self.heard >= self.released)
    }
}

/// A token without its quotes; the scanner admits no escapes in ids.
pub fn text_of(token: &[u8]) -> &[u8] {
    token
        .strip_prefix(b"\"")
        .and_then(|rest| rest.strip_suffix(b"\""))
        .unwrap_or(if token == NULL { b"" } else { token })
}

/// All items that are remembered, in the order in which they came.
#[derive(Debug, Default)]
pub struct Items {
    pub(super) all: VecDeque<Item>,
    /// The id of the first that is remembered.
    first: ItemId,
    /// Whether the client reports what it plays.
    reports: bool,
}

impl Items {
    /// The item of these names, which is new if none is remembered.
    pub fn named(&mut self, names: Names<'_>) -> ItemId {
        // The newest is nearly always the one.
        if let Some(at) = self.all.iter().rposition(|item| item.names() == names) {
            return self.first + at as ItemId;
        }
        self.forget_old();
        self.all.push_back(Item::new(names));
        self.first + self.all.len() as ItemId - 1
    }

    fn forget_old(&mut self) {
        while self.all.len() >= KEPT && self.all.front().is_some_and(Item::is_idle) {
            self.all.pop_front();
            self.first += 1;
        }
    }

    /// The item, while it is remembered.
    pub fn get(&self, id: ItemId) -> Option<&Item> {
        self.all
            .get(usize::try_from(id.checked_sub(self.first)?).ok()?)
    }

    /// The item, to be counted on.
    pub fn get_mut(&mut self, id: ItemId) -> Option<&mut Item> {
        let at = usize::try_from(id.checked_sub(self.first)?).ok()?;
        self.all.get_mut(at)
    }

    /// The items of a response of which any audio was admitted.
    pub fn of_response<'a>(&'a self, response_id: &'a str) -> impl Iterator<Item = ItemId> + 'a {
        let is_of = |item: &Item| item.begun && item.is_of(response_id);
        self.iter()
            .filter(move |(_, item)| is_of(item))
            .map(|(id, _)| id)
    }

    /// The part of a conversation item that was released last, or came last.
    pub fn last_part_of(&self, item_id: &str) -> Option<ItemId> {
        let parts = || {
            self.iter()
                .rev()
                .filter(|(_, item)| item.is_part_of(item_id))
        };
        let released = parts().find(|(_, item)| item.released > 0);
        released.or_else(|| parts().next()).map(|(id, _)| id)
    }

    /// The client has played so much of a conversation item; false if it is unknown.
    /// What was cut it may drop and report all the same: that changes nothing.
    pub fn report(&mut self, item_id: &str, played: Ticks) -> bool {
        let mut known = false;
        for item in self.all.iter_mut().filter(|item| item.is_part_of(item_id)) {
            known = true;
            if !item.cut {
                item.reported = played;
            }
        }
        self.reports |= known;
        known
    }

    /// How much of the item has been heard by a client that reports it; `None` for one
    /// that has never reported anything.
    pub fn reported(&self, id: ItemId) -> Option<Ticks> {
        let item = self.get(id).filter(|_| self.reports)?;
        // Reports are in whole milliseconds: the last of them may hide less than one.
        let is_whole = item.received < item.reported + TICKS_PER_MS;
        Some(if is_whole {
            item.received
        } else {
            item.reported
        })
    }

    /// Nothing more of it will be heard.
    pub fn note_cut(&mut self, id: ItemId) {
        if let Some(item) = self.get_mut(id) {
            item.cut = true;
        }
    }

    /// All that are remembered.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (ItemId, &Item)> {
        self.all
            .iter()
            .enumerate()
            .map(|(at, item)| (self.first + at as ItemId, item))
    }

    /// The names of a chunk's item.
    pub fn names_of(&self, chunk: &Chunk) -> Names<'_> {
        chunk
            .item
            .and_then(|id| self.get(id))
            .map_or(Names::NONE, Item::names)
    }

    /// The chunk has left.
    pub fn note_sent(&mut self, chunk: &Chunk) {
        if let Some(item) = chunk.item.and_then(|id| self.get_mut(id)) {
            item.waiting -= 1;
        }
    }

    /// The chunk will never leave.
    pub fn note_dropped(&mut self, chunk: &Chunk) {
        if let Some(item) = chunk.item.and_then(|id| self.get_mut(id)) {
            item.waiting -= 1;
            item.dropped += chunk.length;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names<'a>(response: &'a [u8], item: &'a [u8]) -> Names<'a> {
        Names {
            response,
            item,
            index: b"0",
        }
    }

    #[test]
    fn the_same_names_are_the_same_item() {
        let mut items = Items::default();
        let first = items.named(names(b"\"r\"", b"\"i\""));
        let second = items.named(names(b"\"r\"", b"\"j\""));
        assert_ne!(first, second);
        assert_eq!(items.named(names(b"\"r\"", b"\"i\"")), first);
        let item = items.get(first).unwrap();
        assert!(item.is_of("r") && item.is_part_of("i") && !item.is_part_of("j"));
        assert_eq!(item.named(), ("r".into(), "i".into(), 0));
    }

    #[test]
    fn what_was_not_named_is_empty() {
        let mut items = Items::default();
        let id = items.named(Names::NONE);
        let item = items.get(id).unwrap();
        assert_eq!(item.named(), (String::new(), String::new(), 0));
        assert!(item.is_of(""));
    }

    #[test]
    fn old_items_are_forgotten_once_nothing_of_them_waits() {
        let mut items = Items::default();
        let busy = items.named(names(b"\"r\"", b"\"busy\""));
        items.get_mut(busy).unwrap().receive(1);
        let name = |number: usize| format!("\"i{number}\"").into_bytes();
        for number in 0..2 * KEPT {
            items.named(names(b"\"r\"", &name(number)));
        }
        assert!(items.get(busy).is_some());
        items.get_mut(busy).unwrap().waiting = 0;
        let newest = items.named(names(b"\"r\"", b"\"new\""));
        assert!(items.get(busy).is_none());
        assert_eq!(items.all.len(), KEPT);
        assert!(items.get(newest).unwrap().is_part_of("new"));
    }
}
