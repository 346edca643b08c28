//! Bytes in, bytes out, and the passing of time.

use super::leg::{LegId, Side};
use super::outbox::Desk;
use super::splice::{LaneParts, Splice, TRY_LATER};
use super::time::Ticks;
use super::wrap::{OWN_APPEND, OWN_DELTA};

impl Splice {
    /// Bytes that arrived on the leg; none for the end of its stream.
    pub fn feed(&mut self, id: LegId, data: &[u8], now: Ticks) {
        self.pass_time(now);
        let Some(at) = self.find(id) else { return };
        if self.client == Some(id) {
            self.check_upstream_reads();
        }
        let leg = &mut self.legs[at];
        if data.is_empty() {
            leg.end_of_stream();
        } else {
            leg.feed(data, self.now, &mut self.lent);
        }
        self.settle();
    }

    /// The connection is lost: no answer can reach the peer. What a client has said and
    /// nobody has received yet is forgotten, for its session ends with it, and who was
    /// reset behind a flood would be answered for minutes. What an upstream has said last
    /// may be why.
    pub fn lose(&mut self, id: LegId) {
        let leg = self.legs.iter_mut().find(|leg| leg.id == id);
        if let Some(leg) = leg.filter(|leg| leg.side == Side::Client) {
            leg.inbox.lose();
        }
    }

    /// Do what the clock asks for.
    pub fn turn(&mut self, now: Ticks) {
        self.pass_time(now);
        for leg in &mut self.legs {
            leg.check_deadlines(self.now);
        }
        self.settle();
    }

    /// Begin frames on the leg until `most` bytes can be taken, if there are as many.
    pub fn fill(&mut self, id: LegId, now: Ticks, most: usize) {
        self.pass_time(now);
        let Some(leg) = self.legs.iter_mut().find(|leg| leg.id == id) else {
            return;
        };
        let (keys, own) = match leg.side {
            Side::Client => (None, &OWN_DELTA),
            Side::Upstream => (Some(&mut self.keys), &OWN_APPEND),
        };
        let desk = Desk {
            items: &mut self.lane.items,
            keys,
            spare: &mut self.lent.spare,
            wrap: leg.attachment.as_ref().map(|attachment| &*attachment.wrap),
            own,
        };
        leg.outbox.fill(most, self.now, desk);
        if leg.outbox.queue.audio_length() == 0 {
            leg.replayed = 0;
        }
    }

    /// Take up to `most` bytes of what `fill` has begun.
    pub fn take(&mut self, id: LegId, most: usize) -> &[u8] {
        match self.legs.iter_mut().find(|leg| leg.id == id) {
            Some(leg) => leg.outbox.take(most),
            None => &[],
        }
    }

    /// Whether the leg should be read now.
    pub fn wants_read(&mut self, id: LegId, now: Ticks) -> bool {
        self.pass_time(now);
        self.note_reading();
        self.find(id).is_some_and(|at| self.should_read(at))
    }

    /// Whether there is nothing left to do on the leg's socket.
    pub fn finished(&self, id: LegId) -> bool {
        self.find(id).is_none_or(|at| self.legs[at].is_finished())
    }

    /// When `turn` has something to do without any call before; what is due at once
    /// is due at the latest time that was told.
    pub fn next_deadline(&self) -> Option<Ticks> {
        let can_go_on = self.legs.iter().any(|leg| leg.inbox.can_go_on());
        let burst = self.input.burst.next_deadline(self.now);
        let due = [can_go_on.then_some(self.now), self.lane.next_due(), burst];
        let legs = self.legs.iter().flat_map(|leg| {
            let expiry = leg.outbox.queue.next_expiry();
            [leg.next_deadline(), expiry]
        });
        let kept = self.absence.queue.next_expiry();
        let moments = due.into_iter().chain(legs).chain([kept]).flatten();
        moments.min().map(|moment| moment.max(self.now))
    }

    /// Let everything go on that can.
    pub(super) fn settle(&mut self) {
        self.clear_gone();
        while let Some(at) = self.legs.iter().position(|leg| leg.inbox.can_go_on()) {
            self.sort(at);
        }
        let LaneParts {
            lane,
            stamps,
            out,
            now,
        } = self.lane_parts();
        lane.advance(now, stamps, out);
        self.expire();
        self.lent.end_step();
        self.note_reading();
    }

    /// What a peer can hear no more goes to who comes after it, or nowhere.
    fn clear_gone(&mut self) {
        for leg in &mut self.legs {
            if !leg.is_gone() || leg.outbox.queue.is_empty() {
                continue;
            }
            if self.client == Some(leg.id) && !leg.is_closed_by_us() && !self.absence.overflowed {
                let rest = std::mem::take(&mut leg.outbox.queue);
                self.absence.queue.append(rest);
            } else {
                leg.outbox.queue.clear(&mut self.lane.items);
            }
        }
    }

    fn expire(&mut self) {
        let items = &mut self.lane.items;
        for leg in &mut self.legs {
            leg.outbox.queue.expire(self.now, items);
        }
        self.absence.queue.expire(self.now, items);
    }

    /// An upstream that takes no audio any more is given up: when a burst of the
    /// client waits for it, and as much again has come since at the pace of real time.
    fn check_upstream_reads(&mut self) {
        let allowed = self.input.burst.allowed().saturating_mul(2);
        let Some(at) = self.attached_at(Side::Upstream) else {
            return;
        };
        let leg = &mut self.legs[at];
        if leg.outbox.queue.audio_length() > allowed.saturating_add(leg.replayed) {
            self.give_up(at);
        }
    }

    /// Close a leg whose peer does not read; what waited for it is lost.
    pub(super) fn give_up(&mut self, at: usize) {
        let leg = &mut self.legs[at];
        leg.outbox.queue.clear(&mut self.lane.items);
        let who = match leg.side {
            Side::Client => "client",
            Side::Upstream => "upstream",
        };
        leg.violate(
            TRY_LATER,
            format!("the {who} does not read: too much waits for it"),
        );
    }

    /// Keep each leg's clock of when it is read.
    pub(super) fn note_reading(&mut self) {
        for at in 0..self.legs.len() {
            let reading = self.should_read(at);
            self.legs[at].reading.note(self.now, reading);
        }
    }

    fn should_read(&self, at: usize) -> bool {
        let leg = &self.legs[at];
        if leg.is_gone() || leg.is_closed_by_us() {
            return true;
        }
        if leg.inbox.is_full() {
            return false;
        }
        if self.attached(leg.side) != Some(leg.id) {
            return true;
        }
        match leg.side {
            Side::Client => !self.input.burst.is_over(self.now),
            Side::Upstream => !self.is_answer_full(),
        }
    }

    fn is_answer_full(&self) -> bool {
        let client = self.attached_at(Side::Client);
        let queues = client
            .map(|at| &self.legs[at].outbox.queue)
            .into_iter()
            .chain([&self.absence.queue]);
        let (mut audio, mut text) = (0, self.lane.text());
        for queue in queues {
            audio += queue.audio_length();
            text.messages += queue.late().messages;
            text.bytes += queue.late().bytes;
        }
        let unpaced = !self.lane.is_paced() && audio >= self.lane.capacity();
        self.lane.is_full() || unpaced || text.is_over(self.waiting)
    }
}
