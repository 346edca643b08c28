//! How loud the last chunk of one direction was, and whether somebody speaks there.
//!
//! A sink: it looks at the audio that passes and holds nothing up. Until somebody has
//! asked it does not look at all: few ever ask, and every chunk would pay.

use super::activity::Activity;
use super::time::Ticks;
use crate::dsp::cpu::Simd;
use crate::dsp::format::{AudioFormat, Encoding};
use crate::dsp::g711::{self, Law};
use crate::dsp::level;

/// Loudness of one chunk, full scale 1.0, and when it passed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Level {
    /// Root mean square of all samples.
    pub rms: f64,
    /// The largest sample, without its sign.
    pub peak: f64,
    /// When it passed; `None` before the first.
    pub at: Option<Ticks>,
    /// Whether somebody speaks, as far as it was listened to.
    pub speaking: bool,
    /// For how much audio that has been so.
    pub lasted: Ticks,
}

/// Measures what passes, from the first question on.
#[derive(Debug, Default)]
pub struct Meter(Option<Box<Heard>>);

/// What was heard since somebody asked.
#[derive(Debug, Default)]
struct Heard {
    level: Level,
    activity: Option<Activity>,
}

impl Meter {
    /// One chunk passes `now`; an empty one says nothing.
    pub fn note(&mut self, audio: &[u8], format: AudioFormat, now: Ticks) {
        let Some(heard) = &mut self.0 else { return };
        if audio.len() >= format.encoding().sample_bytes() {
            heard.level.at = Some(now);
            (heard.level.rms, heard.level.peak) = loudness(audio, format.encoding());
            heard.listen(audio, format);
        }
    }

    /// How loud the last chunk was, and whether somebody speaks, of what has passed
    /// since the first time that this was asked.
    pub fn level(&mut self) -> Level {
        self.0.get_or_insert_default().level
    }
}

impl Heard {
    fn listen(&mut self, audio: &[u8], format: AudioFormat) {
        let known = self
            .activity
            .take()
            .filter(|known| known.format() == format);
        let activity = self
            .activity
            .insert(known.unwrap_or_else(|| Activity::new(format)));
        activity.hear(audio);
        (self.level.speaking, self.level.lasted) = (activity.is_speaking(), activity.lasted());
    }
}

fn loudness(audio: &[u8], encoding: Encoding) -> (f64, f64) {
    let simd = Simd::chosen();
    match encoding {
        Encoding::Pcm16 => level::loudness_pcm16(simd, audio),
        Encoding::F32 => level::loudness(simd, &floats(audio)),
        Encoding::G711Ulaw => companded(simd, Law::Ulaw, audio),
        Encoding::G711Alaw => companded(simd, Law::Alaw, audio),
    }
}

fn floats(audio: &[u8]) -> Vec<f32> {
    audio
        .chunks_exact(4)
        .map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
        .collect()
}

fn companded(simd: Simd, law: Law, codes: &[u8]) -> (f64, f64) {
    let mut samples = vec![0.0; codes.len()];
    g711::decode_f32(simd, law, codes, &mut samples);
    level::loudness(simd, &samples)
}

#[cfg(test)]
mod tests {
    use super::super::time::TICKS_PER_MS;
    use super::*;
    use crate::dsp::format::PCM16_24K;

    fn measured(audio: &[u8], format: AudioFormat) -> Level {
        let mut meter = Meter::default();
        meter.note(audio, format, 6);
        assert_eq!(meter.level(), Level::default(), "nobody had asked");
        meter.note(audio, format, 7);
        meter.level()
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
        let audio = 8_192_i16.to_le_bytes().repeat(64 * 1024);
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
    fn speech_is_listened_for_once_somebody_has_asked() {
        let mut meter = Meter::default();
        let silence = [0; 1_920];
        let voice: Vec<u8> = (0..960_i16)
            .flat_map(|at| (if at % 96 < 48 { 8_000_i16 } else { -8_000 }).to_le_bytes())
            .collect();
        let quiet_for = |meter: &mut Meter, chunks: usize| {
            for _ in 0..chunks {
                meter.note(&silence, PCM16_24K, 0);
            }
        };
        meter.note(&voice, PCM16_24K, 0);
        assert!(!meter.level().speaking, "nobody had asked");
        quiet_for(&mut meter, 10);
        meter.note(&voice, PCM16_24K, 0);
        let level = meter.level();
        assert_eq!(
            (level.speaking, level.lasted),
            (true, 40 * TICKS_PER_MS),
            "30 ms begin it, from where they began"
        );
        quiet_for(&mut meter, 10);
        let level = meter.level();
        assert_eq!((level.speaking, level.lasted), (false, 400 * TICKS_PER_MS));
        let phone = AudioFormat::new(Encoding::G711Ulaw, 8_000, 1).unwrap();
        meter.note(&[0xFF; 320], phone, 0);
        assert_eq!(
            meter.level().lasted,
            40 * TICKS_PER_MS,
            "a stream of its own"
        );
    }

    #[test]
    fn the_ends_of_g711() {
        for (name, code, peak) in [("g711_ulaw", 0x00, 32_124.0), ("g711_alaw", 0x2A, 32_256.0)] {
            let encoding = Encoding::named(name).unwrap();
            let format = AudioFormat::new(encoding, 8_000, 1).unwrap();
            assert!(near(measured(&[code; 320], format).peak, peak / 32_768.0));
        }
    }
}
