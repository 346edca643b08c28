//! What the tests of the codec share: a decoder with small limits, fed and read.

use audio_core::wire::codec::{Decoder, DecoderLimits, Incoming};
use std::collections::VecDeque;

pub const LIMITS: DecoderLimits = DecoderLimits {
    max_message_bytes: 100_000,
    max_tiny_fragments: 20,
};
/// Feed the bytes; what came of them.
pub fn feed(decoder: &mut Decoder, bytes: &[u8]) -> Vec<Incoming> {
    let mut out = VecDeque::new();
    decoder.feed(bytes, &mut out);
    out.into()
}

/// What the bytes are to a fresh decoder, fed in one piece.
pub fn decode(masked: bool, bytes: &[u8]) -> Vec<Incoming> {
    feed(&mut Decoder::new(masked, LIMITS), bytes)
}

/// A whole message.
pub fn message(binary: bool, payload: &[u8]) -> Incoming {
    let payload = payload.to_vec();
    Incoming::Message { binary, payload }
}
