//! Python's floats into the core's ticks; what is no number is refused.

use crate::splice::time::{self, Ticks};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

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
