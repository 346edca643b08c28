//! One TLS connection without its socket.
//!
//! Holds no bytes longer than it must: what `feed` makes readable goes to the caller's
//! buffer at once, and what waits to be sent is bounded by what the caller wrote, for
//! `pull` empties it. So backpressure is the caller's: read no socket while plaintext
//! waits, write no plaintext while ciphertext waits.

use super::fault::Fault;
use rustls::{Connection, HandshakeKind, ProtocolVersion};
use std::io::{BufRead, Write};
use std::panic::{catch_unwind, AssertUnwindSafe};

/// A client's or a server's end.
#[derive(Debug)]
pub struct Session {
    connection: Connection,
    opening: Option<u8>,
    closed_by_peer: bool,
    fault: Option<Fault>,
}

impl Session {
    pub(super) fn new(mut connection: Connection) -> Self {
        // Its own bounds would take a part of what is written; ours are the caller's.
        connection.set_buffer_limit(None);
        Self {
            connection,
            opening: None,
            closed_by_peer: false,
            fault: None,
        }
    }

    /// Bytes from the socket, none for its end; appends what they make readable.
    ///
    /// An end that the peer did not announce (`close_notify`) is a fault: somebody in
    /// between may have cut the stream. A fault stays; an alert that tells the peer of
    /// it waits in `pull`. What comes behind the peer's farewell is ignored.
    pub fn feed(&mut self, mut ciphertext: &[u8], plaintext: &mut Vec<u8>) -> Result<(), Fault> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        if ciphertext.is_empty() && !self.closed_by_peer {
            let fault = Fault::cut(self.connection.is_handshaking());
            return Err(self.fault.insert(fault).clone());
        }
        self.opening = self.opening.or(ciphertext.first().copied());
        while !ciphertext.is_empty() && !self.closed_by_peer {
            // What a peer sends must not end more than its own connection.
            let step = AssertUnwindSafe(|| self.step(&mut ciphertext, plaintext));
            if let Err(fault) = catch_unwind(step).unwrap_or_else(|_| Err(Fault::ours())) {
                return Err(self.fault.insert(fault).clone());
            }
        }
        Ok(())
    }

    /// Encrypt; the records wait in `pull`. Before the handshake is done they wait for that.
    pub fn write(&mut self, plaintext: &[u8]) -> Result<(), Fault> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        self.connection.writer().write_all(plaintext)?;
        Ok(())
    }

    /// Append all ciphertext that waits to be sent.
    pub fn pull(&mut self, ciphertext: &mut Vec<u8>) {
        // Writing to memory cannot fail.
        while self.connection.wants_write() && self.connection.write_tls(ciphertext).is_ok() {}
    }

    /// Say farewell (`close_notify`): nothing will be written behind it. After a fault
    /// its alert was the last word.
    pub fn close(&mut self) {
        if self.fault.is_none() {
            self.connection.send_close_notify();
        }
    }

    /// Whether the handshake is still going on.
    pub fn is_handshaking(&self) -> bool {
        self.connection.is_handshaking()
    }

    /// Whether something waits for `pull`.
    pub fn wants_write(&self) -> bool {
        self.connection.wants_write()
    }

    /// Whether the peer has said that nothing more will come.
    pub fn is_closed_by_peer(&self) -> bool {
        self.closed_by_peer
    }

    /// "TLS 1.2" or "TLS 1.3", once it is known.
    pub fn version(&self) -> Option<&'static str> {
        match self.connection.protocol_version()? {
            ProtocolVersion::TLSv1_2 => Some("TLS 1.2"),
            ProtocolVersion::TLSv1_3 => Some("TLS 1.3"),
            _ => None,
        }
    }

    /// Whether the handshake went on from an earlier connection.
    pub fn is_resumed(&self) -> bool {
        self.connection.handshake_kind() == Some(HandshakeKind::Resumed)
    }

    /// Take a part of the ciphertext as far as it completes records.
    fn step(&mut self, ciphertext: &mut &[u8], plaintext: &mut Vec<u8>) -> Result<(), Fault> {
        if self.connection.read_tls(ciphertext)? == 0 {
            return Err(Fault::stuck());
        }
        let state = self.connection.process_new_packets();
        self.take(plaintext); // what came before a fault was said all the same
        let state = state.map_err(|error| Fault::of(&error, self.opening))?;
        self.closed_by_peer = state.peer_has_closed();
        Ok(())
    }

    fn take(&mut self, plaintext: &mut Vec<u8>) {
        let mut reader = self.connection.reader();
        while let Ok(chunk @ [_, ..]) = reader.fill_buf() {
            plaintext.extend_from_slice(chunk);
            let size = chunk.len();
            reader.consume(size);
        }
    }
}
