//! How a lane wraps audio for the leg that receives it.
//!
//! Done when the frame begins, straight into the bytes to send. Owns the templates
//! and their slots; what is worth sending, and when, is decided before.

use super::chunk::{Body, Chunk};
use super::items::Names;
use super::pen::Pen;
use super::refusal::Refusal;
use super::template::{parse, Piece};
use super::time::TICKS_PER_MS;
use crate::text::base64;
use crate::wire::frame::Opcode;
use std::sync::LazyLock;

/// An append in the upstream's own shape, for a lane that passes messages on where
/// there is no message: a replay.
pub static OWN_APPEND: LazyLock<Template> = LazyLock::new(|| {
    Template::known(
        r#"{"type":"input_audio_buffer.append","event_id":"rtproxy_$number","audio":"$audio"}"#,
    )
});

/// A delta in the upstream's own shape, for the same reason.
pub static OWN_DELTA: LazyLock<Template> = LazyLock::new(|| {
    Template::known(concat!(
        r#"{"type":"response.output_audio.delta","event_id":"event_rtproxy_$number","#,
        r#""response_id":$response_id,"item_id":$item_id,"output_index":0,"#,
        r#""content_index":$content_index,"delta":"$audio"}"#
    ))
});

/// The shape in which audio leaves.
#[derive(Debug)]
pub enum Wrap {
    /// The message as it came.
    Verbatim,
    /// The message as it came, with another `type`.
    Renamed(Vec<u8>),
    /// One or two messages of our own.
    Template(Template, Option<Template>),
    /// The raw audio as a binary frame.
    Binary,
}

/// A text message with slots.
#[derive(Debug)]
pub struct Template(Vec<Piece<Slot>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    Audio,
    ResponseId,
    ItemId,
    Item,
    ContentIndex,
    Number,
    Ms,
}

/// What goes into the slots.
#[derive(Clone, Copy)]
pub struct Fill<'a> {
    /// The tokens of the chunk's item.
    pub names: Names<'a>,
    /// Of this message on its leg, from 1.
    pub number: u64,
}

