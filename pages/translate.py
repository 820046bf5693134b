"""Somebody has a text in one language and needs it in another: a draft at once, a better one while they read.

State: `translate_text` and the choices of `parts.languages`, all widgets that survive a page switch.
"""

from functools import partial

import streamlit as st

from core.errors import HearbackError
from core.limits import TRANSLATION_CHARACTERS
from core.types import Task
from pages.parts import examples, languages, press, reply, running
from pages.parts.plain import plain
from pages.parts.visitor import visitor_id
from pages.parts.wiring import desk

st.title("Translate", anchor=False)
st.markdown("Put a text or a file into another language: a draft first, then a better one.")

left, right = st.columns(2, gap="large")
try:
    visitor = visitor_id()
    with left:
        source, target, is_careful = languages.choose()
        text_tab, file_tab = st.tabs(["Text", "File"])
        with text_tab:
            text = st.text_area(
                "Text to translate",
                key="translate_text",
                height=150,
                max_chars=TRANSLATION_CHARACTERS,
                persist_state="session",
                label_visibility="collapsed",
                placeholder="Type or paste a text in any of the languages above",
            )
            button = st.container()
            examples.offer(Task.TRANSLATE)
        with file_tab:
            file = languages.file_to_translate()
    with button:
        is_asked = press.button("Translate", key="translate_start", type="primary")
    if file:
        start = partial(desk().translate_file, visitor, *file[:2], target, source, file[2])
        running.attach(Task.TRANSLATE, start)
    if is_asked or examples.taken(Task.TRANSLATE):
        running.attach(Task.TRANSLATE, partial(desk().translate, visitor, text or "", target, source, is_careful))

    with right:
        view = running.attached(Task.TRANSLATE)
        if view and view.is_over and (other := languages.detected(view)):
            again = partial(desk().translate, visitor, view.input_text, view.result.target, other, is_careful)
            running.attach(Task.TRANSLATE, again)
        reply.draw_view(view, "The translation will be here, with the detected language and both texts side by side.")
    reply.draw_earlier(Task.TRANSLATE, without=view.interaction_id if view else "")
except HearbackError as error:
    st.error(plain(str(error)), icon=":material/error:")
