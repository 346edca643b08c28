//! How loud audio is: root mean square and peak.
//!
//! Several sums run side by side, always the same number of them, so that every set
//! of instructions gives the same result.

use super::vector::vectorised;

/// Sums that run side by side.
const LANES: usize = 16;
const FULL_SCALE: f64 = 32_768.0;

vectorised! {
    /// RMS and peak of samples of full scale 1.0; (0, 0) of none.
    ///
    /// What is not finite counts as silence.
    pub fn loudness(samples: &[f32]) -> (f64, f64) {
        let (mut energy, mut peak) = ([0.0_f64; LANES], [0.0_f32; LANES]);
        let blocks = samples.chunks_exact(LANES);
        let rest = blocks.remainder();
        for block in blocks {
            for lane in 0..LANES {
                note(block[lane], &mut energy[lane], &mut peak[lane]);
            }
        }
        for (lane, &sample) in rest.iter().enumerate() {
            note(sample, &mut energy[lane], &mut peak[lane]);
        }
        let energy: f64 = energy.iter().sum();
        let peak = peak.into_iter().fold(0.0, f32::max);
        (mean(energy, samples.len()).sqrt(), f64::from(peak))
    }
}

vectorised! {
    /// RMS and peak, full scale 1.0, of 16 bit little-endian samples; (0, 0) of none.
    ///
    /// A broken sample at the end is not counted.
    pub fn loudness_pcm16(bytes: &[u8]) -> (f64, f64) {
        let (mut energy, mut peak) = (0_u64, 0_u32);
        for pair in bytes.chunks_exact(2) {
            let size = u32::from(i16::from_le_bytes([pair[0], pair[1]]).unsigned_abs());
            energy += u64::from(size * size);
            peak = peak.max(size);
        }
        let rms = mean(energy as f64, bytes.len() / 2).sqrt() / FULL_SCALE;
        (rms, f64::from(peak) / FULL_SCALE)
    }
}

#[inline]
fn note(sample: f32, energy: &mut f64, peak: &mut f32) {
    let sample = if sample.is_finite() { sample } else { 0.0 };
    *energy += f64::from(sample) * f64::from(sample);
    *peak = if sample.abs() > *peak {
        sample.abs()
    } else {
        *peak
    };
}

fn mean(sum: f64, count: usize) -> f64 {
    if count == 0 {
        return 0.0;
    }
    sum / count as f64
}
