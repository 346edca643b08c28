//! Any bytes as base64: refused, or exactly what encoding gives back.

#![no_main]

use audio_core::text::base64::{check, decode, encode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut decoded = b"before".to_vec();
    let result = decode(data, &mut decoded);
    assert_eq!(check(data), result);
    match result {
        Ok(()) => {
            let mut again = Vec::new();
            encode(&decoded[6..], &mut again);
            assert!(again == data, "another text stands for the same");
        }
        Err(error) => {
            assert!(decoded == b"before" && error.offset <= data.len());
        }
    }
    let (mut text, mut back) = (Vec::new(), Vec::new());
    encode(data, &mut text);
    assert_eq!(decode(&text, &mut back), Ok(()));
    assert!(back == data);
});
