//! One TLS connection without its socket.
//!
//! Holds no bytes longer than it must: what comes is opened at once, so all that stays
//! is a record's beginning; and what waits to be sent is bounded by what the caller
//! wrote, for `pull` empties it. So backpressure is the caller's: read no socket while
//! plaintext waits, write no plaintext while ciphertext waits.

use super::end::{End, Step, Word};
use super::fault::Fault;
use rustls::{HandshakeKind, ProtocolVersion};
use std::mem::take;
use std::panic::{catch_unwind, AssertUnwindSafe};

/// A client's or a server's end.
#[derive(Debug)]
pub struct Session {
    end: End,
    /// What came of a record, or of a message of the handshake, that is not complete.
    begun: Vec<u8>,
    /// What was written before the handshake is done.
    early: Vec<u8>,
    /// What waits for `pull`.
    outgoing: Vec<u8>,
    opening: Option<u8>,
    closed_by_peer: bool,
    fault: Option<Fault>,
}

impl Session {
    pub(super) fn new(end: End) -> Self {
        let mut session = Self {
            end,
            begun: Vec::new(),
            early: Vec::new(),
            outgoing: Vec::new(),
            opening: None,
            closed_by_peer: false,
            fault: None,
        };
        // A client speaks first. If that cannot be, `feed` and `write` say so.
        let _ = session.step(&mut [], Word::Nothing, &mut |_| ());
        session
    }

    /// Bytes from the socket, none for its end; appends what they make readable.
    ///
    /// An end that the peer did not announce (`close_notify`) is a fault: somebody in
    /// between may have cut the stream. A fault stays; an alert that tells the peer of
    /// it waits in `pull`. What comes behind the peer's farewell is ignored.
    pub fn feed(&mut self, ciphertext: &[u8], plaintext: &mut Vec<u8>) -> Result<(), Fault> {
        if ciphertext.is_empty() {
            return self.end();
        }
        let mut incoming = take(&mut self.begun);
        incoming.extend_from_slice(ciphertext);
        let used = self.receive(&mut incoming, &mut |said| plaintext.extend_from_slice(said))?;
        if used < incoming.len() {
            incoming.drain(..used);
            self.begun = incoming;
        }
        Ok(())
    }

    /// What came last and is still to be completed; `open` wants it in front.
    pub fn begun(&self) -> &[u8] {
        &self.begun
    }

    /// The same as `feed`, with no memory but the caller's: `ciphertext` is what had
    /// `begun` and what came behind it, and is destroyed. How many bytes of `plaintext`,
    /// which is as long at least, can be read, even where there is a fault.
    pub fn open(
        &mut self,
        ciphertext: &mut [u8],
        plaintext: &mut [u8],
    ) -> (usize, Result<(), Fault>) {
        let mut count = 0;
        let used = self.receive(ciphertext, &mut |said| {
            plaintext[count..][..said.len()].copy_from_slice(said);
            count += said.len();
        });
        let outcome = used.map(|used| self.begun = ciphertext[used..].to_vec());
        (count, outcome)
    }

    /// Encrypt; the records wait in `pull`. Before the handshake is done they wait for that.
    pub fn write(&mut self, plaintext: &[u8]) -> Result<(), Fault> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        if plaintext.is_empty() || self.say(Word::Data(plaintext))? {
            return Ok(());
        }
        self.early.extend_from_slice(plaintext);
        Ok(())
    }

    /// Append all ciphertext that waits to be sent.
    pub fn pull(&mut self, ciphertext: &mut Vec<u8>) {
        if ciphertext.is_empty() {
            *ciphertext = take(&mut self.outgoing);
        } else {
            ciphertext.append(&mut self.outgoing);
        }
    }

    /// Say farewell (`close_notify`): nothing will be written behind it. After a fault
    /// its alert was the last word; who is not through with the handshake has none.
    pub fn close(&mut self) {
        if self.fault.is_none() {
            // A fault of this stays, and is told by whatever is asked next.
            let _ = self.say(Word::Farewell);
        }
    }

    /// Whether the handshake is still going on.
    pub fn is_handshaking(&self) -> bool {
        self.end.state().is_handshaking()
    }

    /// Whether something waits for `pull`.
    pub fn wants_write(&self) -> bool {
        !self.outgoing.is_empty()
    }

    /// Whether the peer has said that nothing more will come.
    pub fn is_closed_by_peer(&self) -> bool {
        self.closed_by_peer
    }

    /// "TLS 1.2" or "TLS 1.3", once it is known.
    pub fn version(&self) -> Option<&'static str> {
        match self.end.state().protocol_version()? {
            ProtocolVersion::TLSv1_2 => Some("TLS 1.2"),
            ProtocolVersion::TLSv1_3 => Some("TLS 1.3"),
            _ => None,
        }
    }

    /// Whether the handshake went on from an earlier connection.
    pub fn is_resumed(&self) -> bool {
        self.end.state().handshake_kind() == Some(HandshakeKind::Resumed)
    }

    /// The socket has ended.
    fn end(&mut self) -> Result<(), Fault> {
        if self.fault.is_none() && !self.closed_by_peer {
            self.fault = Some(Fault::cut(self.is_handshaking()));
        }
        self.fault.clone().map_or(Ok(()), Err)
    }

    /// Open what came; how much of it is done with.
    fn receive(
        &mut self,
        incoming: &mut [u8],
        opened: &mut dyn FnMut(&[u8]),
    ) -> Result<usize, Fault> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        if self.closed_by_peer {
            return Ok(incoming.len());
        }
        self.opening = self.opening.or(incoming.first().copied());
        let mut used = self.step(incoming, Word::Nothing, opened)?.used;
        if !self.early.is_empty() && !self.is_handshaking() {
            let early = take(&mut self.early);
            let rest = &mut incoming[used..];
            used += self.step(rest, Word::Data(&early), opened)?.used;
        }
        Ok(if self.closed_by_peer {
            incoming.len()
        } else {
            used
        })
    }

    /// Whether it could be said: not before the handshake is done.
    fn say(&mut self, word: Word<'_>) -> Result<bool, Fault> {
        let mut begun = take(&mut self.begun);
        // All that is complete has been opened: nothing is read here.
        let step = self.step(&mut begun, word, &mut |_| ());
        self.begun = begun;
        step.map(|step| step.said)
    }

    fn step(
        &mut self,
        incoming: &mut [u8],
        word: Word<'_>,
        opened: &mut dyn FnMut(&[u8]),
    ) -> Result<Step, Fault> {
        let Self { end, outgoing, .. } = self;
        let step = AssertUnwindSafe(|| end.step(incoming, word, opened, outgoing));
        // What a peer sends must not end more than its own connection.
        let fault = match catch_unwind(step) {
            Ok(Ok(step)) => {
                self.closed_by_peer |= step.closed_by_peer;
                return Ok(step);
            }
            Ok(Err(error)) => Fault::of(&error, self.opening),
            Err(_) => Fault::ours(),
        };
        Err(self.fault.insert(fault).clone())
    }
}
