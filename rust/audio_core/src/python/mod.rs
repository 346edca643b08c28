//! The module `rtproxy._audio_core`: faces only, no logic.

mod text;
mod wire;

use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;

#[pymodule]
fn _audio_core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    text::register(module)?;
    wire::register(module)?;
    Ok(())
}

/// A copy of whatever lends its bytes: bytes, bytearray, memoryview.
fn bytes_of(data: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    PyBuffer::<u8>::get(data)?.to_vec(data.py())
}
