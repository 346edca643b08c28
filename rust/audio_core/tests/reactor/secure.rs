//! The wire of TLS on a pretended socket, with another end of our own: whatever is cut,
//! refused or late, both hear what the other said, in order, and nothing piles up.

use crate::net;
use audio_core::reactor::io::{Done, Io};
use audio_core::reactor::wire::Wire;
use audio_core::tls::context::{Client, Server};
use audio_core::tls::session::Session;
use proptest::prelude::*;
use std::sync::LazyLock;

struct Ends {
    client: Client,
    server: Server,
}

static ENDS: LazyLock<Ends> = LazyLock::new(|| {
    let made = rcgen::generate_simple_self_signed(["localhost".into()]).unwrap();
    let (chain, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    Ends {
        client: Client::new(Some(chain.as_bytes())).unwrap(),
        server: Server::new(chain.as_bytes(), key.as_bytes()).unwrap(),
    }
});

/// Our wire, its socket as the kernel sees it, and the far end.
struct Scene {
    wire: Wire<net::Socket>,
    line: net::Wire,
    far: Session,
    far_heard: Vec<u8>,
    heard: Vec<u8>,
    /// Ciphertext of the far end, still on its way.
    under_way: Vec<u8>,
}

impl Scene {
    /// After the handshake; we are the server, or the client.
    fn new(serving: bool) -> Self {
        let (ours, far) = (ENDS.server.accept().unwrap(), ENDS.client.open("localhost"));
        let (mut ours, mut far) = if serving {
            (ours, far.unwrap())
        } else {
            (far.unwrap(), ours)
        };
        let (mut heard, mut far_heard) = (Vec::new(), Vec::new());
        while ours.is_handshaking() || far.is_handshaking() {
            pass(&mut ours, &mut far, &mut far_heard);
            pass(&mut far, &mut ours, &mut heard);
        }
        let line = net::Wire::default();
        let mut unsent = Vec::new();
        ours.pull(&mut unsent);
        Self {
            wire: Wire::secure(net::Socket(line.clone()), ours, unsent),
            line,
            far,
            far_heard,
            heard,
            under_way: Vec::new(),
        }
    }

    /// The far end takes what we have sent so far.
    fn far_reads(&mut self) {
        let sent = std::mem::take(&mut self.line.0.borrow_mut().outgoing);
        if !sent.is_empty() {
            self.far.feed(&sent, &mut self.far_heard).unwrap();
        }
        self.far.pull(&mut self.under_way);
    }

    fn far_says(&mut self, said: &[u8]) {
        self.far.write(said).unwrap();
        self.far.pull(&mut self.under_way);
    }

    /// A part of what is on its way arrives.
    fn arrive(&mut self, count: usize) {
        let count = count.min(self.under_way.len());
        self.line.arrive(self.under_way.drain(..count));
    }

    /// Read until there is nothing; what the last answer was.
    fn read(&mut self, room: usize) -> Done {
        let mut buffer = vec![0; room];
        loop {
            match self.wire.read(&mut buffer) {
                Done::Bytes(count) => self.heard.extend_from_slice(&buffer[..count]),
                done => return done,
            }
        }
    }
}

fn pass(from: &mut Session, to: &mut Session, heard: &mut Vec<u8>) {
    let mut ciphertext = Vec::new();
    from.pull(&mut ciphertext);
    if !ciphertext.is_empty() {
        to.feed(&ciphertext, heard).unwrap();
    }
}

#[derive(Clone, Debug)]
enum Step {
    Say(usize),
    FarSays(usize),
    FarReads,
    Room(usize),
    Arrive(usize),
    Read(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (1..20_000usize).prop_map(Step::Say),
        (1..20_000usize).prop_map(Step::FarSays),
        Just(Step::FarReads),
        prop_oneof![0..3usize, 0..40_000usize].prop_map(Step::Room),
        prop_oneof![0..3usize, 0..40_000usize].prop_map(Step::Arrive),
        prop_oneof![1..4usize, 1..70_000usize].prop_map(Step::Read),
    ]
}

/// So many bytes that tell their places.
fn words(from: usize, count: usize) -> Vec<u8> {
    (from..from + count)
        .map(|place| (place % 251) as u8)
        .collect()
}

proptest! {
    #[test]
    fn both_hear_what_was_said(
        serving: bool,
        steps in proptest::collection::vec(step(), 0..40),
    ) {
        let mut scene = Scene::new(serving);
        // As a member does: what was not taken is offered again, before anything new.
        let (mut waiting, mut said, mut far_said) = (Vec::new(), 0, 0);
        for step in steps {
            match step {
                Step::Say(count) if waiting.is_empty() => {
                    waiting = words(said, count);
                    said += count;
                }
                Step::FarSays(count) => {
                    scene.far_says(&words(far_said, count));
                    far_said += count;
                }
                Step::Say(_) => {}
                Step::FarReads => scene.far_reads(),
                Step::Room(room) => scene.line.make_room(room),
                Step::Arrive(count) => scene.arrive(count),
                Step::Read(room) => prop_assert_eq!(scene.read(room), Done::Nothing),
            }
            offer(&mut scene.wire, &mut waiting);
        }
        scene.line.make_room(1_000_000);
        offer(&mut scene.wire, &mut waiting);
        scene.far_reads();
        scene.arrive(usize::MAX);
        prop_assert_eq!(scene.read(65_536), Done::Nothing);
        prop_assert!(waiting.is_empty() && !scene.wire.has_more());
        prop_assert!(scene.far_heard == words(0, said));
        prop_assert!(scene.heard == words(0, far_said));
    }
}

fn offer(wire: &mut Wire<net::Socket>, waiting: &mut Vec<u8>) {
    while !waiting.is_empty() {
        match wire.write(waiting) {
            Done::Bytes(count) => drop(waiting.drain(..count)),
            refused => return assert_eq!(refused, Done::Nothing),
        }
    }
}

#[test]
fn a_socket_that_takes_nothing_is_written_one_piece() {
    let mut scene = Scene::new(true);
    for _ in 0..10 {
        assert_eq!(scene.wire.write(&words(0, 1_000)), Done::Nothing);
    }
    scene.line.make_room(1_000_000);
    assert_eq!(scene.wire.write(&words(0, 1_000)), Done::Bytes(1_000));
    scene.far_reads();
    assert_eq!(scene.far_heard, words(0, 1_000));
}

#[test]
fn the_end_waits_until_the_farewell_can_be_said() {
    let mut scene = Scene::new(true);
    assert!(!scene.wire.end_writing());
    assert!(!scene.line.0.borrow().fin);
    scene.line.make_room(1_000_000);
    assert!(scene.wire.end_writing());
    assert!(scene.line.0.borrow().fin);
    scene.far_reads();
    assert!(scene.far.is_closed_by_peer());
    // Nothing is written behind FIN, whatever comes.
    scene.far_says(b"after all");
    scene.far.close();
    scene.far_reads();
    scene.arrive(usize::MAX);
    assert_eq!(scene.read(100), Done::Ended);
    assert_eq!(scene.heard, b"after all");
}

#[test]
fn who_goes_says_farewell_unless_by_force() {
    for force in [false, true] {
        let mut scene = Scene::new(false);
        scene.line.make_room(1_000_000);
        if force {
            scene.wire.reset_on_close();
        }
        let Scene {
            wire,
            line,
            mut far,
            mut far_heard,
            ..
        } = scene;
        drop(wire);
        let sent = std::mem::take(&mut line.0.borrow_mut().outgoing);
        if !sent.is_empty() {
            far.feed(&sent, &mut far_heard).unwrap();
        }
        assert_eq!(far.is_closed_by_peer(), !force);
        assert_eq!(line.0.borrow().closed, 1);
    }
}

#[test]
fn a_farewell_is_seen_without_another_edge() {
    let mut scene = Scene::new(true);
    scene.far_says(b"last words");
    scene.far.close();
    scene.far_reads();
    scene.arrive(usize::MAX);
    let mut buffer = [0; 100];
    assert_eq!(scene.wire.read(&mut buffer), Done::Bytes(10));
    assert!(scene.wire.has_more());
    assert_eq!(scene.wire.read(&mut buffer), Done::Ended);
}

#[test]
fn an_end_that_was_not_told_is_a_loss() {
    let mut scene = Scene::new(true);
    scene.far_says(b"half a sen");
    scene.arrive(usize::MAX);
    scene.line.end();
    assert_eq!(scene.read(100), Done::Lost);
    assert_eq!(scene.heard, b"half a sen");
}

#[test]
fn a_changed_message_is_a_loss_behind_what_was_heard() {
    let mut scene = Scene::new(true);
    scene.line.make_room(1_000_000);
    scene.far_says(b"heard");
    let whole = scene.under_way.len();
    scene.far_says(b"changed");
    scene.under_way[whole + 8] ^= 1;
    scene.arrive(usize::MAX);
    let mut buffer = [0; 100];
    assert_eq!(scene.wire.read(&mut buffer), Done::Bytes(5));
    assert!(scene.wire.has_more());
    assert_eq!(scene.wire.read(&mut buffer), Done::Lost);
    assert_eq!(scene.wire.write(b"more"), Done::Lost);
    assert!(!scene.line.0.borrow().outgoing.is_empty()); // the alert
}

/// A message of the handshake that fills several records is kept until it is whole.
#[test]
fn a_long_certificate_comes_in_any_pieces() {
    let names: Vec<_> = (0..1_500)
        .map(|number| format!("host-{number}.example"))
        .collect();
    let made = rcgen::generate_simple_self_signed([vec!["localhost".into()], names].concat());
    let made = made.unwrap();
    let (chain, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let client = Client::new(Some(chain.as_bytes())).unwrap();
    let server = Server::new(chain.as_bytes(), key.as_bytes()).unwrap();
    for piece in [1, 700, 20_000] {
        let (mut near, mut far) = (client.open("localhost").unwrap(), server.accept().unwrap());
        near.write(b"said before it could be heard").unwrap();
        let (mut near_heard, mut far_heard) = (Vec::new(), Vec::new());
        while near.is_handshaking() || far.is_handshaking() {
            pass(&mut near, &mut far, &mut far_heard);
            let mut ciphertext = Vec::new();
            far.pull(&mut ciphertext);
            for part in ciphertext.chunks(piece) {
                near.feed(part, &mut near_heard).unwrap();
            }
        }
        pass(&mut near, &mut far, &mut far_heard);
        assert_eq!(far_heard, b"said before it could be heard");
    }
}

#[test]
fn what_is_plain_stays_plain() {
    let line = net::Wire::default();
    let mut wire = Wire::plain(net::Socket(line.clone()));
    line.make_room(3);
    assert_eq!(wire.write(b"hello"), Done::Bytes(3));
    line.arrive(*b"back");
    let mut buffer = [0; 100];
    assert_eq!(wire.read(&mut buffer), Done::Bytes(4));
    assert!(!wire.has_more());
    assert!(wire.end_writing());
    wire.reset_on_close();
    drop(wire);
    let seen = line.0.borrow();
    assert_eq!(
        (&seen.outgoing[..], seen.fin, seen.reset),
        (&b"hel"[..], true, true)
    );
}
