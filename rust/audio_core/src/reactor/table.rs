//! All sessions and their sockets, and whose turn it is; without system calls.
//!
//! Owns three lists: who may have something to read (`ready`), whose splice was
//! touched (`touched`: write, look, set the timer anew), and what has happened that
//! somebody waits for (`news`). Everything is done in rounds, one visit for each
//! socket that is ready, so that nobody's flood keeps others waiting; who is left
//! with something to read goes to the end of the list. What follows from a touch is
//! in [`settle`](super::settle).

use super::io::{Io, Ready};
use super::member::{Member, Patience};
use super::seat::{lock, MemberKey, News, Seat, Session, SessionKey, Shared};
use super::stats::Stats;
use super::wheel::{TimerId, Wheel};
use crate::ahead::fetch;
use crate::splice::leg::{LegId, Side};
use crate::splice::lent::Lent;
use crate::splice::time::{Ticks, TICKS_PER_MS};
use slotmap::SlotMap;
use std::collections::VecDeque;

/// So many visits are prepared at once: what is fetched earlier may have left again.
const AHEAD: usize = 32;
/// A round reads so many times what a visit may, however many flood: some 4 ms of audio.
/// Less would keep those at the end of the list waiting while tasks run in between.
const FULL_VISITS: usize = 8;

/// All sessions and their sockets.
#[derive(Debug)]
pub struct Table<I> {
    pub(super) sessions: SlotMap<SessionKey, Session>,
    pub(super) seats: SlotMap<MemberKey, Seat<I>>,
    pub(super) wheel: Wheel,
    /// Whose the timers are.
    owners: Vec<SessionKey>,
    pub(super) ready: VecDeque<MemberKey>,
    pub(super) touched: Vec<SessionKey>,
    pub(super) news: Vec<News>,
    buffer: Vec<u8>,
    due: Vec<TimerId>,
    /// Memory for a step of one splice after the other.
    pub(super) lent: Box<Lent>,
    /// What was done so far.
    pub stats: Stats,
}

impl<I: Io> Table<I> {
    /// No sessions; of a socket at most `socket_bytes` are read at a visit.
    pub fn new(socket_bytes: usize, now: Ticks) -> Self {
        Self {
            sessions: SlotMap::with_key(),
            seats: SlotMap::with_key(),
            wheel: Wheel::new(floor_ms(now)),
            owners: Vec::new(),
            ready: VecDeque::new(),
            touched: Vec::new(),
            news: Vec::new(),
            buffer: vec![0; socket_bytes.max(1)],
            due: Vec::new(),
            lent: Box::new(Lent::to_many()),
            stats: Stats::default(),
        }
    }

    /// Take a session in; it has no sockets yet.
    pub fn open_session(&mut self, splice: Shared) -> SessionKey {
        let timer = self.wheel.add();
        let key = self.sessions.insert(Session {
            splice,
            members: Vec::new(),
            timer,
            touched: false,
        });
        if timer as usize == self.owners.len() {
            self.owners.push(key);
        } else {
            self.owners[timer as usize] = key;
        }
        key
    }

    /// Let a session go; sockets that it still has are closed by force. Who was still
    /// there: none of them is heard of again.
    pub fn close_session(&mut self, key: SessionKey) -> Vec<MemberKey> {
        let Some(session) = self.sessions.remove(key) else {
            return Vec::new();
        };
        self.wheel.remove(session.timer);
        for member in &session.members {
            let seat = self.seats.remove(*member);
            if let Some(mut member) = seat.and_then(|seat| seat.member) {
                member.abort(&mut lock(&session.splice), Ticks::MIN);
            }
        }
        session.members
    }

    /// Own a socket from now on; `None` (and the socket closed) where there is no
    /// such session.
    pub fn add(
        &mut self,
        session: SessionKey,
        io: I,
        leg: LegId,
        side: Side,
        patience: Patience,
    ) -> Option<MemberKey> {
        let home = self.sessions.get_mut(session)?;
        let key = self.seats.insert(Seat {
            leg,
            session,
            member: Some(Member::new(io, leg, side, patience)),
            told: None,
            queued: false,
        });
        home.members.push(key);
        Some(key)
    }

    /// Close a socket that cannot be served after all.
    pub fn remove(&mut self, key: MemberKey) {
        let Some(seat) = self.seats.remove(key) else {
            return;
        };
        if let Some(session) = self.sessions.get_mut(seat.session) {
            session.members.retain(|member| *member != key);
        }
    }

    /// Whose member it is, while it has a socket.
    pub fn session_of(&self, key: MemberKey) -> Option<SessionKey> {
        Some(self.seats.get(key)?.session)
    }

    /// A member's socket, while it has one.
    pub fn io(&self, key: MemberKey) -> Option<&I> {
        Some(self.seats.get(key)?.member.as_ref()?.io())
    }

    /// A socket says what it is ready for; one that is gone says nothing.
    pub fn note_ready(&mut self, key: MemberKey, ready: Ready) {
        let Some(seat) = self.seats.get_mut(key) else {
            return;
        };
        let Some(member) = &mut seat.member else {
            return;
        };
        member.note_ready(ready);
        if ready.read && !seat.queued {
            seat.queued = true;
            self.ready.push_back(key);
        }
        if ready.write {
            let session = seat.session;
            self.touch(session);
        }
    }

