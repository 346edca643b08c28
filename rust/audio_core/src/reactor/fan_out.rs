//! One message to many clients: framed once, for frames of a server are not masked
//! (RFC 6455, 5.1), and written to each at once for whom nothing waits. For others it
//! is queued, its bytes shared.

use super::io::Io;
use super::member::Member;
use super::seat::{lock, MemberKey};
use super::table::Table;
use crate::splice::contain::Contained;
use crate::splice::leg::LegId;
use crate::splice::queue::Load;
use crate::splice::time::Ticks;
use crate::wire::frame::{self, Opcode};
use std::sync::Arc;

/// A text message that many are told.
#[derive(Debug)]
pub struct Announcement {
    payload: Arc<[u8]>,
    frame: Vec<u8>,
}

impl Announcement {
    /// It says this.
    pub fn new(payload: &[u8]) -> Self {
        let mut whole = Vec::new();
        frame::begin(&mut whole, Opcode::Text, payload.len(), None).append(&mut whole, payload);
        Self {
            payload: payload.into(),
            frame: whole,
        }
    }
}

impl<I: Io> Table<I> {
    /// Tell each of these members, unless more than `within` waits for it already: the
    /// places in the list of those who are passed over. Settle afterwards.
    pub fn tell_all(
        &mut self,
        members: &[MemberKey],
        said: &Announcement,
        within: Option<Load>,
        now: Ticks,
    ) -> Vec<usize> {
        let mut passed_over = Vec::new();
        for (place, &key) in members.iter().enumerate() {
            let session = self.session_of(key);
            self.contained(session, |table| {
                if !table.tell(key, said, within, now) {
                    passed_over.push(place);
                }
            });
        }
        passed_over
    }

    /// False for a member that is passed over; true also for one that is gone.
    fn tell(
        &mut self,
        key: MemberKey,
        said: &Announcement,
        within: Option<Load>,
        now: Ticks,
    ) -> bool {
        let Some(seat) = self.seats.get_mut(key) else {
            return true;
        };
        let (Some(session), Some(member)) = (self.sessions.get(seat.session), &mut seat.member)
        else {
            return true;
        };
        let (leg, shared) = (seat.leg, Arc::clone(&session.splice));
        let mut splice = lock(&shared);
        if let Some(bytes) = write_at_once(member, &mut splice, leg, said, now) {
            self.stats.note_written(bytes, 1);
            if bytes == said.frame.len() {
                return true; // nothing has changed that settling would look at
            }
        } else if within.is_some_and(|within| waiting(member, &mut splice, leg).is_over(within)) {
            return false;
        } else {
            let payload = Arc::clone(&said.payload);
            // A panic in here is contained; settling tells of it.
            let _ = splice.run(|splice| splice.send_leg(leg, payload, false, now));
        }
        let session = seat.session;
        self.touch(session);
        true
    }

    /// What a member's leg has still to write; nothing where it is gone.
    pub fn waiting(&mut self, key: MemberKey) -> Load {
        let Some(seat) = self.seats.get_mut(key) else {
            return Load::default();
        };
        match (self.sessions.get(seat.session), &seat.member) {
            (Some(session), Some(member)) => waiting(member, &mut lock(&session.splice), seat.leg),
            _ => Load::default(),
        }
    }
}

/// How much the socket took, where nothing waits before it.
fn write_at_once<I: Io>(
    member: &mut Member<I>,
    splice: &mut Contained,
    leg: LegId,
    said: &Announcement,
    now: Ticks,
) -> Option<usize> {
    let is_idle = splice.run(|splice| splice.is_idle(leg)).unwrap_or(false);
    is_idle.then(|| member.write_frame(&said.frame, now))?
}

/// Frames that have begun count as one message.
fn waiting<I: Io>(member: &Member<I>, splice: &mut Contained, leg: LegId) -> Load {
    let mut load = splice.run(|splice| splice.waiting(leg)).unwrap_or_default();
    let begun = member.unsent_bytes();
    if begun > 0 {
        load.add(begun);
    }
    load
}
