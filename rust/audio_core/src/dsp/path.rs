//! One stream in one direction, from one audio format to another.
//!
//! Owns what makes a stream of chunks: the frame that a chunk's end has cut, the
//! filters' state, the scratch. Knows nothing of messages, time or Python.

use super::cpu::Simd;
use super::decode::Reader;
use super::encode::Writer;
use super::error::AudioError;
use super::format::AudioFormat;
use super::plane::Plane;
use super::shape::Shape;

#[cfg(target_endian = "big")]
compile_error!("samples are read as they lie in memory, which has to be little-endian");

/// A long chunk is taken in pieces of so many frames: they stay in the cache, and
/// the scratch stays small.
const BLOCK_FRAMES: usize = 4_096;
/// Stereo of 32 bit.
const MAX_FRAME_BYTES: usize = 8;

/// The frame that the end of the last chunk has cut.
#[derive(Debug, Default)]
struct Remnant {
    bytes: [u8; MAX_FRAME_BYTES],
    length: usize,
}

/// A stream of audio between two formats.
///
/// Stereo stays stereo only where both formats have it; else the mean of the
/// channels goes on, or the one channel to both. However a stream is cut into
/// chunks, its output is the same, and after a whole number of frames so many have
/// come out as have had their time, rounded down, from the first chunk on.
#[derive(Debug)]
pub struct AudioPath {
    source: AudioFormat,
    target: AudioFormat,
    shape: Shape,
    reader: Reader,
    planes: Vec<Plane>,
    writer: Writer,
    remnant: Remnant,
    /// Whether there is anything to flush.
    is_begun: bool,
}

impl AudioPath {
    /// The kernels use the instructions of `simd`.
    pub fn new(
        source: AudioFormat,
        target: AudioFormat,
        shape: Shape,
        simd: Simd,
    ) -> Result<Self, AudioError> {
        let count = source.channels().min(target.channels());
        let planes = (0..count)
            .map(|_| Plane::new(source.rate_hz(), target.rate_hz(), shape, simd))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            source,
            target,
            shape,
            reader: Reader::new(source, simd),
            planes,
            writer: Writer::new(target, simd),
            remnant: Remnant::default(),
            is_begun: false,
        })
    }

    /// What goes in.
    pub const fn source(&self) -> AudioFormat {
        self.source
    }

    /// What comes out.
    pub const fn target(&self) -> AudioFormat {
        self.target
    }

    /// What is done beside.
    pub const fn shape(&self) -> Shape {
        self.shape
    }

    /// Whether a chunk of so many bytes leaves as it is, whole, and nothing else with it.
    pub fn passes(&self, chunk_bytes: usize) -> bool {
        self.is_identity() && self.remnant.length == 0 && self.source.is_whole(chunk_bytes)
    }

    /// Append to `out` what `chunk` makes. A frame cut by its end waits for the
    /// next chunk.
    pub fn process(&mut self, chunk: &[u8], out: &mut Vec<u8>) {
        let chunk = self.complete_remnant(chunk, out);
        let (whole, rest) = chunk.split_at(chunk.len() - chunk.len() % self.source.frame_bytes());
        self.convert(whole, out);
        if !rest.is_empty() {
            self.remnant.bytes[..rest.len()].copy_from_slice(rest);
            self.remnant.length = rest.len();
        }
    }

    /// Fill up the cut frame from the head of `chunk`; returns the rest of it.
    fn complete_remnant<'a>(&mut self, chunk: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
        let known = self.remnant.length;
        if known == 0 {
            return chunk;
        }
        let frame_bytes = self.source.frame_bytes();
        let (head, chunk) = chunk.split_at(chunk.len().min(frame_bytes - known));
        self.remnant.bytes[known..known + head.len()].copy_from_slice(head);
        self.remnant.length += head.len();
        if self.remnant.length == frame_bytes {
            let frame = self.remnant.bytes;
            self.remnant.length = 0;
            self.convert(&frame[..frame_bytes], out);
        }
        chunk
    }

    fn convert(&mut self, frames: &[u8], out: &mut Vec<u8>) {
        if self.is_identity() {
            out.extend_from_slice(frames);
            return;
        }
        self.is_begun |= !frames.is_empty();
        for block in frames.chunks(BLOCK_FRAMES * self.source.frame_bytes()) {
            self.take(block);
            self.encode(out);
        }
    }

    /// Read a block, and take it through.
    fn take(&mut self, frames: &[u8]) {
        match &mut self.planes[..] {
            [left, right] => {
                left.samples.clear();
                right.samples.clear();
                self.reader
                    .read_stereo(frames, &mut left.samples, &mut right.samples);
                left.run();
                right.run();
            }
            [only, ..] => only.run_from(|samples| self.reader.read_mono(frames, samples)),
            [] => {}
        }
    }

    fn encode(&mut self, out: &mut Vec<u8>) {
        match &self.planes[..] {
            [left, right] => self.writer.write_stereo(&left.samples, &right.samples, out),
            [only, ..] => self.writer.write_mono(&only.samples, out),
            [] => {}
        }
    }

    /// Append what is still inside, then be as new: nothing where nothing went in. A
    /// frame that is cut is lost.
    pub fn flush(&mut self, out: &mut Vec<u8>) {
        if self.is_begun {
            for plane in &mut self.planes {
                plane.flush();
            }
            self.encode(out);
        }
        self.is_begun = false;
        self.remnant.length = 0;
    }

    /// Forget all that went in; gain and pitch stay.
    pub fn reset(&mut self) {
        for plane in &mut self.planes {
            plane.reset();
        }
        self.is_begun = false;
        self.remnant.length = 0;
    }

    /// How much louder it becomes, from 0 to 4, from now on.
    pub fn set_gain(&mut self, gain: f32) -> Result<(), AudioError> {
        for plane in &mut self.planes {
            plane.set_gain(gain)?;
        }
        self.shape.gain = gain;
        Ok(())
    }

    /// How much higher it becomes, from 0.5 to 2, from now on.
    pub fn set_pitch(&mut self, ratio: f32) -> Result<(), AudioError> {
        for plane in &mut self.planes {
            plane.set_pitch(ratio)?;
        }
        self.shape.pitch = ratio;
        Ok(())
    }

    /// How late output is against input.
    pub fn latency_ms(&self) -> f64 {
        self.planes.first().map_or(0.0, Plane::latency_ms)
    }

    /// Whether bytes leave as they came.
    pub fn is_identity(&self) -> bool {
        self.source == self.target && self.planes.iter().all(Plane::is_identity)
    }
}
