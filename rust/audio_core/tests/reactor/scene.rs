//! Sessions behind a table: their peers, and who receives what Python would.

use crate::net::{Socket, Wire};
use crate::stage::{attachment, frame, settings, text, words, FarEnd, LIMITS};
use audio_core::reactor::member::Patience;
use audio_core::reactor::seat::{MemberKey, SessionKey, Shared, What};
use audio_core::reactor::table::Table;
use audio_core::splice::contain::Contained;
use audio_core::splice::inbox::DeliveryKind;
use audio_core::splice::leg::Side;
use audio_core::splice::splice::Splice;
use audio_core::splice::time::{whole_ms, Ticks, TICKS_PER_MS};
use audio_core::wire::frame::Opcode;
use std::sync::{Arc, Mutex};

pub const PATIENCE: Patience = Patience {
    send: 10_000 * TICKS_PER_MS,
    close: 3_000 * TICKS_PER_MS,
};
/// Much less than any message, so that cuts fall everywhere.
const SOCKET_BYTES: usize = 24;

/// One leg: its connection, its peer, and what was told of it.
pub struct Leg {
    pub session: usize,
    pub side: Side,
    pub member: MemberKey,
    pub wire: Wire,
    pub far: FarEnd,
    /// Written by the peer, still on its way.
    pub under_way: Vec<u8>,
    /// Messages that the peer has written, and that it has heard.
    pub said: Vec<String>,
    pub heard: Vec<String>,
    /// Deliveries of whole messages to Python.
    pub received: usize,
    /// Told, and not asked for yet.
    pub told: bool,
    pub gone: usize,
    /// Something has been done that ends it.
    pub ending: bool,
    read: usize,
}

/// A table with some sessions of two legs each.
pub struct Scene {
    pub table: Table<Socket>,
    pub sessions: Vec<(SessionKey, Shared)>,
    pub legs: Vec<Leg>,
    pub now: Ticks,
}

impl Scene {
    pub fn new(sessions: usize) -> Self {
        let mut scene = Self {
            table: Table::new(SOCKET_BYTES, 0),
            sessions: Vec::new(),
            legs: Vec::new(),
            now: 0,
        };
        for _ in 0..sessions {
            scene.open_session();
        }
        scene
    }

    fn open_session(&mut self) {
        let splice: Shared = Arc::new(Mutex::new(Contained::new(settings(None))));
        let key = self.table.open_session(Arc::clone(&splice));
        self.sessions.push((key, splice));
        for side in [Side::Client, Side::Upstream] {
            self.add_leg(self.sessions.len() - 1, side);
        }
    }

    fn add_leg(&mut self, session: usize, side: Side) {
        let now = self.now;
        let leg = self.run(session, |splice| {
            let leg = splice.open_leg(side, LIMITS);
            splice.attach(leg, attachment(side), now).unwrap();
            leg
        });
        let wire = Wire::default();
        let socket = Socket(wire.clone());
        let added = self
            .table
            .add(self.sessions[session].0, socket, leg, side, PATIENCE);
        self.legs.push(Leg {
            session,
            side,
            member: added.unwrap(),
            wire,
            far: FarEnd::new(leg, side),
            under_way: Vec::new(),
            said: Vec::new(),
            heard: Vec::new(),
            received: 0,
            told: false,
            gone: 0,
            ending: false,
            read: 0,
        });
    }

    pub fn run<T>(&self, session: usize, work: impl FnOnce(&mut Splice) -> T) -> T {
        self.sessions[session].1.lock().unwrap().run(work).unwrap()
    }

    /// The other leg of the same session.
    pub const fn other(leg: usize) -> usize {
        leg ^ 1
    }

    // What the peers and the kernel do

    /// The peer writes a message: one that is passed on, or one that Python answers.
    pub fn say(&mut self, leg: usize, held: bool, padding: usize) {
        let leg = &mut self.legs[leg];
        let kind = if held { "asked" } else { "relayed" };
        let message = format!(
            r#"{{"type":"{kind}","n":{},"x":"{}"}}"#,
            leg.said.len(),
            "x".repeat(padding)
        );
        leg.under_way.extend(text(leg.side, &message));
        leg.said.push(message);
    }

    /// The peer writes its close frame.
    pub fn say_goodbye(&mut self, leg: usize) {
        let leg = &mut self.legs[leg];
        let goodbye = frame(leg.side, Opcode::Close, &1000_u16.to_be_bytes());
        leg.under_way.extend(goodbye);
        leg.ending = true;
    }

    pub fn arrive(&mut self, leg: usize, bytes: usize) {
        let leg = &mut self.legs[leg];
        let bytes = bytes.min(leg.under_way.len());
        if bytes > 0 {
            leg.wire.arrive(leg.under_way.drain(..bytes));
        }
    }

    /// The kernel tells what it has to tell of this leg.
    pub fn tell(&mut self, leg: usize) {
        let edge = self.legs[leg].wire.take_edge();
        self.table.note_ready(self.legs[leg].member, edge);
    }

    // What we do

    pub fn round(&mut self) {
        self.table.round(self.now);
        self.take_news();
    }

    pub fn wait(&mut self, ms: u64) {
        self.now += whole_ms(ms);
        self.table.pass_time(self.now);
        self.round();
    }

    pub fn settle(&mut self, session: usize) {
        self.table.touch(self.sessions[session].0);
        self.table.settle(self.now);
        self.take_news();
    }

    /// Take what was told, as Python would: only where it was told.
    pub fn receive(&mut self, leg: usize) {
        let (session, id, other) = (self.legs[leg].session, self.legs[leg].far.leg, leg ^ 1);
        if !std::mem::take(&mut self.legs[leg].told) {
            return;
        }
        let (now, side) = (self.now, self.legs[other].side);
        let received = self.run(session, |splice| {
            let mut received = 0;
            while let Some(delivery) = splice.receive(id) {
                received += usize::from(delivery.kind != DeliveryKind::Closed);
                if delivery.kind == DeliveryKind::Hold {
                    splice.send(side, delivery.raw, false, None, now);
                    splice.release(id, delivery.stamp, now).unwrap();
                }
            }
            received
        });
        self.legs[leg].received += received;
        self.settle(session);
    }

    pub fn take_news(&mut self) {
        for news in self.table.take_news() {
            let named = |leg: &&mut Leg| leg.member == news.member;
            let leg = self.legs.iter_mut().find(named).unwrap();
            match news.what {
                What::Arrived => leg.told = true,
                What::Gone => leg.gone += 1,
                What::Left => {}
            }
        }
        for leg in &mut self.legs {
            let line = leg.wire.0.borrow();
            let heard = leg.far.reads(&line.outgoing[leg.read..]);
            leg.heard.extend(heard.iter().map(words));
            leg.read = line.outgoing.len();
        }
    }

    /// Let everything arrive and be done that is under way; how many rounds it took.
    pub fn quieten(&mut self) -> usize {
        let mut rounds = 0;
        loop {
            for leg in 0..self.legs.len() {
                self.arrive(leg, usize::MAX);
                self.legs[leg].wire.make_room(1 << 30);
                self.tell(leg);
                self.receive(leg);
            }
            if !self.table.has_work() && self.legs.iter().all(|leg| !leg.told) {
                return rounds;
            }
            rounds += 1;
            assert!(rounds < 100_000, "there is always something to do");
            self.round();
        }
    }
}
