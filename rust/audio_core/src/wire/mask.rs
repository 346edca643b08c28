//! Masking: XOR with a key of four bytes that repeats (RFC 6455, 5.3).
//!
//! The same operation masks and unmasks. It runs while the bytes are copied to
//! where they are wanted, so that a payload is touched once.

/// Bytes that are masked together: a multiple of the key's four.
const WORD: usize = size_of::<u64>();

/// The key of a frame, turned to where its next byte needs it; `None` is unmasked.
pub type Key = Option<[u8; 4]>;

/// Append `source`, a piece of a frame's payload, to `out`, masked with `key`.
pub fn append(out: &mut Vec<u8>, source: &[u8], key: &mut Key) {
    let Some(key) = key else {
        return out.extend_from_slice(source);
    };
    let [a, b, c, d] = *key;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, rest) = source.split_at(source.len() / WORD * WORD);
    // Iterators of known length: `extend` copies without a check per byte, and
    // the loop becomes one of vectors.
    out.extend(words.chunks_exact(WORD).flat_map(|word| {
        let word = u64::from_ne_bytes(word.try_into().expect("a whole word"));
        (word ^ wide).to_ne_bytes()
    }));
    out.extend(
        rest.iter()
            .zip(wide.to_ne_bytes())
            .map(|(byte, key)| byte ^ key),
    );
    key.rotate_left(source.len() % 4);
}

/// Mask a piece of a frame's payload where it lies.
pub fn apply(piece: &mut [u8], key: &mut Key) {
    let Some(key) = key else { return };
    let [a, b, c, d] = *key;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, rest) = piece.as_chunks_mut::<WORD>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(wide.to_ne_bytes()) {
        *byte ^= key;
    }
    key.rotate_left(piece.len() % 4);
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
            let mut in_place = Some(key);
            for piece in &pieces {
                append(&mut out, piece, &mut turning);
                let mut copy = piece.clone();
                apply(&mut copy, &mut in_place);
                prop_assert!(out.ends_with(&copy));
            }
            let whole = pieces.concat();
            let expected = whole.iter().enumerate().map(|(i, byte)| byte ^ key[i % 4]);
            prop_assert_eq!(&out[..head.len()], &head[..]);
            prop_assert!(out[head.len()..].iter().copied().eq(expected));
        }
    }
}
