//! What is done to audio: pure kernels, without I/O, clock or Python.

pub mod error;
pub mod format;
