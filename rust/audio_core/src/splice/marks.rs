//! What has its place between the audio of the lane to the client, beside that audio.
//!
//! A mark that the clock has reached stands until Python has answered it. What is to be
//! said there and needs no decision is a saying: the lane says it by itself.

use super::inbox::{Delivery, DeliveryKind};
use super::leg::LegId;
use super::queue::Text;
use std::collections::VecDeque;

/// A place in the lane of which Python learns.
#[derive(Debug)]
pub struct Mark {
    /// Whose place it is.
    pub response_id: String,
    /// What Python gets back.
    pub token: Vec<u8>,
}

/// What the client is told at a place in the lane.
#[derive(Debug)]
pub struct Saying {
    /// Of what it is told.
    pub response_id: String,
    /// Whether it is the start of the response: text of that waits for it.
    pub starts: bool,
    /// What is said, and what waits for it.
    pub texts: Vec<Text>,
}

impl Saying {
    /// Whether text of this response waits for it.
    pub fn is_start_of(&self, response_id: &[u8]) -> bool {
        self.starts && self.response_id.as_bytes() == response_id
    }
}

#[derive(Debug)]
struct Reached {
    mark: Mark,
    hold: u64,
    /// Who received it; `None` until someone has.
    leg: Option<LegId>,
}

/// The marks that the clock has reached and that are not answered, in order.
#[derive(Debug, Default)]
pub struct ReachedMarks(VecDeque<Reached>);

impl ReachedMarks {
    /// Whether the lane stands still.
    pub fn any(&self) -> bool {
        !self.0.is_empty()
    }

    /// The clock has reached one.
    pub fn push(&mut self, mark: Mark, hold: u64) {
        let leg = None;
        self.0.push_back(Reached { mark, hold, leg });
    }

    /// The place of the next that nobody has received.
    pub fn next_stamp(&self) -> Option<u64> {
        let next = self.0.iter().find(|reached| reached.leg.is_none())?;
        Some(next.hold)
    }

    /// Hand the next to Python.
    pub fn receive(&mut self, leg: LegId) -> Option<Delivery> {
        let next = self.0.iter_mut().find(|reached| reached.leg.is_none())?;
        next.leg = Some(leg);
        Some(Delivery {
            kind: DeliveryKind::Mark,
            raw: std::mem::take(&mut next.mark.token),
            binary: false,
            stamp: next.hold,
            end: None,
        })
    }

    /// It is answered; false if it is not the one to be answered.
    pub fn release(&mut self, leg: LegId, hold: u64) -> bool {
        let is_first = |first: &Reached| first.hold == hold && first.leg == Some(leg);
        let released = self.0.front().is_some_and(is_first);
        if released {
            self.0.pop_front();
        }
        released
    }
}
