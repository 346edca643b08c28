//! Which instructions the kernels use: what the machine has, and what it may use.

use std::sync::atomic::{AtomicU8, Ordering};

/// A set of vector instructions; a higher one includes the lower ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Simd {
    /// What the compiler takes for granted on the target.
    Portable,
    /// 256 bit, with fused multiply-add.
    Avx2,
    /// 512 bit.
    Avx512,
}

/// The process-wide limit; it only ever says which of several right ways is taken.
static LIMIT: AtomicU8 = AtomicU8::new(Simd::Avx512 as u8);

impl Simd {
    /// From low to high.
    pub const ALL: [Self; 3] = [Self::Portable, Self::Avx2, Self::Avx512];

    /// What this machine has.
    #[cfg(target_arch = "x86_64")]
    pub fn detected() -> Self {
        if !(is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")) {
            Self::Portable
        } else if is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
        {
            Self::Avx512
        } else {
            Self::Avx2
        }
    }

    /// What this machine has.
    #[cfg(not(target_arch = "x86_64"))]
    pub fn detected() -> Self {
        Self::Portable
    }

    /// The best that the machine has and the limit allows.
    pub fn chosen() -> Self {
        Self::detected().min(Self::limited())
    }

    /// Use no more than `to` in all that is made from now on, in the whole process.
    pub fn limit(to: Self) {
        LIMIT.store(to as u8, Ordering::Relaxed);
    }

    fn limited() -> Self {
        let limit = LIMIT.load(Ordering::Relaxed);
        Self::ALL[usize::from(limit)]
    }

    /// All that this machine has, from low to high.
    pub fn here() -> impl Iterator<Item = Self> {
        let best = Self::detected();
        Self::ALL.into_iter().filter(move |simd| *simd <= best)
    }

    /// The set that is written portable, avx2 or avx512.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|simd| simd.name() == name)
    }

    /// As `named` takes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_lowers_and_lifts_again() {
        Simd::limit(Simd::Portable);
        assert_eq!(Simd::chosen(), Simd::Portable);
        Simd::limit(Simd::Avx512);
        assert_eq!(Simd::chosen(), Simd::detected());
    }

    #[test]
    fn names_go_both_ways() {
        for simd in Simd::ALL {
            assert_eq!(Simd::named(simd.name()), Some(simd));
        }
        assert_eq!(Simd::named("avx1024"), None);
    }
}
