//! WebSocket frames (RFC 6455) as bytes in memory: no sockets, no clock, no dice.
//!
//! [`frame`] knows one frame, [`mask`] its masking, [`message`] what several of
//! them make together, [`codec`] the rules of a whole connection.

pub mod codec;
pub mod frame;
mod mask;
mod message;

/// A broken rule of RFC 6455: the close code it deserves, and what was wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub code: u16,
    pub reason: String,
}

impl Fault {
    pub fn protocol(reason: impl Into<String>) -> Self {
        Self::new(1002, reason)
    }

    pub fn text(reason: impl Into<String>) -> Self {
        Self::new(1007, reason)
    }

    pub fn policy(reason: impl Into<String>) -> Self {
        Self::new(1008, reason)
    }

    pub fn too_big(reason: impl Into<String>) -> Self {
        Self::new(1009, reason)
    }

    fn new(code: u16, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self { code, reason }
    }
}
