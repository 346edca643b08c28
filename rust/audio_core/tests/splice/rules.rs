//! Rules that need a look from Rust, or a clock to the tick.

use super::stage::{after, attachment, delta, said, settings, sound, text, Stage, LIMITS};
use audio_core::splice::leg::{Attachment, Side};
use audio_core::splice::refusal::Refusal;
use audio_core::splice::splice::Splice;
use audio_core::splice::time::{from_ms, TICKS_PER_MS};
use audio_core::splice::wrap::Wrap;
use std::sync::Arc;

#[test]
fn audio_leaves_at_most_its_lead_ahead_to_the_tick() {
    let mut stage = Stage::new(Some(400));
    let answer: Vec<u8> = (0..20).flat_map(|_| delta("r", "i", &sound(100))).collect();
    stage.upstream_sends(&answer);
    assert_eq!(stage.client_hears().len(), 5, "starts at 0, 100 ... 400");
    let next = stage.run(|splice, _| splice.next_deadline()).unwrap();
    assert_eq!(next, 100 * TICKS_PER_MS);
    stage.run(|splice, _| splice.turn(next - 1));
    stage.now = next - 1;
    assert!(stage.client_hears().is_empty());
    stage.now = next;
    stage.run(Splice::turn);
    assert_eq!(stage.client_hears().len(), 1);
}

#[test]
fn a_tail_of_odd_samples_adds_up_exactly() {
    let mut stage = Stage::new(Some(400));
    for _ in 0..2_400 {
        stage.upstream_sends(&delta("r", "i", &[0; 14]));
        stage.client_hears();
        stage.now = stage.run(|splice, now| splice.next_deadline().unwrap_or(now));
        stage.run(Splice::turn);
    }
    stage.client_hears();
    let counted = stage.run(|splice, now| splice.counters("i", now)).unwrap();
    assert_eq!(counted.received, 700 * TICKS_PER_MS);
    stage.wait(1_000);
    let counted = stage.run(|splice, now| splice.counters("i", now)).unwrap();
    assert_eq!((counted.heard, counted.dropped), (700 * TICKS_PER_MS, 0));
}

#[test]
fn a_mark_that_is_due_at_once_asks_for_a_turn() {
    let mut stage = Stage::new(Some(400));
    stage.wait(10);
    let leg = stage.client.leg;
    stage.run(|splice, now| splice.mark("r", b"m".to_vec(), now).unwrap());
    assert!(
        stage.run(|splice, _| splice.receive(leg)).is_none(),
        "nothing moves yet"
    );
    assert_eq!(
        stage.run(|splice, _| splice.next_deadline()),
        Some(stage.now)
    );
    stage.run(Splice::turn);
    assert!(stage.run(|splice, _| splice.receive(leg)).is_some());
    assert_eq!(stage.run(|splice, _| splice.next_deadline()), None);
}

#[test]
fn a_hold_must_be_received_before_it_is_released_and_outlives_its_leg() {
    let mut stage = Stage::new(Some(400));
    let leg = stage.upstream.leg;
    stage.upstream_sends(&text(Side::Upstream, r#"{"type":"held"}"#));
    let refused = stage.run(|splice, now| splice.release(leg, 1, now));
    assert_eq!(refused, Err(Refusal::WrongHold { leg, hold: 1 }));
    let hold = stage.run(|splice, _| splice.receive(leg)).unwrap().stamp;
    stage.run(|splice, _| splice.forget(leg));
    assert_eq!(
        stage.run(|splice, now| splice.release(leg, hold, now)),
        Ok(())
    );
    let again = stage.run(|splice, now| splice.release(leg, hold, now));
    assert_eq!(again, Err(Refusal::WrongHold { leg, hold }));
}

#[test]
fn what_a_client_left_behind_goes_to_the_next() {
    let mut stage = Stage::new(None);
    stage.run(|splice, now| splice.send(Side::Client, b"one".to_vec(), false, None, now));
    stage.client_sends(b"");
    stage.run(|splice, now| splice.send(Side::Client, b"two".to_vec(), false, None, now));
    stage.run(|splice, now| splice.detach(Side::Client, now));
    stage.run(|splice, now| splice.send(Side::Client, b"three".to_vec(), false, None, now));
    assert!(stage.client_hears().is_empty());
    let leg = stage.run(|splice, _| splice.open_leg(Side::Client, LIMITS));
    stage
        .run(|splice, now| splice.attach(leg, attachment(Side::Client), now))
        .unwrap();
    stage.client = super::stage::FarEnd::new(leg, Side::Client);
    assert_eq!(stage.client_hears(), ["one", "two", "three"]);
}

#[test]
fn a_replay_is_said_in_the_upstreams_own_shape_where_messages_pass_on() {
    let mut stage = Stage::new(None);
    stage.client_sends(&said(&sound(250)));
    let leg = stage.run(|splice, _| splice.open_leg(Side::Upstream, LIMITS));
    let verbatim = Attachment {
        wrap: Arc::new(Wrap::Verbatim),
        ..attachment(Side::Upstream)
    };
    stage
        .run(|splice, now| splice.attach(leg, verbatim, now))
        .unwrap();
    let sent = stage.run(|splice, now| splice.replay(from_ms(10.0), now));
    assert_eq!(sent, 240 * TICKS_PER_MS);
    assert_eq!(stage.run(|splice, _| splice.input_offset()), from_ms(10.0));
    stage.upstream = super::stage::FarEnd::new(leg, Side::Upstream);
    let heard = stage.upstream_hears();
    assert_eq!(heard.len(), 2);
    assert_eq!(after(&heard[0], r#""type":""#), "input_audio_buffer.append");
    assert_eq!(after(&heard[1], r#""event_id":""#), "rtproxy_2");
}

#[test]
fn a_leg_that_was_never_opened_cannot_be_attached() {
    let mut splice = Splice::new(settings(None));
    assert_eq!(
        splice.attach(99, attachment(Side::Client), 0),
        Err(Refusal::UnknownLeg(99))
    );
}

#[test]
fn a_slow_upstream_is_spared_and_a_dead_one_given_up() {
    let mut stage = Stage::new(None);
    let ten_seconds = said(&sound(10_000));
    for _ in 0..24 {
        stage.client_sends(&ten_seconds);
    }
    let leg = stage.upstream.leg;
    assert!(!stage.run(|splice, _| splice.finished(leg)));
    assert!(stage.run(|splice, _| splice.receive(leg)).is_none());
    stage.client_sends(&ten_seconds);
    stage.client_sends(&ten_seconds);
    let end = stage
        .run(|splice, _| splice.receive(leg))
        .unwrap()
        .end
        .unwrap();
    assert_eq!((end.code, end.violation), (1013, true));
    assert_eq!(stage.upstream_hears(), ["close 1013"]);
}
