//! How the lane converts an answer's audio as it lets it go.
//!
//! One part is converted at a time, for audio leaves in order. The end of a part is
//! written on its last chunk, so that the tail leaves in the same message; where that
//! chunk has gone already, the tail follows by itself. The time by which a conversion
//! delays audio stands before the part on the play-out clock: so what has been heard,
//! and what the upstream is told of it, is what the client has really been able to hear.

use super::{Entry, Lane};
use crate::dsp::error::AudioError;
use crate::splice::chunk::{Body, Chunk, ItemId};
use crate::splice::format::{LegAudio, PlayTime};
use crate::splice::queue::Queue;
use crate::splice::time::{Ticks, NEVER};
use crate::splice::voicing::Voicing;

impl Lane {
    /// The client hears this from here on; `None`: as it comes. True if it is news.
    pub fn set_target(
        &mut self,
        target: Option<LegAudio>,
        now: Ticks,
        out: Option<&mut Queue>,
    ) -> bool {
        let is_news = target != self.voicing.target;
        if is_news {
            self.end_part(now, out);
            self.voicing.target = target;
        }
        is_news
    }

    /// The client hears another loudness and pitch from here on.
    pub fn set_shape(&mut self, gain: f32, pitch: f32) -> Result<(), AudioError> {
        self.voicing.converter.set_shape(gain, pitch)
    }

    /// Audio of this part comes: that of another is complete.
    pub(super) fn note_coming(&mut self, part: Option<ItemId>) {
        if part != self.voicing.coming {
            self.end_coming();
            self.voicing.coming = part;
        }
    }

    /// No more audio of this response will come.
    pub fn end_response(&mut self, response_id: &str) {
        let coming = self.voicing.coming.and_then(|part| self.items.get(part));
        if coming.is_some_and(|item| item.is_of(response_id)) {
            self.end_coming();
        }
    }

    /// No more audio of the part will come of which it came last.
    pub fn end_coming(&mut self) {
        let Some(part) = self.voicing.coming.take() else {
            return;
        };
        let waiting = self.entries.iter_mut().rev().find_map(|entry| match entry {
            Entry::Audio(chunk) if chunk.item == Some(part) => Some(chunk),
            _ => None,
        });
        match waiting {
            Some(last) => last.ends = true,
            None => self.voicing.converter.end(),
        }
    }

    /// The tail of an ended part follows what has left of it.
    pub(super) fn end_due(&mut self, now: Ticks, out: Option<&mut Queue>) {
        if self.voicing.converter.is_ended() {
            self.end_part(now, out);
        }
    }

    /// Close the part that is being converted; its tail leaves by itself.
    fn end_part(&mut self, now: Ticks, out: Option<&mut Queue>) {
        let converter = &mut self.voicing.converter;
        let (Some(part), Some(format)) = (converter.part(), converter.target()) else {
            return;
        };
        let mut tail = Vec::new();
        converter.finish(&mut tail);
        let item = self.items.get_mut(part);
        let (Some(queue), Some(item), false) = (out, item, tail.is_empty()) else {
            return;
        };
        item.wait_more();
        let until = item.received;
        let length = format.duration(tail.len());
        let paced = self.is_paced();
        queue.push_audio(Chunk {
            body: Body::Audio(tail),
            format,
            item: Some(part),
            length: 0,
            until,
            expires: if paced {
                self.clock.next_start(now) + length
            } else {
                NEVER
            },
            ends: false,
        });
    }

    /// Be ready to convert the chunk, if it has to be.
    pub(super) fn begin_voicing(&mut self, chunk: &Chunk, now: Ticks) -> bool {
        let (Some(target), Some(part), Body::Audio(_)) =
            (self.voicing.target, chunk.item, &chunk.body)
        else {
            return false;
        };
        let (converts, delay) = self.voicing.converter.begin(part, chunk.format, target);
        if delay > 0 {
            self.clock.hold_back(part, delay, now, &mut self.items);
        }
        converts
    }

    /// Convert the chunk and send it; one too short to be heard stays in the filters.
    pub(super) fn voice(&mut self, mut chunk: Chunk, queue: &mut Queue) {
        let Voicing {
            target, converter, ..
        } = &mut self.voicing;
        if let (Body::Audio(audio), Some(target)) = (&mut chunk.body, *target) {
            converter.convert(audio);
            if chunk.ends {
                converter.finish(audio);
            }
            chunk.format = target.samples();
        }
        if chunk.body.bytes() == 0 {
            self.items.note_sent(&chunk);
        } else {
            queue.push_audio(chunk);
        }
    }
}
