//! Faces of the envelope scanner and of base64.

use super::bytes_of;
use crate::text::base64::{self, Base64Error};
use crate::text::envelope::{self, Envelope, PayloadPaths};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use std::ops::Range;

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(scan_envelope, module)?)?;
    module.add_function(wrap_pyfunction!(check_base64, module)?)?;
    module.add_function(wrap_pyfunction!(decode_base64, module)?)?;
    module.add_function(wrap_pyfunction!(encode_base64, module)?)
}

#[pyfunction]
#[pyo3(signature = (raw, payload = None))]
fn scan_envelope<'py>(
    py: Python<'py>,
    raw: &[u8],
    payload: Option<&str>,
) -> PyResult<Option<Bound<'py, PyDict>>> {
    let paths = parse_path(payload)?;
    if simdutf8::basic::from_utf8(raw).is_err() {
        return Ok(None);
    }
    match envelope::scan(raw, &paths) {
        Some(found) if found.unsure == 0 => tokens(py, raw, found).map(Some),
        _ => Ok(None),
    }
}

fn parse_path(path: Option<&str>) -> PyResult<PayloadPaths> {
    let Some(path) = path else {
        return Ok(PayloadPaths::default());
    };
    let (outer, inner) = match path.split_once('.') {
        Some((outer, inner)) => (outer, Some(inner)),
        None => (path, None),
    };
    if inner.is_some_and(|inner| inner.contains('.')) {
        return Err(PyValueError::new_err(
            "a payload lies one level deep at most",
        ));
    }
    let paths = vec![(outer.to_owned(), inner.map(str::to_owned))];
    PayloadPaths::new(paths).map_err(|error| PyValueError::new_err(error.to_string()))
}

fn tokens<'py>(py: Python<'py>, raw: &[u8], found: Envelope) -> PyResult<Bound<'py, PyDict>> {
    let [payload, ..] = found.payloads;
    let spans = [
        ("type", found.kind.map(quoted)),
        ("event_id", found.event_id),
        ("response_id", found.response_id),
        ("item_id", found.item_id),
        ("content_index", found.content_index),
        ("payload", payload.map(quoted)),
    ];
    let tokens = PyDict::new(py);
    for (name, span) in spans {
        if let Some(span) = span {
            tokens.set_item(name, PyBytes::new(py, &raw[span]))?;
        }
    }
    Ok(tokens)
}

/// The span of a string with its quotes.
fn quoted(inside: Range<usize>) -> Range<usize> {
    inside.start - 1..inside.end + 1
}

#[pyfunction]
fn check_base64(data: &[u8]) -> bool {
    base64::check(data).is_ok()
}

#[pyfunction]
fn decode_base64<'py>(py: Python<'py>, data: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    let mut out = Vec::new();
    base64::decode(data, &mut out)
        .map_err(|error: Base64Error| PyValueError::new_err(error.to_string()))?;
    Ok(PyBytes::new(py, &out))
}

#[pyfunction]
fn encode_base64<'py>(data: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    let mut out = Vec::new();
    base64::encode(&bytes_of(data)?, &mut out);
    Ok(PyBytes::new(data.py(), &out))
}
