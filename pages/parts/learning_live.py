"""What serves now, since when and how visitors like it, what served before, and the way back.

Owns the session keys that begin with `live_`; sets `learning_section` to lead to the datasets and the comparison.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.loop import Artefact
from core.types import Member, Task
from pages.parts import learning_live_deeds, learning_live_lineage, learning_runs_list
from pages.parts.learning_live_words import (
    BADGES,
    NAMES,
    change_line,
    is_current,
    memory_line,
    sentence,
    short,
    switch_line,
    title,
    waiting,
    when,
)
from pages.parts.plain import plain, plain_line
from pages.parts.wiring import office

if TYPE_CHECKING:
    from core.office.registry import Place
    from core.store.artefacts import Switch
    from core.store.lineage import EvaluationPart
    from core.store.retiring import MemoryCount

SHOWN_SWITCHES = 10
SHOWN_ARTEFACTS = 20


def draw(who: Member) -> None:
    """Draw the section; raises HearbackError."""
    # The job first: what it switched stands in all that is read after it.
    top = st.container()
    learning_live_deeds.draw_job(who)
    places = office().registry.places(who)
    trained = office().registry.artefacts(who)
    history = office().registry.history(who)
    top.markdown(sentence(places))
    if next_step := waiting(trained, places, office().registry.verdicts(who)):
        top.markdown(next_step)
    if not trained:
        _draw_empty()
        return
    names = {one.artefact_id: title(one) for one in trained}
    for one in trained:
        learning_live_deeds.draw_retrain(who, one)
    memory = office().registry.memory(who)
    for task in NAMES:
        mine = [place for place in places if place.task is task and (place.switch is not None or place.segment)]
        for place in mine:
            _draw_place(who, place, [one for one in history if _is_of(one, place)], names, memory.get(task))
    learning_live_deeds.draw_rule(who)
    _draw_trained(who, trained, places, names)


def _draw_empty() -> None:
    with st.container(border=True, key="live_empty"):
        st.markdown(
            "Heads and adapters that learned from your visitors' corrections will stand here, with what they were made "
            "of and the way back. It begins with a dataset of approved corrections."
        )
        st.button("Go to Datasets", key="live_to_datasets", type="primary", icon=":material/dataset:",
                  on_click=learning_runs_list.open_section, args=("Datasets",))  # fmt: skip


def _is_of(switch: Switch, place: Place) -> bool:
    return (switch.task, switch.segment) == (place.task, place.segment)


def _draw_place(
    who: Member, place: Place, history: list[Switch], names: dict[str, str], memory: MemoryCount | None
) -> None:
    key = f"{place.task}_{place.segment}"
    with st.container(border=True, key=f"live_place_{key}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            to = f" for {plain_line(place.segment)}" if place.segment else ""
            st.markdown(f"**{NAMES[place.task]}{to}** · {short(place)}", width="stretch")
            learning_live_deeds.draw_roll_back(who, place)
        _draw_standing(place)
        if memory is not None and not place.segment:
            st.caption(_memory(place, memory))
        if history:
            with st.expander(f"What served before ({len(history)})", icon=":material/history:"):
                st.markdown("\n".join(f"- {switch_line(one, names)}" for one in history[:SHOWN_SWITCHES]))
                if len(history) > SHOWN_SWITCHES:
                    st.caption(f"The last {SHOWN_SWITCHES}; all of them stand in the audit log.")
        if place.artefact is not None:
            _draw_origin(who, place.artefact, names)


def _draw_standing(place: Place) -> None:
    last = place.switch
    if place.problem:
        st.error(f"{plain(place.problem)} What is beneath it answers meanwhile.", icon=":material/error:")
    if last is not None and last.kind == "rolled back alone":
        st.warning(
            f"Taken back by itself on {when(last.at)}: {plain(last.reason)}", icon=":material/published_with_changes:"
        )
    if place.artefact is None or last is None:
        return
    st.caption(f"Since {when(last.at)}" + (f", by {plain_line(last.name, 80)}" if last.name else ", by itself"))
    if last.kind == "overridden":
        st.markdown(f":orange-badge[over the gate] {plain(last.reason)}")
    elif place.verdict is not None:
        st.markdown(f":material/balance: {plain(place.verdict.sentence)}")
    if place.standing is not None:
        st.markdown("\n".join(f"- {change_line(one)}" for one in place.standing.changes))
        st.caption(
            "Of real uses since, against those that what served before answered; the newest may yet be corrected."
        )


def _memory(place: Place, memory: MemoryCount) -> str:
    now = f"Shared memory: {memory.working:,} at work, {memory.retired:,} resting."
    told = memory_line(place.switch) if place.switch is not None and place.artefact is not None else ""
    if not told:
        return now
    was = int(place.switch.memory.get("retired", 0)) if place.switch is not None else 0
    more = " Some work again, because a segment has weights of its own or a correction changed." * (
        memory.retired < was
    )
    return f"{told} Now: {memory.working:,} at work, {memory.retired:,} resting.{more}"


def _draw_origin(who: Member, artefact: Artefact, names: dict[str, str]) -> None:
    """Draw the chain once it is asked for: it reads many rows."""
    if st.toggle("Where it comes from", key=f"live_origin_{artefact.artefact_id}"):
        learning_live_lineage.draw(who, artefact.artefact_id, names)


def _draw_trained(who: Member, trained: tuple[Artefact, ...], places: tuple[Place, ...], names: dict[str, str]) -> None:
    verdicts = office().registry.verdicts(who)
    live = [one for one in trained if one.state == "live"]
    others = [one for one in trained if one.state != "live"]
    st.subheader("Everything that was trained", anchor=False)
    st.caption(f"{len(trained):,} in all, {len(live):,} live." + (" What is live stands above." if live else ""))
    if not others:
        return
    tasks = [task for task in NAMES if any(one.task is task for one in others)]
    chosen = st.pills("Task", tasks, format_func=NAMES.__getitem__, key="live_task") if len(tasks) > 1 else None
    shown = [one for one in others if chosen is None or one.task is Task(chosen)]
    for one in shown[:SHOWN_ARTEFACTS]:
        verdict = verdicts.get(one.artefact_id)
        is_old = verdict is not None and not is_current(verdict, one, places)
        _draw_one(who, one, verdict, names, is_old=is_old)
    if len(shown) > SHOWN_ARTEFACTS:
        st.caption(f"The newest {SHOWN_ARTEFACTS} of {len(shown):,}.")


def _draw_one(
    who: Member, one: Artefact, verdict: EvaluationPart | None, names: dict[str, str], *, is_old: bool
) -> None:
    word, color = BADGES[one.state]
    with st.container(border=True, key=f"live_one_{one.artefact_id}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            sample = " :orange-badge[:material/science: Sample data]" if one.is_sample else ""
            st.markdown(f"**{title(one)}** :{color}-badge[{word}]{sample}", width="stretch")
            st.button("Compare", key=f"live_compare_{one.artefact_id}", icon=":material/balance:",
                      on_click=learning_runs_list.open_section, args=("Compare", one.artefact_id))  # fmt: skip
        st.caption(f"Trained {when(one.created_at)}.")
        if verdict is not None:
            st.markdown(plain(verdict.sentence))
            if is_old:
                st.caption("Something else serves since then: compare again before it can be promoted.")
        elif not one.is_sample:
            st.markdown(":gray[Not compared with what serves yet.]")
        with st.container(horizontal=True, vertical_alignment="center"):
            learning_live_deeds.draw_promotion(who, one, None if is_old else verdict)
        _draw_origin(who, one, names)
