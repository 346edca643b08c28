//! The codec from outside: the same messages for any way of cutting the bytes.

use audio_core::wire::codec::{Decoder, Incoming};
use audio_core::wire::frame::{begin, encode, Opcode};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::VecDeque;
use support::{decode, message, LIMITS};

#[allow(dead_code)] // each test file uses its own part of it
mod support;

const KEY: [u8; 4] = [1, 2, 3, 254];

/// What a peer may do, whole messages already cut into fragments.
#[derive(Clone, Debug)]
enum Sent {
    Text(Vec<String>),
    Binary(Vec<Vec<u8>>),
    Control(bool, Vec<u8>),
}

impl Sent {
    fn received(&self) -> Incoming {
        match self {
            Self::Text(parts) => message(false, parts.concat().as_bytes()),
            Self::Binary(parts) => message(true, &parts.concat()),
            Self::Control(true, payload) => Incoming::Ping(payload.clone()),
            Self::Control(false, payload) => Incoming::Pong(payload.clone()),
        }
    }

    fn write(&self, out: &mut Vec<u8>, mask: Option<[u8; 4]>) {
        let parts: Vec<&[u8]> = match self {
            Self::Text(parts) => parts.iter().map(String::as_bytes).collect(),
            Self::Binary(parts) => parts.iter().map(Vec::as_slice).collect(),
            Self::Control(true, payload) => return encode(out, Opcode::Ping, payload, mask),
            Self::Control(false, payload) => return encode(out, Opcode::Pong, payload, mask),
        };
        let first = if matches!(self, Self::Text(_)) {
            Opcode::Text
        } else {
            Opcode::Binary
        };
        for (index, part) in parts.iter().enumerate() {
            let opcode = if index == 0 {
                first
            } else {
                Opcode::Continuation
            };
            let header = out.len();
            encode(out, opcode, part, mask);
            if index + 1 < parts.len() {
                out[header] &= 0x7F;
            }
        }
    }
}

fn sent() -> impl Strategy<Value = Sent> {
    prop_oneof![
        vec(".{0,40}", 1..5).prop_map(Sent::Text),
        vec(vec(any::<u8>(), 0..200), 1..5).prop_map(Sent::Binary),
        vec(any::<u8>(), 65_530..65_540).prop_map(|payload| Sent::Binary(vec![payload])),
        (any::<bool>(), vec(any::<u8>(), 0..126)).prop_map(|(ping, p)| Sent::Control(ping, p)),
    ]
}

/// Feed the bytes in pieces whose sizes repeat `steps`.
fn decode_cut(masked: bool, mut bytes: &[u8], steps: &[usize]) -> (Vec<Incoming>, Decoder) {
    let mut decoder = Decoder::new(masked, LIMITS);
    let mut out = VecDeque::new();
    for &step in steps.iter().cycle() {
        if bytes.is_empty() {
            break;
        }
        let (piece, rest) = bytes.split_at(step.min(bytes.len()));
        decoder.feed(piece, &mut out);
        bytes = rest;
    }
    (out.into(), decoder)
}

proptest! {
    #[test]
    fn any_cut_gives_what_was_sent(
        sent in vec(sent(), 0..8),
        masked: bool,
        steps in vec(1..3_000_usize, 1..20),
    ) {
        let mut bytes = Vec::new();
        for one in &sent {
            one.write(&mut bytes, masked.then_some(KEY));
        }
        let (received, decoder) = decode_cut(masked, &bytes, &steps);
        let expected: Vec<_> = sent.iter().map(Sent::received).collect();
        prop_assert_eq!(received, expected);
        prop_assert!(!decoder.in_frame() && !decoder.in_message());
        prop_assert_eq!(decoder.progress(), bytes.len() as u64);
    }

    #[test]
    fn damaged_bytes_are_the_same_for_any_cut(
        sent in vec(sent(), 1..5),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        masked: bool,
        steps in vec(1..60_usize, 1..20),
    ) {
        let mut bytes = Vec::new();
        for one in &sent {
            one.write(&mut bytes, masked.then_some(KEY));
        }
        for (index, byte) in damage {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        prop_assert_eq!(decode(masked, &bytes), decode_cut(masked, &bytes, &steps).0);
    }

    #[test]
    fn any_bytes_are_the_same_for_any_cut(
        bytes in vec(prop_oneof![any::<u8>(), 0..4_u8, 0x80..0x8C_u8], 0..300),
        masked: bool,
        steps in vec(1..10_usize, 1..20),
    ) {
        prop_assert_eq!(decode(masked, &bytes), decode_cut(masked, &bytes, &steps).0);
    }

    #[test]
    fn a_frame_in_pieces_is_the_frame(
        pieces in vec(vec(any::<u8>(), 0..300), 0..6),
        mask: Option<[u8; 4]>,
    ) {
        let payload = pieces.concat();
        let mut whole = vec![9];
        encode(&mut whole, Opcode::Binary, &payload, mask);
        let mut parts = vec![9];
        let mut masker = begin(&mut parts, Opcode::Binary, payload.len(), mask);
        for piece in &pieces {
            masker.append(&mut parts, piece);
        }
        prop_assert_eq!(masker.left(), 0);
        prop_assert_eq!(parts, whole);
    }
}
