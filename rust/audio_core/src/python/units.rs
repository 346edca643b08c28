//! Python's numbers and tuples into the core's ticks and formats; what makes no sense
//! is refused.

use super::refused;
use crate::dsp::format::{AudioFormat, Encoding};
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
