"""The server: Streamlit's pages, a health route, the static files, and what surrounds every request."""

from __future__ import annotations

import logging
import os
import secrets
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

from core import heap
from core.config import read_settings
from core.errors import DatabaseInUse, HearbackError, KeysDiffer, SettingsError
from core.logs import request as request_named
from core.logs import set_up as set_up_log
from core.store.serving_lock import serving_alone
from pages.parts import browser_messages, cookie, door, press, probes, theme_message
from pages.parts.base import base
from pages.parts.wiring import house

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

# A receipt opens by its link alone: no machine is to list it, and no browser or proxy to keep a copy.
OF_RECEIPTS = {"X-Robots-Tag": "noindex, nofollow", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}

# Where visitors are told to come by this port, a proxy in front speaks https.
HTTPS = 443
# A browser that opens with the server has its first page by then, and no import takes the processor from that.
OPENING_SECONDS = 1.0

_log = logging.getLogger("hearback")
heap.keep_together()  # before there are threads
# Before there are visits.
press.hear_out()
browser_messages.hear_pages_only()
theme_message.tell_as_before()


class FrontDoor:
    """Gives a page its security headers, and a visitor without one an opaque cookie that no script can read.

    Whoever asks for a page of the company without being a member is led to the door.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add to its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        with request_named(request_id):
            await self._answer(scope, receive, send, request_id)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        request = Request(scope)
        is_known = bool(cookie.visitor_of(request.cookies))
        to = door.way_in(request)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                if request.url.path.rstrip("/").endswith("/receipt"):
                    headers.update(OF_RECEIPTS)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                if not is_known and headers.get("content-type", "").startswith("text/html"):
                    headers.append("Set-Cookie", cookie.new_cookie(is_secure=scope["scheme"] == "https"))
            await send(message)

        answer = self.app if to is None else RedirectResponse(to, 303)
        await answer(scope, receive, send_with_headers)


async def health(_request: Request) -> JSONResponse:
    """Answer that the server is up; it asks no engine and no database."""
    return JSONResponse({"status": "ok"})


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[dict[str, Any]]:
    """Tell at first start how to get in; at the end, stop running work and write it down."""
    with place_among_servers():
        set_up_log(read_settings().log_format, ("streamlit", "uvicorn", "uvicorn.error"))
        threading.Thread(target=open_ahead, name="opening", daemon=True).start()
        yield {}
        st.cache_resource.clear()


@contextmanager
def place_among_servers() -> Iterator[None]:
    """Keep a second server off an SQLite file, or join the others on PostgreSQL; where it may not, end with why."""
    try:
        settings = read_settings()
        with serving_alone(settings.database_url):
            if settings.is_shared:
                _join_others()
            yield
    except (DatabaseInUse, KeysDiffer, SettingsError) as error:
        print(f"\n  {error}\n", file=sys.stderr, flush=True)  # noqa: T201
        # The server would print a traceback and end well; nothing was opened yet that wants to be closed.
        os._exit(1)


def _join_others() -> None:
    """Open the house now, so that a server that may not serve does not begin to; raises KeysDiffer, SettingsError."""
    try:
        house()
    except (KeysDiffer, SettingsError):
        raise
    except HearbackError as error:  # each page tells of it, and opens the house once the database is there
        _log.warning("not ready yet: %s", error)


def open_ahead() -> None:
    """Open the house and its weights for the first visitor; one who is there already opens it for the page's sake."""
    time.sleep(OPENING_SECONDS)
    tell_first_link()
    try:
        house()
    except HearbackError as error:  # said again, to whoever asks for a page
        _log.warning("not opened ahead: %s", error)


def tell_first_link() -> None:
    """Print the one-time link that sets up the first founder, as notebook servers do; once there is one, nothing."""
    # What only the database needs is imported after the server listens.
    from core.office.door import first_link

    try:
        token = first_link(read_settings())
    except HearbackError as error:
        _log.warning("no setup link: %s", error)
        return
    if token:
        print(  # noqa: T201
            "\n  For the company: set up the founder's login with this link. It works once, within 24 hours.\n"
            f"  {own_address()}{base()}/door?setup={token}\n",
            flush=True,
        )


def own_address() -> str:
    """Return the address under which Streamlit's options say that this server is reached."""
    option = st.get_option
    scheme = "https" if option("server.sslCertFile") else "http"
    host = option("server.address") or "localhost"
    if config.is_manually_set("browser.serverAddress"):
        host = option("browser.serverAddress")
    if host in ("0.0.0.0", "::"):  # noqa: S104
        host = "localhost"
    is_told = config.is_manually_set("browser.serverPort")
    port = int(option("browser.serverPort" if is_told else "server.port"))
    return f"https://{host}" if is_told and port == HTTPS else f"{scheme}://{host}:{port}"


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


def hosts() -> list[str]:
    """Return the names that are answered to; this machine's own always is, for those who look after the server."""
    try:
        named = read_settings().hosts
    except SettingsError:  # told when the app starts
        named = ()
    return [*named, "localhost", "127.0.0.1"] if named else ["*"]


fonts = StaticFiles(directory=HERE / "assets" / "fonts")
app = st.App(
    HERE / "pages" / "frame.py",
    routes=[
        Route("/healthz", health),
        Mount("/assets/fonts", fonts),
        *([Route(f"{base()}/healthz", health), Mount(f"{base()}/assets/fonts", fonts)] if base() else []),
        *probes.routes(),
        *door.routes(),
    ],
    middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=hosts(), www_redirect=False), Middleware(FrontDoor)],
    lifespan=lifespan,
    on_script_error=on_script_error,
)
