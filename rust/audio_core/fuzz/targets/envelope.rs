//! Any text as a message: what the scanner finds lies inside it.

#![no_main]

use audio_core::text::envelope::{scan, PayloadPaths};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if std::str::from_utf8(data).is_err() {
        return; // the codec lets no other text through
    }
    let paths = ["audio", "delta"].map(|key| (key.to_owned(), None));
    let nested = ("data".to_owned(), Some("audio".to_owned()));
    let paths = PayloadPaths::new([&paths[..], &[nested]].concat()).expect("three paths");
    let Some(found) = scan(data, &paths) else {
        return;
    };
    let spans = [
        found.kind,
        found.event_id,
        found.response_id,
        found.item_id,
        found.content_index,
    ];
    for span in spans.into_iter().chain(found.payloads).flatten() {
        assert!(data.get(span).is_some(), "it lies outside");
    }
});
