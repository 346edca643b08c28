//! What is done to audio: pure kernels, without I/O, clock or Python.

pub mod cpu;
pub(crate) mod decode;
mod encode;
pub mod error;
pub mod format;
pub mod g711;
pub mod gain;
pub mod level;
pub mod mix;
pub mod opus;
pub mod path;
pub mod pitch;
mod plane;
pub mod rates;
pub mod resample;
pub mod sample;
pub mod shape;
pub mod vad;
mod vector;
