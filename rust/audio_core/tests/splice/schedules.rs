//! Anything may happen in any order: nothing is lost uncounted, nothing leaves
//! ahead of its time, nothing panics.

use super::play::{Play, Step};
use super::stage::{frame, settings, text};
use audio_core::splice::leg::Side;
use audio_core::wire::frame::Opcode;
use proptest::prelude::*;

fn step() -> impl Strategy<Value = Step> {
    let which = 0_usize..3;
    prop_oneof![
        6 => (which.clone(), 0_usize..300).prop_map(|(r, ms)| Step::Answer(r, ms)),
        2 => (0_usize..100).prop_map(Step::Speak),
        6 => (0_i64..400).prop_map(Step::Wait),
        4 => (1_usize..40_000).prop_map(Step::Pull),
        2 => which.clone().prop_map(Step::Drop),
        1 => which.clone().prop_map(Step::Finish),
        2 => which.clone().prop_map(Step::Mark),
        2 => (which.clone(), any::<bool>()).prop_map(|(r, starts)| Step::Say(r, starts)),
        2 => prop::option::of(which.clone()).prop_map(Step::Text),
        1 => any::<bool>().prop_map(Step::Pause),
        1 => (which.clone(), 0_u32..2_000).prop_map(|(r, ms)| Step::Playback(r, ms)),
        1 => which.prop_map(Step::Exclude),
        1 => any::<bool>().prop_map(Step::NewClient),
        4 => Just(Step::ReleaseMarks),
    ]
}

proptest! {
    #[test]
    fn all_audio_is_accounted_for(
        paced in any::<bool>(),
        waiting in prop::sample::select(vec![2_usize, 1_000]),
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut settings = settings(paced.then_some(400));
        settings.waiting.messages = waiting;
        let mut play = Play::with(settings);
        for step in steps {
            play.take(step);
            play.check();
        }
        play.finish();
    }

    #[test]
    fn no_bytes_make_it_panic(
        steps in prop::collection::vec(
            prop_oneof![
                step(),
                prop::collection::vec(any::<u8>(), 0..200).prop_map(Step::Noise),
                "\\PC{0,40}".prop_map(|words| Step::Noise(text(Side::Client, &words))),
                Just(Step::Noise(frame(Side::Client, Opcode::Close, &[3, 0xE8]))),
            ],
            1..30,
        ),
    ) {
        let mut play = Play::new(Some(400));
        for step in steps {
            // Marks of holds and ends are all received by the same hand here.
            match step {
                Step::NewClient(_) | Step::ReleaseMarks => {}
                step => play.take(step),
            }
        }
    }
}
