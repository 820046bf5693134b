"""Summaries: faithful, the right size, and linked to their places in the text as it was given."""

from __future__ import annotations

import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.engines.fake import FakeEncoder
from core.errors import EmptyInput, InputTooLong, NotAChoice, Stopped, WeightsMissing
from core.limits import SUMMARY_CHARACTERS
from core.progress import Progress
from core.tasks.selection import choose, count_words, normalize, word_vectors
from core.tasks.summarize import Summarize

ARTICLE = """# The bakery

The bakery in Mill Street opened in 1954 and sells bread to the whole town. Its owner, Mrs. Lind, bakes rye bread at
four in the morning. The weather was fine. The bakery sells about 300 loaves of rye bread every day to people in town.
Mrs. Lind wants to retire in May, and the bakery will close unless somebody takes over. A cat sleeps there.

- The town council wants to keep the bakery open.
- It offers a loan of 20,000 crowns to whoever takes over the bakery from Mrs. Lind.
"""
DIALOGUE = """Ann: Hello, bakery.
Ben: Hi, I'd like to order a birthday cake for Friday.
Ann: What kind of cake would you like?
Ben: Chocolate, please. I need it for twelve people.
Ann: The chocolate cake for twelve costs 40 euros.
Ben: That's fine. I will pick up the cake on Friday at 10:30.
Ann: Thank you."""


class Ears(Progress):
    """Remembers what it hears."""

    def __init__(self, stop: threading.Event | None = None) -> None:
        super().__init__(stop)
        self.shown: list[str] = []
        self.steps: list[tuple[int, int]] = []

    def show(self, text: str) -> None:
        self.shown.append(text)

    def advance(self, done: int, total: int, doing: str) -> None:
        self.steps.append((done, total))


@pytest.fixture
def task() -> Summarize:
    return Summarize(FakeEncoder(), None)


def test_every_sentence_of_prose_stands_in_the_text_word_for_word(task: Summarize) -> None:
    summary = task.summarize(ARTICLE)
    assert not summary.is_dialogue
    assert 1 <= len(summary.sentences) <= 4
    for sentence in summary.sentences:
        (span,) = sentence.source_spans
        assert " ".join(ARTICLE[span.start : span.end].split()).lstrip("- ") == sentence.text
    assert summary.text == " ".join(sentence.text for sentence in summary.sentences)


def test_sentences_come_in_the_order_of_the_text_and_headings_do_not(task: Summarize) -> None:
    summary = task.summarize(ARTICLE, "long")
    starts = [sentence.source_spans[0].start for sentence in summary.sentences]
    assert starts == sorted(starts)
    assert "The bakery\n" not in summary.text
    assert not summary.text.startswith("#")


def test_lengths_grow_and_a_sentence_is_one(task: Summarize) -> None:
    words = [count_words(task.summarize(ARTICLE, length).text) for length in ("sentence", "short", "long")]
    assert words[0] < words[1] <= words[2]
    assert len(task.summarize(ARTICLE, "sentence").sentences) == 1


def test_points_are_a_list_of_the_same_sentences(task: Summarize) -> None:
    summary = task.summarize(ARTICLE, form="points")
    assert summary.text.splitlines() == [f"- {sentence.text}" for sentence in summary.sentences]


def test_a_dialogue_is_told_by_who_wants_what(task: Summarize) -> None:
    summary = task.summarize(DIALOGUE)
    assert summary.is_dialogue
    assert "Ben would like to order a birthday cake for Friday." in summary.text
    for sentence in summary.sentences:
        sources = " ".join(DIALOGUE[span.start : span.end] for span in sentence.source_spans)
        assert "Ben" in sources or "Ann" in sources


