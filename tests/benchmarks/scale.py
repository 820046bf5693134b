"""Writes docs/scale.md: what it takes from one laptop to a million visitors a day, computed from the measured figures.

    python -m tests.benchmarks.scale

Measured figures are read from results.json; what is assumed, of people, prices and graphics cards, stands in
`Assumptions` with its reason and on the page. Rules: Little's law (work in progress = arrivals x time each takes) and
Erlang's C formula for how much room a queue needs.
"""

from __future__ import annotations

import json
import math
import sys
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.config import PROJECT

FOLDER = Path(__file__).resolve().parent
PAGE = PROJECT / "docs" / "scale.md"
SIZES = (100, 1_000, 10_000, 100_000, 1_000_000)
DAY = 86_400
LINE_CHARACTERS = 120
MONTH_DAYS = 30
HOURS_OF_A_MONTH = 730


@dataclass(frozen=True)
class Assumptions:
    """What nobody measured here; each can be replaced and the page drawn anew."""

    uses_of_a_visitor: float = 3.0
    pages_of_a_use: float = 4.0
    visit_seconds: float = 300.0
    peak: float = 5.0
    room: float = 0.6
    tokens_written: int = 120
    gpu_tokens: float = 2_000.0
    gpu_tokens_best: float = 9_000.0
    seconds_of_an_answer_on_gpu: float = 3.0
    cores_of_a_replica: int = 2
    gigabytes_of_a_replica: float = 4.0
    core_month: float = 20.0
    gpu_hour: float = 2.5
    gigabyte_month: float = 0.2
    connections_of_a_replica: int = 31


@dataclass(frozen=True)
class Measured:
    """What the page rests on, each from results.json; `dates` say of when."""

    seconds_of_a_use: float
    milliseconds_of_a_page: float
    megabytes_of_a_tab: float
    bytes_of_a_use: float
    megabytes_at_rest: float
    sources: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Need:
    """What so many visitors a day need."""

    visitors: int
    uses: float
    per_second: float
    tabs: float
    cores_embedded: float
    replicas_embedded: int
    replicas_remote: int
    tokens: float
    gpus: int
    gpus_best: int
    answers_at_once: float
    gigabytes_of_a_month: float
    connections: int
    cost_embedded: float
    cost_remote: float


NEEDED = {
    "seconds_of_a_use": ("soak", "processor seconds of a use"),
    "milliseconds_of_a_page": ("scale", "processor time of a page"),
    "megabytes_of_a_tab": ("scale", "memory of an open tab"),
    "bytes_of_a_use": ("scale", "PostgreSQL: bytes of a use"),
    "megabytes_at_rest": ("memory", "kept after all four tasks"),
}


def read_measured(records: list[dict[str, Any]]) -> Measured:
    """Return the figures that are needed; raises SystemExit where one was never measured."""
    found = {(figure["bar"], figure["name"]): (figure, one) for one in records for figure in one["figures"]}
    values: dict[str, float] = {}
    sources = []
    for name, key in NEEDED.items():
        if key not in found:
            raise SystemExit(f"{key[1]} was not measured yet: python3 hearback.py bench {key[0]}")
        figure, record = found[key]
        values[name] = figure["value"] * (1_000 if figure["unit"] == "GB" else 1)
        said = f"{_plain(figure['value'])} {figure['unit']} (n = {figure['n']:,})"
        sources.append((figure["name"], said, f"`{record['script']}`, {record['date'][:10]}"))
    return Measured(**values, sources=tuple(sources))


def waiting_seconds(per_second: float, seconds: float, servers: int) -> float:
    """Return the mean wait before one of `servers` is free: Erlang's C formula, random arrivals and lengths.

    Infinite where more arrives than they can do.
    """
    offered = per_second * seconds
    if offered >= servers:
        return math.inf
    blocked = 1.0  # Erlang's B, by its recursion over the number of servers
    for number in range(1, servers + 1):
        blocked = offered * blocked / (number + offered * blocked)
    busy = blocked / (1 - offered / servers * (1 - blocked))
    return busy * seconds / (servers - offered)


