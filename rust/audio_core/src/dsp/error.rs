//! What the audio parts refuse: wrong arguments, as values.
//!
//! Each says what was given and what is allowed, in words for the caller.

use super::rates::RATES_HZ;
use std::fmt;

/// An argument that cannot be served; nothing has changed.
#[derive(Clone, Debug, PartialEq)]
pub enum AudioError {
    /// No encoding has this name.
    Encoding(String),
    /// No filter is made for this sample rate.
    Rate(u32),
    /// Neither mono nor stereo.
    Channels(u32),
    /// No quality has this name.
    Quality(String),
    /// Opus was asked for, and libopus is not in this build.
    NoOpus,
    /// A gain below 0, above 4, or no number.
    Gain(f32),
    /// A pitch below 0.5, above 2, or no number.
    Pitch(f32),
}

impl fmt::Display for AudioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Encoding(name) => {
                write!(
                    f,
                    "encoding {name:?} is not one of pcm16, f32, g711_ulaw, g711_alaw"
                )?;
                if name == "opus" {
                    f.write_str(": its packets are no stream of samples")?;
                }
                Ok(())
            }
            Self::Rate(rate_hz) => {
                write!(f, "rate {rate_hz} Hz is not one of {}", Listed(&RATES_HZ))
            }
            Self::Channels(channels) => write!(f, "channels are 1 or 2, not {channels}"),
            Self::Quality(name) => {
                write!(f, "quality {name:?} is not one of low_latency, strict")
            }
            Self::NoOpus => f.write_str(
                "opus is not in this build; install cmake and a C compiler, and build again",
            ),
            Self::Gain(gain) => write!(f, "a gain is between 0 and 4, not {gain}"),
            Self::Pitch(ratio) => write!(f, "a pitch is between 0.5 and 2, not {ratio}"),
        }
    }
}

impl std::error::Error for AudioError {}

/// Numbers with commas between them.
struct Listed<'a>(&'a [u32]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<String> = self.0.iter().map(u32::to_string).collect();
        f.write_str(&words.join(", "))
    }
}
