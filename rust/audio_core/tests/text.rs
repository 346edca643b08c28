//! The scanner and base64 from outside: when they are sure, what they found, and
//! that no bytes at all upset them.

use audio_core::text::base64::{check, decode, encode, Base64Error, Cause};
use audio_core::text::envelope::{scan, Envelope, PayloadPaths, TooManyPaths, MAX_PATHS};
use proptest::collection::vec;
use proptest::prelude::*;
use std::ops::Range;

fn paths(names: &[&str]) -> PayloadPaths {
    let paths = names.iter().map(|name| match name.split_once('.') {
        Some((outer, inner)) => (outer.to_owned(), Some(inner.to_owned())),
        None => ((*name).to_owned(), None),
    });
    PayloadPaths::new(paths.collect()).expect("few enough")
}

fn scan_for(raw: &str, names: &[&str]) -> Option<Envelope> {
    scan(raw.as_bytes(), &paths(names))
}

fn is_sure(raw: &str) -> bool {
    scan_for(raw, &["audio", "delta", "data.audio"]).is_some()
}

#[test]
fn finds_everything_in_any_order_with_space_anywhere() {
    let raw = "\t{ \"delta\" :\"QUJD\" , \"content_index\":0,\r\n\"item_id\" : \"item_1\",\
        \"else\":[{\"type\":1}, \"\\u20ac\"],\"response_id\": \"resp_1\",\"event_id\":\"a\\\"b\",\
        \"type\":\"t.delta\"} ";
    let found = scan_for(raw, &["audio", "delta"]).expect("plain JSON");
    let text = |span: Option<Range<usize>>| span.map(|span| &raw[span]);
    assert_eq!(text(found.kind), Some("t.delta"));
    assert_eq!(text(found.event_id), Some("\"a\\\"b\""));
    assert_eq!(text(found.response_id), Some("\"resp_1\""));
    assert_eq!(text(found.item_id), Some("\"item_1\""));
    assert_eq!(text(found.content_index), Some("0"));
    let [audio, delta, ..] = found.payloads;
    assert_eq!((text(audio), text(delta)), (None, Some("QUJD")));
    assert_eq!(found.unsure, 0);
}

#[test]
fn finds_a_payload_one_level_down() {
    let raw = r#"{"data":{"note":{"audio":1},"audio":"QUJD"},"type":"audio","audio":"WFla"}"#;
    let found = scan_for(raw, &["data.audio", "audio", "data"]).expect("plain JSON");
    let [inner, top, data, ..] = found.payloads;
    assert_eq!((&raw[inner.unwrap()], &raw[top.unwrap()]), ("QUJD", "WFla"));
    assert_eq!((data, found.unsure), (None, 0b100));
}

