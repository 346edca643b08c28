//! Masking: XOR with a key of four bytes that repeats (RFC 6455, 5.3).
//!
//! The same operation masks and unmasks. It runs while the bytes are copied to
//! where they are wanted, so that a payload is touched once.

use std::mem::MaybeUninit;

/// Bytes per step of the vectorised loop; a multiple of the key's four.
const BLOCK: usize = 32;

/// The key of a frame, turned to where its next byte needs it; `None` is unmasked.
pub type Key = Option<[u8; 4]>;

/// Append `source`, a piece of a frame's payload, to `out`, masked with `key`.
pub fn append(out: &mut Vec<u8>, source: &[u8], key: &mut Key) {
    let Some(key) = key else {
        return out.extend_from_slice(source);
    };
    out.reserve(source.len());
    let room = &mut out.spare_capacity_mut()[..source.len()];
    xor_into(room, source, *key);
    // SAFETY: `reserve` made the capacity at least `len + source.len()`, and
    // `xor_into` has written every byte of `room`, which is exactly that part.
    unsafe { out.set_len(out.len() + source.len()) };
    key.rotate_left(source.len() % 4);
}

/// Write every byte of `room`, which is as long as `source`.
fn xor_into(room: &mut [MaybeUninit<u8>], source: &[u8], key: [u8; 4]) {
    debug_assert_eq!(room.len(), source.len());
    let mut wide = [0; BLOCK];
    for quarter in wide.chunks_exact_mut(4) {
        quarter.copy_from_slice(&key);
    }
    let mut blocks = room.chunks_exact_mut(BLOCK);
    let mut sources = source.chunks_exact(BLOCK);
    for (block, bytes) in blocks.by_ref().zip(sources.by_ref()) {
        for ((slot, byte), key) in block.iter_mut().zip(bytes).zip(&wide) {
            slot.write(byte ^ key);
        }
    }
    let tail = blocks.into_remainder().iter_mut();
    for ((slot, byte), key) in tail.zip(sources.remainder()).zip(&wide) {
        slot.write(byte ^ key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn is_the_byte_by_byte_definition_for_any_cut(
            key: [u8; 4],
            head in proptest::collection::vec(any::<u8>(), 0..40),
            pieces in proptest::collection::vec(
                proptest::collection::vec(any::<u8>(), 0..100), 0..6),
        ) {
            let mut out = head.clone();
            let mut turning = Some(key);
            for piece in &pieces {
                append(&mut out, piece, &mut turning);
            }
            let whole = pieces.concat();
            let expected = whole.iter().enumerate().map(|(i, byte)| byte ^ key[i % 4]);
            prop_assert_eq!(&out[..head.len()], &head[..]);
            prop_assert!(out[head.len()..].iter().copied().eq(expected));
        }
    }
}
