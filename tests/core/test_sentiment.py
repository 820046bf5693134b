"""Stories of readings: one text with its reasons, tables of texts, and their course over time."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from core.engines.base import Vectors
from core.engines.fake import FakeClassifier
from core.errors import EmptyInput, EngineFailed, InputTooLong, MissingColumn, Stopped
from core.limits import SENTIMENT_CHARACTERS
from core.progress import Progress
from core.tables import Table
from core.tasks.sentiment import Sentiment


class Counting(FakeClassifier):
    """A fake that remembers which texts it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def classify(self, texts: Sequence[str]) -> Vectors:
        self.texts += texts
        return super().classify(texts)


class Shown(Progress):
    def __init__(self, stop_after: int = 10**9) -> None:
        super().__init__()
        self.steps: list[tuple[int, int]] = []
        self._stop_after = stop_after

    def advance(self, done: int, total: int, doing: str) -> None:
        self.steps.append((done, total))
        if len(self.steps) >= self._stop_after:
            self.stop.set()


def table_of(*texts: str, days: Sequence[str] = ()) -> Table:
    if days:
        return Table(("text", "day"), list(zip(texts, days, strict=True)))
    return Table(("text",), [(text,) for text in texts])


def test_praise_is_positive_and_says_which_word_made_it_so() -> None:
    reading = Sentiment(FakeClassifier()).read("The light is great and warm.")
    assert reading.label == "positive"
    assert sum(reading.probabilities.values()) == pytest.approx(1, abs=1e-4)
    assert max(reading.drivers, key=lambda driver: driver.weight).text == "great"
    assert reading.origin.path == "classified"
    assert reading.origin.weights_id == "fake-classifier"


def test_every_driver_stands_where_it_says() -> None:
    text = "Great lamp. " + "I read with it every evening and it is good. " * 40
    for example in ("The light is great.", text):
        for driver in Sentiment(FakeClassifier()).read(example).drivers:
            assert example[driver.span.start : driver.span.end] == driver.text


def test_a_long_text_is_explained_by_its_sentences() -> None:
    text = "I bought it in May and use it every day in the kitchen and in the hall. " * 25
    text += "It is terrible, awful and bad."
    reading = Sentiment(FakeClassifier()).read(text)
    worst = [driver for driver in reading.drivers if driver.text == "It is terrible, awful and bad."]
    assert len(worst) == 1
    assert len(reading.drivers) == 26


def test_an_unsure_language_and_a_text_of_pictures_are_noted() -> None:
    sentiment = Sentiment(FakeClassifier())
    assert "no words" in sentiment.read("👍👍🔥").note
    assert "language" in sentiment.read("ok").note
    assert sentiment.read("This is a very good lamp and I like to read with it in the evening.").note == ""
    assert "Finnish" in sentiment.read("Tämä on erittäin hyvä lamppu ja pidän siitä todella paljon joka ilta.").note


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", EmptyInput),
        (" \n\t", EmptyInput),
        ("\x00\ud800", EmptyInput),
        ("...", EmptyInput),
        ("x" * (SENTIMENT_CHARACTERS + 1), InputTooLong),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        Sentiment(FakeClassifier()).read(text)


def test_a_table_keeps_its_order_and_its_empty_cells() -> None:
    reading = Sentiment(FakeClassifier()).read_table(table_of("bad lamp", "", "great lamp", "...", "bad lamp"), "text")
    assert reading.labels == ("negative", "", "positive", "", "negative")
    assert reading.probabilities[1] == (0.0, 0.0, 0.0)
    assert reading.texts[4] == "bad lamp"
    assert "2 rows have no text" in reading.note
    assert reading.days == ()


def test_equal_texts_are_read_once() -> None:
    classifier = Counting()
    Sentiment(classifier).read_table(table_of(*["great"] * 500, *["bad"] * 500), "text")
    assert sorted(classifier.texts) == ["bad", "great"]


def test_a_long_cell_is_read_whole_and_near_to_its_single_reading() -> None:
    text = "The lamp is great. " * 20 + "But the switch is bad. " * 60
    sentiment = Sentiment(FakeClassifier())
    row = sentiment.read_table(table_of(text, "good"), "text").probabilities[0]
    assert row == pytest.approx(list(sentiment.read(text).probabilities.values()), abs=0.02)


def test_progress_counts_the_rows_and_ends_at_all_of_them() -> None:
    shown = Shown()
    Sentiment(FakeClassifier()).read_table(table_of(*(f"lamp {n}" for n in range(700)), "", ""), "text", "", shown)
    assert shown.steps[0] == (0, 700)
    assert shown.steps[-1] == (700, 700)
    assert len(shown.steps) >= 4


def test_a_table_can_be_stopped_between_chunks() -> None:
    classifier = Counting()
    with pytest.raises(Stopped):
        Sentiment(classifier).read_table(table_of(*(f"lamp {n}" for n in range(2_000))), "text", "", Shown(2))
    assert len(classifier.texts) < 1_000


def test_a_column_that_is_not_there_is_named() -> None:
    for columns in (("words", ""), ("text", "when")):
        with pytest.raises(MissingColumn, match=columns[1] or columns[0]):
            Sentiment(FakeClassifier()).read_table(table_of("good"), *columns)


def test_an_engine_that_fails_says_so() -> None:
    class Broken(FakeClassifier):
        def classify(self, texts: Sequence[str]) -> Vectors:
            raise EngineFailed(name="broken")

    with pytest.raises(EngineFailed):
        Sentiment(Broken()).read("good lamp")


def test_days_of_a_table_are_read_and_what_is_no_day_is_told() -> None:
    reading = Sentiment(FakeClassifier()).read_table(
        table_of("great", "bad", "good", days=["2026-01-05", "12.01.2026", "no day"]), "text", "day"
    )
    assert reading.days == ("2026-01-05", "2026-01-12", "")
    assert "1 row has no date" in reading.note
