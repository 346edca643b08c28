//! A panic inside the splice ends its session, and nothing else.

use super::leg::LegId;
use super::lent::Lent;
use super::splice::{Settings, Splice};
use super::time::Ticks;
use std::any::Any;
use std::fmt;
use std::panic::{catch_unwind, AssertUnwindSafe};

const OUR_FAULT: u16 = 1011;

/// The splice has panicked, now or before, with these words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panicked(pub String);

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the session cannot go on, its splice panicked: {}",
            self.0
        )
    }
}

impl std::error::Error for Panicked {}

/// A splice behind a wall: after a panic it is not touched again but to say
/// goodbye on each leg.
#[derive(Debug)]
pub struct Contained {
    splice: Splice,
    panicked: Option<Panicked>,
}

impl Contained {
    /// A splice without legs.
    pub fn new(settings: Settings) -> Self {
        Self {
            splice: Splice::new(settings),
            panicked: None,
        }
    }

    /// Do some work on the splice, unless it has panicked.
    pub fn run<T>(&mut self, work: impl FnOnce(&mut Splice) -> T) -> Result<T, Panicked> {
        if let Some(panicked) = &self.panicked {
            return Err(panicked.clone());
        }
        // Unwind safety: what a panic may have left half done is not used again;
        // `break_off` reads only whole frames.
        catch_unwind(AssertUnwindSafe(|| work(&mut self.splice)))
            .map_err(|payload| self.note_panic(&*payload))
    }

    /// Exchange what it needs for a step: what the driver lends, before it works on this
    /// splice, and back again after.
    pub fn lend(&mut self, lent: &mut Box<Lent>) {
        std::mem::swap(&mut self.splice.lent, lent);
    }

    /// It is needed soon: fetch what it consists of.
    pub fn look_ahead(&self) {
        self.splice.look_ahead();
    }

    /// Who drives it has panicked over it: that is as if it had itself.
    pub fn note_panic(&mut self, payload: &(dyn Any + Send)) -> Panicked {
        let panicked = Panicked(words_of(payload));
        self.panicked = Some(panicked.clone());
        panicked
    }

    /// The next bytes to write on the leg; after a panic, frames that are whole and
    /// a close frame.
    pub fn pull(&mut self, id: LegId, now: Ticks, most: usize) -> &[u8] {
        if self.run(|splice| splice.fill(id, now, most)).is_err() {
            self.splice.break_off(id, OUR_FAULT, "internal error");
        }
        self.splice.take(id, most)
    }
}

fn words_of(payload: &(dyn Any + Send)) -> String {
    let literal = payload.downcast_ref::<&str>().map(ToString::to_string);
    let words = literal.or_else(|| payload.downcast_ref::<String>().cloned());
    words.unwrap_or_else(|| "without words".to_owned())
}
