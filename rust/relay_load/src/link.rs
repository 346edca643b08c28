//! One WebSocket of the load: its socket, the handshake, frames in and out.
//!
//! Nothing here knows what the messages mean.

use crate::handshake::{self, Head};
use crate::stream::{Got, Stream};
use audio_core::wire::codec::{Decoder, DecoderLimits, Incoming};
use audio_core::wire::frame::{self, Opcode};
use rustix::fd::OwnedFd;
use std::collections::VecDeque;

const LIMITS: DecoderLimits = DecoderLimits {
    max_message_bytes: 1 << 24,
    max_tiny_fragments: 4096,
};
/// For a relay that does not read: no more is said to it.
const WAITING_MAX_BYTES: usize = 1 << 17;
/// The load says nothing that needs hiding, and a mask is a mask.
const MASK: [u8; 4] = [0x5A, 0xC3, 0x17, 0x8E];

/// Where a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Opening,
    Open,
    /// We have sent a close frame.
    Closing,
}

/// What reading a socket brought.
#[derive(Debug, PartialEq, Eq)]
pub enum News {
    /// The handshake is done.
    Opened,
    /// Something to read that is in the inbox.
    Messages,
    /// Nothing yet.
    Nothing,
    /// The connection is over: whether that was agreed, and what was said.
    Over(bool, String),
}

/// A connection of the load's.
pub struct Link {
    stream: Stream,
    /// We are the client of it, so our frames are masked.
    client: bool,
    stage: Stage,
    decoder: Decoder,
    head: Vec<u8>,
}

/// What is read into: bytes as they came, and as they were said.
pub struct Buffers {
    /// Of any length but 0: as much is read at once.
    pub raw: Vec<u8>,
    /// Emptied for every read.
    pub plain: Vec<u8>,
}

impl Link {
    /// A connection on which a client's request has yet to be written, or read.
    pub fn new(stream: Stream, client: bool) -> Self {
        Self {
            stream,
            client,
            stage: Stage::Opening,
            decoder: Decoder::new(!client, LIMITS),
            head: Vec::new(),
        }
    }

    /// Have `data` told whenever there is something to read.
    pub fn watch(&self, epoll: &OwnedFd, data: u64) -> std::io::Result<()> {
        self.stream.watch(epoll, data)
    }

    /// Whether messages may be sent.
    pub fn is_open(&self) -> bool {
        self.stage == Stage::Open
    }

    /// Whether so much waits for a peer that does not read that nothing should be added.
    pub fn is_full(&self) -> bool {
        self.stream.waiting() > WAITING_MAX_BYTES
    }

    /// Ask for an upgrade, with these further headers.
    pub fn ask(&mut self, path: &str, port: u16, headers: &str) {
        let request = handshake::request(path, port, headers);
        self.stream.send(request.as_bytes());
    }

    /// Send a text message.
    pub fn send(&mut self, payload: &[u8], scratch: &mut Vec<u8>) {
        self.frame(Opcode::Text, payload, scratch);
    }

    /// Say farewell; the peer's is still to come.
    pub fn close(&mut self, scratch: &mut Vec<u8>) {
        if self.stage == Stage::Open {
            self.frame(Opcode::Close, &1000_u16.to_be_bytes(), scratch);
            self.stage = Stage::Closing;
        }
    }

    /// The socket can be read: read once, by way of `buffers`.
    pub fn read(&mut self, buffers: &mut Buffers, inbox: &mut VecDeque<Incoming>) -> News {
        let Buffers { raw, plain } = buffers;
        plain.clear();
        match self.stream.read(raw, plain) {
            Got::Bytes => {}
            Got::Nothing => return News::Nothing,
            Got::End(words) => return self.over(&words),
        }
        if self.stage == Stage::Opening {
            return self.open(plain, inbox);
        }
        self.decoder.feed(plain, inbox);
        News::Messages
    }

    /// Answer what is not a message; what it comes to.
    pub fn answer(&mut self, control: &Incoming, scratch: &mut Vec<u8>) -> News {
        match control {
            Incoming::Ping(payload) => self.frame(Opcode::Pong, payload, scratch),
            Incoming::Close { code, reason } => {
                let agreed = self.stage == Stage::Closing;
                if !agreed {
                    self.frame(Opcode::Close, &1000_u16.to_be_bytes(), scratch);
                }
                return News::Over(agreed || *code == 1000, format!("closed {code} {reason}"));
            }
            Incoming::Violation { code, reason } => {
                return News::Over(false, format!("violation {code} {reason}"));
            }
            Incoming::Pong(_) | Incoming::Message { .. } => {}
        }
        News::Nothing
    }

    /// The socket can be written: write what waits.
    pub fn flush(&mut self) {
        self.stream.flush();
    }

    /// Have it told when the socket can be written, while something waits.
    pub fn rewatch(&mut self, epoll: &OwnedFd, data: u64) {
        self.stream.rewatch(epoll, data);
    }

    fn over(&self, words: &str) -> News {
        News::Over(self.stage == Stage::Closing, words.to_owned())
    }

    fn open(&mut self, bytes: &[u8], inbox: &mut VecDeque<Incoming>) -> News {
        self.head.extend_from_slice(bytes);
        let start = if self.client { "HTTP/1.1 101" } else { "GET " };
        let (answer, end) = match handshake::read(&self.head, start) {
            Head::Cut => return News::Nothing,
            Head::Refused(line) => return News::Over(false, line),
            Head::Whole(_, end) if self.client => (String::new(), end),
            Head::Whole(request, end) => match handshake::response(request) {
                Some(answer) => (answer, end),
                None => return News::Over(false, "no upgrade".to_owned()),
            },
        };
        self.stream.send(answer.as_bytes());
        self.stage = Stage::Open;
        self.decoder
            .feed(&std::mem::take(&mut self.head)[end..], inbox);
        News::Opened
    }

    fn frame(&mut self, opcode: Opcode, payload: &[u8], scratch: &mut Vec<u8>) {
        if self.stage != Stage::Open {
            return;
        }
        scratch.clear();
        frame::encode(scratch, opcode, payload, self.client.then_some(MASK));
        self.stream.send(scratch);
    }
}
