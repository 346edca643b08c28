//! Whole messages that wait to become frames, in one order.
//!
//! The same for a leg and for what is kept while a side has none. Nothing here has
//! begun to leave: audio may still be cut or expire, messages may not.

use super::chunk::Chunk;
use super::convert;
use super::format::LegAudio;
use super::items::Items;
pub use super::load::Load;
use super::payload::Payload;
use super::time::{Ticks, NEVER};
use std::collections::VecDeque;

/// A message of text or bytes that is not audio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// What it says.
    pub payload: Payload,
    /// Whether it goes as bytes, not as text.
    pub binary: bool,
    /// Whether it waited for the start of its response; the lane bounds those, so
    /// that the start of a long answer is not taken for a client that does not read.
    pub late: bool,
}

/// Room that an empty line of waiting things may keep.
const KEPT_ROOM: usize = 64;

/// Give back the memory of a line that was long and is empty: a session lasts an
/// hour, its longest answer a minute.
pub fn give_back<T>(line: &mut VecDeque<T>) {
    if line.is_empty() && line.capacity() > KEPT_ROOM {
        *line = VecDeque::new();
    }
}

/// What waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A message.
    Text(Text),
    /// Audio, wrapped only when its frame begins.
    Audio(Chunk),
}

impl Entry {
    const fn audio(&mut self) -> Option<&mut Chunk> {
        match self {
            Self::Audio(chunk) => Some(chunk),
            Self::Text(_) => None,
        }
    }
}

/// Messages and audio in the order in which they will leave.
#[derive(Debug, Default)]
pub struct Queue {
    pub(super) entries: VecDeque<Entry>,
    events: Load,
    late: Load,
    audio: Load,
    audio_length: Ticks,
    /// At or before the first moment at which some of the audio expires.
    expires: Option<Ticks>,
}

impl Queue {
    /// Add a message.
    pub fn push_text(&mut self, text: Text) {
        self.load_of(&text).add(text.payload.len());
        self.entries.push_back(Entry::Text(text));
    }

    /// Add audio.
    pub fn push_audio(&mut self, chunk: Chunk) {
        self.audio.add(chunk.body.bytes());
        self.audio_length += chunk.length;
        self.expires.get_or_insert(chunk.expires);
        self.entries.push_back(Entry::Audio(chunk));
    }

    /// Add all of `other` behind.
    pub fn append(&mut self, other: Self) {
        for entry in other.entries {
            match entry {
                Entry::Text(text) => self.push_text(text),
                Entry::Audio(chunk) => self.push_audio(chunk),
            }
        }
    }

    /// Take the next that is worth sending; audio whose time has passed is not.
    pub fn pop(&mut self, now: Ticks, items: &mut Items) -> Option<Entry> {
        loop {
            let entry = self.entries.pop_front()?;
            give_back(&mut self.entries);
            match &entry {
                Entry::Text(text) => self.load_of(text).remove(text.payload.len()),
                Entry::Audio(chunk) => {
                    self.uncount(chunk);
                    if chunk.expires <= now {
                        items.note_dropped(chunk);
                        continue;
                    }
                }
            }
            return Some(entry);
        }
    }

    /// Let go of audio whose time has passed.
    pub fn expire(&mut self, now: Ticks, items: &mut Items) {
        if self.expires.is_some_and(|moment| moment <= now) {
            self.cut(items, |_, chunk| chunk.expires <= now);
        }
    }

    /// Let go of the audio that `is_cut` names.
    pub fn cut(&mut self, items: &mut Items, is_cut: impl Fn(&Items, &Chunk) -> bool) {
        let Self {
            entries,
            audio,
            audio_length,
            ..
        } = self;
        entries.retain(|entry| match entry {
            Entry::Audio(chunk) if is_cut(items, chunk) => {
                audio.remove(chunk.body.bytes());
                *audio_length -= chunk.length;
                items.note_dropped(chunk);
                false
            }
            _ => true,
        });
        give_back(entries);
        self.find_expiry();
    }

    /// Let go of everything.
    pub fn clear(&mut self, items: &mut Items) {
        self.cut(items, |_, _| true);
        *self = Self::default();
    }

    /// Put the audio that waits here into another format.
    pub fn recast(&mut self, target: LegAudio) {
        convert::recast(self.entries.iter_mut().filter_map(Entry::audio), target);
        let chunks = self.entries.iter_mut().filter_map(Entry::audio);
        self.audio.bytes = chunks.map(|chunk| chunk.body.bytes()).sum();
    }

