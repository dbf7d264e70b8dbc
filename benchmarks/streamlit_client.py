"""What a browser says to a Streamlit server and keeps of what it hears, without the browser: many fit into a process.

As Chromium does with Streamlit 1.67: every rerun carries the states of all widgets on the page and the hashes of the
large messages that are still here, for which the server sends references; and after every run the file behind each
new download button is fetched, because the page looks whether it is there.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import urllib.request
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import connect

from streamlit_wire import AppError, Cache, Files, Wire, state_of

PATIENCE_S = 120


@dataclass(frozen=True)
class Widget:
    """A widget on the page: its id and the fragment that runs again when it is touched, "" for the whole page."""

    id: str
    fragment: str


class Browser:
    """One session: `rerun` tells the server what was done and waits for what it shows."""

    def __init__(self, socket: Wire, address: str, cookies: str = "", query: str = "") -> None:
        self._socket, self._address, self._query = socket, address, query
        self._cache, self._files = Cache(), Files(address, cookies)
        self._page = ""
        self._widgets: dict[str, tuple[Element, Widget]] = {}
        self._downloads: dict[str, str] = {}
        self._to_fetch: list[str] = []
        self._states: dict[str, WidgetState] = {}

    @property
    def n_socket_bytes(self) -> int:
        """How many bytes came through the websocket."""
        return self._socket.n_bytes

    @property
    def n_file_bytes(self) -> int:
        """How many bytes came as files."""
        return self._files.n_bytes

    def widget(self, is_it: Callable[[Element], bool]) -> Widget:
        """The widget that was shown and is the one.

        Raises:
            AppError: when there is none.
        """
        for element, widget in self._widgets.values():
            if is_it(element):
                return widget
        raise AppError("A widget that was looked for is not on the page.")

    def element(self, is_it: Callable[[Element], bool]) -> Element:
        """The widget's element that was shown last; raises AppError when there is none."""
        for element, _ in self._widgets.values():
            if is_it(element):
                return element
        raise AppError("An element that was looked for is not on the page.")

    async def post(self, path: str, content: bytes) -> bytes:
        """Send something beside Streamlit, under an address relative to the page's; what is answered."""
        async with asyncio.timeout(PATIENCE_S):
            return await self._files.post(path.removeprefix("."), content)

    async def set(self, widget: Widget, value: str) -> list[Element]:
        """A component sends its value, JSON; what the run that follows shows."""
        self._states[widget.id] = WidgetState(id=widget.id, json_value=value)
        return await self.rerun(widget.fragment)

    async def click(self, widget: Widget) -> list[Element]:
        """A button is clicked; what the run that follows shows."""
        return await self.rerun(widget.fragment, clicked=widget.id)

    async def trigger(self, name: str, event: str, value: object) -> list[Element]:
        """A component, by the end of its name, says that something has happened; what the run that follows shows."""
        element, widget = next(
            found for found in self._widgets.values() if found[0].bidi_component.component_name.endswith(name)
        )
        told = json.dumps([{"event": event, "value": value}])
        return await self.rerun(
            widget.fragment, event=WidgetState(id=trigger_id(element.bidi_component.id), json_trigger_value=told)
        )

    async def rerun(
        self, fragment: str = "", page: str = "", clicked: str = "", *, event: WidgetState | None = None
    ) -> list[Element]:
        """Have the script run, and wait for its end.

        Args:
            fragment: which part of the page; all of it without.
            page: the last part of the page's address, when it is opened.
            clicked: id of a button.
            event: what a component says.

        Returns:
            the elements that this run showed, in order.

        Raises:
            AppError: when an error is among them, or the script did not end as it should.
            TimeoutError: after PATIENCE_S seconds.
        """
        message = self._request(fragment, page, clicked)
        if event is not None:
            message.rerun_script.widget_states.widgets.append(event)
        async with asyncio.timeout(PATIENCE_S):
            await self._socket.send(message.SerializeToString())
            return await self._end_of_run()

    def _request(self, fragment: str, page: str, clicked: str) -> BackMsg:
        message = BackMsg()
        run = message.rerun_script
        run.fragment_id, run.page_name, run.page_script_hash = fragment, page, self._page
        run.query_string = self._query
        run.widget_states.widgets.extend(self._states.values())
        if clicked:
            run.widget_states.widgets.append(WidgetState(id=clicked, trigger_value=True))
        run.cached_message_hashes.extend(self._cache.hashes)
        context = run.context_info
        context.timezone, context.timezone_offset, context.locale = "UTC", 0, "en-US"
        context.url, context.is_embedded, context.color_scheme = f"{self._address}/{page}", False, "light"
        return message

    async def _end_of_run(self) -> list[Element]:
        shown: list[Element] = []
        async for content in self._socket:
            message = self._cache.whole(ForwardMsg.FromString(content))
            match message.WhichOneof("type"):
                case "delta" if message.delta.WhichOneof("type") == "new_element":
                    shown.append(message.delta.new_element)
                    self._take(message.delta.new_element, message.delta.fragment_id)
                case "new_session":
                    self._cache.max_age = message.new_session.config.max_cached_message_age
                case "navigation":
                    self._page = message.navigation.page_script_hash
                case "script_finished" if message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    shown.clear()
                case "script_finished" if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                    raise AppError("The script cannot be compiled.")
                case "script_finished":
                    self._cache.end_run(list(message.metadata.run.fragment_ids))
                    return shown
        raise AppError("The server has closed the connection.")

    def _take(self, element: Element, fragment: str) -> None:
        kind = element.WhichOneof("type")
        widget = getattr(element, kind)
        if kind == "exception":
            raise AppError(f"{widget.type}: {widget.message}")
        if kind == "alert" and widget.format == Alert.ERROR:
            raise AppError(widget.body)
        name = getattr(widget, "id", "")
        if name:
            self._remember(name, element, fragment)
            if kind == "download_button" and widget.url and self._downloads.get(name) != widget.url:
                self._downloads[name] = widget.url
                self._to_fetch.append(widget.url)

    def _remember(self, name: str, element: Element, fragment: str) -> None:
        widget = getattr(element, element.WhichOneof("type"))
        state = state_of(element) if name not in self._states or getattr(widget, "set_value", False) else None
        if state is not None:
            self._states[name] = state
        self._widgets[name] = element, Widget(name, fragment)

    async def look_for_downloads(self) -> None:
        """Fetch the files behind new download buttons."""
        waiting, self._to_fetch = self._to_fetch, []
        for path in waiting:
            await self._files.fetch(path)

    def told(self, name: str) -> dict[str, Any]:
        """What a component, by the end of its name, was told last as JSON; raises AppError where there is none."""
        element = self.element(lambda element: element.bidi_component.component_name.endswith(name))
        content: dict[str, Any] = json.loads(element.bidi_component.json)
        return content

    def close(self) -> None:
        """End the connection for files."""
        self._files.close()


