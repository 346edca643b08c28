//! The reactor on Linux: one epoll descriptor, and behind it the sockets of all
//! sessions and a timer.
//!
//! Who runs it waits for that one descriptor to be readable and calls `turn`. A
//! socket is registered once in its life, edge-triggered; the event carries the
//! member's key, so that what the kernel says of a socket that is gone meets nobody.

use super::io::{Ready, Socket};
use super::member::Patience;
use super::seat::{MemberKey, News, SessionKey};
use super::table::Table;
use super::wire::Wire;
use crate::splice::leg::{LegId, Side};
use crate::splice::time::{whole_ms, Ticks, TICKS_PER_S};
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::event::Timespec;
use rustix::io::Errno;
use rustix::time::{
    timerfd_create, timerfd_settime, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags,
};
use slotmap::{Key, KeyData};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Events that are taken at once.
const EVENTS: usize = 256;
/// The timer's name; no member's key is so small.
const TIMER: u64 = 0;
/// The name of who lends its waiting; no member's either.
pub(super) const ELSEWHERE: u64 = 1;

/// All sessions of a process that are not driven by Trio's streams.
pub struct Reactor {
    pub(super) epoll: OwnedFd,
    pub(super) timer: OwnedFd,
    /// What the timer is set to.
    armed_ms: Option<u64>,
    /// Whether somebody lends its waiting (see [`lull`](super::lull)).
    pub(super) lent: bool,
    pub(super) events: Events,
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
            lent: false,
            events: Events::default(),
            table: Table::new(socket_bytes, now),
        })
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
    /// nothing once the turn has taken long enough. True if there is more to do.
    pub fn turn(&mut self, mut clock: impl FnMut() -> Option<Ticks>) -> bool {
        let mut now = None;
        while let Some(moment) = clock() {
            now = Some(moment);
            let told = self.poll();
            self.table.pass_time(moment);
            if told == 0 && !self.table.has_work() {
                break;
            }
            self.table.stats.rounds += 1;
            self.table.round(moment);
        }
        let more = self.table.has_work();
        if let Some(now) = now {
            self.arm(now);
        }
        more
    }

    /// After something outside a turn: settle it, and see that the next turn comes
    /// in time.
    pub fn settle(&mut self, now: Ticks) {
        self.table.settle(now);
        self.arm(now);
    }

    /// What has happened since it was asked last.
    pub fn take_news(&mut self) -> std::vec::Drain<'_, News> {
        self.table.take_news()
    }

    fn poll(&mut self) -> usize {
        let mut events = std::mem::take(&mut self.events);
        // Nothing can be wrong with our own descriptors, and what an interrupted call
        // did not say is there the next time.
        let _ = self.wait(&mut events, 0);
        self.note(&events);
        let count = events.0.len();
        self.events = events;
        count
    }

    /// Wait for readiness, so long at most.
    pub(super) fn wait(&self, events: &mut Events, at_most: Ticks) -> Result<(), Errno> {
        events.0.clear();
        let mut told = [MaybeUninit::<Event>::uninit(); EVENTS];
        let (told, _) = epoll::wait(&self.epoll, &mut told, Some(&timespec(at_most)))?;
        events
            .0
            .extend(told.iter().map(|event| (event.flags, event.data.u64())));
        Ok(())
    }

    /// Remember what was told; whether it was of who lends its waiting.
    pub(super) fn note(&mut self, events: &Events) -> bool {
        let mut elsewhere = false;
        for &(flags, name) in &events.0 {
            match name {
                TIMER => self.silence(),
                ELSEWHERE => elsewhere = true,
                _ => {
                    let key = MemberKey::from(KeyData::from_ffi(name));
                    self.table.note_ready(key, ready(flags));
                }
            }
        }
        self.table.stats.events += events.0.len() as u64;
        elsewhere
    }

    /// The timer has run down: it is not readable any more.
    fn silence(&mut self) {
        self.armed_ms = None;
        // It says how often it has; there is nothing that could fail.
        let _ = rustix::io::read(&self.timer, &mut [0; 8]);
    }

    /// See that the descriptor becomes readable when there is something to do.
    fn arm(&mut self, now: Ticks) {
        let next_ms = if self.table.has_work() {
            Some(0)
        } else {
            self.table.next_ms()
        };
        // Who lends its waiting asks us before it waits.
        if let Some(at_ms) = next_ms.filter(|_| !self.lent) {
            self.ring_at(at_ms, now);
        }
    }

    /// Have the timer run down at that millisecond, unless it does so before.
    pub(super) fn ring_at(&mut self, at_ms: u64, now: Ticks) {
        if self.armed_ms.is_some_and(|armed_ms| armed_ms <= at_ms) {
            return;
        }
        self.armed_ms = Some(at_ms);
        let ahead = whole_ms(at_ms).saturating_sub(now);
        let spec = Itimerspec {
            it_interval: timespec(0),
            // Zero would switch it off.
            it_value: timespec(ahead.max(1)),
        };
        // Our own descriptor and a valid time: there is nothing that could fail.
        let _ = timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &spec);
    }
}

/// What the kernel has told at once, and by which names.
#[derive(Debug, Default)]
pub struct Events(Vec<(EventFlags, u64)>);

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

/// As the kernel wants it, rounded up; what is past is now.
fn timespec(ahead: Ticks) -> Timespec {
    let ns = (i128::from(ahead.max(0)) * 1_000_000_000).div_euclid(i128::from(TICKS_PER_S))
        + i128::from(ahead > 0);
    let ns = i64::try_from(ns).unwrap_or(i64::MAX);
    Timespec {
        tv_sec: ns / 1_000_000_000,
        tv_nsec: ns % 1_000_000_000,
    }
}

#[cfg(test)]
mod tests;
