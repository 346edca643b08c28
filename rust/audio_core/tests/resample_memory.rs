//! Resampling asks for no memory once its first chunk has been seen.

use audio_core::dsp::cpu::Simd;
use audio_core::dsp::resample::{Quality, Resampler};
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

#[test]
fn asking_is_counted() {
    let before = ASKED.get();
    drop(vec![1_u8; 100]);
    assert_eq!(ASKED.get() - before, 1);
}
