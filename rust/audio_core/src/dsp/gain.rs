//! Louder or softer, without a click where it changes.

use super::error::AudioError;

/// How long a change takes, as a part of a second.
const RAMPS_IN_S: u32 = 100;

/// A gain that moves to a new value in a straight line of 10 ms.
#[derive(Clone, Debug)]
pub struct Gain {
    from: f32,
    to: f32,
    /// Samples of the ramp that have passed; `length` when it is over.
    passed: u32,
    length: u32,
}

impl Gain {
    /// `gain` is between 0 and 4.
    pub fn new(rate_hz: u32, gain: f32) -> Result<Self, AudioError> {
        let gain = allowed(gain)?;
        let length = (rate_hz / RAMPS_IN_S).max(1);
        Ok(Self {
            from: gain,
            to: gain,
            passed: length,
            length,
        })
    }

    /// From the next sample on it moves to `gain`, between 0 and 4.
    pub fn set(&mut self, gain: f32) -> Result<(), AudioError> {
        let gain = allowed(gain)?;
        (self.from, self.to) = (self.now(), gain);
        self.passed = 0;
        Ok(())
    }

    /// Forget the ramp: the gain is at once what was asked for.
    pub fn reset(&mut self) {
        self.from = self.to;
        self.passed = self.length;
    }

    /// Whether samples leave as they came.
    #[expect(clippy::float_cmp, reason = "exactly 1 means untouched")]
    pub fn is_unity(&self) -> bool {
        self.to == 1.0 && (self.passed == self.length || self.from == 1.0)
    }

    /// Apply it in place.
    pub fn process(&mut self, samples: &mut [f32]) {
        let ramp = samples.len().min((self.length - self.passed) as usize);
        let (moving, steady) = samples.split_at_mut(ramp);
        for sample in moving {
            self.passed += 1;
            *sample *= self.now();
        }
        if !self.is_unity() {
            for sample in steady {
                *sample *= self.to;
            }
        }
    }

    fn now(&self) -> f32 {
        let part = self.passed as f32 / self.length as f32;
        self.from + (self.to - self.from) * part
    }
}

fn allowed(gain: f32) -> Result<f32, AudioError> {
    if (0.0..=4.0).contains(&gain) {
        return Ok(gain);
    }
    Err(AudioError::Gain(gain))
}
