"""Translation with a memory: known texts and sentences, near ones as examples, terms that are given."""

from __future__ import annotations

import pytest

from core.engines.base import Prompt
from core.engines.fake import FakeGenerator
from core.loop import Term
from core.progress import Progress
from core.tasks.translate import Translate
from core.tasks.translate_files import translate_file
from core.tasks.translation_examples import prompt_for
from core.tasks.translation_memory import holds, put_right
from tests.core.recall_stories import Away, Memory, known
from tests.core.test_translate import line_of, speaker

MORNING = "Good morning, dear customer."
PARCEL = "Your parcel is on its way."
WARRANTY = Term("t1", "en", "de", "warranty", "Gewährleistung")


class Shown(Progress):
    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    def show(self, text: str) -> None:
        self.text = text


def test_a_text_that_was_corrected_is_answered_by_its_correction_without_the_weights() -> None:
    generator = speaker()
    progress = Shown()
    memory = Memory({f"{MORNING} {PARCEL}": [known(f"{MORNING} {PARCEL}", "Guten Tag. Ihr Paket kommt.")]})
    result = Translate(generator).translate(f"{MORNING} {PARCEL}", "de", "en", True, progress, recall=memory)
    assert result.text == progress.text == "Guten Tag. Ihr Paket kommt."
    assert result.origin.path == "memory"
    assert [(use.how, use.similarity) for use in result.origin.memory] == [("answer", 1.0)]
    assert [(pair.source, pair.target) for pair in result.segments] == [
        (MORNING, "Guten Tag."),
        (PARCEL, "Ihr Paket kommt."),
    ]
    assert {pair.match for pair in result.segments} == {1.0}
    assert generator.prompts == []


def test_a_corrected_sentence_stands_in_a_new_text_and_the_rest_is_translated() -> None:
    generator = speaker()
    memory = Memory({PARCEL: [known(PARCEL, "Ihr Päckchen ist unterwegs.")]})
    result = Translate(generator).translate(f"- {PARCEL}\n- {MORNING}", "de", "en", recall=memory)
    assert result.text == "- Ihr Päckchen ist unterwegs.\n- Guten Morgen, lieber Kunde."
    assert result.origin.path == "generated"
    assert result.origin.memory[0].how == "answer"
    assert {line_of(prompt) for prompt in generator.prompts} == {MORNING}


def test_a_text_of_nothing_but_corrected_sentences_is_from_the_memory() -> None:
    memory = Memory({PARCEL: [known(PARCEL, "Ihr Päckchen ist unterwegs.")]})
    progress = Shown()
    result = Translate(speaker()).translate(f"{PARCEL}\n{PARCEL}", "de", "en", False, progress, recall=memory)
    assert result.origin.path == "memory"
    assert progress.text == result.text == "Ihr Päckchen ist unterwegs.\nIhr Päckchen ist unterwegs."
    assert len(result.origin.memory) == 1


def test_a_near_sentence_is_the_last_example_of_the_prompt() -> None:
    generator = speaker()
    near = known("Your letter is on its way.", "Ihr Brief ist unterwegs.", 0.93, is_own=False)
    result = Translate(generator).translate(PARCEL, "de", "en", recall=Memory({PARCEL: [near]}))
    own = "English: Your letter is on its way.\nGerman: Ihr Brief ist unterwegs.\n\n"
    assert generator.prompts[0].text.endswith(f"{own}English: {PARCEL}\nGerman:")
    assert generator.prompts[0].text.startswith(prompt_for("en", "de", PARCEL).split(f"English: {PARCEL}")[0])
    assert result.segments[0].match == 0.93
    use = result.origin.memory[0]
    assert (use.how, use.similarity, use.correction_id) == ("example", 0.93, "")


def test_an_example_that_is_only_repeated_is_refused_and_tried_again_without_it() -> None:
    near = known("We do not ship to Norway.", "Nach Norwegen liefern wir nicht.", 0.9)

    def answer(prompt: Prompt, line: str) -> str:
        return "Nach Norwegen liefern wir nicht!" if "Norwegen" in prompt.text else "Nach Island liefern wir nicht."

    asked = "We do not ship to Iceland."
    for is_careful in (False, True):
        result = Translate(speaker(answer)).translate(asked, "de", "en", is_careful, recall=Memory({asked: [near]}))
        assert result.text == "Nach Island liefern wir nicht."
        assert not result.segments[0].is_doubtful
        assert result.origin.memory == ()
        assert result.segments[0].match == 0.0


def test_the_same_said_with_other_small_words_may_repeat_the_example() -> None:
    near = known("We will not ship to Norway.", "Nach Norwegen liefern wir nicht.", 0.97)
    asked = "We do not ship to Norway."
    task = Translate(speaker(lambda prompt, line: "Nach Norwegen liefern wir nicht."))
    result = task.translate(asked, "de", "en", recall=Memory({asked: [near]}))
    assert [use.how for use in result.origin.memory] == ["example"]
    assert not result.segments[0].is_doubtful


def test_what_is_too_far_or_too_long_is_no_example() -> None:
    generator = speaker()
    far = known("Your house is on fire.", "Ihr Haus brennt.", 0.5)
    long = known("Your letter is on its way. " * 30, "Ihr Brief ist unterwegs. " * 30, 0.9)
    result = Translate(generator).translate(PARCEL, "de", "en", recall=Memory({PARCEL: [far, long]}))
    assert generator.prompts[0].text == prompt_for("en", "de", PARCEL)
    assert result.origin.memory == ()


