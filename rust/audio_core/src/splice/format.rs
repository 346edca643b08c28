//! What audio is on a leg, and the arithmetic between its bytes and the splice's time.

use super::time::{Ticks, TICKS_PER_S};
use crate::dsp::format::AudioFormat;
use crate::dsp::opus;

/// Audio as a leg has it.
///
/// Packets are unpacked when they arrive and made when their frames begin: all that
/// is between has their samples, and audio that is cut or too late was never in a
/// packet. So an encoder and the decoder that hears it never lose sight of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegAudio {
    /// Samples, in chunks of any length.
    Samples(AudioFormat),
    /// Packets of Opus, each a message.
    Opus(opus::Built),
}

impl LegAudio {
    /// The samples, or what packets stand for.
    pub const fn samples(self) -> AudioFormat {
        match self {
            Self::Samples(format) => format,
            Self::Opus(_) => opus::SAMPLES,
        }
    }

    /// Whether it comes in packets.
    pub const fn is_packets(self) -> bool {
        matches!(self, Self::Opus(_))
    }
}

impl From<AudioFormat> for LegAudio {
    fn from(format: AudioFormat) -> Self {
        Self::Samples(format)
    }
}

/// How long audio plays.
pub trait PlayTime {
    /// How long `bytes` play; a broken frame at the end is not counted.
    fn duration(self, bytes: usize) -> Ticks;
    /// Bytes of the whole frames that lie within `duration`.
    fn bytes_within(self, duration: Ticks) -> usize;
}

impl PlayTime for AudioFormat {
    #[expect(clippy::cast_possible_wrap, reason = "no memory holds 2^63 samples")]
    fn duration(self, bytes: usize) -> Ticks {
        let frames = (bytes / self.frame_bytes()) as i64;
        frames * TICKS_PER_S / i64::from(self.rate_hz())
    }

    fn bytes_within(self, duration: Ticks) -> usize {
        let frames = i128::from(duration.max(0)) * i128::from(self.rate_hz());
        (frames / i128::from(TICKS_PER_S)) as usize * self.frame_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::super::time::TICKS_PER_MS;
    use super::*;
    use crate::dsp::format::{Encoding, PCM16_24K};
    use crate::dsp::rates::RATES_HZ;
    use proptest::prelude::*;

    #[test]
    fn forty_milliseconds_of_the_usual_format() {
        assert_eq!(PCM16_24K.duration(1_920), 40 * TICKS_PER_MS);
        assert_eq!(PCM16_24K.bytes_within(40 * TICKS_PER_MS), 1_920);
    }

    proptest! {
        #[test]
        fn bytes_and_time_agree(frames in 0_usize..10_000_000, rate in 0..RATES_HZ.len()) {
            let format = AudioFormat::new(Encoding::F32, RATES_HZ[rate], 2).unwrap();
            let bytes = frames * format.frame_bytes();
            prop_assert_eq!(format.bytes_within(format.duration(bytes)), bytes);
        }
    }
}
