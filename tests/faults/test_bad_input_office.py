"""Whatever comes in at the company's doors: logins, streams of reviews, glossaries and memories get a clear sentence.

An import that is refused changes nothing, and after all of it what was there before is there still.
"""

from __future__ import annotations

import inspect
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from core import credentials
from core.config import read_settings
from core.errors import HearbackError, InputTooLong
from core.house import House, open_house
from core.insights.aspects import Aspect
from core.loop import Term
from core.office.door import Door
from core.office.memory import MemoryRoom
from core.office.monitors import Columns, Monitors
from core.store import audit, login_tries, members
from core.store.watched import Choice
from core.tables import Table
from core.types import Role
from tests.faults.hostile_texts import ACTIVE, ANY_TEXT, FORMULAS, ODD, fuzzed
from tests.faults.test_bad_input import SOON_SECONDS, TEN_MB
from tests.promises import Found, at

pytestmark = pytest.mark.promise("R6")

BUG = HearbackError.sentence
PASSWORD = "three unrelated words"
MEMORY_HEAD = "task,source,target,input,output\n"
TERMS_HEAD = "source,target,source term,target term\n"
GOOD_MEMORY = (MEMORY_HEAD + "translate,en,de,Good morning.,Guten Morgen.\n").encode()
GOOD_TERMS = (TERMS_HEAD + "en,de,lamp,Leuchte\n").encode()
GOOD_TMX = (
    b'<?xml version="1.0"?><tmx version="1.4"><header/><body><tu><tuv xml:lang="en"><seg>Good evening.</seg></tuv>'
    b'<tuv xml:lang="de"><seg>Guten Abend.</seg></tuv></tu></body></tmx>'
)


class Office:
    """The rooms behind the doors, a founder who is logged in, a monitor, a term and a pair that must outlive it all."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.door, self.memory, self.monitors = Door(house), MemoryRoom(house), Monitors(house)
        self.ada = members.add(house.database, "Ada", Role.FOUNDER, credentials.hash_password(PASSWORD))
        self.token = members.log_in(house.database, self.ada, "test", "")
        self.term = self.memory.add_term(self.ada, "en", "de", "switch", "Schalter")
        self.memory.bring(self.ada, "first.csv", GOOD_MEMORY)
        self.monitor = self.monitors.add_table(self.ada, "Shop", reviews("Good.", "Bad."), COLUMNS, "first.csv")
        self.settle(self.monitor)

    def settle(self, monitor_id: str) -> None:
        """Wait until what was begun is read, and see that it did not end as a bug."""
        end = time.monotonic() + 30
        while (view := self.monitors.progress(self.ada, monitor_id)) is not None and not view.is_over:
            assert time.monotonic() < end, "the reading did not end"
            time.sleep(0.005)
        assert view is None or view.sentence != BUG, view

    def kept(self) -> tuple[Any, ...]:
        """Return what nobody has changed on purpose since the beginning."""
        return (
            [one.source_term for one in self.memory.terms(self.ada, size=10_000).terms],
            sorted(one.input_text for one in self.memory.page(self.ada, size=10_000).entries),
            [(one.monitor.name, one.monitor.texts) for one in self.monitors.all(self.ada)],
        )


COLUMNS = Columns("review", "day", "product")


def reviews(*texts: str) -> Table:
    """Return a table of reviews."""
    return Table(("review", "day", "product"), [(text, "2026-03-01", "Lamp") for text in texts])


@pytest.fixture(scope="module")
def office(empty_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    (folder / "hearback.db").write_bytes(empty_file.read_bytes())
    environment = {"HEARBACK_PROFILE": "fake", "HEARBACK_DATA": str(folder), "HEARBACK_CACHE": str(folder)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(credentials, "_hasher", PasswordHasher(1, 8, 1))  # its cost is no part of this
        patch.setattr(credentials, "_NOBODY", [])
        patch.setattr(login_tries, "SOURCE_FREE", 10**9)  # nor how long wrong tries make wait
        patch.setattr(login_tries, "NAME_FREE", 10**9)
        house = open_house(read_settings(environment))
        opened = Office(house)
        yield opened
        opened.monitors.close()
        house.close()


def added(office: Office, name: Any, table: Table, columns: Columns, source: Any) -> None:
    """Make a monitor, have it read, and take it away again."""
    monitor_id = office.monitors.add_table(office.ada, name, table, columns, source)
    office.settle(monitor_id)
    office.monitors.remove(office.ada, monitor_id)


def appended(office: Office, table: Table, source: Any) -> None:
    """Make a monitor, add to it what comes later, and take it away again."""
    monitor_id = office.monitors.add_table(office.ada, "Stream", reviews("First."), COLUMNS, "a.csv")
    try:
        office.monitors.append(office.ada, monitor_id, table, source)
        office.settle(monitor_id)
    finally:
        office.monitors.remove(office.ada, monitor_id)


def termed(office: Office, source: Any, target: Any, word: Any, other: Any) -> None:
    """Add a term and remove it again."""
    term = office.memory.add_term(office.ada, source, target, word, other)
    office.memory.remove_term(office.ada, term.term_id)


def row(*cells: str) -> str:
    """Return cells as a line of CSV, each quoted."""
    return ",".join('"' + cell.replace('"', '""') + '"' for cell in cells) + "\n"


def as_bytes(text: Any) -> bytes:
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text


def logged_in(office: Office, name: Any, password: Any, agent: Any, old_token: Any) -> None:
    """Try a login from an address of its own, so that none waits for another's tries."""
    source = office.door.source(str(time.monotonic_ns()))
    office.door.log_in(name, password, source=source, agent=agent, old_token=old_token)


