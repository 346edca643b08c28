//! Lanes that convert, in any schedule: what has left is at every moment, byte for
//! byte, what plain paths make of what has come.

use super::stage::{after, attachment, delta, Stage};
use super::talk::{format, narrow, noise, path, taken, ulaw, Talk};
use audio_core::dsp::format::{AudioFormat, Encoding, PCM16_24K};
use audio_core::dsp::path::AudioPath;
use audio_core::splice::leg::{Attachment, Side};
use audio_core::splice::splice::Splice;
use audio_core::text::base64;
use proptest::prelude::*;

/// What may happen to the lane to the upstream.
#[derive(Clone, Debug)]
enum Spoken {
    Say(usize),
    Commit,
    Clear,
    MoveOn(AudioFormat),
}

fn spoken() -> impl Strategy<Value = Spoken> {
    prop_oneof![
        8 => (1_usize..2_000).prop_map(Spoken::Say),
        2 => Just(Spoken::Commit),
        1 => Just(Spoken::Clear),
        2 => prop::sample::select(taken()).prop_map(Spoken::MoveOn),
    ]
}

/// The lane to the upstream, and a path that does the same.
struct Telling {
    talk: Talk,
    speaks: AudioFormat,
    path: AudioPath,
    said: Vec<u8>,
    expected: Vec<u8>,
    heard: Vec<u8>,
}

impl Telling {
    fn new(speaks: AudioFormat) -> Self {
        let mut talk = Talk::new(speaks);
        talk.upstream_hears(Some(PCM16_24K));
        Self {
            talk,
            speaks,
            path: path(speaks, PCM16_24K),
            said: Vec::new(),
            expected: Vec::new(),
            heard: Vec::new(),
        }
    }

    fn take(&mut self, step: &Spoken) {
        match *step {
            Spoken::Say(frames) => {
                let audio = noise(frames, self.speaks);
                self.talk.says(&audio, &[frames]);
                self.path.process(&audio, &mut self.expected);
                self.said.extend(audio);
            }
            Spoken::Commit => {
                self.talk.commit();
                self.path.flush(&mut self.expected);
            }
            Spoken::Clear => {
                self.talk.stage.run(|splice, _| splice.discard_input());
                self.path.reset();
            }
            Spoken::MoveOn(takes) => {
                self.talk.move_on(takes);
                (self.expected, self.heard) = (Vec::new(), Vec::new());
                self.path = path(self.speaks, takes);
                self.path.process(&self.said, &mut self.expected);
            }
        }
        self.heard.extend(self.talk.heard());
    }
}

/// What may happen to the lane to the client.
#[derive(Clone, Debug)]
enum Answered {
    Audio(usize, usize),
    Done(usize),
    Drop(usize),
}

fn answered() -> impl Strategy<Value = Answered> {
    let which = 0_usize..3;
    prop_oneof![
        8 => (which.clone(), 1_usize..2_000).prop_map(|(r, n)| Answered::Audio(r, n)),
        2 => which.clone().prop_map(Answered::Done),
        1 => which.prop_map(Answered::Drop),
    ]
}

/// The lane to a client that buffers for itself, and a path that does the same.
struct Answering {
    stage: Stage,
    path: AudioPath,
    /// Whose audio is inside the path.
    coming: Option<usize>,
    shut: [bool; 3],
    expected: Vec<u8>,
    heard: Vec<u8>,
}

impl Answering {
    fn new(hears: AudioFormat) -> Self {
        let mut stage = Stage::new(None);
        let attached = Attachment {
            hears: Some(hears.into()),
            ..attachment(Side::Client)
        };
        let leg = stage.client.leg;
        stage
            .run(|splice, now| splice.attach(leg, attached, now))
            .unwrap();
        Self {
            stage,
            path: path(PCM16_24K, hears),
            coming: None,
            shut: [false; 3],
            expected: Vec::new(),
            heard: Vec::new(),
        }
    }

    fn take(&mut self, step: &Answered) {
        match *step {
            Answered::Audio(r, frames) => {
                let audio = noise(frames, PCM16_24K);
                let name = format!("r{r}");
                self.stage.upstream_sends(&delta(&name, &name, &audio));
                if !self.shut[r] {
                    if self.coming != Some(r) {
                        self.path.flush(&mut self.expected);
                        self.coming = Some(r);
                    }
                    self.path.process(&audio, &mut self.expected);
                }
            }
            Answered::Done(r) => {
                self.stage.run(|splice, now| {
                    splice.finish(&format!("r{r}"), now);
                    splice.turn(now);
                });
                self.shut[r] = false;
                if self.coming == Some(r) {
                    self.path.flush(&mut self.expected);
                    self.coming = None;
                }
            }
            Answered::Drop(r) => {
                self.stage
                    .run(|splice, now| splice.drop_response(&format!("r{r}"), now));
                self.shut[r] = true;
                if self.coming == Some(r) {
                    self.path.reset();
                    self.coming = None;
                }
            }
        }
        for message in self.stage.client_hears() {
            let payload = after(&message, r#""audio":""#).as_bytes();
            base64::decode(payload, &mut self.heard).unwrap();
        }
    }
}

fn heard_by_clients() -> Vec<AudioFormat> {
    vec![
        PCM16_24K,
        ulaw(),
        format(Encoding::F32, 48_000, 2),
        format(Encoding::Pcm16, 11_025, 1),
        format(Encoding::G711Alaw, 44_100, 2),
    ]
}

proptest! {
    #[test]
    fn what_is_said_leaves_as_paths_make_it(
        speaks in prop::sample::select(narrow()),
        steps in prop::collection::vec(spoken(), 1..25),
    ) {
        let mut telling = Telling::new(speaks);
        for step in steps {
            telling.take(&step);
            prop_assert!(telling.heard == telling.expected);
        }
    }

    #[test]
    fn what_is_answered_leaves_as_paths_make_it(
        hears in prop::sample::select(heard_by_clients()),
        steps in prop::collection::vec(answered(), 1..25),
    ) {
        let mut answering = Answering::new(hears);
        for step in steps {
            answering.take(&step);
            prop_assert!(answering.heard == answering.expected);
        }
        answering.stage.run(Splice::turn);
    }
}
