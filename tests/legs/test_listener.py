"""One port, from outside: the fork, the rules at the door, addresses, TLS and stopping."""

from __future__ import annotations

import errno
import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
import structlog
import trio
import trio.testing
from house import HEALTH, OVERSIZE, UPGRADE, Door, House, open_house
from quart_trio import QuartTrio
from stream_pairs import all_of, dripping
from trio_websocket import open_websocket_url
from wsproto.extensions import PerMessageDeflate

from rtproxy.config import ServerConfig
from rtproxy.legs.listener import open_listener
from rtproxy.model.errors import ConfigError

pytestmark = pytest.mark.usefixtures("in_time")


async def test_one_port_serves_both(house: House) -> None:
    assert house.listener.http_url == f"http://127.0.0.1:{house.listener.port}"
    assert await house.is_well()


async def test_an_upgrade_says_what_was_asked_for(house: House) -> None:
    url = house.listener.ws_url + "/a%20b?model=m&model=n&empty="
    async with open_websocket_url(
        url, subprotocols=["x", "y"], extra_headers=[("Authorization", "Bearer k")]
    ):
        pass
    [upgrade] = house.door.upgrades
    assert upgrade.path == "/a%20b"
    assert upgrade.query == {"model": "n", "empty": ""}
    assert upgrade.subprotocols == ("x", "y")
    assert upgrade.header("authorization") == "Bearer k"
    assert upgrade.header("absent") is None
    assert upgrade.peer[0] == "127.0.0.1"


async def test_a_subprotocol_is_agreed_on(house: House) -> None:
    url = house.listener.ws_url + "/realtime"
    async with open_websocket_url(url, subprotocols=["realtime", "other"]) as client:
        assert client.subprotocol == "realtime"


async def test_a_refusal_is_an_http_error_with_words(house: House) -> None:
    head, _, body = (await house.raw(UPGRADE % b"/refuse")).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 429")
    assert b"Retry-After: 7" in head
    assert json.loads(body)["error"]["message"] == "Too many."


@pytest.mark.parametrize(
    ("path", "status"),
    [(b"/bug", b"500"), (b"/wrong-subprotocol", b"500")],
)
async def test_a_bug_before_the_answer_is_500(house: House, path: bytes, status: bytes) -> None:
    with structlog.testing.capture_logs() as logs:
        answer = await house.raw(UPGRADE % path)
    [error_id] = [entry["error_id"] for entry in logs if entry["event"] == "contained"]
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert error_id.encode() in answer
    assert await house.is_well()


async def test_a_bug_behind_the_handshake_is_1011(house: House) -> None:
    with structlog.testing.capture_logs() as logs:
        answer = await house.raw(UPGRADE % b"/late-bug")
    [error_id] = [entry["error_id"] for entry in logs if entry["event"] == "contained"]
    assert answer.startswith(b"HTTP/1.1 101")
    assert (1011).to_bytes(2, "big") + b"internal error " + error_id.encode() in answer
    assert await house.is_well()


async def test_an_upgrade_that_nobody_answers_is_closed(house: House) -> None:
    assert await house.raw(UPGRADE % b"/forget") == b""
    assert await house.is_well()


async def test_frames_that_come_with_the_upgrade_are_heard(house: House) -> None:
    async with await trio.open_tcp_stream("127.0.0.1", house.listener.port) as stream:
        await stream.send_all((UPGRADE % b"/echo") + b"\x81\x85" + bytes(4) + b"hello")
        answer = b""
        while not answer.endswith(b"\x81\x05hello"):
            answer += await stream.receive_some()


async def test_an_offer_of_compression_is_ignored(house: House) -> None:  # faults.md row 4
    offer = [(b"Sec-WebSocket-Extensions", PerMessageDeflate().offer().encode())]
    request = (UPGRADE % b"/echo").replace(b"\r\n\r\n", b"\r\n%s: %s\r\n\r\n" % offer[0])
    answer = await house.raw(request + b"\xc1\x85" + bytes(4) + b"bomb!")
    assert b"extensions" not in answer.lower()
    assert (1002).to_bytes(2, "big") in answer


