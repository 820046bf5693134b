"""The server: Streamlit's pages, a health route, the static files, and what surrounds every request."""

from __future__ import annotations

import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.parts import cookie

HERE = Path(__file__).resolve().parent

# Whatever a text, a document or the weights may say, the browser asks nobody but this origin. Streamlit's own page
# holds one inline script and sets styles from script; charts compile shaders and expressions, hence the two "unsafe".
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' blob:; worker-src 'self' blob:; "
        "connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}

_log = logging.getLogger("hearback")


class FrontDoor:
    """Gives a page its security headers, and a visitor without one an opaque cookie that no script can read."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add to its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        is_known = bool(cookie.visitor_of(Request(scope).cookies))

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                if not is_known and headers.get("content-type", "").startswith("text/html"):
                    headers.append("Set-Cookie", cookie.new_cookie(is_secure=scope["scheme"] == "https"))
            await send(message)

        await self.app(scope, receive, send_with_headers)


async def health(_request: Request) -> JSONResponse:
    """Answer that the server is up; it asks no engine and no database."""
    return JSONResponse({"status": "ok"})


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[dict[str, Any]]:
    """End the visit of the engines with the server: running work is stopped and written down."""
    yield {}
    st.cache_resource.clear()


def on_script_error(error: Exception) -> bool:
    """Show a reference number for what is a bug, and keep the bug itself in the log under that number."""
    reference = secrets.token_hex(4)
    _log.error("unexpected error, reference %s", reference, exc_info=error)
    st.error(
        f"Something unexpected happened here, and it was written down as **{reference}**. "
        "What you typed is still on the page; please try again.",
        icon=":material/error:",
    )
    return True


app = st.App(
    HERE / "pages" / "frame.py",
    routes=[
        Route("/healthz", health),
        Mount("/assets/fonts", StaticFiles(directory=HERE / "assets" / "fonts")),
    ],
    middleware=[Middleware(FrontDoor)],
    lifespan=lifespan,
    on_script_error=on_script_error,
)
