"""Logs as JSON: one object a line, whoever writes it."""

import json
import subprocess
import sys

from cnnviz.server import logs
from cnnviz.settings import Settings
from common import ROOT

CODE = """
import logging, logging.config, threading, warnings
from streamlit import logger as streamlit_logger
from uvicorn.config import LOGGING_CONFIG
streamlit_logger.init_uvicorn_logs()
logging.config.dictConfig(LOGGING_CONFIG)
before = streamlit_logger.get_logger("streamlit.before")
from cnnviz import settings
from cnnviz.server import logs
logs.begin(settings.read())
before.warning("made before")
streamlit_logger.get_logger("streamlit.after").info("made after,\\nin two lines")
streamlit_logger.update_formatter()
logging.getLogger("uvicorn.error").info("Started server process [%d]", 7)
logging.getLogger("cnnviz.server.strokes").info("A stroke", extra={"status": 200, "ms": 12.3})
logging.getLogger("uvicorn.access").info("POST /cnnviz/stroke/secret")
logging.getLogger("uvicorn.error").info('%s - "WebSocket %s" [accepted]', "192.168.0.7:1", "/_stcore/stream")
logging.getLogger("other").info("nobody asked for this")
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("cnnviz").exception("It broke: ½")
warnings.warn("old words", DeprecationWarning)
thread = threading.Thread(target=lambda: {}["missing"])
thread.start()
thread.join()
raise RuntimeError("the end")
"""


def lines(**environment):
    """What a process writes to standard error."""
    ran = subprocess.run(
        [sys.executable, "-W", "default", "-c", CODE],
        cwd=ROOT,
        env={"PATH": "/usr/bin", "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert ran.stdout == ""
    return ran.stderr.splitlines()


def test_every_line_is_one_object_whoever_writes_it():
    told = [json.loads(line) for line in lines(CNNVIZ_LOG="json", CNNVIZ_MAX_ACTIVE="many")]
    assert all(set(each) >= {"time", "level", "logger", "message"} for each in told)
    by_logger = [(each["level"], each["logger"], each["message"].split("\n")[0]) for each in told]
    assert by_logger[1:6] == [
        ("WARNING", "streamlit.before", "made before"),
        ("INFO", "streamlit.after", "made after,"),
        ("INFO", "uvicorn.error", "Started server process [7]"),
        ("INFO", "cnnviz.server.strokes", "A stroke"),
        ("ERROR", "cnnviz", "It broke: ½"),
    ]
    assert by_logger[0][2].startswith("CNNVIZ_MAX_ACTIVE: expected a whole number")
    assert told[4] | {"status": 200, "ms": 12.3} == told[4]
    assert "ZeroDivisionError: division by zero" in told[5]["exception"]
    warned, thread, end = told[6:]
    assert "old words" in warned["message"]
    assert "KeyError: 'missing'" in thread["exception"]
    assert "RuntimeError: the end" in end["exception"]


def test_otherwise_logs_stay_text_and_what_is_meant_is_asked():
    told = lines(CNNVIZ_LOG="xml")
    assert told[0] == "CNNVIZ_LOG: expected json. Received 'xml'; logs stay text."
    assert not any(line.startswith("{") for line in told)
    assert "A stroke" not in "".join(told)


def test_a_line_says_when_in_utc(monkeypatch):
    record = logs.logging.LogRecord("cnnviz", 20, "", 0, "%s", ("x",), None)
    record.created, record.msecs = 0.25, 250.0
    assert json.loads(logs.Line().format(record)) == {
        "time": "1970-01-01T00:00:00.250Z",
        "level": "INFO",
        "logger": "cnnviz",
        "message": "x",
    }


def test_nothing_changes_without_the_setting():
    before = list(logs.logging.root.handlers)
    logs.begin(Settings())
    assert logs.logging.root.handlers == before
