//! What audio a leg speaks, and the arithmetic between its bytes and its time.
//!
//! Knows nothing of converting one format into another.

use super::refusal::Refusal;
use super::time::{Ticks, TICKS_PER_S};
use std::ops::RangeInclusive;

const RATES_HZ: RangeInclusive<u32> = 8_000..=192_000;
const CHANNELS: RangeInclusive<u32> = 1..=8;

/// How one sample is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Signed 16 bit, little-endian.
    Pcm16,
    /// IEEE float, little-endian, full scale 1.0.
    F32,
    /// ITU-T G.711 mu-law.
    G711Ulaw,
    /// ITU-T G.711 A-law.
    G711Alaw,
}

impl Encoding {
    fn named(name: &str) -> Result<Self, Refusal> {
        match name {
            "pcm16" => Ok(Self::Pcm16),
            "f32" => Ok(Self::F32),
            "g711_ulaw" => Ok(Self::G711Ulaw),
            "g711_alaw" => Ok(Self::G711Alaw),
            _ => Err(Refusal::Format(format!("encoding {name:?} is unknown"))),
        }
    }

    /// Bytes of one sample of one channel.
    pub const fn sample_bytes(self) -> usize {
        match self {
            Self::Pcm16 => 2,
            Self::F32 => 4,
            Self::G711Ulaw | Self::G711Alaw => 1,
        }
    }
}

/// Interleaved audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudioFormat {
    encoding: Encoding,
    rate_hz: u32,
    channels: u32,
}

/// What the upstream speaks unless told otherwise: 24 kHz mono PCM16.
pub const PCM16_24K: AudioFormat = AudioFormat {
    encoding: Encoding::Pcm16,
    rate_hz: 24_000,
    channels: 1,
};

impl AudioFormat {
    /// `encoding` is pcm16, f32, `g711_ulaw` or `g711_alaw`; 8 to 192 kHz; 1 to 8 channels.
    pub fn new(encoding: &str, rate_hz: u32, channels: u32) -> Result<Self, Refusal> {
        let encoding = Encoding::named(encoding)?;
        if !RATES_HZ.contains(&rate_hz) {
            return Err(Refusal::Format(format!("{rate_hz} Hz is out of range")));
        }
        if !CHANNELS.contains(&channels) {
            return Err(Refusal::Format(format!("{channels} channels")));
        }
        Ok(Self {
            encoding,
            rate_hz,
            channels,
        })
    }

    /// How one sample is written.
    pub const fn encoding(self) -> Encoding {
        self.encoding
    }

    /// Bytes of one sample of all channels.
    pub const fn frame_bytes(self) -> usize {
        self.encoding.sample_bytes() * self.channels as usize
    }

    /// How long `bytes` play; a broken sample at the end is not counted.
    #[expect(clippy::cast_possible_wrap, reason = "no memory holds 2^63 samples")]
    pub const fn duration(self, bytes: usize) -> Ticks {
        let frames = (bytes / self.frame_bytes()) as i64;
        frames * TICKS_PER_S / self.rate_hz as i64
    }

    /// Bytes of the whole samples that lie within `duration`.
    pub fn bytes_within(self, duration: Ticks) -> usize {
        let frames = i128::from(duration.max(0)) * i128::from(self.rate_hz);
        (frames / i128::from(TICKS_PER_S)) as usize * self.frame_bytes()
    }

    /// Whether `bytes` are whole samples of all channels.
    pub const fn is_whole(self, bytes: usize) -> bool {
        bytes % self.frame_bytes() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::super::time::TICKS_PER_MS;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn forty_milliseconds_of_the_usual_format() {
        assert_eq!(PCM16_24K.duration(1_920), 40 * TICKS_PER_MS);
        assert_eq!(PCM16_24K.bytes_within(40 * TICKS_PER_MS), 1_920);
    }

    #[test]
    fn says_what_is_wrong() {
        let refused = |encoding, rate, channels| {
            AudioFormat::new(encoding, rate, channels)
                .unwrap_err()
                .to_string()
        };
        assert!(refused("opus", 48_000, 1).contains("opus"));
        assert!(refused("pcm16", 7_999, 1).contains("7999 Hz"));
        assert!(refused("pcm16", 8_000, 0).contains("0 channels"));
    }

    proptest! {
        #[test]
        fn bytes_and_time_agree(frames in 0_usize..10_000_000, rate in 0_usize..5) {
            let rate_hz = [8_000, 16_000, 24_000, 44_100, 48_000][rate];
            let format = AudioFormat::new("f32", rate_hz, 2).unwrap();
            let bytes = frames * format.frame_bytes();
            prop_assert_eq!(format.bytes_within(format.duration(bytes)), bytes);
        }
    }
}
