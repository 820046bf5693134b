"""A tiny engine that answers what a test tells it to, over real HTTP on loopback: for what no good engine does."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

Answer = Callable[[dict[str, Any]], Awaitable[Response] | Response]


class Scripted:
    """The engine's state: what it lists, what it answers next, and what it was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.models: list[str] | None = ["toy"]
        self.answers: list[Answer] = []
        self.asked: list[tuple[str, dict[str, Any], dict[str, str]]] = []
        self.listening = 0  # streams that somebody listens to

    async def answer(self, request: Request) -> Response:
        body = await request.json()
        self.asked.append((request.url.path, body, dict(request.headers)))
        made = (self.answers.pop(0) if self.answers else say("hello"))(body)
        return await made if isinstance(made, Awaitable) else made

    async def list(self, request: Request) -> Response:
        self.asked.append((request.url.path, {}, dict(request.headers)))
        if self.models is None:
            return Response(status_code=404)
        return JSONResponse({"data": [{"id": name} for name in self.models]})

    def endless(self, pause: float = 0.01, text: str = "more ") -> Answer:
        """Return an answer that never ends by itself and notices when nobody listens any more."""

        async def parts() -> AsyncIterator[str]:
            self.listening += 1
            try:
                while True:
                    yield event(text)
                    await asyncio.sleep(pause)
            finally:
                self.listening -= 1

        return lambda _: stream(parts())


def event(text: str = "", reason: str | None = None, **more: Any) -> str:
    """Return one event of a stream as engines write it."""
    return f"data: {json.dumps({'choices': [{'text': text, 'finish_reason': reason}], **more})}\n\n"


def stream(parts: AsyncIterator[str] | list[str], status: int = 200, **headers: str) -> StreamingResponse:
    """Return an event stream of these parts."""
    return StreamingResponse(aiter_of(parts), status, headers, media_type="text/event-stream")


async def aiter_of(parts: AsyncIterator[str] | list[str]) -> AsyncIterator[str]:
    if isinstance(parts, list):
        for part in parts:
            yield part
    else:
        async for part in parts:
            yield part


def say(*pieces: str, reason: str = "stop", **more: Any) -> Answer:
    """Return a good answer of these pieces."""
    return lambda _: stream([*map(event, pieces), event("", reason, **more), "data: [DONE]\n\n"])


def refuse(status: int, message: str = "no", **headers: str) -> Answer:
    """Return an answer with another status."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: JSONResponse({"error": {"message": message}}, status, named)


@contextmanager
def running(engine: Scripted, port: int = 0) -> Iterator[Scripted]:
    """Run a scripted engine on loopback until the end of the block; `engine.url` says where."""
    paths = ("/v1/completions", "/v1/chat/completions", "/v1/embeddings")
    routes = [Route(path, engine.answer, methods=["POST"]) for path in paths]
    app = Starlette(routes=[*routes, Route("/v1/models", engine.list), Route("/health", lambda _: Response())])
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = time.monotonic() + 10
    while not server.started and time.monotonic() < end:
        time.sleep(0.005)
    engine.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield engine
    finally:
        server.should_exit = server.force_exit = True
        thread.join(10)