    /// Move the moments at which audio expires.
    pub fn move_expiry(&mut self, moved: impl Fn(Ticks) -> Ticks) {
        for entry in &mut self.entries {
            if let Entry::Audio(chunk) = entry {
                if chunk.expires != NEVER {
                    chunk.expires = moved(chunk.expires);
                }
            }
        }
        self.find_expiry();
    }

    /// Audio stands in the order of its time, so the first expires first.
    fn find_expiry(&mut self) {
        self.expires = self.entries.iter().find_map(|entry| match entry {
            Entry::Audio(chunk) => Some(chunk.expires),
            Entry::Text(_) => None,
        });
    }

    /// When `expire` has something to do.
    pub fn next_expiry(&self) -> Option<Ticks> {
        self.expires.filter(|&moment| moment != NEVER)
    }

    /// Messages that are not audio, as the bound for a peer that does not read
    /// counts them.
    pub const fn events(&self) -> Load {
        self.events
    }

    /// Messages that waited for the start of their response.
    pub const fn late(&self) -> Load {
        self.late
    }

    /// How long the audio plays that waits here.
    pub const fn audio_length(&self) -> Ticks {
        self.audio_length
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All that waits.
    pub const fn load(&self) -> Load {
        Load {
            messages: self.events.messages + self.late.messages + self.audio.messages,
            bytes: self.events.bytes + self.late.bytes + self.audio.bytes,
        }
    }

    fn load_of(&mut self, text: &Text) -> &mut Load {
        if text.late {
            &mut self.late
        } else {
            &mut self.events
        }
    }

    fn uncount(&mut self, chunk: &Chunk) {
        self.audio.remove(chunk.body.bytes());
        self.audio_length -= chunk.length;
        if self.audio.messages == 0 {
            self.expires = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::chunk::Body;
    use super::*;
    use crate::dsp::format::PCM16_24K;

    fn text(payload: &str) -> Text {
        Text {
            payload: payload.as_bytes().to_vec().into(),
            binary: false,
            late: false,
        }
    }

    fn audio(bytes: usize, expires: Ticks) -> Chunk {
        Chunk {
            expires,
            ..Chunk::anonymous(Body::Audio(vec![0; bytes]), PCM16_24K, 40)
        }
    }

    fn filled() -> Queue {
        let mut queue = Queue::default();
        queue.push_text(text("one"));
        queue.push_audio(audio(10, 100));
        queue.push_text(text("two"));
        queue.push_audio(audio(10, 140));
        queue
    }

    #[test]
    fn keeps_order_and_counts() {
        let (mut queue, mut items) = (filled(), Items::default());
        assert_eq!(
            queue.load(),
            Load {
                messages: 4,
                bytes: 26
            }
        );
        assert_eq!(queue.audio_length(), 80);
        let mut seen = Vec::new();
        while let Some(entry) = queue.pop(0, &mut items) {
            seen.push(entry);
        }
        let expected = [
            Entry::Text(text("one")),
            Entry::Audio(audio(10, 100)),
            Entry::Text(text("two")),
            Entry::Audio(audio(10, 140)),
        ];
        assert_eq!(seen, expected);
        assert_eq!((queue.load(), queue.audio_length()), (Load::default(), 0));
    }

    #[test]
    fn an_empty_queue_keeps_little_memory() {
        let (mut queue, mut items) = (Queue::default(), Items::default());
        for _ in 0..1_000 {
            queue.push_text(text("words"));
        }
        while queue.pop(0, &mut items).is_some() {}
        assert!(queue.entries.capacity() <= KEPT_ROOM);
    }

    #[test]
    fn passed_audio_goes_and_text_stays() {
        let (mut queue, mut items) = (filled(), Items::default());
        assert_eq!(queue.next_expiry(), Some(100));
        queue.expire(120, &mut items);
        assert_eq!(queue.next_expiry(), Some(140));
        assert_eq!(
            queue.load(),
            Load {
                messages: 3,
                bytes: 16
            }
        );
        assert_eq!(queue.pop(0, &mut items), Some(Entry::Text(text("one"))));
        assert_eq!(queue.pop(0, &mut items), Some(Entry::Text(text("two"))));
        assert_eq!(queue.pop(140, &mut items), None);
    }

    #[test]
    fn expiry_moves_with_the_clock() {
        let (mut queue, mut items) = (filled(), Items::default());
        queue.move_expiry(|moment| moment + 1_000);
        queue.expire(500, &mut items);
        assert_eq!(queue.load().messages, 4);
        assert_eq!(queue.next_expiry(), Some(1_100));
    }
}