/// Audio as it is at hand.
#[derive(Clone, Copy)]
enum Sound<'a> {
    Base64(&'a [u8]),
    Raw(&'a [u8]),
}

impl<'a> Sound<'a> {
    fn of(body: &'a Body) -> Self {
        match body {
            Body::Audio(audio) => Self::Raw(audio),
            Body::Message {
                raw,
                binary,
                payload,
                ..
            } => {
                let payload = &raw[payload.clone()];
                if *binary {
                    Self::Raw(payload)
                } else {
                    Self::Base64(payload)
                }
            }
        }
    }

    fn base64_len(self) -> usize {
        match self {
            Self::Base64(text) => text.len(),
            Self::Raw(audio) => audio.len().div_ceil(3) * 4,
        }
    }
}

impl Wrap {
    /// `type_name` must be plain: it is put between quotes as it is.
    pub fn renamed(type_name: &str) -> Result<Self, Refusal> {
        quotable(type_name).map(Self::Renamed)
    }

    /// One or two messages built from templates.
    pub fn template(first: &str, second: Option<&str>) -> Result<Self, Refusal> {
        let second = second.map(Template::parse).transpose()?;
        Ok(Self::Template(Template::parse(first)?, second))
    }

    /// Whether the message that brought the audio is what leaves.
    pub const fn passes_on(&self) -> bool {
        matches!(self, Self::Verbatim | Self::Renamed(_))
    }

    /// Write the chunk's message or messages; `own` is the shape for a wrap that
    /// passes on where there is no message to pass on.
    pub fn write(&self, chunk: &Chunk, fill: Fill<'_>, own: &Template, pen: &mut Pen<'_>) {
        match (self, &chunk.body) {
            (Self::Template(first, second), _) => {
                first.write(chunk, fill, pen);
                if let Some(second) = second {
                    second.write(chunk, fill, pen);
                }
            }
            (Self::Binary, body) => write_raw(Sound::of(body), pen),
            (
                Self::Renamed(name),
                Body::Message {
                    raw,
                    binary: false,
                    kind,
                    ..
                },
            ) => {
                let pieces = [&raw[..kind.start], name, &raw[kind.end..]];
                pen.write(Opcode::Text, &pieces);
            }
            (_, Body::Message { raw, binary, .. }) => pen.message(*binary, raw),
            (_, Body::Audio(_)) => own.write(chunk, fill, pen),
        }
    }
}

/// A name as it stands between quotes; refused where it would need escapes there.
pub fn quotable(name: &str) -> Result<Vec<u8>, Refusal> {
    let plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    if !name.bytes().all(plain) {
        return Err(Refusal::Shape(format!("type {name:?} needs escapes")));
    }
    Ok(name.into())
}

fn write_raw(sound: Sound<'_>, pen: &mut Pen<'_>) {
    match sound {
        Sound::Raw(audio) => pen.write(Opcode::Binary, &[audio]),
        Sound::Base64(text) => {
            let mut audio = Vec::new();
            // Nothing is written where it cannot be decoded: it is not counted either.
            if base64::decode(text, &mut audio).is_ok() {
                pen.write(Opcode::Binary, &[&audio]);
            }
        }
    }
}

impl Template {
    /// Refused: a `$` that begins none of the slots.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        parse(text, Slot::named).map(Self)
    }

    fn known(text: &str) -> Self {
        Self::parse(text).expect("every slot of our own templates exists")
    }

    fn write(&self, chunk: &Chunk, fill: Fill<'_>, pen: &mut Pen<'_>) {
        let sound = Sound::of(&chunk.body);
        let number = fill.number.to_string();
        let ms = (chunk.until / TICKS_PER_MS).to_string();
        let plain = |piece: &'_ Piece<Slot>| -> Option<&[u8]> {
            Some(match piece {
                Piece::Literal(_) | Piece::Slot(Slot::Audio) => return None,
                Piece::Slot(Slot::ResponseId) => fill.names.response,
                Piece::Slot(Slot::ItemId) => fill.names.item,
                Piece::Slot(Slot::Item) => between_quotes(fill.names.item),
                Piece::Slot(Slot::ContentIndex) => fill.names.index,
                Piece::Slot(Slot::Number) => number.as_bytes(),
                Piece::Slot(Slot::Ms) => ms.as_bytes(),
            })
        };
        let len = |piece: &Piece<Slot>| match piece {
            Piece::Literal(literal) => literal.len(),
            Piece::Slot(Slot::Audio) => sound.base64_len(),
            Piece::Slot(_) => plain(piece).map_or(0, <[u8]>::len),
        };
        pen.begin(Opcode::Text, self.0.iter().map(len).sum());
        for piece in &self.0 {
            match (piece, sound) {
                (Piece::Literal(literal), _) => pen.append(literal),
                (Piece::Slot(Slot::Audio), Sound::Base64(text)) => pen.append(text),
                (Piece::Slot(Slot::Audio), Sound::Raw(audio)) => pen.append_base64(audio),
                (Piece::Slot(_), _) => pen.append(plain(piece).unwrap_or_default()),
            }
        }
    }
}

/// What a string token says, to be put inside another string as it is; nothing of a
/// token that is no string.
fn between_quotes(token: &[u8]) -> &[u8] {
    let rest = token.strip_prefix(b"\"").unwrap_or_default();
    rest.strip_suffix(b"\"").unwrap_or_default()
}

impl Slot {
    fn named(name: &str) -> Option<Self> {
        match name {
            "audio" => Some(Self::Audio),
            "response_id" => Some(Self::ResponseId),
            "item_id" => Some(Self::ItemId),
            "item" => Some(Self::Item),
            "content_index" => Some(Self::ContentIndex),
            "number" => Some(Self::Number),
            "ms" => Some(Self::Ms),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_inside_a_string_has_no_quotes_of_its_own() {
        assert_eq!(between_quotes(br#""item_1""#), b"item_1");
        for none in [&b"null"[..], b"17", br#"{"a":"b"}"#, b"\"", b""] {
            assert_eq!(between_quotes(none), b"", "{none:?}");
        }
    }
}
