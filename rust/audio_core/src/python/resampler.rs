//! The face of the resampler: one channel of floats from rate to rate.

use super::formats::{quality_named, rate_hz};
use super::refused;
use super::samples::{floats, with_bytes, MONO_FLOATS};
use super::turns::{Turns, BULK_FRAMES};
use crate::dsp::cpu::Simd;
use crate::dsp::resample;
use numpy::PyArray1;
use pyo3::prelude::*;

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Resampler>()
}

/// A filter, and room for what goes in and out of it.
struct Worker {
    filter: resample::Resampler,
    input: Vec<f32>,
    output: Vec<f32>,
}

#[pyclass(module = "rtproxy._audio_core", frozen)]
struct Resampler {
    worker: Turns<Worker>,
    input_rate_hz: u32,
    output_rate_hz: u32,
    latency_ms: f64,
}

type Samples<'py> = Bound<'py, PyArray1<f32>>;

#[pymethods]
impl Resampler {
    #[new]
    #[pyo3(
        signature = (input_rate_hz, output_rate_hz, *, quality = "low_latency"),
        text_signature = "(input_rate_hz, output_rate_hz, *, quality='low_latency')"
    )]
    fn new(
        input_rate_hz: &Bound<'_, PyAny>,
        output_rate_hz: &Bound<'_, PyAny>,
        quality: &str,
    ) -> PyResult<Self> {
        let (from, to) = (rate_hz(input_rate_hz)?, rate_hz(output_rate_hz)?);
        let filter = resample::Resampler::new(from, to, quality_named(quality)?, Simd::chosen())
            .map_err(refused)?;
        Ok(Self {
            input_rate_hz: from,
            output_rate_hz: to,
            latency_ms: filter.latency_ms(),
            worker: Turns::new(Worker {
                filter,
                input: Vec::new(),
                output: Vec::new(),
            }),
        })
    }

    #[getter]
    fn latency_ms(&self) -> f64 {
        self.latency_ms
    }

    fn process<'py>(&self, chunk: &Bound<'py, PyAny>) -> PyResult<Samples<'py>> {
        let py = chunk.py();
        with_bytes(chunk, MONO_FLOATS, |bytes| {
            let mut worker = self.worker.take()?;
            let Worker {
                filter,
                input,
                output,
            } = &mut *worker;
            output.clear();
            if bytes.len() / 4 <= BULK_FRAMES {
                filter.process(floats(bytes, input), output);
                return Ok(PyArray1::from_slice(py, output));
            }
            let copy = floats(bytes, input).to_vec();
            let made = py.detach(|| {
                let mut made = Vec::new();
                filter.process(&copy, &mut made);
                made
            });
            Ok(PyArray1::from_vec(py, made))
        })
    }

    fn flush<'py>(&self, py: Python<'py>) -> PyResult<Samples<'py>> {
        let mut worker = self.worker.take()?;
        let Worker { filter, output, .. } = &mut *worker;
        output.clear();
        filter.flush(output);
        Ok(PyArray1::from_slice(py, output))
    }

    fn reset(&self) -> PyResult<()> {
        self.worker.take()?.filter.reset();
        Ok(())
    }

    fn __repr__(&self) -> String {
        format!(
            "Resampler({}, {}, latency_ms={:.2})",
            self.input_rate_hz, self.output_rate_hz, self.latency_ms
        )
    }
}
