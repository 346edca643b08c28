"""The way to a host: addresses at once, names without a thread once they are known."""

from __future__ import annotations

import socket
import threading

import pytest
import trio
import trio.testing

from rtproxy.legs.reach import Resolver, reach

pytestmark = pytest.mark.usefixtures("in_time")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_host_is_reached(host: str) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        await reach(host, listening.getsockname()[1]) as connection,
    ):
        assert not connection.getblocking()
        theirs, _ = listening.accept()
        with theirs:
            theirs.sendall(b"hello")
            await trio.lowlevel.wait_readable(connection)
            assert connection.recv(10) == b"hello"


async def test_an_address_of_ipv6_is_reached() -> None:
    try:
        listening = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 loopback here")
    with listening, await reach("::1", listening.getsockname()[1]) as connection:
        assert connection.family is socket.AF_INET6


async def test_nobody_there_is_refused() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectionRefusedError):
            await reach("127.0.0.1", sock.getsockname()[1])


async def test_what_is_cancelled_leaves_no_socket() -> None:
    # A full backlog: the kernel answers no further connection for a while.
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listening:
        place = listening.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(place)
        with trio.move_on_after(0.05) as scope:
            await reach(*place)
        assert scope.cancelled_caught  # a socket left behind would warn, and warnings are errors
        for each in waiting:
            each.close()


async def test_a_name_is_asked_for_once_in_a_while(
    autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    system = socket.getaddrinfo

    def answer(host: object, *rest: object) -> object:
        if threading.current_thread() is not threading.main_thread():
            asked.append(host)
        return system("127.0.0.1", *rest[:1])  # type: ignore[arg-type] # a port

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    resolver = Resolver(remembered_s=30)
    first = await resolver.getaddrinfo(b"api.example", 443)
    assert await resolver.getaddrinfo(b"api.example", 443) == first
    assert asked == [b"api.example"]
    await trio.sleep(31)
    await resolver.getaddrinfo(b"api.example", 443)
    assert asked == [b"api.example"] * 2


async def test_names_are_not_remembered_without_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: ["an answer"])
    resolver = Resolver()
    for number in range(200):
        await resolver.getaddrinfo(b"%d.example" % number, 443)
    assert len(resolver._known) == 64


async def test_a_name_that_nobody_knows_is_asked_for_again() -> None:
    resolver = Resolver()
    for _ in range(2):
        with pytest.raises(socket.gaierror):
            await resolver.getaddrinfo(b"no-such-host.invalid", 443)
