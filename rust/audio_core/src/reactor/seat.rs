//! Who is there: sessions, the members that sit in them, and their names.

use super::member::Member;
use super::wheel::TimerId;
use crate::splice::contain::Contained;
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
pub struct News {
    /// Whose it is.
    pub member: MemberKey,
    /// Its socket is closed; else there is something to receive.
    pub gone: bool,
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

/// One member's place.
#[derive(Debug)]
pub(super) struct Seat<I> {
    pub member: Member<I>,
    pub session: SessionKey,
    /// The place of the delivery that was told last.
    pub told: Option<u64>,
    /// Whether it is on the list of those that are ready.
    pub queued: bool,
}

/// A thread that panicked with the lock has left a splice that says so itself.
pub(super) fn lock(splice: &Shared) -> MutexGuard<'_, Contained> {
    splice.lock().unwrap_or_else(PoisonError::into_inner)
}
