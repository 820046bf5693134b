"""What every test of an engine elsewhere would make anew."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import httpcore2
import pytest


@pytest.fixture(scope="session", autouse=True)
def _certificates_read_once() -> Iterator[None]:
    """One TLS context for all clients: each read every authority's certificate, though none here speaks TLS."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpcore2, "default_ssl_context", cache(httpcore2.default_ssl_context))
        yield
