//! The face of the audio path: chunks in, bytes, base64 or arrays out.

use super::formats::{quality_named, Format};
use super::refused;
use super::samples::with_bytes;
use super::turns::{Pace, Turns, BULK_CHARACTERS};
use crate::dsp::cpu::Simd;
use crate::dsp::format::{AudioFormat, Encoding};
use crate::dsp::path;
use crate::dsp::shape::Shape;
use crate::text::base64;
use numpy::{PyArray1, PyArrayMethods};
use pyo3::exceptions::{PyBufferError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyMemoryView, PyString};

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<AudioPath>()
}

/// A path, and room for what goes in and out of it.
struct Worker {
    path: path::AudioPath,
    pace: Pace,
    input: Vec<u8>,
    output: Vec<u8>,
    text: Vec<u8>,
}

#[pyclass(module = "rtproxy._audio_core", frozen)]
struct AudioPath {
    worker: Turns<Worker>,
    source: AudioFormat,
    target: AudioFormat,
}

#[pymethods]
impl AudioPath {
    #[new]
    #[pyo3(
        signature = (source, target, *, quality = "low_latency", gain = 1.0, pitch = 1.0),
        text_signature = "(source, target, *, quality='low_latency', gain=1.0, pitch=1.0)"
    )]
    fn new(source: Format, target: Format, quality: &str, gain: f32, pitch: f32) -> PyResult<Self> {
        let (source, target) = (source.0, target.0);
        let shape = Shape {
            quality: quality_named(quality)?,
            gain,
            pitch,
        };
        let simd = Simd::chosen();
        let channels = source.channels().min(target.channels());
        let worker = Turns::new(Worker {
            path: path::AudioPath::new(source, target, shape, simd).map_err(refused)?,
            pace: Pace::new(simd, source.rate_hz(), target.rate_hz(), channels),
            input: Vec::new(),
            output: Vec::new(),
            text: Vec::new(),
        });
        Ok(Self {
            worker,
            source,
            target,
        })
    }

    fn process<'py>(&self, chunk: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        let py = chunk.py();
        with_bytes(chunk, self.source.into(), |bytes| {
            let mut worker = self.worker.take()?;
            if let (Ok(same), true) = (chunk.cast::<PyBytes>(), worker.path.passes(bytes.len())) {
                return Ok(same.clone());
            }
            Ok(worker.run(py, bytes, Output::Bytes, |made| PyBytes::new(py, made)))
        })
    }

    fn process_to_base64<'py>(&self, chunk: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyString>> {
        let py = chunk.py();
        with_bytes(chunk, self.source.into(), |bytes| {
            let mut worker = self.worker.take()?;
            Ok(worker.run(py, bytes, Output::Text, |text| {
                // SAFETY: the alphabet of base64 is ASCII.
                PyString::new(py, unsafe { std::str::from_utf8_unchecked(text) })
            }))
        })
    }

    fn process_to_floats<'py>(&self, chunk: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.check_gives_floats()?;
        let py = chunk.py();
        with_bytes(chunk, self.source.into(), |bytes| {
            let mut worker = self.worker.take()?;
            worker.run(py, bytes, Output::Bytes, |made| self.array(py, made))
        })
    }

    fn process_from_base64<'py>(&self, text: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        let py = text.py();
        let mut worker = self.worker.take()?;
        let input = worker.decode(text)?;
        let made = worker.run(py, &input, Output::Bytes, |made| PyBytes::new(py, made));
        worker.input = input;
        Ok(made)
    }

    fn process_from_base64_to_floats<'py>(
        &self,
        text: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.check_gives_floats()?;
        let py = text.py();
        let mut worker = self.worker.take()?;
        let input = worker.decode(text)?;
        let made = worker.run(py, &input, Output::Bytes, |made| self.array(py, made));
        worker.input = input;
        made
    }

    fn flush<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let mut worker = self.worker.take()?;
        let Worker { path, output, .. } = &mut *worker;
        output.clear();
        path.flush(output);
        Ok(PyBytes::new(py, output))
    }

    fn reset(&self) -> PyResult<()> {
        self.worker.take()?.path.reset();
        Ok(())
    }

    #[getter]
    fn latency_ms(&self) -> PyResult<f64> {
        Ok(self.worker.take()?.path.latency_ms())
    }

    #[getter]
    fn gain(&self) -> PyResult<f32> {
        Ok(self.worker.take()?.path.shape().gain)
    }

    #[setter]
    fn set_gain(&self, gain: f32) -> PyResult<()> {
        self.worker.take()?.path.set_gain(gain).map_err(refused)
    }

    #[getter]
    fn pitch(&self) -> PyResult<f32> {
        Ok(self.worker.take()?.path.shape().pitch)
    }

    #[setter]
    fn set_pitch(&self, pitch: f32) -> PyResult<()> {
        self.worker.take()?.path.set_pitch(pitch).map_err(refused)
    }

    fn __repr__(&self) -> String {
        format!(
            "AudioPath({}, {})",
            written(self.source),
            written(self.target)
        )
    }
}

