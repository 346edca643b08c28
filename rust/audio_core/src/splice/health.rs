//! Whether the peers are well, and how their legs end.

use super::leg::{is_close_code, LegId, Side};
use super::level::Level;
use super::queue::Load;
use super::refusal::Refusal;
use super::splice::Splice;
use super::time::Ticks;

impl Splice {
    /// Loudness of the last audio that came from this side.
    pub fn level(&mut self, side: Side) -> Level {
        self.meters[side as usize].level()
    }

    /// Send a ping, unless one is unanswered.
    pub fn ping(&mut self, id: LegId, now: Ticks) {
        self.pass_time(now);
        if let Some(at) = self.find(id) {
            self.legs[at].ping(self.now);
        }
    }

    /// Ping in a rhythm from now on; who gives no sign of life has ended.
    pub fn keep_alive(&mut self, id: LegId, every_ms: u64, within_ms: u64, now: Ticks) {
        self.pass_time(now);
        if let Some(at) = self.find(id) {
            self.legs[at].keep_alive(every_ms, within_ms, self.now);
        }
    }

    /// Whether the leg has ended because its peer gave no sign of life.
    pub fn is_silent(&self, id: LegId) -> bool {
        self.find(id).is_some_and(|at| self.legs[at].is_silent())
    }

    /// How long the open ping has waited while we read.
    pub fn pong_wait(&mut self, id: LegId, now: Ticks) -> Option<Ticks> {
        self.pass_time(now);
        self.legs[self.find(id)?].pong_wait(self.now)
    }

    /// What waits to be taken from the leg.
    pub fn waiting(&self, id: LegId) -> Load {
        let leg = self.find(id).map(|at| &self.legs[at]);
        leg.map_or_else(Load::default, |leg| leg.outbox.waiting())
    }

    /// Cut the audio for this leg and hand over the client's marks; the close frame
    /// goes after the messages that wait, and nothing is sent after it. Where the peer
    /// has gone already there is nothing to close, and what waits is for its successor.
    pub fn close(&mut self, id: LegId, code: u16, reason: &str, now: Ticks) -> Result<(), Refusal> {
        self.pass_time(now);
        if !is_close_code(code) {
            return Err(Refusal::CloseCode(code));
        }
        let Some(at) = self.find(id) else {
            return Ok(());
        };
        let leg = &mut self.legs[at];
        if leg.is_gone() {
            return Ok(());
        }
        leg.close(code, reason);
        leg.outbox.queue.cut(&mut self.lane.items, |_, _| true);
        if self.client == Some(id) {
            self.lane.close(self.now, &mut self.stamps);
        }
        self.settle();
        Ok(())
    }

    /// Panic inside the leg's work, so that containment can be tried from outside.
    ///
    /// # Panics
    /// Always.
    pub fn panic_for_test(&mut self, id: LegId) {
        panic!("leg {id} was asked to panic by a test");
    }

    /// After a panic: end the leg with what can still be said.
    pub(super) fn break_off(&mut self, id: LegId, code: u16, reason: &str) {
        if let Some(leg) = self.legs.iter_mut().find(|leg| leg.id == id) {
            let keys = (leg.side == Side::Upstream).then_some(&mut self.keys);
            leg.outbox.break_off(code, reason, keys);
        }
    }
}
