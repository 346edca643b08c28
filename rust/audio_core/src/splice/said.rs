//! What Python asks of the lane to the upstream.

use super::chunk::{Body, Chunk};
use super::format::PlayTime;
use super::leg::Side;
use super::splice::Splice;
use super::time::{Ticks, TICKS_PER_MS};

/// How long one replayed message plays at most.
const REPLAY_STEP: Ticks = 200 * TICKS_PER_MS;

impl Splice {
    /// A commit goes out: what the conversions still have goes before it. Returns where
    /// in the upstream's own input time it stands.
    pub fn end_input(&mut self, now: Ticks) -> Ticks {
        self.pass_time(now);
        let tail = self.input.end();
        if !self.passes_on_from(Side::Client) {
            self.say_tail(tail);
        }
        self.input.total() - self.input_offset()
    }

    /// What the upstream hears next is another stream than what it has heard.
    pub(super) fn end_passing(&mut self) {
        let tail = self.input.end_passing();
        self.say_tail(tail);
    }

    fn say_tail(&mut self, tail: Vec<u8>) {
        let format = self.input.target();
        let Some(leg) = self.hearing_upstream().filter(|_| !tail.is_empty()) else {
            return;
        };
        let length = format.duration(tail.len());
        leg.input += length;
        let chunk = Chunk::anonymous(Body::Audio(tail), format, length);
        leg.outbox.queue.push_audio(chunk);
    }

    /// What was said is not to be heard: a conversion forgets it.
    pub fn discard_input(&mut self) {
        self.input.discard();
    }

    /// Audio received from the client so far.
    pub const fn input_total(&self) -> Ticks {
        self.input.total()
    }

    /// The milliseconds of input time that the ring holds.
    pub fn ring_span_ms(&self) -> (f64, f64) {
        self.input.ring.span_ms()
    }

    /// Input audio of that span, as far as it is held.
    pub fn ring_read(&self, from: Ticks, to: Ticks) -> Vec<u8> {
        self.input.ring.read(from..to)
    }

    /// No successor will be told what came before that, in the upstream's own input time.
    pub fn forget_input(&mut self, before: Ticks) {
        self.input
            .forget(before.saturating_add(self.input_offset()));
    }

    /// Say again to the attached upstream what is held from `from` on; returns how
    /// long that is.
    pub fn replay(&mut self, from: Ticks, now: Ticks) -> Ticks {
        self.pass_time(now);
        if self.hearing_upstream().is_none() {
            return 0;
        }
        self.end_passing();
        let pieces = self.input.again(from, REPLAY_STEP);
        let format = self.input.target();
        let mut total = 0;
        if let Some(leg) = self.hearing_upstream() {
            for piece in pieces {
                let length = format.duration(piece.len());
                let chunk = Chunk::anonymous(Body::Audio(piece), format, length);
                leg.outbox.queue.push_audio(chunk);
                total += length;
            }
            leg.input += total;
            leg.replayed += total;
        }
        if self.passes_on_from(Side::Client) {
            // Live audio leaves as it came: it is no part of this stream.
            self.end_passing();
        }
        total
    }

    /// Client input time minus the attached upstream's own input time; without an
    /// upstream, as it will be for one that is attached now.
    pub fn input_offset(&self) -> Ticks {
        let own = self
            .attached_at(Side::Upstream)
            .map(|at| self.legs[at].input);
        self.input.total() - own.unwrap_or(0)
    }
}
