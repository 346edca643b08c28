//! On real sockets: what the kernel tells, and what is done about it.

use super::super::seat::{Shared, What};
use super::*;
use crate::splice::contain::Contained;
use crate::splice::inbox::DeliveryKind;
use crate::splice::leg::LegLimits;
use crate::splice::queue::Load;
use crate::splice::splice::Settings;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};
use std::time::Instant;

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
            .add(
                session,
                Wire::plain(OwnedFd::from(ours).into()),
                leg,
                Side::Client,
                PATIENCE,
            )
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
        what: What::Arrived,
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
    assert!(news.iter().any(|news| news.what == What::Gone));
}

#[test]
fn a_peer_that_does_not_close_is_reset_in_time() {
    let mut scene = Scene::new();
    scene.peer.write_all(&frame(0x8, b"\x03\xe8")).unwrap();
    scene.turn(1);
    assert!(scene.turn(2_999).1.is_empty());
    let (_, news) = scene.turn(3_002);
    assert!(news.iter().any(|news| news.what == What::Gone));
}

#[test]
fn a_peer_that_vanishes_ends_its_leg() {
    let mut scene = Scene::new();
    drop(std::mem::replace(
        &mut scene.peer,
        UnixStream::pair().unwrap().0,
    ));
    let (_, news) = scene.turn(1);
    assert!(news.iter().any(|news| news.what == What::Gone));
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

#[test]
fn an_end_that_comes_with_the_last_words_is_seen_with_them() {
    let mut scene = Scene::new();
    scene.peer.write_all(&frame(0x1, b"{}")).unwrap();
    scene.peer.shutdown(std::net::Shutdown::Write).unwrap();
    scene.turn(1);
    let end = scene
        .splice
        .lock()
        .unwrap()
        .run(|splice| {
            let hold = splice.receive(1).unwrap();
            splice.release(1, hold.stamp, TICKS_PER_MS).unwrap();
            splice.receive(1)
        })
        .unwrap();
    assert_eq!(end.unwrap().kind, DeliveryKind::Closed);
}

#[test]
fn who_lingers_serves_what_comes_meanwhile_and_leaves_in_time() {
    let mut scene = Scene::new();
    scene.turn(1);
    scene.peer.write_all(&frame(0x9, b"hello")).unwrap();
    let mut ms = 1;
    let more = scene.reactor.linger(|| {
        ms += 1;
        (
            ms * TICKS_PER_MS,
            Duration::from_millis(5_u64.saturating_sub(ms as u64)),
        )
    });
    assert!(!more && ms >= 5, "until no time was left");
    assert_eq!(scene.heard().unwrap(), b"\x8a\x05hello");
    assert_eq!(scene.reactor.take_news().count(), 0);
}

#[test]
fn news_end_the_lingering() {
    let mut scene = Scene::new();
    scene.turn(1);
    scene.peer.write_all(&frame(0x1, b"{}")).unwrap();
    let mut asked = 0;
    scene.reactor.linger(|| {
        asked += 1;
        (asked * TICKS_PER_MS, Duration::from_secs(1))
    });
    assert!(asked < 5, "one wait is enough");
    assert_eq!(scene.reactor.take_news().count(), 1);
}

#[test]
fn what_is_watched_ends_it_each_time_that_something_new_is_there() {
    let mut scene = Scene::new();
    let (watched, mut caller) = UnixStream::pair().unwrap();
    scene.reactor.watch(&watched).unwrap();
    let lingers = |scene: &mut Scene, at_most: Duration| {
        let (at_once, news) = scene.turn(1);
        assert_eq!(news, vec![]);
        let mut asked = 0;
        let more = scene.reactor.linger(|| {
            asked += 1;
            (
                TICKS_PER_MS,
                if asked < 5 { at_most } else { Duration::ZERO },
            )
        });
        assert!(
            more || !at_once,
            "who was called in the turn is still called"
        );
        assert_eq!(more, asked < 5, "it tells why it leaves");
        asked
    };
    let (long, short) = (Duration::from_secs(9), Duration::from_millis(1));
    lingers(&mut scene, short); // the kernel tells of what could be read before
    for _ in 0..2 {
        caller.write_all(b"?").unwrap();
        let began = Instant::now();
        assert!(lingers(&mut scene, long) < 5, "it did not leave");
        assert!(began.elapsed() < Duration::from_secs(8));
        assert!(
            lingers(&mut scene, short) >= 5,
            "what was told once is told"
        );
    }
    scene.reactor.unwatch(&watched).unwrap();
    caller.write_all(b"?").unwrap();
    assert!(lingers(&mut scene, short) >= 5, "it is watched no more");
}

#[test]
fn a_deadline_is_kept_while_lingering() {
    let mut scene = Scene::new();
    scene.peer.write_all(&frame(0x8, b"\x03\xe8")).unwrap();
    scene.turn(1);
    let began = Instant::now();
    let mut now_ms = 2_980;
    scene.reactor.linger(|| {
        now_ms += began.elapsed().as_millis() as i64;
        (now_ms * TICKS_PER_MS, Duration::from_secs(9))
    });
    assert!(
        began.elapsed() < Duration::from_secs(8),
        "the timer woke it"
    );
    assert!(scene
        .reactor
        .take_news()
        .any(|news| news.what == What::Gone));
}

#[test]
fn who_tells_many_serves_the_others_in_between() {
    let mut scene = Scene::new();
    scene.peer.write_all(&frame(0x9, b"hello")).unwrap();
    let (member, said) = (scene.member, Announcement::new(b"to all"));
    let members = vec![member; TOLD_AT_ONCE + 1];
    let passed_over = scene.reactor.tell_all(&members, &said, None, || 5);
    assert!(passed_over.is_empty());
    let heard = scene.heard().unwrap();
    let answered = heard.windows(7).position(|bytes| bytes == b"\x8a\x05hello");
    assert_eq!(answered, Some(TOLD_AT_ONCE * b"\x81\x06to all".len()));
}

#[test]
fn who_is_passed_over_is_named_by_its_place() {
    let mut scene = Scene::new();
    let members = vec![scene.member; 2 * TOLD_AT_ONCE];
    let said = Announcement::new(&[b'x'; 8_000]);
    let within = Load {
        messages: 1,
        bytes: 1 << 20,
    };
    let passed_over = scene.reactor.tell_all(&members, &said, Some(within), || 5);
    let first = *passed_over.first().unwrap();
    let rest: Vec<_> = (first..members.len()).collect();
    assert!(first > 2, "the kernel takes some");
    assert_eq!(passed_over, rest);
}
