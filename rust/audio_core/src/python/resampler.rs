//! The face of the resampler: one channel of floats from rate to rate.

use super::formats::{quality_named, rate_hz};
use super::refused;
use super::samples::{with_bytes, MONO_FLOATS};
use super::turns::{Pace, Turns};
use crate::dsp::cpu::Simd;
use crate::dsp::{resample, sample};
use numpy::PyArray1;
use pyo3::prelude::*;

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Resampler>()
}

/// A filter, and room for what goes in and out of it.
struct Worker {
    simd: Simd,
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
    pace: Pace,
}

impl Worker {
    /// Leave in `output` what the floats of `bytes` make.
    fn run(&mut self, bytes: &[u8]) {
        self.input.clear();
        self.output.clear();
        sample::read_f32(self.simd, bytes, &mut self.input);
        self.filter.process(&self.input, &mut self.output);
    }
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
        let (quality, simd) = (quality_named(quality)?, Simd::chosen());
        let filter = resample::Resampler::new(from, to, quality, simd).map_err(refused)?;
        Ok(Self {
            input_rate_hz: from,
            output_rate_hz: to,
            latency_ms: filter.latency_ms(),
            pace: Pace::new(simd, from, to, 1),
            worker: Turns::new(Worker {
                simd,
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
            let worker = &mut *self.worker.take()?;
            if !self.pace.is_bulk(bytes.len() / size_of::<f32>(), false) {
                worker.run(bytes);
                return Ok(PyArray1::from_slice(py, &worker.output));
            }
            let copy = bytes.to_vec();
            let made = py.detach(|| {
                worker.run(&copy);
                worker.input = Vec::new();
                std::mem::take(&mut worker.output)
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
