//! Audio formats, rates and qualities as Python writes them.

use super::refused;
use crate::dsp::error::AudioError;
use crate::dsp::format::{AudioFormat, Encoding};
use crate::dsp::resample::Quality;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyInt;

/// An `AudioFormat` of the package, or its tuple (encoding, rate in Hz, channels).
#[derive(Clone, Copy)]
pub struct Format(pub AudioFormat);

impl<'a, 'py> FromPyObject<'a, 'py> for Format {
    type Error = PyErr;

    fn extract(value: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let parts = value.getattr("as_tuple");
        let parts = parts.map_or_else(|_| Ok(value.to_owned()), |method| method.call0());
        let parts = parts.map_err(|_| not_a_format(value))?;
        let (encoding, rate, channels): (String, Bound<'_, PyAny>, Bound<'_, PyAny>) =
            parts.extract().map_err(|_| not_a_format(value))?;
        let encoding = Encoding::named(&encoding).map_err(refused)?;
        let (rate_hz, channels) = (rate_hz(&rate)?, number(&channels, AudioError::Channels)?);
        let format = AudioFormat::new(encoding, rate_hz, channels).map_err(refused)?;
        Ok(Self(format))
    }
}

fn not_a_format(value: Borrowed<'_, '_, PyAny>) -> PyErr {
    let given = value
        .repr()
        .map_or_else(|_| "that".to_owned(), |repr| repr.to_string());
    PyTypeError::new_err(format!(
        "a format is an AudioFormat or (encoding, rate_hz, channels), not {given}"
    ))
}

/// A sample rate; whether there are filters for it is for others to say.
pub fn rate_hz(value: &Bound<'_, PyAny>) -> PyResult<u32> {
    number(value, AudioError::Rate)
}

/// A whole number; what no u32 holds, or is none, is refused in the words of `wrong`.
fn number(value: &Bound<'_, PyAny>, wrong: fn(u32) -> AudioError) -> PyResult<u32> {
    value.extract::<u32>().map_err(|error| {
        let Ok(given) = value.repr() else {
            return error;
        };
        let words = wrong(0).to_string().replacen(" 0", &format!(" {given}"), 1);
        if value.is_instance_of::<PyInt>() {
            return PyValueError::new_err(words);
        }
        let name = value.get_type().name();
        let name = name.map_or_else(|_| "something else".to_owned(), |name| name.to_string());
        PyTypeError::new_err(format!("{words}: an int is due, and that is {name}"))
    })
}

/// The quality of this name.
pub fn quality_named(name: &str) -> PyResult<Quality> {
    match name {
        "low_latency" => Ok(Quality::LowLatency),
        "strict" => Ok(Quality::Strict),
        _ => Err(refused(AudioError::Quality(name.to_owned()))),
    }
}
