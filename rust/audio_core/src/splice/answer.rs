//! What Python asks of the lane to the client, and asks it to do.

use super::barred::Bar;
use super::chunk::ItemId;
use super::lane::Lane;
use super::queue::Queue;
use super::splice::Splice;
use super::time::Ticks;
use crate::dsp::error::AudioError;

/// What was counted of one conversation item's audio.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// All that has come.
    pub received: Ticks,
    /// All that the lane has let go to the client.
    pub released: Ticks,
    /// The play-out clock's position in it.
    pub heard: Ticks,
    /// What never left: cut, expired, or refused after a cut.
    pub dropped: Ticks,
}

/// How much of a content part has been heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Of the response.
    pub response_id: String,
    /// Of the conversation item.
    pub item_id: String,
    /// Of the content part.
    pub content_index: u64,
    /// The play-out clock's position in it.
    pub heard: Ticks,
    /// All that has come.
    pub received: Ticks,
}

impl Splice {
    /// Cut a response; returns what has been heard of each of its items.
    pub fn drop_response(&mut self, response_id: &str, now: Ticks) -> Vec<Heard> {
        self.pass_time(now);
        self.lane.barred.bar(response_id, Bar::Shut);
        let now = self.now;
        let (lane, queues) = self.lane_and_queues();
        let cut = lane.cut(response_id, now, queues);
        self.note_reading();
        cut.into_iter().filter_map(|id| self.heard(id)).collect()
    }

    /// The upstream is done with the response.
    pub fn finish(&mut self, response_id: &str, now: Ticks) {
        self.pass_time(now);
        self.lane.barred.lift(response_id);
        self.lane.end_response(response_id);
    }

    /// The response is out-of-band.
    pub fn exclude(&mut self, response_id: &str) {
        self.lane.barred.bar(response_id, Bar::Excluded);
    }

    /// How loud and how high the client hears answers from the next sample on.
    pub fn shape(&mut self, gain: f32, pitch: f32, now: Ticks) -> Result<(), AudioError> {
        self.pass_time(now);
        self.lane.set_shape(gain, pitch)
    }

    /// Stop the lane.
    pub fn pause(&mut self, now: Ticks) {
        self.pass_time(now);
        self.lane.pause(true);
    }

    /// Let the lane go on.
    pub fn resume(&mut self, now: Ticks) {
        self.pass_time(now);
        self.lane.pause(false);
        self.settle();
    }

    /// The client reports what it has played of an item; false if it is unknown.
    pub fn playback(&mut self, item_id: &str, played: Ticks, now: Ticks) -> bool {
        self.pass_time(now);
        let now = self.now;
        let (lane, queues) = self.lane_and_queues();
        lane.correct(item_id, played, now, queues)
    }

    /// What is being heard.
    pub fn playing(&mut self, now: Ticks) -> Option<Heard> {
        self.pass_time(now);
        self.heard(self.lane.playing(self.now)?)
    }

    /// What was counted of an item, over all its parts.
    pub fn counters(&mut self, item_id: &str, now: Ticks) -> Option<Counters> {
        self.pass_time(now);
        let mut sum: Option<Counters> = None;
        for (id, item) in self.lane.items.iter() {
            if item.is_part_of(item_id) {
                let sum = sum.get_or_insert_default();
                sum.received += item.received;
                sum.released += item.released;
                sum.heard += self.lane.heard(id, self.now);
                sum.dropped += item.dropped;
            }
        }
        sum
    }

    fn heard(&self, id: ItemId) -> Option<Heard> {
        let item = self.lane.items.get(id)?;
        let (response_id, item_id, content_index) = item.named();
        let heard = self.lane.heard(id, self.now);
        Some(Heard {
            response_id,
            item_id,
            content_index,
            heard,
            received: item.received,
        })
    }

    /// The lane and every queue that audio from it may lie in.
    fn lane_and_queues(&mut self) -> (&mut Lane, impl Iterator<Item = &mut Queue>) {
        let legs = self.legs.iter_mut().map(|leg| &mut leg.outbox.queue);
        let queues = legs.chain([&mut self.absence.queue]);
        (&mut self.lane, queues)
    }
}
