//! One channel on its way: what is done to its samples, in order, and where they lie.

use super::cpu::Simd;
use super::error::AudioError;
use super::gain::Gain;
use super::pitch::PitchShift;
use super::resample::Resampler;
use super::shape::Shape;

/// The state of one channel of one stream.
#[derive(Debug)]
pub struct Plane {
    /// What goes in, and after a run what has come out.
    pub samples: Vec<f32>,
    spare: Vec<f32>,
    resampler: Option<Resampler>,
    pitch: Option<PitchShift>,
    gain: Gain,
    /// Where the pitch is shifted: the lower rate is less work.
    pitch_hz: u32,
    is_pitch_first: bool,
    simd: Simd,
}

impl Plane {
    /// From `source_hz` to `target_hz`.
    pub fn new(
        source_hz: u32,
        target_hz: u32,
        shape: Shape,
        simd: Simd,
    ) -> Result<Self, AudioError> {
        let resampler = (source_hz != target_hz)
            .then(|| Resampler::new(source_hz, target_hz, shape.quality, simd))
            .transpose()?;
        let pitch_hz = source_hz.min(target_hz);
        let pitch = is_shift(shape.pitch)
            .then(|| PitchShift::new(pitch_hz, shape.pitch, simd))
            .transpose()?;
        Ok(Self {
            samples: Vec::new(),
            spare: Vec::new(),
            resampler,
            pitch,
            gain: Gain::new(target_hz, shape.gain)?,
            pitch_hz,
            is_pitch_first: source_hz < target_hz,
            simd,
        })
    }

    /// `run` with the samples that `write` appends.
    pub fn run_from(&mut self, write: impl FnOnce(&mut Vec<f32>)) {
        self.samples.clear();
        match &mut self.resampler {
            Some(resampler) if self.pitch.is_none() => {
                resampler.process_from(write, &mut self.samples);
                self.gain.process(&mut self.samples);
            }
            _ => {
                write(&mut self.samples);
                self.run();
            }
        }
    }

    /// Take `samples` through, and leave there what comes out.
    pub fn run(&mut self) {
        if self.is_pitch_first {
            self.shift();
        }
        if let Some(resampler) = &mut self.resampler {
            self.spare.clear();
            resampler.process(&self.samples, &mut self.spare);
            std::mem::swap(&mut self.samples, &mut self.spare);
        }
        if !self.is_pitch_first {
            self.shift();
        }
        self.gain.process(&mut self.samples);
    }

    fn shift(&mut self) {
        if let Some(pitch) = &mut self.pitch {
            self.spare.clear();
            pitch.process(&self.samples, &mut self.spare);
            std::mem::swap(&mut self.samples, &mut self.spare);
        }
    }

    /// Leave in `samples` what was still inside, then be as new.
    pub fn flush(&mut self) {
        self.samples.clear();
        if let (Some(pitch), true) = (&mut self.pitch, self.is_pitch_first) {
            pitch.flush(&mut self.samples);
        }
        if let Some(resampler) = &mut self.resampler {
            self.spare.clear();
            resampler.process(&self.samples, &mut self.spare);
            resampler.flush(&mut self.spare);
            std::mem::swap(&mut self.samples, &mut self.spare);
        }
        if !self.is_pitch_first {
            self.shift();
            if let Some(pitch) = &mut self.pitch {
                pitch.flush(&mut self.samples);
            }
        }
        self.gain.process(&mut self.samples);
        self.gain.reset();
    }

    /// Forget what is inside.
    pub fn reset(&mut self) {
        if let Some(resampler) = &mut self.resampler {
            resampler.reset();
        }
        if let Some(pitch) = &mut self.pitch {
            pitch.reset();
        }
        self.gain.reset();
    }

    /// How much louder it becomes from now on.
    pub fn set_gain(&mut self, gain: f32) -> Result<(), AudioError> {
        self.gain.set(gain)
    }

    /// How much higher it becomes from now on. The first time on a stream that runs, it
    /// passes through a moment of silence: nothing was kept to go back to.
    pub fn set_pitch(&mut self, ratio: f32) -> Result<(), AudioError> {
        if self.pitch.is_none() && is_shift(ratio) {
            self.pitch = Some(PitchShift::new(self.pitch_hz, 1.0, self.simd)?);
        }
        self.pitch.as_mut().map_or(Ok(()), |pitch| pitch.set(ratio))
    }

    /// Whether samples leave as they came, and need not come by. Once shifted, they
    /// have to: it remembers them.
    pub fn is_identity(&self) -> bool {
        self.resampler.is_none() && self.pitch.is_none() && self.gain.is_unity()
    }

    /// How late what comes out is.
    pub fn latency_ms(&self) -> f64 {
        let resampler = self.resampler.as_ref().map_or(0.0, Resampler::latency_ms);
        let pitch = self.pitch.as_ref().map_or(0.0, PitchShift::latency_ms);
        resampler + pitch
    }
}

/// Whether there is anything to do; what is no ratio at all is for `PitchShift` to refuse.
#[expect(clippy::float_cmp, reason = "exactly 1 means untouched")]
fn is_shift(ratio: f32) -> bool {
    ratio != 1.0
}
