//! Walking JSON text by its grammar (RFC 8259), token by token.
//!
//! Owns the grammar and its limits; keeps nothing but a position. Every method
//! returns `None` where the text is malformed, and the walk is then over.

use memchr::memchr2;
use std::ops::Range;

/// Objects and arrays inside one another, the outermost being 1.
pub const MAX_DEPTH: u32 = 64;

/// A value, as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// A string without escapes: the span inside its quotes.
    Plain(Range<usize>),
    /// A string with escapes: the same.
    Escaped(Range<usize>),
    /// Anything else.
    Other,
}

/// A position in a text.
pub struct Scanner<'a> {
    raw: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    pub fn new(raw: &'a [u8]) -> Self {
        Self { raw, at: 0 }
    }

    pub fn position(&self) -> usize {
        self.at
    }

    pub fn bytes(&self, span: &Range<usize>) -> &'a [u8] {
        &self.raw[span.clone()]
    }

    /// One object with nothing but whitespace around it.
    pub fn whole_object(
        &mut self,
        member: impl FnMut(&mut Self, Token) -> Option<()>,
    ) -> Option<()> {
        self.skip_whitespace();
        if !self.at_object() {
            return None;
        }
        self.object(1, member)?;
        self.skip_whitespace();
        (self.at == self.raw.len()).then_some(())
    }

    /// Whether an object begins here.
    pub fn at_object(&self) -> bool {
        self.peek() == Some(b'{')
    }

    /// The object that begins here, `depth` levels deep; `member` gets each key and
    /// must walk its value.
    pub fn object(
        &mut self,
        depth: u32,
        mut member: impl FnMut(&mut Self, Token) -> Option<()>,
    ) -> Option<()> {
        self.sequence(depth, b'}', |scanner| {
            let key = scanner.string()?;
            scanner.skip_whitespace();
            scanner.expect(b':')?;
            scanner.skip_whitespace();
            member(scanner, key)
        })
    }

    /// The value that begins here, inside `depth` levels of nesting.
    pub fn value(&mut self, depth: u32) -> Option<Token> {
        match self.peek()? {
            b'"' => return self.string(),
            b'{' => self.object(depth + 1, |scanner, _| scanner.value(depth + 1).map(drop)),
            b'[' => self.sequence(depth + 1, b']', |scanner| {
                scanner.value(depth + 1).map(drop)
            }),
            b't' => self.literal(b"true"),
            b'f' => self.literal(b"false"),
            b'n' => self.literal(b"null"),
            _ => self.number(),
        }?;
        Some(Token::Other)
    }

    /// Elements with commas between them, up to `end`; the opening bracket is here.
    fn sequence(
        &mut self,
        depth: u32,
        end: u8,
        mut element: impl FnMut(&mut Self) -> Option<()>,
    ) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.at += 1;
        self.skip_whitespace();
        if self.peek() == Some(end) {
            self.at += 1;
            return Some(());
        }
        loop {
            element(self)?;
            self.skip_whitespace();
            let next = self.peek()?;
            self.at += 1;
            if next == end {
                return Some(());
            }
            if next != b',' {
                return None;
            }
            self.skip_whitespace();
        }
    }

    fn string(&mut self) -> Option<Token> {
        self.expect(b'"')?;
        let start = self.at;
        let mut escaped = false;
        loop {
            self.at += plain_run(&self.raw[self.at..]);
            match self.peek()? {
                b'"' => break,
                b'\\' => self.escape()?,
                _ => return None,
            }
            escaped = true;
        }
        let span = start..self.at;
        self.at += 1;
        Some(if escaped {
            Token::Escaped(span)
        } else {
            Token::Plain(span)
        })
    }

    fn escape(&mut self) -> Option<()> {
        let size = match self.raw.get(self.at + 1)? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => 2,
            b'u' => {
                let digits = self.raw.get(self.at + 2..self.at + 6)?;
                if !digits.iter().all(u8::is_ascii_hexdigit) {
                    return None;
                }
                6
            }
            _ => return None,
        };
        self.at += size;
        Some(())
    }

    fn literal(&mut self, word: &[u8]) -> Option<()> {
        let fits = self.raw[self.at..].starts_with(word);
        self.at += word.len();
        fits.then_some(())
    }

    fn number(&mut self) -> Option<()> {
        self.skip_one(b"-");
        if self.skip_one(b"0").is_none() {
            self.digits()?;
        }
        if self.skip_one(b".").is_some() {
            self.digits()?;
        }
        if self.skip_one(b"eE").is_some() {
            self.skip_one(b"+-");
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let rest = &self.raw[self.at..];
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        (count > 0).then_some(())
    }

    fn skip_one(&mut self, any_of: &[u8]) -> Option<()> {
        let found = any_of.contains(&self.peek()?);
        self.at += usize::from(found);
        found.then_some(())
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.skip_one(&[byte])
    }

    fn skip_whitespace(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.raw.get(self.at).copied()
    }
}

/// Strings up to this length are walked by words, longer ones by vectors.
const SHORT_BYTES: usize = 48;

/// How many bytes at the start of `text` are neither quote, backslash nor control
/// character. Nearly all strings are shorter than a few words; payloads are not.
#[inline]
fn plain_run(text: &[u8]) -> usize {
    let mut run = 0;
    while run < SHORT_BYTES {
        let Some(word) = text[run..].first_chunk() else {
            break;
        };
        let special = special_bytes(u64::from_le_bytes(*word));
        if special != 0 {
            return run + special.trailing_zeros() as usize / 8;
        }
        run += WORD;
    }
    run + long_plain_run(&text[run..])
}

#[inline(never)]
fn long_plain_run(text: &[u8]) -> usize {
    let end = memchr2(b'"', b'\\', text).unwrap_or(text.len());
    let lowest = text[..end].iter().fold(u8::MAX, |low, &byte| low.min(byte));
    if lowest >= b' ' {
        return end;
    }
    let control = text.iter().position(|&byte| byte < b' ');
    control.unwrap_or(end)
}

const WORD: usize = size_of::<u64>();
const ONES: u64 = u64::MAX / 0xFF;
const TOPS: u64 = ONES << 7;

/// The top bit of each byte that is a quote, a backslash or a control character.
///
/// Borrows make bytes above the lowest such byte unreliable; that one is right
/// (`x - n` borrows into the top bit of a byte only if the byte was below `n`).
fn special_bytes(word: u64) -> u64 {
    let below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word;
    let equal = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    (below(word, b' ') | equal(b'"') | equal(b'\\')) & TOPS
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Bytes around every border, so that borrows of the word trick are met.
    fn byte() -> impl Strategy<Value = u8> {
        prop_oneof![
            20 => Just(b'a'),
            4 => any::<u8>(),
            1 => prop::sample::select(b"\x00\x01\x1f !\"#[\\]\x7f\x80\x9f\xa0\xa2\xdc\xff".as_slice()),
        ]
    }

    proptest! {
        #[test]
        fn plain_run_ends_at_the_first_special_byte(
            text in proptest::collection::vec(byte(), 0..200),
        ) {
            let special = |byte: &u8| *byte == b'"' || *byte == b'\\' || *byte < b' ';
            let expected = text.iter().position(special).unwrap_or(text.len());
            prop_assert_eq!(plain_run(&text), expected);
        }
    }
}
