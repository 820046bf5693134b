"""The theme that is repeated to browsers is the one that Streamlit would put together anew."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit import config
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session

from pages.parts import theme_message

SECTIONS = ("theme", "theme.light", "theme.dark", "theme.sidebar", "theme.light.sidebar", "theme.dark.sidebar")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What Streamlit's own function is asked for, behind the one that remembers."""
    own = app_session._populate_theme_msg
    own = getattr(own, "__wrapped__", own)
    sections: list[str] = []

    def counted(msg: CustomThemeConfig, section: str = "theme") -> None:
        sections.append(section)
        own(msg, section)

    monkeypatch.setattr(app_session, "_populate_theme_msg", counted)
    forget = theme_message.tell_as_before()
    yield sections
    forget()


def whole() -> bytes:
    """The theme as one message, put together as Streamlit does for every run."""
    theme = CustomThemeConfig()
    populate = app_session._populate_theme_msg
    populate(theme)
    populate(theme.light, "theme.light")
    populate(theme.dark, "theme.dark")
    populate(theme.sidebar, "theme.sidebar")
    populate(theme.light.sidebar, "theme.light.sidebar")
    populate(theme.dark.sidebar, "theme.dark.sidebar")
    return theme.SerializeToString(deterministic=True)


def test_the_second_run_is_told_the_same_without_reading_the_options_again(asked: list[str]) -> None:
    first = whole()
    assert sorted(asked) == sorted(SECTIONS)
    assert whole() == first
    assert len(asked) == len(SECTIONS)


def test_it_says_what_streamlit_itself_would_say(asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    remembered = [whole(), whole()]
    monkeypatch.setattr(app_session, "_populate_theme_msg", app_session._populate_theme_msg.__wrapped__)
    assert remembered == [whole()] * 2
    assert len(asked) == 2 * len(SECTIONS)


def test_options_that_are_read_anew_are_told_anew(asked: list[str]) -> None:
    whole()
    config._on_config_parsed.send()
    whole()
    assert len(asked) == 2 * len(SECTIONS)
