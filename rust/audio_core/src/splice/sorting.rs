//! What becomes of the messages that a leg has brought, one after the other.

use super::barred::Bar;
use super::chunk::{Body, Chunk};
use super::format::PlayTime;
use super::inbox::Arrival;
use super::items::{text_of, Names, NULL};
use super::kinds::{Sorted, Spans};
use super::leg::Side;
use super::queue::Text;
use super::reports::Report;
use super::splice::Splice;
use super::time::{Ticks, NEVER};
use super::words::Told;
use super::wrap::Wrap;
use crate::dsp::format::AudioFormat;
use crate::text::base64;
use std::ops::Range;

/// An audio message that has been looked at; its audio lies in the scratch.
struct Opened {
    raw: Vec<u8>,
    binary: bool,
    spans: Spans,
    format: AudioFormat,
    length: Ticks,
    /// Whether it was decoded, from a client to whole samples: only then it is counted.
    sound: bool,
    /// Whether the other side gets the message itself.
    passes_on: bool,
}

impl Splice {
    /// Sort what the leg has brought, up to a hold.
    pub(super) fn sort(&mut self, at: usize) {
        while let Some(arrival) = self.legs[at].inbox.next_unsorted() {
            match arrival {
                Arrival::Message { binary, payload } => self.sort_message(at, payload, binary),
                Arrival::End(end) => {
                    let stamp = self.stamps.take();
                    self.legs[at].inbox.end(end, stamp);
                }
            }
        }
    }

    fn sort_message(&mut self, at: usize, raw: Vec<u8>, binary: bool) {
        match self.sorted(at, &raw, binary) {
            None | Some(Sorted::Hold) => self.hold(at, raw, binary),
            Some(Sorted::Nobody) => self.lent.spare.give(raw),
            Some(Sorted::Told(told)) => {
                self.tell(at, &raw, told);
                self.lent.spare.give(raw);
            }
            Some(Sorted::Renamed(told)) => {
                let response_id = told.response_id.map(|token| text_of(&raw[token]));
                self.pass_across(at, told.payload, false, response_id);
            }
            Some(Sorted::Relay {
                response_id,
                copied,
            }) => self.relay(at, raw, binary, response_id, copied),
            Some(Sorted::Report(report)) => {
                if !self.take_report(at, &raw, report) {
                    self.hold(at, raw, binary);
                }
            }
            Some(Sorted::Audio(spans)) => self.take_audio(at, raw, binary, spans),
        }
    }

    /// Where the message goes by the kinds of its leg; nowhere if that is not attached.
    fn sorted(&self, at: usize, raw: &[u8], binary: bool) -> Option<Sorted> {
        let leg = &self.legs[at];
        let is_attached = self.attached(leg.side) == Some(leg.id);
        let attachment = leg.attachment.as_ref().filter(|_| is_attached);
        attachment.map(|attachment| attachment.kinds.sort(raw, binary))
    }

    fn hold(&mut self, at: usize, raw: Vec<u8>, binary: bool) {
        let hold = self.stamps.take();
        self.legs[at].inbox.hold(raw, binary, hold);
    }

    /// Note what a client has played; false if that cannot be: it is for a parser.
    fn take_report(&mut self, at: usize, raw: &[u8], report: Report) -> bool {
        let is_client = self.legs[at].side == Side::Client;
        let item_id = std::str::from_utf8(&raw[report.item_id]);
        is_client && item_id.is_ok_and(|id| self.lane.items.report(id, report.played))
    }

    fn relay(
        &mut self,
        at: usize,
        raw: Vec<u8>,
        binary: bool,
        response: Option<Range<usize>>,
        copied: bool,
    ) {
        let response_id = response.map(|token| text_of(&raw[token]).to_vec());
        if copied {
            self.pass_across(at, raw.clone(), binary, response_id.as_deref());
            let stamp = self.stamps.take();
            self.legs[at].inbox.copy(raw, binary, stamp);
        } else {
            self.pass_across(at, raw, binary, response_id.as_deref());
        }
    }

    /// Words of an out-of-band answer are for nobody; those of one that was cut are
    /// still read.
    fn tell(&mut self, at: usize, raw: &[u8], told: Told) {
        let response_id = told.response_id.map(|token| text_of(&raw[token]));
        let bar = response_id.and_then(|id| self.lane.barred.find(id));
        if bar != Some(Bar::Excluded) {
            self.pass_across(at, told.payload, false, response_id);
        }
    }

    /// Queue a message to the other side, behind the start of its response.
    fn pass_across(&mut self, at: usize, payload: Vec<u8>, binary: bool, response: Option<&[u8]>) {
        let text = Text {
            payload: payload.into(),
            binary,
            late: false,
        };
        match self.legs[at].side {
            Side::Client => self.post_to_upstream(text),
            Side::Upstream => self.post_to_client(text, response),
        }
    }

    fn take_audio(&mut self, at: usize, raw: Vec<u8>, binary: bool, spans: Spans) {
        match self.open_audio(at, raw, binary, spans) {
            Ok(opened) => self.take_opened(at, opened),
            Err(raw) => self.hold(at, raw, binary),
        }
    }

    /// Sort another form of a held message; false, and nothing happens, if that is
    /// no audio either.
    pub(super) fn sort_again(&mut self, at: usize, raw: Vec<u8>) -> bool {
        let Some(Sorted::Audio(spans)) = self.sorted(at, &raw, false) else {
            return false;
        };
        let opened = self.open_audio(at, raw, false, spans);
        opened.map(|opened| self.take_opened(at, opened)).is_ok()
    }

