"""What a person wants of a run, as text, on its way to the server that drives the run."""

from __future__ import annotations

import json

from cnnviz.training import events
from cnnviz.training.events import Event

NAMES: dict[str, type[Event]] = {
    "pause": events.Pause,
    "resume": events.Resume,
    "stop": events.Stop,
    "extend": events.Extend,
    "delete": events.Delete,
}


def written(event: Event) -> str:
    """An event that a person causes, as JSON."""
    name = next(name for name, kind in NAMES.items() if isinstance(event, kind))
    iterations = {"iterations": event.iterations} if isinstance(event, events.Extend) else {}
    return json.dumps({"wish": name} | iterations)


def read(text: str) -> Event | None:
    """The event; None for what is none, e.g. of a newer version of cnnviz."""
    try:
        wish = json.loads(text)
        kind = NAMES[wish.pop("wish")]
        event = kind(**wish)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    if isinstance(event, events.Extend) and not (isinstance(event.iterations, int) and event.iterations > 0):
        return None
    return event
