//! The reactor on Linux: one epoll descriptor, and behind it the sockets of all
//! sessions and a timer.
//!
//! Who runs it waits for that one descriptor to be readable and calls `turn`. A
//! socket is registered once in its life, edge-triggered; the event carries the
//! member's key, so that what the kernel says of a socket that is gone meets nobody.

use super::fan_out::Announcement;
use super::io::{Ready, Socket};
use super::member::Patience;
use super::seat::{MemberKey, News, SessionKey};
use super::table::Table;
use super::wire::Wire;
use crate::splice::leg::{LegId, Side};
use crate::splice::queue::Load;
use crate::splice::time::{Ticks, TICKS_PER_MS};
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::event::Timespec;
use rustix::io::Errno;
use rustix::time::{
    timerfd_create, timerfd_settime, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags,
};
use slotmap::{Key, KeyData};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

/// Events that are taken at once.
const EVENTS: usize = 256;
/// Members that are told before all others have their turn: some 0.3 ms.
const TOLD_AT_ONCE: usize = 64;
/// The names of what is no member; a member's key has its generation, which is never zero,
/// in the upper half.
const TIMER: u64 = 0;
const WATCHED: u64 = 1;
const NOW: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 0,
};

/// All sessions of a process that are not driven by Trio's streams.
pub struct Reactor {
    epoll: OwnedFd,
    timer: OwnedFd,
    /// What the timer is set to.
    armed_ms: Option<u64>,
    /// Somebody else has something to do: who runs the turns must not be kept.
    called: bool,
    /// The sessions.
    pub table: Table<Wire<Socket>>,
}

