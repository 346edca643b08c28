//! What a leg has to send: a queue, the control frames that go between its frames,
//! and the bytes of what has begun.
//!
//! A frame is made when it begins, and then it is finished: all that is decided
//! late (worth, wrap, number) is decided there.

use super::format::LegAudio;
use super::items::Items;
use super::packets::Packer;
use super::payload::Payload;
use super::pen::{MaskKeys, Pen};
use super::queue::{Entry, Load, Queue};
use super::time::Ticks;
use super::wrap::{Fill, Template, Wrap};
use crate::spare::Spare;
use crate::wire::frame::Opcode;
use std::collections::VecDeque;

/// Pongs that may wait; RFC 6455, 5.5.3 lets us answer only the latest pings.
const MAX_PONGS: usize = 16;

/// How far our half of the connection is from its end.
#[derive(Debug, PartialEq, Eq)]
enum Ending {
    /// Anything may be sent.
    Open,
    /// A close frame goes after all that waits.
    Closing { code: u16, reason: String },
    /// The close frame is written; nothing may follow it.
    Closed,
}

/// What making a frame needs beside the queue.
pub struct Desk<'a> {
    /// Whose audio it is.
    pub items: &'a mut Items,
    /// Where frames are masked.
    pub keys: Option<&'a mut MaskKeys>,
    /// Where memory comes from and goes.
    pub spare: &'a mut Spare,
    /// The shape of audio; `None` on a leg that was never attached: it has none.
    pub wrap: Option<&'a Wrap>,
    /// The shape where a wrap that passes on has nothing to pass on.
    pub own: &'a Template,
}

/// The sending half of a leg.
#[derive(Debug)]
pub struct Outbox {
    /// What has not begun.
    pub queue: Queue,
    control: VecDeque<(Opcode, Vec<u8>)>,
    /// Frames that have begun; keeps no memory where there are none: what was freed last
    /// is still in the caches when the next session needs some, what this one kept since
    /// its last chunk is not.
    begun: Vec<u8>,
    /// Bytes of `begun` that are gone.
    taken: usize,
    /// Bytes of `begun` up to which frames are whole, should making one fail.
    whole: usize,
    /// Audio messages wrapped so far.
    number: u64,
    /// Where audio becomes packets, if the peer hears those.
    packer: Option<Box<Packer>>,
    ending: Ending,
}

impl Outbox {
    /// Nothing to send yet.
    pub fn new() -> Self {
        Self {
            queue: Queue::default(),
            control: VecDeque::new(),
            begun: Vec::new(),
            taken: 0,
            whole: 0,
            number: 0,
            packer: None,
            ending: Ending::Open,
        }
    }

    /// Audio leaves like this from here on.
    pub fn pack(&mut self, hears: Option<LegAudio>) {
        Packer::follow(&mut self.packer, hears);
    }

    /// Send a ping before the next frame.
    pub fn ping(&mut self) {
        if self.ending == Ending::Closed {
            return;
        }
        self.control.push_back((Opcode::Ping, Vec::new()));
    }

    /// Answer a ping before the next frame; of a flood only the latest.
    pub fn pong(&mut self, payload: Vec<u8>) {
        if self.ending == Ending::Closed {
            return;
        }
        let is_pong = |(opcode, _): &(Opcode, _)| *opcode == Opcode::Pong;
        if self.control.iter().filter(|frame| is_pong(frame)).count() == MAX_PONGS {
            let oldest = self.control.iter().position(is_pong);
            self.control.remove(oldest.unwrap_or(0));
        }
        self.control.push_back((Opcode::Pong, payload));
    }

    /// Send a close frame after all that waits, unless one is under way.
    pub fn close(&mut self, code: u16, reason: &str) {
        if self.ending == Ending::Open {
            let reason = reason.to_owned();
            self.ending = Ending::Closing { code, reason };
        }
    }

    /// The socket is gone: forget what has begun and be silent.
    pub fn abandon(&mut self) {
        self.control.clear();
        self.begun = Vec::new();
        (self.taken, self.whole) = (0, 0);
        self.ending = Ending::Closed;
    }