async def test_where_callers_come_in_is_watched_while_they_may(application: QuartTrio) -> None:
    watched: list[int] = []

    @contextmanager
    def watching(sock: socket.socket) -> Iterator[None]:
        watched.append(sock.getsockname()[1])
        try:
            yield
        finally:
            watched.remove(sock.getsockname()[1])

    async with trio.open_nursery() as nursery:
        listener = await open_listener(
            nursery,
            ServerConfig(port=0),
            on_upgrade=trio.sleep_forever,
            application=application,
            watching=watching,
        )
        await trio.testing.wait_all_tasks_blocked()
        assert watched == [listener.port]
        listener.stop_accepting()
        await trio.testing.wait_all_tasks_blocked()
        assert watched == []


# The first seconds (row 11)


@pytest.mark.parametrize("data", [b"", b"GET /health HTTP/1.1\r\nHo"])
async def test_who_does_not_say_what_it_wants_is_closed(
    application: QuartTrio, data: bytes
) -> None:
    async with open_house(application, head_s=0.05) as house:
        stream = await trio.open_tcp_stream("127.0.0.1", house.listener.port)
        async with stream:
            if data:
                await stream.send_all(data)
            answer = await all_of(stream)
        assert answer == b"" if not data else answer.startswith(b"HTTP/1.1 408")
        assert await house.is_well()


async def test_a_head_that_drips_is_closed(application: QuartTrio) -> None:
    async with open_house(application, head_s=0.1) as house:
        stream = await trio.open_tcp_stream("127.0.0.1", house.listener.port)
        async with stream, dripping(stream, HEALTH * 100, every_s=0.02):
            assert (await all_of(stream)).startswith(b"HTTP/1.1 408")


async def test_a_head_that_does_not_end_is_refused(house: House) -> None:
    assert (await house.raw(b"GET / HTTP/1.1\r\nX: " + b"a" * 20_000)).startswith(b"HTTP/1.1 431")


# The Origin rule (row 37)


async def test_a_page_from_elsewhere_is_refused_before_the_upgrade(house: House) -> None:
    request = (UPGRADE % b"/echo").replace(b"\r\n\r\n", b"\r\nOrigin: http://evil.example\r\n\r\n")
    answer = await house.raw(request)
    assert answer.startswith(b"HTTP/1.1 403")
    assert b"server.allowed_origins" in answer
    assert house.door.upgrades == []


async def test_our_own_pages_and_listed_ones_may_connect(application: QuartTrio) -> None:
    async with open_house(application, allowed_origins=("https://app.example",)) as house:
        for origin in (f"http://localhost:{house.listener.port}", "https://app.example"):
            headers = [("Origin", origin)]
            url = house.listener.ws_url + "/echo"
            async with open_websocket_url(url, extra_headers=headers):
                pass
        assert len(house.door.upgrades) == 2


# Addresses, TLS, stopping, exhaustion


@pytest.mark.parametrize("host", ["localhost", "::1"])
async def test_other_loopback_names(application: QuartTrio, host: str) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 loopback here")
    async with open_house(application, host=host) as house:
        stream = await trio.open_tcp_stream("::1", house.listener.port)
        async with stream:
            await stream.send_all(HEALTH)
            assert b"200" in await all_of(stream)


async def test_what_is_no_address_is_refused(application: QuartTrio) -> None:
    async with trio.open_nursery() as nursery:
        with pytest.raises(ConfigError, match="not an address"):
            await open_listener(
                nursery,
                ServerConfig(host="example.com", port=0),
                on_upgrade=Door().enter,
                application=application,
            )


async def test_a_port_in_use_is_told_in_one_line(application: QuartTrio, house: House) -> None:
    async with trio.open_nursery() as nursery:
        with pytest.raises(ConfigError, match=r"server\.port: .* in use"):
            await open_listener(
                nursery,
                ServerConfig(port=house.listener.port),
                on_upgrade=Door().enter,
                application=application,
            )


async def test_a_second_port_has_a_door_of_its_own_and_shares_all_else(
    application: QuartTrio,
) -> None:
    async with open_house(application, ws_port=0) as house:
        extra_url = house.listener.extra_ws_url
        assert extra_url is not None
        async with open_websocket_url(extra_url + "/extra"):
            pass
        assert [upgrade.path for upgrade in house.extra_door.upgrades] == ["/extra"]
        assert house.door.upgrades == []
        ours = [("Origin", f"http://localhost:{house.listener.port}")]
        async with open_websocket_url(extra_url + "/from-our-page", extra_headers=ours):
            pass
        assert len(house.extra_door.upgrades) == 2
        port = int(extra_url.rpartition(":")[2])
        assert b'{"status":"ok"}' in await house.raw(HEALTH, port=port)
        assert await house.is_well()


