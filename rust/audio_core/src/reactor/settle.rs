//! What follows from touching a session: all that became possible is done at once,
//! and a panic on the way ends that session alone.

use super::io::Io;
use super::seat::{knows, lock, News, SessionKey, What};
use super::table::{floor_ms, member_of, Table};
use crate::splice::contain::Contained;
use crate::splice::time::{Ticks, TICKS_PER_MS};
use std::any::Any;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Arc;

impl<I: Io> Table<I> {
    /// Settle every session that was touched.
    pub fn settle(&mut self, now: Ticks) {
        while let Some(key) = self.touched.pop() {
            if let Some(session) = self.sessions.get_mut(key) {
                session.touched = false;
                self.contained(Some(key), |table| table.settle_one(key, now));
            }
        }
    }

    /// Do all that has become possible: writing comes first for every member,
    /// because it makes room; what one could write may be what another was not read
    /// for.
    fn settle_one(&mut self, key: SessionKey, now: Ticks) {
        let Some(session) = self.sessions.get(key) else {
            return;
        };
        let shared = Arc::clone(&session.splice);
        let mut splice = lock(&shared);
        splice.lend(&mut self.lent);
        for member in &session.members {
            if let Some(member) = member_of(&mut self.seats, *member) {
                let (bytes, calls) = member.flush(&mut splice, now);
                self.stats.note_written(bytes, calls);
                member.part(&mut splice, now);
            }
        }
        splice.lend(&mut self.lent);
        self.look(key, &mut splice, now);
        self.set_timer(key, &mut splice);
    }

    /// See who has something to receive, who is gone, who is to be read again.
    fn look(&mut self, key: SessionKey, splice: &mut Contained, now: Ticks) {
        let Some(session) = self.sessions.get_mut(key) else {
            return;
        };
        let Self {
            seats, news, ready, ..
        } = self;
        session.members.retain(|&member| {
            let Some(seat) = seats.get_mut(member) else {
                return false;
            };
            let mut tell = |what| news.push(News { member, what });
            if seat.has_arrival(splice) {
                tell(What::Arrived);
            }
            if seat.is_to_visit(splice, now) {
                seat.queued = true;
                ready.push_back(member);
            }
            if seat.member.take_if(|member| member.is_gone()).is_some() {
                tell(What::Gone);
            }
            let stays = seat.member.is_some() || knows(splice, seat.leg);
            if !stays {
                tell(What::Left);
                seats.remove(member);
            }
            stays
        });
    }

    fn set_timer(&mut self, key: SessionKey, splice: &mut Contained) {
        let Some(session) = self.sessions.get(key) else {
            return;
        };
        let of_splice = splice.run(|splice| splice.next_deadline()).unwrap_or(None);
        let seats = session
            .members
            .iter()
            .filter_map(|member| self.seats.get(*member));
        let of_members = seats.filter_map(|seat| seat.member.as_ref()?.next_deadline());
        let next = of_splice.into_iter().chain(of_members).min();
        self.wheel.set(session.timer, next.map(ceil_ms));
    }

    /// Work for one session. What panics inside its splice is caught there; should
    /// it be the reactor itself, the session is not touched again.
    pub(super) fn contained(&mut self, key: Option<SessionKey>, work: impl FnOnce(&mut Self)) {
        // Unwind safety: what the panic may have left half done is that session's,
        // and it is thrown away.
        let outcome = catch_unwind(AssertUnwindSafe(|| work(self)));
        if let (Err(payload), Some(key)) = (outcome, key) {
            self.break_off(key, &*payload);
        }
    }

    /// Close its sockets; whoever owns the legs finds the splice broken.
    fn break_off(&mut self, key: SessionKey, payload: &(dyn Any + Send)) {
        let Some(session) = self.sessions.get_mut(key) else {
            return;
        };
        lock(&session.splice).note_panic(payload);
        self.wheel.set(session.timer, None);
        for member in std::mem::take(&mut session.members) {
            self.seats.remove(member);
            let steps = [What::Arrived, What::Gone, What::Left];
            self.news.extend(steps.map(|what| News { member, what }));
        }
    }
}

/// The first whole millisecond at which the moment has come.
fn ceil_ms(moment: Ticks) -> u64 {
    floor_ms(moment.saturating_add(TICKS_PER_MS - 1))
}
