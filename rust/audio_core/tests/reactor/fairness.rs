//! Who floods, breaks or bursts is one among many.

use crate::scene::Scene;
use std::sync::PoisonError;

#[test]
fn a_flood_keeps_nobody_waiting() {
    let mut scene = Scene::new(2);
    for _ in 0..500 {
        scene.say(0, false, 300);
    }
    scene.say(2, false, 0);
    for leg in [0, 2] {
        scene.arrive(leg, usize::MAX);
        scene.legs[leg ^ 1].wire.make_room(1 << 30);
        scene.tell(leg);
    }
    // The other's message needs no more rounds than it has pieces.
    let pieces = scene.legs[2].said[0].len().div_ceil(24) + 1;
    for _ in 0..pieces {
        scene.round();
    }
    assert_eq!(scene.legs[3].heard, scene.legs[2].said);
    assert!(scene.legs[1].heard.len() < 2 && scene.table.has_work());
}

#[test]
fn a_round_is_bounded_however_many_flood() {
    let mut scene = Scene::new(50);
    for session in 0..50 {
        for _ in 0..9 {
            scene.say(2 * session, false, 300);
        }
        scene.arrive(2 * session, usize::MAX);
        scene.legs[2 * session + 1].wire.make_room(1 << 30);
        scene.tell(2 * session);
    }
    let unread = |scene: &Scene| -> Vec<usize> {
        let clients = scene.legs.iter().step_by(2);
        clients
            .map(|leg| leg.wire.0.borrow().incoming.len())
            .collect()
    };
    let before = unread(&scene);
    scene.round();
    let visited = |scene: &Scene| -> usize {
        let pairs = before.iter().zip(unread(scene));
        pairs.filter(|(before, now)| now < before).count()
    };
    assert_eq!(visited(&scene), 8);
    for _ in 0..6 {
        scene.round();
    }
    assert_eq!(visited(&scene), 50, "everybody in turn");
}

#[test]
fn a_panic_takes_its_own_session_with_it() {
    let mut scene = Scene::new(2);
    scene.legs[0].wire.0.borrow_mut().bomb = true;
    for leg in [0, 2] {
        scene.say(leg, false, 0);
        scene.arrive(leg, usize::MAX);
        scene.legs[leg ^ 1].wire.make_room(1 << 30);
        scene.tell(leg);
    }
    for _ in 0..9 {
        scene.round();
    }
    for leg in &scene.legs[..2] {
        assert!(leg.told && leg.gone == 1);
        assert_eq!(leg.wire.0.borrow().closed, 1);
    }
    let mut broken = scene.sessions[0]
        .1
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    assert!(broken.run(|_| ()).is_err());
    drop(broken);
    assert_eq!(scene.legs[3].heard, scene.legs[2].said);
    assert_eq!(scene.table.next_ms(), None);
}
