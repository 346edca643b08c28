//! Strict base64: standard alphabet, padded, unused bits zero (RFC 4648, 3.5 and 4).
//!
//! Strict because a payload that is passed on unread must mean the same to every
//! decoder behind us.

use base64_simd::STANDARD;
use std::fmt;

/// Why something is not base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The length is no multiple of four.
    Length,
    /// A byte that is not of the alphabet.
    Alphabet,
    /// Padding before the end, or more than two of it.
    Padding,
    /// Bits set behind the last byte.
    TrailingBits,
}

/// Where and why something is not base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Base64Error {
    /// Of the first byte at fault; of the end where the length is.
    pub offset: usize,
    /// What is wrong with it.
    pub cause: Cause,
}

impl fmt::Display for Base64Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cause = match self.cause {
            Cause::Length => "length is not a multiple of 4",
            Cause::Alphabet => "not a character of the base64 alphabet",
            Cause::Padding => "padding in the wrong place",
            Cause::TrailingBits => "bits set behind the last byte",
        };
        write!(f, "bad base64 at byte {}: {cause}", self.offset)
    }
}

impl std::error::Error for Base64Error {}

/// Whether `data` is strict base64.
pub fn check(data: &[u8]) -> Result<(), Base64Error> {
    STANDARD.check(data).map_err(|_| diagnose(data))
}

/// Append what `data` stands for to `out`, which is untouched on error.
pub fn decode(data: &[u8], out: &mut Vec<u8>) -> Result<(), Base64Error> {
    out.reserve(data.len() / 4 * 3);
    STANDARD
        .decode_append(data, out)
        .map_err(|_| diagnose(data))
}

/// Append the base64 of `data` to `out`.
pub fn encode(data: &[u8], out: &mut Vec<u8>) {
    out.reserve(STANDARD.encoded_length(data.len()));
    STANDARD.encode_append(data, out);
}

/// Find what the vectorised pass only knows to be wrong.
fn diagnose(data: &[u8]) -> Base64Error {
    let error = |offset, cause| Base64Error { offset, cause };
    let end = data
        .iter()
        .position(|byte| !STANDARD.charset().contains(byte));
    let end = end.unwrap_or(data.len());
    if end < data.len() && data[end] != b'=' {
        return error(end, Cause::Alphabet);
    }
    if !data.len().is_multiple_of(4) {
        return error(data.len(), Cause::Length);
    }
    let padding = &data[end..];
    if padding.len() > 2 || padding.iter().any(|&byte| byte != b'=') {
        return error(end, Cause::Padding);
    }
    error(end.saturating_sub(1), Cause::TrailingBits)
}
