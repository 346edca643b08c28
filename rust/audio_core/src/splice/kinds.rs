//! How a leg's incoming messages are sorted by their top-level `type`.
//!
//! A table that the dialect makes once; whatever the scanner is not sure of is a
//! hold, so that a real parser judges it.

use super::refusal::Refusal;
use crate::text::envelope::{self, Envelope, PayloadPaths, MAX_PATHS};
use std::ops::Range;

/// What happens to a message of one `type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// To the lane; the payload lies at this path.
    Audio(usize),
    Relay,
    Hold,
}

/// Where the parts of an audio message lie in its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spans {
    /// The value of `type`, inside its quotes.
    pub kind: Range<usize>,
    /// The base64, inside its quotes; the whole message where it is binary.
    pub payload: Range<usize>,
    /// The whole JSON tokens, as far as they are there.
    pub response_id: Option<Range<usize>>,
    /// The item's id.
    pub item_id: Option<Range<usize>>,
    /// The number of the content part.
    pub content_index: Option<Range<usize>>,
}

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sorted {
    /// To the lane.
    Audio(Spans),
    /// On as it is, and a copy to Python; the span of its `response_id`.
    Relay(Option<Range<usize>>),
    /// To Python, and the direction stands still.
    Hold,
}

/// The table.
#[derive(Debug)]
pub struct Kinds {
    /// Audio first: it is looked up most often.
    types: Vec<(Box<[u8]>, Kind)>,
    default: Kind,
    binary_is_audio: bool,
    checks_base64: bool,
    paths: PayloadPaths,
}

/// What goes into a table, as the dialect says it.
#[derive(Debug, Default)]
pub struct KindRules {
    /// `type` and payload path: a key, or two joined by a dot.
    pub audio: Vec<(String, String)>,
    /// Types passed on verbatim.
    pub relay: Vec<String>,
    /// Types held although the default is relay.
    pub hold: Vec<String>,
    /// Whether every other type is passed on, not held.
    pub relay_by_default: bool,
    /// Whether a binary frame is raw audio, not a hold.
    pub binary_is_audio: bool,
    /// Whether audio that is not strict base64 of whole samples is a hold.
    pub checks_base64: bool,
}

impl Kinds {
    /// Refused: a type in two lists, a path deeper than two keys, too many paths.
    pub fn new(rules: KindRules) -> Result<Self, Refusal> {
        let mut paths: Vec<String> = Vec::new();
        let mut types = Vec::new();
        for (name, path) in rules.audio {
            let known = paths.iter().position(|other| *other == path);
            let index = known.unwrap_or(paths.len());
            if known.is_none() {
                paths.push(path);
            }
            add(&mut types, name, Kind::Audio(index))?;
        }
        for name in rules.relay {
            add(&mut types, name, Kind::Relay)?;
        }
        for name in rules.hold {
            add(&mut types, name, Kind::Hold)?;
        }
        let default = if rules.relay_by_default {
            Kind::Relay
        } else {
            Kind::Hold
        };
        Ok(Self {
            types,
            default,
            binary_is_audio: rules.binary_is_audio,
            checks_base64: rules.checks_base64,
            paths: compile(&paths)?,
        })
    }

    /// Whether audio that is not strict base64 of whole samples is a hold.
    pub const fn checks_base64(&self) -> bool {
        self.checks_base64
    }

    /// Where one message goes.
    pub fn sort(&self, raw: &[u8], binary: bool) -> Sorted {
        if binary {
            return self.sort_binary(raw);
        }
        match envelope::scan(raw, &self.paths) {
            Some(found) => self.sort_text(raw, found),
            None => Sorted::Hold,
        }
    }

    fn sort_binary(&self, raw: &[u8]) -> Sorted {
        if !self.binary_is_audio {
            return Sorted::Hold;
        }
        Sorted::Audio(Spans {
            payload: 0..raw.len(),
            ..Spans::default()
        })
    }

    fn sort_text(&self, raw: &[u8], mut found: Envelope) -> Sorted {
        let Some(kind) = found.kind else {
            return Sorted::Hold;
        };
        match self.kind_of(&raw[kind.clone()]) {
            Kind::Hold => Sorted::Hold,
            Kind::Relay => Sorted::Relay(found.response_id),
            Kind::Audio(path) => match found.payloads[path].take() {
                None => Sorted::Hold,
                Some(payload) => Sorted::Audio(Spans {
                    kind,
                    payload,
                    response_id: found.response_id,
                    item_id: found.item_id,
                    content_index: found.content_index,
                }),
            },
        }
    }

