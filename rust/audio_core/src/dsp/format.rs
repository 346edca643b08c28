//! What a stream of audio is: encoding, sample rate, channels.
//!
//! Knows nothing of how one format becomes another, nor of time beyond the rate.

use super::error::AudioError;
use super::rates::RATES_HZ;

/// How one sample is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    /// In the order in which they are listed for whoever asks for another.
    pub const ALL: [Self; 4] = [Self::Pcm16, Self::F32, Self::G711Ulaw, Self::G711Alaw];

    /// The encoding that is written pcm16, f32, `g711_ulaw` or `g711_alaw`.
    pub fn named(name: &str) -> Result<Self, AudioError> {
        let known = Self::ALL.into_iter().find(|known| known.name() == name);
        known.ok_or_else(|| AudioError::Encoding(name.to_owned()))
    }

    /// As `named` takes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pcm16 => "pcm16",
            Self::F32 => "f32",
            Self::G711Ulaw => "g711_ulaw",
            Self::G711Alaw => "g711_alaw",
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

/// Interleaved audio. A frame of it is one sample of each channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    /// `rate_hz` is one of `RATES_HZ`, `channels` 1 or 2.
    pub fn new(encoding: Encoding, rate_hz: u32, channels: u32) -> Result<Self, AudioError> {
        if !RATES_HZ.contains(&rate_hz) {
            return Err(AudioError::Rate(rate_hz));
        }
        if !(1..=2).contains(&channels) {
            return Err(AudioError::Channels(channels));
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

    /// Frames a second.
    pub const fn rate_hz(self) -> u32 {
        self.rate_hz
    }

    /// 1 or 2.
    pub const fn channels(self) -> u32 {
        self.channels
    }

    /// Bytes of one sample of all channels.
    pub const fn frame_bytes(self) -> usize {
        self.encoding.sample_bytes() * self.channels as usize
    }

    /// Whether `bytes` are whole frames.
    pub const fn is_whole(self, bytes: usize) -> bool {
        bytes.is_multiple_of(self.frame_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_have_names() {
        for encoding in Encoding::ALL {
            assert_eq!(Encoding::named(encoding.name()), Ok(encoding));
        }
    }

    #[test]
    fn says_what_was_given_and_what_is_allowed() {
        let words = |refused: AudioError| refused.to_string();
        let refused = |rate, channels| {
            let format = AudioFormat::new(Encoding::Pcm16, rate, channels);
            words(format.unwrap_err())
        };
        assert_eq!(
            words(Encoding::named("mp3").unwrap_err()),
            "encoding \"mp3\" is not one of pcm16, f32, g711_ulaw, g711_alaw"
        );
        assert_eq!(
            words(Encoding::named("opus").unwrap_err()),
            "encoding \"opus\" is not one of pcm16, f32, g711_ulaw, g711_alaw: \
             its packets are no stream of samples"
        );
        assert_eq!(
            refused(7_999, 1),
            "rate 7999 Hz is not one of 8000, 11025, 12000, 16000, 22050, 24000, \
             32000, 44100, 48000, 96000"
        );
        assert_eq!(refused(8_000, 0), "channels are 1 or 2, not 0");
    }

    #[test]
    fn a_frame_has_all_channels() {
        let stereo = AudioFormat::new(Encoding::F32, 48_000, 2).unwrap();
        assert_eq!(stereo.frame_bytes(), 8);
        assert!(stereo.is_whole(16) && !stereo.is_whole(12));
    }
}
