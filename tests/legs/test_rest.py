"""One request to an upstream: the same names, certificates and words as a dial has."""

from __future__ import annotations

from pathlib import Path

import pytest
from house import House, open_house
from quart_trio import QuartTrio

from rtproxy.legs.rest import request
from rtproxy.model.errors import ConfigError, DialFailed


async def health(house: House, ca: Path | None) -> tuple[int, bytes]:
    url = house.listener.http_url.replace("127.0.0.1", "localhost") + "/health"
    trusted = None if ca is None else str(ca)
    answer = await request("GET", url, ca=trusted, within_s=5, answer_bytes=1_000)
    return answer.status, answer.body


async def test_an_authority_of_its_own_is_believed_where_it_is_named(
    application: QuartTrio, tmp_path: Path
) -> None:
    async with open_house(application, tls="self-signed") as house:
        ca = tmp_path / "ca.pem"
        assert house.listener.authority_pem is not None
        ca.write_bytes(house.listener.authority_pem)
        assert await health(house, ca) == (200, b'{"status":"ok"}\n')
        with pytest.raises(DialFailed, match=r"TLS with localhost:\d+ failed.*`ca`") as caught:
            await health(house, None)
        assert caught.value.final


async def test_nobody_there() -> None:
    with pytest.raises(DialFailed, match="cannot be reached"):
        await request("GET", "http://127.0.0.1:1/x", within_s=5, answer_bytes=10)


@pytest.mark.parametrize("url", ["ws://h/x", "http://", "http://u:canary@h/", "http://h:x/"])
async def test_what_is_no_url(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        await request("GET", url, within_s=5, answer_bytes=10)
    assert "canary" not in str(caught.value)
