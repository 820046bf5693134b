"""The cookie that tells one visit from another: opaque, unreadable to scripts, and never stored as it is."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from hashlib import sha256

NAME = "hearback_visitor"
SECONDS = 365 * 24 * 60 * 60
MEMBER_NAME = "hearback_member"
_SHAPE = re.compile(r"[A-Za-z0-9_-]{32}")
_MEMBER_SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")


def new_cookie(is_secure: bool) -> str:
    """Return the value of a Set-Cookie header for a new visitor."""
    secure = "; Secure" if is_secure else ""
    return f"{NAME}={secrets.token_urlsafe(24)}; Path=/; Max-Age={SECONDS}; HttpOnly; SameSite=Lax{secure}"


def visitor_of(cookies: Mapping[str, str]) -> str:
    """Return the visitor's id, or "" where there is no cookie of ours.

    The id is a digest: whoever reads the database learns no cookie, and so cannot pose as a visitor.
    """
    value = _value(cookies, NAME)
    if not _SHAPE.fullmatch(value):
        return ""
    return sha256(f"visitor {value}".encode()).hexdigest()[:32]


def member_token_of(cookies: Mapping[str, str]) -> str:
    """Return the token of a member's session, or "" where nobody is logged in; whether it holds is not asked here."""
    value = _value(cookies, MEMBER_NAME)
    return value if _MEMBER_SHAPE.fullmatch(value) else ""


def _value(cookies: Mapping[str, str], name: str) -> str:
    # Without a browser, as in a test of a page, a cookie may be something else than text.
    value = cookies.get(name)
    return value if isinstance(value, str) else ""
