//! One WebSocket without its socket: codec, inbox, outbox, health and end.
//!
//! Knows its own rules and deadlines; what its messages mean, and what of other
//! legs goes out here, is the splice's business.

use super::format::LegAudio;
use super::inbox::{Arrival, End, Inbox};
use super::kinds::Kinds;
use super::lent::Lent;
use super::outbox::Outbox;
use super::packets::Unpacker;
use super::pulse::Pulse;
use super::reading::ReadingClock;
use super::time::{whole_ms, Ticks};
use super::wrap::Wrap;
use crate::wire::codec::{Decoder, DecoderLimits, Incoming};
use crate::wire::frame::NO_CODE;
use std::sync::Arc;

/// Names a leg for the life of its splice.
pub type LegId = u64;

const POLICY: u16 = 1008;
const ABNORMAL: u16 = 1006;

/// Which end of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Who dialled us.
    Client,
    /// Whom we dialled.
    Upstream,
}

/// What a peer may do at most.
#[derive(Clone, Copy, Debug)]
pub struct LegLimits {
    /// Bytes of one message.
    pub max_message_bytes: usize,
    /// Continuations of fewer than 16 bytes in one message.
    pub max_tiny_fragments: u32,
    /// How long a frame may stand unfinished without a byte.
    pub stall_ms: u64,
    /// How long a message may take.
    pub message_ms: u64,
}

/// How a leg's messages are sorted, and what audio for it looks like.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// Of what comes from it.
    pub kinds: Arc<Kinds>,
    /// Of audio that goes to it.
    pub wrap: Arc<Wrap>,
    /// The audio that comes from it.
    pub speaks: LegAudio,
    /// The audio that it takes; `None` while it is not to be sent any.
    pub hears: Option<LegAudio>,
}

/// How far the peer's half of the connection is from its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Peer {
    /// Anything may come.
    Talking,
    /// Its close frame has come.
    Closed,
    /// The bytes have ended.
    Gone,
    /// It broke a rule: it is not listened to any more.
    Violating,
    /// It gives no sign of life: nobody is there to hear or be heard.
    Silent,
}

/// One leg.
#[derive(Debug)]
pub struct Leg {
    /// Its name.
    pub id: LegId,
    /// Its end of the session.
    pub side: Side,
    /// What it has brought.
    pub inbox: Inbox,
    /// What it has to send.
    pub outbox: Outbox,
    /// As it was attached last.
    pub attachment: Option<Attachment>,
    /// Input audio that was queued on it.
    pub input: Ticks,
    /// Of that, what a replay put there: it does not count against the peer.
    pub replayed: Ticks,
    /// When it is read.
    pub reading: ReadingClock,
    /// Where the audio that comes from it is unpacked, if it is packets.
    pub unpacker: Option<Box<Unpacker>>,
    limits: LegLimits,
    decoder: Decoder,
    peer: Peer,
    closed_by_us: bool,
    /// The reading clock when the open ping was sent.
    pinged: Option<Ticks>,
    pulse: Option<Pulse>,
    /// The reading clock when the unfinished frame last grew, and when the
    /// unfinished message began.
    frame_grew: Option<Ticks>,
    message_began: Option<Ticks>,
}

impl Leg {
    /// A leg on which the handshake is done.
    pub fn new(id: LegId, side: Side, limits: LegLimits, now: Ticks) -> Self {
        let decoder_limits = DecoderLimits {
            max_message_bytes: limits.max_message_bytes,
            max_tiny_fragments: limits.max_tiny_fragments,
        };
        Self {
            id,
            side,
            inbox: Inbox::default(),
            outbox: Outbox::new(),
            attachment: None,
            input: 0,
            replayed: 0,
            reading: ReadingClock::new(now),
            unpacker: None,
            limits,
            decoder: Decoder::new(side == Side::Client, decoder_limits),
            peer: Peer::Talking,
            closed_by_us: false,
            pinged: None,
            pulse: None,
            frame_grew: None,
            message_began: None,
        }
    }

    /// Attach it, or attach it otherwise: packets go on where they already were.
    pub fn attach(&mut self, attachment: Attachment) {
        Unpacker::follow(&mut self.unpacker, attachment.speaks);
        self.outbox.pack(attachment.hears);
        self.attachment = Some(attachment);
    }

    /// Whether the peer can hear nothing more from us.
    pub fn is_gone(&self) -> bool {
        self.peer != Peer::Talking
    }

    /// Whether we have closed it of our own accord.
    pub const fn is_closed_by_us(&self) -> bool {
        self.closed_by_us
    }

    /// Whether there is nothing left to do on its socket.
    pub fn is_finished(&self) -> bool {
        self.is_gone() && self.outbox.has_closed()
    }

    /// Whether it has ended because its peer gave no sign of life.
    pub fn is_silent(&self) -> bool {
        self.peer == Peer::Silent
    }

    /// Decode what arrived: control frames take effect now, the rest is kept.
    pub fn feed(&mut self, data: &[u8], now: Ticks, lent: &mut Lent) {
        if self.is_gone() {
            return;
        }
        let Lent { fresh, spare, .. } = lent;
        self.decoder.feed_with(data, fresh, spare);
        let finished_some = fresh
            .iter()
            .any(|incoming| matches!(incoming, Incoming::Message { .. }));
        for incoming in fresh.drain(..) {
            self.take(incoming);
        }
        self.note_unfinished(now, finished_some);
    }

