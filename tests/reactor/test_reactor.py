"""The reactor's face: names, tokens and descriptors; its rules are tested in Rust."""

from __future__ import annotations

import os
import select
import socket
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rtproxy._audio_core import FrameDecoder, FrameEncoder, MessageKind, Side, Splice

if sys.platform != "linux":
    pytest.skip("the reactor stands on epoll", allow_module_level=True)

from rtproxy._audio_core import Reactor


class Token:
    """Stands for a leg."""


class Scene:
    """A session with one client, and the client's end of its socket."""

    def __init__(self, reactor: Reactor | None = None) -> None:
        self.reactor = reactor or Reactor(now=0.0)
        self.splice = Splice(seed=bytes(32))
        self.leg = self.splice.open_leg(Side.CLIENT, max_message_bytes=1 << 20)
        self.session = self.reactor.open_session(self.splice)
        ours, self.peer = socket.socketpair()
        self.peer.settimeout(1.0)
        self.fd = ours.detach()
        self.token = Token()
        self.member = self.add(self.fd)

    def add(self, fd: int) -> int:
        return self.reactor.add(
            self.session, self.leg, Side.CLIENT, fd, self.token, send_ms=10_000, close_ms=3_000
        )

    def is_ready(self) -> bool:
        return bool(select.select([self.reactor.fileno()], [], [], 0)[0])


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = Scene()
    with scene.peer:
        yield scene


def is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


def text(payload: bytes) -> bytes:
    return FrameEncoder(seed=bytes(32)).encode("text", payload)


def test_a_message_is_told_once_and_can_be_received(scene: Scene):
    scene.reactor.turn(0.0)
    assert not scene.is_ready()
    scene.peer.sendall(text(b'{"type":"hello"}'))
    assert scene.is_ready()
    assert scene.reactor.turn(0.1) == ([(scene.token, False)], False)
    assert scene.reactor.turn(0.2) == ([], False)
    message = scene.splice.receive(scene.leg)
    assert message is not None
    assert (message.kind, message.raw) == (MessageKind.HOLD, b'{"type":"hello"}')
    assert not scene.is_ready()


def test_what_python_sends_leaves_when_it_is_settled(scene: Scene):
    scene.splice.send_leg(scene.leg, b"hello", 0.0)
    assert scene.reactor.settle(scene.session, 0.0) == []
    decoder = FrameDecoder(masked=False, max_message_bytes=100)
    assert decoder.feed(scene.peer.recv(100)) == [("text", b"hello", 0)]
    stats = scene.reactor.stats
    assert (stats.writes, stats.written_bytes) == (1, 7)


def test_the_end_of_the_socket_is_told_last_and_closes_it_once(scene: Scene):
    scene.peer.close()
    news, _ = scene.reactor.turn(0.0)
    assert news == [(scene.token, False), (scene.token, True)]
    assert not is_open(scene.fd)
    assert scene.reactor.turn(0.1) == ([], False)
    end = scene.splice.receive(scene.leg)
    assert end is not None
    assert (end.kind, end.code) == (MessageKind.CLOSED, 1006)


def test_an_end_that_comes_with_the_last_words_is_seen_with_them(scene: Scene):
    scene.peer.sendall(text(b"{}"))
    scene.peer.shutdown(socket.SHUT_WR)
    scene.reactor.turn(0.0)
    hold = scene.splice.receive(scene.leg)
    assert hold is not None
    scene.splice.release(scene.leg, hold.hold, 0.1)
    assert scene.reactor.settle(scene.session, 0.1) == [(scene.token, False)]
    end = scene.splice.receive(scene.leg)
    assert end is not None
    assert (end.kind, end.code) == (MessageKind.CLOSED, 1006)


def test_a_peer_that_gives_no_sign_of_life_is_reset(scene: Scene):
    scene.splice.keep_alive(scene.leg, 15_000, 10_000, 0.0)
    scene.reactor.settle(scene.session, 0.0)
    scene.reactor.turn(15.1)
    assert scene.peer.recv(100) == b"\x89\x00"
    assert scene.reactor.turn(25.0) == ([], False)
    news, _ = scene.reactor.turn(25.2)
    assert news[-1] == (scene.token, True)
    assert not is_open(scene.fd)


def test_abort_closes_by_force(scene: Scene):
    scene.reactor.abort(scene.member, 0.0)
    news = scene.reactor.settle(scene.session, 0.0)
    assert news == [(scene.token, False), (scene.token, True)]
    assert not is_open(scene.fd)


def test_an_end_that_takes_too_long_is_cut(scene: Scene):
    scene.reactor.end_within(scene.member, 0.0)
    assert scene.reactor.settle(scene.session, 0.0) == []
    assert scene.reactor.turn(2.9) == ([], False)
    news, _ = scene.reactor.turn(3.1)
    assert news == [(scene.token, False), (scene.token, True)]


