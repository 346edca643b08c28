//! Anything may happen in any order: nothing is lost uncounted, nothing leaves
//! ahead of its time, nothing panics.

use super::stage::{
    after, attachment, delta, frame, said, settings, sound, text, FarEnd, Stage, LIMITS,
};
use audio_core::dsp::format::PCM16_24K;
use audio_core::splice::format::PlayTime;
use audio_core::splice::inbox::DeliveryKind;
use audio_core::splice::leg::Side;
use audio_core::splice::splice::Splice;
use audio_core::splice::time::{Ticks, TICKS_PER_MS};
use audio_core::text::base64;
use audio_core::wire::frame::Opcode;
use proptest::prelude::*;
use std::collections::BTreeMap;

const RESPONSES: [&str; 3] = ["r0", "r1", "r2"];

#[derive(Clone, Debug)]
enum Step {
    Answer(usize, usize),
    Speak(usize),
    Wait(Ticks),
    Pull(usize),
    Drop(usize),
    Finish(usize),
    Mark(usize, bool),
    Text(Option<usize>),
    Pause(bool),
    Playback(usize, u32),
    Exclude(usize),
    NewClient(bool),
    ReleaseMarks,
    Noise(Vec<u8>),
}

fn step() -> impl Strategy<Value = Step> {
    let which = 0_usize..3;
    prop_oneof![
        6 => (which.clone(), 0_usize..300).prop_map(|(r, ms)| Step::Answer(r, ms)),
        2 => (0_usize..100).prop_map(Step::Speak),
        6 => (0_i64..400).prop_map(Step::Wait),
        4 => (1_usize..40_000).prop_map(Step::Pull),
        2 => which.clone().prop_map(Step::Drop),
        1 => which.clone().prop_map(Step::Finish),
        2 => (which.clone(), any::<bool>()).prop_map(|(r, starts)| Step::Mark(r, starts)),
        2 => prop::option::of(which.clone()).prop_map(Step::Text),
        1 => any::<bool>().prop_map(Step::Pause),
        1 => (which.clone(), 0_u32..2_000).prop_map(|(r, ms)| Step::Playback(r, ms)),
        1 => which.prop_map(Step::Exclude),
        1 => any::<bool>().prop_map(Step::NewClient),
        4 => Just(Step::ReleaseMarks),
    ]
}

/// What has reached the clients, in ticks of audio by item.
#[derive(Default)]
struct Arrived(BTreeMap<String, Ticks>);

