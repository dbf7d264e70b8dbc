"""With CNNVIZ_LOG=json every line of the log is a JSON object: of cnnviz, Streamlit, uvicorn, and Python's warnings."""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
from types import TracebackType

from streamlit import logger as streamlit_logger

from cnnviz.settings import Settings

FIGURES = ("status", "ms")
"""What a stroke's line has in numbers, beside its sentence."""
SILENT = "uvicorn.access"
"""Each request with its address, which of a stroke names the session: Streamlit switches it off, and so it stays."""
CONNECTED = '%s - "WebSocket '
"""So begins what uvicorn says of each session that is opened, with the browser's address: nobody's is kept."""
OTHERS = ("streamlit", "uvicorn", "websockets")
log = logging.getLogger(__name__)


class Line(logging.Formatter):
    """One JSON object: time (UTC), level, logger, message, figures where there are any, an exception as text."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        second = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        told = {
            "time": f"{second}.{int(record.msecs):03d}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **{name: getattr(record, name) for name in FIGURES if hasattr(record, name)},
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False)


def begin(now: Settings) -> None:
    """Write logs as the settings say, and say which settings are left out."""
    if now.log == "json":
        _write_json()
    for sentence in now.refused:
        log.warning("%s", sentence)


def _write_json() -> None:
    """Have every logger hand its records on to one handler; also those that Streamlit makes from now on."""
    handler = logging.StreamHandler()
    handler.setFormatter(Line())
    logging.basicConfig(handlers=[handler], force=True)
    logging.getLogger("cnnviz").setLevel(logging.INFO)
    logging.captureWarnings(True)
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in OTHERS:
            _hand_on(logging.getLogger(name))
    logging.getLogger("uvicorn.error").addFilter(lambda record: not str(record.msg).startswith(CONNECTED))
    streamlit_logger.setup_formatter = _hand_on
    sys.excepthook = _tell
    threading.excepthook = lambda failed: log.error("A thread ended by an error", exc_info=failed.exc_value)


def _hand_on(logger: logging.Logger) -> None:
    """In place of a handler of its own."""
    logger.handlers.clear()
    logger.propagate = logger.name != SILENT


def _tell(_: type[BaseException], error: BaseException, __: TracebackType | None) -> None:
    log.critical("The server ended by an error", exc_info=error)
