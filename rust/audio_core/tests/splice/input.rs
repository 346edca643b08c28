//! What a client says is one stream to the upstream, said now or again.

use super::talk::{format, narrow, noise, taken, through, ulaw, Talk};
use audio_core::dsp::format::{Encoding, PCM16_24K};
use audio_core::splice::time::{from_ms, Ticks, TICKS_PER_MS};
use proptest::prelude::*;

fn chunk_sizes() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(1_usize..1_500, 1..5)
}

proptest! {
    #[test]
    fn what_waited_for_the_upstream_and_what_followed_are_one_stream(
        speaks in prop::sample::select(narrow()),
        takes in prop::sample::select(taken()),
        sizes in chunk_sizes(),
        (before, behind) in (0_usize..4_000, 0_usize..4_000),
    ) {
        let mut talk = Talk::new(speaks);
        let audio = noise(before + behind, speaks);
        let (waited, followed) = audio.split_at(before * speaks.frame_bytes());
        talk.says(waited, &sizes);
        prop_assert_eq!(talk.heard(), Vec::<u8>::new());
        talk.upstream_hears(Some(takes));
        talk.replay();
        talk.says(followed, &sizes);
        talk.commit();
        prop_assert!(talk.heard() == through(&audio, speaks, takes));
    }

    #[test]
    fn each_upstream_hears_all_from_the_first_source(
        speaks in prop::sample::select(narrow()),
        successors in prop::collection::vec(prop::sample::select(taken()), 1..5),
        sizes in chunk_sizes(),
    ) {
        let mut talk = Talk::new(speaks);
        let frames = 1_000;
        let audio = noise(frames * successors.len(), speaks);
        let mut said = 0;
        for &takes in &successors {
            let piece = said..said + frames * speaks.frame_bytes();
            said = piece.end;
            talk.move_on(takes);
            talk.says(&audio[piece], &sizes);
        }
        talk.commit();
        let last = successors[successors.len() - 1];
        prop_assert!(talk.heard() == through(&audio, speaks, last));
    }

    #[test]
    fn of_what_is_forgotten_a_successor_hears_next_to_nothing(
        speaks in prop::sample::select(narrow()),
        takes in prop::sample::select(taken()),
        sizes in chunk_sizes(),
        turns_frames in prop::collection::vec(2_000_usize..5_000, 1..5),
        (before, behind) in (0_usize..4_000, 0_usize..4_000),
    ) {
        let mut talk = Talk::new(speaks);
        let bytes = |frames| frames * speaks.frame_bytes();
        talk.says(&noise(before, speaks), &sizes);
        talk.move_on(takes);
        let mut turns = Vec::new();
        for frames in turns_frames {
            talk.says(&noise(frames, speaks), &sizes);
            let at = talk.commit();
            turns.push((at, talk.stage.run(|splice, _| splice.input_total())));
        }
        talk.says(&noise(behind, speaks), &sizes);
        // A conversion's tail is time of the upstream's alone, so less is forgotten.
        let most_each = 20 * TICKS_PER_MS;
        let mut tails: Ticks = turns.iter().map(|_| most_each).sum();
        for (at, end) in turns {
            talk.stage.run(|splice, _| splice.forget_input(at));
            let (start_ms, _) = talk.stage.run(|splice, _| splice.ring_span_ms());
            let kept = end - from_ms(start_ms);
            prop_assert!((0..=tails).contains(&kept), "{kept} ticks too much");
            tails -= most_each;
        }
        let held = talk.stage.run(|splice, _| splice.ring_read(Ticks::MIN, Ticks::MAX));
        prop_assert!(held.ends_with(&noise(behind, speaks)));
        prop_assert!(held.len() <= bytes(behind) + bytes(speaks.rate_hz() as usize / 50));
    }

    #[test]
    fn what_is_larger_than_an_upstream_takes_is_held_no_larger(
        takes in prop::sample::select(taken()),
        sizes in chunk_sizes(),
    ) {
        let speaks = format(Encoding::F32, 48_000, 2);
        let mut talk = Talk::new(speaks);
        let audio = noise(9_600, speaks);
        talk.says(&audio[..audio.len() / 2], &sizes);
        talk.upstream_hears(Some(takes));
        let sent = talk.replay();
        prop_assert_eq!(sent, 100 * TICKS_PER_MS);
        talk.says(&audio[audio.len() / 2..], &sizes);
        talk.commit();
        let held = through(&audio, speaks, PCM16_24K);
        prop_assert!(talk.heard() == through(&held, PCM16_24K, takes));
        // A tail takes no time, so what is held begins that much earlier.
        let kept = talk.stage.run(|splice, _| splice.ring_read(Ticks::MIN, Ticks::MAX));
        prop_assert!(kept == held);
    }
}

#[test]
fn an_upstream_that_changes_its_mind_hears_the_rest_of_what_it_took_before() {
    let mut talk = Talk::new(ulaw());
    talk.upstream_hears(Some(PCM16_24K));
    let audio = noise(800, ulaw());
    talk.says(&audio, &[160]);
    let first = talk.heard();
    talk.upstream_hears(Some(format(Encoding::G711Alaw, 8_000, 1)));
    talk.says(&audio, &[160]);
    let second = talk.heard();
    let alaw = through(&audio, ulaw(), format(Encoding::G711Alaw, 8_000, 1));
    assert!(second.ends_with(&alaw));
    let tail = through(&audio, ulaw(), PCM16_24K).len() - first.len();
    // The rest waited for its frame, so it became A-law with what waited.
    assert!((second.len() - alaw.len()).abs_diff(tail / 6) < 100);
}
