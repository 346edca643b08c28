//! TLS without I/O: ciphertext in, plaintext out, and back.
//!
//! Owns what is offered and trusted (`context`, `trust`), one connection's state
//! (`session`, over `end`), and the words for what goes wrong (`fault`). Must not know sockets,
//! clocks of its own, or what is spoken inside; only HTTP/1.1 is offered by name,
//! for a peer that would prefer HTTP/2 must not find it by negotiation.
//!
//! The cryptography is ring's: it builds with a C compiler alone.

pub mod context;
mod end;
pub mod fault;
pub mod pem;
pub mod session;
mod trust;
