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
    /// There once a pitch has been asked for: most streams never do.
    pitch: Option<PitchShift>,
    gain: Gain,
    target_hz: u32,
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
        let mut made = Self {
            samples: Vec::new(),
            spare: Vec::new(),
            resampler,
            pitch: None,
            gain: Gain::new(target_hz, shape.gain)?,
            target_hz,
            simd,
        };
        made.set_pitch(shape.pitch)?;
        Ok(made)
    }

    /// Take `samples` through, and leave there what comes out.
    pub fn run(&mut self) {
        if let Some(resampler) = &mut self.resampler {
            self.spare.clear();
            resampler.process(&self.samples, &mut self.spare);
            std::mem::swap(&mut self.samples, &mut self.spare);
        }
        self.shift();
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
        if let Some(resampler) = &mut self.resampler {
            resampler.flush(&mut self.samples);
        }
        self.shift();
        if let Some(pitch) = &mut self.pitch {
            pitch.flush(&mut self.samples);
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

    /// How much higher it becomes from now on; the first time that it is not 1.0, what
    /// was before is not known, and the voice comes back after the delay.
    pub fn set_pitch(&mut self, ratio: f32) -> Result<(), AudioError> {
        match &mut self.pitch {
            Some(pitch) => pitch.set(ratio)?,
            None if (ratio - 1.0).abs() > 0.0 => {
                self.pitch = Some(PitchShift::new(self.target_hz, ratio, self.simd)?);
            }
            None => {}
        }
        Ok(())
    }

    /// Whether samples leave as they came. Not where the pitch was shifted once: what
    /// passes must be known if it is shifted again.
    pub fn is_identity(&self) -> bool {
        self.resampler.is_none() && self.pitch.is_none() && self.gain.is_unity()
    }

    /// How late what comes out is.
    pub fn latency_ms(&self) -> f64 {
        self.resampler.as_ref().map_or(0.0, Resampler::latency_ms)
            + self.pitch.as_ref().map_or(0.0, PitchShift::latency_ms)
    }
}