MONITORS: dict[str, Callable[[Office, Any], Any]] = {
    "add_table, name": lambda office, text: added(office, text, reviews("Good."), COLUMNS, text),
    "add_table, texts": lambda office, text: added(office, "New", reviews("Good.", text), COLUMNS, "b.csv"),
    "add_table, columns": lambda office, text: added(
        office, "New", Table((text, "day"), [("Good.", text)]), Columns(text, "day", text), "b.csv"
    ),
    "append": lambda office, text: appended(office, reviews(text, text), text),
    "append, other columns": lambda office, text: appended(office, Table((text,), [(text,)]), "c.csv"),
    "add_folder": lambda office, text: office.monitors.add_folder(office.ada, text, text, Columns(text)),
    "read": lambda office, text: office.monitors.read(office.ada, text),
    "read_again": lambda office, text: office.monitors.read_again(office.ada, text),
    "read_if_due": lambda office, text: office.monitors.read_if_due(office.ada, text),
    "progress": lambda office, text: office.monitors.progress(office.ada, text),
    "stop": lambda office, text: office.monitors.stop(office.ada, text),
    "remove": lambda office, text: office.monitors.remove(office.ada, text),
    "view": lambda office, text: office.monitors.view(office.ada, text, text),
    "view, product": lambda office, text: office.monitors.view(office.ada, office.monitor, text),
    "quotes": lambda office, text: office.monitors.quotes(office.ada, text, Choice(product=text)),
    "aspect_counts": lambda office, text: office.monitors.aspect_counts(office.ada, office.monitor, Choice(text)),
    "compare": lambda office, text: office.monitors.compare(office.ada, office.monitor, Choice(text), Choice()),
    "texts": lambda office, text: office.monitors.texts(office.ada, office.monitor, Choice(product=text), 5),
    "draw_check": lambda office, text: office.monitors.draw_check(office.ada, text),
    "correct": lambda office, text: office.monitors.correct(office.ada, 1, text or "x"),
    "check": lambda office, text: office.monitors.check(office.ada, 1, text or "x"),
    "set_line": lambda office, text: office.monitors.set_line(office.ada, text, 0.5),
    "set_domain": lambda office, text: office.monitors.set_domain(office.ada, office.monitor, text),
    "set_aspects": lambda office, text: office.monitors.set_aspects(
        office.ada, office.monitor, [Aspect(text, (text,))]
    ),
    "aspects": lambda office, text: office.monitors.aspects(office.ada, text),
}
MEMORY: dict[str, Callable[[Office, Any], Any]] = {
    "page": lambda office, text: office.memory.page(office.ada, state=text, search=text, order=text),
    "entry": lambda office, text: office.memory.entry(office.ada, text),
    "switch": lambda office, text: office.memory.switch(office.ada, text, False),
    "export": lambda office, text: office.memory.export(office.ada, text),
    "preview": lambda office, text: office.memory.preview(office.ada, "m.csv", as_bytes(MEMORY_HEAD + text)),
    "bring, file": lambda office, text: office.memory.bring(office.ada, "m.csv", as_bytes(text)),
    "bring, name": lambda office, text: office.memory.bring(office.ada, text, GOOD_MEMORY),
    "bring, task": lambda office, text: office.memory.bring(
        office.ada, "m.csv", as_bytes(MEMORY_HEAD + row(text, text, text, "Yes.", "Ja."))
    ),
    "bring, TMX": lambda office, text: office.memory.bring(
        office.ada,
        "m.tmx",
        GOOD_TMX.replace(b"<header/>", as_bytes(text))
        .replace(b"Good evening.", b"Good morning.")
        .replace(b"Abend", b"Morgen"),
    ),
    "terms": lambda office, text: office.memory.terms(office.ada, search=text, source=text, target=text),
    "add_term": lambda office, text: termed(office, text, text, text, text),
    "add_term, words": lambda office, text: termed(office, "en", "de", text, text),
    "change_term": lambda office, text: office.memory.change_term(office.ada, Term(text, "en", "de", "a", "b")),
    "remove_term": lambda office, text: office.memory.remove_term(office.ada, text),
    "preview_terms": lambda office, text: office.memory.preview_terms(office.ada, "t.csv", as_bytes(TERMS_HEAD + text)),
    "bring_terms, file": lambda office, text: office.memory.bring_terms(office.ada, "t.csv", as_bytes(text)),
    "bring_terms, name": lambda office, text: office.memory.bring_terms(office.ada, text, TERMS_HEAD.encode()),
    "bring_terms, language": lambda office, text: office.memory.bring_terms(
        office.ada, "t.csv", as_bytes(TERMS_HEAD + row(text, text, "lamp", "Leuchte"))
    ),
}
DOOR: dict[str, Callable[[Office, Any], Any]] = {
    "log_in": lambda office, text: logged_in(office, text, text, text, text),
    "log_in, password": lambda office, text: logged_in(office, "Ada", text, "test", ""),
    "link": lambda office, text: office.door.link(text),
    "use_link": lambda office, text: office.door.use_link(text, text, text, text, source="s", agent=text),
    "change_password": lambda office, text: office.door.change_password(text, text, text, text, source="s"),
    "change_password, fields": lambda office, text: office.door.change_password(
        office.token, text, text, text, source=str(time.monotonic_ns())
    ),
    "log_out": lambda office, text: office.door.log_out(text),
    "by_address": lambda office, text: office.door.by_address(text, True, text, None, text, "s"),
    "source": lambda office, text: office.door.source(text),
    "refuse": lambda office, text: office.door.refuse(text, text),
}
ROOMS = {"monitors": MONITORS, "memory": MEMORY, "door": DOOR}
WAYS = {f"{room}: {way}": call for room, ways in ROOMS.items() for way, call in ways.items()}


