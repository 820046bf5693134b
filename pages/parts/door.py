"""The door for members: pages of plain HTML outside of Streamlit, because only an answer of HTTP can set a cookie.

Every form carries a token that is signed for this browser's own cookie, and comes from our own origin or is refused.
No page here runs a script, is kept by a cache, or tells another site where it was.
"""

from __future__ import annotations

import secrets
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from core.errors import HearbackError, LoginDelayed, LoginRefused, StoreError
from core.types import Member, Role
from pages.parts import cookie
from pages.parts.base import base
from pages.parts.wiring import office

# The server imports this file before it listens; what only a form needs is imported with the first form.
if TYPE_CHECKING:
    from jinja2 import Template

    from core.office.door import Door, LoginLink

PROJECT = Path(__file__).resolve().parents[2]
ASSETS = PROJECT / "assets"
SHOWN_ASSETS = ("door.css", "logo_light.svg", "logo_dark.svg", "mark_light.svg")
FORM_BYTES = 16_384
# Where somebody may be sent after the login: pages of ours by their names, and nothing else.
COMPANY_PAGES = tuple(sorted(path.stem for path in (PROJECT / "pages" / "founder").glob("*.py")))
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    # Not "no-referrer": with that, a browser would send our own forms with the origin "null".
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
}
FOREIGN = "This form did not come from this page. Open the page again and send it from there."


def routes() -> list[BaseRoute]:
    """Return the routes of the door."""
    return [
        Route(f"{base()}/door", _enter, methods=["GET", "POST"]),
        Route(f"{base()}/door/link", _link, methods=["GET", "POST"]),
        Route(f"{base()}/door/password", _password, methods=["GET", "POST"]),
        Route(f"{base()}/door/out", _out, methods=["GET", "POST"]),
        Route(f"{base()}/assets/{{name:str}}", _asset),
    ]


async def _enter(request: Request) -> Response:
    """Log in by name and password; with a link's token, keep that out of the address first."""
    return await _answer(request, _enter_post if request.method == "POST" else _enter_get)


async def _link(request: Request) -> Response:
    """Use a link: set up the first founder, accept an invitation, or set a new password."""
    return await _answer(request, _link_post if request.method == "POST" else _link_get)


async def _password(request: Request) -> Response:
    """Change one's own password."""
    return await _answer(request, _password_post if request.method == "POST" else _password_get)


async def _out(request: Request) -> Response:
    """Log out; by GET only ask, so that no link of another site can do it."""
    return await _answer(request, _out_post if request.method == "POST" else _out_get)


async def _asset(request: Request) -> Response:
    name = request.path_params["name"]
    return FileResponse(ASSETS / name) if name in SHOWN_ASSETS else Response("Not found.", status_code=404)


def way_in(request: Request) -> str | None:
    """Return where a request for a page of the company goes that comes without a member's cookie, else None.

    This is a courtesy: the page itself asks who is there. A company login leads back with a query, and stays.
    """
    page = request.url.path.removeprefix(base()).strip("/")
    if request.method != "GET" or page not in COMPANY_PAGES or request.url.query:
        return None
    return None if cookie.member_token_of(request.cookies) else f"{base()}/door?to={page}"


class Visit:
    """One request at the door, with what every answer needs."""

    def __init__(self, request: Request, door: Door, form: FormData | None) -> None:
        self.request = request
        self.door = door
        self.form = form
        self.source = door.source(request.client.host if request.client else "")
        self.agent = request.headers.get("user-agent", "")
        self.token = cookie.member_token_of(request.cookies)
        self.member: Member | None = office().access.member(self.token)
        self.nonce = cookie.door_nonce_of(request.cookies) or secrets.token_urlsafe(32)
        self.link_token = cookie.link_token_of(request.cookies)
        self.to = self.typed("to") if form else request.query_params.get("to", "")
        self.to = self.to if self.to in COMPANY_PAGES else ""

    def typed(self, name: str) -> str:
        """Return what was typed into a field."""
        value = self.form.get(name, "") if self.form else ""
        return value if isinstance(value, str) else ""

    def is_genuine(self) -> bool:
        """Return whether a form comes from a page that this server gave to this browser."""
        origin = self.request.headers.get("origin", "")
        if origin and urlsplit(origin).netloc != self.request.headers.get("host", ""):
            return False
        if self.request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return False
        has_cookie = bool(cookie.door_nonce_of(self.request.cookies))
        return has_cookie and self.door.key.is_signed("form", self.nonce, self.typed("form"))

    def draw(self, form: str, title: str, status: int = 200, error: str = "", **facts: Any) -> Response:
        """Draw the page with one of its forms."""
        from core.credentials import PASSWORD_CHARACTERS, PASSWORD_CHARACTERS_AT_LEAST

        html = _template().render(
            form=form,
            title=title,
            error=error,
            name=facts.pop("name", ""),
            to=self.to,
            base=base(),
            signature=self.door.key.sign("form", self.nonce),
            at_least=PASSWORD_CHARACTERS_AT_LEAST,
            at_most=PASSWORD_CHARACTERS,
            **facts,
        )
        answer = HTMLResponse(html, status)
        answer.headers.append("Set-Cookie", cookie.door_nonce(self.nonce, self.is_secure))
        return answer

    def go_in(self, member: Member, token: str) -> Response:
        """Send a member who has just entered to the page that they asked for, with a cookie of their new session."""
        answer = RedirectResponse(f"{base()}/{self.to or _first_page(member)}", 303)
        answer.headers.append("Set-Cookie", cookie.member_cookie(token, self.is_secure))
        answer.headers.append("Set-Cookie", cookie.ended(cookie.LINK_NAME, f"{base()}/door"))
        answer.headers.append("Set-Cookie", cookie.ended(cookie.DOOR_NAME, f"{base()}/door"))
        return answer

    @property
    def is_secure(self) -> bool:
        """Whether the browser came by https."""
        return self.request.url.scheme == "https"


