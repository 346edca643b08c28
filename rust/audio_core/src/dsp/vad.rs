//! Whether somebody speaks: energy against a floor that follows the noise.
//!
//! A frame of 10 ms is loud when it stands clear of the floor. Three loud ones in a
//! row begin speech, a pause longer than the hangover ends it. The floor falls at
//! once to what is quiet and rises slowly towards what is not, slower while somebody
//! speaks: a steady noise becomes the floor, a voice does not.

use super::cpu::Simd;
use super::error::AudioError;
use super::level::loudness;
use super::rates::RATES_HZ;

const FRAMES_IN_S: u32 = 100;
/// So many loud frames begin speech; fewer are a click.
const ONSET_FRAMES: u32 = 3;
/// So long a pause ends it: 300 ms, longer than those between words.
const HANGOVER_FRAMES: u32 = 30;
/// How far above the floor is loud.
const CLEAR_DB: f64 = 9.0;
/// Below this nothing is speech, and the floor is never lower than
const FAINT_DB: f64 = -55.0;
/// this.
const LOWEST_FLOOR_DB: f64 = -75.0;
/// The floor before anything was heard is at most here, lest a stream that begins
/// with speech be deaf to it.
const FIRST_FLOOR_DB: f64 = -50.0;
/// What a louder frame lifts the floor by: 6 dB a second in a pause,
const RISE_DB: f64 = 0.06;
/// and 1 dB while somebody speaks.
const SPEECH_RISE_DB: f64 = 0.01;

/// Follows one channel of samples; however they are cut, it says the same.
#[derive(Clone, Debug)]
pub struct VoiceActivity {
    simd: Simd,
    frame: usize,
    /// The frame that the end of the last chunk has cut.
    begun: Vec<f32>,
    /// Samples of all whole frames so far.
    heard: u64,
    floor_db: Option<f64>,
    /// Loud frames in a row in a pause, quiet ones in a row in speech.
    against: u32,
    is_speech: bool,
    since: u64,
}

impl VoiceActivity {
    /// For samples at `rate_hz`, one of the allowed rates.
    pub fn new(rate_hz: u32, simd: Simd) -> Result<Self, AudioError> {
        if !RATES_HZ.contains(&rate_hz) {
            return Err(AudioError::Rate(rate_hz));
        }
        let frame = (rate_hz / FRAMES_IN_S) as usize;
        Ok(Self {
            simd,
            frame,
            begun: Vec::with_capacity(frame),
            heard: 0,
            floor_db: None,
            against: 0,
            is_speech: false,
            since: 0,
        })
    }

    /// Hear `samples`; returns whether somebody speaks at their end.
    pub fn process(&mut self, samples: &[f32]) -> bool {
        let missing = (self.frame - self.begun.len()).min(samples.len());
        let (head, mut rest) = if self.begun.is_empty() {
            (&samples[..0], samples)
        } else {
            samples.split_at(missing)
        };
        self.begun.extend_from_slice(head);
        if self.begun.len() == self.frame {
            let level = loudness(self.simd, &self.begun).0;
            self.begun.clear();
            self.hear(level);
        }
        while rest.len() >= self.frame {
            let (frame, after) = rest.split_at(self.frame);
            self.hear(loudness(self.simd, frame).0);
            rest = after;
        }
        self.begun.extend_from_slice(rest);
        self.is_speech
    }

    /// Whether somebody speaks.
    pub const fn is_speaking(&self) -> bool {
        self.is_speech
    }

    /// The sample at which that began: where the first loud frame of the speech
    /// begins, or where its last one ends. Known 30 ms and 300 ms later.
    pub const fn since(&self) -> u64 {
        self.since
    }

    /// Be as new.
    pub fn reset(&mut self) {
        self.begun.clear();
        (self.heard, self.against, self.since) = (0, 0, 0);
        (self.floor_db, self.is_speech) = (None, false);
    }

    /// One frame of this RMS.
    fn hear(&mut self, rms: f64) {
        let level_db = (20.0 * rms.max(1e-9).log10()).max(LOWEST_FLOOR_DB);
        let floor_db = self.floor_db.unwrap_or(level_db.min(FIRST_FLOOR_DB));
        let is_loud = level_db > FAINT_DB && level_db > floor_db + CLEAR_DB;
        let rise_db = if self.is_speech {
            SPEECH_RISE_DB
        } else {
            RISE_DB
        };
        self.floor_db = Some(level_db.min(floor_db + rise_db));
        self.heard += self.frame as u64;
        self.weigh(is_loud);
    }

    fn weigh(&mut self, is_loud: bool) {
        if is_loud == self.is_speech {
            self.against = 0;
            return;
        }
        self.against += 1;
        let needed = if self.is_speech {
            HANGOVER_FRAMES
        } else {
            ONSET_FRAMES
        };
        if self.against == needed {
            self.since = self.heard - u64::from(needed) * self.frame as u64;
            (self.is_speech, self.against) = (!self.is_speech, 0);
        }
    }
}
