//! Opus: what is encoded comes back as late as promised, and no bytes do harm.
#![cfg(feature = "opus")]

use audio_core::dsp::opus::{
    complete, Built, Decoder, Encoder, LOOK_AHEAD_BYTES, LOOK_AHEAD_MS, PACKET_BYTES,
};
use proptest::prelude::*;
use std::f64::consts::TAU;

fn encoder() -> Encoder {
    Encoder::new(Built::proof().unwrap())
}

fn decoder() -> Decoder {
    Decoder::new(Built::proof().unwrap())
}

/// A tone of half the full scale, 24 kHz mono PCM16.
fn tone(hz: f64, samples: usize) -> Vec<u8> {
    let at = |index: usize| (16_384.0 * (TAU * hz * index as f64 / 24_000.0).sin()) as i16;
    (0..samples)
        .flat_map(|index| at(index).to_le_bytes())
        .collect()
}

fn samples_of(audio: &[u8]) -> Vec<f64> {
    audio
        .chunks_exact(2)
        .map(|pair| f64::from(i16::from_le_bytes([pair[0], pair[1]])))
        .collect()
}

fn there_and_back(audio: &[u8]) -> Vec<u8> {
    let (mut encoder, mut decoder) = (encoder(), decoder());
    let mut heard = Vec::new();
    for piece in audio.chunks(PACKET_BYTES) {
        decoder.decode(encoder.encode(piece), &mut heard).unwrap();
    }
    heard
}

#[test]
fn a_part_comes_back_whole_and_late_by_the_look_ahead() {
    let mut part = tone(440.0, 24_000 / 2);
    let length = part.len();
    complete(&mut part);
    assert!(part.len() >= length + LOOK_AHEAD_BYTES && part.len().is_multiple_of(PACKET_BYTES));
    assert!((LOOK_AHEAD_BYTES as f64 / 48.0 - LOOK_AHEAD_MS).abs() < 1e-9);
    let heard = there_and_back(&part);
    assert_eq!(heard.len(), part.len());
    let (said, heard) = (samples_of(&part), samples_of(&heard));
    let distance = |late: usize| -> f64 {
        let pairs = said[2_400..9_600].iter().zip(&heard[2_400 + late..]);
        pairs.map(|(one, other)| (one - other).powi(2)).sum()
    };
    // A period of 440 Hz is 54 samples: within one, the delay is told apart; filters
    // turn the tone by a few degrees.
    let best = (130..182).min_by(|a, b| distance(*a).total_cmp(&distance(*b)));
    assert!(
        best.unwrap().abs_diff(LOOK_AHEAD_BYTES / 2) <= 6,
        "{best:?}"
    );
    let energy: f64 = said[2_400..9_600].iter().map(|sample| sample.powi(2)).sum();
    let left = 10.0 * (energy / distance(best.unwrap())).log10();
    assert!(left > 15.0, "{left} dB");
}

#[test]
fn a_reset_leaves_nothing_for_the_next_part() {
    let (mut encoder, mut decoder) = (encoder(), decoder());
    let mut heard = Vec::new();
    for piece in tone(440.0, 4_800).chunks(PACKET_BYTES) {
        encoder.encode(piece);
    }
    encoder.reset();
    decoder
        .decode(encoder.encode(&[0; PACKET_BYTES]), &mut heard)
        .unwrap();
    let loudest = samples_of(&heard)
        .into_iter()
        .map(f64::abs)
        .fold(0.0, f64::max);
    assert!(loudest < 40.0, "{loudest}");
}

#[test]
fn a_lost_packet_is_as_long_as_the_one_before() {
    let (mut encoder, mut decoder) = (encoder(), decoder());
    let mut heard = Vec::new();
    for piece in tone(440.0, 4_800).chunks(PACKET_BYTES) {
        decoder.decode(encoder.encode(piece), &mut heard).unwrap();
    }
    let before = heard.len();
    decoder.decode(&[], &mut heard).unwrap();
    assert_eq!(heard.len() - before, PACKET_BYTES);
    assert!(samples_of(&heard[before..])
        .iter()
        .any(|sample| sample.abs() > 100.0));
}

