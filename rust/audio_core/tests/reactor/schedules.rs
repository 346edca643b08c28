//! Any schedule of peers, kernel, clock and Python: nothing is lost, doubled or
//! reordered, nobody waits for ever, every socket is closed once.

use crate::scene::Scene;
use proptest::prelude::*;

const SESSIONS: usize = 2;

#[derive(Clone, Copy, Debug)]
enum Step {
    Say(usize, bool, usize),
    Arrive(usize, usize),
    MakeRoom(usize, usize),
    Tell(usize),
    /// The kernel says that something is there, and nothing is.
    Mislead(usize),
    Round,
    Receive(usize),
    Touch(usize),
    Wait(u64),
}

#[derive(Clone, Debug)]
enum End {
    Goodbye(usize),
    Fin(usize),
    Torn(usize),
    Close(usize),
    Abort(usize),
    CloseSession(usize),
}

fn leg() -> impl Strategy<Value = usize> {
    0..SESSIONS * 2
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let bytes = prop_oneof![Just(1_usize), 0_usize..40, 0_usize..2_000];
    let padding = prop_oneof![0_usize..8, 0_usize..300];
    let step = prop_oneof![
        3 => (leg(), any::<bool>(), padding).prop_map(|(leg, held, size)| Step::Say(leg, held, size)),
        4 => (leg(), bytes.clone()).prop_map(|(leg, bytes)| Step::Arrive(leg, bytes)),
        3 => (leg(), bytes).prop_map(|(leg, bytes)| Step::MakeRoom(leg, bytes)),
        4 => leg().prop_map(Step::Tell),
        1 => leg().prop_map(Step::Mislead),
        4 => Just(Step::Round),
        2 => leg().prop_map(Step::Receive),
        1 => (0..SESSIONS).prop_map(Step::Touch),
        1 => (0_u64..50).prop_map(Step::Wait),
    ];
    proptest::collection::vec(step, 0..80)
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![
        leg().prop_map(End::Goodbye),
        leg().prop_map(End::Fin),
        leg().prop_map(End::Torn),
        leg().prop_map(End::Close),
        leg().prop_map(End::Abort),
        (0..SESSIONS).prop_map(End::CloseSession),
    ]
}

fn take(scene: &mut Scene, step: Step) {
    match step {
        Step::Say(leg, held, padding) if !scene.legs[leg].ending => scene.say(leg, held, padding),
        Step::Say(..) => {}
        Step::Arrive(leg, bytes) => scene.arrive(leg, bytes),
        Step::MakeRoom(leg, bytes) => scene.legs[leg].wire.make_room(bytes),
        Step::Tell(leg) => scene.tell(leg),
        Step::Mislead(leg) => scene.legs[leg].wire.arrive([]),
        Step::Round => scene.round(),
        Step::Receive(leg) => scene.receive(leg),
        Step::Touch(session) => scene.settle(session),
        Step::Wait(ms) => scene.wait(ms),
    }
}

fn end_by(scene: &mut Scene, end: &End) {
    let (End::Goodbye(leg) | End::Fin(leg) | End::Torn(leg) | End::Close(leg) | End::Abort(leg)) =
        *end
    else {
        let End::CloseSession(session) = *end else {
            unreachable!("the other ends are of legs")
        };
        scene.table.close_session(scene.sessions[session].0);
        for leg in [2 * session, 2 * session + 1] {
            (scene.legs[leg].ending, scene.legs[leg].told) = (true, false);
            scene.legs[leg].gone = 1; // nothing is told of it
        }
        return;
    };
    let (session, member, id) = {
        let leg = &mut scene.legs[leg];
        leg.ending = true;
        (leg.session, leg.member, leg.far.leg)
    };
    let now = scene.now;
    match end {
        End::Goodbye(_) => scene.say_goodbye(leg),
        End::Fin(_) => scene.legs[leg].wire.end(),
        End::Torn(_) => scene.legs[leg].wire.tear(),
        End::Close(_) => {
            let closed = scene.run(session, |splice| splice.close(id, 1000, "done", now));
            closed.unwrap();
            scene.table.end_within(member, now);
            scene.settle(session);
        }
        _ => {
            scene.table.abort(member, now);
            scene.settle(session);
        }
    }
}

/// What each peer must have heard: all that the other has said, or, where one of
/// the two has ended, a beginning of it.
fn check_words(scene: &Scene) -> Result<(), TestCaseError> {
    for (at, leg) in scene.legs.iter().enumerate() {
        let other = &scene.legs[Scene::other(at)];
        let heard: Vec<&String> = leg
            .heard
            .iter()
            .filter(|words| words.starts_with('{'))
            .collect();
        let whole = !leg.ending && !other.ending;
        prop_assert!(heard.len() <= other.said.len());
        prop_assert!(!whole || heard.len() == other.said.len(), "lost messages");
        prop_assert!(heard
            .iter()
            .zip(&other.said)
            .all(|(heard, said)| *heard == said));
        prop_assert!(!whole || leg.received == leg.said.len(), "lost deliveries");
    }
    Ok(())
}

/// Let the time of all that is bounded pass.
fn outlive(scene: &mut Scene) -> Result<(), TestCaseError> {
    for _ in 0..1_000 {
        scene.quieten();
        match scene.table.next_ms() {
            Some(next_ms) => {
                let now_ms = (scene.now / audio_core::splice::time::TICKS_PER_MS) as u64;
                scene.wait(next_ms.saturating_sub(now_ms).max(1));
            }
            None => return Ok(()),
        }
    }
    Err(TestCaseError::fail("there is always a deadline"))
}

proptest! {
    #[test]
    fn nothing_is_lost(steps in steps()) {
        let mut scene = Scene::new(SESSIONS);
        for step in steps {
            take(&mut scene, step);
        }
        scene.quieten();
        check_words(&scene)?;
        prop_assert!(scene.legs.iter().all(|leg| leg.gone == 0));
        let sum = |leg: &crate::scene::Leg| leg.wire.0.borrow().closed;
        prop_assert!(scene.legs.iter().all(|leg| sum(leg) == 0));
    }

    #[test]
    fn who_ends_is_closed_once_and_in_time(
        before in steps(),
        ends in proptest::collection::vec((end(), steps()), 1..4),
    ) {
        let mut scene = Scene::new(SESSIONS);
        for step in before {
            take(&mut scene, step);
        }
        for (end, steps) in &ends {
            end_by(&mut scene, end);
            for step in steps.iter().copied() {
                take(&mut scene, step);
            }
        }
        outlive(&mut scene)?;
        check_words(&scene)?;
        for leg in &scene.legs {
            let closed = usize::from(leg.ending);
            prop_assert_eq!((leg.wire.0.borrow().closed, leg.gone), (closed, closed));
        }
    }
}
