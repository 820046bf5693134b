"""One engine beyond this process, asked over HTTP: where it is, how it stands, and what of its answers is let in.

All requests of a process to one engine run on one event loop in a thread of its own, so that leaving one is the end of
a task and of its connection, which is how such engines learn that nobody listens any more. Only the configured address
is ever asked: no proxy of the environment, no redirect, no address that an answer names.
"""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from core.engines.openai_wire import Refused, refusal, retry_after
from core.errors import EngineBusy, EngineFailed, EngineUnfit, EngineUnreachable, HearbackError

CONNECT_SECONDS = 5.0
LOOK_SECONDS = 5.0
# While an engine is away it is looked for this often, and a request of anybody's finds out as well.
AGAIN_SECONDS, LOOK_AGAIN_SECONDS = 1.0, 10.0
ATTEMPTS = 3
PAUSE_SECONDS = 0.25
# Longer than this nobody is kept waiting for an engine that has said when to come back: the visitor is told instead.
PATIENCE_SECONDS = 8.0
LIST_BYTES = 4 * 1024 * 1024
ERROR_BYTES = 64 * 1024
EVENT_BYTES = 256 * 1024
_Result = TypeVar("_Result")


class Client:
    """Asks one engine; thread-safe. Nothing is opened before the first question.

    `first_seconds` is how long the engine may be silent, before its first token and between two. `trouble` is why it
    does not serve now, in a sentence, or empty; while there is any it is looked for in the background. `models` are
    the names that it serves, empty where it does not tell; `is_llamacpp` that it says it is llama.cpp's own server.
    """

    # What visitors are told of it: where it stands on the company's network is none of their business.
    name = "beyond this machine"

    def __init__(self, url: str, key: str = "", *, first_seconds: float = 60.0) -> None:
        self.url = url
        self.trouble = ""
        self.models: frozenset[str] = frozenset()
        self.is_llamacpp = False
        self._first_seconds = first_seconds
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._http: Any = None
        self._looking: asyncio.Task[None] | None = None
        self._looked_at = float("-inf")

    def __repr__(self) -> str:
        """Name the engine alone: the key is nobody's business."""
        return f"Client({self.url!r})"

    def start(self, work: Coroutine[Any, Any, _Result]) -> Future[_Result]:
        """Run `work` on the loop; cancelling what is returned ends it and its connection."""
        return asyncio.run_coroutine_threadsafe(work, self._running())

    def look(self) -> None:
        """Ask what the engine serves, wait for the answer and remember it in `trouble` and `models`; never raises."""
        try:
            self.start(self._look()).result(timeout=CONNECT_SECONDS + 2 * LOOK_SECONDS)
        except TimeoutError:
            self._is_in_trouble(self._silent(LOOK_SECONDS))

    def close(self) -> None:
        """End all requests and connections; a later question opens them again."""
        with self._lock:
            loop, http, self._loop, self._http, self._looking = self._loop, self._http, None, None, None
        if loop is not None:
            asyncio.run_coroutine_threadsafe(_end(http), loop)

    async def serves(self, model: str) -> bool:
        """Return whether the engine serves these weights: by what it told last, or, where not, by what it tells now.

        An engine that lists nothing is believed to serve everything.
        """
        if self.models and model not in self.models and time.monotonic() - self._looked_at > 1.0:
            await self._look()
        return not self.models or model in self.models

    async def ask(self, path: str, body: dict[str, Any], most_bytes: int) -> dict[str, Any]:
        """Return the object that the engine answers; raises as `follow`."""

        async def once() -> dict[str, Any]:
            async with self._answer("POST", path, most_bytes, self._first_seconds, json=body) as response:
                return _object(await response.aread(), self.name)

        return await self._patiently(once, lambda: False)

    async def follow(
        self, path: str, body: dict[str, Any], hear: Callable[[dict[str, Any]], bool], most_bytes: int
    ) -> None:
        """Give every event of a stream to `hear` until that returns False or the stream ends.

        Asks again, with growing pauses, where nothing was heard yet and the engine was not reached or was busy. Raises
        EngineUnreachable, EngineBusy, EngineUnfit, EngineFailed (an answer that is none), InputTooLong and Refused.
        """
        has_heard = False

        async def once() -> None:
            nonlocal has_heard
            from httpx2 import EventSource

            loop = asyncio.get_running_loop()
            try:
                async with (
                    asyncio.timeout(self._first_seconds) as patience,
                    self._answer("POST", path, most_bytes, None, json=body) as response,
                ):
                    async for event in EventSource(response, max_event_size=EVENT_BYTES):
                        patience.reschedule(loop.time() + self._first_seconds)
                        if event.data == "[DONE]":
                            return
                        has_heard = True
                        if not hear(_object(event.data, self.name)):
                            return
            except TimeoutError:
                raise self._silent(self._first_seconds) from None

        await self._patiently(once, lambda: has_heard)

    async def _patiently(self, once: Callable[[], Coroutine[Any, Any, _Result]], has_heard: Callable[[], bool]) -> Any:
        """Try until it works, until it would not be safe to try again, or until it was tried often enough."""
        for attempt in range(ATTEMPTS):
            try:
                found = await once()
                self._is_well()
                return found
            except EngineUnfit as error:
                if not isinstance(error, Refused):
                    self._is_in_trouble(error)
                raise
            except (EngineBusy, EngineUnreachable) as error:
                if isinstance(error, EngineUnreachable):
                    was_in_trouble = bool(self.trouble)
                    self._is_in_trouble(error)
                    if was_in_trouble or not error.facts.get("is_unheard"):
                        raise
                if has_heard() or attempt == ATTEMPTS - 1:
                    raise
                pause = PAUSE_SECONDS * 2**attempt * random.uniform(0.5, 1.5)  # noqa: S311 - spreads callers, no secret
                if isinstance(error, EngineBusy):
                    told = float(str(error.facts["seconds"]))
                    if told > PATIENCE_SECONDS:
                        raise
                    pause += told
                await asyncio.sleep(pause)
        raise EngineFailed(name=self.name)

    @asynccontextmanager
    async def _answer(
        self, method: str, path: str, most_bytes: int, seconds: float | None, **content: Any
    ) -> AsyncIterator[Any]:
        """Open an answer of status 200, or raise what its status or the way to it says."""
        import httpx2

        from core.engines.openai_transport import MOST

        timeout = httpx2.Timeout(seconds, connect=CONNECT_SECONDS)
        options = {"timeout": timeout, "extensions": {MOST: most_bytes}, **content}
        try:
            async with self._http.stream(method, f"{self.url}{path}", **options) as response:
                if response.status_code == 200:
                    yield response
                    return
                if response.status_code in (429, 503):
                    raise EngineBusy(seconds=retry_after(response.headers.get("retry-after", "")))
                raise refusal(self.name, response.status_code, await response.aread())
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise self._unreachable("no connection", is_unheard=True) from _without_request(error)
        except httpx2.TimeoutException as error:
            raise self._silent(seconds or self._first_seconds) from _without_request(error)
        except (httpx2.NetworkError, httpx2.RemoteProtocolError) as error:
            # Before the first event it is safe to ask again: a kept connection may have been closed meanwhile.
            raise self._unreachable("the connection broke", is_unheard=True) from _without_request(error)
        except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL, ValueError) as error:
            raise EngineFailed(name=self.name) from _without_request(error)

    def _unreachable(self, why: str, is_unheard: bool = False) -> EngineUnreachable:
        return EngineUnreachable(name=self.name, why=why, is_unheard=is_unheard)

    def _silent(self, seconds: float) -> EngineUnreachable:
        return self._unreachable(f"it was silent for {seconds:.0f} seconds")

    # How it stands

    async def _look(self) -> None:
        """Ask for the list of weights, or where there is none for a sign of life."""
        self._looked_at = time.monotonic()
        try:
            try:
                async with self._answer("GET", "/v1/models", LIST_BYTES, LOOK_SECONDS) as response:
                    listed = _listed(await response.aread(), self.name)
                    self.models = _names(listed)
                    self.is_llamacpp = any(entry.get("owned_by") == "llamacpp" for entry in listed)
            except Refused:
                async with self._answer("GET", "/health", ERROR_BYTES, LOOK_SECONDS):
                    self.models = frozenset()
        except HearbackError as error:
            self._is_in_trouble(self._unreachable("it is busy") if isinstance(error, EngineBusy) else error)
        else:
            self._is_well()

    def _is_well(self) -> None:
        self.trouble = ""

    def _is_in_trouble(self, error: HearbackError) -> None:
        """Remember why the engine does not serve, and look for it until it does."""
        self.trouble = str(error)
        with self._lock:
            loop = self._loop
        if loop is not None:
            loop.call_soon_threadsafe(self._look_again)

    def _look_again(self) -> None:
        if self._looking is None or self._looking.done():
            self._looking = asyncio.get_running_loop().create_task(self._look_until_well())

    async def _look_until_well(self) -> None:
        """Look at growing intervals, so that an engine that only started anew is there again at once."""
        pause = AGAIN_SECONDS
        while self.trouble:
            await asyncio.sleep(pause)
            await self._look()
            pause = min(pause * 1.5, LOOK_AGAIN_SECONDS)

    # Where it runs

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                # Here and not on the loop: nobody's time to the first token is to hold the loading of a library.
                from core.engines.openai_transport import open_client

                self._http = open_client(self._headers, ERROR_BYTES)
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="engine", daemon=True).start()
            return self._loop


