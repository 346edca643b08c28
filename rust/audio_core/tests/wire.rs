//! The codec from outside: every rule of RFC 6455 that a peer can break.

use audio_core::wire::codec::{Decoder, Incoming};
use audio_core::wire::frame::{begin, encode, encode_close, Opcode};
use support::{decode, feed, message, LIMITS};

mod support;

fn upstream() -> Decoder {
    Decoder::new(false, LIMITS)
}

/// The code of the one violation that is all the bytes are.
fn violation(masked: bool, bytes: &[u8]) -> u16 {
    match decode(masked, bytes).as_slice() {
        [Incoming::Violation { code, .. }] => *code,
        other => panic!("not one violation: {other:?}"),
    }
}

/// A short unmasked frame; `first` is its first byte, flags and all.
fn short(first: u8, payload: &[u8]) -> Vec<u8> {
    let len = u8::try_from(payload.len()).expect("a short frame");
    assert!(len < 126);
    [&[first, len], payload].concat()
}

#[test]
fn broken_headers_are_1002() {
    let broken: [(&str, bool, &[u8]); 14] = [
        ("RSV1", false, &[0xC1, 0]),
        ("RSV2", false, &[0xA1, 0]),
        ("RSV3", false, &[0x91, 0]),
        ("reserved data opcode", false, &[0x83, 0]),
        ("reserved control opcode", false, &[0x8B, 0]),
        ("fragmented ping", false, &[0x09, 0]),
        ("ping of 126 bytes", false, &[0x89, 126]),
        ("ping with a 64-bit length", false, &[0x89, 127]),
        ("mask from an upstream", false, &[0x81, 0x80, 1, 2, 3, 4]),
        ("no mask from a client", true, &[0x81, 0]),
        ("continuation of nothing", false, &[0x80, 0]),
        ("125 in 16 bits", false, &[0x82, 126, 0, 125]),
        (
            "65,535 in 64 bits",
            false,
            &[0x82, 127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF],
        ),
        (
            "top bit of 64",
            false,
            &[0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0],
        ),
    ];
    for (what, masked, bytes) in broken {
        assert_eq!(violation(masked, bytes), 1002, "{what}");
    }
}

#[test]
fn a_new_message_inside_a_fragmented_one_is_1002() {
    for second in [0x81, 0x82, 0x01, 0x02] {
        let bytes = [short(0x01, b"a"), short(second, b"b")].concat();
        assert_eq!(violation(false, &bytes), 1002);
    }
}

#[test]
fn close_frames_are_checked() {
    let close = |payload: &[u8]| short(0x88, payload);
    assert_eq!(violation(false, &close(&[3])), 1002);
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535_u16] {
        assert_eq!(
            violation(false, &close(&code.to_be_bytes())),
            1002,
            "{code}"
        );
    }
    assert_eq!(violation(false, &close(b"\x03\xe8\xff")), 1007);
    for code in [
        1000, 1001, 1002, 1003, 1007, 1011, 1012, 1013, 1014, 3000, 4999_u16,
    ] {
        let reason = "auf Wiedersehen, ätsch".to_owned();
        let bytes = close(&[&code.to_be_bytes(), reason.as_bytes()].concat());
        assert_eq!(decode(false, &bytes), [Incoming::Close { code, reason }]);
    }
}

#[test]
fn a_close_without_code_is_1005() {
    let reason = String::new();
    assert_eq!(
        decode(false, &[0x88, 0]),
        [Incoming::Close { code: 1005, reason }]
    );
}

#[test]
fn nothing_comes_after_the_end() {
    let ping = short(0x89, b"");
    let mut decoder = upstream();
    assert_eq!(
        feed(&mut decoder, &[short(0x88, b""), ping.clone()].concat()).len(),
        1
    );
    assert_eq!(feed(&mut decoder, &ping), []);
    assert!(!decoder.in_frame() && !decoder.in_message());
}

#[test]
fn a_declared_length_beyond_the_limit_is_1009_at_the_header() {
    let one_too_many = 100_001_u64.to_be_bytes();
    assert_eq!(
        violation(false, &[&[0x82, 127][..], &one_too_many].concat()),
        1009
    );
    let huge = (u64::MAX >> 1).to_be_bytes();
    assert_eq!(violation(false, &[&[0x82, 127][..], &huge].concat()), 1009);
}