    /// Python has touched the session's splice, or a member's end.
    pub fn touch(&mut self, key: SessionKey) {
        if let Some(session) = self.sessions.get_mut(key) {
            if !session.touched {
                session.touched = true;
                self.touched.push(key);
            }
        }
    }

    /// Begin a member's end: it has its time to part, and no more.
    pub fn end_within(&mut self, key: MemberKey, now: Ticks) {
        if let Some(member) = member_of(&mut self.seats, key) {
            member.end_within(now);
        }
    }

    /// Close a member's socket by force.
    pub fn abort(&mut self, key: MemberKey, now: Ticks) {
        let Some(seat) = self.seats.get_mut(key) else {
            return;
        };
        let session = seat.session;
        if let (Some(home), Some(member)) = (self.sessions.get(session), &mut seat.member) {
            member.abort(&mut lock(&home.splice), now);
        }
        self.touch(session);
    }

    /// Whether there is something to do without waiting.
    pub fn has_work(&self) -> bool {
        !self.ready.is_empty() || !self.touched.is_empty()
    }

    /// When there is something to do if nothing happens, in whole milliseconds.
    pub fn next_ms(&self) -> Option<u64> {
        self.wheel.next_ms()
    }

    /// Whether anything has happened since that was asked last.
    pub fn has_news(&self) -> bool {
        !self.news.is_empty()
    }

    /// What has happened since it was asked last.
    pub fn take_news(&mut self) -> std::vec::Drain<'_, News> {
        self.news.drain(..)
    }

    /// Do what the clock asks for.
    pub fn pass_time(&mut self, now: Ticks) {
        let mut due = std::mem::take(&mut self.due);
        self.wheel.advance(floor_ms(now), &mut due);
        for timer in due.drain(..) {
            let key = self.owners[timer as usize];
            self.contained(Some(key), |table| table.ring(key, now));
        }
        self.due = due;
    }

    fn ring(&mut self, key: SessionKey, now: Ticks) {
        let Some(session) = self.sessions.get(key) else {
            return;
        };
        let mut splice = lock(&session.splice);
        // A panic in here is contained; settling tells of it.
        let _ = splice.run(|splice| splice.turn(now));
        for member in &session.members {
            if let Some(member) = member_of(&mut self.seats, *member) {
                member.check_deadlines(&mut splice, now);
            }
        }
        drop(splice);
        self.touch(key);
    }

    /// Visit each socket that is ready now once, then settle what was touched. Where much
    /// is read, those at the end of the list are visited first in the next round.
    pub fn round(&mut self, now: Ticks) {
        self.look_ahead();
        let most = self.stats.read_bytes + (FULL_VISITS * self.buffer.len()) as u64;
        for _ in 0..self.ready.len() {
            if self.stats.read_bytes >= most {
                break;
            }
            if let Some(key) = self.ready.pop_front() {
                let session = self.session_of(key);
                self.contained(session, |table| table.visit(key, now));
            }
        }
        self.settle(now);
    }

    /// Fetch what the first visits will need: session by session, and then what lies
    /// behind that, so that all wait for their memory at the same time.
    fn look_ahead(&self) {
        let sessions = || {
            let seats = self.ready.iter().take(AHEAD);
            seats.filter_map(|key| self.sessions.get(self.seats.get(*key)?.session))
        };
        for session in sessions() {
            fetch(&*session.splice);
            self.wheel.look_ahead(session.timer);
            for member in &session.members {
                self.seats.get(*member).inspect(|seat| fetch(*seat));
            }
        }
        for session in sessions() {
            for member in &session.members {
                let seat = self.seats.get(*member);
                seat.and_then(|seat| seat.member.as_ref())
                    .inspect(|member| member.look_ahead());
            }
            lock(&session.splice).look_ahead();
        }
    }

    fn visit(&mut self, key: MemberKey, now: Ticks) {
        let Some(seat) = self.seats.get_mut(key) else {
            return;
        };
        seat.queued = false;
        let Some(session) = self.sessions.get(seat.session) else {
            return;
        };
        let Some(member) = &mut seat.member else {
            return;
        };
        let mut splice = lock(&session.splice);
        if member.wants_visit(&mut splice, now) {
            splice.lend(&mut self.lent);
            let count = member.read(&mut splice, &mut self.buffer, now);
            splice.lend(&mut self.lent);
            self.stats.note_read(count);
            drop(splice);
            let session = seat.session;
            self.touch(session);
        }
    }
}

/// A member, while it has a socket.
pub(super) fn member_of<I>(
    seats: &mut SlotMap<MemberKey, Seat<I>>,
    key: MemberKey,
) -> Option<&mut Member<I>> {
    seats.get_mut(key)?.member.as_mut()
}

/// The last whole millisecond that has begun.
pub(super) fn floor_ms(moment: Ticks) -> u64 {
    u64::try_from(moment / TICKS_PER_MS).unwrap_or(0)
}