fn written(format: AudioFormat) -> String {
    let name = format.encoding().name();
    format!("('{name}', {}, {})", format.rate_hz(), format.channels())
}

impl AudioPath {
    fn check_gives_floats(&self) -> PyResult<()> {
        if self.target.encoding() == Encoding::F32 {
            return Ok(());
        }
        Err(PyValueError::new_err(format!(
            "only a path to f32 gives floats; this one goes to {}",
            self.target.encoding().name()
        )))
    }

    /// Whole frames of float as an array, a row for each frame if they are stereo.
    fn array<'py>(&self, py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyAny>> {
        let count = bytes.len() / size_of::<f32>();
        // SAFETY: the array is new, contiguous and of `count` floats, all of which are
        // written before anyone sees it.
        let array = unsafe {
            let array = PyArray1::<f32>::new(py, [count], false);
            let to = array.data().cast::<u8>();
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, count * size_of::<f32>());
            array
        };
        if self.target.channels() == 1 {
            return Ok(array.into_any());
        }
        Ok(array.reshape([count / 2, 2])?.into_any())
    }
}

/// What a call gives.
#[derive(Clone, Copy, PartialEq)]
enum Output {
    Bytes,
    /// The same, in base64.
    Text,
}

impl Worker {
    /// Let `finish` make something of what `bytes` become.
    fn run<T>(
        &mut self,
        py: Python<'_>,
        bytes: &[u8],
        output: Output,
        finish: impl FnOnce(&[u8]) -> T,
    ) -> T {
        let is_bulk = self.is_bulk(bytes.len());
        if is_bulk {
            // Whoever lent it might write to it meanwhile.
            let copy = bytes.to_vec();
            py.detach(|| self.work(&copy, output));
        } else {
            self.work(bytes, output);
        }
        let made = match output {
            Output::Bytes => finish(&self.output),
            Output::Text => finish(&self.text),
        };
        if is_bulk {
            (self.output, self.text) = (Vec::new(), Vec::new());
        }
        made
    }

    fn work(&mut self, bytes: &[u8], output: Output) {
        self.output.clear();
        self.path.process(bytes, &mut self.output);
        if output == Output::Text {
            self.text.clear();
            base64::encode(&self.output, &mut self.text);
        }
    }

    #[expect(clippy::float_cmp, reason = "exactly 1 means untouched")]
    fn is_bulk(&self, length_bytes: usize) -> bool {
        let frames = length_bytes / self.path.source().frame_bytes();
        self.pace.is_bulk(frames, self.path.shape().pitch != 1.0)
    }

    /// What the base64 stands for, in the buffer that is kept for it.
    fn decode(&mut self, text: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
        let mut input = std::mem::take(&mut self.input);
        input.clear();
        decode_base64(text, &mut input).map(|()| input)
    }
}

fn decode_base64(text: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> PyResult<()> {
    let decode = |data: &[u8], out: &mut Vec<u8>| {
        let decoded = if data.len() > BULK_CHARACTERS {
            text.py().detach(|| base64::decode(data, out))
        } else {
            base64::decode(data, out)
        };
        decoded.map_err(|error| PyValueError::new_err(error.to_string()))
    };
    if let Ok(text) = text.cast::<PyString>() {
        return decode(text.to_str()?.as_bytes(), out);
    }
    if let Ok(bytes) = text.cast::<PyBytes>() {
        return decode(bytes.as_bytes(), out);
    }
    if text.is_instance_of::<PyByteArray>() || text.is_instance_of::<PyMemoryView>() {
        let copy = super::bytes_of(text).map_err(|error| not_base64(text, error))?;
        return decode(&copy, out);
    }
    Err(PyTypeError::new_err(format!(
        "base64 is str, bytes or a buffer of bytes, not {}",
        text.get_type().name()?
    )))
}

/// Why a buffer that is no buffer of bytes is refused; other errors say so themselves.
fn not_base64(text: &Bound<'_, PyAny>, error: PyErr) -> PyErr {
    if !error.is_instance_of::<PyBufferError>(text.py()) {
        return error;
    }
    PyTypeError::new_err("base64 is str, bytes or a buffer of bytes, not of other items")
}
