//! Text with slots: how it is read.
//!
//! What the slots are called, and what is put into them, is the user's business.

use super::refusal::Refusal;

/// What a message is put together of.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<S> {
    /// Bytes as they are.
    Literal(Vec<u8>),
    /// Something of the moment.
    Slot(S),
}

/// Read a template; refused: a `$` that begins none of the slots that `named` knows.
pub fn parse<S>(text: &str, named: impl Fn(&str) -> Option<S>) -> Result<Vec<Piece<S>>, Refusal> {
    let mut pieces = Vec::new();
    let mut parts = text.split('$');
    pieces.extend(parts.next().and_then(literal));
    for part in parts {
        let in_name = |symbol: char| symbol.is_ascii_lowercase() || symbol == '_';
        let end = part.find(|symbol| !in_name(symbol)).unwrap_or(part.len());
        let (name, rest) = part.split_at(end);
        let unknown = || Refusal::Shape(format!("a template has no slot ${name}"));
        pieces.push(Piece::Slot(named(name).ok_or_else(unknown)?));
        pieces.extend(literal(rest));
    }
    Ok(pieces)
}

fn literal<S>(text: &str) -> Option<Piece<S>> {
    (!text.is_empty()).then(|| Piece::Literal(text.into()))
}