def need_of(visitors: int, measured: Measured, given: Assumptions) -> Need:
    """Return what a number of visitors a day needs at its busiest time."""
    uses = visitors * given.uses_of_a_visitor
    per_second = uses / DAY * given.peak
    tabs = visitors / DAY * given.peak * given.visit_seconds
    cores = per_second * measured.seconds_of_a_use / given.room
    pages = per_second * given.pages_of_a_use * measured.milliseconds_of_a_page / 1_000 / given.room
    memory = 1_000 * given.gigabytes_of_a_replica * 0.8
    tabs_of_one = (memory - measured.megabytes_at_rest) / measured.megabytes_of_a_tab
    tabs_without_weights = memory / 2 / measured.megabytes_of_a_tab
    # A process draws pages on one core: Python runs one thread at a time.
    replicas = max(1, math.ceil(cores / given.cores_of_a_replica), math.ceil(tabs / tabs_of_one))
    lean = max(1 if visitors < 1_000 else 2, math.ceil(pages), math.ceil(tabs / tabs_without_weights))
    tokens = per_second * given.tokens_written
    gpus = math.ceil(tokens / given.room / given.gpu_tokens)
    month = uses * MONTH_DAYS * measured.bytes_of_a_use / 1e9
    storage = 6 * month * given.gigabyte_month
    return Need(
        visitors=visitors,
        uses=uses,
        per_second=per_second,
        tabs=tabs,
        cores_embedded=cores,
        replicas_embedded=replicas,
        replicas_remote=lean,
        tokens=tokens,
        gpus=gpus,
        gpus_best=math.ceil(tokens / given.room / given.gpu_tokens_best),
        answers_at_once=per_second * given.seconds_of_an_answer_on_gpu,
        gigabytes_of_a_month=month,
        connections=replicas * given.connections_of_a_replica,
        cost_embedded=replicas * given.cores_of_a_replica * given.core_month + storage,
        cost_remote=lean * given.cores_of_a_replica * given.core_month
        + gpus * given.gpu_hour * HOURS_OF_A_MONTH
        + storage,
    )


def _plain(value: float) -> str:
    """Return a number with two or three figures that count."""
    if value == 0:
        return "0"
    if value >= 1_000:
        digits = 10 ** (len(str(int(value))) - 2)
        return f"{round(value / digits) * digits:,}"
    return f"{value:.0f}" if value >= 20 else f"{value:.1f}" if value >= 1 else f"{value:.2g}"


def draw(measured: Measured, given: Assumptions) -> str:
    """Return the page."""
    needs = [need_of(visitors, measured, given) for visitors in SIZES]
    parts = [*_head(measured, given), _table(needs), *_moves(needs, measured, given), *_assumed(given)]
    return "\n\n".join(parts) + "\n"