async def cookies_of(address: str) -> str:
    """The cookies that a browser gets with the page, as it sends them back."""
    answer = await asyncio.to_thread(urllib.request.urlopen, address)  # nosec B310 # http, this machine
    with answer:
        return _with("", answer.headers.get_all("Set-Cookie", []))


def trigger_id(component: str) -> str:
    """Under which id the browser sends what a component says happened: Streamlit 1.67 keeps the name to itself."""
    from streamlit.components.v2.bidi_component.main import _make_trigger_id

    return str(_make_trigger_id(component, "events"))


def _with(cookies: str, more: list[str]) -> str:
    """Cookies as a browser sends them back, with those of an answer in the place of others of their names."""
    pairs = [text.strip().partition("=") for text in (*cookies.split(";"), *(text.partition(";")[0] for text in more))]
    return "; ".join(f"{name}={value}" for name, value in {pair[0]: pair[2] for pair in pairs if pair[0]}.items())


@contextlib.asynccontextmanager
async def opened(address: str, page: str = "", cookies: str = "", query: str = "") -> AsyncIterator[Browser]:
    """A new session on a page of the application, once it is shown; of a browser that has these cookies.

    Args:
        address: of the server.
        page: the last part of the page's address.
        cookies: as a browser sends them.
        query: what stands behind the question mark of the address.
    """
    stream = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
    options = {"origin": address, "subprotocols": ["streamlit"], "max_size": None, "proxy": None}
    if cookies:
        options["additional_headers"] = {"Cookie": cookies}
    async with connect(stream, create_connection=Wire, **options) as socket:
        browser = Browser(socket, address, _with(cookies, socket.response.headers.get_all("Set-Cookie")), query)
        try:
            await browser.rerun(page=page)
            await browser.look_for_downloads()
            yield browser
        finally:
            browser.close()
