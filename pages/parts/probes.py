"""What machines ask of this server: whether it is ready, and its numbers. Neither is for the public.

Whoever asks from this machine itself, not through a proxy, or with the token of HEARBACK_METRICS_TOKEN, is told why
and how much; of others, /readyz tells ready or not, as a load balancer needs it, and /metrics is not there.
"""

from __future__ import annotations

import hmac
import ipaddress

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.config import read_settings
from core.errors import HearbackError
from pages.parts import wiring
from pages.parts.base import base

STARTING = "The server is starting."
# Whatever a proxy adds: with any of them the peer is not who asks.
_FORWARDED = ("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "forwarded", "via")
_UNTOLD = {"Cache-Control": "no-store"}


def routes() -> list[Route]:
    """Return the routes for machines, below the base path too where there is one."""
    places = dict.fromkeys(("", base()))
    return [
        Route(f"{place}{path}", ask) for place in places for path, ask in (("/readyz", ready), ("/metrics", metrics))
    ]


def is_inside(request: Request) -> bool:
    """Return whether a request comes from this machine itself or carries the token for machines."""
    token = read_settings().metrics_token
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if token and scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode()):
        return True
    if any(name in request.headers for name in _FORWARDED) or request.client is None:
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


async def ready(request: Request) -> JSONResponse:
    """Answer 200 where this server can take visitors, else 503, with the reasons for whoever may know them."""
    why = await run_in_threadpool(_why_not)
    said = {"status": "not ready" if why else "ready", **({"reasons": why} if is_inside(request) else {})}
    return JSONResponse(said, 503 if why else 200, _UNTOLD)


async def metrics(request: Request) -> Response:
    """Answer with the numbers of this server; 404 to whoever is outside, 503 while it is starting."""
    if not is_inside(request):
        return Response("Not Found", 404, _UNTOLD)
    if not wiring.is_open():
        return Response(STARTING, 503, _UNTOLD)
    from core.metrics import CONTENT_TYPE, text_of

    text = await run_in_threadpool(lambda: text_of(wiring.watch().now()))
    return Response(text, headers=_UNTOLD, media_type=CONTENT_TYPE)


def _why_not() -> list[str]:
    if not wiring.is_open():
        return [STARTING]
    try:
        return list(wiring.watch().now().not_ready)
    except HearbackError as error:
        return [str(error)]
