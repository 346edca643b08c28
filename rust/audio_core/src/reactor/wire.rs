//! What a leg's bytes pass between its socket and its frames: nothing, or TLS.
//!
//! An `Io` on an `Io`, so a member need not know which. Two rules keep it bounded and
//! complete. Nothing is encrypted while ciphertext waits; and what was encrypted
//! counts as written only when all of it is on its way, so that who writes stays the
//! one who waits: what was not taken must come again, as it does from a member.
//!
//! A session that waits holds no buffer, and none is touched that has left the caches:
//! the reader's is warm, so one half of it takes the ciphertext and the other what it
//! says. Only where that is too short is there memory of the session's own.

use super::io::{Done, Io};
use crate::ahead::fetch;
use crate::tls::session::Session;

/// A socket, and what its bytes pass.
#[derive(Debug)]
pub struct Wire<I: Io> {
    io: I,
    tls: Option<Box<Tls>>,
}

/// TLS on a socket, with what has gone half its way.
#[derive(Debug)]
struct Tls {
    session: Session,
    /// Decrypted, and not yet taken.
    readable: Vec<u8>,
    /// The socket may have more to read.
    full: bool,
    /// Encrypted, and not yet taken by the socket.
    unsent: Vec<u8>,
    /// How much plaintext `unsent` has of what is being written.
    owed: usize,
    /// TLS has failed; what was read before that comes first.
    failed: bool,
    /// Nothing is written any more: FIN has been sent, or the socket is to be reset.
    silent: bool,
}

impl<I: Io> Wire<I> {
    /// Bytes as they are.
    pub const fn plain(io: I) -> Self {
        Self { io, tls: None }
    }

    /// Bytes in TLS, whose handshake is done; `unsent` is left from that.
    pub fn secure(io: I, session: Session, unsent: Vec<u8>) -> Self {
        let tls = Tls {
            session,
            readable: Vec::new(),
            full: false,
            unsent,
            owed: 0,
            failed: false,
            silent: false,
        };
        Self {
            io,
            tls: Some(Box::new(tls)),
        }
    }

    /// The socket itself.
    pub const fn io(&self) -> &I {
        &self.io
    }
}

impl<I: Io> Io for Wire<I> {
    fn read(&mut self, buffer: &mut [u8]) -> Done {
        match &mut self.tls {
            None => self.io.read(buffer),
            Some(tls) => tls.read(&mut self.io, buffer),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Done {
        match &mut self.tls {
            None => self.io.write(bytes),
            Some(tls) => tls.write(&mut self.io, bytes),
        }
    }

    fn has_more(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| {
            tls.full || tls.failed || tls.session.is_closed_by_peer() || !tls.readable.is_empty()
        })
    }

    fn look_ahead(&self) {
        self.tls.as_deref().inspect(|tls| fetch(*tls));
    }

    fn end_writing(&mut self) -> bool {
        match &mut self.tls {
            None => self.io.end_writing(),
            Some(tls) => {
                tls.session.close();
                // Who takes nothing any more need not be told the end.
                tls.silent = tls.push(&mut self.io) != Done::Nothing && self.io.end_writing();
                tls.silent
            }
        }
    }

    fn reset_on_close(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.silent = true;
        }
        self.io.reset_on_close();
    }
}

/// Whoever closes says farewell, if it can be said at once (RFC 8446 section 6.1).
impl<I: Io> Drop for Wire<I> {
    fn drop(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.session.close();
            tls.push(&mut self.io);
        }
    }
}

impl Tls {
    fn read(&mut self, io: &mut impl Io, buffer: &mut [u8]) -> Done {
        let mut count = self.take(buffer);
        while count == 0 && !self.failed && !self.session.is_closed_by_peer() {
            let (done, opened) = self.receive(io, buffer);
            count = opened;
            // An answer to a change of keys, an alert: if the socket does not take it
            // now, the next write does.
            self.push(io);
            match done {
                Done::Nothing => break,
                Done::Lost => self.failed = true,
                Done::Ended | Done::Bytes(_) => {}
            }
        }
        match count {
            0 if self.failed => Done::Lost,
            0 if self.session.is_closed_by_peer() => Done::Ended,
            0 => Done::Nothing,
            _ => Done::Bytes(count),
        }
    }

    /// Read the socket once; how much of `buffer` is plaintext now.
    fn receive(&mut self, io: &mut impl Io, buffer: &mut [u8]) -> (Done, usize) {
        let (plaintext, ciphertext) = buffer.split_at_mut(buffer.len().div_ceil(2));
        let begun = self.session.begun();
        let Some(room @ [_, ..]) = ciphertext.get_mut(begun.len()..) else {
            return self.receive_apart(io, buffer);
        };
        let size = room.len();
        let done = io.read(room);
        self.full = done == Done::Bytes(size);
        let (count, opened) = match done {
            Done::Bytes(size) => {
                let size = begun.len() + size;
                ciphertext[..begun.len()].copy_from_slice(begun);
                self.session.open(&mut ciphertext[..size], plaintext)
            }
            Done::Ended => (0, self.session.feed(&[], &mut self.readable)),
            Done::Nothing | Done::Lost => (0, Ok(())),
        };
        self.failed = opened.is_err();
        (done, count)
    }

    /// The same where what has begun leaves no room: what is opened takes memory.
    fn receive_apart(&mut self, io: &mut impl Io, buffer: &mut [u8]) -> (Done, usize) {
        let done = io.read(buffer);
        self.full = done == Done::Bytes(buffer.len());
        let came = match done {
            Done::Bytes(size) => &buffer[..size],
            Done::Ended => &[],
            Done::Nothing | Done::Lost => return (done, 0),
        };
        self.failed = self.session.feed(came, &mut self.readable).is_err();
        (done, self.take(buffer))
    }

    fn write(&mut self, io: &mut impl Io, bytes: &[u8]) -> Done {
        let mut written = match self.push(io) {
            Done::Bytes(_) => std::mem::take(&mut self.owed),
            refused => return refused,
        };
        let rest = &bytes[written..];
        if !rest.is_empty() {
            if self.session.write(rest).is_err() {
                return Done::Lost;
            }
            match self.push(io) {
                Done::Bytes(_) => written = bytes.len(),
                Done::Nothing => self.owed = rest.len(),
                gone => return gone,
            }
        }
        match written {
            0 => Done::Nothing,
            _ => Done::Bytes(written),
        }
    }

    /// Write ciphertext that waits; `Bytes` once there is none left.
    fn push(&mut self, io: &mut impl Io) -> Done {
        self.session.pull(&mut self.unsent);
        if self.silent {
            self.unsent = Vec::new();
        }
        let mut sent = 0;
        let done = loop {
            match &self.unsent[sent..] {
                [] => break Done::Bytes(sent),
                rest => match io.write(rest) {
                    Done::Bytes(size) => sent += size,
                    refused => break refused,
                },
            }
        };
        if sent == self.unsent.len() {
            self.unsent = Vec::new(); // an idle session holds none
        } else {
            self.unsent.drain(..sent);
        }
        done
    }

    /// Move what is decrypted to `buffer`; how much that was.
    fn take(&mut self, buffer: &mut [u8]) -> usize {
        let count = self.readable.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.readable[..count]);
        if count == self.readable.len() {
            self.readable = Vec::new();
        } else {
            self.readable.drain(..count);
        }
        count
    }
}
