//! All sessions: their sockets, and who speaks when.
//!
//! Each client and each upstream session speaks every 40 ms, in a phase of its own.
//! Phases are told apart by half a millisecond: whoever speaks in the same one is
//! served in one go.

use crate::ends::{Far, Near, Relay, World};
use crate::link::{Buffers, Link, News};
use crate::phases::{self, SLOTS, SLOT_NS};
use crate::stream::Stream;
use audio_core::tls::context::Server;
use audio_core::tls::session::Session;
use audio_core::wire::codec::Incoming;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::fd::{AsFd, OwnedFd};
use slotmap::{new_key_type, Key, KeyData, SlotMap};
use std::collections::{HashMap, VecDeque};
use std::net::{TcpListener, TcpStream};
use std::time::Instant;

/// How many are served between two looks at the sockets, where the load is behind.
const SLOTS_AT_ONCE: usize = 2;
const BUFFER_BYTES: usize = 1 << 18;
/// What the kernel says of the listener and of the commands; no link's key is so high.
const LISTENER: u64 = u64::MAX;
/// See `LISTENER`.
pub const COMMANDS: u64 = u64::MAX - 1;

new_key_type! {
    struct LinkKey;
}

enum End {
    Near(Near),
    Far(Far),
}

struct Seat {
    link: Link,
    end: End,
}

/// Every connection of the load.
pub struct Load {
    /// Behind it lie all sockets.
    pub epoll: OwnedFd,
    /// What is counted.
    pub world: World,
    /// Whether those who are ready say something.
    pub speaking: bool,
    /// Clients that are ready are sent away again: how many were.
    pub setups: Option<u64>,
    listener: TcpListener,
    tls: Option<Server>,
    began: Instant,
    seats: SlotMap<LinkKey, Seat>,
    sessions: Vec<LinkKey>,
    slots: Vec<Vec<LinkKey>>,
    next_slot: u64,
    numbers: u32,
    message: Vec<u8>,
    scratch: Vec<u8>,
    buffers: Buffers,
    inbox: VecDeque<Incoming>,
}

