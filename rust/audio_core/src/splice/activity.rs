//! Whether somebody speaks in one direction.
//!
//! A sink, and only where somebody has asked: to listen costs half as much as the rest
//! of a chunk's way.

use super::time::{Ticks, TICKS_PER_S};
use crate::dsp::cpu::Simd;
use crate::dsp::decode::Reader;
use crate::dsp::format::AudioFormat;
use crate::dsp::vad::VoiceActivity;

/// Listens to audio of one format.
#[derive(Debug)]
pub struct Activity {
    format: AudioFormat,
    reader: Reader,
    voice: VoiceActivity,
    samples: Vec<f32>,
    /// Sample frames since it began to listen.
    heard: u64,
}

impl Activity {
    /// It has heard nothing yet.
    pub fn new(format: AudioFormat) -> Self {
        let simd = Simd::chosen();
        let voice = VoiceActivity::new(format.rate_hz(), simd);
        Self {
            format,
            reader: Reader::new(format, simd),
            voice: voice.expect("a format has one of the known rates"),
            samples: Vec::new(),
            heard: 0,
        }
    }

    /// What it listens to.
    pub const fn format(&self) -> AudioFormat {
        self.format
    }

    /// Listen to the next chunk; a broken frame at its end is not heard.
    pub fn hear(&mut self, audio: &[u8]) {
        let whole = audio.len() - audio.len() % self.format.frame_bytes();
        self.samples.clear();
        self.reader.read_mono(&audio[..whole], &mut self.samples);
        self.voice.process(&self.samples);
        self.heard += self.samples.len() as u64;
    }

    /// Whether somebody speaks.
    pub const fn is_speaking(&self) -> bool {
        self.voice.is_speaking()
    }

    /// For how much audio that has been so.
    pub fn lasted(&self) -> Ticks {
        let frames = (self.heard - self.voice.since()).cast_signed();
        frames * TICKS_PER_S / i64::from(self.format.rate_hz())
    }
}