impl Arrived {
    fn note(&mut self, message: &str) {
        let mut audio = Vec::new();
        base64::decode(after(message, r#""audio":""#).as_bytes(), &mut audio).unwrap();
        let item = after(message, r#""item":""#).to_owned();
        *self.0.entry(item).or_default() += PCM16_24K.duration(audio.len());
    }
}

struct Play {
    stage: Stage,
    arrived: Arrived,
    corrected: bool,
}

impl Play {
    fn new(lead_ms: Option<u64>, waiting: usize) -> Self {
        let mut settings = settings(lead_ms);
        settings.waiting.messages = waiting;
        Self {
            stage: Stage::with(settings),
            arrived: Arrived::default(),
            corrected: false,
        }
    }

    fn pull(&mut self, most: usize) {
        let Stage {
            splice,
            client,
            now,
            ..
        } = &mut self.stage;
        let bytes = splice.pull(client.leg, *now, most);
        assert!(bytes.len() <= most);
        for one in client.reads(bytes) {
            let message = super::stage::words(&one);
            if message.contains("audio") {
                self.arrived.note(&message);
            }
        }
    }

    fn drain(&mut self) {
        let leg = self.stage.client.leg;
        while self.stage.run(|splice, _| splice.waiting(leg)).messages > 0 {
            self.pull(65_536);
        }
    }

    fn release_marks(&mut self) {
        let leg = self.stage.client.leg;
        while let Some(told) = self.stage.run(|splice, _| splice.receive(leg)) {
            if told.kind == DeliveryKind::Mark {
                self.stage
                    .run(|splice, now| splice.release(leg, told.stamp, now))
                    .unwrap();
            }
        }
    }

    fn new_client(&mut self, forget: bool) {
        self.drain();
        let old = self.stage.client.leg;
        self.release_marks();
        let leg = self.stage.run(|splice, now| {
            splice.detach(Side::Client, now);
            if forget {
                splice.forget(old);
            }
            let leg = splice.open_leg(Side::Client, LIMITS);
            splice.attach(leg, attachment(Side::Client), now).unwrap();
            leg
        });
        self.stage.client = FarEnd::new(leg, Side::Client);
    }

    fn take(&mut self, step: Step) {
        let stage = &mut self.stage;
        match step {
            Step::Answer(r, ms) => {
                stage.upstream_sends(&delta(RESPONSES[r], &format!("i{r}"), &sound(ms)));
            }
            Step::Speak(ms) => stage.client_sends(&said(&sound(ms))),
            Step::Wait(ms) => stage.wait(ms),
            Step::Pull(most) => self.pull(most),
            Step::Drop(r) => {
                stage.run(|splice, now| splice.drop_response(RESPONSES[r], now));
            }
            Step::Finish(r) => stage.run(|splice, now| splice.finish(RESPONSES[r], now)),
            Step::Mark(r, starts) => {
                // Refused without lead, and that is all right here.
                let _ =
                    stage.run(|splice, now| splice.mark(RESPONSES[r], b"m".to_vec(), starts, now));
            }
            Step::Text(r) => stage.run(|splice, now| {
                let response = r.map(|r| RESPONSES[r]);
                splice.send(Side::Client, b"text".to_vec(), false, response, now);
            }),
            Step::Pause(true) => stage.run(Splice::pause),
            Step::Pause(false) => stage.run(Splice::resume),
            Step::Playback(r, ms) => {
                self.corrected = true;
                let played = Ticks::from(ms) * TICKS_PER_MS;
                stage.run(|splice, now| splice.playback(&format!("i{r}"), played, now));
            }
            Step::Exclude(r) => stage.run(|splice, _| splice.exclude(RESPONSES[r])),
            Step::NewClient(forget) => self.new_client(forget),
            Step::ReleaseMarks => self.release_marks(),
            Step::Noise(bytes) => stage.client_sends(&bytes),
        }
    }

    fn check(&mut self) {
        let mut heard = 0;
        for r in 0..RESPONSES.len() {
            let item = format!("i{r}");
            let counted = self.stage.run(|splice, now| splice.counters(&item, now));
            let counted = counted.unwrap_or_default();
            let arrived = self.arrived.0.get(&item).copied().unwrap_or(0);
            assert!(counted.heard <= counted.released, "{item}: {counted:?}");
            assert!(counted.released <= counted.received, "{item}: {counted:?}");
            assert!(
                arrived + counted.dropped <= counted.received,
                "{item}: {counted:?}"
            );
            heard += counted.heard;
        }
        if !self.corrected {
            assert!(
                heard <= self.stage.now,
                "more was heard than there was time"
            );
        }
    }

    /// Let everything come to its end, with a client that is there to hear it: the
    /// last one may have been given up, and the next told that it was.
    fn finish(&mut self) {
        self.stage.run(Splice::resume);
        self.new_client(true);
        self.new_client(true);
        for _ in 0..2_000 {
            self.drain();
            self.release_marks();
            let Some(next) = self.stage.run(|splice, _| splice.next_deadline()) else {
                break;
            };
            self.stage.now = next;
            self.stage.run(Splice::turn);
        }
        self.drain();
        assert_eq!(self.stage.run(|splice, _| splice.next_deadline()), None);
        for r in 0..RESPONSES.len() {
            let item = format!("i{r}");
            let counted = self.stage.run(|splice, now| splice.counters(&item, now));
            let counted = counted.unwrap_or_default();
            let arrived = self.arrived.0.get(&item).copied().unwrap_or(0);
            assert_eq!(
                arrived + counted.dropped,
                counted.received,
                "{item}: {counted:?}"
            );
        }
    }
}

proptest! {
    #[test]
    fn all_audio_is_accounted_for(
        paced in any::<bool>(),
        waiting in prop::sample::select(vec![2_usize, 1_000]),
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut play = Play::new(paced.then_some(400), waiting);
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
        let mut play = Play::new(Some(400), 1_000);
        for step in steps {
            // Marks of holds and ends are all received by the same hand here.
            match step {
                Step::NewClient(_) | Step::ReleaseMarks => {}
                step => play.take(step),
            }
        }
    }
}
