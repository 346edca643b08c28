//! A panic ends its session with 1011, and only whole frames leave before that.

use super::stage::{delta, sound, Stage};

fn panicked() -> Stage {
    let mut stage = Stage::new(Some(400));
    stage.upstream_sends(&delta("r", "i", &sound(100)));
    let (leg, now) = (stage.client.leg, stage.now);
    let begun = stage.splice.pull(leg, now, 10).to_vec();
    assert!(stage.client.reads(&begun).is_empty(), "a frame has begun");
    let told = stage.splice.run(|splice| splice.panic_for_test(leg));
    assert!(told.unwrap_err().to_string().contains("asked to panic"));
    stage
}

#[test]
fn every_later_call_says_so() {
    let mut stage = panicked();
    let told = stage.splice.run(|splice| splice.turn(0)).unwrap_err();
    assert!(told.to_string().contains("asked to panic"));
}

#[test]
fn what_has_begun_is_finished_and_each_leg_closed() {
    let mut stage = panicked();
    let heard = stage.client_hears();
    assert!(heard[0].contains("\"item\":\"i\""), "{heard:?}");
    assert_eq!(heard[1..], ["close 1011"]);
    assert_eq!(stage.upstream_hears(), ["close 1011"]);
    assert!(stage.client_hears().is_empty());
}

#[test]
fn a_leg_that_has_said_goodbye_says_it_once() {
    let mut stage = Stage::new(Some(400));
    let leg = stage.upstream.leg;
    stage.run(|splice, now| splice.close(leg, 1000, "done", now).unwrap());
    assert_eq!(stage.upstream_hears(), ["close 1000"]);
    let told = stage.splice.run(|splice| splice.panic_for_test(leg));
    assert!(told.is_err());
    assert!(stage.upstream_hears().is_empty());
}
