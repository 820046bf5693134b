"""Where a head or adapter comes from: the chain from visitors' clicks to what serves, readable from top to bottom."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.types import Member
from pages.parts.learning_live_words import switch_line, title, when
from pages.parts.learning_runs_words import TITLES, took
from pages.parts.plain import plain, plain_line
from pages.parts.wiring import office

if TYPE_CHECKING:
    from core.store.lineage import DatasetPart, Lineage, Link, RunPart

SPLITS = {"train": "learned from", "validation": "to choose by", "held_out": "held out"}
RATED = {1: "good", 0: "not good", None: ""}


def draw(who: Member, artefact_id: str, names: dict[str, str]) -> None:
    """Draw the chain; `names` are those of all artefacts by their ids. Raises HearbackError."""
    found = office().registry.lineage(who, artefact_id)
    with st.container(border=True, key=f"live_chain_{artefact_id}"):
        _draw_links(found)
        _draw_dataset(found.dataset)
        _draw_run(found.run)
        artefact = found.artefact
        _step(
            "deployed_code",
            f"**{title(artefact)}**, {when(artefact.created_at)}",
            f"On {plain_line(artefact.base_id)}. SHA-256 {artefact.sha256[:12]}, base {artefact.base_sha256[:12]}.",
        )
        for one in found.evaluations:
            rival = names.get(one.live_id, "the weights that ship")
            _step("balance", f"**Compared** with {rival}, {when(one.created_at)}", plain(one.sentence))
        for switch in found.switches:
            _step("swap_horiz", f"**Switched**: {switch_line(switch, names)}")
        if not found.switches:
            _step("hourglass_empty", ":gray[It has never served.]")


def _draw_links(found: Lineage) -> None:
    links = found.links
    said = [one for one in links if one.source_kind == "correction"]
    days = sorted(one.said_at for one in links if one.said_at)
    span = f", {_span(days[0], days[-1])}" if days else ""
    visitors = found.dataset.visitors if found.dataset else 0
    people = f"{visitors:,} {'visitor' if visitors == 1 else 'visitors'}"
    rows = f"{found.rows:,} {'row' if found.rows == 1 else 'rows'}"
    if not links:
        _step("touch_app", ":gray[Nothing is left of what it learned from: those visitors were forgotten.]")
        return
    first = f"{len(said):,} of its {rows} are corrections" if found.rows <= len(links) else f"{rows}"
    _step("touch_app", f"**{people} said so**{span}", f"{first}. What they saw, said, and what became of it:")
    st.dataframe(
        _table(links),
        hide_index=True,
        column_config={"asked": _TIME, "said at": _TIME, "approved": _TIME},
        height=min(38 * (len(links) + 1), 300),
    )
    if found.rows > len(links):
        st.caption(f"The first {len(links)} of {found.rows:,} rows; all of them stand in Datasets.")


_TIME = st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm", timezone="UTC")


def _table(links: tuple[Link, ...]) -> dict[str, list[Any]]:
    return {
        "input": [one.input_text for one in links],
        "answered": [one.output_text for one in links],
        "right": [one.said for one in links],
        "rated": [RATED.get(one.score, "") for one in links],
        "asked": [one.asked_at for one in links],
        "said at": [one.said_at for one in links],
        "approved": [one.reviewed_at for one in links],
        "by": [one.reviewer for one in links],
        "used": [SPLITS.get(one.split, one.split) for one in links],
        "segment": [one.segment for one in links],
    }


def _draw_dataset(dataset: DatasetPart | None) -> None:
    if dataset is None:
        _step("dataset", ":gray[Its dataset is not known.]")
        return
    rows = ", ".join(f"{dataset.rows[split]:,} {name}" for split, name in SPLITS.items() if split in dataset.rows)
    erased = f" {dataset.erased:,} rows are gone since, with visitors who left." if dataset.erased else ""
    by = f" by {plain_line(dataset.created_by, 80)}" if dataset.created_by else ""
    _step(
        "dataset",
        f"**Dataset {dataset.number}**, frozen{by}, {when(dataset.created_at)}",
        f"{rows or 'No rows'}. SHA-256 {dataset.sha256[:12]}.{erased}",
    )


def _draw_run(run: RunPart | None) -> None:
    if run is None:
        return
    how = run.training
    preset = TITLES.get(str(how.get("preset", "")), str(how.get("preset", "")))
    parts = [str(how.get("method", "")), f"preset {preset.lower()}" if preset and how.get("method") != "head" else ""]
    lasted = took(run.started_at, run.ended_at)
    parts += [f"ε = {how['epsilon']:g}" if how.get("epsilon") else "", f"took {lasted}" if lasted else ""]
    by = f" by {plain_line(run.name, 80)}" if run.name else ""
    at = f", {when(run.started_at)}" if run.started_at else ""
    _step("model_training", f"**Trained**{by}{at}", ", ".join(plain_line(part) for part in parts if part) + ".")


def _span(first: datetime, last: datetime) -> str:
    if first.date() == last.date():
        return f"on {first:%d %b %Y}"
    return f"from {first:%d %b %Y} to {last:%d %b %Y}"


def _step(icon: str, line: str, more: str = "") -> None:
    st.markdown(f":material/{icon}: {line}" + (f"\\\n:small[{more}]" if more else ""))
