//! The receiving half of a connection: bytes in, whole messages and control frames out.
//!
//! Owns the order of frames (RFC 6455, 5.4 and 5.5), the limits and the end; after
//! a close frame or a violation it is deaf. What is done about either is decided
//! above.

use super::frame::{is_wire_code, Header, Opcode, MAX_HEADER_BYTES, NO_CODE};
use super::mask::{self, Key};
use super::message::Partial;
use super::Fault;
use crate::spare::Spare;
use std::collections::VecDeque;

/// What a peer sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// A whole message; text has been checked to be UTF-8.
    Message {
        /// Whether it came as bytes, not as text.
        binary: bool,
        /// Its bytes, unmasked.
        payload: Vec<u8>,
    },
    /// A ping, to be answered with the same payload.
    Ping(Vec<u8>),
    /// A pong.
    Pong(Vec<u8>),
    /// The peer closes; nothing comes after it.
    Close {
        /// Its code, 1005 when the frame had none.
        code: u16,
        /// Its words, possibly empty.
        reason: String,
    },
    /// The peer broke a rule; nothing comes after it.
    Violation {
        /// The code to close with: 1002, 1007, 1008 or 1009.
        code: u16,
        /// What was wrong.
        reason: String,
    },
}

/// What a peer may send at most.
#[derive(Clone, Copy, Debug)]
pub struct DecoderLimits {
    /// Bytes of one message, over all its fragments.
    pub max_message_bytes: usize,
    /// Continuations of fewer than 16 bytes in one message.
    pub max_tiny_fragments: u32,
}

/// A frame whose header has been read and whose payload has not wholly come.
#[derive(Clone, Copy, Debug)]
struct Open {
    opcode: Opcode,
    fin: bool,
    /// Payload bytes still due.
    due: usize,
    key: Key,
}

/// A header that arrived in pieces.
#[derive(Debug, Default)]
struct CutHeader {
    bytes: [u8; MAX_HEADER_BYTES],
    len: usize,
}

/// Puts messages together from bytes that come in any cut.
#[derive(Debug)]
pub struct Decoder {
    masked: bool,
    limits: DecoderLimits,
    cut_header: CutHeader,
    open: Option<Open>,
    message: Option<Partial>,
    control: Vec<u8>,
    progress: u64,
    ended: bool,
}

impl Decoder {
    /// `masked`: whether frames must be masked (from clients) or must not (from
    /// upstreams).
    pub fn new(masked: bool, limits: DecoderLimits) -> Self {
        Self {
            masked,
            limits,
            cut_header: CutHeader::default(),
            open: None,
            message: None,
            control: Vec::new(),
            progress: 0,
            ended: false,
        }
    }

    /// Take bytes as they came and append what they complete to `out`.
    pub fn feed(&mut self, data: &[u8], out: &mut VecDeque<Incoming>) {
        self.feed_with(data, out, &mut Spare::default());
    }

    /// The same; memory for messages comes from `spare`.
    pub fn feed_with(&mut self, mut data: &[u8], out: &mut VecDeque<Incoming>, spare: &mut Spare) {
        while !data.is_empty() && !self.ended {
            let taken = match self.open {
                Some(open) => self.take_payload(open, data, out, spare),
                None => self.take_header(data, out),
            };
            match taken {
                Ok(used) => {
                    self.progress += used as u64;
                    data = &data[used..];
                }
                Err(Fault { code, reason }) => {
                    self.end();
                    out.push_back(Incoming::Violation { code, reason });
                }
            }
        }
    }

    /// Whether a frame has begun and is not finished; bytes of its header count.
    pub fn in_frame(&self) -> bool {
        self.open.is_some() || self.cut_header.len > 0
    }

    /// Whether a message has begun and is not finished.
    pub fn in_message(&self) -> bool {
        self.message.is_some()
    }

    /// Bytes taken so far; a frame stalls if it has begun and this stands still.
    pub fn progress(&self) -> u64 {
        self.progress
    }

    fn end(&mut self) {
        self.ended = true;
        self.open = None;
        self.message = None;
        self.cut_header.len = 0;
    }

