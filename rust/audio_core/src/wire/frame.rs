//! One frame of RFC 6455: its header, read and written, and whole frames written.
//!
//! Knows the layout of section 5.2 and the rules that a frame can break by
//! itself; what depends on the frames before it is the codec's business.

use super::mask::{self, Key};
use super::Fault;

/// The longest payload of a control frame (RFC 6455, 5.5).
pub const MAX_CONTROL_BYTES: usize = 125;
/// Two bytes, eight of length, four of masking key.
pub const MAX_HEADER_BYTES: usize = 14;
/// "The frame had no code": what a close without a payload means (RFC 6455, 7.1.5).
pub const NO_CODE: u16 = 1005;

const FIN: u8 = 0x80;
const RESERVED: u8 = 0x70;
const MASKED: u8 = 0x80;
const LEN_16: u8 = 126;
const LEN_64: u8 = 127;

/// What a frame is (RFC 6455, 11.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Opcode {
    /// More of the message that an earlier frame began.
    Continuation = 0x0,
    /// A message of UTF-8 text, or its beginning.
    Text = 0x1,
    /// A message of bytes, or its beginning.
    Binary = 0x2,
    /// The end of what this peer sends.
    Close = 0x8,
    /// A question that a pong answers.
    Ping = 0x9,
    /// The answer to a ping, or unasked for.
    Pong = 0xA,
}

impl Opcode {
    /// Whether the frame may stand between the fragments of a message.
    pub const fn is_control(self) -> bool {
        self as u8 & 0x8 != 0
    }

    fn from_bits(bits: u8) -> Result<Self, Fault> {
        match bits {
            0x0 => Ok(Self::Continuation),
            0x1 => Ok(Self::Text),
            0x2 => Ok(Self::Binary),
            0x8 => Ok(Self::Close),
            0x9 => Ok(Self::Ping),
            0xA => Ok(Self::Pong),
            _ => Err(Fault::protocol(format!("reserved opcode {bits:#x}"))),
        }
    }
}

/// The header of one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Whether the message ends with this frame.
    pub fin: bool,
    /// What the frame is.
    pub opcode: Opcode,
    /// Payload length in bytes, as declared.
    pub len: u64,
    /// The masking key, where the frame is masked.
    pub mask: Option<[u8; 4]>,
}

impl Header {
    /// The header at the start of `bytes` and its size, or `None` if it is cut.
    ///
    /// Rules are checked in the order of the bytes that break them, each as soon
    /// as those are there, so that the same fault is found for any cut.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, Fault> {
        let &[first, second, ref rest @ ..] = bytes else {
            return Ok(None);
        };
        let fin = first & FIN != 0;
        let opcode = Self::parse_kind(first, second)?;
        let Some((len, len_bytes)) = Self::parse_len(second & !MASKED, rest)? else {
            return Ok(None);
        };
        let mut used = 2 + len_bytes;
        let mut mask = None;
        if second & MASKED != 0 {
            let Some(key) = bytes[used..].first_chunk::<4>() else {
                return Ok(None);
            };
            mask = Some(*key);
            used += 4;
        }
        let header = Self {
            fin,
            opcode,
            len,
            mask,
        };
        Ok(Some((header, used)))
    }

    fn parse_kind(first: u8, second: u8) -> Result<Opcode, Fault> {
        if first & RESERVED != 0 {
            return Err(Fault::protocol("reserved bits set without an extension"));
        }
        let opcode = Opcode::from_bits(first & 0xF)?;
        if opcode.is_control() {
            if first & FIN == 0 {
                return Err(Fault::protocol("fragmented control frame"));
            }
            if usize::from(second & !MASKED) > MAX_CONTROL_BYTES {
                return Err(Fault::protocol("control frame longer than 125 bytes"));
            }
        }
        Ok(opcode)
    }

    /// The payload length and the size of its extended form.
    fn parse_len(short: u8, rest: &[u8]) -> Result<Option<(u64, usize)>, Fault> {
        let (len, size, least) = match short {
            LEN_16 => match rest.first_chunk() {
                Some(bytes) => (u64::from(u16::from_be_bytes(*bytes)), 2, 126),
                None => return Ok(None),
            },
            LEN_64 => match rest.first_chunk() {
                Some(bytes) => (u64::from_be_bytes(*bytes), 8, 1 << 16),
                None => return Ok(None),
            },
            _ => (u64::from(short), 0, 0),
        };
        if len < least {
            return Err(Fault::protocol("length not in its shortest form"));
        }
        if len >> 63 != 0 {
            return Err(Fault::protocol("length with its top bit set"));
        }
        Ok(Some((len, size)))
    }

    fn write(&self, out: &mut Vec<u8>) {
        let mut bytes = [0; MAX_HEADER_BYTES];
        bytes[0] = self.opcode as u8 | if self.fin { FIN } else { 0 };
        let mut used = 2;
        if let Ok(short @ ..=125) = u8::try_from(self.len) {
            bytes[1] = short;
        } else if let Ok(len) = u16::try_from(self.len) {
            bytes[1] = LEN_16;
            bytes[2..4].copy_from_slice(&len.to_be_bytes());
            used = 4;
        } else {
            bytes[1] = LEN_64;
            bytes[2..10].copy_from_slice(&self.len.to_be_bytes());
            used = 10;
        }
        if let Some(key) = self.mask {
            bytes[1] |= MASKED;
            bytes[used..used + 4].copy_from_slice(&key);
            used += 4;
        }
        out.extend_from_slice(&bytes[..used]);
    }
}

