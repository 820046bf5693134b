"""R9: one visitor sends fifty requests; what the others notice of it is at most half as much again."""

import itertools
import statistics
import threading
import time
from dataclasses import replace

import pytest

from core.config import read_settings
from core.desk import Desk
from core.engines.shelf import TRANSLATOR
from core.errors import EngineBusy
from core.house import open_house
from tests.load.paced import PacedGenerator

OTHERS, REQUESTS, ROUNDS, FLOOD = 4, 8, 2, 50
WORDS_PER_SECOND = 400.0
NOTICED = 1.5
ATTEMPTS = 3


@pytest.fixture
def desk(tmp_path):
    environment = {"HEARBACK_PROFILE": "fake", "HEARBACK_DATA": str(tmp_path), "HEARBACK_CACHE": str(tmp_path)}
    settings = replace(read_settings(environment), slots=8)
    house = open_house(settings)
    house.shelf._places[TRANSLATOR].open = lambda: PacedGenerator(WORDS_PER_SECOND, lambda _prompt: "ein Wort " * 5)
    desk = Desk(house)
    yield desk
    desk.close()
    house.close()


def answered(desk: Desk, visitor: str, text: str) -> float:
    """Ask, wait for the answer, and return the seconds that took."""
    began = time.monotonic()
    job_id = desk.translate(visitor, text, "de", "en", is_careful=False)
    while not (view := desk.look(visitor, job_id)).is_over:
        assert time.monotonic() - began < 20
        time.sleep(0.004)
    assert view.state == "finished", view.sentence
    return time.monotonic() - began


def others(desk: Desk, round_: str) -> list[float]:
    """Let the others ask one thing after another, and return the seconds that each answer took."""
    took: list[float] = []

    def visitor(name: str) -> None:
        for number in range(REQUESTS):
            took.append(answered(desk, name, f"Letter {round_} {number} from {name}."))
            time.sleep(0.01)

    threads = [threading.Thread(target=visitor, args=(f"visitor {n}",)) for n in range(OTHERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(took) == OTHERS * REQUESTS
    return took


def p95(took: list[float]) -> float:
    return statistics.quantiles(took, n=20)[-1]


def flood(desk: Desk, numbers: itertools.count, is_over: threading.Event, sent: list[bool]) -> None:
    """Send fifty requests as fast as they are let in, and try again what was refused."""
    while not is_over.is_set() and sent.count(True) < FLOOD:
        try:
            desk.translate("flood", f"Flood number {next(numbers)}.", "de", "en", is_careful=False)
            sent.append(True)
        except EngineBusy:
            sent.append(False)
            is_over.wait(0.01)


def with_a_flood(desk: Desk, numbers: itertools.count, sent: list[bool], round_: str) -> list[float]:
    """Let the others ask while the flood comes, which was there before them; return as `others`."""
    is_over = threading.Event()
    thread = threading.Thread(target=flood, args=(desk, numbers, is_over, sent))
    thread.start()
    try:
        return others(desk, round_)
    finally:
        is_over.set()
        thread.join()
        desk._board.forget("flood")


@pytest.mark.promise("R9")
def test_fifty_requests_of_one_visitor_leave_the_others_their_pace(desk, found):
    numbers = itertools.count()
    others(desk, "to warm up")
    told = []
    for attempt in range(ATTEMPTS):  # what else the machine does can only add to what the others notice
        sent: list[bool] = []
        quiet, flooded = [], []
        for round_ in range(ROUNDS):
            quiet += others(desk, f"{attempt} {round_} alone")
            flooded += with_a_flood(desk, numbers, sent, f"{attempt} {round_} flooded")
        assert sent.count(True) >= 3 * ROUNDS, "the flood is served too"
        assert sent.count(False) >= 3 * ROUNDS, "and refused where it asks for more than its share"
        told.append(f"{p95(flooded):.3f} s against {p95(quiet):.3f} s")
        if p95(flooded) <= NOTICED * p95(quiet):
            found("others' p95 against alone", f"{p95(flooded) / p95(quiet):.2f} x ({told[-1]}, n {len(flooded)})")
            found("attempts", attempt + 1)
            found("requests let in of the flood", sent.count(True))
            found("refused at once", sent.count(False))
            return
    pytest.fail(f"noticed in every attempt: {told}")
