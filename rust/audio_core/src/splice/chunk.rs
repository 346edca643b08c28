//! One message's audio on its way through a lane.

use super::time::{Ticks, NEVER};
use crate::dsp::format::AudioFormat;
use std::ops::Range;

/// Names an item for the life of its splice.
pub type ItemId = u64;

/// What is kept of the message that brought the audio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// All of it, for a wrap that passes it on.
    Message {
        /// The message as it came.
        raw: Vec<u8>,
        /// Whether it came as bytes, not as text.
        binary: bool,
        /// Where the value of its `type` lies, inside the quotes.
        kind: Range<usize>,
        /// Where its base64 lies (its audio, if it is binary).
        payload: Range<usize>,
    },
    /// Its audio, in the format that the chunk names.
    Audio(Vec<u8>),
}

impl Body {
    /// Bytes that are held.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Message { raw, .. } => raw.len(),
            Self::Audio(audio) => audio.len(),
        }
    }

    /// The memory that is held.
    pub fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Message { raw, .. } => raw,
            Self::Audio(audio) => audio,
        }
    }
}

/// A run of audio that leaves as one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// What there is to send.
    pub body: Body,
    /// Of its audio.
    pub format: AudioFormat,
    /// Whose audio it is; `None` for input, and for audio that is not counted.
    pub item: Option<ItemId>,
    /// How long it plays; for audio that could not be decoded, about.
    pub length: Ticks,
    /// The end of it within its item.
    pub until: Ticks,
    /// When its time has passed and it is worth nothing any more.
    pub expires: Ticks,
    /// Whether it is the last of its part: a conversion's tail goes with it.
    pub ends: bool,
}

impl Chunk {
    /// Audio that belongs to no item and never expires.
    pub const fn anonymous(body: Body, format: AudioFormat, length: Ticks) -> Self {
        Self {
            body,
            format,
            item: None,
            length,
            until: 0,
            expires: NEVER,
            ends: false,
        }
    }
}
