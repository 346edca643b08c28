//! Faces of what a dialect makes once: `Kinds` and `Wrap`.

use super::refused;
use crate::splice::kinds::{self, KindRules};
use crate::splice::wrap;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyMapping;
use std::sync::Arc;

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Kinds>()?;
    module.add_class::<Wrap>()
}

#[pyclass(module = "rtproxy._audio_core", frozen)]
pub struct Kinds(pub Arc<kinds::Kinds>);

#[pymethods]
impl Kinds {
    #[new]
    #[pyo3(
        signature = (
            *,
            audio = None,
            relay = Vec::new(),
            default = "hold",
            hold = Vec::new(),
            binary = "hold",
            check_base64 = true,
        ),
        text_signature = "(*, audio=..., relay=(), default='hold', hold=(), binary='hold', \
            check_base64=True)"
    )]
    fn new(
        audio: Option<&Bound<'_, PyMapping>>,
        relay: Vec<String>,
        default: &str,
        hold: Vec<String>,
        binary: &str,
        check_base64: bool,
    ) -> PyResult<Self> {
        let audio = audio.map_or_else(|| Ok(Vec::new()), |audio| audio.items()?.extract());
        let rules = KindRules {
            audio: audio?,
            relay,
            hold,
            relay_by_default: choice("default", default, "relay")?,
            binary_is_audio: choice("binary", binary, "audio")?,
            checks_base64: check_base64,
        };
        let kinds = kinds::Kinds::new(rules).map_err(refused)?;
        Ok(Self(Arc::new(kinds)))
    }
}

/// Whether `value` is `other`, not "hold".
fn choice(name: &str, value: &str, other: &str) -> PyResult<bool> {
    match value {
        "hold" => Ok(false),
        _ if value == other => Ok(true),
        _ => Err(PyValueError::new_err(format!(
            "{name} must be \"hold\" or {other:?}, not {value:?}"
        ))),
    }
}

#[pyclass(module = "rtproxy._audio_core", frozen)]
pub struct Wrap(pub Arc<wrap::Wrap>);

#[pymethods]
impl Wrap {
    #[staticmethod]
    fn verbatim() -> Self {
        Self(Arc::new(wrap::Wrap::Verbatim))
    }

    #[staticmethod]
    fn renamed(type_name: &str) -> PyResult<Self> {
        let wrap = wrap::Wrap::renamed(type_name).map_err(refused)?;
        Ok(Self(Arc::new(wrap)))
    }

    #[staticmethod]
    #[pyo3(signature = (first, second = None))]
    fn template(first: &str, second: Option<&str>) -> PyResult<Self> {
        let wrap = wrap::Wrap::template(first, second).map_err(refused)?;
        Ok(Self(Arc::new(wrap)))
    }

    #[staticmethod]
    fn binary() -> Self {
        Self(Arc::new(wrap::Wrap::Binary))
    }
}
