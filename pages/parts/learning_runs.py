"""Training: choose a dataset and how to learn from it, watch it, and see what became of earlier ones.

Owns the session keys that begin with `runs_`; sets `learning_section` to lead to the datasets and the comparison.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from core.loop import Split, Training
from core.types import Member, Task
from pages.parts import learning_runs_list
from pages.parts.learning_runs_words import PRIVACY, TITLES, dataset_label, duration
from pages.parts.plain import plain, plain_line
from pages.parts.wiring import office

if TYPE_CHECKING:
    from core.office.datasets import Dataset
    from core.office.training import Plan

METHODS = {"supervised": "Say what is right", "preference": "Prefer what is right"}
METHOD_HELP = (
    "*Say what is right* learns the approved answers (supervised). *Prefer what is right* also unlearns what had been "
    "said before (DPO), and takes about three times as long."
)


def draw(who: Member) -> None:
    """Draw the section; raises HearbackError."""
    datasets = (*office().datasets.all(who), *office().datasets.all(who, is_sample=True))
    runs = office().training.runs(who)
    if not datasets and not runs:
        _draw_empty()
        return
    learning_runs_list.draw_active(who, runs)
    if datasets:
        _draw_form(who, datasets)
    learning_runs_list.draw_over(who, runs)


def _draw_empty() -> None:
    with st.container(border=True):
        st.markdown(
            "**Nothing has been trained yet.** Training learns from a dataset: approved corrections, frozen and split, "
            "so that what comes of it is examined on texts that it has never seen. Build one first."
        )
        st.button("Go to Datasets", key="runs_to_datasets", type="primary", icon=":material/dataset:",
                  on_click=learning_runs_list.open_section, args=("Datasets",))  # fmt: skip


def _draw_form(who: Member, datasets: tuple[Dataset, ...]) -> None:
    with st.container(border=True, key="runs_form"):
        st.subheader("Start a training", anchor=False)
        by_id = {one.dataset_id: one for one in datasets}
        labels = {one.dataset_id: dataset_label(one) for one in datasets}
        dataset_id = st.selectbox("Learn from", list(by_id), key="runs_dataset", format_func=labels.__getitem__)
        dataset = by_id[dataset_id]
        if dataset.is_sample:
            st.markdown(
                ":orange-badge[:material/science: Sample data] What learns from the sample company is for looking at; "
                "it is never promoted."
            )
        training = _chosen(who, dataset)
        plan = office().training.plan(who, dataset_id, training)
        st.caption(_told(plan))
        if st.button("Start training", key="runs_start", type="primary", icon=":material/model_training:"):
            office().training.start(who, dataset_id, training)
            st.rerun()


def _chosen(who: Member, dataset: Dataset) -> Training:
    """Draw what can be chosen for a dataset and return it."""
    if dataset.task is Task.SENTIMENT:
        plan = office().training.plan(who, dataset.dataset_id)
        st.markdown(
            "The head that reads a text's feeling is refitted from the one that ships: "
            f"**{duration(plan.seconds['quick'])}**, most of it for the comparison."
        )
        with st.expander("For experts", icon=":material/tune:"):
            return Training(method="head", preset="quick", segment=_segment(plan), seed=_seed())
    rough = office().training.plan(who, dataset.dataset_id)
    left, right = st.columns(2, gap="medium")
    with left:
        method = st.segmented_control(
            "How", [one for one in METHODS if one in rough.methods], key=f"runs_method_{dataset.dataset_id}",
            format_func=METHODS.__getitem__, default="supervised", required=True, help=METHOD_HELP,
        )  # fmt: skip
    with right:
        epsilon = st.selectbox(
            "Privacy", list(PRIVACY), key="runs_privacy", format_func=PRIVACY.__getitem__,
            help="Differential privacy: no single row can be told from the weights, within the bound ε. A smaller ε "
            "hides more and learns less; with a few hundred rows it often learns nothing.",
        )  # fmt: skip
    training = Training(method=method or "supervised", epsilon=float(epsilon))
    plan = office().training.plan(who, dataset.dataset_id, training)
    preset = st.radio(
        "Effort", list(TITLES), key="runs_preset", index=1, horizontal=True, format_func=TITLES.__getitem__,
        captions=[duration(plan.seconds[name]) for name in TITLES],
    )  # fmt: skip
    with st.expander("For experts", icon=":material/tune:"):
        return Training(
            preset=preset,
            method=training.method,
            segment=_segment(plan),
            epsilon=training.epsilon,
            seed=_seed(),
            options=_options(who, preset),
        )


def _segment(plan: Plan) -> str:
    if not plan.segments:
        return ""
    labels = {"": "Everybody"} | {segment: plain_line(segment) for segment in plan.segments}
    found: str = st.selectbox(
        "Only from and for", list(labels), key="runs_segment", format_func=labels.__getitem__,
        help="A segment's own artefact serves its visitors alone.",
    )  # fmt: skip
    return found


def _seed() -> int:
    return int(st.number_input("Seed", 0, 2**31 - 1, 0, key="runs_seed", help="The same seed gives the same order."))


def _options(who: Member, preset: str) -> dict[str, Any]:
    """Draw what an expert may change and return what differs from the preset."""
    changed: dict[str, Any] = {}
    for place, option in zip(st.columns(3) * 2, office().training.options(who, preset), strict=False):
        kind = int if option.is_whole else float
        with place:
            value = st.number_input(
                option.label, kind(option.low), kind(option.high), kind(option.value), help=option.help,
                key=f"runs_option_{preset}_{option.name}", format="%d" if option.is_whole else "%.5g",
            )  # fmt: skip
        if value != option.value:
            changed[option.name] = value
    return changed


def _told(plan: Plan) -> str:
    counts = plan.counts
    told = (
        f"{counts[Split.TRAIN]:,} rows to learn from, {counts[Split.VALIDATION]:,} to choose by, "
        f"{counts[Split.HELD_OUT]:,} held out to examine it."
    )
    if counts[Split.HELD_OUT] < learning_runs_list.USEFUL_HELD_OUT:
        told += f" Under {learning_runs_list.USEFUL_HELD_OUT} held-out rows the comparison can hardly tell anything."
    return plain(told)