def test_closing_a_session_closes_its_sockets_without_a_word(scene: Scene):
    token = weakref.ref(scene.token)
    scene.reactor.close_session(scene.session)
    assert not is_open(scene.fd)
    del scene.token
    assert token() is None
    assert scene.reactor.turn(9.0) == ([], False)
    scene.reactor.close_session(scene.session)
    scene.reactor.abort(scene.member, 9.0)


def test_a_leg_that_is_forgotten_frees_its_token(scene: Scene):
    token = weakref.ref(scene.token)
    scene.peer.close()
    scene.reactor.turn(0.0)
    scene.splice.forget(scene.leg)
    del scene.token
    assert token() is not None
    assert scene.reactor.settle(scene.session, 0.1) == []
    assert token() is None


def test_a_socket_that_is_given_too_late_is_closed(scene: Scene):
    scene.reactor.close_session(scene.session)
    ours, peer = socket.socketpair()
    fd = ours.detach()
    with peer, pytest.raises(ValueError, match="closed"):
        scene.add(fd)
    assert not is_open(fd)


def test_what_epoll_does_not_take_is_closed(scene: Scene, tmp_path: Path):
    fd = os.open(tmp_path, os.O_RDONLY)  # a folder cannot be waited for
    with pytest.raises(PermissionError):
        scene.add(fd)
    assert not is_open(fd)
    with pytest.raises(ValueError, match="-1 is no descriptor"):
        scene.add(-1)


def test_a_deadline_of_the_splice_makes_the_descriptor_readable(scene: Scene):
    scene.peer.sendall(b"\x81")  # a frame that never goes on
    scene.reactor.turn(0.0)
    assert not scene.is_ready()
    news, _ = scene.reactor.turn(10.1)
    assert news[0] == (scene.token, False)
    end = scene.splice.receive(scene.leg)
    assert end is not None
    assert (end.kind, end.code) == (MessageKind.CLOSED, 1008)


def test_a_panic_ends_its_session_alone(scene: Scene):
    other = Scene(scene.reactor)
    with pytest.raises(Exception, match="asked to panic"):
        scene.splice.panic_for_test(scene.leg)
    assert scene.reactor.settle(scene.session, 0.0) == [(scene.token, False)]
    decoder = FrameDecoder(masked=False, max_message_bytes=100)
    assert decoder.feed(scene.peer.recv(100)) == [("close", b"internal error", 1011)]
    with other.peer:
        other.peer.sendall(text(b"{}"))
        assert scene.reactor.turn(0.0) == ([(other.token, False)], False)


PONG = FrameEncoder(seed=bytes(32)).encode("pong", b"")


def until_it_waits(
    scene: Scene, linger_ms: int, before_each: Callable[[], object] = lambda: None
) -> None:
    """Let so much come that a turn waits for more."""
    deadline = time.monotonic() + 10.0
    while not scene.reactor.stats.waited_s:
        assert time.monotonic() < deadline, "it never waited"
        scene.peer.sendall(PONG)
        before_each()
        assert scene.reactor.turn(0.1, linger_ms=linger_ms) == ([], False)


def test_while_much_is_coming_a_turn_waits_for_more(scene: Scene):
    until_it_waits(scene, 3)
    stats = scene.reactor.stats
    assert stats.longest_s >= stats.waited_s >= 0.001
    time.sleep(0.1)
    scene.reactor.turn(0.1, linger_ms=3)  # finds that nothing has come for a while
    waited_s = scene.reactor.stats.waited_s
    scene.reactor.turn(0.1, linger_ms=3)
    assert scene.reactor.stats.waited_s == waited_s


def test_what_is_watched_keeps_a_turn_from_waiting(scene: Scene):
    caller, watched = socket.socketpair()
    with caller, watched:
        scene.reactor.watch(watched.fileno())
        until_it_waits(scene, 3)
        waited_s = scene.reactor.stats.waited_s
        caller.send(b"?")
        more = True  # elsewhere: whoever waits for what is watched
        assert scene.reactor.turn(0.1, linger_ms=5_000) == ([], more)
        assert scene.reactor.stats.waited_s == waited_s
        scene.reactor.unwatch(watched.fileno())
        with pytest.raises(OSError, match="No such file"):
            scene.reactor.unwatch(watched.fileno())
    for call in (scene.reactor.watch, scene.reactor.unwatch):
        with pytest.raises(ValueError, match="-1 is no descriptor"):
            call(-1)


def test_who_waits_in_a_turn_leaves_the_interpreter_to_others(scene: Scene):
    counted = begun = 0
    over = threading.Event()

    def count() -> None:
        nonlocal counted
        while not over.wait(0.001):
            counted += 1

    def begin() -> None:
        nonlocal begun
        begun = counted

    other = threading.Thread(target=count)
    other.start()
    try:
        until_it_waits(scene, 100, before_each=begin)
        seen = counted - begun
    finally:
        over.set()
        other.join()
    assert seen >= 5
