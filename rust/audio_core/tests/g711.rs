//! G.711 against the reference tables, with every set of instructions.

use audio_core::dsp::cpu::Simd;
use audio_core::dsp::g711::{decode, decode_f32, encode, encode_f32, Law};
use std::path::Path;

const SETS: [Simd; 3] = [Simd::Portable, Simd::Avx2, Simd::Avx512];
const LAWS: [(Law, &str); 2] = [(Law::Ulaw, "ulaw"), (Law::Alaw, "alaw")];

fn table(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/g711");
    std::fs::read(folder.join(name)).expect("the table is committed")
}

fn samples() -> Vec<i16> {
    (i16::MIN..=i16::MAX).collect()
}

fn encoded(simd: Simd, law: Law, samples: &[f32]) -> Vec<u8> {
    let mut codes = vec![0; samples.len()];
    encode_f32(simd, law, samples, &mut codes);
    codes
}

#[test]
fn every_sample_has_the_code_of_the_table() {
    for (law, name) in LAWS {
        let expected = table(&format!("{name}_encode.bin"));
        assert_eq!(expected.len(), 65_536);
        for simd in SETS {
            let mut codes = vec![0; 65_536];
            encode(simd, law, &samples(), &mut codes);
            assert_eq!(codes, expected, "{name} {simd:?}");
        }
    }
}

#[test]
fn every_code_has_the_sample_of_the_table() {
    let codes: Vec<u8> = (0..=u8::MAX).collect();
    for (law, name) in LAWS {
        let bytes = table(&format!("{name}_decode.bin"));
        let expected: Vec<i16> = bytes
            .chunks_exact(2)
            .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
            .collect();
        assert_eq!(expected.len(), 256);
        for simd in SETS {
            let mut decoded = vec![0; 256];
            decode(simd, law, &codes, &mut decoded);
            assert_eq!(decoded, expected, "{name} {simd:?}");
        }
    }
}

#[test]
fn floats_are_the_same_samples_by_another_name() {
    let floats: Vec<f32> = samples().iter().map(|&s| f32::from(s) / 32_768.0).collect();
    let codes: Vec<u8> = (0..=u8::MAX).collect();
    for (law, name) in LAWS {
        for simd in SETS {
            assert_eq!(
                encoded(simd, law, &floats),
                table(&format!("{name}_encode.bin"))
            );
            let (mut linear, mut decoded) = (vec![0_i16; 256], vec![9.0_f32; 256]);
            decode(simd, law, &codes, &mut linear);
            decode_f32(simd, law, &codes, &mut decoded);
            let expected = linear.iter().map(|&s| (f32::from(s) / 32_768.0).to_bits());
            assert!(expected.eq(decoded.iter().map(|s| s.to_bits())), "{name}");
        }
    }
}

#[test]
fn floats_are_rounded_to_even_and_saturate() {
    let lsb = 1.0 / 32_768.0;
    // 132 lies halfway between 16 bit samples whose codes differ (mu-law steps by 4).
    let odd = [3.5, -0.5, 131.5, 0.51].map(|sample: f32| sample * lsb);
    let even = [4_i16, 0, 132, 1];
    let wild = [2.0, -2.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 1e30];
    let tame = [i16::MAX, i16::MIN, i16::MAX, i16::MIN, 0, i16::MAX];
    for (law, _) in LAWS {
        for simd in SETS {
            for (floats, whole) in [(&odd[..], &even[..]), (&wild, &tame)] {
                let mut expected = vec![0; whole.len()];
                encode(simd, law, whole, &mut expected);
                assert_eq!(encoded(simd, law, floats), expected, "{law:?} {simd:?}");
            }
        }
    }
}

#[test]
fn a_code_survives_the_way_there_and_back() {
    let codes: Vec<u8> = (0..=u8::MAX).collect();
    for (law, _) in LAWS {
        let (mut linear, mut again) = (vec![0; 256], vec![0; 256]);
        decode(Simd::chosen(), law, &codes, &mut linear);
        encode(Simd::chosen(), law, &linear, &mut again);
        let changed: Vec<u8> = (0..=u8::MAX)
            .filter(|&code| again[usize::from(code)] != code)
            .collect();
        // Mu-law has two zeros; there is one in 16 bit.
        let expected: &[u8] = if law == Law::Ulaw { &[0x7F] } else { &[] };
        assert_eq!(changed, expected);
    }
}
