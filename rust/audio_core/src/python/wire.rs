//! Faces of the frame codec: `FrameDecoder` and `FrameEncoder`.

use super::bytes_of;
use crate::wire::codec::{Decoder, DecoderLimits, Incoming};
use crate::wire::frame::{self, Opcode, MAX_CONTROL_BYTES};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::VecDeque;

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<FrameDecoder>()?;
    module.add_class::<FrameEncoder>()
}

type Delivery<'py> = (&'static str, Bound<'py, PyBytes>, u16);

#[pyclass(module = "rtproxy._audio_core")]
struct FrameDecoder(Decoder);

#[pymethods]
impl FrameDecoder {
    #[new]
    #[pyo3(signature = (*, masked, max_message_bytes, max_tiny_fragments = 4_096))]
    fn new(masked: bool, max_message_bytes: usize, max_tiny_fragments: u32) -> Self {
        let limits = DecoderLimits {
            max_message_bytes,
            max_tiny_fragments,
        };
        Self(Decoder::new(masked, limits))
    }

    fn feed<'py>(&mut self, data: &Bound<'py, PyAny>) -> PyResult<Vec<Delivery<'py>>> {
        let mut incoming = VecDeque::new();
        self.0.feed(&bytes_of(data)?, &mut incoming);
        Ok(incoming
            .into_iter()
            .map(|one| deliver(data.py(), one))
            .collect())
    }
}

fn deliver(py: Python<'_>, incoming: Incoming) -> Delivery<'_> {
    let (name, payload, code) = match incoming {
        Incoming::Message { binary, payload } => {
            (if binary { "binary" } else { "text" }, payload, 0)
        }
        Incoming::Ping(payload) => ("ping", payload, 0),
        Incoming::Pong(payload) => ("pong", payload, 0),
        Incoming::Close { code, reason } => ("close", reason.into_bytes(), code),
        Incoming::Violation { code, reason } => ("violation", reason.into_bytes(), code),
    };
    (name, PyBytes::new(py, &payload), code)
}

#[pyclass(module = "rtproxy._audio_core")]
struct FrameEncoder {
    keys: Option<ChaCha8Rng>,
}

#[pymethods]
impl FrameEncoder {
    #[new]
    #[pyo3(signature = (*, seed))]
    fn new(seed: Option<&[u8]>) -> PyResult<Self> {
        let keys = match seed.map(<[u8; 32]>::try_from) {
            None => None,
            Some(Ok(seed)) => Some(ChaCha8Rng::from_seed(seed)),
            Some(Err(_)) => return Err(PyValueError::new_err("seed must be 32 bytes")),
        };
        Ok(Self { keys })
    }

    #[pyo3(signature = (opcode, payload, code = 0))]
    fn encode<'py>(
        &mut self,
        py: Python<'py>,
        opcode: &str,
        payload: &[u8],
        code: u16,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let opcode = parse_opcode(opcode)?;
        let reason = check_payload(opcode, payload, code)?;
        let key = self.keys.as_mut().map(|keys| keys.next_u32().to_ne_bytes());
        let mut out = Vec::new();
        match opcode {
            Opcode::Close => frame::encode_close(&mut out, code, reason, key),
            _ => frame::encode(&mut out, opcode, payload, key),
        }
        Ok(PyBytes::new(py, &out))
    }
}

fn parse_opcode(name: &str) -> PyResult<Opcode> {
    match name {
        "text" => Ok(Opcode::Text),
        "binary" => Ok(Opcode::Binary),
        "ping" => Ok(Opcode::Ping),
        "pong" => Ok(Opcode::Pong),
        "close" => Ok(Opcode::Close),
        _ => Err(PyValueError::new_err(
            "opcode must be text, binary, ping, pong or close",
        )),
    }
}

/// Refuse what must not be on the wire; returns the reason of a close frame.
fn check_payload(opcode: Opcode, payload: &[u8], code: u16) -> PyResult<&str> {
    let refuse = |why| Err(PyValueError::new_err(why));
    if matches!(opcode, Opcode::Ping | Opcode::Pong) && payload.len() > MAX_CONTROL_BYTES {
        return refuse("a ping or pong carries at most 125 bytes");
    }
    if opcode != Opcode::Close {
        return if code == 0 {
            Ok("")
        } else {
            refuse("only a close frame has a code")
        };
    }
    if code != 0 && !frame::is_wire_code(code) {
        return refuse("this close code must not be sent");
    }
    std::str::from_utf8(payload).map_err(|_| PyValueError::new_err("close reason is not UTF-8"))
}
