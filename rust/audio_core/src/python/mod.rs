//! The module `rtproxy._audio_core`: faces only, no logic.

mod audio_path;
mod enums;
mod formats;
mod opus;
mod reach;
#[cfg(target_os = "linux")]
mod reactor;
mod reports;
mod resampler;
mod samples;
mod shapes;
mod simd;
mod splice;
mod text;
mod tls;
mod turns;
mod units;
mod vad;
mod wire;

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

// Not tried without a GIL; there the interpreter turns it on again.
#[pymodule(gil_used = true)]
fn _audio_core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    audio_path::register(module)?;
    enums::register(module)?;
    opus::register(module)?;
    #[cfg(target_os = "linux")]
    reactor::register(module)?;
    reach::register(module)?;
    reports::register(module)?;
    resampler::register(module)?;
    shapes::register(module)?;
    simd::register(module)?;
    splice::register(module)?;
    text::register(module)?;
    tls::register(module)?;
    vad::register(module)?;
    wire::register(module)?;
    Ok(())
}

/// What the core refuses is a mistake of the caller.
fn refused(refusal: impl std::error::Error) -> PyErr {
    PyValueError::new_err(refusal.to_string())
}

/// A copy of whatever lends its bytes: bytes, bytearray, memoryview.
fn bytes_of(data: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    PyBuffer::<u8>::get(data)?.to_vec(data.py())
}
