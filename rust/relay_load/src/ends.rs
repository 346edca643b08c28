//! The two ends of a session: the client and the upstream that its relay called.
//!
//! What each says and how it judges what it hears. The two know nothing of one another
//! until a chunk tells who said it; from then on nobody else may be heard.

use crate::dialect::Dialect;
use crate::ledger::Ledger;
use crate::script::{Due, Script, MULAW, WORD};
use crate::speech::{Heard, Speech, Stamp};
use crate::tally::{Span, Wrongs};

/// To an upstream, and to a client: the places in what is counted twice.
pub const TO_UPSTREAM: usize = 0;
/// See `TO_UPSTREAM`.
pub const TO_CLIENT: usize = 1;

/// Where the relay is and what is said to it.
#[derive(Clone, Debug)]
pub struct Relay {
    /// Its port on the loopback.
    pub port: u16,
    /// How its clients speak.
    pub dialect: Dialect,
    /// What they ask for.
    pub path: String,
}

/// What is common to all sessions.
pub struct World {
    /// What is said.
    pub speech: Speech,
    /// What is being measured.
    pub span: Span,
    /// What was wrong.
    pub wrongs: Wrongs,
}

/// What one end has said and heard.
#[derive(Debug, Default)]
pub struct Ear {
    /// Chunks said.
    pub said: u32,
    /// Chunks heard.
    pub heard: Ledger,
    /// Who is heard.
    pub from: Option<u32>,
}

impl Ear {
    fn hear(&mut self, heard: Heard, way: usize, now_ns: u64, world: &mut World) {
        let Heard { stamp, unchanged } = heard;
        let stranger = *self.from.get_or_insert(stamp.speaker) != stamp.speaker;
        world.wrongs.changed += u64::from(stranger || !unchanged);
        world.wrongs.note(self.heard.take(stamp.number));
        world.span.heard[way] += 1;
        world.span.took[way].add(now_ns.saturating_sub(stamp.said_ns) / 1000);
    }

    fn stamp(&mut self, speaker: u32, said_ns: u64) -> Stamp {
        let number = self.said;
        self.said += 1;
        Stamp {
            speaker,
            number,
            said_ns,
        }
    }
}

/// A client.
pub struct Near {
    /// Its own among all.
    pub number: u32,
    /// Whether the relay listens.
    pub ready: bool,
    /// When it called.
    pub called_ns: u64,
    /// What it has said and heard.
    pub ear: Ear,
    dialect: Dialect,
    words: Ledger,
    marks: Vec<Vec<u8>>,
}

impl Near {
    /// A client that calls now.
    pub fn new(number: u32, dialect: Dialect, called_ns: u64) -> Self {
        Self {
            number,
            ready: false,
            called_ns,
            ear: Ear::default(),
            dialect,
            words: Ledger::default(),
            marks: Vec::new(),
        }
    }

    /// What it says before anything else; each client is another user.
    pub fn introduction(&self) -> Vec<String> {
        self.dialect.introduction(self.number)
    }

    /// The marks up to which it has played by now, as a telephone sends them back.
    ///
    /// Asked before each chunk of its own, so a mark is back 40 ms after it came, or sooner:
    /// the audio comes as fast as it is played.
    pub fn played(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.marks)
    }

    /// Put the next chunk into `message`.
    pub fn say(&mut self, message: &mut Vec<u8>, now_ns: u64, world: &mut World) {
        let stamp = self.ear.stamp(self.number, now_ns);
        self.dialect
            .say(stamp, message, |out| world.speech.say(stamp, out));
        world.span.said[TO_UPSTREAM] += 1;
    }

    /// A message came; true if it is the one that says that the relay listens.
    pub fn hear(&mut self, message: &[u8], now_ns: u64, world: &mut World) -> bool {
        let welcome = !self.ready && contains(message, self.dialect.welcome());
        if welcome {
            self.ready = true;
            world.span.ready.add((now_ns - self.called_ns) / 1000);
        }
        if let Some(heard) = world.speech.find(message) {
            self.ear.hear(heard, TO_CLIENT, now_ns, world);
        } else if let Some(number) = word_in(message) {
            world.wrongs.note(self.words.take(number));
            world.span.words += 1;
        } else if self.dialect == Dialect::Twilio && contains(message, b"\"mark\"") {
            self.marks.push(message.to_vec());
        } else if contains(message, b"\"error\"") {
            world.wrongs.reason = String::from_utf8_lossy(message).into_owned();
        }
        welcome
    }

    /// How many of so many words have not come; a telephone is told none.
    pub fn words_missing(&self, said: u32) -> u32 {
        match self.dialect {
            Dialect::Twilio => 0,
            _ => said.saturating_sub(self.words.heard()),
        }
    }
}

/// An upstream session.
pub struct Far {
    /// Its own among all.
    pub number: u32,
    /// What it says besides audio.
    pub script: Script,
    /// What it has said and heard.
    pub ear: Ear,
}

impl Far {
    /// A session that somebody has called.
    pub fn new(number: u32) -> Self {
        Self {
            number,
            script: Script::new(number),
            ear: Ear::default(),
        }
    }

    /// Whether it speaks: it does as soon as it is spoken to.
    pub fn speaks(&self) -> bool {
        self.ear.from.is_some()
    }

    /// What is due in this step of 40 ms, message by message to `send`.
    pub fn say(
        &mut self,
        message: &mut Vec<u8>,
        now_ns: u64,
        world: &mut World,
        mut send: impl FnMut(&[u8]),
    ) {
        let due = self.script.step(self.ear.heard.heard());
        if let Due::Events(events) = due {
            for event in &events {
                send(event.as_bytes());
            }
            return;
        }
        if due == Due::AudioAndWord {
            self.script.word(message);
            send(message);
            message.clear();
        }
        self.say_chunk(message, now_ns, world);
        send(message);
    }

