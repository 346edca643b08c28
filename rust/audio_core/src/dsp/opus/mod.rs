//! Opus (RFC 6716) between packets and the samples that they stand for.
//!
//! Owns what is the same for every packet of ours: 20 ms of 24 kHz mono, a rate that
//! Opus has itself, so nothing is resampled. libopus is a feature of the build;
//! without it [`Built`] has no values, and what needs one cannot be reached. Knows
//! nothing of parts, messages or time.

#[cfg(not(feature = "opus"))]
mod absent;
#[cfg(feature = "opus")]
mod libopus;

use super::format::{AudioFormat, PCM16_24K};

#[cfg(not(feature = "opus"))]
pub use absent::{Built, Decoder, Encoder};
#[cfg(feature = "opus")]
pub use libopus::{Built, Decoder, Encoder};

/// Whether this build has libopus.
pub const IS_BUILT: bool = cfg!(feature = "opus");
/// What packets are made of and become.
pub const SAMPLES: AudioFormat = PCM16_24K;
/// The samples of one of our packets: 20 ms.
pub const PACKET_SAMPLES: usize = 480;
/// The same in bytes.
pub const PACKET_BYTES: usize = 2 * PACKET_SAMPLES;
/// How late a decoder gives back what an encoder was given: 6.5 ms (2.5 ms of the
/// transform, 4 ms that make the speech layer as late as the other).
pub const LOOK_AHEAD_MS: f64 = 6.5;
/// The same in bytes.
pub const LOOK_AHEAD_BYTES: usize = 312;

/// Bytes that are not a packet of Opus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAPacket;

/// Complete `samples`, a part's last, with silence: what the codec holds back comes
/// out, and the last packet is whole.
pub fn complete(samples: &mut Vec<u8>) {
    let whole = (samples.len() + LOOK_AHEAD_BYTES).next_multiple_of(PACKET_BYTES);
    samples.resize(whole, 0);
}