@pytest.mark.parametrize("empty", ["", " \n"])
def test_an_entry_without_words_is_not_used(empty: str) -> None:
    plain = Translate(speaker()).translate(PARCEL, "de", "en")
    for similarity in (1.0, 0.95):
        memory = Memory({PARCEL: [known(PARCEL, empty, similarity)]})
        assert Translate(speaker()).translate(PARCEL, "de", "en", recall=memory) == plain


def test_without_a_memory_and_with_one_that_fails_the_answer_is_the_same() -> None:
    text = f"{MORNING} {PARCEL}"
    plain = Translate(speaker()).translate(text, "de", "en", True)
    assert Translate(speaker()).translate(text, "de", "en", True, recall=Away()) == plain
    assert Translate(speaker()).translate(text, "de", "en", True, recall=Memory()) == plain


def test_a_file_uses_what_is_known_of_its_sentences() -> None:
    memory = Memory({PARCEL: [known(PARCEL, "Ihr Päckchen ist unterwegs.")]})
    content = f"{MORNING}\n{PARCEL}\n".encode()
    found = translate_file(Translate(speaker()), "a.txt", content, "de", "en", recall=memory)
    assert found.content.decode() == "Guten Morgen, lieber Kunde.\nIhr Päckchen ist unterwegs.\n"
    assert [use.how for use in found.memory] == ["answer"]
    assert len(memory.asked) == 1


LINE = "The warranty covers the lamp for two years."


def test_a_term_is_asked_for_again_until_the_translation_holds_it() -> None:
    def answer(prompt: Prompt, line: str) -> str:
        word = "Gewährleistung" if "German: Gewährleistung\n" in prompt.text else "Garantie"
        return f"Die {word} gilt für die Lampe zwei Jahre."

    result = Translate(speaker(answer)).translate(LINE, "de", "en", recall=Memory(terms=[WARRANTY]))
    assert result.text == "Die Gewährleistung gilt für die Lampe zwei Jahre."
    assert not result.segments[0].is_doubtful
    assert result.note == ""


def test_of_several_candidates_one_with_the_term_is_taken() -> None:
    def answer(prompt: Prompt, line: str) -> str:
        return f"Die {'Gewährleistung' if prompt.seed == 3 else 'Garantie'} gilt für die Lampe zwei Jahre."

    result = Translate(speaker(answer)).translate(LINE, "de", "en", True, recall=Memory(terms=[WARRANTY]))
    assert result.text.startswith("Die Gewährleistung")


def test_a_term_that_stayed_in_the_other_language_is_put_right() -> None:
    result = Translate(speaker(lambda prompt, line: "Die warranty gilt für die Lampe zwei Jahre.")).translate(
        LINE, "de", "en", recall=Memory(terms=[WARRANTY])
    )
    assert result.text == "Die Gewährleistung gilt für die Lampe zwei Jahre."
    assert not result.segments[0].is_doubtful


def test_a_term_of_another_language_is_not_meant() -> None:
    french = Term("t2", "fr", "de", "lamp", "Leuchte")
    sentence = "Die Garantie gilt für die Lampe zwei Jahre."
    result = Translate(speaker(lambda prompt, line: sentence)).translate(LINE, "de", recall=Memory(terms=[french]))
    assert (result.text, result.note) == (sentence, "")


def test_a_term_that_cannot_be_put_right_is_named_and_the_sentence_marked() -> None:
    result = Translate(speaker(lambda prompt, line: "Die Garantie gilt für die Lampe zwei Jahre.")).translate(
        LINE, "de", "en", recall=Memory(terms=[WARRANTY])
    )
    assert result.text == "Die Garantie gilt für die Lampe zwei Jahre."
    assert result.segments[0].is_doubtful
    assert "Gewährleistung (warranty)" in result.note


@pytest.mark.parametrize(
    ("candidate", "term", "is_held"),
    [
        ("Zwei Rechnungen kamen.", Term("t", "en", "de", "invoice", "Rechnung"), True),
        ("Die rote Karte", Term("t", "en", "de", "red card", "rote Karte"), True),
        ("Die Abrechnung kam.", Term("t", "en", "de", "invoice", "Rechnung"), False),
        ("请联系 客服 中心", Term("t", "en", "zh", "support", "客服中心"), True),
        ("", Term("t", "en", "de", "invoice", "Rechnung"), False),
        ("C++ ist da", Term("t", "en", "de", "C plus plus", "C++"), True),
    ],
)
def test_a_term_is_found_with_its_endings_and_not_inside_other_words(candidate: str, term: Term, is_held: bool) -> None:
    assert holds(candidate, term) is is_held


def test_a_term_written_apart_is_put_right_and_others_are_left() -> None:
    term = Term("t", "en", "de", "customer account", "Kundenkonto")
    assert put_right("Ihr Kunden-Konto ist offen.", [term]) == "Ihr Kundenkonto ist offen."
    assert put_right("Ihr Profil ist offen.", [term]) == "Ihr Profil ist offen."
    hostile = Term("t", "en", "de", "a(b", r"\g<0>\1")
    assert put_right("Das a(b hier", [hostile]) == r"Das \g<0>\1 hier"


def test_the_weights_word_for_nothing_is_not_called_memory() -> None:
    result = Translate(FakeGenerator()).translate("12", "de", "en", recall=Memory())
    assert result.origin.path == "generated"
