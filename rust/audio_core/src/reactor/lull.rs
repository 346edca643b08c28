//! Serving while somebody else has nothing to do.
//!
//! An event loop that is about to wait lends its waiting: then the reactor waits in
//! its stead, for its own sockets and for the loop's descriptor, and serves. What
//! passes through meanwhile wakes nobody. The loop goes on as soon as it has
//! something to do itself, there is news, or its time is over; the last two it would
//! not notice, so they ring `bell`, for which one of its tasks waits.

use super::poll::{Reactor, ELSEWHERE};
use crate::splice::time::{whole_ms, Ticks, TICKS_PER_S};
use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::io::Errno;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

impl Reactor {
    /// From now on the loop whose descriptor is `other` lends its waiting, before
    /// each wait.
    pub fn borrow_waiting(&mut self, other: BorrowedFd<'_>) -> Result<(), Errno> {
        let name = EventData::new_u64(ELSEWHERE);
        epoll::add(&self.epoll, other, name, EventFlags::IN)?;
        self.lent = true;
        Ok(())
    }

    /// Readable when the loop must look after what a lull has brought.
    pub fn bell(&self) -> BorrowedFd<'_> {
        self.timer.as_fd()
    }

    /// Serve until the loop has something to do, at the latest until that moment.
    /// `wait` calls what it is given, which may take long.
    pub fn lull(
        &mut self,
        until: Ticks,
        clock: impl Fn() -> Ticks,
        wait: impl Fn(&mut (dyn FnMut() -> Result<(), Errno> + Send)) -> Result<(), Errno>,
    ) {
        let (mut events, mut now) = (std::mem::take(&mut self.events), clock());
        let waits = now < until;
        loop {
            let at_most = self.next_work(now, until) - now;
            let waited = if at_most > 0 {
                let this = &*self;
                wait(&mut || this.wait(&mut events, at_most))
            } else {
                self.wait(&mut events, 0)
            };
            now = clock();
            let elsewhere = self.note(&events);
            self.table.pass_time(now);
            self.table.round(now);
            self.table.stats.rounds += 1;
            self.table.stats.note_turn(duration(clock() - now));
            let over = waits && (now >= until || waited.is_err());
            if over || self.table.has_news() {
                self.ring_at(0, now);
                break;
            }
            if elsewhere || !waits {
                break;
            }
        }
        self.events = events;
    }

    /// When there is something to do, if nothing happens.
    fn next_work(&self, now: Ticks, until: Ticks) -> Ticks {
        if self.table.has_work() {
            return now;
        }
        let timer = self.table.next_ms().map(whole_ms);
        timer.map_or(until, |moment| moment.min(until))
    }
}

fn duration(ticks: Ticks) -> Duration {
    Duration::from_secs_f64(ticks.max(0) as f64 / TICKS_PER_S as f64)
}
