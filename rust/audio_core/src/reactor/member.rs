//! One leg in the reactor: its socket, what waits to be written, and its end.
//!
//! The rules of the end: what ends the leg (the peer's close, a violation, our own
//! close) gives it `close` ticks more. Once the splice calls it finished, what
//! comes is read and forgotten. A server closes TCP first (RFC 6455, 7.1.1): the
//! client's leg sends FIN, the upstream's waits for it; both wait until the peer has
//! closed too. Who is not done in time is reset, and who gave no sign of life at
//! once. Must not know other legs, nor when it is its turn.

use super::io::{Done, Io, Ready};
use crate::splice::contain::Contained;
use crate::splice::leg::{LegId, Side};
use crate::splice::time::Ticks;

/// So much is taken from the splice at once. Audio cannot expire any more once the
/// first byte of its frame has been taken, so more would only make a slow client's
/// audio staler; less would cost an upload more system calls.
const PULL_BYTES: usize = 16 * 1024;

/// How long a leg may take.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For the socket to take what was begun.
    pub send: Ticks,
    /// From what ends it to its end.
    pub close: Ticks,
}

/// How far the leg is from its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// What comes goes to the splice.
    Open,
    /// What comes is forgotten; the peer is waited for.
    Parting,
    /// Nothing is wanted of the socket any more.
    Gone,
}

/// What can still be said to the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outward {
    /// Anything.
    Open,
    /// FIN has been sent.
    Ended,
    /// Its end does not take bytes any more.
    Lost,
}

/// One leg and its socket.
#[derive(Debug)]
pub struct Member<I> {
    io: I,
    leg: LegId,
    side: Side,
    patience: Patience,
    phase: Phase,
    /// Begun, and not taken by the socket.
    unsent: Vec<u8>,
    /// When the socket first refused it.
    stuck: Option<Ticks>,
    /// What the socket is ready for, as far as is known: read, until it had nothing
    /// more; write, until it took no more.
    ready: Ready,
    outward: Outward,
    /// The peer's end has been read.
    heard_all: bool,
    /// When it is reset.
    ends: Option<Ticks>,
}

impl<I: Io> Member<I> {
    /// A leg on which the handshake is done; that it can be read is yet to be told.
    pub fn new(io: I, leg: LegId, side: Side, patience: Patience) -> Self {
        Self {
            io,
            leg,
            side,
            patience,
            phase: Phase::Open,
            unsent: Vec::new(),
            stuck: None,
            ready: Ready {
                write: true,
                ..Ready::default()
            },
            outward: Outward::Open,
            heard_all: false,
            ends: None,
        }
    }

    /// Its name in the splice.
    pub const fn leg(&self) -> LegId {
        self.leg
    }

    /// Its socket.
    pub const fn io(&self) -> &I {
        &self.io
    }

    /// It will be read or written: fetch what that needs.
    pub fn look_ahead(&self) {
        self.io.look_ahead();
    }

    /// Whether the socket can be closed.
    pub fn is_gone(&self) -> bool {
        self.phase == Phase::Gone
    }

    /// The socket says what it is ready for.
    pub const fn note_ready(&mut self, ready: Ready) {
        self.ready.read |= ready.read;
        self.ready.write |= ready.write;
        self.ready.ended |= ready.ended;
    }

    /// Whether reading it may find something that is wanted.
    pub fn wants_visit(&self, splice: &mut Contained, now: Ticks) -> bool {
        self.ready.read
            && !self.heard_all
            && match self.phase {
                // Who takes nothing any more may still have said why.
                Phase::Open => self.outward == Outward::Lost || wants_read(splice, self.leg, now),
                Phase::Parting => true,
                Phase::Gone => false,
            }
    }

    /// Read once.
    pub fn read(&mut self, splice: &mut Contained, buffer: &mut [u8], now: Ticks) -> usize {
        let done = self.io.read(buffer);
        let count = count(done);
        // A read that does not fill the buffer has emptied the socket (epoll(7)), and
        // more will be told; but not an end that was told with what was read.
        self.ready.ended &= done != Done::Nothing;
        self.ready.read = count == buffer.len() || self.ready.ended || self.io.has_more();
        if self.phase == Phase::Open && done != Done::Nothing {
            feed(splice, self.leg, &buffer[..count], now);
        }
        if matches!(done, Done::Ended | Done::Lost) {
            self.heard_all = true;
            self.end_within(now);
        }
        if done == Done::Lost {
            self.stop_writing(now);
        }
        count
    }

