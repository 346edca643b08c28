//! The socket of a link, with TLS or without: plain bytes on this side of it.

use audio_core::tls::session::Session;
use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::fd::OwnedFd;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

/// What reading brought.
#[derive(Debug, PartialEq, Eq)]
pub enum Got {
    /// So many bytes were appended; none where TLS needs more for a record.
    Bytes,
    /// There is nothing to read.
    Nothing,
    /// There will be no more, and why.
    End(String),
}

/// A connected socket that never waits, and what waits for it.
pub struct Stream {
    socket: TcpStream,
    tls: Option<Box<Session>>,
    waiting: Vec<u8>,
    watched_for_writing: bool,
}

impl Stream {
    /// Take a socket; with `tls`, as the end that this session is.
    pub fn new(socket: TcpStream, tls: Option<Session>) -> std::io::Result<Self> {
        socket.set_nonblocking(true)?;
        socket.set_nodelay(true)?;
        Ok(Self {
            socket,
            tls: tls.map(Box::new),
            waiting: Vec::new(),
            watched_for_writing: false,
        })
    }

    /// Have `data` told whenever there is something to read.
    pub fn watch(&self, epoll: &OwnedFd, data: u64) -> std::io::Result<()> {
        epoll::add(
            epoll,
            &self.socket,
            EventData::new_u64(data),
            EventFlags::IN,
        )?;
        Ok(())
    }

    /// Have it told when the socket can be written, while something waits.
    pub fn rewatch(&mut self, epoll: &OwnedFd, data: u64) {
        let waits = !self.waiting.is_empty();
        if waits == self.watched_for_writing {
            return;
        }
        let out = if waits {
            EventFlags::OUT
        } else {
            EventFlags::empty()
        };
        let data = EventData::new_u64(data);
        // Our own descriptors: nothing that could fail.
        let _ = epoll::modify(epoll, &self.socket, data, EventFlags::IN | out);
        self.watched_for_writing = waits;
    }

    /// Bytes that wait for the peer to read.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Read once, through `buffer`; what it makes readable is appended to `plain`.
    pub fn read(&mut self, buffer: &mut [u8], plain: &mut Vec<u8>) -> Got {
        let count = match self.socket.read(buffer) {
            Ok(0) => return Got::End("the connection ended".to_owned()),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Got::Nothing,
            Err(error) => return Got::End(error.to_string()),
        };
        let Some(tls) = &mut self.tls else {
            plain.extend_from_slice(&buffer[..count]);
            return Got::Bytes;
        };
        let fed = tls.feed(&buffer[..count], plain);
        tls.pull(&mut self.waiting);
        self.flush();
        match fed {
            Ok(()) => Got::Bytes,
            Err(fault) => Got::End(format!("TLS: {fault:?}")),
        }
    }

    /// Send, now or as soon as the peer reads.
    pub fn send(&mut self, bytes: &[u8]) {
        if let Some(tls) = &mut self.tls {
            // A session that has failed is told of by reading.
            let _ = tls.write(bytes);
            tls.pull(&mut self.waiting);
            self.flush();
            return;
        }
        let sent = if self.waiting.is_empty() {
            self.write(bytes)
        } else {
            0
        };
        self.waiting.extend_from_slice(&bytes[sent..]);
    }

    /// Write what waits.
    pub fn flush(&mut self) {
        let sent = self.write(&self.waiting);
        self.waiting.drain(..sent);
    }

    /// How much was written; of a connection that is gone, all: reading tells of it.
    fn write(&self, bytes: &[u8]) -> usize {
        if bytes.is_empty() {
            return 0;
        }
        match (&self.socket).write(bytes) {
            Ok(sent) => sent,
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            Err(_) => bytes.len(),
        }
    }
}
