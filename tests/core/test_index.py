"""Search finds by meaning and by words, in any language, from any thread."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from core.engines.fake import FakeEncoder
from core.knowledge.asked import asked_for, holds
from core.knowledge.bm25 import WordSearch, tokens_of
from core.knowledge.documents import read_document
from core.knowledge.index import Index
from core.knowledge.passages import split_passages
from core.types import Passage

SHIPPING = "# Shipping\n\nWe ship to Norway and Germany. A parcel to Germany costs 4.90 euros."
SHIPPING += "\n\n## Express\n\nExpress takes one day."
RETURNS = (
    "# Returns\n\nLamps can be returned within 60 days. The label costs nothing.\n\n## Refunds\n\nRefunds take 3 days."
)


def passages_of(*texts: str, language: str = "en") -> list[Passage]:
    return [
        passage
        for number, text in enumerate(texts)
        for passage in split_passages(read_document(f"file{number}.md", text.encode()), language)
    ]


def test_the_sentence_that_shares_the_matter_comes_first():
    found = Index(passages_of(SHIPPING, RETURNS), FakeEncoder()).search("How many days until lamps must be returned?")
    assert found.hits[0].text == "Lamps can be returned within 60 days."
    assert found.hits[0].passage.document == "file1"
    assert found.passages[0] == found.hits[0].passage
    assert found.retriever == "english"


def test_everything_is_encoded_once_when_the_index_is_built():
    encoder = FakeEncoder()
    index = Index(passages_of(SHIPPING, RETURNS), encoder)
    built = sum(encoder.calls)
    index.search("Where do you ship?")
    index.search("Where do you ship?")
    assert built > 6
    assert sum(encoder.calls) - built < 12


def test_other_languages_are_served_by_the_multilingual_encoder_or_by_words():
    german = passages_of("# Mühlen\n\nKaffeemühlen nehmen wir 14 Tage lang zurück. Bohnen nicht.", language="de")
    multilingual = FakeEncoder(name="other")
    assert Index(german, FakeEncoder(), multilingual).search("Mühle zurückgeben?").retriever == "multilingual"
    found = Index(german, FakeEncoder()).search("Kann ich eine Mühle zurückgeben?", "de")
    assert found.retriever == "words"
    assert found.hits[0].text.startswith("Kaffeemühlen")


def test_chinese_is_found_without_blanks_between_words():
    chinese = passages_of("# 配送\n\n满128元包邮。香港运费35元。", "# 退货\n\n收货后15天内退货。", language="zh")
    found = Index(chinese, FakeEncoder()).search("寄到香港运费多少？", "zh")
    assert found.hits[0].text == "香港运费35元。"


def test_evidence_falls_when_the_documents_do_not_speak_of_it():
    index = Index(passages_of(SHIPPING, RETURNS), FakeEncoder())
    known = index.search("What does a parcel to Germany cost?").evidence
    unknown = index.search("What does a parcel to Brazil cost?").evidence
    assert known["near_words"] > unknown["near_words"]
    assert (known["unknown_names"], unknown["unknown_names"]) == (0.0, 1.0)


def test_a_name_of_two_words_must_stand_together():
    index = Index(passages_of("# App\n\nIt works with Apple Home. You can pay by card."), FakeEncoder())
    assert index.search("Can I use Apple Home?").evidence["unknown_names"] == 0.0
    assert index.search("Can I use Apple Pay?").evidence["unknown_names"] == 1.0


def test_the_rest_of_a_passage_can_be_read_in_order():
    index = Index(passages_of(SHIPPING), FakeEncoder())
    hit = index.search("What does a parcel to Germany cost?").hits[0]
    assert [other.text for other in index.beside(hit)] == [
        "We ship to Norway and Germany.",
        "A parcel to Germany costs 4.90 euros.",
    ]


def test_an_index_of_nothing_finds_nothing():
    found = Index([], FakeEncoder()).search("Anything?")
    assert found.hits == ()
    assert found.passages == ()


@pytest.mark.parametrize("question", ["?", "the of and", "🙂", "x" * 2_000, "什么", "'\"\\"])
def test_odd_questions_find_something_without_failing(question: str):
    assert Index(passages_of(SHIPPING, RETURNS), FakeEncoder()).search(question).hits


def test_many_threads_get_the_same_answer():
    index = Index(passages_of(SHIPPING, RETURNS), FakeEncoder())
    questions = ["How many days until lamps must be returned?", "What does a parcel to Germany cost?"] * 20
    alone = [index.search(question) for question in questions]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(index.search, questions)) == alone


def test_a_word_search_weighs_rare_words_more():
    search = WordSearch(["lamp and glass", "lamp and wood", "lamp and brass"])
    assert search.scores("lamp with wood").argmax() == 1
    assert search.weight("wood") > search.weight("lamp")
    assert not search.scores("zebra").any()


def test_inflected_words_and_compounds_share_tokens():
    assert set(tokens_of("Kaffeemühlen")) & set(tokens_of("Mühle")) or set(tokens_of("Kaffeemühlen")) & set(
        tokens_of("Mühlen")
    )
    assert set(tokens_of("returned")) & set(tokens_of("return"))


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How much is the lamp?", "money"),
        ("How long does it take?", "time"),
        ("Who founded the firm?", "person"),
        ("How many lamps fit?", "amount"),
        ("What is your phone number?", "contact"),
        ("Was kostet der Versand?", "money"),
        ("运费多少钱？", "money"),
        ("几点关门？", "time"),
        ("What happens when I edit it twice?", ""),
        ("Can I return it?", ""),
    ],
)
def test_what_a_question_asks_for_is_recognized(question: str, kind: str):
    assert asked_for(question) == kind


@pytest.mark.parametrize(
    ("text", "kind", "is_there"),
    [
        ("It costs 12 euros.", "money", True),
        ("Returns are free.", "money", True),
        ("It weighs 12 kg.", "money", False),
        ("It takes two working days.", "time", True),
        ("Closed on Mondays.", "time", True),
        ("Call us.", "time", False),
        ("It was founded by Ingrid Solvang.", "person", True),
        ("Anything goes.", "", True),
    ],
)
def test_a_text_holds_what_is_asked_for_or_not(text: str, kind: str, is_there: bool):
    assert holds(text, kind) is is_there
