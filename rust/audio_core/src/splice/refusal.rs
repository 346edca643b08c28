//! What the splice refuses to do: mistakes of the caller, as values.

use std::fmt;

/// A call that cannot be carried out as asked; nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The leg was never opened, or is forgotten.
    UnknownLeg(u64),
    /// The hold is not open on that leg, or an earlier one is.
    WrongHold {
        /// Where it was looked for.
        leg: u64,
        /// What was to be released.
        hold: u64,
    },
    /// A lane without lead has no marks.
    NoMarks,
    /// An audio format that is unknown or cannot be served.
    Format(String),
    /// A template, a type name or a table of kinds that cannot be used.
    Shape(String),
    /// A close code that must not be on the wire.
    CloseCode(u16),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownLeg(leg) => write!(f, "no leg {leg}"),
            Self::WrongHold { leg, hold } => write!(
                f,
                "hold {hold} of leg {leg} is not the one to be released: \
                 each is released once, in the order delivered"
            ),
            Self::NoMarks => f.write_str("a lane without lead has no marks"),
            Self::Format(what) => write!(f, "audio format: {what}"),
            Self::Shape(what) => f.write_str(what),
            Self::CloseCode(code) => write!(f, "close code {code} must not be sent"),
        }
    }
}

impl std::error::Error for Refusal {}