#[test]
fn a_payload_that_is_no_plain_string_is_said_to_be_none() {
    for value in [r#""QU\u004a""#, "5", "null", "[]", "{}"] {
        for (name, raw) in [
            ("audio", format!(r#"{{"type":"a","audio":{value}}}"#)),
            (
                "data.audio",
                format!(r#"{{"type":"a","data":{{"audio":{value}}}}}"#),
            ),
        ] {
            let found = scan_for(&raw, &["other", name]).expect("plain JSON");
            assert_eq!((found.unsure, found.plain(1)), (0b10, None), "{raw}");
            let text = found.payloads[1].clone().map(|span| &raw[span]);
            assert_eq!(text, value.strip_prefix('"').map(|_| r"QU\u004a"));
            assert!(found.kind.is_some());
        }
    }
}

#[test]
fn a_nested_path_over_a_value_that_is_no_object_finds_nothing() {
    let found = scan_for(r#"{"type":"a","data":"audio"}"#, &["data.audio"]).unwrap();
    assert_eq!((found.payloads[0].as_ref(), found.unsure), (None, 0));
}

#[test]
fn an_envelope_may_lack_everything() {
    assert_eq!(scan_for("{}", &["audio"]), Some(Envelope::default()));
}

#[test]
fn is_not_sure_of_duplicates_of_what_it_reads() {
    for key in [
        "type",
        "event_id",
        "response_id",
        "item_id",
        "content_index",
        "audio",
    ] {
        assert!(
            !is_sure(&format!(r#"{{"{key}":"a","{key}":"a"}}"#)),
            "{key}"
        );
    }
    assert!(!is_sure(r#"{"data":{"audio":"a","audio":"b"}}"#));
    assert!(!is_sure(r#"{"data":{"audio":"a"},"data":{}}"#));
    assert!(!is_sure(r#"{"data":1,"data":{"audio":"a"}}"#));
    assert!(is_sure(
        r#"{"else":1,"else":2,"more":{"audio":"a","audio":"b"}}"#
    ));
}

#[test]
fn is_not_sure_of_escapes_in_what_it_compares() {
    assert!(!is_sure(r#"{"t\u0079pe":"a"}"#));
    assert!(!is_sure(r#"{"data":{"\u0061udio":"a"}}"#));
    assert!(!is_sure(r#"{"type":"\u0061"}"#));
    assert!(!is_sure(r#"{"type":"a","item_id":"\u0061"}"#));
    assert!(is_sure(
        r#"{"type":"a","else":"\ud800","more":{"\n":"\\"}}"#
    ));
}

#[test]
fn is_not_sure_of_a_type_that_is_no_string() {
    for value in ["1", "null", "true", "[]", "{}"] {
        assert!(!is_sure(&format!(r#"{{"type":{value}}}"#)));
    }
}

#[test]
fn takes_64_levels_and_no_more() {
    let nested = |levels: usize| {
        let (open, close) = ("[".repeat(levels - 1), "]".repeat(levels - 1));
        format!(r#"{{"a":{open}{close}}}"#)
    };
    assert!(is_sure(&nested(64)));
    assert!(!is_sure(&nested(65)));
    assert!(!is_sure(&"[".repeat(1_000_000)));
    assert!(!is_sure(&r#"{"a":"#.repeat(100_000)));
}

#[test]
fn is_not_sure_of_what_is_not_json() {
    let broken = [
        "",
        " ",
        "1",
        "[]",
        "\"type\"",
        "null",
        "{",
        "{\"",
        "{\"a",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,",
        "{\"a\":1,}",
        "{,}",
        "{\"a\" 1}",
        "{a:1}",
        "{'a':1}",
        "{1:1}",
        "{}x",
        "{}{}",
        "{\"a\":01}",
        "{\"a\":-}",
        "{\"a\":+1}",
        "{\"a\":.5}",
        "{\"a\":1.}",
        "{\"a\":1e}",
        "{\"a\":1e+}",
        "{\"a\":0x1}",
        "{\"a\":NaN}",
        "{\"a\":Infinity}",
        "{\"a\":-Infinity}",
        "{\"a\":tru}",
        "{\"a\":True}",
        "{\"a\":nulll}",
        "{\"a\":[1,]}",
        "{\"a\":[1 2]}",
        "{\"a\":[}",
        "{\"a\":[1}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12g4\"}",
        "{\"a\":\"\\u123\"}",
        "{\"a\":\"\\\"}",
        "{\"a\\\":1}",
        "\u{feff}{}",
        "{\u{a0}}",
        "{\"a\":\"\0\"}",
        "{} //",
    ];
    for raw in broken {
        assert!(!is_sure(raw), "{raw:?}");
    }
}

#[test]
fn takes_every_number_of_the_grammar() {
    let numbers = "[0,-0,1,-1,10,1.5,-0.5,1e5,1E5,1e+5,1e-5,123456789012345678901234567890]";
    assert!(is_sure(&format!(r#"{{"a":{numbers}}}"#)));
}

#[test]
fn looks_for_eight_payloads_at_most() {
    let many = |count| PayloadPaths::new(vec![("a".to_owned(), None); count]);
    assert!(many(MAX_PATHS).is_ok());
    assert_eq!(many(MAX_PATHS + 1).err(), Some(TooManyPaths));
    let found = scan(br#"{"a":"x"}"#, &many(MAX_PATHS).unwrap()).unwrap();
    assert!(found.payloads.iter().all(|payload| *payload == Some(6..7)));
}

#[test]
fn bad_base64_is_told_with_its_place() {
    let cases: [(&[u8], usize, Cause); 12] = [
        (b"QUJ", 3, Cause::Length),
        (b"Q", 1, Cause::Length),
        (b"QUJDQQ=", 7, Cause::Length),
        (b"QU-D", 2, Cause::Alphabet),
        (b"QU_", 2, Cause::Alphabet),
        (b"QUJD\nQUJ", 4, Cause::Alphabet),
        (b"QUJ\xff", 3, Cause::Alphabet),
        (b"QQ==QUJD", 2, Cause::Padding),
        (b"Q===", 1, Cause::Padding),
        (b"====", 0, Cause::Padding),
        (b"QR==", 1, Cause::TrailingBits),
        (b"QUJDQUK=", 6, Cause::TrailingBits),
    ];
    for (data, offset, cause) in cases {
        let expected = Base64Error { offset, cause };
        assert_eq!(check(data), Err(expected), "{data:?}");
        let mut out = b"before".to_vec();
        assert_eq!(decode(data, &mut out), Err(expected));
        assert_eq!(out, b"before");
    }
}

#[test]
fn base64_errors_are_written_for_people() {
    let error = check(b"QU-D").unwrap_err();
    let text = "bad base64 at byte 2: not a character of the base64 alphabet";
    assert_eq!(error.to_string(), text);
}

/// JSON-like text, so that damage is met behind the first byte.
fn almost_json() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "\\",
        "\\u00",
        "type",
        "data",
        "audio",
        "\"audio\":",
        "\"type\":",
        "\"data\":{",
        "true",
        "null",
        "-0.5e",
        "12",
        " ",
        "\n",
        "ä",
        "\u{1}",
        "QUJD",
    ]);
    vec(piece, 0..40).prop_map(|pieces| pieces.concat().into_bytes())
}

proptest! {
    #[test]
    fn no_text_upsets_the_scanner(
        raw in prop_oneof![almost_json(), vec(any::<u8>(), 0..200)],
    ) {
        let found = scan(&raw, &paths(&["audio", "data.audio", "data"]));
        for span in found.iter().flat_map(|found| found.payloads.iter().flatten()) {
            prop_assert_eq!(raw[span.start - 1], b'"');
            prop_assert_eq!(raw[span.end], b'"');
        }
    }

    #[test]
    fn base64_comes_back_as_it_went(
        data in vec(any::<u8>(), 0..300),
        before in vec(any::<u8>(), 0..40),
    ) {
        let mut text = before.clone();
        encode(&data, &mut text);
        let (head, text) = text.split_at(before.len());
        prop_assert_eq!(head, &before);
        prop_assert_eq!(check(text), Ok(()));
        let mut out = before.clone();
        prop_assert_eq!(decode(text, &mut out), Ok(()));
        prop_assert_eq!(&out[before.len()..], &data);
    }

    #[test]
    fn only_what_comes_back_the_same_is_base64(text in "[A-Da-d/+=_ -]{0,80}") {
        let mut data = Vec::new();
        if decode(text.as_bytes(), &mut data).is_ok() {
            let mut again = Vec::new();
            encode(&data, &mut again);
            prop_assert_eq!(again, text.as_bytes());
        } else {
            prop_assert!(check(text.as_bytes()).is_err());
        }
    }
}
