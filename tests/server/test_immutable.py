"""What browsers keep: found under its hash alone, in pieces, under any base path; everything else is not there."""

import asyncio

import numpy as np
import pytest

from cnnviz.bounded import Bounded
from cnnviz.network.config import NetworkConfig
from cnnviz.network.description import described, weight_bytes
from cnnviz.server import immutable
from cnnviz.server.immutable import PIECE_BYTES, Immutable
from cnnviz.ui.components.live import delivery
from networks import random_network

KEY = "0123456789abcdef" * 4
CONTENT = [memoryview(bytes(range(200))), memoryview(b"x" * (2 * PIECE_BYTES + 1))]
PASSED_ON = b"passed on"


@pytest.fixture(autouse=True)
def _nothing_else_is_offered(monkeypatch):
    monkeypatch.setattr(immutable, "_weights", Bounded(10 * PIECE_BYTES, lambda parts: sum(map(len, parts)), 3))
    monkeypatch.setattr(immutable, "_scripts", {})


def ask(path, method="GET", kind="http"):
    """Status, headers and the pieces of an answer."""
    sent = []

    async def passed_on(scope, receive, send):
        await send({"type": "http.response.start", "status": 299, "headers": []})
        await send({"type": "http.response.body", "body": PASSED_ON})

    async def send(message):
        sent.append(message)

    asyncio.run(Immutable(passed_on)({"type": kind, "method": method, "path": path, "headers": []}, None, send))
    start, *bodies = sent
    assert [message.get("more_body", False) for message in bodies] == [True] * (len(bodies) - 1) + [False]
    return start["status"], dict(start["headers"]), [message["body"] for message in bodies]


@pytest.mark.parametrize("base", ["", "/lesson", "/lesson/room", "/cnnviz", "/cnnviz/weights"])
def test_weights_are_found_under_their_hash_and_any_base_path(base):
    assert immutable.offer_weights(KEY, CONTENT) == f"./cnnviz/weights/{KEY}.bin"
    status, headers, pieces = ask(f"{base}/cnnviz/weights/{KEY}.bin")
    assert status == 200
    assert headers == {
        b"content-type": b"application/octet-stream",
        b"content-length": str(200 + 2 * PIECE_BYTES + 1).encode(),
        b"cache-control": b"public, immutable, max-age=31536000",
        b"x-content-type-options": b"nosniff",
    }
    assert b"".join(pieces) == b"".join(CONTENT)
    assert max(map(len, pieces)) == PIECE_BYTES


def test_head_has_the_same_headers_and_no_body():
    immutable.offer_weights(KEY, CONTENT)
    path = f"/cnnviz/weights/{KEY}.bin"
    assert ask(path, "HEAD")[:2] == ask(path)[:2]
    assert ask(path, "HEAD")[2] == [b""]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_can_be_sent(method):
    immutable.offer_weights(KEY, CONTENT)
    status, headers, pieces = ask(f"/cnnviz/weights/{KEY}.bin", method)
    assert (status, headers, pieces) == (405, {b"allow": b"GET, HEAD"}, [b""])


@pytest.mark.parametrize(
    "name",
    [
        f"weights/{KEY[::-1]}.bin",
        f"weights/{KEY.upper()}.bin",
        f"weights/{KEY}",
        f"weights/{KEY}.bin/",
        f"weights/{KEY}.bin\n",
        f"weights/{KEY}.bin.bin",
        f"weights/{KEY}0.bin",
        f"weights/{KEY[1:]}.bin",
        f"weights/./{KEY}.bin",
        f"weights/{KEY}\x00.bin",
        f"weights/{KEY[1:]}\u0661.bin",
        "weights/../../../etc/passwd",
        "weights/",
        "js/",
        f"js/{KEY}/forward.js",
        f"js/{KEY}/../forward.js",
        "js/../delivery.py",
        "js//etc/passwd",
    ],
)
def test_any_other_name_is_not_found_and_not_kept(name):
    immutable.offer_weights(KEY, CONTENT)
    status, headers, pieces = ask(f"/cnnviz/{name}")
    assert (status, headers, pieces) == (404, {b"cache-control": b"no-store"}, [b""])


@pytest.mark.parametrize(
    "path", ["/", "/draw", "/cnnviz", "/cnnviz/", "/cnnviz/draw", "/xcnnviz/weights/a", "/weights/a"]
)
def test_everything_elsewhere_is_for_streamlit(path):
    assert ask(path)[2] == [PASSED_ON]


def test_a_websocket_is_for_streamlit():
    assert ask(f"/cnnviz/weights/{KEY}.bin", kind="websocket")[2] == [PASSED_ON]


def test_what_was_offered_longest_ago_is_forgotten():
    keys = [digit * 64 for digit in "abcd"]
    for key in keys:
        immutable.offer_weights(key, [memoryview(b"1234")])
    assert [ask(f"/cnnviz/weights/{key}.bin")[0] for key in keys] == [404, 200, 200, 200]


def test_scripts_are_found_side_by_side_under_the_hash_of_all(tmp_path):
    (tmp_path / "a.js").write_text('import "./b.js";')
    (tmp_path / "b.js").write_text("export {};")
    (tmp_path / "c.py").write_text("secret")
    (tmp_path / "d.css").write_text("a { color: red; }")
    address = immutable.offer_scripts(tmp_path)
    status, headers, pieces = ask(f"/lesson{address[1:]}a.js")
    assert (status, b"".join(pieces)) == (200, b'import "./b.js";')
    assert headers[b"content-type"] == b"text/javascript; charset=utf-8"
    assert b"immutable" in headers[b"cache-control"]
    assert ask(f"{address[1:]}b.js")[0] == 200
    assert ask(f"{address[1:]}c.py")[0] == 404
    assert ask(f"{address[1:]}d.css")[1][b"content-type"] == b"text/css; charset=utf-8"
    (tmp_path / "b.js").write_text("export { };")
    changed = immutable.offer_scripts(tmp_path)
    assert changed != address
    assert ask(f"{address[1:]}b.js")[2] != ask(f"{changed[1:]}b.js")[2]


def test_a_network_and_the_scripts_are_offered_to_the_browser():
    network = random_network(NetworkConfig((), ()))
    told = delivery.network_for_browser(network)
    assert told == described(network.config) | {"weights": f"./cnnviz/weights/{network.key}.bin"}
    assert b"".join(ask(told["weights"][1:])[2]) == b"".join(weight_bytes(network))
    delivery.scripts.cache_clear()
    for name in ("forward", "prepare", "weights"):
        assert ask(f"{delivery.scripts()[1:]}{name}.js")[0] == 200
    delivery.scripts.cache_clear()


def test_an_image_of_a_data_set_is_found_by_its_number(bundled):
    address = immutable.offer_digits(bundled)
    status, headers, pieces = ask(f"/lesson{address[1:]}7.bin")
    assert (status, headers[b"content-length"]) == (200, b"784")
    grey = np.frombuffer(b"".join(pieces), np.uint8).reshape(28, 28)
    assert grey / 255 == pytest.approx(bundled.images[7, :, :, 0], abs=0.002)
    for name in ("500.bin", "-1.bin", "7", "7.bin/", "07x.bin", "9999999.bin", "../7.bin"):
        assert ask(f"{address[1:]}{name}")[0] == 404
    assert ask(f"/cnnviz/digits/{KEY}/7.bin")[0] == 404
