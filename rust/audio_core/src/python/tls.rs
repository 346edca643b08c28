//! Faces of TLS: `TlsClient`, `TlsServer` and their `TlsSession`s.

use super::{bytes_of, refused};
use crate::tls::context::{Client, Server};
use crate::tls::fault::{Fault, FaultKind};
use crate::tls::session::Session;
use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

create_exception!(rtproxy._audio_core, TlsError, PyException);
create_exception!(rtproxy._audio_core, TlsCertificateError, TlsError);
create_exception!(rtproxy._audio_core, TlsUntrustedError, TlsCertificateError);

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("TlsError", py.get_type::<TlsError>())?;
    module.add("TlsCertificateError", py.get_type::<TlsCertificateError>())?;
    module.add("TlsUntrustedError", py.get_type::<TlsUntrustedError>())?;
    module.add_class::<TlsClient>()?;
    module.add_class::<TlsServer>()?;
    module.add_class::<TlsSession>()
}

#[pyclass(frozen, module = "rtproxy._audio_core")]
struct TlsClient(Client);

#[pymethods]
impl TlsClient {
    #[new]
    #[pyo3(signature = (*, authorities = None))]
    fn new(authorities: Option<&[u8]>) -> PyResult<Self> {
        Client::new(authorities).map(Self).map_err(refused)
    }

    fn open(&self, host: &str) -> PyResult<TlsSession> {
        Ok(TlsSession::new(self.0.open(host).map_err(refused)?))
    }
}

#[pyclass(frozen, module = "rtproxy._audio_core")]
struct TlsServer(Server);

#[pymethods]
impl TlsServer {
    #[new]
    #[pyo3(signature = (*, chain, key))]
    fn new(chain: &[u8], key: &[u8]) -> PyResult<Self> {
        Server::new(chain, key).map(Self).map_err(refused)
    }

    fn accept(&self) -> PyResult<TlsSession> {
        let session = self.0.accept();
        Ok(TlsSession::new(
            session.map_err(|error| TlsError::new_err(error.to_string()))?,
        ))
    }
}

/// A session with what it has not handed on yet, in both directions.
pub struct Held {
    pub session: Session,
    /// What can be read.
    pub plaintext: Vec<u8>,
    /// What waits to be sent.
    pub ciphertext: Vec<u8>,
}

#[pyclass(module = "rtproxy._audio_core")]
pub struct TlsSession(Option<Held>);

#[pymethods]
impl TlsSession {
    fn feed(&mut self, ciphertext: &Bound<'_, PyAny>) -> PyResult<()> {
        let held = self.held()?;
        let fed = held
            .session
            .feed(&bytes_of(ciphertext)?, &mut held.plaintext);
        held.session.pull(&mut held.ciphertext);
        fed.map_err(|fault| told(&fault))
    }

    fn read<'py>(&mut self, py: Python<'py>, max_bytes: usize) -> PyResult<Bound<'py, PyBytes>> {
        let held = self.held()?;
        let taken = max_bytes.min(held.plaintext.len());
        let data = PyBytes::new(py, &held.plaintext[..taken]);
        consume(&mut held.plaintext, taken);
        Ok(data)
    }

    fn write(&mut self, plaintext: &Bound<'_, PyAny>) -> PyResult<()> {
        let held = self.held()?;
        let written = held.session.write(&bytes_of(plaintext)?);
        held.session.pull(&mut held.ciphertext);
        written.map_err(|fault| told(&fault))
    }

    fn unsent<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.held()?.ciphertext))
    }

    fn sent(&mut self, size_bytes: usize) -> PyResult<()> {
        let ciphertext = &mut self.held()?.ciphertext;
        if size_bytes > ciphertext.len() {
            return Err(PyValueError::new_err("so much did not wait to be sent"));
        }
        consume(ciphertext, size_bytes);
        Ok(())
    }

    fn close(&mut self) -> PyResult<()> {
        let held = self.held()?;
        held.session.close();
        held.session.pull(&mut held.ciphertext);
        Ok(())
    }

    #[getter]
    fn handshaking(&mut self) -> PyResult<bool> {
        Ok(self.held()?.session.is_handshaking())
    }

    #[getter]
    fn ended(&mut self) -> PyResult<bool> {
        Ok(self.held()?.session.is_closed_by_peer())
    }

    #[getter]
    fn version(&mut self) -> PyResult<Option<&'static str>> {
        Ok(self.held()?.session.version())
    }

    #[getter]
    fn resumed(&mut self) -> PyResult<bool> {
        Ok(self.held()?.session.is_resumed())
    }
}

impl TlsSession {
    fn new(mut session: Session) -> Self {
        let mut ciphertext = Vec::new();
        session.pull(&mut ciphertext);
        Self(Some(Held {
            session,
            plaintext: Vec::new(),
            ciphertext,
        }))
    }

    /// Hand everything over to a driver in Rust; nothing is left here.
    pub fn hand_over(&mut self) -> PyResult<Held> {
        match &self.0 {
            Some(held) if !held.plaintext.is_empty() => Err(PyValueError::new_err(
                "this session has plaintext that nobody has read",
            )),
            _ => self.0.take().ok_or_else(handed_over),
        }
    }

    fn held(&mut self) -> PyResult<&mut Held> {
        self.0.as_mut().ok_or_else(handed_over)
    }
}

fn handed_over() -> PyErr {
    PyValueError::new_err("this session was handed over and is used elsewhere")
}

/// Forget the first bytes; memory of a burst is given back with its last byte.
fn consume(buffer: &mut Vec<u8>, size_bytes: usize) {
    if size_bytes == buffer.len() {
        *buffer = Vec::new();
    } else {
        buffer.drain(..size_bytes);
    }
}

fn told(fault: &Fault) -> PyErr {
    let words = fault.to_string();
    match fault.kind {
        FaultKind::Untrusted => TlsUntrustedError::new_err(words),
        FaultKind::Certificate => TlsCertificateError::new_err(words),
        FaultKind::Protocol => TlsError::new_err(words),
    }
}
