//! Who is there: sessions, the members that sit in them, and their names.

use super::io::Io;
use super::member::Member;
use super::wheel::TimerId;
use crate::splice::contain::Contained;
use crate::splice::leg::LegId;
use crate::splice::time::Ticks;
use slotmap::new_key_type;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

new_key_type! {
    /// Names a session; never given to another.
    pub struct SessionKey;
    /// Names a member; never given to another.
    pub struct MemberKey;
}

/// A splice that Python's face and the reactor both touch, one at a time.
pub type Shared = Arc<Mutex<Contained>>;

/// What has happened to a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// There is something to receive.
    Arrived,
    /// Its socket is closed; something may arrive still, from behind a hold.
    Gone,
    /// The splice has forgotten it: nothing more will be told.
    Left,
}

/// Something that whoever owns the leg is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct News {
    /// Whose it is.
    pub member: MemberKey,
    /// What it is.
    pub what: What,
}

/// One session.
#[derive(Debug)]
pub(super) struct Session {
    pub splice: Shared,
    pub members: Vec<MemberKey>,
    pub timer: TimerId,
    /// Whether it is on the list of those to be settled.
    pub touched: bool,
}

/// A leg's place in its session.
#[derive(Debug)]
pub(super) struct Seat<I> {
    pub leg: LegId,
    pub session: SessionKey,
    /// While it has a socket.
    pub member: Option<Member<I>>,
    /// The place of the delivery that was told last.
    pub told: Option<u64>,
    /// Whether it is on the list of those that are ready.
    pub queued: bool,
}

impl<I: Io> Seat<I> {
    /// Whether there is something to receive that was not told before. A splice that
    /// has panicked has that for everyone.
    pub fn has_arrival(&mut self, splice: &mut Contained) -> bool {
        let leg = self.leg;
        let stamp = splice
            .run(|splice| splice.next_stamp(leg))
            .unwrap_or(Some(u64::MAX));
        let is_new = stamp.is_some() && stamp != self.told;
        self.told = stamp;
        is_new
    }

    /// Whether it should be put on the list of those that are ready.
    pub fn is_to_visit(&mut self, splice: &mut Contained, now: Ticks) -> bool {
        let member = self.member.as_ref().filter(|_| !self.queued);
        member.is_some_and(|member| member.wants_visit(splice, now))
    }
}

/// Whether the splice can have something for the leg still.
pub(super) fn knows(splice: &mut Contained, leg: LegId) -> bool {
    splice.run(|splice| splice.knows(leg)).unwrap_or(false)
}

/// A thread that panicked with the lock has left a splice that says so itself.
pub(super) fn lock(splice: &Shared) -> MutexGuard<'_, Contained> {
    splice.lock().unwrap_or_else(PoisonError::into_inner)
}
