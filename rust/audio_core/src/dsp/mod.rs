//! What is done to audio: pure kernels, without I/O, clock or Python.

mod decode;
mod encode;
pub mod error;
pub mod format;
pub mod path;
mod plain;
mod plane;

/// Which instructions the kernels use.
pub mod cpu {
    pub use super::plain::Simd;
}

/// From one sample rate to another.
pub mod resample {
    pub use super::plain::{Quality, Resampler};
}