# These have texts read, or start a process for each file.
LONG_WAYS = {f"monitors: {way}" for way in (*list(MONITORS)[:5], "set_aspects")} | {"memory: bring, TMX"}


def sent(office: Office, way: str, text: Any) -> float:
    """Send a text one way; returns the processor's seconds until it was taken or refused with a sentence."""
    own = time.thread_time()
    refusal = "none"
    try:
        WAYS[way](office, text)
    except HearbackError as error:
        refusal = str(error)
    spent = time.thread_time() - own
    assert refusal.strip(), way
    assert refusal != BUG, (way, text[:40])
    assert len(refusal) < 2_500, (way, "a sentence that repeats all that was sent is none")
    return spent


def test_every_method_behind_the_doors_that_takes_a_text_is_tried_here() -> None:
    for room, ways in ((Monitors, MONITORS), (MemoryRoom, MEMORY), (Door, DOOR)):
        taking = set()
        for name, method in inspect.getmembers(room, inspect.isfunction):
            kinds = [str(one.annotation) for one in list(inspect.signature(method).parameters.values())[1:]]
            if not name.startswith("_") and any(kind in ("str", "bytes", "Table", "Term", "Choice") for kind in kinds):
                taking.add(name)
        tried = {way.partition(",")[0] for way in ways}
        assert taking - {"text"} <= tried, f"give each method of {room.__name__} that takes a text its line"


@pytest.mark.parametrize("way", WAYS)
def test_a_corpus_of_odd_texts_is_taken_or_refused_with_a_sentence_and_nothing_is_lost(
    office: Office, way: str, found: Found, caplog: pytest.LogCaptureFixture
) -> None:
    before = office.kept()
    texts = [*ODD.values(), *ACTIVE, *FORMULAS, TEN_MB]
    texts = texts[-1 :: -at(4 if way in LONG_WAYS else 2, 1)]  # from the longest on
    with caplog.at_level(logging.ERROR):
        slowest = max(sent(office, way, text) for text in texts)
    assert not [one for one in caplog.records if one.exc_info], caplog.text
    assert office.kept() == before
    found("texts", len(texts))
    found("slowest sentence, s of the processor", round(slowest, 3))
    assert slowest < SOON_SECONDS


