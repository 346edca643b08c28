//! Faces of what a dialect makes once: `Kinds` and `Wrap`.

use super::refused;
use crate::splice::kinds::{self, KindRules, Unlisted};
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
            reports = None,
            only = None,
            answer_words = None,
            input_words = None,
            secrets = Vec::new(),
            relay = Vec::new(),
            pass_on = Vec::new(),
            renamed = None,
            ignore = Vec::new(),
            default = "hold",
            hold = Vec::new(),
            binary = "hold",
            check_base64 = true,
            type_key = None,
        ),
        text_signature = "(*, audio=..., reports=..., only=..., answer_words=..., input_words=..., secrets=(), relay=(), \
            pass_on=(), renamed=..., ignore=(), default='hold', hold=(), binary='hold', check_base64=True, \
            type_key=None)"
    )]
    #[expect(clippy::too_many_arguments, reason = "named in Python")]
    fn new(
        audio: Option<&Bound<'_, PyMapping>>,
        reports: Option<&Bound<'_, PyMapping>>,
        only: Option<&Bound<'_, PyMapping>>,
        answer_words: Option<&Bound<'_, PyMapping>>,
        input_words: Option<&Bound<'_, PyMapping>>,
        secrets: Vec<Vec<u8>>,
        relay: Vec<String>,
        pass_on: Vec<String>,
        renamed: Option<&Bound<'_, PyMapping>>,
        ignore: Vec<String>,
        default: &str,
        hold: Vec<String>,
        binary: &str,
        check_base64: bool,
        type_key: Option<String>,
    ) -> PyResult<Self> {
        let rules = KindRules {
            type_key,
            audio: entries(audio)?,
            reports: entries(reports)?,
            only: entries(only)?,
            answer_words: entries(answer_words)?,
            input_words: entries(input_words)?,
            secrets,
            relay,
            pass_on,
            renamed: entries(renamed)?,
            ignore,
            hold,
            default: unlisted(default)?,
            binary_is_audio: is_audio(binary)?,
            checks_base64: check_base64,
        };
        let kinds = kinds::Kinds::new(rules).map_err(refused)?;
        Ok(Self(Arc::new(kinds)))
    }
}

/// What a mapping has; nothing where there is none.
fn entries<T>(mapping: Option<&Bound<'_, PyMapping>>) -> PyResult<Vec<(String, T)>>
where
    T: for<'a, 'py> FromPyObject<'a, 'py>,
{
    mapping.map_or_else(|| Ok(Vec::new()), |mapping| mapping.items()?.extract())
}

fn unlisted(default: &str) -> PyResult<Unlisted> {
    match default {
        "hold" => Ok(Unlisted::Hold),
        "relay" => Ok(Unlisted::Relay),
        "pass_on" => Ok(Unlisted::PassOn),
        _ => Err(PyValueError::new_err(format!(
            "default must be \"hold\", \"relay\" or \"pass_on\", not {default:?}"
        ))),
    }
}

fn is_audio(binary: &str) -> PyResult<bool> {
    match binary {
        "hold" => Ok(false),
        "audio" => Ok(true),
        _ => Err(PyValueError::new_err(format!(
            "binary must be \"hold\" or \"audio\", not {binary:?}"
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
