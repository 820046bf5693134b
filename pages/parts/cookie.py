"""The cookie that tells one visit from another: opaque, unreadable to scripts, and never stored as it is."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from hashlib import sha256

NAME = "hearback_visitor"
SECONDS = 365 * 24 * 60 * 60
_SHAPE = re.compile(r"[A-Za-z0-9_-]{32}")


def new_cookie(is_secure: bool) -> str:
    """Return the value of a Set-Cookie header for a new visitor."""
    secure = "; Secure" if is_secure else ""
    return f"{NAME}={secrets.token_urlsafe(24)}; Path=/; Max-Age={SECONDS}; HttpOnly; SameSite=Lax{secure}"


def visitor_of(cookies: Mapping[str, str]) -> str:
    """Return the visitor's id, or "" where there is no cookie of ours.

    The id is a digest: whoever reads the database learns no cookie, and so cannot pose as a visitor.
    """
    value = cookies.get(NAME)
    # Without a browser, as in a test of a page, a cookie may be something else than text.
    if not isinstance(value, str) or not _SHAPE.fullmatch(value):
        return ""
    return sha256(f"visitor {value}".encode()).hexdigest()[:32]
