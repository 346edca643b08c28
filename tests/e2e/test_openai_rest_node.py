"""openai-node's client secrets: made with a key, shown in a subprotocol."""

from __future__ import annotations

from .conftest import StartProxy
from .node_ground import Node
from .tls_files import write_files

KEY = "canary-key-of-the-tests"


def test_a_secret_goes_from_the_server_to_the_browser(
    node: Node, start_proxy: StartProxy, tmp_path
) -> None:
    files = write_files(tmp_path)
    proxy = start_proxy(
        *("--certfile", files.cert, "--keyfile", files.key),
        env={"RTPROXY_AUTH__KEYS": KEY},
        trusting=files.trusting(),
    )
    told = node.run(
        "secret_client.mjs",
        *(f"https://localhost:{proxy.port}/v1", KEY),
        flags=("--experimental-websocket", "--no-warnings"),
        env={"NODE_EXTRA_CA_CERTS": files.ca},
    ).told()
    assert told["made"]["instructions"] == "You are a patient tutor."
    assert told["begun"]["instructions"] == "You are a patient tutor."
    assert told["begun"]["audio"]["output"]["voice"] == "marin"
    assert "canary" not in proxy.log
    assert "ek_" not in proxy.log