impl Load {
    /// A load without sessions, whose upstream listens, for TLS if it has a certificate.
    pub fn new(world: World, tls: Option<Server>) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let data = EventData::new_u64(LISTENER);
        epoll::add(&epoll, &listener, data, EventFlags::IN)?;
        Ok(Self {
            epoll,
            world,
            speaking: true,
            setups: None,
            listener,
            tls,
            began: Instant::now(),
            seats: SlotMap::with_key(),
            sessions: Vec::new(),
            slots: vec![Vec::new(); SLOTS],
            next_slot: 0,
            numbers: 0,
            message: Vec::new(),
            scratch: Vec::new(),
            buffers: Buffers {
                raw: vec![0; BUFFER_BYTES],
                plain: Vec::new(),
            },
            inbox: VecDeque::new(),
        })
    }

    /// Have `source` told as `COMMANDS`.
    pub fn watch_commands(&self, source: impl AsFd) -> std::io::Result<()> {
        let data = EventData::new_u64(COMMANDS);
        epoll::add(&self.epoll, source, data, EventFlags::IN)?;
        Ok(())
    }

    /// Where the upstream listens.
    pub fn upstream_port(&self) -> std::io::Result<u16> {
        Ok(self.listener.local_addr()?.port())
    }

    /// Nanoseconds since the beginning.
    pub fn now_ns(&self) -> u64 {
        self.began.elapsed().as_nanos() as u64
    }

    /// Nanoseconds until somebody has to speak.
    pub fn idle_ns(&self) -> u64 {
        (self.next_slot * SLOT_NS).saturating_sub(self.now_ns())
    }

    /// Sessions called and not sent away, and those of them that are ready.
    pub fn counts(&self) -> (usize, usize) {
        let ready = |key: &&LinkKey| match self.seats.get(**key) {
            Some(Seat {
                end: End::Near(near),
                ..
            }) => near.ready,
            _ => false,
        };
        (
            self.sessions.len(),
            self.sessions.iter().filter(ready).count(),
        )
    }

    /// Call the relay once more.
    pub fn call(&mut self, relay: &Relay) -> std::io::Result<()> {
        let called_ns = self.now_ns();
        let stream = TcpStream::connect(("127.0.0.1", relay.port))?;
        let mut link = Link::new(Stream::new(stream, None)?, true);
        link.ask(&relay.path, relay.port, relay.dialect.headers());
        let near = Near::new(self.next_number(), relay.dialect, called_ns);
        let slot = phases::of_client(near.number);
        let key = self.seat(link, End::Near(near), slot)?;
        self.sessions.push(key);
        Ok(())
    }

    /// Send the youngest sessions away until so many are left.
    pub fn dismiss_to(&mut self, count: usize) {
        for key in self.sessions.split_off(count.min(self.sessions.len())) {
            if let Some(seat) = self.seats.get_mut(key) {
                seat.link.close(&mut self.scratch);
            }
        }
    }

    /// The kernel says that something can be done with a socket.
    pub fn serve(&mut self, data: u64, flags: EventFlags) -> std::io::Result<()> {
        if data == LISTENER {
            return self.accept();
        }
        let key = LinkKey::from(KeyData::from_ffi(data));
        let Some(seat) = self.seats.get_mut(key) else {
            return Ok(());
        };
        if flags.contains(EventFlags::OUT) {
            seat.link.flush();
            seat.link.rewatch(&self.epoll, data);
        }
        if !flags.intersects(EventFlags::IN | EventFlags::HUP | EventFlags::ERR) {
            return Ok(());
        }
        let news = seat.link.read(&mut self.buffers, &mut self.inbox);
        if news == News::Opened {
            self.welcome(key);
        }
        if let News::Over(agreed, reason) = news {
            self.end(key, agreed, reason);
        }
        self.take_messages(key);
        Ok(())
    }

    /// Let those speak whose time has come; not too many before sockets are read again.
    pub fn speak(&mut self) {
        for _ in 0..SLOTS_AT_ONCE {
            if self.next_slot * SLOT_NS > self.now_ns() {
                return;
            }
            let slot = self.next_slot as usize % SLOTS;
            let mut keys = std::mem::take(&mut self.slots[slot]);
            keys.retain(|&key| self.speak_one(key));
            self.slots[slot] = keys;
            self.next_slot += 1;
        }
    }

    /// Chunks and words that were said and have not come.
    pub fn outstanding(&self) -> u64 {
        let fars: HashMap<u32, &Far> = self.seats.values().filter_map(far_of).collect();
        let mut missing = 0;
        for key in &self.sessions {
            let Some(Seat {
                end: End::Near(near),
                ..
            }) = self.seats.get(*key)
            else {
                continue;
            };
            let Some(far) = near.ear.from.and_then(|number| fars.get(&number)) else {
                missing += u64::from(near.ear.said);
                continue;
            };
            missing += u64::from(near.ear.said.saturating_sub(far.ear.heard.heard()));
            missing += u64::from(far.ear.said.saturating_sub(near.ear.heard.heard()));
            missing += u64::from(near.words_missing(far.script.words()));
        }
        missing
    }

    fn accept(&mut self) -> std::io::Result<()> {
        while let Ok((stream, _)) = self.listener.accept() {
            let far = Far::new(self.next_number());
            let slot = phases::of_upstream(far.number);
            let stream = Stream::new(stream, self.accept_tls()?)?;
            self.seat(Link::new(stream, false), End::Far(far), slot)?;
        }
        Ok(())
    }

    fn accept_tls(&self) -> std::io::Result<Option<Session>> {
        let accepted = self.tls.as_ref().map(Server::accept).transpose();
        accepted.map_err(std::io::Error::other)
    }

    fn seat(&mut self, link: Link, end: End, slot: usize) -> std::io::Result<LinkKey> {
        let key = self.seats.insert(Seat { link, end });
        self.slots[slot].push(key);
        self.seats[key]
            .link
            .watch(&self.epoll, key.data().as_ffi())?;
        Ok(key)
    }

    fn next_number(&mut self) -> u32 {
        self.numbers += 1;
        self.numbers
    }

    fn welcome(&mut self, key: LinkKey) {
        let seat = &mut self.seats[key];
        let first = match &mut seat.end {
            End::Far(far) => vec![far.script.created()],
            End::Near(near) => near.introduction(),
        };
        for message in first {
            seat.link.send(message.as_bytes(), &mut self.scratch);
        }
    }

    fn take_messages(&mut self, key: LinkKey) {
        while let Some(incoming) = self.inbox.pop_front() {
            let now_ns = self.now_ns();
            let Some(seat) = self.seats.get_mut(key) else {
                continue;
            };
            let Incoming::Message { payload, .. } = &incoming else {
                if let News::Over(agreed, reason) = seat.link.answer(&incoming, &mut self.scratch) {
                    self.end(key, agreed, reason);
                }
                continue;
            };
            match &mut seat.end {
                End::Near(near) => {
                    let ready = near.hear(payload, now_ns, &mut self.world);
                    if let (true, Some(setups)) = (ready, &mut self.setups) {
                        *setups += 1;
                        seat.link.close(&mut self.scratch);
                        self.sessions.retain(|session| *session != key);
                    }
                }
                End::Far(far) => {
                    let send = |bytes: &[u8]| seat.link.send(bytes, &mut self.scratch);
                    far.hear(payload, now_ns, &mut self.world, send);
                }
            }
        }
    }

    /// False where there is nobody any more.
    fn speak_one(&mut self, key: LinkKey) -> bool {
        let now_ns = self.now_ns();
        let Some(Seat { link, end }) = self.seats.get_mut(key) else {
            return false;
        };
        let wants = match end {
            End::Near(near) => near.ready,
            End::Far(far) => far.speaks(),
        };
        if !(self.speaking && wants && link.is_open()) {
            return true;
        }
        if link.is_full() {
            self.world.wrongs.unsaid += 1;
            return true;
        }
        let (message, scratch) = (&mut self.message, &mut self.scratch);
        message.clear();
        match end {
            End::Near(near) => {
                for mark in near.played() {
                    link.send(&mark, scratch);
                }
                near.say(message, now_ns, &mut self.world);
                link.send(message, scratch);
            }
            End::Far(far) => {
                let send = |bytes: &[u8]| link.send(bytes, scratch);
                far.say(message, now_ns, &mut self.world, send);
            }
        }
        link.rewatch(&self.epoll, key.data().as_ffi());
        let late_ns = now_ns - self.next_slot * SLOT_NS;
        self.world.span.late.add(late_ns / 1000);
        true
    }

    fn end(&mut self, key: LinkKey, agreed: bool, reason: String) {
        let Some(Seat {
            end: End::Near(near),
            ..
        }) = self.seats.remove(key)
        else {
            return;
        };
        self.sessions.retain(|session| *session != key);
        if !(agreed && near.ready) {
            self.world.wrongs.failed += 1;
            self.world.wrongs.reason = reason;
        }
    }
}

fn far_of(seat: &Seat) -> Option<(u32, &Far)> {
    match &seat.end {
        End::Far(far) => Some((far.number, far)),
        End::Near(_) => None,
    }
}
