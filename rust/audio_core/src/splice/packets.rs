//! Audio in packets on a leg: unpacked when it arrives, packed when its frame begins.
//!
//! Owns the codec's state for one leg and direction. Whose audio is worth sending was
//! decided before; that chunks are whole packets, by the conversion.

use super::chunk::{Body, Chunk, ItemId};
use super::format::LegAudio;
use super::pen::Pen;
use crate::dsp::opus::{Decoder, Encoder, NotAPacket, PACKET_BYTES};
use crate::wire::frame::Opcode;

/// What comes from a leg, to samples.
#[derive(Debug)]
pub struct Unpacker {
    decoder: Decoder,
    /// The packet, and then memory for the next one.
    packet: Vec<u8>,
}

impl Unpacker {
    /// Be there if the leg speaks in packets; where it already did, the voice goes on.
    pub fn follow(slot: &mut Option<Box<Self>>, speaks: LegAudio) {
        match speaks {
            LegAudio::Samples(_) => *slot = None,
            LegAudio::Opus(built) => {
                slot.get_or_insert_with(|| {
                    Box::new(Self {
                        decoder: Decoder::new(built),
                        packet: Vec::new(),
                    })
                });
            }
        }
    }

    /// Put the samples of the packet in its place. Where it is none, nothing has
    /// changed that the next packets will need.
    pub fn unpack(&mut self, audio: &mut Vec<u8>) -> Result<(), NotAPacket> {
        std::mem::swap(audio, &mut self.packet);
        audio.clear();
        self.decoder.decode(&self.packet, audio)
    }
}

/// What a leg hears, from samples.
#[derive(Debug)]
pub struct Packer {
    encoder: Encoder,
    /// Whose audio is inside.
    part: Option<ItemId>,
}

impl Packer {
    /// Be there if the leg hears packets; where it already did, the voice goes on.
    pub fn follow(slot: &mut Option<Box<Self>>, hears: Option<LegAudio>) {
        match hears {
            Some(LegAudio::Opus(built)) => {
                slot.get_or_insert_with(|| {
                    Box::new(Self {
                        encoder: Encoder::new(built),
                        part: None,
                    })
                });
            }
            Some(LegAudio::Samples(_)) | None => *slot = None,
        }
    }

    /// A binary frame for each packet of the chunk.
    ///
    /// A part begins with a fresh encoder: what is held back of one that was cut must
    /// not be heard at the start of the next.
    pub fn write(&mut self, chunk: &Chunk, pen: &mut Pen<'_>) {
        // A whole message is for a wrap that passes it on, which no packets are.
        let Body::Audio(samples) = &chunk.body else {
            return;
        };
        if self.part != chunk.item {
            self.encoder.reset();
            self.part = chunk.item;
        }
        for packet in samples.chunks(PACKET_BYTES) {
            pen.write(Opcode::Binary, &[self.encoder.encode(packet)]);
        }
    }
}
