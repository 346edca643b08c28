//! The kernels ask for no memory once their first chunks have been seen.

use audio_core::dsp::cpu::Simd;
use audio_core::dsp::format::{AudioFormat, Encoding, PCM16_24K};
use audio_core::dsp::path::AudioPath;
use audio_core::dsp::resample::{Quality, Resampler};
use audio_core::dsp::shape::Shape;
use audio_core::dsp::vad::VoiceActivity;
use audio_core::text::base64;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static ASKED: Cell<usize> = const { Cell::new(0) };
}

/// The system's memory, counting how often this thread asks for some.
struct Counting;

// SAFETY: hands everything on to `System`.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ASKED.set(ASKED.get() + 1);
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ASKED.set(ASKED.get() + 1);
        // SAFETY: as above.
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

#[test]
fn no_chunk_after_the_first_asks_for_memory() {
    for (from, to) in [
        (48_000, 24_000),
        (24_000, 48_000),
        (44_100, 24_000),
        (11_025, 96_000),
    ] {
        for simd in Simd::here() {
            let mut resampler = Resampler::new(from, to, Quality::LowLatency, simd).unwrap();
            let chunk = vec![0.25; from as usize / 25];
            let mut output = Vec::with_capacity(resampler.output_bound(chunk.len()));
            // As often as it takes to begin a chunk anywhere in a period.
            for _ in 0..30 {
                output.clear();
                resampler.process(&chunk, &mut output);
            }
            let before = ASKED.get();
            for length in (0..30).map(|n| chunk.len() * n / 30) {
                output.clear();
                resampler.process(&chunk[..length], &mut output);
                resampler.flush(&mut output);
            }
            assert_eq!(ASKED.get() - before, 0, "{from} to {to}, {simd:?}");
        }
    }
}

/// How often `work` asks for memory once it has been done as often as filters need to
/// fill, and to begin a chunk anywhere in their period.
fn asked_by(mut work: impl FnMut()) -> usize {
    (0..30).for_each(|_| work());
    let before = ASKED.get();
    (0..30).for_each(|_| work());
    ASKED.get() - before
}

/// All encodings both ways, with and without a filter, from stereo and to it.
fn client_formats() -> impl Iterator<Item = AudioFormat> {
    [
        (Encoding::Pcm16, 16_000, 1),
        (Encoding::F32, 48_000, 2),
        (Encoding::F32, 44_100, 1),
        (Encoding::G711Ulaw, 8_000, 1),
        (Encoding::G711Alaw, 24_000, 2),
    ]
    .into_iter()
    .map(|(encoding, rate_hz, channels)| AudioFormat::new(encoding, rate_hz, channels).unwrap())
}

/// Plain, and louder and higher.
fn shapes() -> [Shape; 2] {
    let plain = Shape::default();
    let shaped = Shape {
        gain: 1.5,
        pitch: 1.2,
        ..plain
    };
    [plain, shaped]
}

/// A tone, in 40 ms of the format.
fn chunk(format: AudioFormat) -> Vec<u8> {
    let frames = format.rate_hz() as usize / 25;
    let tone: Vec<u8> = (0..frames)
        .flat_map(|n| (0.5 * (n as f32 * 0.05).sin()).to_le_bytes())
        .collect();
    let mono = AudioFormat::new(Encoding::F32, format.rate_hz(), 1).unwrap();
    let mut path = AudioPath::new(mono, format, Shape::default(), Simd::Portable).unwrap();
    let mut out = Vec::new();
    path.process(&tone, &mut out);
    out
}

#[test]
fn no_chunk_of_a_path_asks_for_memory() {
    for client in client_formats() {
        for (source, target) in [(client, PCM16_24K), (PCM16_24K, client)] {
            for (shape, simd) in shapes()
                .iter()
                .flat_map(|s| Simd::here().map(move |i| (*s, i)))
            {
                let mut path = AudioPath::new(source, target, shape, simd).unwrap();
                let (chunk, mut out, mut text) = (chunk(source), Vec::new(), Vec::new());
                let asked = asked_by(|| {
                    out.clear();
                    text.clear();
                    path.process(&chunk, &mut out);
                    base64::encode_with(simd, &out, &mut text);
                    out.clear();
                    base64::decode_with(simd, &text, &mut out).unwrap();
                });
                assert_eq!(asked, 0, "{source:?} to {target:?}, {shape:?}, {simd:?}");
            }
        }
    }
}

#[test]
fn listening_for_a_voice_asks_for_no_memory() {
    for simd in Simd::here() {
        let mut activity = VoiceActivity::new(48_000, simd).unwrap();
        let samples = [0.25; 1_920];
        let asked = asked_by(|| {
            activity.process(&samples);
        });
        assert_eq!(asked, 0, "{simd:?}");
    }
}

#[test]
fn asking_is_counted() {
    let before = ASKED.get();
    drop(vec![1_u8; 100]);
    assert_eq!(ASKED.get() - before, 1);
}
