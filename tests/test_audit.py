"""`.ci/audit.py` with the real pip-audit and an advisory service on this machine's loopback interface."""

import contextlib
import http.server
import importlib.util
import json
import socket
import threading

import pytest

from common import ROOT

ADVISORY = {
    "id": "GHSA-test-0001",
    "aliases": ["CVE-2026-0001"],
    "summary": "Reads a nine as a four.",
    "affected": [
        {
            "package": {"name": "digits", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.1"}]}],
        }
    ],
}

PACKAGES = [("digits", "1.0"), ("ink", "2.0")]


@pytest.fixture
def audit(tmp_path, monkeypatch, capsys):
    """Audits `digits` 1.0 and `ink` 2.0, locked or installed; gives the exit status and what was printed."""
    spec = importlib.util.spec_from_file_location("audit", ROOT / ".ci" / "audit.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    lock, packages = tmp_path / "requirements.lock", tmp_path / "packages"
    for name, version in PACKAGES:
        with lock.open("a") as file:
            file.write(f"{name}=={version} --hash=sha256:{'0' * 64}\n")
        info = packages / f"{name}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    locked, installed_there = ("-r", str(lock), "--disable-pip"), ("--path", str(packages))

    def run(address, *options, installed=False, total_s=60):
        monkeypatch.setattr(module, "TOTAL_S", total_s)
        what = installed_there if installed else locked
        status = module.main([*what, "--cache-dir", str(tmp_path / "cache"), "--osv-url", address, *options])
        return status, "".join(capsys.readouterr())

    run.module = module
    return run


@contextlib.contextmanager
def service(answer, status=200):
    """An advisory service on a free port: `answer` makes the body from what was asked; gives its address, and asked."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append((question["package"]["name"], question["version"]))
            body = answer(question)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/v1/query", asked
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def silence():
    """The address of a service that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def vulnerable(question):
    return json.dumps({"vulns": [ADVISORY]} if question["package"]["name"] == "digits" else {}).encode()


@pytest.mark.parametrize("installed", [True, False])
def test_a_known_vulnerability_fails_the_build_and_is_named(audit, installed):
    with service(vulnerable) as (address, asked):
        status, printed = audit(address, installed=installed)
    assert status == 1
    assert sorted(asked) == PACKAGES
    assert "digits 1.0: CVE-2026-0001, GHSA-test-0001; fixed in 1.1: Reads a nine as a four." in printed
    assert "2 packages, known vulnerabilities: 1" in printed


def test_a_finding_can_be_accepted_by_name(audit):
    with service(vulnerable) as (address, _):
        assert audit(address, "--ignore-vuln", "CVE-2026-0001")[0] == 0


def test_no_known_vulnerability_passes(audit):
    with service(lambda _: b"{}") as (address, asked):
        status, printed = audit(address)
    assert (status, len(asked)) == (0, 2)
    assert printed == "audit: 2 packages, known vulnerabilities: 0\n"


def test_a_service_that_is_not_there_passes_and_one_line_says_so(audit):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    status, printed = audit(f"http://127.0.0.1:{port}")
    assert status == 0
    assert printed.startswith("audit: NOT AUDITED, no advisory service could be reached: ")
    assert printed.count("\n") == 1


def test_a_service_that_does_not_answer_passes_and_one_line_says_so(audit):
    with silence() as address:
        status, printed = audit(address, "--timeout", "1")
    assert (status, printed.count("\n")) == (0, 1)
    assert "NOT AUDITED" in printed
    assert "ReadTimeout" in printed


def test_the_whole_audit_has_a_deadline(audit):
    with silence() as address:
        status, printed = audit(address, total_s=0.5)
    assert status == 0
    assert printed.endswith("reached: it did not answer within 0.5 s\n")


@pytest.mark.parametrize(("status", "body"), [(503, b"busy"), (404, b""), (200, b"<html>Please log in</html>")])
def test_an_answer_that_is_none_passes_and_one_line_says_so(audit, status, body):
    with service(lambda _: body, status) as (address, _):
        ended, printed = audit(address)
    assert (ended, printed.count("\n")) == (0, 1)
    assert "NOT AUDITED" in printed


def test_a_wrong_question_fails_the_build(audit):
    """Status 400 is an answer: the service is there, and asking it wrongly must not look like its absence."""
    with service(lambda _: b"", 400) as (address, _):
        status, printed = audit(address)
    assert status == 1
    assert "pip-audit failed" in printed


def test_a_mistake_in_the_options_fails_the_build(audit):
    status, printed = audit("http://127.0.0.1:9", "--no-such-option")
    assert status == 2
    assert "unrecognized arguments: --no-such-option" in printed


def test_packages_that_nobody_looked_up_are_not_called_safe(audit, capsys):
    """So a mirror of PyPI without advisories answers: pip-audit then says that no vulnerability is known."""
    skipped = {"name": "digits", "skip_reason": "Dependency not found on PyPI and could not be audited: digits (1.0)"}
    assert audit.module.report([skipped]) == 0
    assert "NOT AUDITED" in capsys.readouterr().out
    assert audit.module.report([skipped, {"name": "ink", "version": "2.0", "vulns": []}]) == 0
    assert "not looked up: digits" in capsys.readouterr().out


def test_a_connection_that_is_never_made_is_told_from_other_errors(audit, capsys):
    """What pip-audit says last after a ConnectTimeout, which a loopback interface cannot be brought to give."""
    tip = "ERROR:pip_audit._cli:Tip: your network may be blocking this service. Try another service with `-s SERVICE`"
    assert audit.module._without_report(f"ERROR:pip_audit._cli:Could not connect\n{tip}\n", 1) == 0
    assert audit.module._without_report("ERROR:pip_audit._cli:Failed to list packages\n", 1) == 1
    assert audit.module._without_report("", -9) == -9
