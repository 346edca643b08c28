//! Memory that is about to be needed, fetched into the processor's caches meanwhile.
//!
//! Between two chunks of a session its memory has left the caches, and what is looked at
//! one thing after the other is waited for as often. Asked for at once, it comes at once.
//! These are hints: they change nothing, and cost next to nothing where they are wrong.

use std::collections::VecDeque;

/// What the caches fetch at a time.
const LINE_BYTES: usize = 64;

/// Fetch all of a value, without what it points to.
pub fn fetch<T: ?Sized>(value: &T) {
    fetch_bytes(std::ptr::from_ref(value).cast(), size_of_val(value));
}

/// Fetch the first entry of a queue or, where it is empty, the place of the next one.
pub fn fetch_first<T>(queue: &VecDeque<T>) {
    let (first, _) = queue.as_slices();
    fetch_bytes(first.as_ptr().cast(), size_of::<T>());
}

/// Fetch what lies behind the bytes, where more will be written.
pub fn fetch_behind(bytes: &[u8]) {
    fetch_bytes(bytes.as_ptr_range().end, 4 * LINE_BYTES);
}

fn fetch_bytes(from: *const u8, size_bytes: usize) {
    for offset in (0..size_bytes).step_by(LINE_BYTES) {
        fetch_line(from.wrapping_add(offset));
    }
}

#[cfg(target_arch = "x86_64")]
fn fetch_line(address: *const u8) {
    use std::arch::x86_64::{_mm_prefetch, _MM_HINT_T0};
    // SAFETY: every x86-64 has the instruction, and no address is wrong for it: nothing is
    // read that the program could see.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) };
}

#[cfg(not(target_arch = "x86_64"))]
fn fetch_line(_: *const u8) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_memory_may_be_asked_for() {
        fetch(&[1_u8; 1_000]);
        fetch::<[u8]>(&[]);
        fetch("text");
        fetch_first(&VecDeque::<u64>::new());
        fetch_first(&VecDeque::from([1_u8]));
        fetch_behind(&[]);
        fetch_behind(&[1]);
        fetch_bytes(std::ptr::null(), 200);
        fetch_bytes(std::ptr::without_provenance(usize::MAX - 100), 200);
    }
}
