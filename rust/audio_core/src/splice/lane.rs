//! The lane to the client: audio, marks and sayings in the upstream's order, let go by
//! the play-out clock.
//!
//! Owns what waits for its time and what was counted of it. Where it leaves to (a
//! leg's queue, what is kept for an absent client, or nowhere) is handed in. Audio
//! waits as the upstream speaks it; what happens to it when it leaves is in `letting_go`.

mod letting_go;

use super::barred::BarredResponses;
use super::chunk::Chunk;
use super::chunk::ItemId;
use super::clock::PlayClock;
use super::inbox::Stamps;
use super::items::Items;
use super::marks::{Mark, ReachedMarks, Saying};
use super::queue::{give_back, Load, Queue, Text};
use super::time::{Ticks, NEVER};
use super::voicing::Voicing;
use std::collections::VecDeque;

#[derive(Debug)]
pub(super) enum Entry {
    Audio(Chunk),
    Mark(Mark),
    Saying(Saying),
}

/// Audio on its way to the client.
#[derive(Debug)]
pub struct Lane {
    /// How far ahead of its time audio may leave; `None`: it never waits.
    lead: Option<Ticks>,
    /// Audio at which the lane is full.
    capacity: Ticks,
    pub(super) entries: VecDeque<Entry>,
    /// How long the audio plays that waits here.
    waiting: Ticks,
    /// Text that waits here for its time, or for the start of its response.
    text: Load,
    paused: bool,
    reached: ReachedMarks,
    pub(super) clock: PlayClock,
    voicing: Voicing,
    /// All audio that was ever meant for the client.
    pub items: Items,
    /// What does not enter.
    pub barred: BarredResponses,
}

impl Lane {
    /// An empty lane.
    pub fn new(lead: Option<Ticks>, capacity: Ticks) -> Self {
        Self {
            lead,
            capacity,
            entries: VecDeque::new(),
            waiting: 0,
            text: Load::default(),
            paused: false,
            reached: ReachedMarks::default(),
            clock: PlayClock::default(),
            voicing: Voicing::default(),
            items: Items::default(),
            barred: BarredResponses::default(),
        }
    }

    /// Whether audio waits for its time here, and marks do.
    pub const fn is_paced(&self) -> bool {
        self.lead.is_some()
    }

    /// Whether as much audio waits as may.
    pub const fn is_full(&self) -> bool {
        self.waiting >= self.capacity
    }

    /// Audio at which it is full.
    pub const fn capacity(&self) -> Ticks {
        self.capacity
    }

    /// Text that waits here.
    pub const fn text(&self) -> Load {
        self.text
    }

    /// Take in audio behind all that is here.
    pub fn enter(&mut self, chunk: Chunk, now: Ticks, mut out: Option<&mut Queue>) {
        self.note_coming(chunk.item);
        if let Some(item) = chunk.item.and_then(|id| self.items.get_mut(id)) {
            item.receive(chunk.length);
        }
        if self.is_paced() {
            self.waiting += chunk.length;
            self.entries.push_back(Entry::Audio(chunk));
        } else {
            self.end_due(now, out.as_deref_mut());
            self.let_go(chunk, now, out);
        }
    }

    /// Place a mark behind all that is here.
    pub fn place(&mut self, mark: Mark) {
        self.end_response(&mark.response_id);
        self.entries.push_back(Entry::Mark(mark));
    }

    /// Place what is to be said behind all that is here.
    pub fn place_saying(&mut self, saying: Saying) {
        if !saying.starts {
            self.end_response(&saying.response_id);
        }
        for text in &saying.texts {
            self.text.add(text.payload.len());
        }
        self.entries.push_back(Entry::Saying(saying));
    }

    /// Stop, or go on.
    pub fn pause(&mut self, paused: bool) {
        self.paused = paused;
    }

    /// Keep text of a response until its start has been said; gives it back where there
    /// is nothing to wait for.
    pub fn keep(&mut self, response_id: &[u8], mut text: Text) -> Option<Text> {
        let start = self.entries.iter_mut().find_map(|entry| match entry {
            Entry::Saying(saying) if saying.is_start_of(response_id) => Some(saying),
            _ => None,
        });
        let Some(start) = start else {
            return Some(text);
        };
        text.late = true;
        self.text.add(text.payload.len());
        start.texts.push(text);
        None
    }

    /// Let go what is due.
    pub fn advance(&mut self, now: Ticks, stamps: &mut Stamps, mut out: Option<&mut Queue>) {
        self.clock.settle(now, &mut self.items);
        self.end_due(now, out.as_deref_mut());
        if self.is_full() {
            self.paused = false;
        }
        while self.next_entry_due().is_some_and(|due| due <= now) {
            match self.entries.pop_front() {
                Some(Entry::Audio(chunk)) => {
                    self.waiting -= chunk.length;
                    self.let_go(chunk, now, out.as_deref_mut());
                }
                Some(Entry::Mark(mark)) => self.reached.push(mark, stamps.take()),
                Some(Entry::Saying(saying)) => self.say(saying.texts, out.as_deref_mut()),
                None => break,
            }
        }
        give_back(&mut self.entries);
    }

