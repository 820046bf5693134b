"""Frozen datasets out of approved corrections: what is ready, what would be trained on, and what was frozen.

Owns the session keys that begin with `datasets_`.
"""

from __future__ import annotations

from collections import Counter
from functools import partial

import streamlit as st

from core.jobs import JobView
from core.office.datasets import USEFUL_ROWS, Preview
from core.types import Member, Task
from pages.parts import learning_datasets_frozen, learning_datasets_rows, press, running, sample_data, scope
from pages.parts.plain import plain
from pages.parts.wiring import office

NAMES = {
    Task.TRANSLATE: "Translation",
    Task.SENTIMENT: "Sentiment",
    Task.SUPPORT: "Support",
    Task.SUMMARIZE: "Summaries",
}
POLL_SECONDS = 0.5


def draw(who: Member) -> None:
    """Draw the section; raises HearbackError."""
    stock = office().usage.stock(who)
    ready = office().datasets.ready(who)
    # Whoever has nothing of their own yet, but has loaded the sample company, came to see that.
    is_sample = scope.whose(stock.has_sample, is_real_first=any(ready.values()))
    if is_sample:
        sample_data.mark()
        ready = office().datasets.ready(who, is_sample)
    st.markdown(_lead(ready))
    if not any(ready.values()):
        _ways_on(who)
    best = max(NAMES, key=lambda one: ready[one])
    task = st.segmented_control(
        "Task",
        list(NAMES),
        format_func=partial(_label, ready),
        default=best,
        required=True,
        key="datasets_task",
        persist_state="session",
        label_visibility="collapsed",
    )
    _draw_task(who, Task(task or best), is_sample)


def _lead(ready: dict[Task, int]) -> str:
    """Return the sentence that matters: what is ready, and what is still missing."""
    if not any(ready.values()):
        return "**No correction is approved and allowed for training yet.**"
    enough = [name.lower() for task, name in NAMES.items() if ready[task] >= USEFUL_ROWS]
    lacking = [
        f"{USEFUL_ROWS - ready[task]:,} for {name.lower()}"
        for task, name in NAMES.items()
        if 0 < ready[task] < USEFUL_ROWS
    ]
    total = sum(ready.values())
    corrections = "approved correction is" if total == 1 else "approved corrections are"
    said = f"**{total:,} {corrections} ready"
    said += f": enough for {_joined(enough)}.**" if enough else ".**"
    if lacking:
        said += f" A comparison can tell something from about {USEFUL_ROWS} on: missing are {_joined(lacking)}."
    return said


def _label(ready: dict[Task, int], task: Task) -> str:
    return f"{NAMES[task]} · {ready[task]:,}"


def _draw_task(who: Member, task: Task, is_sample: bool) -> None:
    found = office().datasets.peek(who, task, is_sample)
    if isinstance(found, JobView):
        if found.is_over:
            st.error(plain(found.sentence), icon=":material/error:")
        else:
            _wait(who, task, is_sample)
        return
    if found.rows:
        _freeze(who, found)
        learning_datasets_rows.draw(who, found)
    else:
        st.markdown(f":gray[{_why_empty(found)}]")
    learning_datasets_rows.draw_left_out(found.card["left_out"])
    learning_datasets_frozen.draw(who, task, is_sample, found.is_frozen)


def _freeze(who: Member, found: Preview) -> None:
    view = office().datasets.work(who, found.task, str(st.session_state.get(f"datasets_job_{found.task}", "")))
    if view is not None and not view.is_over:
        _watch(who, found.task, view.job_id)
        return
    last = found.last
    rows = "row" if len(found.rows) == 1 else "rows"
    if found.is_frozen and last:
        st.markdown(
            f"**Dataset {last.number} holds all {len(found.rows):,} {rows} that there are now.** Train on it below, or "
            "come back when more is approved."
        )
    else:
        after = f" Dataset {last.number}, the newest, has {last.total:,}." if last else ""
        st.markdown(f"**{len(found.rows):,} {rows} would be frozen now**: {_sources(found)}.{after}")
    if not found.is_frozen and press.button(
        "Freeze dataset",
        key=f"datasets_freeze_{found.task}_{found.is_sample}",
        type="primary",
        icon=":material/ac_unit:",
    ):
        with press.undisturbed():
            st.session_state[f"datasets_job_{found.task}"] = office().datasets.start(who, found.task, found.is_sample)
        st.rerun()
    if view is None or f"datasets_job_{found.task}" not in st.session_state:
        return
    if view.state == "finished":
        st.success(
            f"This is dataset {view.result.number}: {view.result.total:,} rows, frozen. It stands below.",
            icon=":material/check:",
        )
    else:
        st.error(plain(view.sentence), icon=":material/error:")


def _sources(found: Preview) -> str:
    """Return where the rows come from, as there are more than visitors' corrections."""
    counted = Counter(row.source_kind for row in found.rows)
    return _joined(
        [f"{counted[kind]:,} from {word}" for kind, word in learning_datasets_rows.PLURALS.items() if counted[kind]]
    )


def _why_empty(found: Preview) -> str:
    if found.left_out:
        return f"Nothing can be trained on for {NAMES[found.task].lower()} yet; below is why."
    return f"Nobody has corrected anything of {NAMES[found.task].lower()} yet. Approved corrections come here."


def _ways_on(who: Member) -> None:
    with st.container(border=True, key="datasets_empty"):
        st.markdown(
            "What visitors correct is reviewed first. Whatever is approved then, and its visitor gave to training, is "
            "collected here, split into what teaches and what examines, and frozen for training."
        )
        st.page_link("founder/review.py", label="Review what visitors said", icon=":material/rate_review:")
    sample_data.offer(who)


def _joined(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


@st.fragment(run_every=POLL_SECONDS)
def _wait(who: Member, task: Task, is_sample: bool) -> None:
    found = office().datasets.peek(who, task, is_sample)
    if not isinstance(found, JobView) or found.is_over:
        st.rerun()
    running.draw_progress(found)


@st.fragment(run_every=POLL_SECONDS)
def _watch(who: Member, task: Task, job_id: str) -> None:
    view = office().datasets.work(who, task, job_id)
    if view is None or view.is_over:
        st.rerun()
    with st.container(key="datasets_running"):
        running.draw_progress(view)
        if st.button("Stop", key="datasets_stop", icon=":material/stop_circle:"):
            office().datasets.stop(who, job_id)
