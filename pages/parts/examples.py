"""Examples to click: each fills the input of its page and starts it. Owns the session keys `example_<task>`."""

from __future__ import annotations

import streamlit as st

from core.types import Task

SUPPORT = (
    "How long do I have to return something?",
    "What does a return label from Spain cost?",
    "My lamp arrived damaged. What now?",
)
TRANSLATE = (
    "Thank you for your order. We will send it tomorrow morning.",
    "Das Zimmer war sauber und ruhig, aber das Frühstück kam zu spät.",
    "¿Puedo cambiar la fecha de mi reserva sin pagar más?",
)
SUMMARIZE = {
    "A talk about flyers": (
        "Mara: Did you get the invoice from the printer? They charged us twice for the March flyers.\n"
        "Tom: I saw it. I called them this morning, and they will refund 240 euros by Friday.\n"
        "Mara: Good. And the new banner for the fair?\n"
        "Tom: It is late. They can deliver on the 14th, which leaves us one day.\n"
        "Mara: That is too tight. Can you ask the shop in Lindenstrasse for a quote?\n"
        "Tom: I will do that today and send you both prices before lunch tomorrow.\n"
        "Mara: Please do. If it stays under 180 euros, just order it."
    ),
    "News of a closed path": (
        "The river path between the old mill and the harbour will be closed from Monday, 3 March, until the end of "
        "April. The council is replacing the wooden deck, which was laid in 1998 and has become slippery. Cyclists "
        "are sent over Mill Lane, and people on foot can use the meadow gate. The work costs 410,000 euros, of which "
        "the region pays half. A first plan to widen the path was dropped after residents asked for the alder trees "
        "to be kept. The new deck will be made of recycled plastic and should last thirty years. Boats can pass the "
        "site at all times except on two Sundays in March, when a crane stands in the channel."
    ),
    "A report on shorter weeks": (
        "Our trial of the four-day week ran for six months in three teams. Customer tickets were answered within the "
        "same time as before, at a median of five hours. Sick days fell from 3.1 to 2.2 per person. Two things went "
        "worse: Friday handovers were missed eleven times, and new colleagues took longer to find somebody to ask. "
        "The teams want to keep the shorter week if every Friday has a named contact. Management decided to extend "
        "the trial by three months with that change, and to include the warehouse, where shifts make it harder. A "
        "final decision is due in September."
    ),
}
SENTIMENT = (
    "The app is quick and the people on the phone were kind. I would buy here again.",
    "Drei Wochen gewartet, und dann kam das falsche Teil. Sehr enttäuschend.",
    "The parcel arrived on Tuesday in a grey box.",
)
EXAMPLES: dict[Task, dict[str, str]] = {
    Task.SUPPORT: {text: text for text in SUPPORT},
    Task.TRANSLATE: {text: text for text in TRANSLATE},
    Task.SUMMARIZE: SUMMARIZE,
    Task.SENTIMENT: {text: text for text in SENTIMENT},
}


def offer(task: Task) -> None:
    """Draw the three examples of a task as small buttons; the clicked one is what `taken` returns next."""
    with st.container(horizontal=True, gap="small", key=f"examples_{task}"):
        for label, text in EXAMPLES[task].items():
            st.button(label, key=f"example_{task}_{label}", type="tertiary", on_click=choose, args=(task, text))


def choose(task: Task, example: str) -> None:
    """Put an example into the page's input, to be started when the page is drawn next."""
    st.session_state[f"{task}_text"] = example
    st.session_state[f"example_{task}"] = example


def taken(task: Task) -> str:
    """Return the example that was clicked, once, or ""."""
    return str(st.session_state.pop(f"example_{task}", ""))
