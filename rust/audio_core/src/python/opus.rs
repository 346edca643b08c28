//! The face of Opus, for who speaks to a proxy and for tests: one packet at a time.

use super::{bytes_of, refused};
use crate::dsp::opus::{Built, Decoder, Encoder, IS_BUILT, PACKET_BYTES};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("HAS_OPUS", IS_BUILT)?;
    module.add_class::<OpusEncoder>()?;
    module.add_class::<OpusDecoder>()
}

#[pyclass(module = "rtproxy._audio_core")]
struct OpusEncoder(Encoder);

#[pymethods]
impl OpusEncoder {
    #[new]
    fn new() -> PyResult<Self> {
        Built::proof().map(Encoder::new).map(Self).map_err(refused)
    }

    fn encode<'py>(
        &mut self,
        py: Python<'py>,
        samples: &Bound<'_, PyAny>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let samples = bytes_of(samples)?;
        if samples.len() != PACKET_BYTES {
            return Err(PyValueError::new_err(format!(
                "a packet is {PACKET_BYTES} bytes of samples (20 ms), not {}",
                samples.len()
            )));
        }
        Ok(PyBytes::new(py, self.0.encode(&samples)))
    }

    fn reset(&mut self) {
        self.0.reset();
    }
}

#[pyclass(module = "rtproxy._audio_core")]
struct OpusDecoder(Decoder);

#[pymethods]
impl OpusDecoder {
    #[new]
    fn new() -> PyResult<Self> {
        Built::proof().map(Decoder::new).map(Self).map_err(refused)
    }

    fn decode<'py>(
        &mut self,
        py: Python<'py>,
        packet: &Bound<'_, PyAny>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let packet = bytes_of(packet)?;
        let mut samples = Vec::new();
        let decoded = self.0.decode(&packet, &mut samples);
        decoded.map_err(|_| {
            let size = packet.len();
            PyValueError::new_err(format!("these {size} bytes are not a packet of Opus"))
        })?;
        Ok(PyBytes::new(py, &samples))
    }
}