    fn take_header(&mut self, data: &[u8], out: &mut VecDeque<Incoming>) -> Result<usize, Fault> {
        let kept = self.cut_header.len;
        let parsed = if kept == 0 {
            Header::parse(data)?
        } else {
            let fits = data.len().min(MAX_HEADER_BYTES - kept);
            self.cut_header.bytes[kept..kept + fits].copy_from_slice(&data[..fits]);
            Header::parse(&self.cut_header.bytes[..kept + fits])?
        };
        let Some((header, size)) = parsed else {
            self.cut_header.bytes[kept..kept + data.len()].copy_from_slice(data);
            self.cut_header.len += data.len();
            return Ok(data.len());
        };
        self.cut_header.len = 0;
        let open = self.open_frame(header)?;
        if open.due == 0 {
            self.finish_frame(open, out)?;
        } else {
            self.open = Some(open);
        }
        Ok(size - kept)
    }

    /// Hold the header against the frames before it and against the limits.
    fn open_frame(&mut self, header: Header) -> Result<Open, Fault> {
        if header.mask.is_some() != self.masked {
            let wrong = if self.masked { "unmasked" } else { "masked" };
            return Err(Fault::protocol(format!("{wrong} frame")));
        }
        let due = usize::try_from(header.len).unwrap_or(usize::MAX);
        if !header.opcode.is_control() {
            self.open_data(header.opcode, due)?;
        }
        Ok(Open {
            opcode: header.opcode,
            fin: header.fin,
            due,
            key: header.mask,
        })
    }

    fn open_data(&mut self, opcode: Opcode, len: usize) -> Result<(), Fault> {
        let begun = self.message.as_ref().map_or(0, Partial::len);
        match (&mut self.message, opcode) {
            (None, Opcode::Continuation) => {
                return Err(Fault::protocol("continuation of no message"));
            }
            (None, _) => self.message = Some(Partial::new(opcode == Opcode::Binary)),
            (Some(message), Opcode::Continuation) => {
                message.continue_with(len, self.limits.max_tiny_fragments)?;
            }
            (Some(_), _) => {
                return Err(Fault::protocol("new message inside a fragmented one"));
            }
        }
        let limit = self.limits.max_message_bytes;
        if len > limit - begun {
            return Err(Fault::too_big(format!("message longer than {limit} bytes")));
        }
        Ok(())
    }

    fn take_payload(
        &mut self,
        mut open: Open,
        data: &[u8],
        out: &mut VecDeque<Incoming>,
        spare: &mut Spare,
    ) -> Result<usize, Fault> {
        let arrived = &data[..data.len().min(open.due)];
        match &mut self.message {
            Some(message) if !open.opcode.is_control() => {
                message.append(arrived, open.due, &mut open.key, spare)?;
            }
            _ => mask::append(&mut self.control, arrived, &mut open.key),
        }
        open.due -= arrived.len();
        if open.due == 0 {
            self.open = None;
            self.finish_frame(open, out)?;
        } else {
            self.open = Some(open);
        }
        Ok(arrived.len())
    }

    fn finish_frame(&mut self, frame: Open, out: &mut VecDeque<Incoming>) -> Result<(), Fault> {
        let incoming = match frame.opcode {
            Opcode::Ping => Incoming::Ping(std::mem::take(&mut self.control)),
            Opcode::Pong => Incoming::Pong(std::mem::take(&mut self.control)),
            Opcode::Close => {
                let close = parse_close(&self.control)?;
                self.end();
                close
            }
            Opcode::Continuation | Opcode::Text | Opcode::Binary => {
                let Some(message) = self.message.take_if(|_| frame.fin) else {
                    return Ok(());
                };
                let (binary, payload) = message.finish()?;
                Incoming::Message { binary, payload }
            }
        };
        out.push_back(incoming);
        Ok(())
    }
}

/// Code and reason of a close frame (RFC 6455, 5.5.1 and 7.4).
fn parse_close(payload: &[u8]) -> Result<Incoming, Fault> {
    let Some((code, reason)) = payload.split_first_chunk() else {
        if payload.is_empty() {
            let reason = String::new();
            return Ok(Incoming::Close {
                code: NO_CODE,
                reason,
            });
        }
        return Err(Fault::protocol("close frame with half a code"));
    };
    let code = u16::from_be_bytes(*code);
    if !is_wire_code(code) {
        return Err(Fault::protocol(format!("close code {code}")));
    }
    match std::str::from_utf8(reason) {
        Ok(reason) => Ok(Incoming::Close {
            code,
            reason: reason.to_owned(),
        }),
        Err(_) => Err(Fault::text("close reason is not UTF-8")),
    }
}
