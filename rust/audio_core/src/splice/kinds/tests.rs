//! Where messages go by their type, and what is not sure enough to go anywhere.

use super::*;

fn kinds() -> Kinds {
    Kinds::new(KindRules {
        audio: vec![
            ("append".into(), "audio".into()),
            ("nested".into(), "data.audio".into()),
        ],
        relay: vec!["pass".into()],
        ..KindRules::default()
    })
    .unwrap()
}

#[test]
fn audio_shows_where_it_lies() {
    let raw = br#"{"audio":"AAAA","item_id":"i","type":"append"}"#;
    let Sorted::Audio(spans) = kinds().sort(raw, false) else {
        panic!("not audio");
    };
    assert_eq!(&raw[spans.payload], b"AAAA");
    assert_eq!(&raw[spans.kind], b"append");
    assert_eq!(&raw[spans.item_id.unwrap()], br#""i""#);
    assert_eq!(spans.response_id, None);
}

#[test]
fn audio_may_lie_one_level_down() {
    let raw = br#"{"type":"nested","data":{"audio":"AAAA"}}"#;
    let Sorted::Audio(spans) = kinds().sort(raw, false) else {
        panic!("not audio");
    };
    assert_eq!(&raw[spans.payload], b"AAAA");
}

#[test]
fn audio_may_have_to_say_more_under_another_key_than_type() {
    let kinds = Kinds::new(KindRules {
        type_key: Some("event".into()),
        audio: vec![("media".into(), "media.payload".into())],
        only: vec![
            ("sid".into(), "MZ1".into()),
            ("media.track".into(), "inbound".into()),
        ],
        ..KindRules::default()
    });
    let kinds = kinds.unwrap();
    let raw = br#"{"event":"media","sid":"MZ1","media":{"track":"inbound","payload":"AA=="}}"#;
    let Sorted::Audio(spans) = kinds.sort(raw, false) else {
        panic!("not audio");
    };
    assert_eq!(&raw[spans.payload], b"AA==");
    assert_eq!(&raw[spans.kind], b"media");
    for held in [
        r#"{"event":"media","sid":"MZ2","media":{"track":"inbound","payload":"AA=="}}"#,
        r#"{"event":"media","sid":"MZ1","media":{"track":"outbound","payload":"AA=="}}"#,
        r#"{"event":"media","sid":"MZ1","media":{"payload":"AA=="}}"#,
        r#"{"event":"media","sid":7,"media":{"track":"inbound","payload":"AA=="}}"#,
        r#"{"type":"media","sid":"MZ1","media":{"track":"inbound","payload":"AA=="}}"#,
        r#"{"event":"media","event":"media","sid":"MZ1","media":{"track":"inbound","payload":""}}"#,
    ] {
        assert_eq!(kinds.sort(held.as_bytes(), false), Sorted::Hold, "{held}");
    }
}

#[test]
fn a_report_need_not_say_all_that_audio_must() {
    let kinds = Kinds::new(KindRules {
        audio: vec![("media".into(), "media.payload".into())],
        reports: vec![("mark".into(), "mark.name".into())],
        only: vec![
            ("sid".into(), "MZ1".into()),
            ("media.track".into(), "inbound".into()),
        ],
        ..KindRules::default()
    });
    let kinds = kinds.unwrap();
    for raw in [
        r#"{"type":"mark","sid":"MZ1","mark":{"name":"i:40"}}"#,
        r#"{"type":"mark","mark":{"name":"i:40"}}"#,
    ] {
        let Sorted::Report(report) = kinds.sort(raw.as_bytes(), false) else {
            panic!("no report: {raw}");
        };
        assert_eq!(&raw[report.item_id], "i");
    }
    for held in [
        r#"{"type":"mark","sid":"MZ2","mark":{"name":"i:40"}}"#,
        r#"{"type":"mark","sid":null,"mark":{"name":"i:40"}}"#,
        r#"{"type":"mark","media":{"track":"outbound"},"mark":{"name":"i:40"}}"#,
        r#"{"type":"mark","mark":{"name":"rtproxy over 2 r"}}"#,
        r#"{"type":"mark","mark":{"name":"\u0069:40"}}"#,
        r#"{"type":"mark","mark":"i:40"}"#,
        r#"{"type":"mark"}"#,
    ] {
        assert_eq!(kinds.sort(held.as_bytes(), false), Sorted::Hold, "{held}");
    }
}

#[test]
fn another_name_takes_the_place_of_the_old_one() {
    let renamed = |new: &str| {
        Kinds::new(KindRules {
            renamed: vec![("old".into(), new.into())],
            ..KindRules::default()
        })
    };
    let raw = br#"{"a":{"type":"old"},"response_id":"r","type":"old"}"#;
    let Sorted::Renamed(told) = renamed("new").unwrap().sort(raw, false) else {
        panic!("not renamed");
    };
    let said = br#"{"a":{"type":"old"},"response_id":"r","type":"new"}"#;
    assert_eq!(told.payload, said);
    assert_eq!(&raw[told.response_id.unwrap()], br#""r""#);
    assert!(renamed("\"").is_err());
}

#[test]
fn the_rest_is_relayed_or_held() {
    let kinds = kinds();
    assert_eq!(
        kinds.sort(br#"{"type":"pass"}"#, false),
        Sorted::Relay {
            response_id: None,
            copied: true
        }
    );
    for held in [
        r#"{"type":"other"}"#,
        r#"{"type":"append"}"#,
        r#"{"type":"append","audio":7}"#,
        r#"{"type":"append","audio":"\u0041AAA"}"#,
        r#"{"type":"pass","type":"pass"}"#,
        r#"{"no":"type"}"#,
        "[]",
        "{",
    ] {
        assert_eq!(kinds.sort(held.as_bytes(), false), Sorted::Hold, "{held}");
    }
    assert_eq!(kinds.sort(b"raw", true), Sorted::Hold);
}

#[test]
fn binary_may_be_audio() {
    let rules = KindRules {
        binary_is_audio: true,
        ..KindRules::default()
    };
    let Sorted::Audio(spans) = Kinds::new(rules).unwrap().sort(b"raw", true) else {
        panic!("not audio");
    };
    assert_eq!(spans.payload, 0..3);
}

#[test]
fn refuses_tables_that_contradict_themselves() {
    let refused = |rules| Kinds::new(rules).unwrap_err().to_string();
    let twice = refused(KindRules {
        relay: vec!["t".into()],
        hold: vec!["t".into()],
        ..KindRules::default()
    });
    assert!(twice.contains("\"t\""), "{twice}");
    let deep = refused(KindRules {
        audio: vec![("t".into(), "a.b.c".into())],
        ..KindRules::default()
    });
    assert!(deep.contains("a.b.c"), "{deep}");
    let many = refused(KindRules {
        audio: (0..9).map(|n| (format!("t{n}"), format!("p{n}"))).collect(),
        ..KindRules::default()
    });
    assert!(many.contains('8'), "{many}");
}

fn told(raw: &str, secrets: &[&[u8]]) -> Sorted {
    let template = r#"{"item":$item_id,"text":"$text"}"#;
    let list = |name: &str| vec![(name.into(), ("delta".into(), template.into()))];
    let kinds = Kinds::new(KindRules {
        audio: vec![("sound".into(), "delta".into())],
        answer_words: list("answer"),
        input_words: list("input"),
        secrets: secrets.iter().map(|&secret| secret.into()).collect(),
        ..KindRules::default()
    });
    kinds.unwrap().sort(raw.as_bytes(), false)
}

#[test]
fn words_are_put_into_the_clients_message() {
    let raw = r#"{"type":"answer","item_id":"i","delta":"say \u00e9\n","response_id":"r"}"#;
    let Sorted::Told(told_of_answer) = told(raw, &[]) else {
        panic!("not told");
    };
    let expected = "{\"item\":\"i\",\"text\":\"say \u{e9}\\n\"}";
    assert_eq!(told_of_answer.payload, expected.as_bytes());
    assert_eq!(&raw[told_of_answer.response_id.unwrap()], "\"r\"");
    let raw = r#"{"type":"input","item_id":"i","delta":"","content_index":0}"#;
    let Sorted::Told(told_of_input) = told(raw, &[]) else {
        panic!("not told");
    };
    assert_eq!(told_of_input.payload, br#"{"item":"i","text":""}"#);
    assert_eq!(told_of_input.response_id, None);
}

#[test]
fn unusual_words_are_left_to_a_parser() {
    for held in [
        r#"{"type":"answer","item_id":"i","delta":"d"}"#,
        r#"{"type":"answer","item_id":"i","delta":"d","response_id":null}"#,
        r#"{"type":"answer","item_id":7,"delta":"d","response_id":"r"}"#,
        r#"{"type":"answer","item_id":"i","delta":["d"],"response_id":"r"}"#,
        r#"{"type":"answer","item_id":"i","delta":"\ud800","response_id":"r"}"#,
        r#"{"type":"answer","item_id":"i","delta":"d","response_id":"r","more":"\ud800"}"#,
        r#"{"type":"answer","item_id":"i","delta":"d","response_id":"r","event_id":7}"#,
        r#"{"type":"input","delta":"d"}"#,
        r#"{"type":"input","item_id":"i"}"#,
        r#"{"type":"input","item_id":"i","delta":"d","content_index":-1}"#,
        r#"{"type":"input","item_id":"i","delta":"d","content_index":null}"#,
        r#"{"type":"input","item_id":"i","delta":"d","content_index":1234567890}"#,
        r#"{"type":"sound","delta":"\u0041AAA"}"#,
    ] {
        assert_eq!(told(held, &[]), Sorted::Hold, "{held}");
    }
}

#[test]
fn words_with_a_secret_are_left_to_who_conceals_it() {
    let raw = r#"{"type":"input","item_id":"i","delta":"my key is s\u006b-1"}"#;
    assert_eq!(told(raw, &[b"sk-1"]), Sorted::Hold);
    assert!(matches!(told(raw, &[b"", b"sk-2"]), Sorted::Told(_)));
}

#[test]
fn some_types_pass_and_some_are_for_nobody() {
    let kinds = Kinds::new(KindRules {
        relay: vec!["copied".into()],
        ignore: vec!["ignored".into()],
        default: Unlisted::PassOn,
        ..KindRules::default()
    })
    .unwrap();
    let relayed = |copied| Sorted::Relay {
        response_id: None,
        copied,
    };
    let sort = |raw: &str| kinds.sort(raw.as_bytes(), false);
    assert_eq!(sort(r#"{"type":"copied"}"#), relayed(true));
    assert_eq!(sort(r#"{"type":"anything"}"#), relayed(false));
    assert_eq!(sort(r#"{"type":"ignored"}"#), Sorted::Nobody);
    assert_eq!(sort(r#"{"type":7}"#), Sorted::Hold);
}