    /// Whether the close frame has been taken to the last byte.
    pub fn has_closed(&self) -> bool {
        self.ending == Ending::Closed && self.taken == self.begun.len()
    }

    /// What waits to be taken: messages and control frames, bytes that have begun.
    pub fn waiting(&self) -> Load {
        let queued = self.queue.load();
        let control: usize = self.control.iter().map(|(_, payload)| payload.len()).sum();
        let closing = matches!(self.ending, Ending::Closing { .. });
        let begun = self.begun.len() - self.taken;
        Load {
            messages: queued.messages
                + self.control.len()
                + usize::from(closing)
                + usize::from(begun > 0),
            bytes: queued.bytes + control + begun,
        }
    }

    /// Begin frames until `most` bytes can be taken or there is nothing to begin.
    pub fn fill(&mut self, most: usize, now: Ticks, mut desk: Desk<'_>) {
        self.compact(desk.spare);
        while self.begun.len() - self.taken < most && self.begin_next(now, &mut desk) {
            self.whole = self.begun.len();
        }
    }

    /// Take up to `most` bytes of what has begun.
    pub fn take(&mut self, most: usize) -> &[u8] {
        let from = self.taken;
        self.taken = self.begun.len().min(from.saturating_add(most));
        &self.begun[from..self.taken]
    }

    /// Making a frame has failed: what is whole still goes, then a close frame.
    pub fn break_off(&mut self, code: u16, reason: &str, keys: Option<&mut MaskKeys>) {
        self.begun.truncate(self.whole);
        if self.ending != Ending::Closed {
            self.ending = Ending::Closed;
            Pen::new(&mut self.begun, keys).close(code, reason);
            self.whole = self.begun.len();
        }
    }

    fn compact(&mut self, spare: &mut Spare) {
        if self.taken == self.begun.len() {
            spare.give(std::mem::take(&mut self.begun));
        } else {
            self.begun.drain(..self.taken);
        }
        self.taken = 0;
        self.whole = self.begun.len();
    }

    /// Where nothing has begun: memory for about so many bytes.
    fn make_room(&mut self, bytes: usize, spare: &mut Spare) {
        if self.begun.capacity() == 0 {
            self.begun = spare.take(bytes);
        }
    }

    fn begin_next(&mut self, now: Ticks, desk: &mut Desk<'_>) -> bool {
        if self.ending == Ending::Closed {
            return false;
        }
        if let Some((opcode, payload)) = self.control.pop_front() {
            self.pen(desk).write(opcode, &[&payload]);
            return true;
        }
        match self.queue.pop(now, desk.items) {
            Some(Entry::Text(text)) => {
                self.make_room(text.payload.len(), desk.spare);
                self.pen(desk).message(text.binary, &text.payload);
                if let Payload::Own(payload) = text.payload {
                    desk.spare.give(payload);
                }
            }
            Some(Entry::Audio(chunk)) => {
                self.number += 1;
                let number = self.number;
                self.make_room(chunk.body.bytes() / 3 * 4, desk.spare);
                let Desk {
                    items,
                    keys,
                    spare,
                    wrap,
                    own,
                } = desk;
                items.note_sent(&chunk);
                let mut pen = Pen::new(&mut self.begun, keys.as_deref_mut());
                if let Some(packer) = &mut self.packer {
                    packer.write(&chunk, &mut pen);
                } else if let Some(wrap) = wrap {
                    let names = items.names_of(&chunk);
                    wrap.write(&chunk, Fill { names, number }, own, &mut pen);
                }
                spare.give(chunk.body.into_bytes());
            }
            None => return self.begin_close(desk),
        }
        true
    }

    fn begin_close(&mut self, desk: &mut Desk<'_>) -> bool {
        let Ending::Closing { code, reason } = &mut self.ending else {
            return false;
        };
        let (code, reason) = (*code, std::mem::take(reason));
        self.ending = Ending::Closed;
        self.pen(desk).close(code, &reason);
        true
    }

    fn pen<'a>(&'a mut self, desk: &'a mut Desk<'_>) -> Pen<'a> {
        Pen::new(&mut self.begun, desk.keys.as_deref_mut())
    }
}
