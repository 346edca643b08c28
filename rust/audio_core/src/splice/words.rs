//! The upstream's words in the client's own message.
//!
//! Owns the decision "plain enough": a message of which every field that a real
//! parser would read is what it should be. Any other is left to that parser, so
//! nobody can tell who has translated. Where the words go is decided elsewhere.

use super::refusal::Refusal;
use super::template::{parse, Piece};
use crate::text::canonical;
use crate::text::envelope::Envelope;
use memchr::memchr;
use std::ops::Range;

/// A content index of more digits than these is unusual.
const MAX_DIGITS: usize = 9;

/// How the words that one type of message brings are told.
#[derive(Debug)]
pub struct Words {
    /// Where the words lie, as the envelope counts its paths.
    path: usize,
    pieces: Vec<Piece<Slot>>,
    of_answer: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    Text,
    ResponseId,
    ItemId,
}

/// Words as the client is told them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The whole message.
    pub payload: Vec<u8>,
    /// Of words of an answer: where its id lies in what came, quotes and all.
    pub response_id: Option<Range<usize>>,
}

impl Words {
    /// `of_answer`: they are a response's, which the message must name.
    ///
    /// Refused: a template with an unknown slot, or with that of a response that
    /// nobody has to name.
    pub fn new(template: &str, path: usize, of_answer: bool) -> Result<Self, Refusal> {
        let pieces = parse(template, |name| match name {
            "text" => Some(Slot::Text),
            "item_id" => Some(Slot::ItemId),
            "response_id" if of_answer => Some(Slot::ResponseId),
            _ => None,
        })?;
        Ok(Self {
            path,
            pieces,
            of_answer,
        })
    }

    /// The client's message for what came; `None` if that is not plain enough.
    pub fn tell(&self, raw: &[u8], found: &Envelope) -> Option<Told> {
        let text = found.payloads[self.path].clone()?;
        let response_id = found.response_id.clone().filter(|_| self.of_answer);
        let token = |span: &Option<Range<usize>>| span.clone().map_or(&[][..], |span| &raw[span]);
        let (item, response) = (token(&found.item_id), token(&response_id));
        let is_named = is_string(item) && (is_string(response) || !self.of_answer);
        if !is_named || !is_plain(raw, found, &text) {
            return None;
        }
        let mut payload = Vec::with_capacity(raw.len());
        for piece in &self.pieces {
            match piece {
                Piece::Literal(literal) => payload.extend_from_slice(literal),
                Piece::Slot(Slot::ResponseId) => payload.extend_from_slice(response),
                Piece::Slot(Slot::ItemId) => payload.extend_from_slice(item),
                Piece::Slot(Slot::Text) => canonical::rewrite(&raw[text.clone()], &mut payload)?,
            }
        }
        Some(Told {
            payload,
            response_id,
        })
    }
}

/// Nothing but the words has escapes, and the rest is of the types that it should be.
fn is_plain(raw: &[u8], found: &Envelope, text: &Range<usize>) -> bool {
    let around = [&raw[..text.start], &raw[text.end..]];
    let token = |span: &Option<Range<usize>>| span.clone().map(|span| &raw[span]);
    let (event_id, index) = (token(&found.event_id), token(&found.content_index));
    around.iter().all(|part| memchr(b'\\', part).is_none())
        && event_id.is_none_or(|token| is_string(token) || token == b"null")
        && index.is_none_or(is_index)
}

fn is_string(token: &[u8]) -> bool {
    token.first() == Some(&b'"')
}

fn is_index(token: &[u8]) -> bool {
    token.len() <= MAX_DIGITS && token.iter().all(u8::is_ascii_digit)
}
