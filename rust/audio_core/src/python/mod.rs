//! The module `rtproxy._audio_core`: faces only, no logic.

use pyo3::prelude::*;

#[pymodule]
fn _audio_core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    Ok(())
}