#[test]
fn the_limit_counts_over_fragments() {
    let mut decoder = upstream();
    let mut first = Vec::new();
    encode(&mut first, Opcode::Binary, &vec![0; 99_990], None);
    first[0] = 0x02;
    assert_eq!(feed(&mut decoder, &first), []);
    let whole = feed(&mut decoder, &short(0x80, &[0; 10]));
    assert_eq!(whole, [message(true, &vec![0; 100_000])]);
    feed(&mut decoder, &first);
    let broken = feed(&mut decoder, &[0x80, 11]);
    assert!(matches!(
        broken[..],
        [Incoming::Violation { code: 1009, .. }]
    ));
}

#[test]
fn bad_text_fails_as_soon_as_it_is_bad() {
    // The second byte of a three-byte character is wrong; its frame goes on.
    assert_eq!(violation(false, &[0x81, 100, b'a', 0xE2, 0x28]), 1007);
    // An overlong form is bad at its second byte, a surrogate too.
    assert_eq!(violation(false, &[0x81, 100, 0xE0, 0x80]), 1007);
    assert_eq!(violation(false, &[0x81, 100, 0xED, 0xA0]), 1007);
    // A character that the message's end cuts off.
    assert_eq!(violation(false, &short(0x81, b"a\xE2\x82")), 1007);
}

#[test]
fn a_character_may_be_cut_by_fragments() {
    let bytes = [
        short(0x01, b"\xE2"),
        short(0x89, b"?"),
        short(0x00, b"\x82"),
        short(0x80, b"\xAC"),
    ];
    let expected = [
        Incoming::Ping(b"?".to_vec()),
        message(false, "€".as_bytes()),
    ];
    assert_eq!(decode(false, &bytes.concat()), expected);
}

#[test]
fn tiny_fragments_are_counted_others_are_not() {
    let mut decoder = upstream();
    feed(&mut decoder, &short(0x02, b""));
    for _ in 0..1_000 {
        assert_eq!(feed(&mut decoder, &short(0x00, &[0; 16])), []);
    }
    for _ in 0..LIMITS.max_tiny_fragments {
        assert_eq!(feed(&mut decoder, &short(0x00, b"")), []);
    }
    let broken = feed(&mut decoder, &short(0x00, &[0; 15]));
    assert!(matches!(
        broken[..],
        [Incoming::Violation { code: 1008, .. }]
    ));
}

#[test]
fn the_count_of_tiny_fragments_begins_anew_with_each_message() {
    let mut decoder = upstream();
    for _ in 0..10 {
        feed(&mut decoder, &short(0x02, b""));
        for _ in 1..LIMITS.max_tiny_fragments {
            feed(&mut decoder, &short(0x00, b"x"));
        }
        assert_eq!(feed(&mut decoder, &short(0x80, b"")).len(), 1);
    }
}

#[test]
fn says_what_has_begun_and_how_far_it_is() {
    let mut decoder = upstream();
    let states: Vec<_> = [0x02, 1, b'a', 0x89, 0, 0x80, 1, b'b']
        .iter()
        .map(|&byte| {
            feed(&mut decoder, &[byte]);
            (decoder.in_frame(), decoder.in_message())
        })
        .collect();
    let (frame, both, message, neither) =
        ((true, false), (true, true), (false, true), (false, false));
    assert_eq!(
        states,
        [frame, both, message, both, message, both, both, neither]
    );
    assert_eq!(decoder.progress(), 8);
}

#[test]
fn a_close_reason_is_cut_between_characters() {
    let mut out = Vec::new();
    encode_close(&mut out, 1011, &"ä".repeat(100), None);
    let reason = "ä".repeat(61);
    assert_eq!(
        decode(false, &out),
        [Incoming::Close { code: 1011, reason }]
    );
}

#[test]
fn a_code_that_must_not_be_sent_is_left_out() {
    for code in [0, 1005, 1006, 1015, 2000] {
        let mut out = Vec::new();
        encode_close(&mut out, code, "why", None);
        assert_eq!(out, [0x88, 0]);
    }
}

#[test]
#[should_panic(expected = "payload longer than declared")]
fn a_payload_longer_than_declared_is_our_bug() {
    begin(&mut Vec::new(), Opcode::Text, 2, None).append(&mut Vec::new(), b"abc");
}
