"""The figures of a comparison: paired differences with their intervals as a picture, and all numbers as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from core.tasks.language import LANGUAGES
from pages.parts import charts
from pages.parts.charts_compare import Change, differences, signed
from pages.parts.plain import plain, plain_line

if TYPE_CHECKING:
    from core.office.comparison import View

KINDS = {
    "language": "language",
    "segment": "segment",
    "judged": "how it was judged",
    "shipped": "sentences that ship",
}
NAMES = {"base": "what ships", "live": "what serves", "candidate": "candidate"}


def draw(view: View) -> None:
    """Draw the chart, and the tables behind it."""
    assert view.evaluation is not None  # noqa: S101 - narrows the type; the caller has looked
    told = view.evaluation.figures
    rows, label = _changes(told), str(told["measure"]["label"])
    figure = differences(
        rows,
        f"{label[:1].upper() + label[1:]}: candidate against what serves",
        "Points; right is better; bands: 95 %; hollow: n < 30",
    )
    charts.draw(figure, "compare_chart", _told(rows))
    _draw_metrics(told)
    _draw_groups(told)
    _draw_speed(told)
    _draw_notes(told)


def _changes(told: dict[str, Any]) -> list[Change]:
    whole = told["metrics"][0]
    rows = [Change("All items", whole["difference"], whole["low"], whole["high"], whole["n"])]
    for one in told["groups"]:
        is_part = one["kind"] == "shipped" and one["name"] != "all that ship"
        is_all = one["kind"] == "language" and one["n"] == whole["n"]
        if not is_part and not is_all:
            rows.append(Change(_name(one), one["difference"], one["low"], one["high"], one["n"]))
    return rows


def _name(group: dict[str, Any]) -> str:
    name = str(group["name"])
    if not name:
        return {"segment": "no segment", "language": "unknown language"}.get(group["kind"], "others")
    return "our own sentences" if name == "all that ship" else LANGUAGES.get(name, name[:40])


def _told(rows: list[Change]) -> str:
    return "Difference in points by group: " + "; ".join(f"{row.name} {signed(row.difference)}" for row in rows)


def _draw_metrics(told: dict[str, Any]) -> None:
    systems = [name for name in NAMES if name in told["fingerprints"]]
    st.dataframe(
        {
            "measure": [one["label"] for one in told["metrics"]],
            **{NAMES[name]: [f"{one['means'][name]:.1f}" for one in told["metrics"]] for name in systems},
            "difference": [signed(one["difference"]) for one in told["metrics"]],
            "95 % interval": [f"{signed(one['low'])} to {signed(one['high'])}" for one in told["metrics"]],
            "n": [one["n"] for one in told["metrics"]],
            "better is": ["lower" if one["is_lower_better"] else "higher" for one in told["metrics"]],
        },
        hide_index=True,
        alt="All measures of all systems, with the paired difference of the candidate to what serves",
    )
    wins = told["wins"]
    share = (
        f"{wins['wins']} of {wins['wins'] + wins['losses']} that differ" if wins["wins"] + wins["losses"] else "none"
    )
    st.markdown(
        f"Better on **{wins['wins']}**, worse on **{wins['losses']}**, alike on **{wins['ties']}** of {wins['n']} "
        f"items: {share}, 95 % interval {wins['low']:.2f} to {wins['high']:.2f}; exact sign test, one-sided, "
        f"{_chance(wins['p'])}."
    )
    if base := told.get("over_base"):
        st.markdown(
            f"Against what ships: better on {base['wins']}, worse on {base['losses']}, alike on {base['ties']}; "
            f"{signed(base['mean'])} points ({signed(base['low'])} to {signed(base['high'])})."
        )


def _chance(value: float) -> str:
    return "p < 0.0001" if value < 0.0001 else f"p = {value:.4f}"


def _draw_groups(told: dict[str, Any]) -> None:
    if not told["groups"]:
        return
    with st.expander("By group, as a table", icon=":material/table_rows:"):
        groups = told["groups"]
        st.dataframe(
            {
                "by": [KINDS[one["kind"]] for one in groups],
                "group": [_name(one) for one in groups],
                "n": [one["n"] for one in groups],
                "difference": [signed(one["difference"]) for one in groups],
                "95 % interval": [f"{signed(one['low'])} to {signed(one['high'])}" for one in groups],
                "better, worse, alike": [
                    f"{one['wins']['wins']}, {one['wins']['losses']}, {one['wins']['ties']}" for one in groups
                ],
            },
            hide_index=True,
            alt="The paired difference of each group",
        )


def _draw_speed(told: dict[str, Any]) -> None:
    speed = told["speed"]
    if not speed:
        return
    times = ", ".join(f"{NAMES[name]} {value:.2f} s" for name, value in speed["seconds"].items())
    rates = ", ".join(f"{NAMES[name]} {value:.0f}" for name, value in speed["tokens_per_second"].items())
    per = f" Tokens a second: {rates}." if rates else ""
    st.markdown(f"Seconds an answer, median of {speed['n']} items one at a time: {times}.{per}")


def _draw_notes(told: dict[str, Any]) -> None:
    notes = [f"{count:,} rows were left out: {plain(reason)}." for reason, count in told["left_out"].items()]
    if told["earlier"]:
        times = "candidate was" if told["earlier"] == 1 else "candidates were"
        notes.append(
            f"{told['earlier']} other {times} compared on these items before. The more are tried on the same items, "
            "the sooner one of them is better by luck."
        )
    ids = "; ".join(
        f"{NAMES[name]}: {plain_line(one['weights_id'])} {one['sha256'][:8]}"
        + (f" with {plain_line(one['adapter_id'][:12])}" if one["adapter_id"] else "")
        for name, one in told["fingerprints"].items()
    )
    st.caption("  \n".join([*notes, f"Fingerprints: {ids}."]))
