//! How clients speak: what is around the audio in each dialect of the proxy's.

use crate::speech::{Encoding, Stamp};
use std::io::Write;

/// The dialect of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// The proxy's own for small frontends.
    Voice,
    /// The proxy's own for apps with users, whose clients introduce themselves.
    Companion,
    /// The proxy's own for chat by voice and text.
    Conversation,
    /// The upstream's, passed through.
    Openai,
    /// The same in its beta shape.
    Beta,
    /// That of telephone calls.
    Twilio,
}

impl Dialect {
    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "voice" => Some(Self::Voice),
            "companion" => Some(Self::Companion),
            "conversation" => Some(Self::Conversation),
            "openai" => Some(Self::Openai),
            "beta" => Some(Self::Beta),
            "twilio" => Some(Self::Twilio),
            _ => None,
        }
    }

    /// As what its clients say and hear sound.
    pub fn encoding(self) -> Encoding {
        match self {
            Self::Twilio => Encoding::Mulaw,
            _ => Encoding::Pcm16,
        }
    }

    /// What its handshake has besides what every handshake has: whole lines.
    pub fn headers(self) -> &'static str {
        match self {
            Self::Beta => "OpenAI-Beta: realtime=v1\r\n",
            _ => "",
        }
    }

    /// What client `number` says before anything else: each is another user or call.
    pub fn introduction(self, number: u32) -> Vec<String> {
        match self {
            Self::Companion => vec![
                format!(r#"{{"type":"auth","data":{{"userId":"load-{number}"}}}}"#),
                r#"{"type":"start_realtime","data":{}}"#.to_owned(),
            ],
            Self::Twilio => vec![
                r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#.to_owned(),
                start(number),
            ],
            _ => Vec::new(),
        }
    }

    /// Append the message of a chunk of audio, whose payload `payload` appends.
    pub fn say(self, stamp: Stamp, out: &mut Vec<u8>, payload: impl FnOnce(&mut Vec<u8>)) {
        let (opening, closing): (&[u8], &[u8]) = match self {
            Self::Voice => (br#"{"type":"audio_input","audio":""#, b"\"}"),
            Self::Companion => (br#"{"type":"audio","data":{"audio":""#, b"\"}}"),
            Self::Conversation => (br#"{"type":"audio","audio":""#, b"\"}"),
            Self::Openai | Self::Beta => {
                (br#"{"type":"input_audio_buffer.append","audio":""#, b"\"}")
            }
            Self::Twilio => return say_by_telephone(stamp, out, payload),
        };
        out.extend_from_slice(opening);
        payload(out);
        out.extend_from_slice(closing);
    }

    /// What is in the message that says that the relay listens.
    pub fn welcome(self) -> &'static [u8] {
        match self {
            Self::Voice | Self::Companion | Self::Conversation => b"session_ready",
            Self::Openai | Self::Beta => b"session.created",
            // Nothing tells a telephone so but that it is spoken to.
            Self::Twilio => b"\"media\"",
        }
    }
}

/// How a call begins, with all fields that Twilio documents.
fn start(number: u32) -> String {
    format!(
        concat!(
            r#"{{"event":"start","sequenceNumber":"1","start":{{"accountSid":"AC1","#,
            r#""streamSid":"MZ{number:032x}","callSid":"CA{number:032x}","tracks":["inbound"],"#,
            r#""mediaFormat":{{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}},"#,
            r#""customParameters":{{}}}},"streamSid":"MZ{number:032x}"}}"#
        ),
        number = number
    )
}

fn say_by_telephone(stamp: Stamp, out: &mut Vec<u8>, payload: impl FnOnce(&mut Vec<u8>)) {
    let Stamp {
        speaker, number, ..
    } = stamp;
    let (sequence, chunk, at_ms) = (number + 2, number + 1, u64::from(number) * 40);
    // Writing to memory cannot fail.
    let _ = write!(
        out,
        concat!(
            r#"{{"event":"media","sequenceNumber":"{}","media":{{"track":"inbound","#,
            r#""chunk":"{}","timestamp":"{}","payload":""#
        ),
        sequence, chunk, at_ms
    );
    payload(out);
    let _ = write!(out, r#""}},"streamSid":"MZ{speaker:032x}"}}"#);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(dialect: Dialect) -> String {
        let stamp = Stamp {
            speaker: 3,
            number: 1,
            said_ns: 0,
        };
        let mut out = Vec::new();
        dialect.say(stamp, &mut out, |out| out.extend_from_slice(b"AAAA"));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn each_user_of_an_app_is_another() {
        assert!(Dialect::Companion.introduction(3)[0].contains("load-3"));
        assert!(Dialect::Conversation.introduction(3).is_empty());
        assert!(said(Dialect::Companion).ends_with(r#""data":{"audio":"AAAA"}}"#));
    }

    #[test]
    fn a_call_bears_the_sid_of_its_start() {
        let sid = r#""streamSid":"MZ00000000000000000000000000000003""#;
        assert!(Dialect::Twilio.introduction(3)[1].ends_with(&format!("{sid}}}")));
        assert_eq!(
            said(Dialect::Twilio),
            format!(
                concat!(
                    r#"{{"event":"media","sequenceNumber":"3","media":{{"track":"inbound","#,
                    r#""chunk":"2","timestamp":"40","payload":"AAAA"}},{sid}}}"#
                ),
                sid = sid
            )
        );
    }
}
