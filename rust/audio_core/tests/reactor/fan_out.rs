//! One message to many, between all else that goes to them: whoever is told hears it,
//! whole and in its turn.

use crate::scene::Scene;
use audio_core::reactor::fan_out::Announcement;
use audio_core::splice::queue::Load;
use proptest::prelude::*;
use std::sync::PoisonError;

const SESSIONS: usize = 2;
const WITHIN: Load = Load {
    messages: 2,
    bytes: 300,
};

#[derive(Clone, Debug)]
enum Step {
    /// To the legs whose bits are set; whether it may be passed over.
    TellAll(usize, usize, bool),
    /// To one leg, by its splice.
    Send(usize, usize),
    MakeRoom(usize, usize),
    Tell(usize),
    Round,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let leg = || 0..SESSIONS * 2;
    let padding = prop_oneof![0_usize..8, 100_usize..300];
    let room = prop_oneof![0_usize..40, 0_usize..1_000];
    let step = prop_oneof![
        4 => (0..1_usize << (SESSIONS * 2), padding.clone(), any::<bool>())
            .prop_map(|(legs, padding, all)| Step::TellAll(legs, padding, all)),
        1 => (leg(), padding).prop_map(|(leg, padding)| Step::Send(leg, padding)),
        3 => (leg(), room).prop_map(|(leg, room)| Step::MakeRoom(leg, room)),
        3 => leg().prop_map(Step::Tell),
        1 => Just(Step::Round),
    ];
    proptest::collection::vec(step, 0..60)
}

fn message(number: usize, padding: usize) -> String {
    format!("{number} {}", "x".repeat(padding))
}

/// Tell some legs; those who were, by what the table says of the others.
fn tell_all(scene: &mut Scene, legs: &[usize], words: &str, within: Option<Load>) -> Vec<usize> {
    let members: Vec<_> = legs.iter().map(|&leg| scene.legs[leg].member).collect();
    let said = Announcement::new(words.as_bytes());
    let passed_over = scene.table.tell_all(&members, &said, within, scene.now);
    scene.table.settle(scene.now);
    scene.take_news();
    let was_told = |place: &usize| !passed_over.contains(place);
    (0..legs.len())
        .filter(was_told)
        .map(|place| legs[place])
        .collect()
}

proptest! {
    #[test]
    fn who_is_told_hears_it_in_its_turn(steps in steps()) {
        let mut scene = Scene::new(SESSIONS);
        let mut due = vec![Vec::new(); SESSIONS * 2];
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::TellAll(bits, padding, all) => {
                    let legs: Vec<_> = (0..SESSIONS * 2).filter(|leg| bits >> leg & 1 == 1).collect();
                    let over: Vec<_> = legs.iter().map(|&leg| {
                        scene.table.waiting(scene.legs[leg].member).is_over(WITHIN)
                    }).collect();
                    let words = message(number, padding);
                    let told = tell_all(&mut scene, &legs, &words, (!all).then_some(WITHIN));
                    for (leg, over) in legs.into_iter().zip(over) {
                        prop_assert_eq!(told.contains(&leg), all || !over);
                    }
                    for leg in told {
                        due[leg].push(words.clone());
                    }
                }
                Step::Send(leg, padding) => {
                    let (words, id, now) = (message(number, padding), scene.legs[leg].far.leg, scene.now);
                    let session = scene.legs[leg].session;
                    let payload = words.clone().into_bytes();
                    scene.run(session, |splice| splice.send_leg(id, payload, false, now));
                    scene.settle(session);
                    due[leg].push(words);
                }
                Step::MakeRoom(leg, bytes) => scene.legs[leg].wire.make_room(bytes),
                Step::Tell(leg) => scene.tell(leg),
                Step::Round => scene.round(),
            }
        }
        scene.quieten();
        for (leg, due) in scene.legs.iter().zip(due) {
            prop_assert_eq!(&leg.heard, &due);
            prop_assert_eq!(scene.table.waiting(leg.member), Load::default());
        }
    }
}

#[test]
fn what_the_socket_takes_is_written_at_once() {
    let mut scene = Scene::new(1);
    scene.legs[0].wire.make_room(10);
    assert_eq!(tell_all(&mut scene, &[0], "first", None), [0]);
    assert_eq!(scene.legs[0].wire.0.borrow().outgoing, b"\x81\x05first");
    assert_eq!(tell_all(&mut scene, &[0], "second", None), [0]);
    assert_eq!(scene.legs[0].wire.0.borrow().outgoing.len(), 10);
    let begun = Load {
        messages: 1,
        bytes: 5,
    };
    assert_eq!(scene.table.waiting(scene.legs[0].member), begun);
}

#[test]
fn a_client_that_takes_nothing_any_more_is_given_up_in_time() {
    let mut scene = Scene::new(1);
    tell_all(&mut scene, &[0], "into the void", None);
    scene.wait(9_999);
    assert_eq!(scene.legs[0].gone, 0);
    scene.wait(2);
    assert_eq!(scene.legs[0].gone, 1);
}

#[test]
fn who_has_ended_is_told_nothing() {
    let mut scene = Scene::new(3);
    for leg in [0, 2, 4] {
        scene.legs[leg].wire.make_room(1_000);
    }
    let (now, id) = (scene.now, scene.legs[0].far.leg);
    let closed = scene.run(0, |splice| splice.close(id, 1000, "done", now));
    closed.unwrap();
    scene.legs[2].wire.tear();
    assert_eq!(tell_all(&mut scene, &[0, 2, 4], "there?", None), [0, 2, 4]);
    scene.settle(0);
    scene.round();
    assert_eq!(scene.legs[0].heard, ["close 1000"]);
    assert_eq!(scene.legs[4].heard, ["there?"]);
    scene.table.close_session(scene.sessions[2].0);
    assert_eq!(tell_all(&mut scene, &[4], "there?", Some(WITHIN)), [4]);
    assert_eq!(scene.table.waiting(scene.legs[4].member), Load::default());
}

#[test]
fn a_broken_session_keeps_the_message_from_nobody() {
    let mut scene = Scene::new(2);
    for leg in [0, 2] {
        scene.legs[leg].wire.make_room(1_000);
    }
    let broken = scene.sessions[0].1.lock();
    let outcome = broken
        .unwrap_or_else(PoisonError::into_inner)
        .run(|_| panic!("on purpose"));
    assert!(outcome.is_err());
    tell_all(&mut scene, &[0, 2], "there?", None);
    scene.round();
    assert_eq!(scene.legs[0].heard, ["close 1011"]);
    assert_eq!(scene.legs[2].heard, ["there?"]);
    assert!(scene.legs[0].told);
}
