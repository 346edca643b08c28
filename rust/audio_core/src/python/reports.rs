//! Faces of what the splice tells: `Message`, `Counters`, `Level`.

use super::enums::message_kind;
use crate::splice::answer;
use crate::splice::inbox::{Delivery, DeliveryKind};
use crate::splice::{level, time};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Message>()?;
    module.add_class::<Counters>()?;
    module.add_class::<Level>()
}

#[pyclass(module = "rtproxy._audio_core", frozen, get_all)]
pub struct Message {
    kind: Py<PyAny>,
    raw: Py<PyBytes>,
    binary: bool,
    hold: u64,
    code: u16,
    reason: String,
    violation: bool,
}

impl Message {
    pub fn of(py: Python<'_>, delivery: Delivery) -> PyResult<Self> {
        let is_answered = matches!(delivery.kind, DeliveryKind::Hold | DeliveryKind::Mark);
        let end = delivery.end.as_ref();
        Ok(Self {
            kind: message_kind(py, delivery.kind)?,
            raw: PyBytes::new(py, &delivery.raw).unbind(),
            binary: delivery.binary,
            hold: if is_answered { delivery.stamp } else { 0 },
            code: end.map_or(0, |end| end.code),
            violation: end.is_some_and(|end| end.violation),
            reason: delivery.end.map_or_else(String::new, |end| end.reason),
        })
    }
}

#[pymethods]
impl Message {
    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let kind: String = self.kind.getattr(py, "name")?.extract(py)?;
        let raw = self.raw.as_bytes(py);
        let shown = String::from_utf8_lossy(&raw[..raw.len().min(80)]);
        Ok(format!(
            "Message({kind}, hold={}, code={}, reason={:?}, raw={shown:?} of {} bytes)",
            self.hold,
            self.code,
            self.reason,
            raw.len()
        ))
    }
}

#[pyclass(module = "rtproxy._audio_core", frozen, get_all)]
#[expect(clippy::struct_field_names, reason = "the unit belongs to each name")]
pub struct Counters {
    received_ms: f64,
    released_ms: f64,
    heard_ms: f64,
    dropped_ms: f64,
}

impl From<answer::Counters> for Counters {
    fn from(counted: answer::Counters) -> Self {
        Self {
            received_ms: time::to_ms(counted.received),
            released_ms: time::to_ms(counted.released),
            heard_ms: time::to_ms(counted.heard),
            dropped_ms: time::to_ms(counted.dropped),
        }
    }
}

#[pymethods]
impl Counters {
    fn __repr__(&self) -> String {
        format!(
            "Counters(received_ms={}, released_ms={}, heard_ms={}, dropped_ms={})",
            self.received_ms, self.released_ms, self.heard_ms, self.dropped_ms
        )
    }
}

#[pyclass(module = "rtproxy._audio_core", frozen, get_all)]
pub struct Level {
    rms: f64,
    peak: f64,
    at: Option<f64>,
    speaking: bool,
    lasted_ms: f64,
}

impl From<level::Level> for Level {
    fn from(level: level::Level) -> Self {
        Self {
            rms: level.rms,
            peak: level.peak,
            at: level.at.map(time::to_s),
            speaking: level.speaking,
            lasted_ms: time::to_ms(level.lasted),
        }
    }
}
