//! Sockets without a kernel, which keep what the kernel would tell until it is asked.

use audio_core::reactor::io::{Done, Io, Ready};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

/// Both ends of a connection, and what lies between them.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "what a kernel remembers of a socket"
)]
pub struct Line {
    /// What the peer has sent and we have not read.
    pub incoming: VecDeque<u8>,
    /// The peer will send nothing more.
    pub ended: bool,
    /// The connection is gone.
    pub broken: bool,
    /// What we have sent.
    pub outgoing: Vec<u8>,
    /// So many bytes are taken before one is refused.
    pub room: usize,
    /// We have sent FIN.
    pub fin: bool,
    /// Times that our end was closed, and whether by force.
    pub closed: usize,
    pub reset: bool,
    /// The next read panics.
    pub bomb: bool,
    /// What is to be told.
    pub edge: Ready,
    refused: bool,
}

/// A connection, as its peer and the kernel see it.
#[derive(Clone, Debug, Default)]
pub struct Wire(pub Rc<RefCell<Line>>);

impl Wire {
    /// Bytes arrive.
    pub fn arrive(&self, bytes: impl IntoIterator<Item = u8>) {
        let mut line = self.0.borrow_mut();
        line.incoming.extend(bytes);
        line.edge.read = true;
    }

    /// The peer sends FIN.
    pub fn end(&self) {
        let mut line = self.0.borrow_mut();
        line.ended = true;
        (line.edge.read, line.edge.ended) = (true, true);
    }

    /// The peer sends RST.
    pub fn tear(&self) {
        let mut line = self.0.borrow_mut();
        line.broken = true;
        line.incoming.clear();
        line.edge = Ready {
            read: true,
            write: true,
            ended: true,
        };
    }

    /// The peer has read: so many bytes more are taken.
    pub fn make_room(&self, bytes: usize) {
        let mut line = self.0.borrow_mut();
        line.room = line.room.saturating_add(bytes);
        line.edge.write |= bytes > 0 && std::mem::take(&mut line.refused);
    }

    /// What the kernel has to tell.
    pub fn take_edge(&self) -> Ready {
        std::mem::take(&mut self.0.borrow_mut().edge)
    }
}

/// Our end of it.
#[derive(Debug)]
pub struct Socket(pub Wire);

impl Io for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> Done {
        let mut line = self.0 .0.borrow_mut();
        assert!(!std::mem::take(&mut line.bomb), "on purpose");
        assert!(!buffer.is_empty(), "a read of nothing says nothing");
        if line.broken {
            return Done::Lost;
        }
        let count = buffer.len().min(line.incoming.len());
        for (to, from) in buffer.iter_mut().zip(line.incoming.drain(..count)) {
            *to = from;
        }
        match count {
            0 if line.ended => Done::Ended,
            0 => Done::Nothing,
            _ => Done::Bytes(count),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Done {
        let mut line = self.0 .0.borrow_mut();
        assert!(!bytes.is_empty() && !line.fin, "nothing follows FIN");
        if line.broken {
            return Done::Lost;
        }
        let count = bytes.len().min(line.room);
        line.room -= count;
        line.refused |= count < bytes.len();
        line.outgoing.extend_from_slice(&bytes[..count]);
        match count {
            0 => Done::Nothing,
            _ => Done::Bytes(count),
        }
    }

    fn end_writing(&mut self) -> bool {
        self.0 .0.borrow_mut().fin = true;
        true
    }

    fn reset_on_close(&mut self) {
        self.0 .0.borrow_mut().reset = true;
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.0 .0.borrow_mut().closed += 1;
    }
}
