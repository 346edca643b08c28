//! Latencies in logarithmic buckets: any number of them in little room.
//!
//! A bucket is at most 1/64 of its value wide; a percentile is told as its upper end,
//! so it is never too low and at most 1.6 % too high.

const BITS: u32 = 6;
const BUCKETS: usize = 64 << BITS;

/// Counts of durations in microseconds.
pub struct Histogram {
    buckets: Vec<u32>,
    count: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            buckets: vec![0; BUCKETS],
            count: 0,
        }
    }
}

impl Histogram {
    /// Count one.
    pub fn add(&mut self, value_us: u64) {
        self.buckets[bucket(value_us)] += 1;
        self.count += 1;
    }

    /// How many were counted.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The value that `rank` percent do not exceed; `None` of nothing.
    pub fn percentile_us(&self, rank: f64) -> Option<u64> {
        let due = ((self.count as f64 * rank / 100.0).ceil() as u64).max(1);
        let mut seen = 0;
        for (index, &count) in self.buckets.iter().enumerate() {
            seen += u64::from(count);
            if seen >= due {
                return Some(upper_end(index));
            }
        }
        None
    }
}

fn bucket(value_us: u64) -> usize {
    let shift = (u64::BITS - value_us.leading_zeros()).saturating_sub(BITS + 1);
    ((shift as usize) << BITS) + (value_us >> shift) as usize
}

fn upper_end(index: usize) -> u64 {
    let shift = (index >> BITS).saturating_sub(1);
    (((index - (shift << BITS)) as u64 + 1) << shift) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_never_too_low_and_little_too_high() {
        for value in (0..10_000).chain([u64::from(u32::MAX), 1 << 40]) {
            let told = upper_end(bucket(value));
            assert!(
                told >= value && told - value <= value / 64,
                "{value}: {told}"
            );
        }
    }

    #[test]
    fn ranks_are_counted() {
        let mut latencies = Histogram::default();
        assert_eq!(latencies.percentile_us(50.0), None);
        (1..=100).for_each(|value| latencies.add(value));
        assert_eq!(latencies.percentile_us(50.0), Some(50));
        assert_eq!(latencies.percentile_us(99.0), Some(99));
        assert_eq!(latencies.percentile_us(100.0), Some(100));
    }
}
