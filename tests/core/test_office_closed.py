"""Every room of the office is closed to everybody who may not enter, whatever else they bring."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.config import read_settings
from core.errors import NotAllowed
from core.house import House, open_house
from core.office import Office
from core.store import audit
from core.types import Member, Role

pytestmark = pytest.mark.promise("R15")

REVIEWER = Member("m-r", "Rae", Role.REVIEWER)

# What is asked before anybody is known, tells nothing but whether there is something, or belongs to the house itself.
OPEN = {("access", "member"), ("samples", "is_loaded")}
# What the app does by itself, for which there is no button: begin, end, and what the foreman carries out.
BY_ITSELF = {"open", "close", "duties", "retire", "take_back"}
OPEN_ROOMS = {"door"}
# What a reviewer may do.
FOR_REVIEWERS = {("access", "leave"), ("comparison", "ballot"), ("comparison", "vote"), ("comparison", "undo")}
ROOMS_FOR_REVIEWERS = {"review"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder: Path = tmp_path_factory.mktemp("closed")
    opened = open_house(read_settings({"HEARBACK_PROFILE": "fake", "HEARBACK_DATA": str(folder)}))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def office(house: House) -> Office:
    return Office(house)


def rooms(office: Office) -> dict[str, object]:
    return {name: room for name, room in vars(office).items() if not name.startswith("_")}


def doings(office: Office) -> Iterator[tuple[str, str, inspect.Signature]]:
    """Give every public method of every room."""
    for name, room in rooms(office).items():
        for method, found in inspect.getmembers(type(room), inspect.isfunction):
            if not method.startswith("_") and method not in BY_ITSELF:
                yield name, method, inspect.signature(found)


def is_needed(parameter: inspect.Parameter) -> bool:
    kinds = (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
    return parameter.default is parameter.empty and parameter.kind not in kinds


def test_every_method_asks_for_the_member_first(office: Office) -> None:
    wrong = [
        f"{room}.{method}"
        for room, method, signature in doings(office)
        if room not in OPEN_ROOMS and (room, method) not in OPEN and list(signature.parameters)[1:2] != ["member"]
    ]
    assert not wrong, f"these must take the member first: {wrong}"


@pytest.mark.parametrize("member", [None, REVIEWER], ids=["nobody", "a reviewer"])
def test_every_method_refuses_whoever_may_not(office: Office, house: House, member: Member | None) -> None:
    before = audit.page(house.database, None, "", 0, 1)[1]
    let_in = []
    for name, method, signature in doings(office):
        is_open = name in OPEN_ROOMS or (name, method) in OPEN
        is_theirs = member is not None and (name in ROOMS_FOR_REVIEWERS or (name, method) in FOR_REVIEWERS)
        if is_open or is_theirs:
            continue
        # Whatever else they bring must not even be looked at: it is nothing at all here.
        parameters = list(signature.parameters.values())[2:]
        named = {parameter.name: None for parameter in parameters if is_needed(parameter)}
        try:
            given = getattr(rooms(office)[name], method)(member, **named)
            if inspect.isgenerator(given):
                next(given, None)
            let_in.append(f"{name}.{method}")
        except NotAllowed:
            pass
        except Exception as error:  # noqa: BLE001
            let_in.append(f"{name}.{method} raised {error!r} before it asked who is there")
    assert not let_in, let_in
    assert audit.page(house.database, None, "", 0, 1)[1] == before, "and nothing was done"


def test_there_is_something_to_refuse(office: Office) -> None:
    assert len(list(doings(office))) > 15
