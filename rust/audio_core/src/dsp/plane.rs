//! One channel on its way: what is done to its samples, in order, and where they lie.

use super::cpu::Simd;
use super::error::AudioError;
use super::gain::Gain;
use super::path::Shape;
use super::pitch::PitchShift;
use super::resample::Resampler;

/// The state of one channel of one stream.
#[derive(Debug)]
pub struct Plane {
    /// What goes in, and after a run what has come out.
    pub samples: Vec<f32>,
    spare: Vec<f32>,
    resampler: Option<Resampler>,
    target_hz: u32,
    simd: Simd,
    /// Made when it is first asked for: few streams are shifted.
    pitch: Option<PitchShift>,
    gain: Gain,
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
        Ok(Self {
            samples: Vec::new(),
            spare: Vec::new(),
            resampler,
            target_hz,
            simd,
            pitch: is_shifted(shape.pitch)
                .then(|| PitchShift::new(target_hz, shape.pitch, simd))
                .transpose()?,
            gain: Gain::new(target_hz, shape.gain)?,
        })
    }

    /// Take `samples` through, and leave there what comes out.
    pub fn run(&mut self) {
        if let Some(resampler) = &mut self.resampler {
            self.spare.clear();
            resampler.process(&self.samples, &mut self.spare);
            std::mem::swap(&mut self.samples, &mut self.spare);
        }
        if let Some(pitch) = &mut self.pitch {
            self.spare.clear();
            pitch.process(&self.samples, &mut self.spare);
            std::mem::swap(&mut self.samples, &mut self.spare);
        }
        self.gain.process(&mut self.samples);
    }

    /// Leave in `samples` what was still inside, then be as new.
    pub fn flush(&mut self) {
        self.samples.clear();
        if let Some(resampler) = &mut self.resampler {
            resampler.flush(&mut self.samples);
        }
        if let Some(pitch) = &mut self.pitch {
            self.spare.clear();
            pitch.process(&self.samples, &mut self.spare);
            pitch.flush(&mut self.spare);
            std::mem::swap(&mut self.samples, &mut self.spare);
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

    /// How much higher it becomes from now on.
    pub fn set_pitch(&mut self, ratio: f32) -> Result<(), AudioError> {
        if let Some(pitch) = &mut self.pitch {
            return pitch.set(ratio);
        }
        let mut pitch = PitchShift::new(self.target_hz, 1.0, self.simd)?;
        pitch.set(ratio)?;
        self.pitch = is_shifted(ratio).then_some(pitch);
        Ok(())
    }

    /// Whether samples leave as they came.
    pub fn is_identity(&self) -> bool {
        let is_shifted = self.pitch.as_ref().is_some_and(|pitch| !pitch.is_bypass());
        self.resampler.is_none() && !is_shifted && self.gain.is_unity()
    }

    /// How late what comes out is.
    pub fn latency_ms(&self) -> f64 {
        let resampler = self.resampler.as_ref().map_or(0.0, Resampler::latency_ms);
        resampler + self.pitch.as_ref().map_or(0.0, PitchShift::latency_ms)
    }
}

#[expect(clippy::float_cmp, reason = "exactly 1 means untouched")]
fn is_shifted(ratio: f32) -> bool {
    ratio != 1.0
}
