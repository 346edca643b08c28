//! Walking JSON text by its grammar (RFC 8259), token by token.
//!
//! Owns the grammar and its limits; keeps nothing but a position. Every method
//! returns `None` where the text is malformed, and the walk is then over.

use std::ops::Range;

/// Objects and arrays inside one another, the outermost being 1.
pub const MAX_DEPTH: u32 = 64;

/// A value, as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// A string without escapes: the span inside its quotes.
    Plain(Range<usize>),
    /// A string with escapes.
    Escaped,
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
            Token::Escaped
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

/// Whether a string cannot simply go on over `byte`.
fn is_special(byte: u8) -> bool {
    byte == b'"' || byte == b'\\' || byte < b' '
}

/// How many bytes at the start of `text` are neither quote, backslash nor control
/// character.
fn plain_run(text: &[u8]) -> usize {
    text.iter()
        .position(|&byte| is_special(byte))
        .unwrap_or(text.len())
}
