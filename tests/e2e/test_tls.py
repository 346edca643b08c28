"""TLS on both sides: openai-python to a proxy, and that to another as its upstream."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest
import trustme
from openai import AsyncOpenAI

from . import speech
from .conftest import StartProxy
from .proxy_process import COMMAND, ProxyProcess, free_port
from .test_openai_python import until
from .tls_files import Files, write_files


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Files as an operator has them."""
    return write_files(tmp_path)


@pytest.fixture(params=["stream", "auto"])
def driver(request: pytest.FixtureRequest) -> dict[str, str]:
    """Both drivers, where there are two."""
    return {"RTPROXY_SERVER__DRIVER": str(request.param)}


def serving(
    start_proxy: StartProxy, files: Files, *arguments: str, env: dict[str, str]
) -> ProxyProcess:
    """A proxy that shows the certificate."""
    own = ("--certfile", files.cert, "--keyfile", files.key)
    return start_proxy(*own, *arguments, env=env, trusting=files.trusting())


def test_a_spoken_turn_by_tls_on_both_sides(
    start_proxy: StartProxy, files: Files, driver: dict[str, str]
) -> None:
    upstream = serving(start_proxy, files, env=driver)
    url = f"wss://localhost:{upstream.port}/v1/realtime"
    proxy = serving(start_proxy, files, "--upstream", url, "--upstream-ca", files.ca, env=driver)
    spoken = speech.utterance(1_200, after_ms=1_000)

    async def converse() -> None:
        client = AsyncOpenAI(base_url=f"https://localhost:{proxy.port}/v1", api_key="x")
        options = {"ssl": files.trusting()}
        async with (
            client,
            asyncio.timeout(45),
            client.realtime.connect(
                model="gpt-realtime",
                websocket_connection_options=options,  # type: ignore[arg-type] # passed on as it is
            ) as connection,
        ):
            await until(connection, "session.created")
            for chunk in speech.chunks(spoken):
                await connection.input_audio_buffer.append(audio=speech.encoded(chunk))
            events = await until(connection, "response.done")
            deltas = (e.delta for e in events if e.type == "response.output_audio.delta")
            answered = b"".join(speech.decoded(delta) for delta in deltas)
            assert speech.ms(answered) > 1_000
            assert spoken.find(answered) >= 0

    asyncio.run(converse())
    assert proxy.health()["status"] == "ok"  # plain HTTP, decrypted
    deadline = time.monotonic() + 10
    while proxy.sessions or upstream.sessions:
        assert time.monotonic() < deadline, "a session outlives its client"
        time.sleep(0.05)
    assert "Traceback" not in proxy.log + upstream.log


async def first_event(proxy: ProxyProcess) -> str:
    """What a client is told first."""
    client = AsyncOpenAI(base_url=f"http://127.0.0.1:{proxy.port}/v1", api_key="x")
    async with (
        client,
        asyncio.timeout(40),
        client.realtime.connect(model="gpt-realtime") as connection,
    ):
        return (await connection.recv()).type


def test_an_upstream_that_is_not_trusted_is_told_with_what_to_do(
    start_proxy: StartProxy, files: Files
) -> None:
    upstream = serving(start_proxy, files, env={})
    proxy = start_proxy("--upstream", f"wss://localhost:{upstream.port}/v1/realtime")

    assert asyncio.run(first_event(proxy)) == "error"
    assert "its certificate comes from an authority that is not trusted here" in proxy.log
    assert "--upstream-ca" in proxy.log


def test_what_cannot_be_served_is_told_at_the_start(tmp_path: Path, files: Files) -> None:
    other = tmp_path / "other.pem"
    other.write_bytes(trustme.CA().issue_cert("localhost").private_key_pem.bytes())
    for arguments, words in [
        (["--certfile", files.cert, "--keyfile", str(other)], "the key does not belong to"),
        (["--upstream", "wss://localhost/", "--upstream-ca", files.key], "upstream.ca"),
    ]:
        ended = subprocess.run(
            [str(COMMAND), "serve", "--port", "0", *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ended.returncode != 0
        [line] = ended.stderr.splitlines()
        assert words in line


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
def test_an_upstream_of_http_2_alone_is_told(start_proxy: StartProxy, files: Files) -> None:
    port = free_port()
    place = ["-accept", f"127.0.0.1:{port}", "-cert", files.cert, "-key", files.key]
    with subprocess.Popen(
        ["openssl", "s_server", *place, "-alpn", "h2", "-quiet"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            url = f"wss://localhost:{port}/v1/realtime"
            soon = {"RTPROXY_LIMITS__DIAL_BACKOFF_S": "0.05"}
            proxy = start_proxy("--upstream", url, "--upstream-ca", files.ca, env=soon)
            asyncio.run(first_event(proxy))
            assert "it wants another protocol than HTTP/1.1" in proxy.log
        finally:
            server.kill()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["-tls1_3", "-alpn", "h2,http/1.1"], "ALPN protocol: http/1.1"),
        (["-tls1_2"], "TLSv1.2"),
        (["-alpn", "h2"], "no application protocol"),
    ],
)
def test_the_command_line_of_openssl(
    start_proxy: StartProxy, files: Files, options: list[str], says: str
) -> None:
    proxy = serving(start_proxy, files, env={})
    place = ["-connect", f"localhost:{proxy.port}", "-servername", "localhost"]
    ended = subprocess.run(
        ["openssl", "s_client", *place, "-CAfile", files.ca, "-verify_return_error", *options],
        input="GET /health HTTP/1.1\r\nHost: x\r\n\r\n",
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert says in ended.stdout + ended.stderr
    with socket.create_connection(("127.0.0.1", proxy.port)) as noise:
        noise.sendall(b"GET / HTTP/1.1\r\n\r\n")
        noise.settimeout(10)
        assert b"HTTP" not in noise.recv(1000)
    assert proxy.get("/health")[0] == 200
    assert "plain HTTP" in proxy.log
    assert "Traceback" not in proxy.log