/// Appends the payload of a frame that has begun, piece by piece, masked if need be.
#[derive(Debug)]
#[must_use = "a frame that has begun wants its payload"]
pub struct Masker {
    key: Key,
    left: usize,
}

impl Masker {
    /// Append one piece of the payload.
    ///
    /// # Panics
    /// If the pieces are longer together than the length that `begin` was told.
    pub fn append(&mut self, out: &mut Vec<u8>, piece: &[u8]) {
        assert!(piece.len() <= self.left, "payload longer than declared");
        self.left -= piece.len();
        mask::append(out, piece, &mut self.key);
    }

    /// Append what `write` does as one piece of the payload: it is masked where it lies.
    ///
    /// # Panics
    /// As `append`.
    pub fn append_with(&mut self, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
        let begin = out.len();
        write(out);
        let piece = &mut out[begin..];
        assert!(piece.len() <= self.left, "payload longer than declared");
        self.left -= piece.len();
        mask::apply(piece, &mut self.key);
    }

    /// Bytes of the payload that are still due.
    pub const fn left(&self) -> usize {
        self.left
    }
}

/// Append the header of an unfragmented frame; its payload of `len` bytes comes
/// through the `Masker`.
///
/// # Panics
/// If a control frame would be longer than 125 bytes.
pub fn begin(out: &mut Vec<u8>, opcode: Opcode, len: usize, mask: Option<[u8; 4]>) -> Masker {
    assert!(
        !opcode.is_control() || len <= MAX_CONTROL_BYTES,
        "control frame too long"
    );
    out.reserve(MAX_HEADER_BYTES + len);
    let header = Header {
        fin: true,
        opcode,
        len: len as u64,
        mask,
    };
    header.write(out);
    Masker {
        key: mask,
        left: len,
    }
}

/// Append a whole unfragmented frame.
///
/// # Panics
/// If a control frame would be longer than 125 bytes.
pub fn encode(out: &mut Vec<u8>, opcode: Opcode, payload: &[u8], mask: Option<[u8; 4]>) {
    begin(out, opcode, payload.len(), mask).append(out, payload);
}

/// Append a close frame; `reason` is cut, between characters, to what fits.
///
/// A code that must not be seen on the wire (1005, 1006, 1015, unassigned ones)
/// is left out, and the reason with it.
pub fn encode_close(out: &mut Vec<u8>, code: u16, reason: &str, mask: Option<[u8; 4]>) {
    if !is_wire_code(code) {
        return encode(out, Opcode::Close, &[], mask);
    }
    let reason = cut_between_characters(reason, MAX_CONTROL_BYTES - 2);
    let mut payload = begin(out, Opcode::Close, 2 + reason.len(), mask);
    payload.append(out, &code.to_be_bytes());
    payload.append(out, reason.as_bytes());
}

fn cut_between_characters(text: &str, most_bytes: usize) -> &str {
    let fits = (0..=most_bytes.min(text.len())).rev();
    let end = fits.into_iter().find(|&end| text.is_char_boundary(end));
    &text[..end.unwrap_or(0)]
}

/// Whether a close frame may carry `code` (RFC 6455, 7.4, and its registry).
pub const fn is_wire_code(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}
