"""deploy/haproxy.cfg: HAProxy takes it, and does with replicas what it says; the replicas are three small servers."""

import http.cookiejar
import json
import re
import shutil
import subprocess
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import browser
from common import ROOT

CONFIG = ROOT / "deploy" / "haproxy.cfg"
HAPROXY = shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin:/usr/bin")
PATIENCE_S = 30
pytestmark = pytest.mark.skipif(
    HAPROXY is None, reason="HAProxy is not installed here (Debian: apt-get install haproxy)"
)


class Replica(ThreadingHTTPServer):
    """Says its name and what headers came; whether it is ready and alive is said by the test."""

    daemon_threads = True

    def __init__(self, name):
        super().__init__(("127.0.0.1", 0), Handler)
        self.name, self.is_ready, self.is_alive = name, True, True
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        """A check that HAProxy has broken off."""

    def end(self):
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        replica = self.server
        good = {"/readyz": replica.is_ready, "/healthz": replica.is_alive}.get(self.path, True)
        content = json.dumps({"name": replica.name, "headers": [list(each) for each in self.headers.items()]}).encode()
        self.send_response(200 if good else 503)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def replicas():
    three = [Replica(f"replica-{n}") for n in (1, 2, 3)]
    yield {replica.name: replica for replica in three}
    for replica in three:
        replica.end()


@pytest.fixture
def address(replicas, tmp_path):
    """Of a HAProxy with the configuration, on a port of this machine."""
    port = browser.free_port()
    text = CONFIG.read_text("utf-8").replace("bind :80\n", f"bind 127.0.0.1:{port}\n")
    text = re.sub(r"(replica-\d):8501", lambda found: f"127.0.0.1:{replicas[found[1]].server_port}", text)
    (tmp_path / "haproxy.cfg").write_text(text)
    with open(tmp_path / "log", "wb") as log:
        process = subprocess.Popen([HAPROXY, "-f", tmp_path / "haproxy.cfg"], stdout=log, stderr=subprocess.DEVNULL)
    yield f"http://127.0.0.1:{port}"
    process.kill()
    process.wait()


class Browser:
    """Keeps cookies."""

    def __init__(self, address):
        self._address = address
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def ask(self, path="/", **headers):
        """Status, and what a replica says."""
        asked = urllib.request.Request(self._address + path, headers=headers)
        try:
            with self._opener.open(asked, timeout=PATIENCE_S) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, None

    def replica(self, path="/"):
        status, told = self.ask(path)
        return told["name"] if status == 200 else status


def until(condition):
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            if condition():
                return
        except OSError:  # HAProxy does not listen yet
            pass
        assert time.monotonic() < deadline
        time.sleep(0.1)


def opened(address, name):
    """A browser whose session is on one of the replicas."""
    found = []

    def is_there():
        found.append(Browser(address))
        return found[-1].replica() == name

    until(is_there)
    return found[-1]


def test_haproxy_takes_the_configuration():
    checked = subprocess.run([HAPROXY, "-c", "-f", CONFIG], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    warned = [line for line in checked.stderr.splitlines() if "WARNING" in line and "resolve address" not in line]
    assert warned == []


def test_a_browser_stays_and_new_ones_leave_out_who_drains(address, replicas):
    at_home = opened(address, "replica-1")
    assert {at_home.replica() for _ in range(9)} == {"replica-1"}
    replicas["replica-1"].is_ready = False
    until(lambda: "replica-1" not in {Browser(address).replica() for _ in range(9)})
    assert at_home.replica("/lesson/cnnviz/stroke/a-name") == "replica-1"  # who has drawn there draws on
    moved = at_home.replica("/_stcore/stream")  # what would begin a session
    assert moved in ("replica-2", "replica-3")
    assert {at_home.replica(path) for path in ("/", "/cnnviz/stroke/a-name")} == {moved}
    replicas["replica-1"].is_ready = True
    opened(address, "replica-1")


def test_who_was_with_a_replica_that_is_gone_is_answered_by_another_at_once(address, replicas):
    at_home = opened(address, "replica-2")
    replicas["replica-2"].end()
    assert at_home.replica() in ("replica-1", "replica-3")


def test_where_nobody_is_ready_whoever_is_alive_answers(address, replicas):
    at_home = opened(address, "replica-3")
    replicas["replica-1"].is_alive = False
    for replica in replicas.values():
        replica.is_ready = False
    until(lambda: {Browser(address).replica() for _ in range(9)} == {"replica-2", "replica-3"})
    assert {at_home.replica() for _ in range(5)} == {"replica-3"}


def test_what_is_asked_about_the_servers_is_refused_and_the_rest_is_open(address):
    opened(address, "replica-1")
    for path in ("/metrics", "/METRICS", "/%6detrics", "/metrics/", "/readyz", "/healthz", "/_stcore/metrics"):
        assert Browser(address).ask(path) == (404, None)
    assert Browser(address).ask("/_stcore/health")[0] == 200


def test_who_asks_is_said_by_the_proxy_alone(address):
    at_home = opened(address, "replica-1")
    sent = {"X-Forwarded-For": "127.0.0.1", "Forwarded": "for=127.0.0.1", "X-Forwarded-Proto": "https"}
    _, told = at_home.ask("/", **sent, **{"X-Forwarded-Host": "localhost"})
    forwarded = sorted((name.lower(), value) for name, value in told["headers"] if "forwarded" in name.lower())
    assert forwarded == [("x-forwarded-for", "127.0.0.1"), ("x-forwarded-proto", "http")]


def test_its_log_has_neither_addresses_nor_what_was_asked_for(address, tmp_path):
    """Each line is JSON; of a stroke, the address would name the session."""
    opened(address, "replica-1").ask("/cnnviz/stroke/a-name")
    until(lambda: (tmp_path / "log").read_text().count('"status":200') > 1)
    lines = [line for line in (tmp_path / "log").read_text().splitlines() if line.startswith("{")]
    assert {frozenset(json.loads(line)) for line in lines} == {
        frozenset({"logger", "method", "status", "ms", "server", "ended"})
    }
    assert "a-name" not in (tmp_path / "log").read_text()
    assert "127.0.0.1" not in "".join(lines)