def test_what_the_check_refuses_is_quoted_instead(task: Summarize, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.tasks import summary_units
    from core.tasks.check import Verdict

    monkeypatch.setattr(summary_units, "check_wording", lambda wording, sources: Verdict(False, ("made up",)))
    assert all("“" in sentence.text for sentence in task.summarize(DIALOGUE).sentences)


def test_places_index_the_text_as_given_whatever_its_newlines(task: Summarize) -> None:
    text = "\ufeff" + DIALOGUE.replace("\n", "\r\n").replace("cake", "ca\u200bke")
    for sentence in task.summarize(text).sentences:
        assert all(text[span.start : span.end].strip() for span in sentence.source_spans)
        assert "\u200b" not in sentence.text
    prose = ARTICLE.replace("\n", "\r\n")
    for sentence in task.summarize(prose).sentences:
        (span,) = sentence.source_spans
        assert " ".join(prose[span.start : span.end].split()).lstrip("- ") == sentence.text


def test_one_sentence_comes_back_with_a_note(task: Summarize) -> None:
    summary = task.summarize("The shop opens at nine.")
    assert summary.text == "The shop opens at nine."
    assert summary.note
    assert task.summarize("😀🎉").text == "😀🎉"


def test_other_languages_are_compared_by_words_and_by_their_own_encoder() -> None:
    german = "Die Bäckerei schließt im Mai. Der Himmel war blau. Die Bäckerei verkauft Brot. Frau Lind verkauft "
    german += "die Bäckerei im Mai an die Stadt. Ein Hund bellte laut. Die Stadt hält die Bäckerei offen."
    english, multilingual = FakeEncoder(), FakeEncoder()
    by_words = Summarize(english, None).summarize(german, "sentence")
    assert by_words.language == "de"
    assert "Bäckerei" in by_words.text
    assert english.calls == []
    assert Summarize(english, None, lambda: multilingual).summarize(german, "sentence").origin.weights_id
    assert multilingual.calls
    assert english.calls == []


def test_an_encoder_that_cannot_be_opened_costs_nobody_the_summary() -> None:
    def missing() -> FakeEncoder:
        raise WeightsMissing(name="gemma", how="Install it.")

    text = "面包店在五月关门。天气很好。林太太想把面包店卖给镇上的人。" * 3
    summary = Summarize(FakeEncoder(), None, missing).summarize(text)
    assert summary.origin.settings == {"compared_by": "words"}


def test_chinese_is_joined_without_blanks(task: Summarize) -> None:
    text = (
        "面包店在五月关门。"
        + "天气很好。"
        + "林太太想把面包店卖给镇上的人。"
        + "镇上的人每天买面包。"
        + "猫在睡觉。" * 5
    )
    summary = task.summarize(text)
    assert len(summary.sentences) > 1
    assert " " not in summary.text


def test_a_long_text_is_read_in_parts_with_signs_of_life(task: Summarize) -> None:
    text = "\n".join(f"Report {n}: the river rose by {n} centimetres and {n * 7} houses were wet." for n in range(900))
    ears = Ears()
    summary = task.summarize(text, "short", "text", ears)
    assert len(summary.sentences) <= 4
    assert len(ears.shown) > 1, "what is ready of the first parts is shown"
    done = [done for done, _ in ears.steps]
    assert done == sorted(done)
    assert done[-1] == ears.steps[-1][1]


def test_200_000_characters_take_bounded_time(task: Summarize) -> None:
    text = (DIALOGUE + "\n") * (SUMMARY_CHARACTERS // (len(DIALOGUE) + 1))
    start = time.perf_counter()
    assert task.summarize(text, "long").is_dialogue
    assert time.perf_counter() - start < 60


def test_it_can_be_stopped(task: Summarize) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        task.summarize(ARTICLE, progress=Progress(stop))


@pytest.mark.parametrize("text", ["", "  \n", "\x00\x01", "..."])
def test_nothing_to_summarize_is_said(task: Summarize, text: str) -> None:
    with pytest.raises(EmptyInput):
        task.summarize(text)


def test_too_much_text_is_refused_before_any_work(task: Summarize) -> None:
    with pytest.raises(InputTooLong):
        task.summarize("x" * (SUMMARY_CHARACTERS + 1))


def test_an_unknown_length_or_form_is_refused_with_the_choices(task: Summarize) -> None:
    with pytest.raises(NotAChoice, match="sentence, short, long"):
        task.summarize(ARTICLE, "medium")


@settings(max_examples=60)
@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("ab A:.!?\n#\"'“”I you")), max_size=200))
def test_any_text_gives_a_summary_or_a_sentence_that_says_why(text: str) -> None:
    try:
        summary = Summarize(FakeEncoder(), None).summarize(text)
    except EmptyInput:
        return
    assert summary.text
    for sentence in summary.sentences:
        assert sentence.source_spans
        assert all(0 <= span.start < span.end <= len(text) for span in sentence.source_spans)


def test_a_set_covers_the_whole_rather_than_repeating_itself() -> None:
    texts = ["the cake is blue", "the cake is blue indeed", "the train is late", "the cake and the train"]
    vectors = word_vectors(texts[:3])
    chosen = choose(vectors, normalize(vectors.sum(axis=0)), [4, 5, 4], [0, 0, 0], 8, 2)
    assert 2 in chosen
    assert len(chosen) == 2
