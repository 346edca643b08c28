//! The face of the choice between instruction sets.

use crate::dsp::cpu::Simd;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(simd, module)?)?;
    module.add_function(wrap_pyfunction!(limit_simd, module)?)
}

#[pyfunction]
fn simd() -> &'static str {
    Simd::chosen().name()
}

#[pyfunction]
fn limit_simd(name: &str) -> PyResult<()> {
    let limit = match name {
        "auto" => Simd::Avx512,
        _ => Simd::named(name).ok_or_else(|| {
            PyValueError::new_err(format!(
                "instructions {name:?} are not one of auto, portable, avx2, avx512"
            ))
        })?,
    };
    Simd::limit(limit);
    Ok(())
}
