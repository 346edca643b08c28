//! A message while its frames arrive: its bytes, its text check, its tiny fragments.
//!
//! Owns how much memory a message may take and when text is found bad; knows
//! nothing of headers.

use super::mask::{self, Key};
use super::Fault;
use crate::spare::Spare;
use simdutf8::compat::from_utf8;

/// A continuation shorter than this counts as tiny.
const TINY_BYTES: usize = 16;
/// How far the buffer may be ahead of what has arrived, beside doubling.
const STEP_BYTES: usize = 4096;

/// A message whose last byte has not come yet.
#[derive(Debug)]
pub struct Partial {
    binary: bool,
    payload: Vec<u8>,
    /// Bytes at the start of `payload` that are whole UTF-8 characters.
    checked: usize,
    tiny_fragments: u32,
}

impl Partial {
    pub fn new(binary: bool) -> Self {
        Self {
            binary,
            payload: Vec::new(),
            checked: 0,
            tiny_fragments: 0,
        }
    }

    pub fn len(&self) -> usize {
        self.payload.len()
    }

    /// A continuation of `len` bytes begins.
    pub fn continue_with(&mut self, len: usize, max_tiny: u32) -> Result<(), Fault> {
        self.tiny_fragments += u32::from(len < TINY_BYTES);
        if self.tiny_fragments > max_tiny {
            let reason = format!("more than {max_tiny} tiny fragments in one message");
            return Err(Fault::policy(reason));
        }
        Ok(())
    }

    /// Append what arrived of a frame of which `declared` bytes were still due.
    pub fn append(
        &mut self,
        arrived: &[u8],
        declared: usize,
        key: &mut Key,
        spare: &mut Spare,
    ) -> Result<(), Fault> {
        self.make_room(arrived.len(), declared, spare);
        mask::append(&mut self.payload, arrived, key);
        if !self.binary {
            self.check_text()?;
        }
        Ok(())
    }

    /// The whole payload, after its last byte.
    pub fn finish(self) -> Result<(bool, Vec<u8>), Fault> {
        if !self.binary && self.checked < self.payload.len() {
            return Err(Fault::text("text ends within a character"));
        }
        Ok((self.binary, self.payload))
    }

    /// Room for what arrived, and for more of the frame by as much as has come
    /// so far or one step: a length that is only declared buys little memory.
    fn make_room(&mut self, arrived: usize, declared: usize, spare: &mut Spare) {
        if self.payload.capacity() - self.payload.len() >= arrived {
            return;
        }
        let ahead = arrived + (self.payload.len() + arrived).max(STEP_BYTES);
        let room = declared.min(ahead).max(arrived);
        if self.payload.capacity() == 0 {
            self.payload = spare.take(room);
        } else {
            self.payload.reserve_exact(room);
        }
    }

    /// Fail at the first byte that no continuation can make good.
    fn check_text(&mut self) -> Result<(), Fault> {
        match from_utf8(&self.payload[self.checked..]) {
            Ok(text) => self.checked += text.len(),
            Err(error) => {
                self.checked += error.valid_up_to();
                if error.error_len().is_some() {
                    return Err(Fault::text(format!(
                        "text is not UTF-8 at byte {}",
                        self.checked
                    )));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DECLARED: usize = 16 << 20;

    #[test]
    fn a_frame_that_came_whole_costs_exactly_its_length() {
        let mut message = Partial::new(true);
        message
            .append(&vec![7; 100_000], 100_000, &mut None, &mut Spare::default())
            .unwrap();
        assert_eq!(message.payload.capacity(), 100_000);
    }

    proptest! {
        #[test]
        fn a_declared_length_buys_little_memory(
            pieces in proptest::collection::vec(1..20_000_usize, 1..20),
        ) {
            let mut message = Partial::new(true);
            for piece in pieces {
                let due = DECLARED - message.len();
                message.append(&vec![7; piece], due, &mut None, &mut Spare::keeping(1)).unwrap();
                let most = (2 * message.len()).max(message.len() + STEP_BYTES);
                prop_assert!(message.payload.capacity() <= most);
            }
        }
    }
}
