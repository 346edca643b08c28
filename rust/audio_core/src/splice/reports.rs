//! What a client that buffers says it has played: a name that was sent behind a chunk,
//! and comes back when that was heard.
//!
//! Owns how such a name is read. Whose reports are taken is told where messages are sorted,
//! what they change in what counts as heard in `items`.

use super::time::{self, Ticks};
use std::ops::Range;

/// No call is as long as ten digits say.
const MAX_DIGITS: usize = 9;

/// So much of an item has been played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The conversation item's id, in the message.
    pub item_id: Range<usize>,
    /// From the item's beginning.
    pub played: Ticks,
}

impl Report {
    /// Read a name `ITEM:MS`; `None` if it is anything else.
    pub fn read(raw: &[u8], name: Range<usize>) -> Option<Self> {
        let colon = memchr::memrchr(b':', &raw[name.clone()])?;
        let (item_id, digits) = (
            name.start..name.start + colon,
            &raw[name.start + colon + 1..name.end],
        );
        if item_id.is_empty() || digits.is_empty() || digits.len() > MAX_DIGITS {
            return None;
        }
        let played_ms = digits.iter().try_fold(0, |sum, &digit| {
            digit
                .is_ascii_digit()
                .then(|| 10 * sum + u64::from(digit - b'0'))
        })?;
        Some(Self {
            item_id,
            played: time::whole_ms(played_ms),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str) -> Option<(String, Ticks)> {
        let raw = format!("<{name}>");
        let report = Report::read(raw.as_bytes(), 1..raw.len() - 1)?;
        let item_id = raw[report.item_id].to_owned();
        Some((item_id, report.played / time::TICKS_PER_MS))
    }

    #[test]
    fn the_last_colon_ends_the_item() {
        assert_eq!(read("item_1:40"), Some(("item_1".into(), 40)));
        assert_eq!(read("a:b:0"), Some(("a:b".into(), 0)));
        assert_eq!(read("é:999999999"), Some(("é".into(), 999_999_999)));
    }

    #[test]
    fn anything_else_is_no_report() {
        for name in [
            "",
            ":",
            "item",
            "item:",
            ":40",
            "item:-4",
            "item:4.0",
            "item:4 ",
            "item:٤",
            "item:1234567890",
            "rtproxy over 2 resp_1",
        ] {
            assert_eq!(read(name), None, "{name}");
        }
    }
}
