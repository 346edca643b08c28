//! How a leg's incoming messages are sorted by their top-level `type`, or by the key
//! that their protocol has in its place.
//!
//! A table that the dialect makes once; whatever the scanner is not sure of is a
//! hold, so that a real parser judges it.

use super::refusal::Refusal;
use super::reports::Report;
use super::words::{Told, Words};
use super::wrap::quotable;
use crate::text::envelope::{self, Envelope, PayloadPaths, MAX_PATHS};
use memchr::memmem;
use std::ops::Range;

/// What happens to a message of one `type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// To the lane; the payload lies at this path.
    Audio(usize),
    /// Noted; the name that says what was played lies at this path.
    Report(usize),
    /// Told in the client's own message: by these words.
    Words(usize),
    Relay,
    PassOn,
    /// Passed on under this name.
    Renamed(usize),
    Ignore,
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
    /// Noted.
    Report(Report),
    /// On as it is.
    Relay {
        /// The span of its `response_id`.
        response_id: Option<Range<usize>>,
        /// Whether Python gets a copy.
        copied: bool,
    },
    /// On in other words.
    Told(Told),
    /// On as it is, but for its type.
    Renamed(Told),
    /// Nowhere.
    Nobody,
    /// To Python, and the direction stands still.
    Hold,
}

/// The table.
#[derive(Debug)]
pub struct Kinds {
    /// Audio first: it is looked up most often.
    types: Vec<(Box<[u8]>, Kind)>,
    default: Kind,
    words: Vec<Words>,
    names: Vec<Vec<u8>>,
    secrets: Vec<memmem::Finder<'static>>,
    /// What audio must say besides, and a report must not deny: by path, and what lies there.
    only: Vec<(usize, Box<[u8]>)>,
    binary_is_audio: bool,
    checks_base64: bool,
    paths: PayloadPaths,
}

/// What becomes of a type that no list has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unlisted {
    /// It is held.
    #[default]
    Hold,
    /// It is passed on, with a copy to Python.
    Relay,
    /// It is passed on.
    PassOn,
}

/// What goes into a table, as the dialect says it.
#[derive(Debug, Default)]
pub struct KindRules {
    /// The key under which messages say what they are; `type` where there is none.
    pub type_key: Option<String>,
    /// `type` and payload path: a key, or two joined by a dot.
    pub audio: Vec<(String, String)>,
    /// What has been played: `type`, and where a name `ITEM:MS` lies.
    pub reports: Vec<(String, String)>,
    /// Audio only where these texts lie at these paths, and reports where no other does.
    pub only: Vec<(String, String)>,
    /// Words of an answer: `type`, where the words lie, and the client's message.
    pub answer_words: Vec<(String, (String, String))>,
    /// Words of the input, the same.
    pub input_words: Vec<(String, (String, String))>,
    /// What nobody may read: words with any of it are a hold.
    pub secrets: Vec<Vec<u8>>,
    /// Types passed on verbatim, with a copy to Python.
    pub relay: Vec<String>,
    /// Types passed on verbatim.
    pub pass_on: Vec<String>,
    /// Types passed on verbatim but for the type, and what that becomes.
    pub renamed: Vec<(String, String)>,
    /// Types that concern nobody.
    pub ignore: Vec<String>,
    /// Types held although the default is another.
    pub hold: Vec<String>,
    /// What becomes of every other type.
    pub default: Unlisted,
    /// Whether a binary frame is raw audio, not a hold.
    pub binary_is_audio: bool,
    /// Whether audio that is not strict base64 of whole samples is a hold.
    pub checks_base64: bool,
}