    /// Write what the socket takes; how many bytes, and in how many calls.
    pub fn flush(&mut self, splice: &mut Contained, now: Ticks) -> (usize, usize) {
        let (mut bytes, mut calls) = (0, 0);
        while self.can_write() {
            let written = if self.unsent.is_empty() {
                let data = splice.pull(self.leg, now, PULL_BYTES);
                if data.is_empty() {
                    break;
                }
                self.begin(data)
            } else {
                let done = self.io.write(&self.unsent);
                self.unsent.drain(..count(done));
                done
            };
            (bytes, calls) = (bytes + count(written), calls + 1);
            self.note_written(written, now);
        }
        (bytes, calls)
    }

    /// Write a whole frame, unless something waits before it; how many bytes were
    /// taken. What the socket refuses has begun.
    pub fn write_frame(&mut self, frame: &[u8], now: Ticks) -> Option<usize> {
        if self.phase != Phase::Open || !self.unsent.is_empty() || !self.can_write() {
            return None;
        }
        let done = self.begin(frame);
        self.note_written(done, now);
        Some(count(done))
    }

    /// What was begun and waits for the socket.
    pub fn unsent_bytes(&self) -> usize {
        self.unsent.len()
    }

    fn begin(&mut self, data: &[u8]) -> Done {
        let done = self.io.write(data);
        if done != Done::Lost {
            self.unsent.extend_from_slice(&data[count(done)..]);
        }
        done
    }

    fn can_write(&self) -> bool {
        self.ready.write && self.outward == Outward::Open && !self.is_gone()
    }

    fn note_written(&mut self, done: Done, now: Ticks) {
        if matches!(done, Done::Lost | Done::Ended) {
            self.stop_writing(now);
        } else if self.unsent.is_empty() {
            self.stuck = None;
        } else {
            self.stuck.get_or_insert(now);
            self.ready.write = false;
        }
    }

    /// Go towards the end as far as that is possible.
    pub fn part(&mut self, splice: &mut Contained, now: Ticks) {
        let lost = self.outward == Outward::Lost;
        if lost && self.phase == Phase::Open {
            lose(splice, self.leg);
        }
        if self.phase == Phase::Open && (finished(splice, self.leg) || lost && self.heard_all) {
            if is_silent(splice, self.leg) {
                return self.abort(splice, now);
            }
            self.phase = Phase::Parting;
            self.end_within(now);
        }
        if self.phase == Phase::Parting && (lost || self.unsent.is_empty()) {
            self.say_last();
        }
    }

    /// Nothing is left to be sent but the end itself.
    fn say_last(&mut self) {
        if self.heard_all {
            self.phase = Phase::Gone;
        } else if self.side == Side::Client && self.outward == Outward::Open && self.ready.write {
            if self.io.end_writing() {
                self.outward = Outward::Ended;
            } else {
                self.ready.write = false;
            }
        }
    }

    /// Do what the clock asks for.
    pub fn check_deadlines(&mut self, splice: &mut Contained, now: Ticks) {
        if self.next_deadline().is_some_and(|moment| moment <= now) {
            self.abort(splice, now);
        }
    }

    /// When it is given up if nothing happens.
    pub fn next_deadline(&self) -> Option<Ticks> {
        if self.is_gone() {
            return None;
        }
        let stuck = self
            .stuck
            .map(|since| since.saturating_add(self.patience.send));
        stuck.into_iter().chain(self.ends).min()
    }

    /// It is ending: give it its time, and no more.
    pub fn end_within(&mut self, now: Ticks) {
        self.ends
            .get_or_insert(now.saturating_add(self.patience.close));
    }

    /// Close the socket at once, by force.
    pub fn abort(&mut self, splice: &mut Contained, now: Ticks) {
        if !self.is_gone() {
            self.io.reset_on_close();
            self.phase = Phase::Gone;
            feed(splice, self.leg, b"", now);
        }
    }

    fn stop_writing(&mut self, now: Ticks) {
        self.outward = Outward::Lost;
        self.unsent = Vec::new();
        self.stuck = None;
        self.end_within(now);
    }
}

const fn count(done: Done) -> usize {
    match done {
        Done::Bytes(count) => count,
        Done::Nothing | Done::Ended | Done::Lost => 0,
    }
}

// A splice that has panicked is asked nothing more: its legs say goodbye and end.

fn feed(splice: &mut Contained, leg: LegId, data: &[u8], now: Ticks) {
    let _ = splice.run(|splice| splice.feed(leg, data, now));
}

fn lose(splice: &mut Contained, leg: LegId) {
    let _ = splice.run(|splice| splice.lose(leg));
}

fn wants_read(splice: &mut Contained, leg: LegId, now: Ticks) -> bool {
    splice
        .run(|splice| splice.wants_read(leg, now))
        .unwrap_or(false)
}

fn finished(splice: &mut Contained, leg: LegId) -> bool {
    splice.run(|splice| splice.finished(leg)).unwrap_or(true)
}

fn is_silent(splice: &mut Contained, leg: LegId) -> bool {
    splice.run(|splice| splice.is_silent(leg)).unwrap_or(false)
}