def _wrapped(text: str, first: str = "") -> str:
    return textwrap.fill(
        " ".join(text.split()),
        LINE_CHARACTERS,
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _head(measured: Measured, given: Assumptions) -> list[str]:
    rows = [f"| {name} | {value} | {source} |" for name, value, source in measured.sources]
    alone = given.room * given.cores_of_a_replica / measured.seconds_of_a_use
    day = alone * DAY / given.peak
    return [
        "# From one laptop to a million visitors a day",
        _wrapped(
            "Computed by `python -m tests.benchmarks.scale` from the measured figures below and the assumptions at "
            "the end; a test holds this page to what that prints. Change an assumption there, and draw it anew."
        ),
        "\n".join(["| measured | value | by |", "| --- | --- | --- |", *rows]),
        _wrapped(
            f"""**The rule.** Work in progress is arrivals per second times the seconds that each takes (Little's law),
            and a queue needs room: at {_percent(given.room)} of what a machine can do waits are short, near 100 % they
            have no end. Everything here is for the busiest time, {given.peak:.0f} times the mean of the day."""
        ),
        _wrapped(
            f"""**One machine of two cores** with the embedded weights does {_plain(alone)} uses a second within that
            room, {_plain(alone * 3_600)} an hour: enough for {_plain(day / given.uses_of_a_visitor)} visitors a day
            with {given.uses_of_a_visitor:.0f} uses each."""
        ),
    ]


def _table(needs: list[Need]) -> str:
    names: dict[str, Callable[[Need], str]] = {
        "uses a day, and rows in the log": lambda n: _plain(n.uses),
        "uses a second, busiest": lambda n: _plain(n.per_second),
        "open tabs, busiest": lambda n: _plain(n.tabs),
        "GB of log a month": lambda n: _plain(n.gigabytes_of_a_month),
        "**embedded weights:** cores busy": lambda n: _plain(n.cores_embedded),
        "replicas of two cores": lambda n: f"{n.replicas_embedded:,}",
        "connections to PostgreSQL, at most": lambda n: f"{n.connections:,}",
        "cost a month, about": lambda n: _plain(n.cost_embedded),
        "**an engine on GPUs:** tokens written a second": lambda n: _plain(n.tokens),
        "answers being written at once": lambda n: _plain(n.answers_at_once),
        "GPUs, at the cautious and the best rate": lambda n: f"{n.gpus:,} / {n.gpus_best:,}",
        "replicas that only draw pages": lambda n: f"{n.replicas_remote:,}",
        "cost a month, about, at the cautious rate": lambda n: _plain(n.cost_remote),
    }
    lines = ["| visitors a day | " + " | ".join(f"{need.visitors:,}" for need in needs) + " |"]
    lines += ["| --- |" + " ---: |" * len(needs)]
    lines += [f"| {name} | " + " | ".join(tell(need) for need in needs) + " |" for name, tell in names.items()]
    return "\n".join(lines)


def _moves(needs: list[Need], measured: Measured, given: Assumptions) -> list[str]:
    crossing = next((need for need in needs if need.cost_remote < need.cost_embedded), None)
    pays = (
        f"By these prices it is also the cheaper way from about {crossing.visitors:,} visitors a day on."
        if crossing
        else "By these prices the small embedded weights stay the cheaper way at every size: it buys quality."
    )
    seconds = 2.0
    shares = (0.5, given.room, 0.8, 0.9, 0.95)
    waits = ", ".join(
        f"{_plain(waiting_seconds(each * 8 / seconds, seconds, 8))} s at {_percent(each)}" for each in shares
    )
    steps = (
        "**A laptop or a free space, SQLite**, until one machine's room is used up. Nothing to run beside it.",
        """**PostgreSQL and a second process** ([deploy/compose.yaml](../deploy/compose.yaml)), when a restart must not
        be noticed or one machine is too small. SQLite refuses a second server.""",
        f"""**An engine on a GPU** (`HEARBACK_PROFILE=remote`), for better answers at any size; the replicas then need
        no weights and half the memory. {pays}""",
        f"""**More replicas and GPUs**: both grow with the visitors; one visitor stays with one replica. Above
        {100 // given.connections_of_a_replica} replicas raise PostgreSQL's `max_connections` of 100, or put PgBouncer
        in session mode between.""",
        f"""**The log**: a million visitors a day write {_plain(needs[-1].uses * MONTH_DAYS)} rows a month. Insights
        read counts that are kept with the rows, and what is older than its retention is archived or deleted by a job,
        so disks hold months, not years.""",
    )
    return [
        "## When to move to what",
        "\n".join(_wrapped(step, f"{number}. ") for number, step in enumerate(steps, 1)),
        _wrapped(
            f"""**Room in a queue.** The mean wait for one of 8 places, where an answer takes {seconds:.0f} s, by how
            busy they are: {waits}. This is why replicas are counted at {_percent(given.room)}, and why Hearback
            refuses with the expected wait rather than queue without end."""
        ),
    ]


def _assumed(given: Assumptions) -> list[str]:
    points = (
        f"""A visitor makes {given.uses_of_a_visitor:.0f} uses, draws {given.pages_of_a_use:.0f} pages for each, and
        keeps a tab for {given.visit_seconds / 60:.0f} minutes; the busiest time has {given.peak:.0f} times the
        day's mean.""",
        """Nothing is answered from what is kept of equal requests, which a crowd with the same questions would make a
        large part of.""",
        f"""With larger weights a use writes {given.tokens_written} tokens and reads some hundreds, and an answer takes
        {given.seconds_of_an_answer_on_gpu:.0f} s. One GPU (H100, weights of 7 billion parameters in FP8) writes
        {given.gpu_tokens:,.0f} (cautious) to {given.gpu_tokens_best:,.0f} (best) tokens a second: NVIDIA's
        documentation of TensorRT-LLM 0.5.0, "Performance", LLaMA 7B, gives 2,058 where 2,048 are read and 128 written,
        and 9,193 where it is 128 and 128. Nothing was measured on a GPU here.""",
        f"""A replica has {given.cores_of_a_replica} cores and {given.gigabytes_of_a_replica:.0f} GB, and up to
        {given.connections_of_a_replica} connections. Prices are of no provider, put in your own: a core
        {_plain(given.core_month)} a month, a GPU {given.gpu_hour} an hour, a GB of database {given.gigabyte_month} a
        month, six months kept. Traffic, people and backups are not in it.""",
    )
    return ["## Assumed", "\n".join(_wrapped(point, "- ") for point in points)]


def page(results: Mapping[str, Any] | None = None) -> str:
    """Return the page for results.json as it is now, or for other results."""
    if results is None:
        results = json.loads((FOLDER / "results.json").read_text(encoding="utf-8"))
    return draw(read_measured(results["records"]), Assumptions())


def main() -> int:
    """Write the page."""
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
