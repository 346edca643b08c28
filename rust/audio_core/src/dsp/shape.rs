//! What a listener may ask of audio, whatever its format.

use super::resample::Quality;

/// What is done to audio beside changing its format.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    /// Of the filters between sample rates.
    pub quality: Quality,
    /// 0 to 4.
    pub gain: f32,
    /// 0.5 to 2, the duration kept.
    pub pitch: f32,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            quality: Quality::LowLatency,
            gain: 1.0,
            pitch: 1.0,
        }
    }
}
