//! libopus, with the settings that a synthetic voice over the web wants.
//!
//! Such a voice brings no rumble, so it is coded as audio, not as telephony:
//! that would filter its lowest tones away and turn their phase. A stream loses nothing,
//! so there is no error correction, and every packet is sent, so that time can be told
//! by counting them (no DTX).

use super::{NotAPacket, PACKET_SAMPLES};
use crate::dsp::error::AudioError;
use opusic_c::{Application, Bitrate, Channels, ErrorCode, InbandFec, SampleRate, Signal};
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// For one voice of up to 12 kHz: about a tenth of PCM16.
const BITS_PER_S: u32 = 40_000;
/// Of 10. More of it costs twice the time and gains 3 dB (docs/audio.md), which a few
/// more bits gain as well: over the web time is dearer.
const COMPLEXITY: u8 = 1;
/// No packet of one frame is longer (RFC 6716, 3.4, R2, and the byte before it).
const LONGEST_BYTES: usize = 1_276;
/// The most that a packet may stand for: 120 ms (RFC 6716, 3.2.5).
const LONGEST_SAMPLES: usize = 2_880;

/// That libopus is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Built(());

impl Built {
    /// Refused where libopus is not built in.
    pub const fn proof() -> Result<Self, AudioError> {
        Ok(Self(()))
    }
}

/// A state of libopus. It may move to another thread, but two must not look at it at
/// once: the lock says so, and is never taken, for nobody uses it but by `&mut`.
struct State<T>(Mutex<T>);

impl<T> State<T> {
    fn get(&mut self) -> &mut T {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Samples to packets: a stream of 20 ms pieces.
pub struct Encoder {
    inner: State<opusic_c::Encoder>,
    samples: [u16; PACKET_SAMPLES],
    packet: [u8; LONGEST_BYTES],
}

impl Encoder {
    /// As every encoder here is set.
    ///
    /// # Panics
    /// Where there is no memory for its state.
    pub fn new(_: Built) -> Self {
        Self {
            inner: State(Mutex::new(
                configured().expect("the settings are such as libopus has"),
            )),
            samples: [0; PACKET_SAMPLES],
            packet: [0; LONGEST_BYTES],
        }
    }

    /// The packet of `PACKET_SAMPLES` as bytes; shorter ones are completed by silence.
    ///
    /// # Panics
    /// Never: libopus takes 20 ms of any samples, and the packet has room.
    pub fn encode(&mut self, samples: &[u8]) -> &[u8] {
        self.samples.fill(0);
        let pairs = samples.chunks_exact(2).take(PACKET_SAMPLES);
        for (sample, pair) in self.samples.iter_mut().zip(pairs) {
            *sample = u16::from_le_bytes([pair[0], pair[1]]);
        }
        let written = self
            .inner
            .get()
            .encode_to_slice(&self.samples, &mut self.packet);
        &self.packet[..written.expect("20 ms are a length that Opus has")]
    }

    /// Be as new: nothing of what went in before is in the next packet.
    ///
    /// # Panics
    /// Never: every encoder can be reset.
    pub fn reset(&mut self) {
        self.inner
            .get()
            .reset()
            .expect("every encoder can be reset");
    }
}

fn configured() -> Result<opusic_c::Encoder, ErrorCode> {
    let (mono, rate) = (Channels::Mono, SampleRate::Hz24000);
    let mut encoder = opusic_c::Encoder::new(mono, rate, Application::Audio)?;
    encoder.set_bitrate(Bitrate::Value(BITS_PER_S))?;
    encoder.set_complexity(COMPLEXITY)?;
    encoder.set_signal(Signal::Voice)?;
    encoder.set_inband_fec(InbandFec::Off)?;
    encoder.set_dtx(false)?;
    Ok(encoder)
}

/// Packets to samples, whatever their duration, bandwidth and channels.
pub struct Decoder {
    inner: State<opusic_c::Decoder>,
    samples: [u16; LONGEST_SAMPLES],
    /// Samples that the last packet stood for.
    last: usize,
}

impl Decoder {
    /// One that has heard nothing.
    ///
    /// # Panics
    /// Where there is no memory for its state.
    pub fn new(_: Built) -> Self {
        let inner = opusic_c::Decoder::new(Channels::Mono, SampleRate::Hz24000);
        Self {
            inner: State(Mutex::new(
                inner.expect("the settings are such as libopus has"),
            )),
            samples: [0; LONGEST_SAMPLES],
            last: PACKET_SAMPLES,
        }
    }

    /// Append what the packet stands for. An empty one was lost on its way: it is made
    /// up for by what the voice would have gone on to say, as long as the one before.
    ///
    /// Nothing has changed where it is refused.
    pub fn decode(&mut self, packet: &[u8], samples: &mut Vec<u8>) -> Result<(), NotAPacket> {
        let room = if packet.is_empty() {
            self.last
        } else {
            LONGEST_SAMPLES
        };
        let decoded = self
            .inner
            .get()
            .decode_to_slice(packet, &mut self.samples[..room], false);
        self.last = decoded.map_err(|_| NotAPacket)?;
        samples.reserve(2 * self.last);
        for sample in &self.samples[..self.last] {
            samples.extend_from_slice(&sample.to_le_bytes());
        }
        Ok(())
    }
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoder").finish_non_exhaustive()
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder").finish_non_exhaustive()
    }
}
