"""Fetching MNIST from a mirror on this machine that is good, slow, wrong, cut off, silent, endless or not there."""

import contextlib
import gzip
import hashlib
import http.server
import socket
import struct
import threading
import time

import numpy as np
import pytest

from cnnviz.data import dataset, download, mnist

PIECE = 16 * 1024


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path.rpartition("/")[2]
        self.server.requested.append(name)
        with contextlib.suppress(OSError):
            getattr(self, self.server.behaviour)(self.server.bodies[name])

    def log_message(self, *_):
        pass

    def head(self, length: int | None):
        self.send_response(200)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def good(self, body):
        self.head(len(body))
        self.wfile.write(body)

    def slow(self, body):
        self.head(len(body))
        for start in range(0, len(body), PIECE):
            self.wfile.write(body[start : start + PIECE])
            time.sleep(0.005)

    def other_digits(self, body):
        raw = gzip.decompress(body)
        self.good(gzip.compress(raw[:-1] + bytes([raw[-1] ^ 1])))

    def page(self, _):
        self.good(b"<html>\n<body>Please log in\nto the school's network</body>\n</html>\n")

    def garbled(self, body):
        self.good(body[:10] + b"\xff" * 40 + struct.pack("<I", len(gzip.decompress(body))))

    def cut_off(self, body):
        self.head(len(body))
        self.wfile.write(body[: len(body) // 2])

    def silent(self, body):
        self.head(len(body))
        self.wfile.write(body[: len(body) // 2])
        self.server.over.wait(20)

    def mute(self, _):
        self.server.over.wait(20)

    def not_found(self, _):
        self.send_error(404)

    def endless(self, _):
        self.head(None)
        while not self.server.over.is_set():
            self.wfile.write(bytes(PIECE))


@pytest.fixture
def bodies(monkeypatch, rng) -> dict[str, bytes]:
    """Small files in place of MNIST's four, as a mirror has them; chance does not compress, so they keep their size."""
    small, packed = {}, {}
    for key, file in mnist.FILES.items():
        n = 300 if "train" in key else 100
        items = rng.integers(0, 256 if file.item_shape else 10, (n, *file.item_shape)).astype(np.uint8)
        small[key] = mnist.IdxFile(file.name, n, file.item_shape, hashlib.sha256(items).hexdigest())
        packed[f"{file.name}.gz"] = gzip.compress(small[key].header + items.tobytes())
    monkeypatch.setattr(mnist, "FILES", small)
    monkeypatch.setattr(download, "MAX_BYTES", 400_000)
    sizes = tuple(len(body) for body in packed.values())
    monkeypatch.setattr(download, "FILE_BYTES", sizes)
    monkeypatch.setattr(download, "N_BYTES", sum(sizes))
    return packed


@pytest.fixture
def start_mirror(bodies, monkeypatch):
    """Start a mirror with a behaviour; the newest one is the one that CNNVIZ_MNIST_URL names."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    started = []

    def start(behaviour: str) -> http.server.ThreadingHTTPServer:
        if behaviour in ("silent", "mute"):  # a busy machine is silent for longer
            monkeypatch.setattr(download, "SILENCE_S", 0.3)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = False
        server.behaviour, server.bodies, server.requested, server.over = behaviour, bodies, [], threading.Event()
        server.url = f"http://127.0.0.1:{server.server_port}/mnist/"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        started.append((server, thread))
        monkeypatch.setenv("CNNVIZ_MNIST_URL", server.url)
        return server

    yield start
    for server, thread in started:
        server.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def absent() -> str:
    """A mirror that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/mnist/"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache" / "MNIST"
    monkeypatch.setattr(download, "cache_dir", lambda: folder)
    return folder


def ignore(*_):
    pass


def in_cache(folder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() if path.is_file() else b"folder" for path in folder.rglob("*")}


def test_a_good_mirror_fills_the_cache(start_mirror, bodies, cache):
    mirror = start_mirror("good")
    assert download.fetch(ignore) == ""
    assert in_cache(cache) == bodies
    assert mirror.requested == list(bodies)
    assert dataset.find(None, cache) == (dataset.Source("idx", cache), [])


def test_nothing_is_fetched_twice(start_mirror, bodies, cache):
    mirror = start_mirror("good")
    download.fetch(ignore)
    mirror.requested.clear()
    assert download.fetch(ignore) == ""
    assert mirror.requested == []
    (cache / "train-images-idx3-ubyte.gz").write_bytes(b"damaged")
    assert download.fetch(ignore) == ""
    assert mirror.requested == ["train-images-idx3-ubyte.gz"]
    assert in_cache(cache) == bodies


def test_a_damaged_plain_file_does_not_hide_the_fetched_one(start_mirror, cache):
    start_mirror("good")
    cache.mkdir(parents=True)
    (cache / "t10k-labels-idx1-ubyte").write_bytes(b"damaged")
    assert download.fetch(ignore) == ""
    mnist.check_folder(cache)


@pytest.mark.parametrize("behaviour", ["good", "slow"])
def test_progress_only_grows_and_ends_at_the_total(start_mirror, bodies, cache, behaviour):
    start_mirror(behaviour)
    calls = []
    assert download.fetch(lambda *call: calls.append(call)) == ""
    total = sum(len(body) for body in bodies.values())
    done = [call[0] for call in calls]
    assert {call[1] for call in calls} == {total}
    assert len(set(done)) >= 6
    assert max(done) == done[-1] == total
    assert done == sorted(done)


def test_progress_stays_within_the_total_when_files_are_larger_than_thought(start_mirror, cache, monkeypatch):
    monkeypatch.setattr(download, "FILE_BYTES", (50_000,) * 4)
    monkeypatch.setattr(download, "N_BYTES", 200_000)
    start_mirror("good")
    calls = []
    assert download.fetch(lambda *call: calls.append(call)) == ""
    assert max(calls) == (200_000, 200_000)


def check_refusal(sentence: str, mirror: str, reason: str):
    assert "\n" not in sentence
    assert mirror in sentence
    assert reason in sentence
    assert sentence.count("could not be fetched") == 1
    assert sentence.endswith(f"into {dataset.ROOT / 'data' / 'MNIST'}.")
    assert all(name in sentence for name in mnist.FILE_NAMES)


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("other_digits", "train-images-idx3-ubyte.gz: expected MNIST's 300 digits, found others"),
        ("page", "train-images-idx3-ubyte.gz: expected 235,216 bytes of digits, cannot read it"),
        ("garbled", "train-images-idx3-ubyte.gz: expected 235,216 bytes"),
        ("cut_off", "the connection was cut off"),
        ("silent", "it stopped sending for 0.3 s"),
        ("mute", "it stopped sending for 0.3 s"),
        ("not_found", "it answered 404 Not Found"),
        ("endless", "found more than 400,000"),
    ],
    ids=["other digits", "page", "garbled", "cut off", "silent", "mute", "not found", "endless"],
)
def test_a_failure_is_one_sentence_and_leaves_nothing_behind(start_mirror, bodies, cache, behaviour, reason):
    kept = {"train-labels-idx1-ubyte.gz": bodies["train-labels-idx1-ubyte.gz"]}
    cache.mkdir(parents=True)
    (cache / "train-labels-idx1-ubyte.gz").write_bytes(kept["train-labels-idx1-ubyte.gz"])
    mirror = start_mirror(behaviour)
    check_refusal(download.fetch(ignore), mirror.url, reason)
    assert in_cache(cache) == kept
    assert mirror.requested == ["train-images-idx3-ubyte.gz"]


def test_a_mirror_that_is_absent_is_told(bodies, absent, cache, monkeypatch):
    monkeypatch.setenv("CNNVIZ_MNIST_URL", absent)
    check_refusal(download.fetch(ignore), absent, "no connection")
    assert in_cache(cache) == {}


def test_an_address_without_http_is_not_blamed_on_the_disk(bodies, cache, monkeypatch):
    monkeypatch.setenv("CNNVIZ_MNIST_URL", "mirror.school/mnist")
    sentence = download.fetch(ignore)
    check_refusal(sentence, "mirror.school/mnist/", "No scheme supplied")
    assert "could not be written" not in sentence


def test_a_cache_that_cannot_be_written_is_told(start_mirror, tmp_path):
    mirror = start_mirror("good")
    (tmp_path / "file").write_text("not a folder")
    check_refusal(download.fetch(ignore, tmp_path / "file"), mirror.url, "the file could not be written")
    assert mirror.requested == []
    assert (tmp_path / "file").read_text() == "not a folder"


def test_the_second_mirror_is_tried_when_the_first_fails(start_mirror, bodies, absent, cache, monkeypatch):
    first, second = start_mirror("cut_off"), start_mirror("good")
    monkeypatch.delenv("CNNVIZ_MNIST_URL")
    monkeypatch.setattr(download, "MIRRORS", (absent, first.url, second.url))
    assert download.fetch(ignore) == ""
    assert len(first.requested) == 1
    assert second.requested == list(bodies)
    assert in_cache(cache) == bodies


def test_all_mirrors_that_failed_are_told(start_mirror, absent, cache, monkeypatch):
    second = start_mirror("not_found")
    monkeypatch.delenv("CNNVIZ_MNIST_URL")
    monkeypatch.setattr(download, "MIRRORS", (absent, second.url))
    sentence = download.fetch(ignore)
    check_refusal(sentence, absent, "no connection")
    check_refusal(sentence, second.url, "it answered 404 Not Found")


def test_a_mirror_can_be_named_without_a_slash(monkeypatch):
    monkeypatch.setenv("CNNVIZ_MNIST_URL", "http://school/mnist")
    assert download.mirrors() == ("http://school/mnist/",)
    monkeypatch.delenv("CNNVIZ_MNIST_URL")
    assert download.mirrors() == download.MIRRORS


def shares_until_finished(run: download.Download) -> list[float]:
    shares = [run.share]
    for _ in range(2000):
        if run.finished:
            break
        time.sleep(0.005)
        shares.append(run.share)
    return [*shares, run.share]


def test_a_download_reaches_its_end(start_mirror, bodies, cache):
    start_mirror("slow")
    run = download.Download()
    shares = shares_until_finished(run)
    assert run.finished
    assert run.error == ""
    assert run.done == run.total == download.N_BYTES
    assert all(0 <= share <= 1 for share in shares)
    assert shares[-1] == 1
    assert in_cache(cache) == bodies


def test_a_download_that_fails_finishes_with_its_error(start_mirror, cache):
    mirror = start_mirror("cut_off")
    run = download.Download()
    shares = shares_until_finished(run)
    assert run.finished
    check_refusal(run.error, mirror.url, "the connection was cut off")
    assert all(0 <= share < 1 for share in shares)
