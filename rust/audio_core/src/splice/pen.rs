//! Writing frames: masked with fresh keys to an upstream, plain to a client.

use crate::text::base64;
use crate::wire::frame::{self, Masker, Opcode};
use rand_chacha::rand_core::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Where masking keys come from: a stream that the peer cannot foresee
/// (RFC 6455, 10.3).
#[derive(Debug)]
pub struct MaskKeys {
    /// Drawn, and from `used` on not used: a line of the caches at a time, while the
    /// stream itself is five.
    drawn: [u32; DRAWN],
    used: usize,
    stream: Box<ChaCha8Rng>,
}

/// Keys that are drawn at once.
const DRAWN: usize = 12;

impl MaskKeys {
    /// The same keys for the same seed.
    pub fn new(seed: [u8; 32]) -> Self {
        Self {
            drawn: [0; DRAWN],
            used: DRAWN,
            stream: Box::new(ChaCha8Rng::from_seed(seed)),
        }
    }

    fn next(&mut self) -> [u8; 4] {
        if self.used == DRAWN {
            self.drawn.fill_with(|| self.stream.next_u32());
            self.used = 0;
        }
        self.used += 1;
        self.drawn[self.used - 1].to_ne_bytes()
    }
}

/// Writes whole frames of one leg behind the bytes that it has to send.
pub struct Pen<'a> {
    out: &'a mut Vec<u8>,
    keys: Option<&'a mut MaskKeys>,
    begun: Option<Masker>,
}

impl<'a> Pen<'a> {
    /// `keys`: where frames are masked, that is, to an upstream.
    pub fn new(out: &'a mut Vec<u8>, keys: Option<&'a mut MaskKeys>) -> Self {
        Self {
            out,
            keys,
            begun: None,
        }
    }

    /// A data frame of one message.
    pub fn message(&mut self, binary: bool, payload: &[u8]) {
        let opcode = if binary { Opcode::Binary } else { Opcode::Text };
        self.write(opcode, &[payload]);
    }

    /// A frame of several pieces.
    pub fn write(&mut self, opcode: Opcode, pieces: &[&[u8]]) {
        self.begin(opcode, pieces.iter().map(|piece| piece.len()).sum());
        for piece in pieces {
            self.append(piece);
        }
    }

    /// A close frame.
    pub fn close(&mut self, code: u16, reason: &str) {
        let mask = self.next_mask();
        frame::encode_close(self.out, code, reason, mask);
    }

    /// The header of a frame whose payload of `len` bytes is appended next.
    pub fn begin(&mut self, opcode: Opcode, len: usize) {
        let mask = self.next_mask();
        self.begun = Some(frame::begin(self.out, opcode, len, mask));
    }

    /// Some of the payload.
    pub fn append(&mut self, piece: &[u8]) {
        if let Some(begun) = &mut self.begun {
            begun.append(self.out, piece);
        }
    }

    /// The base64 of `audio` as some of the payload.
    pub fn append_base64(&mut self, audio: &[u8]) {
        if let Some(begun) = &mut self.begun {
            begun.append_with(self.out, |out| base64::encode(audio, out));
        }
    }

    fn next_mask(&mut self) -> Option<[u8; 4]> {
        self.keys.as_mut().map(|keys| keys.next())
    }
}
