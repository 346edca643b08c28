//! The one way in which a JSON string is written here.
//!
//! A string has many spellings. Ours escapes what RFC 8259 (section 7) says must be,
//! in the short form where there is one, and nothing else: what a parser and a writer
//! would make of it in turn.

use memchr::memchr;

/// A unit that begins a pair, and where the second halves begin.
const HIGH: u32 = 0xD800;
const LOW: u32 = 0xDC00;
const AFTER_PAIRS: u32 = 0xE000;

/// Append the string whose inside is `text` (its grammar is checked) to `out`, written
/// as we do. `None`, and some of it is appended, where half a pair of UTF-16 stands
/// alone: it is no text.
pub fn rewrite(mut text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    while let Some(at) = memchr(b'\\', text) {
        out.extend_from_slice(&text[..at]);
        let escape = &text[at..];
        let size = match *escape.get(1)? {
            b'u' => rewrite_units(escape, out)?,
            b'/' => {
                out.push(b'/');
                2
            }
            _ => {
                out.extend_from_slice(&escape[..2]);
                2
            }
        };
        text = &escape[size..];
    }
    out.extend_from_slice(text);
    Some(())
}

/// One or two escapes `\uXXXX` that stand for one character; returns their size.
fn rewrite_units(escape: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    let first = unit(escape)?;
    let (code, size) = if (HIGH..LOW).contains(&first) {
        let second = unit(&escape[6..])?;
        if !(LOW..AFTER_PAIRS).contains(&second) {
            return None;
        }
        (0x1_0000 + ((first - HIGH) << 10) + (second - LOW), 12)
    } else {
        (first, 6)
    };
    write(char::from_u32(code)?, out);
    Some(size)
}

fn unit(escape: &[u8]) -> Option<u32> {
    let digits = escape.get(..6)?.strip_prefix(b"\\u")?;
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

fn write(symbol: char, out: &mut Vec<u8>) {
    let short = match symbol {
        '"' | '\\' => symbol,
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\0'..='\u{1f}' => {
            out.extend_from_slice(format!("\\u{:04x}", u32::from(symbol)).as_bytes());
            return;
        }
        _ => {
            out.extend_from_slice(symbol.encode_utf8(&mut [0; 4]).as_bytes());
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short as u8]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(text: &str) -> Option<String> {
        let mut out = b"before ".to_vec();
        rewrite(text.as_bytes(), &mut out)?;
        let text = String::from_utf8(out).expect("it was UTF-8");
        text.strip_prefix("before ").map(str::to_owned)
    }

    #[test]
    fn what_is_written_our_way_stays() {
        for text in ["", "words", "h\u{e9}, \u{1f600}\u{7f}", r#"\"\\\b\f\n\r\t"#] {
            assert_eq!(rewritten(text).as_deref(), Some(text));
        }
    }

    #[test]
    fn other_spellings_become_ours() {
        for (theirs, ours) in [
            (r"a\/b", "a/b"),
            (r"\u00e9\u00E9", "\u{e9}\u{e9}"),
            (r"\uD83D\ude00!", "\u{1f600}!"),
            (r"\u0022\u005c\u002f", r#"\"\\/"#),
            (r"\u0008\u0009\u000A\u000c\u000D", r"\b\t\n\f\r"),
            (r"\u0000\u001F\u007f", "\\u0000\\u001f\u{7f}"),
        ] {
            assert_eq!(rewritten(theirs).as_deref(), Some(ours), "{theirs}");
        }
    }

    #[test]
    fn half_a_pair_is_no_text() {
        for text in [
            r"\ud83d",
            r"\ude00",
            r"\ud83dx",
            r"\ud83d\n",
            r"\ud83d\u0041",
            r"\ud83d\ud83d",
        ] {
            assert_eq!(rewritten(text), None, "{text}");
        }
    }
}