impl Kinds {
    /// Refused: a type in two lists, a path deeper than two keys, too many paths, a
    /// template with unknown slots, a new name that needs escapes.
    pub fn new(rules: KindRules) -> Result<Self, Refusal> {
        let (mut paths, mut types, mut words) = (Vec::new(), Vec::new(), Vec::new());
        for (name, path) in rules.audio {
            add(&mut types, name, Kind::Audio(index_of(path, &mut paths)))?;
        }
        for (name, path) in rules.reports {
            add(&mut types, name, Kind::Report(index_of(path, &mut paths)))?;
        }
        let only = rules.only.into_iter();
        let only = only.map(|(path, text)| (index_of(path, &mut paths), text.into_bytes().into()));
        let only = only.collect();
        let lists = [(rules.answer_words, true), (rules.input_words, false)];
        for (list, of_answer) in lists {
            for (name, (path, template)) in list {
                let path = index_of(path, &mut paths);
                add(&mut types, name, Kind::Words(words.len()))?;
                words.push(Words::new(&template, path, of_answer)?);
            }
        }
        let mut names = Vec::new();
        for (name, new) in rules.renamed {
            add(&mut types, name, Kind::Renamed(names.len()))?;
            names.push(quotable(&new)?);
        }
        let lists = [
            (rules.relay, Kind::Relay),
            (rules.pass_on, Kind::PassOn),
            (rules.ignore, Kind::Ignore),
            (rules.hold, Kind::Hold),
        ];
        for (list, kind) in lists {
            for name in list {
                add(&mut types, name, kind)?;
            }
        }
        Ok(Self {
            types,
            default: rules.default.into(),
            words,
            names,
            secrets: finders(&rules.secrets),
            binary_is_audio: rules.binary_is_audio,
            checks_base64: rules.checks_base64,
            only,
            paths: match rules.type_key {
                None => compile(&paths)?,
                Some(key) => compile(&paths)?.with_type_key(key),
            },
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

    fn sort_text(&self, raw: &[u8], found: Envelope) -> Sorted {
        let Some(kind) = found.kind.clone() else {
            return Sorted::Hold;
        };
        let relay = |copied| Sorted::Relay {
            response_id: found.response_id.clone(),
            copied,
        };
        match self.kind_of(&raw[kind.clone()]) {
            Kind::Hold => Sorted::Hold,
            Kind::Ignore => Sorted::Nobody,
            Kind::Relay => relay(true),
            Kind::PassOn => relay(false),
            Kind::Renamed(name) => Sorted::Renamed(Told {
                payload: [&raw[..kind.start], &self.names[name], &raw[kind.end..]].concat(),
                response_id: found.response_id,
            }),
            Kind::Words(words) => self.tell(&self.words[words], raw, &found),
            Kind::Report(path) => {
                let name = found
                    .plain(path)
                    .filter(|_| self.is_meant(raw, &found, false));
                let report = name.and_then(|name| Report::read(raw, name));
                report.map_or(Sorted::Hold, Sorted::Report)
            }
            Kind::Audio(path) => match found
                .plain(path)
                .filter(|_| self.is_meant(raw, &found, true))
            {
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

    /// Whether the message says nothing else than it must, or `fully` what it must.
    fn is_meant(&self, raw: &[u8], found: &Envelope, fully: bool) -> bool {
        let mut only = self.only.iter();
        only.all(|(path, text)| match found.plain(*path) {
            Some(span) => raw[span] == **text,
            None => !fully && found.lacks(*path),
        })
    }

    fn tell(&self, words: &Words, raw: &[u8], found: &Envelope) -> Sorted {
        let told = words.tell(raw, found).filter(|told| {
            let mut secrets = self.secrets.iter();
            secrets.all(|secret| secret.find(&told.payload).is_none())
        });
        told.map_or(Sorted::Hold, Sorted::Told)
    }

    fn kind_of(&self, name: &[u8]) -> Kind {
        let listed = self.types.iter().find(|(listed, _)| **listed == *name);
        listed.map_or(self.default, |&(_, kind)| kind)
    }
}

impl From<Unlisted> for Kind {
    fn from(unlisted: Unlisted) -> Self {
        match unlisted {
            Unlisted::Hold => Self::Hold,
            Unlisted::Relay => Self::Relay,
            Unlisted::PassOn => Self::PassOn,
        }
    }
}

fn finders(secrets: &[Vec<u8>]) -> Vec<memmem::Finder<'static>> {
    let secrets = secrets.iter().filter(|secret| !secret.is_empty());
    secrets
        .map(|secret| memmem::Finder::new(secret).into_owned())
        .collect()
}

/// Where the path stands among `paths`, at their end if it is new.
fn index_of(path: String, paths: &mut Vec<String>) -> usize {
    let known = paths.iter().position(|other| *other == path);
    known.unwrap_or_else(|| {
        paths.push(path);
        paths.len() - 1
    })
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
mod tests;