#[test]
fn speech_costs_about_what_was_asked_for() {
    let mut encoder = encoder();
    let pieces = tone(200.0, 24_000);
    let bytes: usize = pieces
        .chunks(PACKET_BYTES)
        .map(|piece| encoder.encode(piece).len())
        .sum();
    assert!((1_000..8_000).contains(&bytes), "{bytes} bytes a second");
}

proptest! {
    #[test]
    fn any_bytes_are_a_packet_or_refused(
        packets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..1_500), 1..40)
    ) {
        let mut decoder = decoder();
        for packet in &packets {
            let mut heard = Vec::new();
            let decoded = decoder.decode(packet, &mut heard);
            prop_assert!(heard.len() <= 2 * 2_880 && heard.len() % 2 == 0);
            prop_assert_eq!(decoded.is_ok(), !heard.is_empty());
        }
    }

    #[test]
    fn any_samples_become_a_packet_of_20_ms(
        pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..=PACKET_BYTES), 1..8)
    ) {
        let (mut encoder, mut decoder) = (encoder(), decoder());
        for piece in &pieces {
            let mut heard = Vec::new();
            let packet = encoder.encode(piece);
            prop_assert!(!packet.is_empty());
            decoder.decode(packet, &mut heard).unwrap();
            prop_assert_eq!(heard.len(), PACKET_BYTES);
        }
    }

    #[test]
    fn what_was_refused_has_changed_nothing(junk in prop::collection::vec(any::<u8>(), 1..200)) {
        let (mut encoder, mut decoders) = (encoder(), [decoder(), decoder()]);
        let mut heard = [Vec::new(), Vec::new()];
        for piece in tone(300.0, 2_400).chunks(PACKET_BYTES) {
            let packet = encoder.encode(piece).to_vec();
            for (decoder, heard) in decoders.iter_mut().zip(&mut heard) {
                decoder.decode(&packet, heard).unwrap();
            }
            if decoders[1].decode(&junk, &mut Vec::new()).is_ok() {
                return Ok(());
            }
        }
        prop_assert_eq!(&heard[0], &heard[1]);
    }
}

#[test]
fn packets_of_any_duration_bandwidth_and_channels_are_understood() {
    use opusic_c::{Application, Bitrate, Channels, SampleRate};
    // (rate, channels, samples of one channel, bit/s, what they are at 24 kHz)
    let packets = [
        (SampleRate::Hz48000, Channels::Stereo, 120, 96_000, 60),
        (SampleRate::Hz48000, Channels::Mono, 240, 64_000, 120),
        (SampleRate::Hz8000, Channels::Mono, 80, 12_000, 240),
        (SampleRate::Hz16000, Channels::Mono, 640, 16_000, 960),
        (SampleRate::Hz48000, Channels::Stereo, 2_880, 32_000, 1_440),
        (SampleRate::Hz12000, Channels::Mono, 1_440, 20_000, 2_880),
    ];
    let mut decoder = decoder();
    for (rate, channels, samples, bits, wanted) in packets {
        let mut encoder = opusic_c::Encoder::new(channels, rate, Application::Audio).unwrap();
        encoder.set_bitrate(Bitrate::Value(bits)).unwrap();
        let mut packet = [0; 4_000];
        let input = vec![1_000; samples * channels as usize];
        let size = encoder.encode_to_slice(&input, &mut packet).unwrap();
        let mut heard = Vec::new();
        decoder.decode(&packet[..size], &mut heard).unwrap();
        assert_eq!(heard.len(), 2 * wanted, "{samples} at {rate:?}");
        // One that is lost now is as long.
        decoder.decode(&[], &mut heard).unwrap();
        assert_eq!(heard.len(), 4 * wanted, "{samples} at {rate:?}, lost");
    }
}
