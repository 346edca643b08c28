//! Finding what a lane needs in a JSON message, without building anything.
//!
//! Owns the decision "sure or not sure": a scan walks the whole text by the JSON
//! grammar (RFC 8259) and returns spans of it; whatever it is not sure of
//! (malformed, escapes in what it reads, duplicates, surprises) is left to a real
//! parser. It does not know what any `type` means.

use super::json::{Scanner, Token};
use std::fmt;
use std::ops::Range;

/// How many payload paths a scan can look for at once.
pub const MAX_PATHS: usize = 8;

/// More payload paths than `MAX_PATHS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyPaths;

impl fmt::Display for TooManyPaths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "more than {MAX_PATHS} payload paths")
    }
}

impl std::error::Error for TooManyPaths {}

/// Where payloads may lie: a key, or a key inside the object under another.
#[derive(Clone, Debug, Default)]
pub struct PayloadPaths {
    paths: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

impl PayloadPaths {
    /// `("audio", None)` is the member `audio`; `("data", Some("audio"))` the member
    /// `audio` of the object `data`. The order gives each its index in
    /// `Envelope::payloads`.
    pub fn new(paths: Vec<(String, Option<String>)>) -> Result<Self, TooManyPaths> {
        if paths.len() > MAX_PATHS {
            return Err(TooManyPaths);
        }
        let bytes = |(outer, inner): (String, Option<String>)| {
            (outer.into_bytes(), inner.map(String::into_bytes))
        };
        Ok(Self {
            paths: paths.into_iter().map(bytes).collect(),
        })
    }

    fn matching<'a>(&'a self, key: &'a [u8]) -> impl Iterator<Item = (usize, Option<&'a [u8]>)> {
        self.paths
            .iter()
            .enumerate()
            .filter(move |(_, (outer, _))| outer == key)
            .map(|(index, (_, inner))| (index, inner.as_deref()))
    }
}

/// Spans of one message, as byte ranges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// The value of `type`, inside its quotes.
    pub kind: Option<Range<usize>>,
    /// The whole JSON token, quotes and all.
    pub event_id: Option<Range<usize>>,
    /// The whole JSON token.
    pub response_id: Option<Range<usize>>,
    /// The whole JSON token.
    pub item_id: Option<Range<usize>>,
    /// The whole JSON token.
    pub content_index: Option<Range<usize>>,
    /// By path: the payload inside its quotes, a string without escapes.
    pub payloads: [Option<Range<usize>>; MAX_PATHS],
    /// One bit per path whose value is there but is no plain string (escapes in
    /// it, or another type): a payload for a real parser. Its `payloads` is `None`.
    pub unsure: u8,
}

/// Read the envelope of one message, UTF-8 that the codec has checked.
///
/// `None` means "not sure": malformed JSON, nested deeper than 64, something other
/// than one object, a duplicate of a key that is read, escapes in a key that is
/// compared or in `type` or the ids of response and item, a `type` that is no string.
pub fn scan(raw: &[u8], paths: &PayloadPaths) -> Option<Envelope> {
    let mut scanner = Scanner::new(raw);
    let mut reading = Reading {
        paths,
        found: Envelope::default(),
        outer_seen: 0,
        inner_seen: 0,
    };
    scanner.whole_object(|scanner, key| reading.member(scanner, key))?;
    Some(reading.found)
}

struct Reading<'p> {
    paths: &'p PayloadPaths,
    found: Envelope,
    outer_seen: u8,
    inner_seen: u8,
}

impl Reading<'_> {
    fn member(&mut self, scanner: &mut Scanner<'_>, key: Token) -> Option<()> {
        let Token::Plain(key) = key else { return None };
        let key = scanner.bytes(&key);
        let start = scanner.position();
        let value = if self.is_nested(key) && scanner.at_object() {
            self.nested(scanner, key)?
        } else {
            scanner.value(1)?
        };
        let whole = start..scanner.position();
        self.note_payload(key, &value)?;
        let (slot, span) = match key {
            b"type" => match value {
                Token::Plain(text) => (&mut self.found.kind, text),
                _ => return None,
            },
            b"event_id" => (&mut self.found.event_id, whole),
            b"response_id" | b"item_id" if value == Token::Escaped => return None,
            b"response_id" => (&mut self.found.response_id, whole),
            b"item_id" => (&mut self.found.item_id, whole),
            b"content_index" => (&mut self.found.content_index, whole),
            _ => return Some(()),
        };
        slot.replace(span).is_none().then_some(())
    }

    fn is_nested(&self, key: &[u8]) -> bool {
        self.paths.matching(key).any(|(_, inner)| inner.is_some())
    }

    /// Mark the paths that begin with `key`; keep the value where one ends there.
    fn note_payload(&mut self, key: &[u8], value: &Token) -> Option<()> {
        for (index, inner) in self.paths.matching(key) {
            first_time(&mut self.outer_seen, index)?;
            if inner.is_none() {
                self.found.keep(index, value);
            }
        }
        Some(())
    }

    fn nested(&mut self, scanner: &mut Scanner<'_>, outer: &[u8]) -> Option<Token> {
        let Self {
            paths,
            found,
            inner_seen,
            ..
        } = self;
        scanner.object(2, |scanner, key| {
            let Token::Plain(key) = key else { return None };
            let key = scanner.bytes(&key);
            let value = scanner.value(2)?;
            for (index, inner) in paths.matching(outer) {
                if inner == Some(key) {
                    first_time(inner_seen, index)?;
                    found.keep(index, &value);
                }
            }
            Some(())
        })?;
        Some(Token::Other)
    }
}

impl Envelope {
    fn keep(&mut self, index: usize, value: &Token) {
        match value {
            Token::Plain(text) => self.payloads[index] = Some(text.clone()),
            Token::Escaped | Token::Other => self.unsure |= 1 << index,
        }
    }
}

/// Set the bit; `None` if it was set: a duplicate.
fn first_time(seen: &mut u8, index: usize) -> Option<()> {
    let bit = 1 << index;
    let again = *seen & bit != 0;
    *seen |= bit;
    (!again).then_some(())
}
