//! Messages to and from Python, and the holds between them.

use super::inbox::Delivery;
use super::leg::{LegId, Side};
use super::marks::{Mark, Saying};
use super::payload::Payload;
use super::queue::{Load, Text};
use super::refusal::Refusal;
use super::splice::Splice;
use super::time::Ticks;

impl Splice {
    /// The leg's next delivery. Marks come on the client that is attached, or that
    /// was last; the end of a leg comes after everything.
    pub fn receive(&mut self, id: LegId) -> Option<Delivery> {
        let at = self.find(id)?;
        let from_leg = self.legs[at].inbox.next_stamp();
        let hears_marks = self.last_client == Some(id);
        let mark = self.lane.reached().next_stamp().filter(|_| hears_marks);
        match (mark, from_leg) {
            (Some(mark), from_leg) if from_leg.is_none_or(|stamp| mark < stamp) => {
                self.lane.reached().receive(id)
            }
            _ => self.legs[at].inbox.receive(),
        }
    }

    /// The place of the leg's next delivery, if there is one: it changes with each.
    pub fn next_stamp(&mut self, id: LegId) -> Option<u64> {
        let at = self.find(id)?;
        let hears_marks = self.last_client == Some(id);
        let mark = self.lane.reached().next_stamp().filter(|_| hears_marks);
        let from_leg = self.legs[at].inbox.next_stamp();
        mark.into_iter().chain(from_leg).min()
    }

    /// Whether the leg is not forgotten yet.
    pub fn knows(&self, id: LegId) -> bool {
        self.find(id).is_some()
    }

    /// The hold or mark has been answered; its direction goes on.
    pub fn release(&mut self, id: LegId, hold: u64, now: Ticks) -> Result<(), Refusal> {
        self.pass_time(now);
        if !self.lane.reached().release(id, hold) && !self.release_message(id, hold) {
            return Err(Refusal::WrongHold { leg: id, hold });
        }
        self.settle();
        Ok(())
    }

    fn release_message(&mut self, id: LegId, hold: u64) -> bool {
        if let Some(at) = self.find(id) {
            return self.legs[at].inbox.release(hold);
        }
        let orphan = self.orphans.iter().position(|known| *known == (id, hold));
        orphan.map(|at| self.orphans.swap_remove(at)).is_some()
    }

    /// Sort the canonical form of a held message instead of what came: true if it
    /// was audio and went the lane's way. The hold stays open.
    pub fn resubmit(
        &mut self,
        id: LegId,
        hold: u64,
        payload: Vec<u8>,
        now: Ticks,
    ) -> Result<bool, Refusal> {
        self.pass_time(now);
        let Some(at) = self.find(id) else {
            return Ok(false);
        };
        if self.legs[at].inbox.open_hold() != Some(hold) {
            return Err(Refusal::WrongHold { leg: id, hold });
        }
        Ok(self.sort_again(at, payload))
    }

    /// Queue a message to whatever leg the side has.
    pub fn send(
        &mut self,
        side: Side,
        payload: Vec<u8>,
        binary: bool,
        response_id: Option<&str>,
        now: Ticks,
    ) {
        self.pass_time(now);
        let text = Text {
            payload: payload.into(),
            binary,
            late: false,
        };
        match side {
            Side::Client => self.post_to_client(text, response_id.map(str::as_bytes)),
            Side::Upstream => self.post_to_upstream(text),
        }
    }

    /// Queue a message to exactly this leg.
    pub fn send_leg(&mut self, id: LegId, payload: impl Into<Payload>, binary: bool, now: Ticks) {
        self.pass_time(now);
        let text = Text {
            payload: payload.into(),
            binary,
            late: false,
        };
        if let Some(at) = self.find(id) {
            self.post_to_leg(at, text);
        }
    }

    /// Whether a frame for this client could leave before any other: nothing waits.
    pub fn is_idle(&self, id: LegId) -> bool {
        self.find(id).is_some_and(|at| {
            let leg = &self.legs[at];
            leg.side == Side::Client
                && !leg.is_gone()
                && !leg.is_closed_by_us()
                && leg.outbox.waiting() == Load::default()
        })
    }

    /// Place a mark in the lane to the client, behind all that has come.
    pub fn mark(&mut self, response_id: &str, token: Vec<u8>, now: Ticks) -> Result<(), Refusal> {
        self.pass_time(now);
        if !self.lane.is_paced() {
            return Err(Refusal::NoMarks);
        }
        let response_id = response_id.to_owned();
        self.lane.place(Mark { response_id, token });
        Ok(())
    }

    /// Say this to the client once all audio that has come was played.
    pub fn say_when_played(
        &mut self,
        response_id: &str,
        payloads: Vec<Vec<u8>>,
        starts: bool,
        now: Ticks,
    ) -> Result<(), Refusal> {
        self.pass_time(now);
        if !self.lane.is_paced() {
            return Err(Refusal::NoMarks);
        }
        let texts = payloads.into_iter().map(|payload| Text {
            payload: payload.into(),
            binary: false,
            late: false,
        });
        self.lane.place_saying(Saying {
            response_id: response_id.to_owned(),
            starts,
            texts: texts.collect(),
        });
        Ok(())
    }

    pub(super) fn post_to_client(&mut self, text: Text, response_id: Option<&[u8]>) {
        let text = match response_id {
            Some(response_id) => self.lane.keep(response_id, text),
            None => Some(text),
        };
        let Some(text) = text else { return };
        match self.attached_at(Side::Client) {
            Some(at) if !self.legs[at].is_gone() => self.post_to_leg(at, text),
            Some(at) if self.legs[at].is_closed_by_us() => {}
            _ => self.keep_for_client(text),
        }
    }

    pub(super) fn post_to_upstream(&mut self, text: Text) {
        if let Some(at) = self.attached_at(Side::Upstream) {
            self.post_to_leg(at, text);
        }
    }

    fn post_to_leg(&mut self, at: usize, text: Text) {
        let leg = &mut self.legs[at];
        if leg.is_gone() || leg.is_closed_by_us() {
            return;
        }
        leg.outbox.queue.push_text(text);
        if leg.outbox.queue.events().is_over(self.waiting) {
            self.give_up(at);
        }
    }

    fn keep_for_client(&mut self, text: Text) {
        if self.absence.overflowed {
            return;
        }
        self.absence.queue.push_text(text);
        if self.absence.queue.events().is_over(self.waiting) {
            self.absence.overflowed = true;
            self.absence.queue.clear(&mut self.lane.items);
        }
    }
}
