//! A session on which anything may happen in any order, and the books that are kept of
//! its audio and its words. Knows nothing of where the steps come from.

use super::stage::{after, attachment, delta, said, settings, sound, words, FarEnd, Stage, LIMITS};
use audio_core::dsp::format::PCM16_24K;
use audio_core::splice::format::PlayTime;
use audio_core::splice::inbox::DeliveryKind;
use audio_core::splice::leg::Side;
use audio_core::splice::splice::{Settings, Splice};
use audio_core::splice::time::{Ticks, TICKS_PER_MS};
use audio_core::text::base64;
use std::collections::BTreeMap;

const RESPONSES: [&str; 3] = ["r0", "r1", "r2"];

/// Responses are named by a number below 3.
#[derive(Clone, Debug)]
pub enum Step {
    Answer(usize, usize),
    Speak(usize),
    Wait(Ticks),
    Pull(usize),
    Drop(usize),
    Finish(usize),
    Mark(usize),
    Say(usize, bool),
    Text(Option<usize>),
    Pause(bool),
    Playback(usize, u32),
    Exclude(usize),
    NewClient(bool),
    ReleaseMarks,
    Noise(Vec<u8>),
}

/// What has reached the clients.
#[derive(Default)]
struct Arrived {
    /// In ticks, by item.
    audio: BTreeMap<String, Ticks>,
    /// The number of the last, by what they are of: each of these lines keeps its order.
    words: BTreeMap<String, usize>,
    /// How many.
    told: usize,
}

impl Arrived {
    fn note(&mut self, message: &str) {
        if message.contains("audio") {
            self.note_audio(message);
        } else if let Some((line, number)) = message.rsplit_once(' ') {
            let number = number
                .parse()
                .expect("what is no audio ends with its number");
            if line != "close" {
                let last = self.words.insert(line.to_owned(), number);
                assert!(last < Some(number), "{message} came behind {last:?}");
                self.told += 1;
            }
        }
    }

    fn note_audio(&mut self, message: &str) {
        let mut audio = Vec::new();
        base64::decode(after(message, r#""audio":""#).as_bytes(), &mut audio).unwrap();
        let item = after(message, r#""item":""#).to_owned();
        *self.audio.entry(item).or_default() += PCM16_24K.duration(audio.len());
    }
}

/// The session, what arrived of it, and whether a client has said what it played.
pub struct Play {
    pub stage: Stage,
    arrived: Arrived,
    corrected: bool,
    /// Messages for the client so far, each with its number.
    told: usize,
    /// With as many of them it may be given up.
    bound: usize,
    /// Some may have waited for a client that was left.
    left: bool,
}

impl Play {
    pub fn new(lead_ms: Option<u64>) -> Self {
        Self::with(settings(lead_ms))
    }

    pub fn with(settings: Settings) -> Self {
        Self {
            stage: Stage::with(settings),
            arrived: Arrived::default(),
            corrected: false,
            told: 0,
            bound: settings.waiting.messages,
            left: false,
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
            self.arrived.note(&words(&one));
        }
    }

    fn drain(&mut self) {
        let leg = self.stage.client.leg;
        while self.stage.run(|splice, _| splice.waiting(leg)).messages > 0 {
            self.pull(65_536);
        }
    }

    /// Whether there were any.
    fn release_marks(&mut self) -> bool {
        let leg = self.stage.client.leg;
        let mut any = false;
        while let Some(told) = self.stage.run(|splice, _| splice.receive(leg)) {
            if told.kind == DeliveryKind::Mark {
                any = true;
                self.stage
                    .run(|splice, now| splice.release(leg, told.stamp, now))
                    .unwrap();
            }
        }
        any
    }

    fn new_client(&mut self, forget: bool) {
        self.drain();
        let old = self.stage.client.leg;
        self.left |= self.release_marks();
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

    pub fn take(&mut self, step: Step) {
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
            Step::Mark(r) => {
                // Refused without lead, and that is all right here.
                let _ = stage.run(|splice, now| splice.mark(RESPONSES[r], b"m".to_vec(), now));
            }
            Step::Say(r, starts) => {
                let words = [self.told + 1, self.told + 2].map(|number| format!("said {number}"));
                let told = words.map(String::into_bytes).to_vec();
                let said = stage
                    .run(|splice, now| splice.say_when_played(RESPONSES[r], told, starts, now));
                self.told += if said.is_ok() { 2 } else { 0 };
            }
            Step::Text(r) => {
                self.told += 1;
                let response = r.map(|r| RESPONSES[r]);
                let words = format!("text of {} {}", response.unwrap_or("nobody"), self.told);
                stage.run(|splice, now| {
                    splice.send(Side::Client, words.into_bytes(), false, response, now);
                });
            }
            Step::Pause(true) => stage.run(Splice::pause),
            Step::Pause(false) => stage.run(Splice::resume),
            Step::Playback(r, ms) => {
                self.corrected = true;
                let played = Ticks::from(ms) * TICKS_PER_MS;
                stage.run(|splice, now| splice.playback(&format!("i{r}"), played, now));
            }
            Step::Exclude(r) => stage.run(|splice, _| splice.exclude(RESPONSES[r])),
            Step::NewClient(forget) => self.new_client(forget),
            Step::ReleaseMarks => {
                self.release_marks();
            }
            Step::Noise(bytes) => stage.client_sends(&bytes),
        }
    }

    /// No more was heard than released, released than received, or lost uncounted.
    pub fn check(&mut self) {
        let mut heard = 0;
        for r in 0..RESPONSES.len() {
            let item = format!("i{r}");
            let counted = self.stage.run(|splice, now| splice.counters(&item, now));
            let counted = counted.unwrap_or_default();
            let arrived = self.arrived.audio.get(&item).copied().unwrap_or(0);
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

    /// Let everything come to its end: each sample has arrived or was counted as lost, and
    /// each message has arrived. The last client may have been given up, and the next told
    /// that it was.
    pub fn finish(&mut self) {
        self.stage.run(Splice::resume);
        self.release_marks();
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
            let arrived = self.arrived.audio.get(&item).copied().unwrap_or(0);
            assert_eq!(
                arrived + counted.dropped,
                counted.received,
                "{item}: {counted:?}"
            );
        }
        if self.told < self.bound && !self.left {
            assert_eq!(self.arrived.told, self.told, "a message was lost");
        }
    }
}
