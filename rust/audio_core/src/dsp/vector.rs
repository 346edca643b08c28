//! One loop, compiled once for each set of instructions.
//!
//! For kernels that the compiler vectorises by itself. Nothing here reorders or
//! fuses: every set gives the same bits.

/// Make of a function one that takes a `Simd` first and runs the body with it.
macro_rules! vectorised {
    ($(#[$note:meta])* $vis:vis fn $name:ident(
        $($arg:ident: $type:ty),* $(,)?
    ) $(-> $result:ty)? $body:block) => {
        $(#[$note])*
        $vis fn $name(simd: crate::dsp::cpu::Simd, $($arg: $type),*) $(-> $result)? {
            #[inline(always)]
            fn body($($arg: $type),*) $(-> $result)? $body

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2($($arg: $type),*) $(-> $result)? {
                body($($arg),*)
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512bw")]
            fn avx512($($arg: $type),*) $(-> $result)? {
                body($($arg),*)
            }

            #[cfg(target_arch = "x86_64")]
            match simd.min(crate::dsp::cpu::Simd::detected()) {
                crate::dsp::cpu::Simd::Portable => body($($arg),*),
                // SAFETY: the machine has what was detected.
                crate::dsp::cpu::Simd::Avx2 => unsafe { avx2($($arg),*) },
                // SAFETY: the machine has what was detected.
                crate::dsp::cpu::Simd::Avx512 => unsafe { avx512($($arg),*) },
            }
            #[cfg(not(target_arch = "x86_64"))]
            {
                let _ = simd;
                body($($arg),*)
            }
        }
    };
}

pub(crate) use vectorised;
