"""The frozen datasets of a task: their cards, their files, and the way on to training.

Owns the session keys that begin with `datasets_frozen_`; sets `learning_section` and `runs_dataset` to lead there.
"""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.loop import Split
from core.office.datasets import FORMS, Dataset
from core.types import Member, Task
from pages.parts import learning_datasets_rows
from pages.parts.plain import plain_line
from pages.parts.wiring import office

DATASETS_A_PAGE = 5


def draw(who: Member, task: Task, is_sample: bool, is_newest_whole: bool = False) -> None:
    """Draw the list, newest first; training is next where that has all that there is. Raises HearbackError."""
    found = office().datasets.all(who, task, is_sample)
    if not found:
        return
    st.subheader("Frozen", anchor=False)
    pages = -(-len(found) // DATASETS_A_PAGE)
    number = st.pagination(pages, key=f"datasets_frozen_page_{task}_{is_sample}") if pages > 1 else 1
    shown = found[(number - 1) * DATASETS_A_PAGE : number * DATASETS_A_PAGE]
    usable = office().datasets.usable(who, [one.dataset_id for one in shown])
    for one in shown:
        with st.container(border=True, key=f"datasets_frozen_{one.dataset_id}"):
            _draw_one(who, one, usable[one.dataset_id], is_next=one is found[0] and is_newest_whole)


def _draw_one(who: Member, one: Dataset, usable: dict[Split, int], *, is_next: bool) -> None:
    sample = " :orange-badge[:material/science: Sample data]" if one.is_sample else ""
    st.markdown(f"**Dataset {one.number}** · {one.total:,} rows{sample}")
    st.caption(f"{plain_line(one.created_by, 60)} · {one.created_at:%d %B %Y, %H:%M} UTC · {_splits(one)}")
    if gone := _gone(one, usable):
        st.markdown(gone)
    with st.container(horizontal=True, key=f"datasets_frozen_deeds_{one.dataset_id}"):
        st.button(
            "Train on this",
            key=f"datasets_frozen_train_{one.dataset_id}",
            type="primary" if is_next else "secondary",
            icon=":material/model_training:",
            on_click=_to_training,
            args=(one.dataset_id,),
            disabled=not usable.get(Split.TRAIN),
        )
        with st.popover("Card", icon=":material/badge:", key=f"datasets_frozen_card_{one.dataset_id}"):
            learning_datasets_rows.draw_card(one.card)
            st.caption("SHA-256 of the rows")
            st.code(one.sha256, language=None, wrap_lines=True)
        with st.popover("Download", icon=":material/download:", key=f"datasets_frozen_files_{one.dataset_id}"):
            st.caption("As other trainers read it. Who a row came from is not in it.")
            for form, (name, _) in FORMS.items():
                st.download_button(
                    name,
                    data=partial(office().datasets.export, who, one.dataset_id, form),
                    file_name=f"hearback-{one.task.value}-{one.number}-{form}.zip",
                    mime="application/zip",
                    key=f"datasets_frozen_file_{one.dataset_id}_{form}",
                    on_click="ignore",
                )


def _splits(one: Dataset) -> str:
    return ", ".join(
        f"{one.counts[split]:,} to {word}" for split, word in learning_datasets_rows.SPLITS.items() if one.counts[split]
    )


def _gone(one: Dataset, usable: dict[Split, int]) -> str:
    """Return what of it may no longer be used, and why, or nothing."""
    gone = one.total - sum(usable.values())
    if not gone:
        return ""
    erased = min(one.erased, gone)
    parts = []
    if erased:
        parts.append(f"{erased:,} went with visitors who were forgotten or took them back")
    if gone - erased:
        parts.append(f"{gone - erased:,} may no longer be used, because somebody changed their mind")
    return f":orange-badge[:material/person_remove: {gone:,} gone] {'; '.join(parts)}. Training leaves them out."


def _to_training(dataset_id: str) -> None:
    st.session_state["learning_section"] = "Training"
    st.session_state["runs_dataset"] = dataset_id