impl Reactor {
    /// A reactor without sessions; of a socket at most `socket_bytes` are read at a
    /// visit. Fails where the process has no descriptor left.
    pub fn new(socket_bytes: usize, now: Ticks) -> Result<Self, Errno> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let flags = TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        // Edge-triggered: setting it anew is all that ever has to be done with it.
        let timer_flags = EventFlags::IN | EventFlags::ET;
        epoll::add(&epoll, &timer, EventData::new_u64(TIMER), timer_flags)?;
        Ok(Self {
            epoll,
            timer,
            armed_ms: None,
            called: false,
            table: Table::new(socket_bytes, now),
        })
    }

    /// Linger no longer than until this descriptor has something new to read, which is
    /// somebody else's to do.
    pub fn watch(&self, descriptor: impl AsFd) -> Result<(), Errno> {
        let flags = EventFlags::IN | EventFlags::ET;
        epoll::add(&self.epoll, descriptor, EventData::new_u64(WATCHED), flags)
    }

    /// Watch it no more.
    pub fn unwatch(&self, descriptor: impl AsFd) -> Result<(), Errno> {
        epoll::delete(&self.epoll, descriptor)
    }

    /// Own a connected socket from now on: it is closed, whatever happens. `None`
    /// where there is no such session.
    pub fn add(
        &mut self,
        session: SessionKey,
        wire: Wire<Socket>,
        leg: LegId,
        side: Side,
        patience: Patience,
    ) -> Result<Option<MemberKey>, Errno> {
        let Some(key) = self.table.add(session, wire, leg, side, patience) else {
            return Ok(None);
        };
        let flags = EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET;
        let data = EventData::new_u64(key.data().as_ffi());
        let registered = match self.table.io(key) {
            Some(wire) => epoll::add(&self.epoll, wire.io(), data, flags),
            None => Ok(()),
        };
        if let Err(error) = registered {
            self.table.remove(key);
            return Err(error);
        }
        Ok(Some(key))
    }

    /// Do all that can be done without waiting: `clock` says what time it is, and
    /// nothing once the turn has taken long enough. True if there is more to do, here or
    /// elsewhere.
    pub fn turn(&mut self, mut clock: impl FnMut() -> Option<Ticks>) -> bool {
        let mut now = None;
        self.called = false;
        while let Some(moment) = clock() {
            now = Some(moment);
            let told = self.wait(Duration::ZERO);
            self.table.pass_time(moment);
            if told == 0 && !self.table.has_work() {
                break;
            }
            self.table.stats.rounds += 1;
            self.table.round(moment);
        }
        if let Some(now) = now {
            self.arm(now);
        }
        self.called || self.table.has_work()
    }

    /// Wait for more and serve it, until there is news for somebody, what is watched or a
    /// signal calls, or no time is left: `clock` says what time it is, and how much of it
    /// is left. True if there is more to do, here or elsewhere. In here nothing of
    /// Python's is needed: let it go meanwhile.
    pub fn linger(&mut self, mut clock: impl FnMut() -> (Ticks, Duration)) -> bool {
        while !self.table.has_news() && !self.called {
            let (began, left) = clock();
            self.arm(began);
            if left.is_zero() {
                break;
            }
            self.wait(left);
            let (now, _) = clock();
            self.table.stats.note_wait(now - began);
            self.table.pass_time(now);
            self.table.stats.rounds += 1;
            self.table.round(now);
        }
        let (now, _) = clock();
        self.arm(now);
        self.called || self.table.has_work()
    }

    /// After something outside a turn: settle it, and see that the next turn comes
    /// in time.
    pub fn settle(&mut self, now: Ticks) {
        self.table.settle(now);
        self.arm(now);
    }

    /// Tell each of these members; the places of those who are passed over. In between
    /// all other sockets have their turn: who tells thousands keeps nobody waiting.
    pub fn tell_all(
        &mut self,
        members: &[MemberKey],
        said: &Announcement,
        within: Option<Load>,
        mut clock: impl FnMut() -> Ticks,
    ) -> Vec<usize> {
        let mut passed_over = Vec::new();
        for (part, some) in members.chunks(TOLD_AT_ONCE).enumerate() {
            let now = clock();
            if part > 0 {
                let mut once = Some(now);
                self.turn(|| once.take());
            }
            let places = self.table.tell_all(some, said, within, now);
            passed_over.extend(places.iter().map(|place| part * TOLD_AT_ONCE + place));
            self.settle(now);
        }
        passed_over
    }

    /// What has happened since it was asked last.
    pub fn take_news(&mut self) -> std::vec::Drain<'_, News> {
        self.table.take_news()
    }

    /// Take what the kernel tells; if there is nothing yet, wait so long for it, by
    /// whole milliseconds.
    fn wait(&mut self, at_most: Duration) -> usize {
        let at_most = Timespec {
            tv_sec: i64::try_from(at_most.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(at_most.subsec_nanos()),
        };
        let mut events = [MaybeUninit::<Event>::uninit(); EVENTS];
        // Nothing can be wrong with our own descriptors: a signal has come. What was not
        // said because of it is there the next time.
        let Ok((events, _)) = epoll::wait(&self.epoll, &mut events, Some(&at_most)) else {
            self.called = true;
            return 0;
        };
        for event in &*events {
            let (flags, data) = (event.flags, event.data.u64());
            match data {
                TIMER => self.armed_ms = None,
                WATCHED => self.called = true,
                _ => {
                    let key = MemberKey::from(KeyData::from_ffi(data));
                    self.table.note_ready(key, ready(flags));
                }
            }
        }
        self.table.stats.events += events.len() as u64;
        events.len()
    }

    /// See that the descriptor becomes readable when there is something to do.
    fn arm(&mut self, now: Ticks) {
        let next_ms = if self.table.has_work() {
            Some(0)
        } else {
            self.table.next_ms()
        };
        let Some(at_ms) = next_ms else { return };
        if self.armed_ms.is_some_and(|armed_ms| armed_ms <= at_ms) {
            return;
        }
        self.armed_ms = Some(at_ms);
        let ahead = Ticks::try_from(at_ms)
            .unwrap_or(Ticks::MAX)
            .saturating_mul(TICKS_PER_MS)
            .saturating_sub(now);
        let it_value = timespec(ahead);
        let spec = Itimerspec {
            it_interval: NOW,
            it_value,
        };
        // Our own descriptor and a valid time: there is nothing that could fail.
        let _ = timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &spec);
    }
}

impl AsFd for Reactor {
    /// Readable when there is something to do.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.epoll.as_fd()
    }
}

fn ready(flags: EventFlags) -> Ready {
    let gone = EventFlags::HUP | EventFlags::ERR;
    let ended = flags.intersects(gone | EventFlags::RDHUP);
    Ready {
        read: ended || flags.contains(EventFlags::IN),
        write: flags.intersects(gone | EventFlags::OUT),
        ended,
    }
}

/// At least a nanosecond: zero would switch the timer off.
fn timespec(ahead: Ticks) -> Timespec {
    let ns = i128::from(ahead.max(0)) * 1_000_000_000 / i128::from(TICKS_PER_MS * 1000);
    let ns = i64::try_from(ns).unwrap_or(i64::MAX).max(1);
    Timespec {
        tv_sec: ns / 1_000_000_000,
        tv_nsec: ns % 1_000_000_000,
    }
}

#[cfg(test)]
mod tests;