    /// When something is due, if the lane does not stand still; what is due at once
    /// has a time that has passed.
    pub fn next_due(&self) -> Option<Ticks> {
        if self.voicing.converter.is_ended() {
            return Some(Ticks::MIN);
        }
        self.next_entry_due()
    }

    fn next_entry_due(&self) -> Option<Ticks> {
        if self.paused || self.reached.any() {
            return None;
        }
        let played = self.clock.end().unwrap_or(Ticks::MIN);
        match self.entries.front()? {
            Entry::Audio(_) => Some(played.saturating_sub(self.lead.unwrap_or(0))),
            Entry::Mark(_) | Entry::Saying(_) => Some(played),
        }
    }

    /// The time of these has come.
    fn say(&mut self, texts: Vec<Text>, mut out: Option<&mut Queue>) {
        for text in texts {
            self.text.remove(text.payload.len());
            if let Some(queue) = &mut out {
                queue.push_text(text);
            }
        }
    }

    fn let_go(&mut self, mut chunk: Chunk, now: Ticks, out: Option<&mut Queue>) {
        let converts = out.is_some() && self.begin_voicing(&chunk, now);
        if let Some(id) = chunk.item {
            if let Some(item) = self.items.get_mut(id) {
                item.released += chunk.length;
            }
            let played = self.clock.append(id, chunk.length, now, &mut self.items);
            chunk.expires = if self.is_paced() { played } else { NEVER };
        }
        match out {
            Some(queue) if converts => self.voice(chunk, queue),
            Some(queue) => queue.push_audio(chunk),
            None => self.items.note_dropped(&chunk),
        }
    }

    /// Take the audio of a response out, here and in `queues`, and out of what is
    /// still to be heard. Returns the items that it had, in order.
    pub fn cut<'a>(
        &mut self,
        response_id: &str,
        now: Ticks,
        queues: impl Iterator<Item = &'a mut Queue>,
    ) -> Vec<ItemId> {
        let of_response = |items: &Items, id| {
            let item = items.get(id);
            item.is_some_and(|item| item.is_of(response_id))
        };
        let is_cut =
            |items: &Items, chunk: &Chunk| chunk.item.is_some_and(|id| of_response(items, id));
        self.discard(is_cut);
        let cut: Vec<ItemId> = self.items.of_response(response_id).collect();
        self.voicing.cut(&cut);
        let moved = self.clock.cut(now, &mut self.items, |id| cut.contains(&id));
        for &id in &cut {
            self.items.note_cut(id);
        }
        for queue in queues {
            queue.cut(&mut self.items, is_cut);
            queue.move_expiry(|moment| moved.apply(moment));
        }
        cut
    }

    /// The client has been told goodbye: nothing is heard any more, and all marks
    /// are reached.
    pub fn close(&mut self, now: Ticks, stamps: &mut Stamps) {
        self.discard(|_, _| true);
        self.voicing.converter.discard();
        self.clock.cut(now, &mut self.items, |_| true);
        for entry in std::mem::take(&mut self.entries) {
            match entry {
                Entry::Mark(mark) => self.reached.push(mark, stamps.take()),
                Entry::Saying(saying) => self.say(saying.texts, None),
                Entry::Audio(_) => {}
            }
        }
    }

    fn discard(&mut self, is_cut: impl Fn(&Items, &Chunk) -> bool) {
        let Self {
            entries,
            items,
            waiting,
            ..
        } = self;
        entries.retain(|entry| match entry {
            Entry::Audio(chunk) if is_cut(items, chunk) => {
                *waiting -= chunk.length;
                items.note_dropped(chunk);
                false
            }
            _ => true,
        });
    }

    /// The client reports how much of an item it has played; false if it is unknown.
    pub fn correct<'a>(
        &mut self,
        item_id: &str,
        played: Ticks,
        now: Ticks,
        queues: impl Iterator<Item = &'a mut Queue>,
    ) -> bool {
        let Some(id) = self.items.last_part_of(item_id) else {
            return false;
        };
        let delay = self.clock.correct(id, played, now, &mut self.items);
        if delay != 0 {
            for queue in queues {
                queue.move_expiry(|moment| moment + delay);
            }
        }
        true
    }

    /// What is being heard.
    pub fn playing(&self, now: Ticks) -> Option<ItemId> {
        self.clock.playing(now)
    }

    /// How much of an item has been heard: as the client reports or, where it does
    /// not, as the clock has it.
    pub fn heard(&self, id: ItemId, now: Ticks) -> Ticks {
        let reported = self.items.reported(id);
        reported.unwrap_or_else(|| self.clock.heard(id, now, &self.items))
    }

    /// The marks that wait for Python.
    pub fn reached(&mut self) -> &mut ReachedMarks {
        &mut self.reached
    }
}
