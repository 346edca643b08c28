//! What becomes of an answer's audio when the lane lets it go: another format,
//! another loudness, another pitch.
//!
//! Owns for which part that happens and which one comes. When it happens is the lane's.

use super::chunk::ItemId;
use super::convert::Converter;
use super::format::LegAudio;

/// The conversion at the end of the lane.
#[derive(Debug, Default)]
pub struct Voicing {
    /// What the client hears, or heard last; `None`: whatever comes.
    pub target: Option<LegAudio>,
    /// The part of which audio came last.
    pub coming: Option<ItemId>,
    /// Where it happens.
    pub converter: Converter,
}

impl Voicing {
    /// Nothing more of these parts is to be heard.
    pub fn cut(&mut self, parts: &[ItemId]) {
        if self.coming.is_some_and(|part| parts.contains(&part)) {
            self.coming = None;
        }
        if self
            .converter
            .part()
            .is_some_and(|part| parts.contains(&part))
        {
            self.converter.discard();
        }
    }
}
