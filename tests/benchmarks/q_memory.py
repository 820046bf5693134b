"""Memory of the running app after all four tasks were used by several visitors at once.

The real server (app.py) runs inside this process, pages are fetched from it over HTTP, and its one shared desk is used
as the pages use it. Counted is the peak of the resident memory, weights mapped from files included.
"""

from __future__ import annotations

import os
import resource
import socket
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.benchmarks.figure import Figure

if TYPE_CHECKING:
    from core.desk import Desk

BARS = ("memory",)
# Half an hour is for the bars of speed.
IS_LONG = True
LIMIT_GB = 3.0
VISITORS = 4
WAIT_SECONDS = 900

LETTER = (
    "Hello, I ordered two lamps last Tuesday and only one has arrived. The box was open on one side. "
    "I would like to know when the second lamp comes, and whether I have to pay for the broken box. "
    "Please write to me before Friday, because I am away next week. Thank you for your help."
)
GERMAN = (
    "# Versand\n\nWir liefern in drei Tagen nach Deutschland. Eine Lieferung kostet 4 Euro.\n\n"
    "# Reparatur\n\nLampen reparieren wir zwei Jahre lang kostenlos."
)


def measure() -> list[Figure]:
    """Serve, use everything, and return the peak and the memory kept afterwards, in GB (10^9 bytes)."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HEARBACK_DATA"] = folder
        server, port = _serve()
        try:
            before = _resident_gb()
            for page in ("", "support", "translate", "summarize", "sentiment"):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/{page}", timeout=30).read()
            from pages.parts.wiring import desk

            jobs = _use_everything(desk())
            time.sleep(2)
            after, peak = _resident_gb(), _peak_gb()
        finally:
            server.should_exit = True
            time.sleep(1)
    note = f"{VISITORS} visitors at once, {jobs} uses; {before:.2f} GB before the first"
    return [
        Figure("memory", "peak of the running app", peak, "GB", jobs, "", LIMIT_GB, None, "", note, True),
        Figure("memory", "kept after all four tasks", after, "GB", jobs, "", LIMIT_GB, None, "", note, True),
    ]


def _serve():  # type: ignore[no-untyped-def]
    import uvicorn

    from app import app

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    threading.Thread(target=server.run, daemon=True).start()
    end = time.monotonic() + 60
    while not server.started:
        if time.monotonic() > end:
            raise TimeoutError("the server did not start within 60 s")
        time.sleep(0.1)
    return server, port


def _use_everything(desk: Desk) -> int:
    """Let every visitor use every task, wait for all, and return how many uses there were."""
    from core.tables import read_table

    rows = "\n".join(f'"The lamp number {n} is {"lovely" if n % 2 else "broken"}."' for n in range(1_000))
    table = read_table("reviews.csv", f"review\n{rows}\n".encode())

    def own_documents(who: str) -> str:
        return desk.bring_documents(who, [("versand.md", GERMAN.encode())]).knowledge_id

    uses: list[Callable[[str], str]] = [
        lambda who: desk.ask(who, "How long does delivery take?"),
        lambda who: desk.ask(who, "Was kostet die Lieferung?", (), own_documents(who)),
        lambda who: desk.translate(who, LETTER, "de", "", who.startswith("0")),
        lambda who: desk.translate(who, GERMAN, "en", "de", False),
        lambda who: desk.summarize(who, f"{LETTER}\n\n" * (60_000 // len(LETTER) if who.startswith("0") else 20)),
        lambda who: desk.read_sentiment(who, LETTER),
        lambda who: desk.read_table(who, table, "review") if who.startswith("0") else desk.read_sentiment(who, GERMAN),
    ]
    done = 0
    for use in uses:
        started = {}
        for number in range(VISITORS):
            visitor = f"{number}" * 32
            desk.welcome(visitor)
            started[visitor] = use(visitor)
        for visitor, job_id in started.items():
            _wait(desk, visitor, job_id)
            done += 1
    return done


def _wait(desk: Desk, visitor: str, job_id: str) -> None:
    end = time.monotonic() + WAIT_SECONDS
    while not (view := desk.look(visitor, job_id)).is_over:
        if time.monotonic() > end:
            raise TimeoutError(f"{view.task} was not done after {WAIT_SECONDS} s")
        time.sleep(0.05)
    if view.state != "finished":
        raise RuntimeError(f"{view.task} {view.state}: {view.sentence}")


def _peak_gb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) / 1e9


def _resident_gb() -> float:
    import psutil

    return float(psutil.Process().memory_info().rss) / 1e9
