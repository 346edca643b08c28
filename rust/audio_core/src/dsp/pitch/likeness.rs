//! Where a wave repeats itself.

use std::ops::RangeInclusive;

/// The search first looks at about so many samples a second: a voice's periods are
/// told apart by what lies below a quarter of that.
const COARSE_HZ: u32 = 8_000;
/// Jumps are whole multiples of this part of a sample, so that sums of them are exact.
const FINEST: f64 = 1.0 / 65_536.0;
/// Of two places as much alike the farther is taken: fewer jumps.
const FAR_BONUS: f32 = 0.03;

/// Where a jump leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// To newer samples.
    Ahead,
    /// To older ones.
    Back,
}

/// Compares spans of a stream.
#[derive(Clone, Copy, Debug)]
pub struct Search {
    span: usize,
    stride: usize,
}

impl Search {
    /// Of spans of `span` samples at `rate_hz`.
    pub fn new(rate_hz: u32, span: usize) -> Self {
        let stride = (rate_hz / COARSE_HZ).max(1) as usize;
        Self { span, stride }
    }

    /// Which of `jumps` leads from `near` to the span most like the one there, in
    /// samples and 65,536ths of one.
    pub fn best(self, history: &[f32], near: usize, way: Way, jumps: RangeInclusive<usize>) -> f64 {
        let (first, last) = (*jumps.start(), *jumps.end());
        let at = |jump: usize| match way {
            Way::Ahead => near + jump,
            Way::Back => near - jump,
        };
        let coarse = |jump: usize| {
            let far = 1.0 + FAR_BONUS * (jump - first) as f32 / (last - first) as f32;
            self.likeness(history, near, at(jump), self.stride) * far
        };
        let rough = best_of((first..=last).step_by(self.stride), coarse);
        let around = rough.saturating_sub(self.stride).max(first)..=(rough + self.stride).min(last);
        let fine = |jump: usize| self.likeness(history, near, at(jump), 1);
        let exact = best_of(around, fine);
        if exact == first || exact == last {
            return exact as f64;
        }
        exact as f64 + summit([fine(exact - 1), fine(exact), fine(exact + 1)])
    }

    /// The correlation of two spans against the second's own energy.
    fn likeness(self, history: &[f32], near: usize, far: usize, stride: usize) -> f32 {
        let near = history[near..near + self.span].iter().step_by(stride);
        let far = history[far..far + self.span].iter().step_by(stride);
        let (mut both, mut own) = (0.0_f32, 1e-9_f32);
        for (a, b) in near.zip(far) {
            both += a * b;
            own += b * b;
        }
        both / own.sqrt()
    }
}

/// The first of the best; any of them where scores are no numbers.
fn best_of(jumps: impl Iterator<Item = usize>, score: impl Fn(usize) -> f32) -> usize {
    jumps
        .map(|jump| (jump, score(jump)))
        .reduce(|best, next| if next.1 > best.1 { next } else { best })
        .map_or(0, |(jump, _)| jump)
}

/// Where the parabola through three scores is highest, from the middle one.
fn summit([before, middle, after]: [f32; 3]) -> f64 {
    let bend = before - 2.0 * middle + after;
    if bend >= 0.0 {
        return 0.0;
    }
    let exact = f64::from((0.5 * (before - after) / bend).clamp(-0.5, 0.5));
    (exact / FINEST).round() * FINEST
}
