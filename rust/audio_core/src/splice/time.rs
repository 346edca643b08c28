//! Time inside the splice: whole ticks, so that sums of durations are exact.
//!
//! A tick is 1/705,600,000 of a second: every usual sample rate (8 to 192 kHz, the
//! 11.025 kHz family too) has a whole number of them in a sample, and so has a
//! millisecond. Seconds and milliseconds as floats exist only at the edge.

/// A moment on the caller's monotonic clock, or a duration: exact for 414 years, be it
/// of samples that were counted or of uptime.
pub type Ticks = i64;

/// Ticks of one second.
pub const TICKS_PER_S: Ticks = 705_600_000;
/// Ticks of one millisecond.
pub const TICKS_PER_MS: Ticks = TICKS_PER_S / 1000;
/// A moment that does not come.
pub const NEVER: Ticks = Ticks::MAX;

/// The tick nearest to `seconds`.
pub fn from_s(seconds: f64) -> Ticks {
    (seconds * TICKS_PER_S as f64).round() as Ticks
}

/// The tick nearest to `milliseconds`.
pub fn from_ms(milliseconds: f64) -> Ticks {
    (milliseconds * TICKS_PER_MS as f64).round() as Ticks
}

/// Seconds that `from_s` maps to `moment` or, where floats are too coarse, to a
/// later one: who waits until then does not wake too early.
pub fn to_s(moment: Ticks) -> f64 {
    let mut seconds = moment as f64 / TICKS_PER_S as f64;
    while from_s(seconds) < moment {
        seconds += seconds.abs() * f64::EPSILON;
    }
    seconds
}

/// Milliseconds, exact where they are whole.
pub fn to_ms(duration: Ticks) -> f64 {
    duration as f64 / TICKS_PER_MS as f64
}

/// Ticks of `milliseconds`, as far as they can be counted.
pub fn whole_ms(milliseconds: u64) -> Ticks {
    Ticks::try_from(milliseconds)
        .unwrap_or(NEVER)
        .saturating_mul(TICKS_PER_MS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn usual_rates_divide_a_second() {
        for rate in [
            8_000, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000, 96_000,
        ] {
            assert_eq!(TICKS_PER_S % rate, 0, "{rate} Hz");
        }
    }

    #[test]
    fn whole_milliseconds_are_exact() {
        assert_eq!(from_ms(40.0), 40 * TICKS_PER_MS);
        assert!((to_ms(from_s(0.02)) - 20.0).abs() < f64::EPSILON);
    }

    proptest! {
        #[test]
        fn a_deadline_is_never_early(moment in 0..i64::MAX / 4) {
            prop_assert!(from_s(to_s(moment)) >= moment);
        }

        #[test]
        fn a_month_of_uptime_is_exact(moment in 0..TICKS_PER_S * 86_400 * 30) {
            prop_assert_eq!(from_s(to_s(moment)), moment);
        }
    }
}
