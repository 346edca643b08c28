//! What Python lends as audio: bytes, buffers and arrays, without copying them.
//!
//! Owns the check that a buffer holds what a stream expects, and the words for one
//! that does not. Numpy's arrays are looked into directly: asking them for a buffer
//! costs more than converting a chunk's worth of telephone audio.

use crate::dsp::format::{AudioFormat, Encoding};
use numpy::{dtype, PyArrayDescrMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::buffer::{ElementType, PyUntypedBuffer};
use pyo3::exceptions::{PyBufferError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyMemoryView};
use std::slice;

/// What a buffer has to hold.
#[derive(Clone, Copy)]
pub struct Expected {
    encoding: Encoding,
    channels: usize,
    /// Whether plain bytes may stand for the samples.
    takes_bytes: bool,
}

/// One channel of floats, as an array.
pub const MONO_FLOATS: Expected = Expected {
    encoding: Encoding::F32,
    channels: 1,
    takes_bytes: false,
};

impl From<AudioFormat> for Expected {
    fn from(format: AudioFormat) -> Self {
        Self {
            encoding: format.encoding(),
            channels: format.channels() as usize,
            takes_bytes: true,
        }
    }
}

/// What the items of a buffer are.
#[derive(Clone, Copy, PartialEq)]
enum Item {
    Byte,
    Int16,
    Float32,
    Other,
}

/// Let `work` see the bytes of `chunk`, which must hold what is `expected`.
pub fn with_bytes<T>(
    chunk: &Bound<'_, PyAny>,
    expected: Expected,
    work: impl FnOnce(&[u8]) -> PyResult<T>,
) -> PyResult<T> {
    if expected.takes_bytes {
        if let Ok(bytes) = chunk.cast::<PyBytes>() {
            return work(bytes.as_bytes());
        }
    }
    let is_plain = chunk.is_instance_of::<PyByteArray>() || chunk.is_instance_of::<PyMemoryView>();
    if !is_plain {
        if let Ok(array) = chunk.cast::<PyUntypedArray>() {
            return with_array(array, expected, work);
        }
    }
    with_buffer(chunk, expected, work)
}

fn with_array<T>(
    array: &Bound<'_, PyUntypedArray>,
    expected: Expected,
    work: impl FnOnce(&[u8]) -> PyResult<T>,
) -> PyResult<T> {
    let item = item_of(array);
    expected.check_item(item, || format!("an array of {}", array.dtype()))?;
    expected.check_shape(array.shape(), item)?;
    check_contiguous(array.is_c_contiguous())?;
    let length = array.len() * item.size_bytes();
    // SAFETY: the array is contiguous, so `length` bytes lie at `data`; it lives while
    // we hold the reference, and no Python code runs meanwhile that could resize it.
    let bytes = unsafe {
        match length {
            0 => &[],
            _ => slice::from_raw_parts((*array.as_array_ptr()).fields.data.cast::<u8>(), length),
        }
    };
    work(bytes)
}

fn item_of(array: &Bound<'_, PyUntypedArray>) -> Item {
    let (py, found) = (array.py(), array.dtype());
    if found.is_equiv_to(&dtype::<f32>(py)) {
        Item::Float32
    } else if found.is_equiv_to(&dtype::<i16>(py)) {
        Item::Int16
    } else if found.is_equiv_to(&dtype::<u8>(py)) {
        Item::Byte
    } else {
        Item::Other
    }
}

fn with_buffer<T>(
    chunk: &Bound<'_, PyAny>,
    expected: Expected,
    work: impl FnOnce(&[u8]) -> PyResult<T>,
) -> PyResult<T> {
    let buffer = lent(chunk).map_err(|error| expected.explained(error, chunk))?;
    let item = match ElementType::from_format(buffer.format()) {
        ElementType::UnsignedInteger { bytes: 1 } => Item::Byte,
        ElementType::SignedInteger { bytes: 2 } => Item::Int16,
        ElementType::Float { bytes: 4 } => Item::Float32,
        _ => Item::Other,
    };
    let given = || format!("a buffer of items {:?}", buffer.format().to_string_lossy());
    expected.check_item(item, given)?;
    expected.check_shape(buffer.shape(), item)?;
    check_contiguous(buffer.is_c_contiguous())?;
    // SAFETY: the buffer is contiguous and stays exported, so its owner keeps those
    // bytes where they are; no Python code runs meanwhile that could write to them.
    let bytes = unsafe {
        match buffer.len_bytes() {
            0 => &[],
            length => slice::from_raw_parts(buffer.buf_ptr().cast::<u8>(), length),
        }
    };
    work(bytes)
}

/// The chunk's buffer. One without strides, as ctypes has them, gets them from a view.
fn lent(chunk: &Bound<'_, PyAny>) -> PyResult<PyUntypedBuffer> {
    PyUntypedBuffer::get(chunk).or_else(|error| {
        if error.is_instance_of::<PyBufferError>(chunk.py()) {
            return PyUntypedBuffer::get(PyMemoryView::from(chunk)?.as_any());
        }
        Err(error)
    })
}

fn described(chunk: &Bound<'_, PyAny>) -> String {
    let name = chunk.get_type().name();
    name.map_or_else(|_| "an object".to_owned(), |name| name.to_string())
}

fn check_contiguous(is_contiguous: bool) -> PyResult<()> {
    if is_contiguous {
        return Ok(());
    }
    Err(PyBufferError::new_err(
        "audio must be contiguous in memory; numpy.ascontiguousarray makes it so",
    ))
}

impl Item {
    const fn size_bytes(self) -> usize {
        match self {
            Self::Byte | Self::Other => 1,
            Self::Int16 => 2,
            Self::Float32 => 4,
        }
    }
}

impl Expected {
    const fn item(self) -> Item {
        match self.encoding {
            Encoding::Pcm16 => Item::Int16,
            Encoding::F32 => Item::Float32,
            Encoding::G711Ulaw | Encoding::G711Alaw => Item::Byte,
        }
    }

    /// Why `chunk` lends no buffer, where its own words would not help.
    fn explained(self, error: PyErr, chunk: &Bound<'_, PyAny>) -> PyErr {
        let py = chunk.py();
        if error.is_instance_of::<PyTypeError>(py) {
            return self.refused(&described(chunk));
        }
        // A single number, as numpy has them, is a buffer without a shape.
        if error.is_instance_of::<PyBufferError>(py) {
            return self.misshapen(&[]);
        }
        error
    }

    fn check_item(self, item: Item, given: impl FnOnce() -> String) -> PyResult<()> {
        if item == self.item() || (item == Item::Byte && self.takes_bytes) {
            return Ok(());
        }
        Err(self.refused(&given()))
    }

    fn refused(self, given: &str) -> PyErr {
        let name = match self.item() {
            Item::Int16 => "int16",
            Item::Float32 => "float32",
            Item::Byte | Item::Other => "uint8",
        };
        let bytes = if self.takes_bytes { "bytes or " } else { "" };
        PyTypeError::new_err(format!(
            "audio is {bytes}a contiguous array of native {name} here, not {given}"
        ))
    }

    /// Interleaved, or a row for each frame.
    fn check_shape(self, shape: &[usize], item: Item) -> PyResult<()> {
        match shape {
            [_] => Ok(()),
            [_, channels] if item == self.item() && *channels == self.channels => Ok(()),
            _ => Err(self.misshapen(shape)),
        }
    }

    fn misshapen(self, shape: &[usize]) -> PyErr {
        PyValueError::new_err(format!(
            "the shape of audio is (samples,) or (frames, {}) here, not {}",
            self.channels,
            written(shape)
        ))
    }
}

/// As Python writes a tuple.
fn written(shape: &[usize]) -> String {
    let mut sizes: Vec<String> = shape.iter().map(usize::to_string).collect();
    if sizes.len() == 1 {
        sizes.push(String::new());
    }
    format!("({})", sizes.join(", ").trim_end())
}
