//! A lane's conversion: one audio path at a time, and whose audio is inside it.
//!
//! The state of a path belongs to one part (a content part of an answer, a turn of
//! input). It ends with the part: its tail then leaves, or is discarded by a cut.
//! Where nothing is to be done to the audio there is no path, and no cost.

use super::chunk::{Body, Chunk, ItemId};
use super::format::{LegAudio, PlayTime};
use super::time::{from_ms, Ticks};
use crate::dsp::cpu::Simd;
use crate::dsp::error::AudioError;
use crate::dsp::format::AudioFormat;
use crate::dsp::opus;
use crate::dsp::path::AudioPath;
use crate::dsp::shape::Shape;

/// Memory that is kept from one chunk to the next.
const KEPT_BYTES: usize = 64 * 1024;

/// From one format to another, part after part.
#[derive(Debug, Default)]
pub struct Converter {
    shape: Shape,
    /// The last path; kept when a part ends, for the next is often alike.
    path: Option<AudioPath>,
    /// Whose audio is inside it.
    part: Option<ItemId>,
    /// No more of that part will come: its tail is due.
    ended: bool,
    /// Whether the samples that come out are for packets: whole ones of them.
    packs: bool,
    /// What goes before the next output: the tail of a path that was replaced, or
    /// what was short of a packet.
    owed: Vec<u8>,
    /// The last chunk's memory, for the next one's output.
    spare: Vec<u8>,
}

impl Converter {
    /// Change gain and pitch from the next sample on.
    pub fn set_shape(&mut self, gain: f32, pitch: f32) -> Result<(), AudioError> {
        let wanted = Shape {
            gain,
            pitch,
            ..self.shape
        };
        if let Some(path) = &mut self.path {
            let before = path.shape().gain;
            path.set_gain(gain)?;
            path.set_pitch(pitch)
                .inspect_err(|_| drop(path.set_gain(before)))?;
        } else {
            AudioPath::new(PROBE, PROBE, wanted, Simd::chosen())?;
        }
        self.shape = wanted;
        Ok(())
    }

    /// Whether audio of `source` has to go through a path to be `target`.
    pub fn is_needed(&self, source: AudioFormat, target: LegAudio) -> bool {
        let plain = Shape {
            quality: self.shape.quality,
            ..Shape::default()
        };
        LegAudio::Samples(source) != target || self.shape != plain
    }

    /// Be ready for audio of `part`; true if it goes through a path from here on, and
    /// with it the time by which that path delays it, where it is a fresh one.
    pub(super) fn begin(
        &mut self,
        part: ItemId,
        source: AudioFormat,
        target: LegAudio,
    ) -> (bool, Ticks) {
        let inside = self.part == Some(part);
        if !inside {
            self.discard();
        }
        let known = self.path.as_ref();
        let fits = self.packs == target.is_packets()
            && known
                .is_some_and(|path| path.source() == source && path.target() == target.samples());
        if inside && fits {
            return (true, 0);
        }
        if inside {
            self.replace();
        }
        if !self.is_needed(source, target) {
            return (!self.owed.is_empty(), 0);
        }
        if !fits {
            self.path = Some(self.fresh(source, target.samples()));
            self.packs = target.is_packets();
        }
        self.part = Some(part);
        (true, self.latency())
    }

    /// By how much the path delays what goes through it.
    pub(super) fn latency(&self) -> Ticks {
        let packing = if self.packs { opus::LOOK_AHEAD_MS } else { 0.0 };
        from_ms(self.path.as_ref().map_or(0.0, AudioPath::latency_ms) + packing)
    }

    fn fresh(&self, source: AudioFormat, target: AudioFormat) -> AudioPath {
        AudioPath::new(source, target, self.shape, Simd::chosen())
            .expect("formats and shape were checked when they were set")
    }

    /// The part goes on in another format: what its path still holds goes first.
    fn replace(&mut self) {
        if let Some(path) = &mut self.path {
            path.flush(&mut self.owed);
        }
        self.part = None;
    }

    /// Convert audio of the part that was begun.
    pub fn convert(&mut self, audio: &mut Vec<u8>) {
        self.spare.clear();
        self.spare.append(&mut self.owed);
        match &mut self.path {
            Some(path) if self.part.is_some() => path.process(audio, &mut self.spare),
            _ => self.spare.extend_from_slice(audio),
        }
        if self.packs {
            let whole = self.spare.len() - self.spare.len() % opus::PACKET_BYTES;
            self.owed.extend_from_slice(&self.spare[whole..]);
            self.spare.truncate(whole);
        }
        std::mem::swap(audio, &mut self.spare);
        if self.spare.capacity() > KEPT_BYTES {
            self.spare = Vec::new();
        }
    }

    /// Append to `out` what the open part still has, and close it.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        let mut tail = std::mem::take(&mut self.owed);
        if let (Some(path), Some(_)) = (&mut self.path, self.part.take()) {
            path.flush(&mut tail);
            if self.packs {
                opus::complete(&mut tail);
            }
        }
        out.append(&mut tail);
        self.ended = false;
    }

    /// Forget what the open part still has.
    pub fn discard(&mut self) {
        self.owed.clear();
        if let (Some(path), Some(_)) = (&mut self.path, self.part.take()) {
            path.reset();
        }
        self.ended = false;
    }

    /// Whose audio is inside.
    pub const fn part(&self) -> Option<ItemId> {
        self.part
    }

    /// No more of the open part will come.
    pub const fn end(&mut self) {
        self.ended = self.part.is_some();
    }

    /// Whether a tail is due.
    pub const fn is_ended(&self) -> bool {
        self.ended
    }

    /// The format of what comes out.
    pub fn target(&self) -> Option<AudioFormat> {
        self.path.as_ref().map(AudioPath::target)
    }
}

/// Any pair of formats, to try a shape on.
const PROBE: AudioFormat = crate::dsp::format::PCM16_24K;

/// All of `audio`, by itself, in another format; without the delay of a stream.
pub fn whole(audio: &[u8], source: AudioFormat, target: AudioFormat) -> Vec<u8> {
    let (mut once, mut out) = (Converter::default(), audio.to_vec());
    let (converts, delay) = once.begin(0, source, target.into());
    if converts {
        once.convert(&mut out);
        once.finish(&mut out);
        out.drain(..target.bytes_within(delay).min(out.len()));
    }
    out
}

/// Put chunks that wait into another format, each run of one part by one path.
pub fn recast<'a>(chunks: impl Iterator<Item = &'a mut Chunk>, target: LegAudio) {
    let mut converter = Converter::default();
    let mut last: Option<&mut Vec<u8>> = None;
    let mut part = None;
    for chunk in chunks {
        let Body::Audio(audio) = &mut chunk.body else {
            continue;
        };
        if part != Some((chunk.item, chunk.format)) {
            if let Some(last) = last.take() {
                converter.finish(last);
            }
            part = Some((chunk.item, chunk.format));
        }
        let (converts, _) = converter.begin(chunk.item.unwrap_or(0), chunk.format, target);
        if converts {
            converter.convert(audio);
            chunk.format = target.samples();
            last = Some(audio);
        }
    }
    if let Some(last) = last {
        converter.finish(last);
    }
}
