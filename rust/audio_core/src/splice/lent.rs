//! What a splice needs for a step only, and has no use for between two.
//!
//! Who drives many splices lends each of them the same, which stays in the caches; one
//! that is lent nothing has its own, and keeps no audio's memory in it.

use crate::spare::Spare;
use crate::wire::codec::Incoming;
use std::collections::VecDeque;

/// Buffers that who drives many splices keeps for them.
const BUFFERS: usize = 64;

/// Memory for a step.
#[derive(Debug, Default)]
pub struct Lent {
    /// Buffers for messages.
    pub(super) spare: Spare,
    /// What has just been decoded.
    pub(super) fresh: VecDeque<Incoming>,
    /// Audio that is looked at.
    pub(super) scratch: Vec<u8>,
}

impl Lent {
    /// To be lent to one splice after the other.
    pub fn to_many() -> Self {
        Self {
            spare: Spare::keeping(BUFFERS),
            ..Self::default()
        }
    }

    /// Audio of at most `bytes` is to be put into the scratch.
    pub(super) fn scratch_for(&mut self, bytes: usize) -> &mut Vec<u8> {
        if self.scratch.capacity() == 0 {
            self.scratch = self.spare.take(bytes);
        }
        self.scratch.clear();
        &mut self.scratch
    }

    /// The step is done.
    pub(super) fn end_step(&mut self) {
        if !self.spare.keeps() {
            self.scratch = Vec::new();
        }
    }
}
