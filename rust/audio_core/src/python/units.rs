//! Python's numbers and tuples into the core's ticks and formats; what makes no sense
//! is refused.

use super::refused;
use crate::dsp::format::{AudioFormat, Encoding};
use crate::dsp::opus;
use crate::splice::format::LegAudio;
use crate::splice::time::{self, Ticks};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// An audio format as Python says it: encoding, rate in Hz, channels.
pub type NamedFormat<'a> = (&'a str, u32, u32);

/// What either side speaks unless told otherwise.
pub const PCM16_24K: NamedFormat<'static> = ("pcm16", 24_000, 1);

/// The format of these names.
pub fn format((encoding, rate_hz, channels): NamedFormat<'_>) -> PyResult<AudioFormat> {
    let encoding = Encoding::named(encoding).map_err(refused)?;
    AudioFormat::new(encoding, rate_hz, channels).map_err(refused)
}

/// The same, or "opus", whose rate and channels are those of the samples it stands for.
pub fn leg_audio(named: NamedFormat<'_>) -> PyResult<LegAudio> {
    if named.0 != "opus" {
        return format(named).map(LegAudio::Samples);
    }
    let built = opus::Built::proof().map_err(refused)?;
    if named == ("opus", opus::SAMPLES.rate_hz(), opus::SAMPLES.channels()) {
        return Ok(LegAudio::Opus(built));
    }
    Err(PyValueError::new_err(
        "opus is 24000 Hz with 1 channel here, whatever its packets hold",
    ))
}

/// A moment of the caller's clock, in seconds.
pub fn moment(seconds: f64) -> PyResult<Ticks> {
    finite(seconds, "a time").map(time::from_s)
}

/// A duration in milliseconds.
pub fn duration(milliseconds: f64) -> PyResult<Ticks> {
    finite(milliseconds, "a duration").map(time::from_ms)
}

fn finite(number: f64, what: &str) -> PyResult<f64> {
    if number.is_finite() {
        return Ok(number);
    }
    Err(PyValueError::new_err(format!("{what} cannot be {number}")))
}
