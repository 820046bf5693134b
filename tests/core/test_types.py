"""The values that cross borders: frozen, and the same after a journey through JSON."""

from __future__ import annotations

import dataclasses
import json
import types as builtin_types
import typing
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import types
from core.types import Consent, Ending, Origin, Rating, Task, Turn, from_plain, to_plain

VALUES = [value for value in vars(types).values() if dataclasses.is_dataclass(value) and isinstance(value, type)]

plain_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**31), 2**31)
    | st.floats(allow_nan=False, allow_infinity=False)
    # JSON itself, like a database, takes no lone surrogate; `clean_text` has removed them before this border.
    | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def filled(kind: Any, number: int = 3) -> Any:
    """Return a value of a type hint in which every field differs from its default."""
    origin, inside = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return "anything"
    if origin is tuple:
        parts = inside[:1] * 2 if inside[-1] is Ellipsis else inside
        return tuple(filled(part, number + place) for place, part in enumerate(parts))
    if origin in (dict,):
        return {"key": filled(inside[1], number)}
    if origin in (list,):
        return [filled(inside[0], number)]
    if origin in (typing.Union, builtin_types.UnionType):
        return filled(inside[0], number)
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return kind(**{f.name: filled(hints[f.name], number) for f in dataclasses.fields(kind)})  # type: ignore[operator]
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return list(kind)[-1]
    simple: dict[Any, Any] = {str: f"text {number}", int: number, float: number + 0.25, bool: True, bytes: b"\x00\xff"}
    simple |= {datetime: datetime(2026, 11, number, 12, 30, 15, 123456, tzinfo=UTC), date: date(2026, 11, number)}
    return simple[kind]


@pytest.mark.parametrize("kind", VALUES)
def test_every_value_survives_the_journey_through_json(kind: type) -> None:
    value = filled(kind)
    assert from_plain(json.loads(json.dumps(to_plain(value))), kind) == value


@pytest.mark.parametrize("kind", VALUES)
def test_every_value_is_frozen_and_documented(kind: type) -> None:
    value = filled(kind)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, dataclasses.fields(kind)[0].name, None)
    assert kind.__doc__
    assert not kind.__doc__.startswith(f"{kind.__name__}("), "the docstring is the generated one"


@given(path=st.text(max_size=20), options=st.dictionaries(st.text(max_size=10), plain_json, max_size=4))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_settings_of_any_shape_survive(path: str, options: dict[str, Any]) -> None:
    origin = Origin(path=path, settings=options)
    assert from_plain(json.loads(json.dumps(to_plain(origin))), Origin) == origin


@given(st.lists(st.builds(Turn, role=st.sampled_from(["user", "assistant"]), content=st.text(max_size=50)), max_size=5))
def test_a_conversation_survives(turns: list[Turn]) -> None:
    plain = to_plain(tuple(turns))
    assert from_plain(json.loads(json.dumps(plain)), tuple[Turn, ...]) == tuple(turns)


def test_data_that_does_not_fit_is_refused() -> None:
    with pytest.raises(Exception, match="Rating"):
        from_plain({"interaction_id": "x"}, Rating)


def test_nothing_is_allowed_until_it_is_chosen() -> None:
    assert Consent() == Consent(log=False, train=False)


def test_tasks_and_endings_are_named_once_for_all() -> None:
    assert [task.value for task in Task] == ["support", "translate", "summarize", "sentiment"]
    assert [ending.value for ending in Ending] == ["finished", "stopped", "failed"]
