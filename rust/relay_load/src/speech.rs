//! What is said: 40 ms of sound in base64, with who said it, its number and the time in it.
//!
//! The stamp is made of hexadecimal digits, which are base64 too: it stands at the
//! beginning of a payload and is found again in any envelope without reading JSON.

use memchr::memmem::Finder;
use std::io::Write;

/// Base64 digits of 40 ms of PCM16 at 24 kHz mono.
pub const PAYLOAD_BYTES: usize = 2560;
const MAGIC: &[u8; 8] = b"rtproxy+";
const STAMP_BYTES: usize = 8 + 8 + 8 + 16;
const SOUNDS: usize = 64;
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

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

/// Some sounds, which come round again and again.
pub struct Speech {
    sounds: Vec<[u8; PAYLOAD_BYTES]>,
    finder: Finder<'static>,
}

impl Default for Speech {
    fn default() -> Self {
        let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
        let mut digit = || {
            // xorshift64: noise enough that no two sounds are alike.
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            DIGITS[(seed >> 58) as usize]
        };
        let sounds = (0..SOUNDS).map(|_| std::array::from_fn(|_| digit()));
        Self {
            sounds: sounds.collect(),
            finder: Finder::new(MAGIC),
        }
    }
}

impl Speech {
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
        if message.len() < PAYLOAD_BYTES {
            return None;
        }
        let payload = &message[self.finder.find(message)?..];
        let stamp = Stamp {
            speaker: u32::try_from(hex(payload.get(8..16)?)?).ok()?,
            number: u32::try_from(hex(payload.get(16..24)?)?).ok()?,
            said_ns: hex(payload.get(24..40)?)?,
        };
        let rest = payload.get(STAMP_BYTES..PAYLOAD_BYTES);
        let unchanged = rest == Some(&self.sound(stamp.number)[STAMP_BYTES..])
            && payload.get(PAYLOAD_BYTES) == Some(&b'"');
        Some(Heard { stamp, unchanged })
    }

    fn sound(&self, number: u32) -> &[u8; PAYLOAD_BYTES] {
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

    fn message() -> Vec<u8> {
        let mut message = br#"{"audio": ""#.to_vec();
        Speech::default().say(STAMP, &mut message);
        message.extend_from_slice(br#"", "more": 1}"#);
        message
    }

    #[test]
    fn what_is_said_is_heard() {
        let heard = Speech::default().find(&message()).unwrap();
        assert_eq!(heard.stamp, STAMP);
        assert!(heard.unchanged);
    }

    #[test]
    fn a_changed_digit_is_noticed_wherever_it_is() {
        let speech = Speech::default();
        let whole = message();
        for place in 11 + STAMP_BYTES..=11 + PAYLOAD_BYTES {
            let mut changed = whole.clone();
            changed[place] ^= 1;
            assert!(!speech.find(&changed).unwrap().unchanged, "{place}");
        }
    }

    #[test]
    fn what_has_no_chunk_has_none() {
        let speech = Speech::default();
        assert_eq!(speech.find(b"{}"), None);
        assert_eq!(speech.find(&[b'r'; 3000]), None);
        assert_eq!(speech.find(&message()[..2500]), None);
    }
}