async def _answer(request: Request, page: Any) -> Response:
    """Read the form, and have the page made in a thread: it asks the database, and hashing takes its time."""
    form = None
    if request.method == "POST":
        length = request.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > FORM_BYTES:
            return _closed("This form is too long.", 413)
        form = await request.form(max_files=0, max_fields=12, max_part_size=FORM_BYTES)

    def make() -> Response:
        try:
            visit = Visit(request, office().door, form)
            if form is not None and not visit.is_genuine():
                visit.door.refuse(visit.source, f"a form at {request.url.path} from elsewhere")
                return _closed(FOREIGN, 403)
            answer: Response = page(visit)
        except HearbackError as error:
            answer = _closed(str(error), 503 if isinstance(error, StoreError) else 400)
        return answer

    answer = await run_in_threadpool(make)
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    return answer


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(ASSETS)
    templates = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, auto_reload=False)
    return templates.get_template("door.html")


def _closed(sentence: str, status: int) -> Response:
    html = _template().render(form="", base=base(), title="For the company", error=sentence)
    return HTMLResponse(html, status, headers=HEADERS)


def _enter_get(visit: Visit) -> Response:
    token = visit.request.query_params.get("setup") or visit.request.query_params.get("link") or ""
    if token:
        answer = RedirectResponse(f"{base()}/door/link", 303, headers={"Referrer-Policy": "no-referrer"})
        if cookie.is_token(token):
            answer.headers.append("Set-Cookie", cookie.link_cookie(token, visit.is_secure))
        return answer
    if not visit.door.is_by_password:  # the button that leads to the company's login is on the page itself
        return RedirectResponse(f"{base()}/{visit.to or 'settings'}?login=company", 303)
    if visit.member is not None:
        return RedirectResponse(f"{base()}/{visit.to or _first_page(visit.member)}", 303)
    return visit.draw("enter" if visit.door.has_members() else "wait", "For the company")


def _enter_post(visit: Visit) -> Response:
    name = visit.typed("name")
    try:
        member, token = visit.door.log_in(
            name, visit.typed("password"), source=visit.source, agent=visit.agent, old_token=visit.token
        )
    except LoginRefused as error:
        return _refused(visit, "enter", "For the company", error, name=name)
    return visit.go_in(member, token)


def _link_get(visit: Visit) -> Response:
    link = visit.door.link(visit.link_token)
    if link is None:
        from core.office.door import GONE

        visit.door.refuse(visit.source, "a login link")
        return _closed(f"You are not logged in: {GONE}", 410)
    return visit.draw("link", _link_title(link), link=link)


def _link_post(visit: Visit) -> Response:
    link = visit.door.link(visit.link_token)
    if link is None:
        return _link_get(visit)
    name = visit.typed("name")
    try:
        member, token = visit.door.use_link(
            visit.link_token,
            name,
            visit.typed("password"),
            visit.typed("again"),
            source=visit.source,
            agent=visit.agent,
            old_token=visit.token,
        )
    except StoreError:
        raise
    except HearbackError as error:
        return _refused(visit, "link", _link_title(link), error, name=name, link=link)
    return visit.go_in(member, token)


def _password_get(visit: Visit) -> Response:
    if visit.member is None:
        return RedirectResponse(f"{base()}/door", 303)
    return visit.draw("password", "Change your password", name=visit.member.name)


def _password_post(visit: Visit) -> Response:
    try:
        member = visit.door.change_password(
            visit.token,
            visit.typed("present"),
            visit.typed("password"),
            visit.typed("again"),
            source=visit.source,
        )
    except StoreError:
        raise
    except HearbackError as error:
        name = visit.member.name if visit.member else ""
        return _refused(visit, "password", "Change your password", error, name=name)
    return RedirectResponse(f"{base()}/{_first_page(member)}", 303)


def _out_get(visit: Visit) -> Response:
    if visit.member is None:
        return RedirectResponse(f"{base()}/door", 303)
    return visit.draw("out", "Log out", name=visit.member.name)


def _out_post(visit: Visit) -> Response:
    visit.door.log_out(visit.token)
    answer = RedirectResponse(f"{base()}/", 303)
    answer.headers.append("Set-Cookie", cookie.ended(cookie.MEMBER_NAME, "/"))
    return answer


def _refused(visit: Visit, form: str, title: str, error: HearbackError, **facts: Any) -> Response:
    status = 429 if isinstance(error, LoginDelayed) else 403 if isinstance(error, LoginRefused) else 400
    answer = visit.draw(form, title, status, str(error), **facts)
    if isinstance(error, LoginDelayed):
        answer.headers["Retry-After"] = str(error.facts["seconds"])
    return answer


def _link_title(link: LoginLink) -> str:
    return {"setup": "Set up Hearback", "invite": "Welcome", "password": "Set a new password"}[link.purpose]


def _first_page(member: Member) -> str:
    wanted = ("review",) if member.role is Role.REVIEWER else ("insights", "settings")
    return next((page for page in wanted if page in COMPANY_PAGES), "")