    fn take_opened(&mut self, at: usize, opened: Opened) {
        match self.legs[at].side {
            Side::Client => self.take_input(opened),
            Side::Upstream => self.take_answer(opened),
        }
    }

    /// Look at an audio message; gives it back if it is not what it should be.
    fn open_audio(
        &mut self,
        at: usize,
        raw: Vec<u8>,
        binary: bool,
        spans: Spans,
    ) -> Result<Opened, Vec<u8>> {
        let leg = &self.legs[at];
        let Some(attachment) = &leg.attachment else {
            return Err(raw);
        };
        let (side, format) = (leg.side, attachment.speaks.samples());
        let is_checked = attachment.kinds.checks_base64();
        let passes_on = self.passes_on_from(side);
        let is_strict = self.decode(&raw[spans.payload.clone()], binary) && self.unpack(at);
        // An upstream may cut between the bytes of a sample: its chunks belong together.
        let sound =
            is_strict && (side == Side::Upstream || format.is_whole(self.lent.scratch.len()));
        if !sound && (is_checked || !passes_on) {
            return Err(raw);
        }
        let length = if sound {
            self.meters[side as usize].note(&self.lent.scratch, format, self.now);
            format.duration(self.lent.scratch.len())
        } else {
            format.duration(spans.payload.len() / 4 * 3)
        };
        Ok(Opened {
            raw,
            binary,
            spans,
            format,
            length,
            sound,
            passes_on,
        })
    }

    /// Whether audio from this side leaves as the message that brought it; where
    /// nobody is there to say, it is kept so that any wrap can follow.
    pub(super) fn passes_on_from(&self, side: Side) -> bool {
        let wrap = match side {
            Side::Upstream => self.client_wrap.as_deref(),
            Side::Client => self.attached_at(Side::Upstream).and_then(|at| {
                let attachment = self.legs[at].attachment.as_ref()?;
                Some(&*attachment.wrap)
            }),
        };
        wrap.is_none_or(Wrap::passes_on)
    }

    /// Put the audio into the scratch; false if it is not strict base64.
    fn decode(&mut self, payload: &[u8], binary: bool) -> bool {
        let scratch = self.lent.scratch_for(payload.len());
        if binary {
            scratch.extend_from_slice(payload);
            return true;
        }
        base64::decode(payload, scratch).is_ok()
    }

    /// Put the samples of a packet into the scratch instead, if it is one; false if it
    /// should be.
    fn unpack(&mut self, at: usize) -> bool {
        let unpacker = self.legs[at].unpacker.as_mut();
        unpacker.is_none_or(|unpacker| unpacker.unpack(&mut self.lent.scratch).is_ok())
    }

    fn take_input(&mut self, mut opened: Opened) {
        if opened.sound {
            let (input, scratch) = (&mut self.input, &mut self.lent.scratch);
            input.receive(scratch, opened.format, opened.length, self.now);
        } else {
            self.input.burst.add(opened.length, self.now);
        }
        if self.hearing_upstream().is_none() {
            return;
        }
        if !opened.passes_on {
            let target = self.input.target();
            if self.input.pass(&mut self.lent.scratch) || opened.format != target {
                opened.format = target;
                opened.length = target.duration(self.lent.scratch.len());
            }
            if self.lent.scratch.is_empty() {
                return;
            }
        }
        let (format, length, sound) = (opened.format, opened.length, opened.sound);
        let body = self.body_of(opened);
        if let Some(leg) = self.hearing_upstream() {
            leg.input += if sound { length } else { 0 };
            let chunk = Chunk::anonymous(body, format, length);
            leg.outbox.queue.push_audio(chunk);
        }
    }

    fn take_answer(&mut self, opened: Opened) {
        let names = names_in(&opened.raw, &opened.spans);
        let bar = self.lane.barred.find(text_of(names.response));
        if bar == Some(Bar::Excluded) {
            return;
        }
        let (mut item, mut until) = (None, 0);
        let length = opened.length;
        if opened.sound {
            let id = self.lane.items.named(names);
            let Some(known) = self.lane.items.get_mut(id) else {
                return;
            };
            if bar.is_some() {
                return known.refuse(length);
            }
            (item, until) = (Some(id), known.received + length);
        }
        let chunk = Chunk {
            format: opened.format,
            body: self.body_of(opened),
            item,
            length,
            until,
            expires: NEVER,
            ends: false,
        };
        let parts = self.lane_parts();
        parts.lane.enter(chunk, parts.now, parts.out);
    }

    fn body_of(&mut self, opened: Opened) -> Body {
        if opened.passes_on {
            return Body::Message {
                raw: opened.raw,
                binary: opened.binary,
                kind: opened.spans.kind,
                payload: opened.spans.payload,
            };
        }
        self.lent.spare.give(opened.raw);
        Body::Audio(std::mem::take(&mut self.lent.scratch))
    }
}

fn names_in<'a>(raw: &'a [u8], spans: &Spans) -> Names<'a> {
    let token = |span: &Option<Range<usize>>| span.clone().map_or(NULL, |span| &raw[span]);
    Names {
        response: token(&spans.response_id),
        item: token(&spans.item_id),
        index: token(&spans.content_index),
    }
}