async def test_a_second_port_in_use_is_told_in_one_line(
    application: QuartTrio, house: House
) -> None:
    async with trio.open_nursery() as nursery:
        with pytest.raises(ConfigError, match=r"server\.ws_port: .* in use"):
            await open_listener(
                nursery,
                ServerConfig(port=0, ws_port=house.listener.port),
                on_upgrade=Door().enter,
                on_extra_upgrade=Door().enter,
                application=application,
            )


async def test_tls_by_a_certificate_made_now(application: QuartTrio) -> None:
    async with open_house(application, tls="self-signed") as house:
        assert house.listener.ws_url.startswith("wss://")
        assert house.listener.authority_pem is not None
        trusting = ssl.create_default_context(cadata=house.listener.authority_pem.decode())
        url = house.listener.ws_url + "/echo"
        async with open_websocket_url(url, ssl_context=trusting) as client:
            await client.send_message("over TLS")
            assert await client.get_message() == "over TLS"
        stream = await trio.open_ssl_over_tcp_stream(
            "127.0.0.1", house.listener.port, ssl_context=trusting, https_compatible=True
        )
        async with stream:
            await stream.send_all(b"GET /scheme HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b'"scheme":"https"' in await all_of(stream)
        with structlog.testing.capture_logs() as logs:
            assert b"HTTP" not in await house.raw(HEALTH)  # not TLS: closed, and nobody minds
        [told] = [entry for entry in logs if entry["log_level"] != "debug"]
        assert told["why"] == "it speaks no TLS but, as it seems, plain HTTP"
        assert told["peer"].startswith("127.0.0.1:")
        async with open_websocket_url(url, ssl_context=trusting):
            pass


async def test_the_closing_words_arrive_over_tls_too(application: QuartTrio) -> None:
    async with open_house(application, tls="self-signed") as house:
        assert house.listener.authority_pem is not None
        trusting = ssl.create_default_context(cadata=house.listener.authority_pem.decode())
        stream = await trio.open_ssl_over_tcp_stream(
            "127.0.0.1", house.listener.port, ssl_context=trusting, https_compatible=True
        )
        async with stream:
            with suppress(trio.BrokenResourceError):
                await stream.send_all((UPGRADE % b"/echo") + OVERSIZE * 5)
            assert (1009).to_bytes(2, "big") in await all_of(stream)


@pytest.mark.parametrize("said", [b"", b"\x16\x03\x01\x02\x00\x01"])
async def test_a_handshake_that_stalls_has_a_deadline(application: QuartTrio, said: bytes) -> None:
    async with open_house(application, tls="self-signed", head_s=0.05) as house:
        stream = await trio.open_tcp_stream("127.0.0.1", house.listener.port)
        async with stream:
            await stream.send_all(said)
            with trio.fail_after(5):
                assert await all_of(stream) == b""


async def test_who_stops_accepting_keeps_what_is_there(house: House) -> None:
    async with open_websocket_url(house.listener.ws_url + "/echo") as client:
        house.listener.stop_accepting()
        await trio.testing.wait_all_tasks_blocked()
        with pytest.raises(OSError, match="all attempts to connect"):
            await trio.open_tcp_stream("127.0.0.1", house.listener.port)
        await client.send_message("there?")
        assert await client.get_message() == "there?"


async def test_no_descriptors_left_means_waiting_not_dying(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:  # faults.md row 43
    accept = socket.socket.accept
    failures = [errno.EMFILE, errno.ECONNABORTED]

    def exhausted(self: socket.socket) -> tuple[socket.socket, object]:
        if failures:
            raise OSError(failures.pop(0), "as if")
        return accept(self)

    monkeypatch.setattr(socket.socket, "accept", exhausted)
    with structlog.testing.capture_logs() as logs:
        assert await house.is_well()
    assert failures == []
    assert [entry for entry in logs if "out of a resource" in entry["event"]]


async def test_a_burst_larger_than_a_batch_is_accepted_whole(house: House) -> None:
    # faults.md row 57: all of them wait in the kernel before the listener runs again.
    waiting = [socket.create_connection(("127.0.0.1", house.listener.port)) for _ in range(100)]
    try:
        for connection in waiting:
            connection.sendall(HEALTH)
        answers = [await trio.to_thread.run_sync(connection.recv, 100) for connection in waiting]
        assert all(answer.startswith(b"HTTP/1.1 200") for answer in answers)
    finally:
        for connection in waiting:
            connection.close()
