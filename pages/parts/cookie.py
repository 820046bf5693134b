"""The cookies: one tells one visit from another, the others are of members and their door.

Each is opaque and unreadable to scripts, and what it holds is never stored as it is.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from hashlib import sha256

from pages.parts.base import base

NAME = "hearback_visitor"
SECONDS = 365 * 24 * 60 * 60
MEMBER_NAME = "hearback_member"
MEMBER_SECONDS = 14 * 24 * 60 * 60
DOOR_NAME = "hearback_door"
LINK_NAME = "hearback_link"
LINK_SECONDS = 30 * 60
_SHAPE = re.compile(r"[A-Za-z0-9_-]{32}")
_MEMBER_SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")


def new_cookie(is_secure: bool) -> str:
    """Return the value of a Set-Cookie header for a new visitor."""
    value = secrets.token_urlsafe(24)
    return f"{NAME}={value}; Path=/; Max-Age={SECONDS}; HttpOnly; SameSite=Lax{_secure(is_secure)}"


def visitor_of(cookies: Mapping[str, str], number: int = 0) -> str:
    """Return the visitor's id, or "" where there is no cookie of ours.

    The id is a digest: whoever reads the database learns no cookie, and so cannot pose as a visitor. Each `number`
    gives another id, which without the cookie nobody can tell from a stranger's: a fresh visit after being forgotten.
    """
    value = _value(cookies, NAME)
    if not _SHAPE.fullmatch(value):
        return ""
    which = f"visitor {number} {value}" if number else f"visitor {value}"
    return sha256(which.encode()).hexdigest()[:32]


def member_token_of(cookies: Mapping[str, str]) -> str:
    """Return the token of a member's session, or "" where nobody is logged in; whether it holds is not asked here."""
    value = _value(cookies, MEMBER_NAME)
    return value if is_token(value) else ""


def member_cookie(token: str, is_secure: bool) -> str:
    """Return the value of a Set-Cookie header for a member's new session."""
    # Lax: a link in a letter opens a page of the company for whoever is logged in. No form of another site comes with
    # it, and nothing here is done by GET.
    return f"{MEMBER_NAME}={token}; Path=/; Max-Age={MEMBER_SECONDS}; HttpOnly; SameSite=Lax{_secure(is_secure)}"


def door_nonce(value: str, is_secure: bool) -> str:
    """Return the value of a Set-Cookie header for the nonce that forms at the door are signed for."""
    return f"{DOOR_NAME}={value}; Path={base()}/door; HttpOnly; SameSite=Strict{_secure(is_secure)}"


def door_nonce_of(cookies: Mapping[str, str]) -> str:
    """Return the nonce of this browser, or ""."""
    value = _value(cookies, DOOR_NAME)
    return value if is_token(value) else ""


def link_cookie(token: str, is_secure: bool) -> str:
    """Return the value of a Set-Cookie header that takes a link's token out of the address."""
    # Lax: a link in a letter is opened from another site, and the cookie must come along on the way to the form.
    return (
        f"{LINK_NAME}={token}; Path={base()}/door; Max-Age={LINK_SECONDS}; HttpOnly; SameSite=Lax{_secure(is_secure)}"
    )


def link_token_of(cookies: Mapping[str, str]) -> str:
    """Return the token of a link that was opened in this browser, or ""."""
    value = _value(cookies, LINK_NAME)
    return value if is_token(value) else ""


def ended(name: str, path: str) -> str:
    """Return the value of a Set-Cookie header that takes a cookie away."""
    return f"{name}=; Path={path}; Max-Age=0; HttpOnly; SameSite=Strict"


def is_token(value: str) -> bool:
    """Return whether this has the shape of a token of ours."""
    return bool(_MEMBER_SHAPE.fullmatch(value))


def _secure(is_secure: bool) -> str:
    return "; Secure" if is_secure else ""


def _value(cookies: Mapping[str, str], name: str) -> str:
    # Without a browser, as in a test of a page, a cookie may be something else than text.
    value = cookies.get(name)
    return value if isinstance(value, str) else ""