@fuzzed(60, 3_000)
@given(
    way=st.sampled_from(sorted(WAYS)),
    text=ANY_TEXT,
)
def test_any_text_at_any_door_is_taken_or_refused_with_a_sentence(office: Office, way: str, text: str) -> None:
    assert sent(office, way, text) < SOON_SECONDS


SEEDS = {"m.csv": GOOD_MEMORY, "m.tmx": GOOD_TMX, "t.csv": GOOD_TERMS}


@fuzzed(20, 2_000)
@given(
    name=st.sampled_from(sorted(SEEDS)),
    at_byte=st.integers(0, 400),
    cut=st.integers(0, 40),
    put=st.binary(max_size=40)
    | st.sampled_from([b"\x00", b"\xff\xfe", b'"', b"\r\n", b"<tu>", b"]]>", b"&x;", b",,,,"]),
)
def test_a_file_that_is_torn_or_changed_anywhere_is_taken_whole_or_not_at_all(
    office: Office, name: str, at_byte: int, cut: int, put: bytes
) -> None:
    """Memory keeps what it took, so of a refused file nothing may be there; of a taken one as much as was said."""
    content = SEEDS[name][:at_byte] + put + SEEDS[name][at_byte + cut :]
    is_terms = name.startswith("t")
    bring = office.memory.bring_terms if is_terms else office.memory.bring

    def count() -> int:
        room, ada = office.memory, office.ada
        return room.terms(ada, size=1).total if is_terms else room.page(ada, size=1).total

    before, refusal, added_rows = count(), "none", 0
    try:
        added_rows = bring(office.ada, name, content).added
    except HearbackError as error:
        refusal = str(error)
    assert refusal not in ("", BUG)
    assert count() == before + added_rows


def test_what_is_stored_of_a_monitor_has_a_bound(office: Office) -> None:
    before = office.kept()
    with pytest.raises(InputTooLong, match="domain"):
        office.monitors.set_domain(office.ada, office.monitor, "d" * 10_000)
    with pytest.raises(InputTooLong, match="name of a column"):
        added(office, "New", Table(("c" * 10_000,), [("Good.",)]), Columns("c" * 10_000), "a.csv")
    assert office.kept() == before
    office.monitors.append(office.ada, office.monitor, reviews("Something new."), "s" * 10_000)
    office.settle(office.monitor)
    newest = audit.page(office.house.database, None, "", 0, 1)[0][0]
    assert "sss" in f"{newest.subject}{newest.detail}"
    assert len(f"{newest.subject}{newest.detail}") < 2_500


def test_one_bad_row_of_many_refuses_the_file_by_its_number_and_takes_none(office: Office, found: Found) -> None:
    before = office.kept()
    rows = [row("translate", "en", "de", f"Sentence {n}.", f"Satz {n}.") for n in range(300)]
    rows[200] = row("translate", "en", "xx", "Sentence.", "Satz.")
    with pytest.raises(HearbackError, match="row 202"):
        office.memory.bring(office.ada, "many.csv", (MEMORY_HEAD + "".join(rows)).encode())
    terms = [row("en", "de", f"lamp {n}", f"Leuchte {n}") for n in range(300)]
    terms[299] = row("en", "de", "", "")
    with pytest.raises(HearbackError, match="row 301"):
        office.memory.bring_terms(office.ada, "many.csv", (TERMS_HEAD + "".join(terms)).encode())
    assert office.kept() == before
    found("rows of refused files that were kept", 0)


def test_after_all_of_this_the_founder_still_comes_in_and_nobody_else_did(office: Office) -> None:
    member, token = office.door.log_in("Ada", PASSWORD, source=office.door.source("home"))
    assert (member.name, bool(token)) == ("Ada", True)
    assert members.member_of(office.house.database, office.token) == office.ada, "the first session is open still"
    for wrong in ("", PASSWORD.upper(), PASSWORD + "\x00", f"{PASSWORD} ", TEN_MB):
        with suppress(HearbackError):
            office.door.log_in("Ada", wrong, source=office.door.source(wrong[:40]))
            pytest.fail(f"{wrong[:40]!r} opened the door")
