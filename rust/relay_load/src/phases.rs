//! When in each 40 ms somebody speaks: spread evenly, however many there are.

/// Phases that are told apart.
pub const SLOTS: usize = 80;
/// Half a millisecond: 40 ms in all.
pub const SLOT_NS: u64 = 500_000;
/// The golden ratio as a fraction of 2^64: any number of its first multiples are spread
/// evenly around a circle.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// The slot of client number `number`.
pub fn of_client(number: u32) -> usize {
    slot(GOLDEN.wrapping_mul(u64::from(number)))
}

/// The slot of upstream session number `number`: a quarter of the way round from where a
/// client with this number would be.
pub fn of_upstream(number: u32) -> usize {
    slot(
        GOLDEN
            .wrapping_mul(u64::from(number))
            .wrapping_add(u64::MAX / 4),
    )
}

fn slot(phase: u64) -> usize {
    ((u128::from(phase) * SLOTS as u128) >> 64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_is_spread_evenly() {
        for count in [80, 800] {
            let mut taken = [0_usize; SLOTS];
            (0..count).for_each(|number| taken[of_client(number)] += 1);
            let fair = count as usize / SLOTS;
            assert!(
                taken.iter().all(|&here| here.abs_diff(fair) <= 1),
                "{taken:?}"
            );
        }
    }
}
