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

/// One bit per payload path, by index.
type PathSet = u8;

/// The key under which a message says what it is, unless a protocol has another.
const TYPE: &[u8] = b"type";

/// Where payloads may lie: a key, or a key inside the object under another.
#[derive(Clone, Debug)]
pub struct PayloadPaths {
    type_key: Vec<u8>,
    outer: Vec<Vec<u8>>,
    /// Beside each outer key the inner one, where there is one.
    inner: Vec<Option<Vec<u8>>>,
    nested: PathSet,
}

impl Default for PayloadPaths {
    fn default() -> Self {
        Self {
            type_key: TYPE.into(),
            outer: Vec::new(),
            inner: Vec::new(),
            nested: 0,
        }
    }
}

impl PayloadPaths {
    /// `("audio", None)` is the member `audio`; `("data", Some("audio"))` the member
    /// `audio` of the object `data`. The order gives each its index in
    /// `Envelope::payloads`.
    pub fn new(paths: Vec<(String, Option<String>)>) -> Result<Self, TooManyPaths> {
        if paths.len() > MAX_PATHS {
            return Err(TooManyPaths);
        }
        let mut compiled = Self::default();
        for (index, (outer, inner)) in paths.into_iter().enumerate() {
            compiled.nested |= PathSet::from(inner.is_some()) << index;
            compiled.outer.push(outer.into_bytes());
            compiled.inner.push(inner.map(String::into_bytes));
        }
        Ok(compiled)
    }

    /// The same in a protocol whose messages say under `key` what they are.
    #[must_use]
    pub fn with_type_key(mut self, key: String) -> Self {
        self.type_key = key.into_bytes();
        self
    }

    /// The paths whose outer key is `key`.
    fn under(&self, key: &[u8]) -> PathSet {
        let paths = self.outer.iter().enumerate();
        paths.fold(0, |set, (index, outer)| {
            set | PathSet::from(outer == key) << index
        })
    }

    /// Those of `among` whose inner key is `key`.
    fn ending(&self, among: PathSet, key: &[u8]) -> PathSet {
        let paths = self.inner.iter().enumerate();
        let set = paths.fold(0, |set, (index, inner)| {
            set | PathSet::from(inner.as_deref() == Some(key)) << index
        });
        set & among
    }
}

/// Spans of one message, as byte ranges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// The value of `type` (or of the protocol's own key for it), inside its quotes.
    pub kind: Option<Range<usize>>,
    /// The whole JSON token, quotes and all.
    pub event_id: Option<Range<usize>>,
    /// The whole JSON token.
    pub response_id: Option<Range<usize>>,
    /// The whole JSON token.
    pub item_id: Option<Range<usize>>,
    /// The whole JSON token.
    pub content_index: Option<Range<usize>>,
    /// By path: the string that lies there, inside its quotes.
    pub payloads: [Option<Range<usize>>; MAX_PATHS],
    /// One bit per path whose value is there but is no plain string: a payload for a
    /// real parser. It has escapes, or its `payloads` is `None`: it is of another type.
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
    outer_seen: PathSet,
    inner_seen: PathSet,
}

impl Reading<'_> {
    fn member(&mut self, scanner: &mut Scanner<'_>, key: Token) -> Option<()> {
        let Token::Plain(key) = key else { return None };
        let key = scanner.bytes(&key);
        let paths = self.paths.under(key);
        first_time(&mut self.outer_seen, paths)?;
        let nested = paths & self.paths.nested;
        let start = scanner.position();
        let value = if nested != 0 && scanner.at_object() {
            self.nested(scanner, nested)?
        } else {
            scanner.value(1)?
        };
        self.found.keep(paths & !nested, &value);
        self.note(key, value, start..scanner.position())
    }

    /// Walk the object in which the paths `among` end.
    fn nested(&mut self, scanner: &mut Scanner<'_>, among: PathSet) -> Option<Token> {
        scanner.object(2, |scanner, key| {
            let Token::Plain(key) = key else { return None };
            let paths = self.paths.ending(among, scanner.bytes(&key));
            first_time(&mut self.inner_seen, paths)?;
            let value = scanner.value(2)?;
            self.found.keep(paths, &value);
            Some(())
        })?;
        Some(Token::Other)
    }

    /// Keep the span of a member that is read whatever the paths are.
    fn note(&mut self, key: &[u8], value: Token, whole: Range<usize>) -> Option<()> {
        let found = &mut self.found;
        let (slot, span) = match key {
            key if key == self.paths.type_key => match value {
                Token::Plain(text) => (&mut found.kind, text),
                Token::Escaped(_) | Token::Other => return None,
            },
            b"event_id" => (&mut found.event_id, whole),
            b"response_id" | b"item_id" if matches!(value, Token::Escaped(_)) => return None,
            b"response_id" => (&mut found.response_id, whole),
            b"item_id" => (&mut found.item_id, whole),
            b"content_index" => (&mut found.content_index, whole),
            _ => return Some(()),
        };
        slot.replace(span).is_none().then_some(())
    }
}

impl Envelope {
    /// The payload of a path, if it is a string without escapes.
    pub fn plain(&self, path: usize) -> Option<Range<usize>> {
        let is_plain = self.unsure & (1 << path) == 0;
        self.payloads[path].clone().filter(|_| is_plain)
    }

    /// Whether nothing at all lies at a path.
    pub fn lacks(&self, path: usize) -> bool {
        self.payloads[path].is_none() && self.unsure & (1 << path) == 0
    }

    fn keep(&mut self, mut paths: PathSet, value: &Token) {
        if !matches!(value, Token::Plain(_)) {
            self.unsure |= paths;
        }
        let (Token::Plain(text) | Token::Escaped(text)) = value else {
            return;
        };
        while paths != 0 {
            self.payloads[paths.trailing_zeros() as usize] = Some(text.clone());
            paths &= paths - 1;
        }
    }
}

/// Add the paths to those seen; `None` if one was there: its key came twice.
fn first_time(seen: &mut PathSet, paths: PathSet) -> Option<()> {
    let again = *seen & paths != 0;
    *seen |= paths;
    (!again).then_some(())
}
