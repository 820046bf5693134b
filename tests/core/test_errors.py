"""The error tree: each class speaks to the person who meets it."""

from __future__ import annotations

import re
import string

import pytest

from core import errors
from core.errors import EngineBusy, HearbackError, InputTooLong, NotYours

CLASSES = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, HearbackError)]


def facts_of(kind: type[HearbackError]) -> dict[str, tuple[str, str]]:
    """Return the names in the sentence's braces, with how each is written."""
    parts = string.Formatter().parse(kind.sentence)
    return {name: (spec or "", conversion or "") for _, name, spec, conversion in parts if name}


def filled(kind: type[HearbackError]) -> HearbackError:
    facts = {name: 12_345 if spec else "something" for name, (spec, _) in facts_of(kind).items()}
    return kind(**facts)


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_has_a_sentence_for_a_person(kind: type[HearbackError]) -> None:
    sentence = str(filled(kind))
    assert sentence[-1] in ".?:0123456789" or sentence.endswith(("something", "migrate"))
    assert "{" not in sentence
    assert "!" not in sentence
    assert 10 < len(sentence) < 300


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_has_a_docstring_that_names_its_facts(kind: type[HearbackError]) -> None:
    assert kind.__doc__
    if "sentence" in vars(kind) and facts_of(kind):
        named = set(re.findall(r"[a-z_]+", kind.__doc__.partition("Facts:")[2]))
        assert set(facts_of(kind)) <= named, f"{kind.__name__} does not name all of {sorted(facts_of(kind))}"


@pytest.mark.parametrize("kind", CLASSES)
def test_the_drawn_tree_is_the_real_one(kind: type[HearbackError]) -> None:
    lines = {re.sub(r"[^A-Za-z].*", "", line.lstrip(" │├└─")): line for line in (errors.__doc__ or "").splitlines()}
    assert kind.__name__ in lines, f"{kind.__name__} is missing in the docstring of core.errors"
    depth = len(kind.__mro__) - len(HearbackError.__mro__)
    assert len(re.match(r"[ │├└─]*", lines[kind.__name__]).group()) == 4 + 4 * depth  # type: ignore[union-attr]


def test_an_error_keeps_the_facts_it_was_filled_with() -> None:
    error = InputTooLong(what="question", length=2_001, limit=2_000, unit="characters")
    assert error.facts["limit"] == 2_000
    assert "2,001 characters" in str(error)


def test_a_sentence_repeats_the_beginning_of_what_was_sent_and_no_more() -> None:
    name = "lamp " * 2_000_000
    error = errors.UnsupportedFile(name=name, kinds="csv, tsv")
    assert str(error).startswith("lamp lamp")
    assert str(error).endswith("… is not a kind of file that can be read here. Use one of: csv, tsv.")
    assert len(str(error)) < 1_100
    assert error.facts["name"] == name


def test_a_forgotten_fact_is_loud() -> None:
    with pytest.raises(KeyError):
        InputTooLong(what="question")


def test_what_a_visitor_typed_is_never_read_as_a_pattern() -> None:
    error = errors.MissingColumn(column="{0.__class__}", columns="{facts}")
    assert "{0.__class__}" in str(error)


def test_an_unknown_id_and_a_stranger_s_id_look_the_same() -> None:
    assert str(NotYours(what="answer")) == str(NotYours(what="answer"))
    assert "answer" in str(NotYours(what="answer"))


def test_waiting_is_told_in_whole_seconds() -> None:
    assert "about 8 seconds" in str(EngineBusy(seconds=7.6))
