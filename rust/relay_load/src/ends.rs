//! The two ends of a session: the client and the upstream that its relay called.
//!
//! What each says and how it judges what it hears. The two know nothing of one another
//! until a chunk tells who said it; from then on nobody else may be heard.

use crate::ledger::Ledger;
use crate::script::{Due, Script, WORD};
use crate::speech::{Heard, Speech, Stamp};
use crate::tally::{Span, Wrongs};

/// To an upstream, and to a client: the places in what is counted twice.
pub const TO_UPSTREAM: usize = 0;
/// See `TO_UPSTREAM`.
pub const TO_CLIENT: usize = 1;

/// How a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// The proxy's own for small frontends.
    Voice,
    /// The proxy's own for apps with users, whose clients introduce themselves.
    Companion,
    /// The upstream's, passed through.
    Openai,
    /// The same in its beta shape.
    Beta,
}

impl Dialect {
    /// What its handshake has besides what every handshake has: whole lines.
    pub fn headers(self) -> &'static str {
        match self {
            Self::Voice | Self::Companion | Self::Openai => "",
            Self::Beta => "OpenAI-Beta: realtime=v1\r\n",
        }
    }

    /// What a message with audio begins with, up to the payload.
    fn opening(self) -> &'static [u8] {
        match self {
            Self::Voice => br#"{"type":"audio_input","audio":""#,
            Self::Companion => br#"{"type":"audio","data":{"audio":""#,
            Self::Openai | Self::Beta => br#"{"type":"input_audio_buffer.append","audio":""#,
        }
    }

    /// What such a message ends with, behind the payload.
    fn closing(self) -> &'static [u8] {
        match self {
            Self::Companion => b"\"}}",
            Self::Voice | Self::Openai | Self::Beta => b"\"}",
        }
    }

    /// What is in the message that says that the relay listens.
    fn welcome(self) -> &'static [u8] {
        match self {
            Self::Voice | Self::Companion => b"session_ready",
            Self::Openai | Self::Beta => b"session.created",
        }
    }
}

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
        }
    }

    /// What it says before anything else; each client is another user.
    pub fn introduction(&self) -> Vec<String> {
        if self.dialect != Dialect::Companion {
            return Vec::new();
        }
        let number = self.number;
        vec![
            format!(r#"{{"type":"auth","data":{{"userId":"load-{number}"}}}}"#),
            r#"{"type":"start_realtime","data":{}}"#.to_owned(),
        ]
    }

    /// Put the next chunk into `message`.
    pub fn say(&mut self, message: &mut Vec<u8>, now_ns: u64, world: &mut World) {
        message.extend_from_slice(self.dialect.opening());
        world
            .speech
            .say(self.ear.stamp(self.number, now_ns), message);
        message.extend_from_slice(self.dialect.closing());
        world.span.said[TO_UPSTREAM] += 1;
    }

    /// A message came; true if it is the one that says that the relay listens.
    pub fn hear(&mut self, message: &[u8], now_ns: u64, world: &mut World) -> bool {
        if let Some(heard) = world.speech.find(message) {
            self.ear.hear(heard, TO_CLIENT, now_ns, world);
        } else if let Some(number) = word_in(message) {
            world.wrongs.note(self.words.take(number));
            world.span.words += 1;
        } else if !self.ready && contains(message, self.dialect.welcome()) {
            self.ready = true;
            world.span.ready.add((now_ns - self.called_ns) / 1000);
            return true;
        } else if contains(message, b"\"error\"") {
            world.wrongs.reason = String::from_utf8_lossy(message).into_owned();
        }
        false
    }

    /// How many words have come.
    pub fn words(&self) -> u32 {
        self.words.heard()
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
        let due = self.script.step();
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
        let stamp = self.ear.stamp(self.number, now_ns);
        self.script
            .audio(message, |out| world.speech.say(stamp, out));
        send(message);
        world.span.said[TO_CLIENT] += 1;
    }

    /// A message came; what is to be answered to it.
    pub fn hear(&mut self, message: &[u8], now_ns: u64, world: &mut World) -> Option<String> {
        if let Some(heard) = world.speech.find(message) {
            self.ear.hear(heard, TO_UPSTREAM, now_ns, world);
            return None;
        }
        contains(message, b"\"session.update\"").then(|| self.script.updated())
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

    fn world() -> World {
        World {
            speech: Speech::default(),
            span: Span::default(),
            wrongs: Wrongs::default(),
        }
    }

    fn said_by(near: &mut Near, world: &mut World) -> Vec<u8> {
        let mut message = Vec::new();
        near.say(&mut message, 5_000, world);
        message
    }

    #[test]
    fn a_chunk_that_came_is_measured() {
        let (mut world, mut far) = (world(), Far::new(9));
        let mut near = Near::new(3, Dialect::Voice, 0);
        let message = said_by(&mut near, &mut world);
        assert_eq!(far.hear(&message, 105_000, &mut world), None);
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
            far.hear(&message, 5_000, &mut world);
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
        assert_eq!((near.words(), world.wrongs.missing), (2, 1));
    }

    #[test]
    fn a_client_in_an_envelope_introduces_itself_and_is_heard() {
        let (mut world, mut far) = (world(), Far::new(9));
        let mut near = Near::new(3, Dialect::Companion, 0);
        assert!(near.introduction()[0].contains("load-3"));
        let message = said_by(&mut near, &mut world);
        assert!(message.ends_with(b"\"}}"));
        far.hear(&message, 5_000, &mut world);
        assert!(far.speaks());
        assert_eq!(world.wrongs.changed, 0);
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
        let answer = far.hear(br#"{"type":"session.update"}"#, 0, &mut world);
        assert!(answer.unwrap().contains("session.updated"));
    }
}
