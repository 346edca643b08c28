//! Any bytes as audio in any format, cut anywhere, through a path that changes on the way.
//!
//! The first bytes choose formats and shape; each step of the rest is a byte that says
//! what happens and how much follows. Nothing may panic, floats stay finite, as many
//! frames come out as are due, and the same audio in one piece gives the same.

#![no_main]

use audio_core::dsp::cpu::Simd;
use audio_core::dsp::format::{AudioFormat, Encoding};
use audio_core::dsp::path::AudioPath;
use audio_core::dsp::rates::RATES_HZ;
use audio_core::dsp::resample::Quality;
use audio_core::dsp::shape::Shape;
use libfuzzer_sys::fuzz_target;

fn format(kind: u8, rate: u8) -> AudioFormat {
    let encoding = Encoding::ALL[usize::from(kind % 4)];
    let rate_hz = RATES_HZ[usize::from(rate) % RATES_HZ.len()];
    AudioFormat::new(encoding, rate_hz, u32::from(kind / 4 % 2) + 1).expect("an allowed format")
}

fn shape(byte: u8) -> Shape {
    Shape {
        quality: [Quality::LowLatency, Quality::Strict][usize::from(byte & 1)],
        gain: [1.0, 0.0, 0.3, 4.0][usize::from(byte >> 1 & 3)],
        pitch: [1.0, 1.0, 0.5, 2.0][usize::from(byte >> 3 & 3)],
    }
}

fn check_floats(path: &AudioPath, out: &[u8]) {
    if path.target().encoding() == Encoding::F32 && path.source() != path.target() {
        let mut samples = out.chunks_exact(4);
        assert!(samples.all(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]).is_finite()));
    }
}

fuzz_target!(|data: &[u8]| {
    let [from, from_rate, to, to_rate, how, simd, steps @ ..] = data else {
        return;
    };
    let (source, target) = (format(*from, *from_rate), format(*to, *to_rate));
    let simd = Simd::ALL[usize::from(*simd) % 3].min(Simd::detected());
    let made = || AudioPath::new(source, target, shape(*how), simd).expect("an allowed shape");
    let mut path = made();
    let (mut out, mut since_reset, mut rest) = (Vec::new(), 0, steps);
    let mut changed = false;
    let mut heard: Vec<u8> = Vec::new();
    while let [act, after @ ..] = rest {
        let length = usize::from(act >> 2) * usize::from(act >> 2).min(after.len());
        let (chunk, next) = after.split_at(length.min(after.len()));
        rest = next;
        match act & 3 {
            0 | 1 => {}
            2 => {
                changed = true;
                path.set_gain(f32::from(*act) / 64.0)
                    .expect("a gain of at most 4");
            }
            _ if act & 4 == 0 => {
                changed = true;
                let pitch = 0.5 + f32::from(act >> 3) / 31.0 * 1.5;
                path.set_pitch(pitch).expect("a pitch of at most 2");
            }
            _ => {
                path.flush(&mut out);
                (out, since_reset, heard) = (Vec::new(), 0, Vec::new());
            }
        }
        path.process(chunk, &mut out);
        heard.extend_from_slice(chunk);
        since_reset += chunk.len();
        let frames = since_reset / source.frame_bytes();
        let due = frames * target.rate_hz() as usize / source.rate_hz() as usize;
        assert_eq!(out.len(), due * target.frame_bytes());
    }
    check_floats(&path, &out);
    if !changed {
        let mut whole = Vec::new();
        made().process(&heard, &mut whole);
        assert!(whole == out, "cutting changed something");
    }
});
