//! Conversion without haste: each output sample is computed from the definition.

/// One mu-law code as a 16 bit sample (ITU-T G.711, table 2).
pub fn ulaw(code: u8) -> i16 {
    const BIAS: i16 = 0x84;
    let code = !code;
    let exponent = (code >> 4) & 7;
    let magnitude = (((i16::from(code & 0xF) << 3) + BIAS) << exponent) - BIAS;
    if code & 0x80 == 0 {
        magnitude
    } else {
        -magnitude
    }
}

/// One A-law code as a 16 bit sample (ITU-T G.711, table 1).
pub fn alaw(code: u8) -> i16 {
    let code = code ^ 0x55;
    let exponent = (code >> 4) & 7;
    let mantissa = (i16::from(code & 0xF) << 4) + 8;
    let magnitude = match exponent {
        0 => mantissa,
        _ => (mantissa + 0x100) << (exponent - 1),
    };
    if code & 0x80 == 0 {
        -magnitude
    } else {
        magnitude
    }
}

/// The code whose sample is nearest.
pub fn nearest(sample: i16, decode: fn(u8) -> i16) -> u8 {
    let far = |code: &u8| (i32::from(decode(*code)) - i32::from(sample)).abs();
    (0..=u8::MAX).min_by_key(far).unwrap_or(0)
}
