//! The sample rates.

/// The sample rates that there are filters for.
pub const RATES_HZ: [u32; 10] = [
    8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000,
];
