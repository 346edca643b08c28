//! Text that waits for the start of its response: kept in order, and no reason to
//! take a client that reads for one that does not.

use super::stage::{delta, sound, Stage};
use audio_core::splice::leg::Side;

/// An answer plays; the next one's start stands behind it with so many texts.
fn waiting_start(texts: usize) -> Stage {
    let mut stage = Stage::new(Some(400));
    stage.upstream_sends(&delta("r1", "i1", &sound(1_000)));
    stage.run(|splice, now| {
        let started = vec![b"started".to_vec(), b"named".to_vec()];
        splice.say_when_played("r2", started, true, now).unwrap();
        for number in 0..texts {
            let payload = number.to_string().into_bytes();
            splice.send(Side::Client, payload, false, Some("r2"), now);
        }
    });
    assert_eq!(stage.client_hears().len(), 1);
    stage
}

#[test]
fn it_follows_the_start() {
    let mut stage = waiting_start(3);
    stage.run(|splice, now| {
        let over = vec![b"over".to_vec()];
        splice.say_when_played("r2", over, false, now).unwrap();
    });
    stage.wait(999);
    assert!(stage.client_hears().is_empty());
    stage.wait(1);
    assert_eq!(
        stage.client_hears(),
        ["started", "named", "0", "1", "2", "over"]
    );
    let leg = stage.client.leg;
    assert!(stage.run(|splice, _| splice.receive(leg)).is_none());
    stage.run(|splice, now| splice.send(Side::Client, b"3".to_vec(), false, Some("r2"), now));
    assert_eq!(
        stage.client_hears(),
        ["3"],
        "its start is over: nothing waits"
    );
}

#[test]
fn a_client_that_was_told_goodbye_is_told_nothing_more() {
    let mut stage = waiting_start(2);
    let leg = stage.client.leg;
    stage.run(|splice, now| {
        splice.mark("r2", b"over".to_vec(), now).unwrap();
        splice.close(leg, 1_000, "", now).unwrap();
    });
    let token = stage
        .run(|splice, _| splice.receive(leg))
        .map(|mark| mark.raw);
    assert_eq!(token.as_deref(), Some(&b"over"[..]));
    assert!(stage.run(|splice, _| splice.receive(leg)).is_none());
    let heard = stage.client_hears();
    assert!(!heard.iter().any(|text| text == "started"), "{heard:?}");
}

#[test]
fn a_long_answer_is_no_overflow() {
    let mut stage = waiting_start(1_500);
    let upstream = stage.upstream.leg;
    assert!(
        !stage.run(|splice, now| splice.wants_read(upstream, now)),
        "as much waits as may: the upstream is not read"
    );
    stage.wait(1_000);
    stage.run(|splice, now| splice.send(Side::Client, b"more".to_vec(), false, None, now));
    let heard = stage.client_hears();
    assert_eq!(heard.len(), 1_503);
    assert_eq!(heard[1_502], "more");
    assert!(stage.run(|splice, now| splice.wants_read(upstream, now)));
}