    fn kind_of(&self, name: &[u8]) -> Kind {
        let listed = self.types.iter().find(|(listed, _)| **listed == *name);
        listed.map_or(self.default, |&(_, kind)| kind)
    }
}

fn add(types: &mut Vec<(Box<[u8]>, Kind)>, name: String, kind: Kind) -> Result<(), Refusal> {
    let name = name.into_bytes().into_boxed_slice();
    match types.iter().find(|(listed, _)| *listed == name) {
        Some((_, listed)) if *listed != kind => Err(Refusal::Shape(format!(
            "type {:?} is in more than one list",
            String::from_utf8_lossy(&name)
        ))),
        Some(_) => Ok(()),
        None => {
            types.push((name, kind));
            Ok(())
        }
    }
}

fn compile(paths: &[String]) -> Result<PayloadPaths, Refusal> {
    let split = |path: &String| match path.split_once('.') {
        None => Ok((path.clone(), None)),
        Some((_, inner)) if inner.contains('.') => Err(Refusal::Shape(format!(
            "payload path {path:?} is more than two keys deep"
        ))),
        Some((outer, inner)) => Ok((outer.to_owned(), Some(inner.to_owned()))),
    };
    let compiled = paths.iter().map(split).collect::<Result<_, _>>()?;
    PayloadPaths::new(compiled)
        .map_err(|_| Refusal::Shape(format!("more than {MAX_PATHS} payload paths")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds() -> Kinds {
        Kinds::new(KindRules {
            audio: vec![
                ("append".into(), "audio".into()),
                ("nested".into(), "data.audio".into()),
            ],
            relay: vec!["pass".into()],
            ..KindRules::default()
        })
        .unwrap()
    }

    #[test]
    fn audio_shows_where_it_lies() {
        let raw = br#"{"audio":"AAAA","item_id":"i","type":"append"}"#;
        let Sorted::Audio(spans) = kinds().sort(raw, false) else {
            panic!("not audio");
        };
        assert_eq!(&raw[spans.payload], b"AAAA");
        assert_eq!(&raw[spans.kind], b"append");
        assert_eq!(&raw[spans.item_id.unwrap()], br#""i""#);
        assert_eq!(spans.response_id, None);
    }

    #[test]
    fn audio_may_lie_one_level_down() {
        let raw = br#"{"type":"nested","data":{"audio":"AAAA"}}"#;
        let Sorted::Audio(spans) = kinds().sort(raw, false) else {
            panic!("not audio");
        };
        assert_eq!(&raw[spans.payload], b"AAAA");
    }

    #[test]
    fn the_rest_is_relayed_or_held() {
        let kinds = kinds();
        assert_eq!(
            kinds.sort(br#"{"type":"pass"}"#, false),
            Sorted::Relay(None)
        );
        for held in [
            r#"{"type":"other"}"#,
            r#"{"type":"append"}"#,
            r#"{"type":"append","audio":7}"#,
            r#"{"type":"append","audio":"\u0041AAA"}"#,
            r#"{"type":"pass","type":"pass"}"#,
            r#"{"no":"type"}"#,
            "[]",
            "{",
        ] {
            assert_eq!(kinds.sort(held.as_bytes(), false), Sorted::Hold, "{held}");
        }
        assert_eq!(kinds.sort(b"raw", true), Sorted::Hold);
    }

    #[test]
    fn binary_may_be_audio() {
        let rules = KindRules {
            binary_is_audio: true,
            ..KindRules::default()
        };
        let Sorted::Audio(spans) = Kinds::new(rules).unwrap().sort(b"raw", true) else {
            panic!("not audio");
        };
        assert_eq!(spans.payload, 0..3);
    }

    #[test]
    fn refuses_tables_that_contradict_themselves() {
        let refused = |rules| Kinds::new(rules).unwrap_err().to_string();
        let twice = refused(KindRules {
            relay: vec!["t".into()],
            hold: vec!["t".into()],
            ..KindRules::default()
        });
        assert!(twice.contains("\"t\""), "{twice}");
        let deep = refused(KindRules {
            audio: vec![("t".into(), "a.b.c".into())],
            ..KindRules::default()
        });
        assert!(deep.contains("a.b.c"), "{deep}");
        let many = refused(KindRules {
            audio: (0..9).map(|n| (format!("t{n}"), format!("p{n}"))).collect(),
            ..KindRules::default()
        });
        assert!(many.contains('8'), "{many}");
    }
}
