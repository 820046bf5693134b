"""A visitor without a browser: speaks to the app over a WebSocket in Streamlit's own messages, as its page does.

It sends what the page's JavaScript sends (all widget values with every rerun, the timers of fragments, which messages
it has already) and keeps what that draws: a tree of elements by their place. Nothing is laid out, so that hundreds
of them fit beside the app.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

XSRF = "_streamlit_xsrf"
STREAM = "/_stcore/stream"
# What a browser asks for before it opens the WebSocket; the second hands out the XSRF cookie.
BEFORE = ("/_stcore/health", "/_stcore/host-config")
MESSAGE_BYTES = 64 * 1024 * 1024
PATIENCE_SECONDS = 60.0
# A message that is kept by its hash is kept for so many runs (Streamlit's `global.maxCachedMessageAge`).
KEPT_RUNS = 2
KEPT_RUN_RECORDS = 10_000

Path = tuple[int, ...]
T = TypeVar("T")


def tell(story: Coroutine[Any, Any, T]) -> T:
    """Return what a story of clients comes to, told in a thread of its own: a browser's loop may be at work in this."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, story).result()


@dataclass(frozen=True)
class Run:
    """One script run as the visitor felt it: from the message that asked for it until its end had arrived.

    `kind` is page (all of it), fragment (a click inside one) or poll (a fragment's own timer); `ended` is how
    Streamlit says it. Bytes are those of the run's messages. `began_at` is on the clock of `time.monotonic`.
    """

    kind: str
    seconds: float
    bytes: int
    ended: str
    began_at: float


@dataclass
class _Node:
    """An element or block at its place, and the run that drew it last."""

    element: Element | None
    run_id: str
    fragment_id: str


@dataclass
class _Asked:
    """A rerun that was sent and has not ended; `is_begun` once a run began that can have heard of it."""

    kind: str
    at: float
    fragment_id: str = ""
    is_begun: bool = False


@dataclass
class _Timer:
    """A fragment's own clock."""

    interval: float
    task: asyncio.Task[None] = field(repr=False)


