//! Any bytes from a socket: the same messages however they are cut, within the limits.

#![no_main]

use audio_core::wire::codec::{Decoder, DecoderLimits, Incoming};
use libfuzzer_sys::fuzz_target;
use std::collections::VecDeque;

const LIMITS: DecoderLimits = DecoderLimits {
    max_message_bytes: 4_096,
    max_tiny_fragments: 20,
};

fuzz_target!(|data: &[u8]| {
    let [masked, size, bytes @ ..] = data else {
        return;
    };
    let decoded = |size: usize| {
        let mut decoder = Decoder::new(masked & 1 == 1, LIMITS);
        let mut incoming = VecDeque::new();
        for piece in bytes.chunks(size) {
            decoder.feed(piece, &mut incoming);
        }
        incoming
    };
    let whole = decoded(bytes.len().max(1));
    assert_eq!(whole, decoded(usize::from(*size).max(1)));
    for one in whole {
        if let Incoming::Message { payload, .. } = one {
            assert!(payload.len() <= LIMITS.max_message_bytes);
        }
    }
});
