//! The frames, the audio and the splice of rtproxy.
//!
//! Pure parts below, each without I/O, clock or dice of its own; the Python
//! faces alone know `PyO3`.

pub mod ahead;
pub mod dsp;
pub mod reactor;
pub mod spare;
pub mod splice;
pub mod text;
pub mod tls;
pub mod wire;

#[cfg(feature = "python")]
mod python;
