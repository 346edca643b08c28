//! What a chunk of audio will need, so that it is fetched all at once.
//!
//! Only hints: nothing depends on it, and what is forgotten here is merely waited for.

use super::splice::Splice;
use crate::ahead::{fetch, fetch_behind, fetch_first};

impl Splice {
    /// Bytes will arrive: fetch what the splice consists of beside itself.
    pub fn look_ahead(&self) {
        fetch(self.legs.as_slice());
        fetch_first(&self.lane.entries);
        fetch_first(&self.lane.clock.segments);
        fetch_behind(self.input.ring.newest());
        let newest = self.lane.items.all.back();
        newest.inspect(|item| fetch(*item));
        for leg in &self.legs {
            fetch_first(&leg.inbox.unsorted);
            fetch_first(&leg.outbox.queue.entries);
        }
        newest.inspect(|item| fetch(&*item.names));
    }
}
