//! The long even middle of base64, by the widest instructions there are.
//!
//! Does as much as comes in whole registers and says how far it came; the rest, the
//! padding and the words for what is wrong are others' business.

use super::progress::Progress;
use crate::dsp::cpu::Simd;
use std::mem::MaybeUninit;

/// Which kernel runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kernel {
    None,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Vbmi,
}

impl Kernel {
    #[cfg(target_arch = "x86_64")]
    fn of(simd: Simd) -> Self {
        match simd.min(Simd::detected()) {
            Simd::Portable => Self::None,
            Simd::Avx512 if is_x86_feature_detected!("avx512vbmi") => Self::Vbmi,
            Simd::Avx2 | Simd::Avx512 => Self::Avx2,
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn of(_: Simd) -> Self {
        Self::None
    }
}

/// Encode from the head of `data` into `out`.
pub fn encode(simd: Simd, data: &[u8], out: &mut [MaybeUninit<u8>]) -> Progress {
    match Kernel::of(simd) {
        Kernel::None => Progress::default(),
        #[cfg(target_arch = "x86_64")]
        Kernel::Avx2 => Progress::default(),
        // SAFETY: the machine has AVX-512 with BW and VBMI.
        #[cfg(target_arch = "x86_64")]
        Kernel::Vbmi => unsafe { super::avx512::encode(data, out) },
    }
}

/// Decode from the head of `text` into `out`, or only check it; `None` where a
/// character is not of the alphabet, padding included.
pub fn decode(simd: Simd, text: &[u8], out: Option<&mut [MaybeUninit<u8>]>) -> Option<Progress> {
    match Kernel::of(simd) {
        Kernel::None => Some(Progress::default()),
        // SAFETY: the machine has AVX2.
        #[cfg(target_arch = "x86_64")]
        Kernel::Avx2 => unsafe { super::avx2::decode(text, out) },
        // SAFETY: the machine has AVX-512 with BW and VBMI.
        #[cfg(target_arch = "x86_64")]
        Kernel::Vbmi => unsafe { super::avx512::decode(text, out) },
    }
}
