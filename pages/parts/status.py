"""How this server stands, in sentences: what needs somebody first, then each part with what it is made of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import streamlit as st

from core.loop import RunState
from core.types import Member
from pages.parts.plain import plain, plain_line
from pages.parts.wiring import office, watch

if TYPE_CHECKING:
    from core.health import Health

LOOK_SECONDS = 5.0
BACKED_UP = "backed up"
OLD_BACKUP_DAYS = 7
GIGABYTE, MEGABYTE = 1e9, 1e6
STATES = {
    "ready": ":green[:material/check_circle:] ready",
    "preparing": ":orange[:material/hourglass_top:] being prepared",
    "waiting": ":gray[:material/schedule:] opens on first use",
    "failed": ":orange[:material/error:] not available",
}


@st.fragment(run_every=LOOK_SECONDS)
def draw(who: Member) -> None:
    """Draw how everything stands, looked at again every few seconds; raises HearbackError."""
    now = watch().now()
    st.markdown(headline(now))
    for trouble in now.troubles:
        st.warning(plain(trouble), icon=":material/warning:")
    st.subheader("Engines", anchor=False)
    with st.container(border=True):
        _draw_engines(now)
    st.subheader("Around them", anchor=False)
    with st.container(border=True):
        for name, said in (
            ("Server", server(now)),
            ("Database", "It answers." if now.is_database_up else plain(now.database_said)),
            ("Records", records(now)),
            ("Queue", f"{now.running:,} answers are being made, {now.waiting:,} wait."),
            ("Disk", disk(now)),
            ("Trainer", _trainer(who)),
            ("Last backup", _backup(who)),
        ):
            _row(name, said)
    looked = f"{datetime.now(UTC):%H:%M:%S} UTC"
    st.caption(f"Looked at {looked}, again every {LOOK_SECONDS:.0f} seconds. Machines find the same at /metrics.")


def headline(now: Health) -> str:
    """Return the sentence that matters."""
    if not now.troubles:
        ready = sum(engine.state == "ready" for engine in now.engines)
        return f"Everything works: {ready} of {len(now.engines)} engines are open, and all uses are written down."
    count = len(now.troubles)
    return f"**{'One thing needs' if count == 1 else f'{count} things need'} you.** Whatever is not named here works."


def server(now: Health) -> str:
    """Return since when it is up, and what ended it before."""
    up = f"It is up since {now.up_since:%d %B %Y, %H:%M} UTC."
    if not now.ended_by:
        return up
    times = "once" if len(now.ended_by) == 1 else f"{len(now.ended_by)} times"
    last = plain_line(now.ended_by[-1], 20)
    return f"{up} :orange[It was killed {times} before and started again, the last time by {last}.]"


def records(now: Health) -> str:
    """Return what waits to be written down, and what was lost."""
    backlog = now.backlog
    if backlog.since is None:
        waits = "Nothing waits."
    else:
        size = f"{backlog.spool_bytes / MEGABYTE:.1f} of {backlog.limit_bytes / MEGABYTE:.0f} MB"
        waits = f"{backlog.waiting:,} wait since {backlog.since:%H:%M} UTC, {size}."
    others = " Each other server counts its own." if now.is_shared else ""
    return f"{waits} This server lost {backlog.dropped:,} since its start.{others}"


def disk(now: Health) -> str:
    """Return how much room is left."""
    if not now.disk_total:
        return "The system does not say."
    return f"{now.disk_free / GIGABYTE:.1f} of {now.disk_total / GIGABYTE:.1f} GB are free."


def _draw_engines(now: Health) -> None:
    for engine in now.engines:
        made_of = " · ".join(part for part in (engine.weights, engine.device, engine.dtype) if part)
        said = STATES.get(engine.state, plain_line(engine.state))
        detail = f" :gray[{plain_line(engine.detail, 200)}]" if engine.detail and engine.state != "failed" else ""
        _row(engine.name[:1].upper() + engine.name[1:], f"{said} :gray[{plain_line(made_of)}]{detail}")


def _row(name: str, said: str) -> None:
    left, right = st.columns([1, 4], gap="small", vertical_alignment="top")
    left.markdown(f"**{plain_line(name)}**")
    right.markdown(said)


def _trainer(who: Member) -> str:
    runs = office().training.runs(who, 20)
    waiting = sum(run.state is RunState.QUEUED for run in runs)
    if any(run.state is RunState.RUNNING for run in runs):
        return f"One training runs, {waiting:,} wait."
    if waiting:
        return f"{waiting:,} trainings wait; one begins within seconds."
    return f"It rests. The last training {runs[0].state.value}." if runs else "It rests. Nothing was trained yet."


def _backup(who: Member) -> str:
    found = office().access.audit(who, None, BACKED_UP).entries
    if not found:
        return "None is known of. Make one with: `python -m core backup FOLDER`"
    days = (datetime.now(UTC) - found[0].at).days
    old = " :orange[That is long ago.]" if days >= OLD_BACKUP_DAYS else ""
    return f"{found[0].at:%d %B %Y, %H:%M} UTC, {plain_line(found[0].subject)}.{old}"
