//! The face of voice activity: one channel of samples in, whether somebody speaks.

use super::formats::rate_hz;
use super::refused;
use super::samples::{with_bytes, MONO_FLOATS};
use super::turns::Turns;
use crate::dsp::cpu::Simd;
use crate::dsp::sample::read_f32;
use crate::dsp::vad;
use pyo3::prelude::*;

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<VoiceActivity>()
}

/// What listens, and room for what it is told.
struct Worker {
    activity: vad::VoiceActivity,
    samples: Vec<f32>,
    simd: Simd,
}

#[pyclass(module = "rtproxy._audio_core", frozen)]
struct VoiceActivity {
    worker: Turns<Worker>,
}

#[pymethods]
impl VoiceActivity {
    #[new]
    fn new(rate_hz: &Bound<'_, PyAny>) -> PyResult<Self> {
        let rate_hz = self::rate_hz(rate_hz)?;
        let simd = Simd::chosen();
        let activity = vad::VoiceActivity::new(rate_hz, simd).map_err(refused)?;
        Ok(Self {
            worker: Turns::new(Worker {
                activity,
                samples: Vec::new(),
                simd,
            }),
        })
    }

    fn process(&self, chunk: &Bound<'_, PyAny>) -> PyResult<bool> {
        with_bytes(chunk, MONO_FLOATS, |bytes| {
            let mut worker = self.worker.take()?;
            let Worker {
                activity,
                samples,
                simd,
            } = &mut *worker;
            samples.clear();
            read_f32(*simd, bytes, samples);
            Ok(activity.process(samples))
        })
    }

    fn reset(&self) -> PyResult<()> {
        self.worker.take()?.activity.reset();
        Ok(())
    }

    #[getter]
    fn speaking(&self) -> PyResult<bool> {
        Ok(self.worker.take()?.activity.is_speaking())
    }

    #[getter]
    fn since(&self) -> PyResult<u64> {
        Ok(self.worker.take()?.activity.since())
    }
}