    /// A message came; what is to be answered to it, message by message to `send`.
    ///
    /// Who asks for mu-law is a caller, whom nobody tells that the session is there: so
    /// an answer begins at once, as that of a persona which greets.
    pub fn hear(
        &mut self,
        message: &[u8],
        now_ns: u64,
        world: &mut World,
        mut send: impl FnMut(&[u8]),
    ) {
        if let Some(heard) = world.speech.find(message) {
            self.ear.hear(heard, TO_UPSTREAM, now_ns, world);
            return;
        }
        if !contains(message, b"\"session.update\"") {
            return;
        }
        let is_call = contains(message, MULAW.as_bytes());
        send(self.script.updated(is_call).as_bytes());
        if is_call && self.ear.said == 0 {
            for event in self.script.greet() {
                send(event.as_bytes());
            }
            let mut chunk = Vec::new();
            self.say_chunk(&mut chunk, now_ns, world);
            send(&chunk);
        }
    }

    fn say_chunk(&mut self, message: &mut Vec<u8>, now_ns: u64, world: &mut World) {
        let stamp = self.ear.stamp(self.number, now_ns);
        self.script
            .audio(message, |out| world.speech.say(stamp, out));
        world.span.said[TO_CLIENT] += 1;
    }
}

fn contains(message: &[u8], words: &[u8]) -> bool {
    memchr::memmem::find(message, words).is_some()
}

/// The number of the transcript's word in a message, if there is one.
fn word_in(message: &[u8]) -> Option<u32> {
    let start = memchr::memmem::find(message, WORD)? + WORD.len();
    let digits = message.get(start..start + 8)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speech::Encoding;

    fn world() -> World {
        World {
            speech: Speech::of(Encoding::Pcm16),
            span: Span::default(),
            wrongs: Wrongs::default(),
        }
    }

    fn said_by(near: &mut Near, world: &mut World) -> Vec<u8> {
        let mut message = Vec::new();
        near.say(&mut message, 5_000, world);
        message
    }

    fn answers(far: &mut Far, message: &[u8], now_ns: u64, world: &mut World) -> Vec<String> {
        let mut said = Vec::new();
        far.hear(message, now_ns, world, |bytes| {
            said.push(String::from_utf8_lossy(bytes).into_owned());
        });
        said
    }

    #[test]
    fn a_chunk_that_came_is_measured() {
        let (mut world, mut far) = (world(), Far::new(9));
        let mut near = Near::new(3, Dialect::Voice, 0);
        let message = said_by(&mut near, &mut world);
        assert!(answers(&mut far, &message, 105_000, &mut world).is_empty());
        assert!(far.speaks());
        assert_eq!(world.span.took[TO_UPSTREAM].percentile_us(50.0), Some(100));
        assert_eq!(world.wrongs.changed, 0);
    }

    #[test]
    fn nobody_else_may_be_heard() {
        let (mut world, mut far) = (world(), Far::new(9));
        for number in [3, 4] {
            let mut near = Near::new(number, Dialect::Openai, 0);
            let message = said_by(&mut near, &mut world);
            answers(&mut far, &message, 5_000, &mut world);
        }
        assert_eq!(world.wrongs.changed, 1);
    }

    #[test]
    fn a_word_that_is_missing_is_noticed() {
        let (mut world, mut script) = (world(), Script::new(0));
        let mut near = Near::new(3, Dialect::Openai, 0);
        for heard in [true, false, true] {
            let mut message = Vec::new();
            script.word(&mut message);
            if heard {
                assert!(!near.hear(&message, 0, &mut world));
            }
        }
        assert_eq!((near.words_missing(4), world.wrongs.missing), (2, 1));
    }

    #[test]
    fn a_client_is_ready_once_it_is_told() {
        let (mut world, mut near) = (world(), Near::new(3, Dialect::Voice, 0));
        let message = br#"{"type": "session_ready"}"#;
        assert!(near.hear(message, 0, &mut world));
        assert!(!near.hear(message, 0, &mut world));
    }

    #[test]
    fn an_update_of_the_session_is_answered() {
        let (mut world, mut far) = (world(), Far::new(9));
        let said = answers(&mut far, br#"{"type":"session.update"}"#, 0, &mut world);
        assert_eq!(said.len(), 1);
        assert!(said[0].contains("session.updated") && !said[0].contains(MULAW));
    }

    #[test]
    fn a_caller_is_greeted_in_mulaw_and_then_ready() {
        let (mut world, mut far) = (world(), Far::new(9));
        world.speech = Speech::of(Encoding::Mulaw);
        let mut near = Near::new(3, Dialect::Twilio, 0);
        let update = format!(r#"{{"type":"session.update","format":"{MULAW}"}}"#);
        let said = answers(&mut far, update.as_bytes(), 0, &mut world);
        assert!(said[0].contains("session.updated") && said[0].contains(MULAW));
        let chunk = said.last().unwrap().replace("delta", "media");
        assert!(near.hear(chunk.as_bytes(), 0, &mut world));
        assert_eq!(near.ear.from, Some(9));
        assert_eq!(world.wrongs.changed, 0);
    }

    #[test]
    fn a_telephone_sends_each_mark_back_once() {
        let (mut world, mut near) = (world(), Near::new(3, Dialect::Twilio, 0));
        let mark = br#"{"event":"mark","streamSid":"MZ3","mark":{"name":"item_1:40"}}"#;
        assert!(!near.hear(mark, 0, &mut world));
        assert_eq!(near.played(), [mark.to_vec()]);
        assert!(near.played().is_empty());
    }
}
