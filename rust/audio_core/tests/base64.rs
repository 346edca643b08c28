//! Base64 by every set of instructions: the same text, the same bytes, the same words
//! for what is wrong.

use audio_core::dsp::cpu::Simd;
use audio_core::text::base64::{check_with, decode_with, encode_with, Cause};
use base64_simd::STANDARD;
use proptest::collection::vec;
use proptest::prelude::*;

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 89 + at / 7) as u8).collect()
}

fn decoded(simd: Simd, text: &[u8]) -> Result<Vec<u8>, Cause> {
    let mut out = b"before".to_vec();
    let result = decode_with(simd, text, &mut out);
    assert_eq!(result, check_with(simd, text));
    assert!(out.starts_with(b"before"));
    match result {
        Ok(()) => Ok(out.split_off(6)),
        Err(error) => {
            assert_eq!(out, b"before", "untouched on error");
            Err(error.cause)
        }
    }
}

#[test]
fn every_length_goes_there_and_back() {
    for length in 0..400 {
        let data = bytes(length);
        let expected = STANDARD.encode_to_string(&data);
        for simd in Simd::ALL {
            let mut text = b"before".to_vec();
            encode_with(simd, &data, &mut text);
            assert_eq!(&text[6..], expected.as_bytes(), "{length} {simd:?}");
            assert_eq!(decoded(simd, expected.as_bytes()).as_ref(), Ok(&data));
        }
    }
}

#[test]
fn any_byte_anywhere_is_judged_alike() {
    let text = STANDARD.encode_to_string(bytes(141)).into_bytes();
    for at in 0..text.len() {
        for byte in 0..=u8::MAX {
            let mut changed = text.clone();
            changed[at] = byte;
            let plain = decoded(Simd::Portable, &changed);
            assert_eq!(plain.is_ok(), STANDARD.check(&changed).is_ok());
            for simd in [Simd::Avx2, Simd::Avx512] {
                assert_eq!(decoded(simd, &changed), plain, "{byte} at {at}, {simd:?}");
            }
        }
    }
}

#[test]
fn memory_that_is_exactly_enough_is_enough() {
    for length in [24, 48, 96, 144, 1_920] {
        let data = bytes(length).into_boxed_slice();
        let text = STANDARD
            .encode_to_string(&data)
            .into_bytes()
            .into_boxed_slice();
        for simd in Simd::ALL {
            let mut out = Vec::with_capacity(text.len());
            encode_with(simd, &data, &mut out);
            assert_eq!(out, text.to_vec());
            assert_eq!(decoded(simd, &text), Ok(data.to_vec()));
        }
    }
}

proptest! {
    #[test]
    fn anything_at_all_is_judged_as_the_crate_does(text in vec(any::<u8>(), 0..300)) {
        for simd in Simd::ALL {
            prop_assert_eq!(decoded(simd, &text).ok(), STANDARD.decode_to_vec(&text).ok());
        }
    }

    #[test]
    fn alphabet_alone_is_judged_as_the_crate_does(text in "[A-Za-z0-9+/]{0,300}={0,3}") {
        for simd in Simd::ALL {
            prop_assert_eq!(decoded(simd, text.as_bytes()).ok(), STANDARD.decode_to_vec(&text).ok());
        }
    }
}
