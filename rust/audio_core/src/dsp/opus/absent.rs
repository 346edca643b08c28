//! The names of `libopus` in a build without it: types without values.

use super::NotAPacket;
use crate::dsp::error::AudioError;

/// That libopus is there: never, in this build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Built {}

impl Built {
    /// Always refused.
    pub const fn proof() -> Result<Self, AudioError> {
        Err(AudioError::NoOpus)
    }
}

/// See `libopus`.
#[derive(Debug)]
pub enum Encoder {}

impl Encoder {
    /// Cannot be called.
    pub const fn new(built: Built) -> Self {
        match built {}
    }

    /// Cannot be called.
    pub const fn encode(&mut self, _samples: &[u8]) -> &[u8] {
        match *self {}
    }

    /// Cannot be called.
    pub const fn reset(&mut self) {
        match *self {}
    }
}

/// See `libopus`.
#[derive(Debug)]
pub enum Decoder {}

impl Decoder {
    /// Cannot be called.
    pub const fn new(built: Built) -> Self {
        match built {}
    }

    /// Cannot be called.
    pub const fn decode(
        &mut self,
        _packet: &[u8],
        _samples: &mut Vec<u8>,
    ) -> Result<(), NotAPacket> {
        match *self {}
    }
}
