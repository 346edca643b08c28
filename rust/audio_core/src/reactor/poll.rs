//! The reactor on Linux: one epoll descriptor, and behind it the sockets of all
//! sessions and a timer.
//!
//! Who runs it waits for that one descriptor to be readable and calls `turn`. A
//! socket is registered once in its life, edge-triggered; the event carries the
//! member's key, so that what the kernel says of a socket that is gone meets nobody.

use super::io::Socket;
use super::member::Patience;
use super::seat::{MemberKey, News, SessionKey};
use super::table::Table;
use crate::splice::leg::{LegId, Side};
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

/// Events that are taken at once.
const EVENTS: usize = 256;
/// The timer's name; no member's key is zero.
const TIMER: u64 = 0;
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
    /// The sessions.
    pub table: Table<Socket>,
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
            table: Table::new(socket_bytes, now),
        })
    }

    /// Own a connected socket from now on: it is closed, whatever happens. `None`
    /// where there is no such session.
    pub fn add(
        &mut self,
        session: SessionKey,
        socket: OwnedFd,
        leg: LegId,
        side: Side,
        patience: Patience,
    ) -> Result<Option<MemberKey>, Errno> {
        let socket = Socket::from(socket);
        let Some(key) = self.table.add(session, socket, leg, side, patience) else {
            return Ok(None);
        };
        let flags = EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET;
        let data = EventData::new_u64(key.data().as_ffi());
        let registered = match self.table.io(key) {
            Some(socket) => epoll::add(&self.epoll, socket, data, flags),
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
        let mut events = [MaybeUninit::<Event>::uninit(); EVENTS];
        // Nothing can be wrong with our own descriptors, and what an interrupted call
        // did not say is there the next time.
        let Ok((events, _)) = epoll::wait(&self.epoll, &mut events, Some(&NOW)) else {
            return 0;
        };
        for event in &*events {
            let (flags, data) = (event.flags, event.data.u64());
            if data == TIMER {
                self.armed_ms = None;
                continue;
            }
            let ended = EventFlags::RDHUP | EventFlags::HUP | EventFlags::ERR;
            let readable = flags.intersects(EventFlags::IN | ended);
            let writable = flags.intersects(EventFlags::OUT | EventFlags::HUP | EventFlags::ERR);
            let key = MemberKey::from(KeyData::from_ffi(data));
            self.table.note_ready(key, readable, writable);
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
mod tests {
    use super::super::seat::Shared;
    use super::*;
    use crate::splice::contain::Contained;
    use crate::splice::leg::LegLimits;
    use crate::splice::queue::Load;
    use crate::splice::splice::Settings;
    use std::io::{ErrorKind, Read, Write};
    use std::os::unix::net::UnixStream;
    use std::sync::{Arc, Mutex};

    const PATIENCE: Patience = Patience {
        send: 10_000 * TICKS_PER_MS,
        close: 3_000 * TICKS_PER_MS,
    };
    const LIMITS: LegLimits = LegLimits {
        max_message_bytes: 1 << 20,
        max_tiny_fragments: 4_096,
        stall_ms: 10_000,
        message_ms: 60_000,
    };

    fn splice() -> Shared {
        Arc::new(Mutex::new(Contained::new(Settings {
            seed: [7; 32],
            lead_ms: Some(400),
            answer_ms: 300_000,
            burst_ms: 120_000,
            ring_ms: 60_000,
            waiting: Load {
                messages: 1_000,
                bytes: 1 << 20,
            },
        })))
    }

    struct Scene {
        reactor: Reactor,
        splice: Shared,
        member: MemberKey,
        peer: UnixStream,
    }

    impl Scene {
        fn new() -> Self {
            let mut reactor = Reactor::new(65_536, 0).unwrap();
            let splice = splice();
            let leg = splice
                .lock()
                .unwrap()
                .run(|splice| splice.open_leg(Side::Client, LIMITS))
                .unwrap();
            let session = reactor.table.open_session(Arc::clone(&splice));
            let (ours, peer) = UnixStream::pair().unwrap();
            peer.set_nonblocking(true).unwrap();
            let member = reactor
                .add(session, ours.into(), leg, Side::Client, PATIENCE)
                .unwrap()
                .unwrap();
            Self {
                reactor,
                splice,
                member,
                peer,
            }
        }

        /// One turn at that millisecond; whether there is more, and the news.
        fn turn(&mut self, now_ms: i64) -> (bool, Vec<News>) {
            let more = self.reactor.turn(|| Some(now_ms * TICKS_PER_MS));
            (more, self.reactor.take_news().collect())
        }

        fn heard(&mut self) -> Option<Vec<u8>> {
            let mut buffer = [0; 4_096];
            match self.peer.read(&mut buffer) {
                Ok(count) => Some(buffer[..count].to_vec()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => None,
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// A masked frame with the key 0.
    fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![0x80 | opcode, 0x80 | payload.len() as u8, 0, 0, 0, 0];
        frame.extend_from_slice(payload);
        frame
    }

    #[test]
    fn a_ping_is_answered_in_one_turn() {
        let mut scene = Scene::new();
        scene.peer.write_all(&frame(0x9, b"hello")).unwrap();
        assert_eq!(scene.turn(1), (false, vec![]));
        assert_eq!(scene.heard().unwrap(), b"\x8a\x05hello");
    }

    #[test]
    fn a_message_is_news_once() {
        let mut scene = Scene::new();
        scene.peer.write_all(&frame(0x1, b"{}")).unwrap();
        let member = scene.member;
        let told = News {
            member,
            gone: false,
        };
        assert_eq!(scene.turn(1), (false, vec![told]));
        assert_eq!(scene.turn(2), (false, vec![]));
    }

    #[test]
    fn a_peer_that_closes_is_parted_with() {
        let mut scene = Scene::new();
        scene.peer.write_all(&frame(0x8, b"\x03\xe8")).unwrap();
        let (_, news) = scene.turn(1);
        assert_eq!(news.len(), 1, "the end is there to be received");
        assert_eq!(scene.heard().unwrap(), b"\x88\x02\x03\xe8");
        assert_eq!(scene.heard().unwrap(), b"", "a server closes first");
        scene.peer.shutdown(std::net::Shutdown::Write).unwrap();
        let (_, news) = scene.turn(2);
        assert!(news.iter().any(|news| news.gone));
    }

    #[test]
    fn a_peer_that_does_not_close_is_reset_in_time() {
        let mut scene = Scene::new();
        scene.peer.write_all(&frame(0x8, b"\x03\xe8")).unwrap();
        scene.turn(1);
        assert!(scene.turn(2_999).1.is_empty());
        let (_, news) = scene.turn(3_002);
        assert!(news.iter().any(|news| news.gone));
    }

    #[test]
    fn a_peer_that_vanishes_ends_its_leg() {
        let mut scene = Scene::new();
        drop(std::mem::replace(
            &mut scene.peer,
            UnixStream::pair().unwrap().0,
        ));
        let (_, news) = scene.turn(1);
        assert!(news.iter().any(|news| news.gone));
    }

    #[test]
    fn a_panic_is_news_and_a_goodbye() {
        let mut scene = Scene::new();
        let session = scene.reactor.table.session_of(scene.member).unwrap();
        let _ = scene
            .splice
            .lock()
            .unwrap()
            .run(|_| -> () { panic!("on purpose") });
        scene.reactor.table.touch(session);
        scene.reactor.settle(TICKS_PER_MS);
        let news: Vec<News> = scene.reactor.take_news().collect();
        assert_eq!(news.len(), 1);
        assert_eq!(&scene.heard().unwrap()[..4], b"\x88\x10\x03\xf3");
    }
}