    fn take(&mut self, incoming: Incoming) {
        match incoming {
            // After our own close frame, only the peer's is waited for.
            Incoming::Message { .. } if self.closed_by_us => {}
            Incoming::Message { binary, payload } => {
                self.inbox.push(Arrival::Message { binary, payload });
            }
            Incoming::Ping(payload) => self.outbox.pong(payload),
            // One ping is open at most, and an unasked pong shows life as well.
            Incoming::Pong(_) => self.pinged = None,
            Incoming::Close { code, reason } => {
                self.outbox.close(code, "");
                self.end(Peer::Closed, code, reason);
            }
            Incoming::Violation { code, reason } => self.violate(code, reason),
        }
    }

    fn note_unfinished(&mut self, now: Ticks, finished_some: bool) {
        let shown = self.reading.at(now);
        self.frame_grew = self.decoder.in_frame().then_some(shown);
        if finished_some {
            self.message_began = None;
        }
        if self.decoder.in_message() {
            self.message_began.get_or_insert(shown);
        } else {
            self.message_began = None;
        }
    }

    /// The bytes have ended. A close frame that is on its way still goes: the peer
    /// may have shut down only its own half.
    pub fn end_of_stream(&mut self) {
        if self.is_gone() {
            return;
        }
        if !self.closed_by_us {
            self.outbox.abandon();
        }
        self.end(Peer::Gone, ABNORMAL, String::new());
    }

    /// The peer broke a rule: close, and listen no more.
    pub fn violate(&mut self, code: u16, reason: String) {
        if self.is_gone() {
            return;
        }
        self.outbox.close(code, &reason);
        self.end(Peer::Violating, code, reason);
    }

    fn end(&mut self, peer: Peer, code: u16, reason: String) {
        let violation = peer == Peer::Violating;
        self.peer = peer;
        self.pinged = None;
        (self.frame_grew, self.message_began) = (None, None);
        self.inbox.push(Arrival::End(End {
            code,
            reason,
            violation,
        }));
    }

    /// Close of our own accord: the frame goes after what waits.
    pub fn close(&mut self, code: u16, reason: &str) {
        if !self.is_gone() {
            self.closed_by_us = true;
            self.outbox.close(code, reason);
        }
    }

    /// Send a ping, unless one is unanswered or the leg is ending.
    pub fn ping(&mut self, now: Ticks) {
        if self.pinged.is_none() && !self.is_gone() && !self.closed_by_us {
            self.outbox.ping();
            self.pinged = Some(self.reading.at(now));
        }
    }

    /// How long the open ping has waited while we read.
    pub fn pong_wait(&self, now: Ticks) -> Option<Ticks> {
        Some(self.reading.at(now) - self.pinged?)
    }

    /// Ping in a rhythm, a beat from `now` on; a pong that is overdue ends the leg.
    pub fn keep_alive(&mut self, every_ms: u64, within_ms: u64, now: Ticks) {
        self.pulse = Some(Pulse::new(every_ms, within_ms, now));
        self.check_pulse(now);
    }

    fn check_pulse(&mut self, now: Ticks) {
        let Some(pulse) = &mut self.pulse else { return };
        let overdue = |pinged| pulse.overdue(pinged, &self.reading);
        if let Some(pinged) = self.pinged {
            if overdue(pinged).is_some_and(|moment| moment <= now) && !self.closed_by_us {
                let within = seconds(pulse.within_ms());
                self.outbox.abandon();
                self.end(
                    Peer::Silent,
                    ABNORMAL,
                    format!("no answer to a ping for {within}"),
                );
            }
        } else if pulse.beats(now) {
            self.ping(now);
        }
    }

    /// When `check_pulse` has something to do.
    fn next_pulse(&self) -> Option<Ticks> {
        let pulse = self.pulse?;
        if self.is_gone() || self.closed_by_us {
            return None;
        }
        let overdue = |pinged| pulse.overdue(pinged, &self.reading);
        self.pinged.map_or(Some(pulse.next()), overdue)
    }

    /// End the leg if a frame or a message has been unfinished for too long, or a
    /// pong is overdue; ping if it is time.
    pub fn check_deadlines(&mut self, now: Ticks) {
        let shown = self.reading.at(now);
        let LegLimits {
            stall_ms,
            message_ms,
            ..
        } = self.limits;
        let is_over = |since: Option<Ticks>, limit_ms| {
            since.is_some_and(|since| shown - since >= whole_ms(limit_ms))
        };
        if is_over(self.frame_grew, stall_ms) {
            let reason = format!("a frame stood unfinished for {}", seconds(stall_ms));
            self.violate(POLICY, reason);
        } else if is_over(self.message_began, message_ms) {
            let reason = format!("a message was unfinished after {}", seconds(message_ms));
            self.violate(POLICY, reason);
        }
        self.check_pulse(now);
    }

    /// When `check_deadlines` has something to do if nothing more comes.
    pub fn next_deadline(&self) -> Option<Ticks> {
        let moment = |since: Option<Ticks>, limit_ms| {
            let limit = since?.saturating_add(whole_ms(limit_ms));
            self.reading.moment_of(limit)
        };
        let stall = moment(self.frame_grew, self.limits.stall_ms);
        let message = moment(self.message_began, self.limits.message_ms);
        [stall, message, self.next_pulse()]
            .into_iter()
            .flatten()
            .min()
    }
}

fn seconds(ms: u64) -> String {
    match ms % 1000 {
        0 => format!("{} s", ms / 1000),
        _ => format!("{ms} ms"),
    }
}

/// A code that `Leg::close` may be given: one for the wire, or none.
pub const fn is_close_code(code: u16) -> bool {
    code == NO_CODE || crate::wire::frame::is_wire_code(code)
}