async def _end(http: Any) -> None:
    """End everything on this loop and then the loop, from within."""
    loop = asyncio.get_running_loop()
    others = [task for task in asyncio.all_tasks(loop) if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await http.aclose()
    loop.call_soon(loop.stop)


def _object(content: str | bytes, name: str) -> dict[str, Any]:
    """Return a JSON object, or raise EngineFailed."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise EngineFailed(name=name) from error
    if not isinstance(found, dict):
        raise EngineFailed(name=name)
    return found


def _listed(content: bytes, name: str) -> list[dict[str, Any]]:
    """Return the entries of an answer of /v1/models."""
    listed = _object(content, name).get("data")
    if not isinstance(listed, list):
        raise EngineFailed(name=name)
    return [entry for entry in listed if isinstance(entry, dict)]


def _names(listed: Sequence[dict[str, Any]]) -> frozenset[str]:
    """Return the ids of weights, and the other names of the same."""
    found: set[str] = set()
    for entry in listed:
        aliases = entry.get("aliases")
        names = [entry.get("id"), *(aliases if isinstance(aliases, list) else [])]
        found.update(one for one in names if isinstance(one, str))
    return frozenset(found)


def _without_request(error: Exception) -> Exception:
    """Return a library's error without the request that it carries, which knows the key."""
    return RuntimeError(f"{type(error).__name__}: {error}")
