//! Text on its way through: base64, and the audio inside a JSON message.
//!
//! Bytes in, spans and bytes out; no message is ever parsed into a tree here.

pub mod base64;
pub mod canonical;
pub mod envelope;
mod json;
