//! Strict base64: standard alphabet, padded, unused bits zero (RFC 4648, 3.5 and 4).
//!
//! Strict because a payload that is passed on unread must mean the same to every
//! decoder behind us. Where kernels of our own are faster than base64-simd (decoding;
//! encoding by AVX-512 alone) the long middle goes through them, the rest through it.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod bulk;
mod progress;

use crate::dsp::cpu::Simd;
use base64_simd::STANDARD;
use progress::Progress;
use std::fmt;

/// What a kernel may write beyond what it means.
const OVERSHOOT: usize = 8;

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
    check_with(Simd::chosen(), data)
}

/// `check` with the instructions of `simd`.
pub fn check_with(simd: Simd, data: &[u8]) -> Result<(), Base64Error> {
    let done = bulk::decode(simd, without_last_group(data), None);
    let rest = done.ok_or_else(|| diagnose(data))?.read;
    STANDARD.check(&data[rest..]).map_err(|_| diagnose(data))
}

/// Append what `data` stands for to `out`, which is untouched on error.
pub fn decode(data: &[u8], out: &mut Vec<u8>) -> Result<(), Base64Error> {
    decode_with(Simd::chosen(), data, out)
}

/// `decode` with the instructions of `simd`.
pub fn decode_with(simd: Simd, data: &[u8], out: &mut Vec<u8>) -> Result<(), Base64Error> {
    let before = out.len();
    out.reserve(data.len() / 4 * 3 + OVERSHOOT);
    let text = without_last_group(data);
    let done = bulk::decode(simd, text, Some(out.spare_capacity_mut()));
    let Progress { read, written } = done.ok_or_else(|| diagnose(data))?;
    // SAFETY: the kernel has written so many bytes of the spare capacity.
    unsafe { out.set_len(before + written) };
    if STANDARD.decode_append(&data[read..], out).is_err() {
        out.truncate(before);
        return Err(diagnose(data));
    }
    Ok(())
}

/// Append the base64 of `data` to `out`.
pub fn encode(data: &[u8], out: &mut Vec<u8>) {
    encode_with(Simd::chosen(), data, out);
}

/// `encode` with the instructions of `simd`.
pub fn encode_with(simd: Simd, data: &[u8], out: &mut Vec<u8>) {
    let before = out.len();
    out.reserve(STANDARD.encoded_length(data.len()));
    let Progress { read, written } = bulk::encode(simd, data, out.spare_capacity_mut());
    // SAFETY: the kernel has written so many bytes of the spare capacity.
    unsafe { out.set_len(before + written) };
    STANDARD.encode_append(&data[read..], out);
}

/// The text before its last group, the only one that may be padded.
fn without_last_group(text: &[u8]) -> &[u8] {
    &text[..text.len().saturating_sub(1) / 4 * 4]
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
