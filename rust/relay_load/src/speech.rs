//! What is said: 40 ms of sound in base64, with who said it, its number and the time in it.
//!
//! The stamp is made of hexadecimal digits, which are base64 too: it stands at the
//! beginning of a payload and is found again in any envelope without reading JSON.

use audio_core::text::base64;
use memchr::memmem::Finder;
use std::io::Write;

const MAGIC: &[u8; 8] = b"rtproxy+";
const STAMP_BYTES: usize = 8 + 8 + 8 + 16;
const SOUNDS: usize = 64;

/// As what sound is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// At 24 kHz, mono.
    Pcm16,
    /// Of telephones: 8 kHz, a byte for each sample.
    Mulaw,
}

impl Encoding {
    /// Of 40 ms.
    fn bytes(self) -> usize {
        match self {
            Self::Pcm16 => 1920,
            Self::Mulaw => 320,
        }
    }
}

/// What a chunk says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Who said it.
    pub speaker: u32,
    /// Its number among what this one has said.
    pub number: u32,
    /// When, in nanoseconds of the load's clock.
    pub said_ns: u64,
}

/// A chunk that came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    /// What it says of itself.
    pub stamp: Stamp,
    /// Whether every other byte of it is as it was said.
    pub unchanged: bool,
}

/// Some sounds, which come round again and again, all of one length.
pub struct Speech {
    sounds: Vec<Vec<u8>>,
    finder: Finder<'static>,
}

impl Speech {
    /// What is said where it is encoded so.
    pub fn of(encoding: Encoding) -> Self {
        let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
        let mut noise = || {
            // xorshift64: noise enough that no two sounds are alike.
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            (seed >> 56) as u8
        };
        let mut sound = || {
            let bytes: Vec<u8> = (0..encoding.bytes()).map(|_| noise()).collect();
            let mut digits = Vec::new();
            base64::encode(&bytes, &mut digits);
            digits
        };
        Self {
            sounds: (0..SOUNDS).map(|_| sound()).collect(),
            finder: Finder::new(MAGIC),
        }
    }

    /// Append the payload of a chunk.
    pub fn say(&self, stamp: Stamp, out: &mut Vec<u8>) {
        let Stamp {
            speaker,
            number,
            said_ns,
        } = stamp;
        out.extend_from_slice(MAGIC);
        // Writing to memory cannot fail.
        let _ = write!(out, "{speaker:08x}{number:08x}{said_ns:016x}");
        out.extend_from_slice(&self.sound(number)[STAMP_BYTES..]);
    }

    /// The chunk in a message, if there is one.
    pub fn find(&self, message: &[u8]) -> Option<Heard> {
        if message.len() < self.sounds[0].len() {
            return None;
        }
        let payload = &message[self.finder.find(message)?..];
        let stamp = Stamp {
            speaker: u32::try_from(hex(payload.get(8..16)?)?).ok()?,
            number: u32::try_from(hex(payload.get(16..24)?)?).ok()?,
            said_ns: hex(payload.get(24..40)?)?,
        };
        let sound = self.sound(stamp.number);
        let unchanged = payload.get(STAMP_BYTES..sound.len()) == Some(&sound[STAMP_BYTES..])
            && payload.get(sound.len()) == Some(&b'"');
        Some(Heard { stamp, unchanged })
    }

    fn sound(&self, number: u32) -> &[u8] {
        &self.sounds[number as usize % SOUNDS]
    }
}

fn hex(digits: &[u8]) -> Option<u64> {
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAMP: Stamp = Stamp {
        speaker: 7,
        number: 4_000_000_000,
        said_ns: 12_345_678_901,
    };

    const BOTH: [(Encoding, usize); 2] = [(Encoding::Pcm16, 2560), (Encoding::Mulaw, 428)];

    fn message(speech: &Speech) -> Vec<u8> {
        let mut message = br#"{"audio": ""#.to_vec();
        speech.say(STAMP, &mut message);
        message.extend_from_slice(br#"", "more": 1}"#);
        message
    }

    #[test]
    fn what_is_said_is_heard() {
        for (encoding, _) in BOTH {
            let speech = Speech::of(encoding);
            let heard = speech.find(&message(&speech)).unwrap();
            assert_eq!(heard.stamp, STAMP);
            assert!(heard.unchanged);
        }
    }

    #[test]
    fn a_chunk_is_40_ms_of_base64() {
        for (encoding, digits) in BOTH {
            let (speech, mut payload, mut bytes) = (Speech::of(encoding), Vec::new(), Vec::new());
            speech.say(STAMP, &mut payload);
            assert_eq!(payload.len(), digits);
            base64::decode(&payload, &mut bytes).unwrap();
            assert_eq!(bytes.len(), encoding.bytes());
        }
    }

    #[test]
    fn a_changed_digit_is_noticed_wherever_it_is() {
        for (encoding, digits) in BOTH {
            let speech = Speech::of(encoding);
            let whole = message(&speech);
            for place in 11 + STAMP_BYTES..=11 + digits {
                let mut changed = whole.clone();
                changed[place] ^= 1;
                assert!(!speech.find(&changed).unwrap().unchanged, "{place}");
            }
        }
    }

    #[test]
    fn what_has_no_chunk_has_none() {
        let speech = Speech::of(Encoding::Pcm16);
        assert_eq!(speech.find(b"{}"), None);
        assert_eq!(speech.find(&[b'r'; 3000]), None);
        assert_eq!(speech.find(&message(&speech)[..2500]), None);
    }
}
