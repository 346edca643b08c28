//! The schedules of the splice's own tests, written by a fuzzer instead of dice.
//!
//! Whatever happens in whatever order: no sample is lost uncounted, none is heard
//! before its time.

#![no_main]

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use play::{Play, Step};

#[path = "../../tests/splice/play.rs"]
#[allow(dead_code, reason = "the tests need more of it")]
mod play;
#[path = "../../tests/splice/stage.rs"]
#[allow(dead_code, reason = "the tests need more of it")]
mod stage;

fn step(bytes: &mut Unstructured) -> Result<Step> {
    let kind = bytes.int_in_range(0..=12)?;
    let which = bytes.int_in_range(0..=2)?;
    let flag = bytes.ratio(1, 2)?;
    Ok(match kind {
        0 | 1 => Step::Answer(which, bytes.int_in_range(0..=300)?),
        2 => Step::Speak(bytes.int_in_range(0..=100)?),
        3 => Step::Wait(bytes.int_in_range(0..=400)?),
        4 => Step::Pull(bytes.int_in_range(1..=40_000)?),
        5 => Step::Drop(which),
        6 => Step::Finish(which),
        7 => Step::Mark(which),
        8 => Step::Text(flag.then_some(which)),
        9 => Step::Pause(flag),
        10 if flag => Step::Playback(which, bytes.int_in_range(0..=2_000)?),
        10 => Step::NewClient(which == 0),
        11 => Step::Say(which, flag),
        _ => Step::ReleaseMarks,
    })
}

fuzz_target!(|data: &[u8]| {
    let mut bytes = Unstructured::new(data);
    let mut play = Play::new(bytes.ratio(1, 2).unwrap_or(false).then_some(400));
    while !bytes.is_empty() {
        let Ok(step) = step(&mut bytes) else { break };
        play.take(step);
        play.check();
    }
    play.finish();
});
