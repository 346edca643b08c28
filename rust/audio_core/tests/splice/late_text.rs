//! Text that waits for the start of its response: kept in order, and no reason to
//! take a client that reads for one that does not.

use super::stage::{delta, sound, Stage};
use audio_core::splice::leg::Side;

/// An answer plays; the next one's start stands behind it with so many texts.
fn waiting_start(texts: usize) -> Stage {
    let mut stage = Stage::new(Some(400));
    stage.upstream_sends(&delta("r1", "i1", &sound(1_000)));
    stage.run(|splice, now| {
        splice.mark("r2", b"start".to_vec(), true, now).unwrap();
        for number in 0..texts {
            let payload = number.to_string().into_bytes();
            splice.send(Side::Client, payload, false, Some("r2"), now);
        }
    });
    assert_eq!(stage.client_hears().len(), 1);
    stage
}

fn answer_mark(stage: &mut Stage) {
    let leg = stage.client.leg;
    stage.run(|splice, now| {
        let mark = splice.receive(leg).unwrap();
        assert_eq!(mark.raw, b"start");
        splice.send(Side::Client, b"started".to_vec(), false, None, now);
        splice.release(leg, mark.stamp, now).unwrap();
    });
}

#[test]
fn it_follows_the_answer_to_the_mark() {
    let mut stage = waiting_start(3);
    stage.wait(999);
    assert!(stage.client_hears().is_empty());
    stage.wait(1);
    answer_mark(&mut stage);
    assert_eq!(stage.client_hears(), ["started", "0", "1", "2"]);
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
    answer_mark(&mut stage);
    stage.run(|splice, now| splice.send(Side::Client, b"more".to_vec(), false, None, now));
    let heard = stage.client_hears();
    assert_eq!(heard.len(), 1_502);
    assert_eq!(heard[1_501], "more");
    assert!(stage.run(|splice, now| splice.wants_read(upstream, now)));
}