class Client:
    """One tab. `async with Client(url, page="/support") as visit:` opens it; leaving closes the connection abruptly.

    `cookies` of another client make it a second tab of the same visitor. `polls` False ignores the timers of
    fragments, for a visitor who is only there. Times out with TimeoutError; a lost connection raises ConnectionError.
    """

    def __init__(
        self,
        url: str,
        page: str = "/",
        *,
        cookies: dict[str, str] | None = None,
        polls: bool = True,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self.url = url.rstrip("/")
        self.page = page
        self.cookies = dict(cookies or {})
        self.bytes_received = 0
        self.messages_received = 0
        self.runs: list[Run] = []
        self.session_id = ""
        self._host = urlsplit(self.url).netloc
        self._polls = polls
        self._patience = patience_seconds
        self._nodes: dict[Path, _Node] = {}
        self._states: dict[str, WidgetState] = {}
        self._kept: OrderedDict[str, tuple[ForwardMsg, int]] = OrderedDict()
        self._pages: dict[str, str] = {}
        self._page_hash = ""
        self._timers: dict[str, _Timer] = {}
        self._asked: list[_Asked] = []
        self._run_id = ""
        self._fragment_ids: frozenset[str] = frozenset()
        self._run_count = 0
        self._run_bytes = 0
        self._changed = asyncio.Event()
        self._socket: websockets.ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._lost: Exception | None = None

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # Coming and going

    async def open(self) -> None:
        """Ask for the page as a browser does, then connect and ask for the first run; returns before that has ended."""
        if XSRF not in self.cookies:
            await asyncio.to_thread(self._get_cookies)
        await self.connect()

    async def connect(self) -> None:
        """Open the WebSocket and ask for a run; after `close` this is the same session, if the server still has it."""
        subprotocols = ["streamlit", self.cookies.get(XSRF, "") or "none"]
        if self.session_id:
            subprotocols.append(self.session_id)
        self._socket = await websockets.connect(
            f"ws://{self._host}{STREAM}",
            subprotocols=[websockets.Subprotocol(name) for name in subprotocols],
            origin=websockets.Origin(self.url),
            additional_headers={"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())},
            user_agent_header="Mozilla/5.0 (a load test of this app)",
            max_size=MESSAGE_BYTES,
            compression=None,
            open_timeout=self._patience,
            ping_interval=None,
        )
        self._lost = None
        self._reader = asyncio.create_task(self._read(self._socket))
        await self._ask_for("page")

    async def close(self, is_polite: bool = False) -> None:
        """Close the tab; unless polite, as a lost network does: without a word."""
        for fragment_id in list(self._timers):
            self._stop_timer(fragment_id)
        if self._reader is not None:
            self._reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reader
            self._reader = None
        if self._socket is not None:
            if is_polite:
                await self._socket.close()
            else:
                self._socket.transport.abort()
            self._socket = None
        self._asked.clear()

    async def reload(self) -> None:
        """Reload the page: the same visitor in a new session, which knows nothing of the last one."""
        await self.close(is_polite=True)
        self.session_id = ""
        self._nodes.clear()
        self._states.clear()
        self._kept.clear()
        self._page_hash = ""
        await self.open()

    # What a visitor does; each sends and returns, `settled` waits

    async def settled(self, seconds: float | None = None) -> float:
        """Wait until what was asked for last has ended, and return how long the last such run took, in seconds.

        Polls do not count: they go on for as long as something runs.
        """
        await self.until(lambda: not any(asked.kind != "poll" for asked in self._asked), seconds)
        return next((run.seconds for run in reversed(self.runs) if run.kind != "poll"), 0.0)

    async def until(self, is_so: Callable[[], bool], seconds: float | None = None) -> None:
        """Wait until `is_so()`, asked after every message; TimeoutError with what was to be seen then."""
        end = time.monotonic() + (self._patience if seconds is None else seconds)
        while not is_so():
            if self._lost is not None:
                raise ConnectionError("The server closed the connection.") from self._lost
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), max(0.0, end - time.monotonic()))
            except TimeoutError:
                raise TimeoutError(f"This was not seen in time on {self.page}: {self.texts()[-12:]}") from None

    async def seen(self, text: str, seconds: float | None = None) -> None:
        """Wait until some visible text holds `text`."""
        await self.until(lambda: any(text in shown for shown in self.texts()), seconds)

    async def answered(self, seconds: float | None = None) -> None:
        """Wait until nothing on the page works any more: no run is on its way, and no part of the page asks again."""
        await self.until(lambda: not self._asked and not self._timers, seconds)

    async def click(self, label: str) -> None:
        """Press a button by its label (or by a part of it, where no label is equal); LookupError without one."""
        button, fragment_id = self._widget(("button", "download_button"), label)
        await self._send_value(button.id, fragment_id, WidgetState(id=button.id, trigger_value=True))

    async def type(self, label: str, text: str) -> None:
        """Write into a field by its label or placeholder and leave it; in a conversation's field, send it."""
        field_, fragment_id = self._widget(("text_area", "text_input", "chat_input"), label)
        state = WidgetState(id=field_.id)
        if field_.DESCRIPTOR.name == "ChatInput":
            state.chat_input_value.data = text
        else:
            state.string_value = text
            if field_.form_id:  # a form's field says nothing before the form is sent
                self._states[field_.id] = state
                return
        await self._send_value(field_.id, fragment_id, state)

    async def rate(self, score: int) -> None:
        """Rate the newest answer, 0 (bad) to 1 (good) for thumbs."""
        found, fragment_id = self._widget(("feedback",), "")
        await self._send_value(found.id, fragment_id, WidgetState(id=found.id, string_value=str(score)))

    async def go(self, page: str) -> None:
        """Go to another page by the menu; `page` is its address, such as /translate."""
        name = page.strip("/")
        if name not in self._pages:
            raise LookupError(f"No page {page} in {sorted(self._pages)}.")
        self.page = page
        self._page_hash = self._pages[name]
        for fragment_id in list(self._timers):
            self._stop_timer(fragment_id)
        self._states.clear()
        await self._ask_for("page")

    async def rerun(self) -> None:
        """Run the page again as it is, as any click that changes nothing does."""
        await self._ask_for("page")

    # What is to be seen

    def texts(self) -> list[str]:
        """Return the visible texts in the order of the page."""
        return [text for node in self._in_order() for text in _texts_of(node)]

    def has(self, label: str) -> bool:
        """Return whether there is a button of this label that can be pressed."""
        with contextlib.suppress(LookupError):
            return not self._widget(("button",), label)[0].disabled
        return False

    # Inside: what is sent

    def _get_cookies(self) -> None:
        address = urlsplit(self.url)
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=self._patience)
        try:
            for path in (self.page, *BEFORE):
                cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
                headers = {"Host": self._host, "Accept": "text/html", "Cookie": cookie}
                connection.request("GET", path, headers=headers)
                answer = connection.getresponse()
                self.bytes_received += len(answer.read())
                for line in answer.headers.get_all("Set-Cookie") or ():
                    self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        finally:
            connection.close()

    async def _send_value(self, widget_id: str, fragment_id: str, state: WidgetState) -> None:
        self._states[widget_id] = state
        await self._ask_for("fragment" if fragment_id else "page", fragment_id)
        if state.WhichOneof("value") in ("trigger_value", "chat_input_value"):  # pressed once, not held down
            del self._states[widget_id]

    async def _ask_for(self, kind: str, fragment_id: str = "") -> None:
        if self._socket is None:
            raise ConnectionError("The tab is closed.")
        message = BackMsg()
        state = message.rerun_script
        state.widget_states.widgets.extend(self._states.values())
        state.page_script_hash = self._page_hash
        if not self._page_hash:
            state.page_name = self.page.strip("/")
        state.fragment_id = fragment_id
        state.is_auto_rerun = kind == "poll"
        state.cached_message_hashes.extend(self._kept)
        state.context_info.timezone = "Europe/Berlin"
        state.context_info.timezone_offset = -60
        state.context_info.locale = "en-GB"
        state.context_info.url = f"{self.url}{self.page}"
        state.context_info.color_scheme = "light"
        self._asked.append(_Asked(kind, time.monotonic(), fragment_id))
        try:
            await self._socket.send(message.SerializeToString())
        except websockets.ConnectionClosed as lost:
            self._lost = lost
            raise ConnectionError("The server closed the connection.") from lost

    # Inside: what arrives

    async def _read(self, socket: websockets.ClientConnection) -> None:
        try:
            async for data in socket:
                if isinstance(data, str):
                    raise TypeError("Streamlit sends binary messages only")
                self.bytes_received += len(data)
                self.messages_received += 1
                self._run_bytes += len(data)
                message = ForwardMsg()
                message.ParseFromString(data)
                self._take(message)
                self._changed.set()
                await asyncio.sleep(0)  # whoever waits for this very state sees it before the next message
            raise ConnectionError("closed")
        except (websockets.ConnectionClosed, ConnectionError) as lost:
            self._lost = lost
            self._changed.set()

    def _take(self, message: ForwardMsg) -> None:
        if message.WhichOneof("type") == "ref_hash":
            metadata = message.metadata
            message = self._kept[message.ref_hash][0]
            message.metadata.CopyFrom(metadata)
        if message.metadata.cacheable and message.hash:
            self._kept[message.hash] = (message, self._run_count)
        match message.WhichOneof("type"):
            case "new_session":
                self._begin(message)
            case "delta":
                self._draw(message)
            case "navigation":
                self._pages = {page.url_pathname: page.page_script_hash for page in message.navigation.app_pages}
                self._page_hash = message.navigation.page_script_hash
            case "auto_rerun":
                self._start_timer(message.auto_rerun.fragment_id, message.auto_rerun.interval)
            case "stop_auto_rerun":
                for fragment_id in message.stop_auto_rerun.fragment_ids:
                    self._stop_timer(fragment_id)
            case "script_finished":
                self._end(message)

    def _begin(self, message: ForwardMsg) -> None:
        self._run_id = message.metadata.run.script_run_id
        self._fragment_ids = frozenset(message.metadata.run.fragment_ids)
        self.session_id = message.new_session.initialize.session_id
        for asked in self._asked:
            asked.is_begun = True
        if not self._fragment_ids:
            for fragment_id in list(self._timers):
                self._stop_timer(fragment_id)

    def _draw(self, message: ForwardMsg) -> None:
        path = tuple(message.metadata.delta_path)
        delta = message.delta
        match delta.WhichOneof("type"):
            case "new_element":
                for below in [other for other in self._nodes if other[: len(path)] == path]:
                    del self._nodes[below]
                self._nodes[path] = _Node(delta.new_element, self._run_id, delta.fragment_id)
                kind = delta.new_element.WhichOneof("type") or ""
                widget = getattr(delta.new_element, kind, None)
                if widget is not None and getattr(widget, "set_value", False) and hasattr(widget, "value"):
                    self._states.pop(widget.id, None)
                    if isinstance(widget.value, str) and kind in ("text_area", "text_input"):
                        self._states[widget.id] = WidgetState(id=widget.id, string_value=widget.value)
            case "add_block":
                self._nodes[path] = _Node(None, self._run_id, delta.fragment_id)

    def _end(self, message: ForwardMsg) -> None:
        status = ForwardMsg.ScriptFinishedStatus.Name(message.script_finished)
        fragment_ids = frozenset(message.metadata.run.fragment_ids) or self._fragment_ids
        is_whole = status == "FINISHED_SUCCESSFULLY"
        if is_whole:
            self._run_count += 1
            self._nodes = {path: node for path, node in self._nodes.items() if node.run_id == self._run_id}
            self._kept = OrderedDict(
                (name, kept) for name, kept in self._kept.items() if kept[1] >= self._run_count - KEPT_RUNS
            )
            there = {widget_id for node in self._nodes.values() if (widget_id := _id_of(node))}
            self._states = {widget_id: state for widget_id, state in self._states.items() if widget_id in there}
        elif status == "FINISHED_FRAGMENT_RUN_SUCCESSFULLY":
            self._nodes = {
                path: node
                for path, node in self._nodes.items()
                if node.run_id == self._run_id or node.fragment_id not in fragment_ids
            }
        self._settle(status, is_whole, fragment_ids)

    def _settle(self, status: str, is_whole: bool, fragment_ids: frozenset[str]) -> None:
        """Match the end of a run with what asked for it: several requests may have become one run."""
        if status == "FINISHED_EARLY_FOR_RERUN":
            return  # another run follows and answers
        now = time.monotonic()
        heard = [asked for asked in self._asked if asked.is_begun]
        ended = [asked for asked in heard if is_whole or asked.fragment_id in fragment_ids]
        if status == "FINISHED_WITH_COMPILE_ERROR":
            ended = list(self._asked)
        for asked in ended:
            self._asked.remove(asked)
        if ended and len(self.runs) < KEPT_RUN_RECORDS:
            first = min(ended, key=lambda asked: asked.at)
            kind = next((kind for kind in ("page", "fragment") if any(a.kind == kind for a in ended)), "poll")
            self.runs.append(Run(kind, now - first.at, self._run_bytes, status, first.at))
        self._run_bytes = 0

    # Inside: timers of fragments

    def _start_timer(self, fragment_id: str, interval: float) -> None:
        timer = self._timers.get(fragment_id)
        if not self._polls or (timer is not None and timer.interval == interval):
            return
        self._stop_timer(fragment_id)
        self._timers[fragment_id] = _Timer(interval, asyncio.create_task(self._poll(fragment_id, interval)))

    def _stop_timer(self, fragment_id: str) -> None:
        if timer := self._timers.pop(fragment_id, None):
            timer.task.cancel()

    async def _poll(self, fragment_id: str, interval: float) -> None:
        due = time.monotonic()
        while True:
            due += interval
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            with contextlib.suppress(ConnectionError):
                await self._ask_for("poll", fragment_id)

    # Inside: the tree

    def _in_order(self) -> Iterator[_Node]:
        for _, node in sorted(self._nodes.items()):
            yield node

    def _widget(self, kinds: tuple[str, ...], label: str) -> tuple[Any, str]:
        """Return the last widget of a kind with this label, or else one that holds it, and the fragment it is in."""
        partly: tuple[Any, str] | None = None
        wholly: tuple[Any, str] | None = None
        for node in self._in_order():
            kind = node.element.WhichOneof("type") if node.element is not None else ""
            if kind not in kinds:
                continue
            widget = getattr(node.element, str(kind))
            names = (getattr(widget, "label", ""), getattr(widget, "placeholder", ""))
            if label in names:
                wholly = widget, node.fragment_id
            elif not label or any(label in name for name in names):
                partly = widget, node.fragment_id
        if (found := wholly or partly) is None:
            raise LookupError(f"No {' or '.join(kinds)} with {label!r} on {self.page}: {self.texts()[-12:]}")
        return found


def _id_of(node: _Node) -> str:
    kind = node.element.WhichOneof("type") if node.element is not None else None
    return str(getattr(getattr(node.element, kind), "id", "")) if kind else ""


_SAYS = {
    "markdown": ("body",),
    "text": ("body",),
    "code": ("code_text",),
    "heading": ("body",),
    "alert": ("title", "body"),
    "exception": ("message",),
    "button": ("label",),
    "progress": ("text",),
    "toast": ("body",),
    "metric": ("label", "body"),
    "text_area": ("label", "value"),
    "text_input": ("label", "value"),
    "chat_input": ("placeholder",),
    "checkbox": ("label",),
    "page_link": ("label",),
    "link_button": ("label",),
    "download_button": ("label",),
}


def _texts_of(node: _Node) -> list[str]:
    kind = node.element.WhichOneof("type") if node.element is not None else ""
    found = getattr(node.element, str(kind), None)
    return [text for name in _SAYS.get(str(kind), ()) if (text := getattr(found, name))]
