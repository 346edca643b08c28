//! How loud the last chunk of one direction was.
//!
//! A sink: it looks at the audio that passes and holds nothing up.

use super::time::Ticks;
use crate::dsp::format::{AudioFormat, Encoding};

/// A chunk up to this size is kept until someone asks; a longer one is measured as
/// it passes, so that a meter stays small.
const KEPT_BYTES: usize = 64 * 1024;

/// Loudness of one chunk, full scale 1.0, and when it passed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Level {
    /// Root mean square of all samples.
    pub rms: f64,
    /// The largest sample, without its sign.
    pub peak: f64,
    /// When it passed; `None` before the first chunk.
    pub at: Option<Ticks>,
}

/// Remembers the last chunk, for few ask how loud it was.
#[derive(Debug, Default)]
pub struct Meter {
    chunk: Vec<u8>,
    format: Option<AudioFormat>,
    level: Level,
}

impl Meter {
    /// One chunk passes `now`; an empty one says nothing.
    pub fn note(&mut self, audio: &[u8], format: AudioFormat, now: Ticks) {
        if audio.len() < format.encoding().sample_bytes() {
            return;
        }
        self.level.at = Some(now);
        self.chunk.clear();
        self.format = None;
        if audio.len() > KEPT_BYTES {
            (self.level.rms, self.level.peak) = loudness(audio, format.encoding());
        } else {
            self.chunk.extend_from_slice(audio);
            self.format = Some(format);
        }
    }

    /// How loud the last chunk was.
    pub fn level(&mut self) -> Level {
        if let Some(format) = self.format.take() {
            (self.level.rms, self.level.peak) = loudness(&self.chunk, format.encoding());
        }
        self.level
    }
}

fn loudness(audio: &[u8], encoding: Encoding) -> (f64, f64) {
    match encoding {
        Encoding::Pcm16 => pcm16(audio),
        Encoding::F32 => f32s(audio),
        Encoding::G711Ulaw => linear(audio.iter().map(|&code| ulaw(code))),
        Encoding::G711Alaw => linear(audio.iter().map(|&code| alaw(code))),
    }
}

const FULL_SCALE: f64 = 32_768.0;

fn pcm16(audio: &[u8]) -> (f64, f64) {
    linear(
        audio
            .chunks_exact(2)
            .map(|pair| i16::from_le_bytes([pair[0], pair[1]])),
    )
}

/// Whole numbers until the end: the same result in any order of summing.
fn linear(samples: impl Iterator<Item = i16>) -> (f64, f64) {
    let (mut energy, mut peak, mut count) = (0_u64, 0_u16, 0_u64);
    for sample in samples {
        let size = sample.unsigned_abs();
        energy += u64::from(u32::from(size) * u32::from(size));
        peak = peak.max(size);
        count += 1;
    }
    let rms = (energy as f64 / count as f64).sqrt() / FULL_SCALE;
    (rms, f64::from(peak) / FULL_SCALE)
}

/// What is not a number counts as silence.
fn f32s(audio: &[u8]) -> (f64, f64) {
    let (mut energy, mut peak, mut count) = (0.0_f64, 0.0_f64, 0_u64);
    for bytes in audio.chunks_exact(4) {
        let sample = f64::from(f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
        let sample = if sample.is_finite() { sample } else { 0.0 };
        energy += sample * sample;
        peak = peak.max(sample.abs());
        count += 1;
    }
    ((energy / count as f64).sqrt(), peak)
}

/// One mu-law code as a 16 bit sample (ITU-T G.711, table 2).
fn ulaw(code: u8) -> i16 {
    const BIAS: i16 = 0x84;
    let code = !code;
    let exponent = (code >> 4) & 7;
    let magnitude = (((i16::from(code & 0xF) << 3) + BIAS) << exponent) - BIAS;
    if code & 0x80 == 0 {
        magnitude
    } else {
        -magnitude
    }
}

/// One A-law code as a 16 bit sample (ITU-T G.711, table 1).
fn alaw(code: u8) -> i16 {
    let code = code ^ 0x55;
    let exponent = (code >> 4) & 7;
    let mantissa = (i16::from(code & 0xF) << 4) + 8;
    let magnitude = match exponent {
        0 => mantissa,
        _ => (mantissa + 0x100) << (exponent - 1),
    };
    if code & 0x80 == 0 {
        -magnitude
    } else {
        magnitude
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::format::PCM16_24K;

    fn measured(audio: &[u8], format: AudioFormat) -> Level {
        let mut meter = Meter::default();
        meter.note(audio, format, 7);
        let level = meter.level();
        assert_eq!(meter.level(), level, "asking changes nothing");
        level
    }

    fn near(left: f64, right: f64) -> bool {
        (left - right).abs() < 1e-9
    }

    #[test]
    fn a_square_wave_is_as_loud_as_its_peak() {
        let audio: Vec<u8> = [16_384_i16, -16_384]
            .repeat(480)
            .iter()
            .flat_map(|sample| sample.to_le_bytes())
            .collect();
        let level = measured(&audio, PCM16_24K);
        assert!(near(level.rms, 0.5) && near(level.peak, 0.5));
        assert_eq!(level.at, Some(7));
    }

    #[test]
    fn the_most_negative_sample_is_full_scale() {
        let level = measured(&i16::MIN.to_le_bytes(), PCM16_24K);
        assert!(near(level.rms, 1.0) && near(level.peak, 1.0));
    }

    #[test]
    fn a_long_chunk_is_measured_as_well() {
        let audio = 8_192_i16.to_le_bytes().repeat(KEPT_BYTES);
        assert!(near(measured(&audio, PCM16_24K).rms, 0.25));
    }

    #[test]
    fn nothing_says_nothing() {
        assert_eq!(measured(&[], PCM16_24K), Level::default());
    }

    #[test]
    fn what_is_not_a_number_is_silent() {
        let format = AudioFormat::new(Encoding::F32, 48_000, 1).unwrap();
        let audio = [f32::NAN, 0.5, f32::INFINITY, -0.5].map(f32::to_le_bytes);
        let level = measured(audio.as_flattened(), format);
        assert!(near(level.peak, 0.5) && near(level.rms, (0.5_f64 / 4.0).sqrt()));
    }

    #[test]
    fn g711_ends_of_the_scale() {
        assert_eq!(
            [0x00, 0x80, 0x7F, 0xFF, 0xFE].map(ulaw),
            [-32_124, 32_124, 0, 0, 8]
        );
        assert_eq!([0xD5, 0x55, 0x2A, 0xAA].map(alaw), [8, -8, -32_256, 32_256]);
    }
}
