"""Translation on a scripted generator: layout, checks, repairs, choice, limits."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.config import read_settings
from core.engines.base import Prompt
from core.engines.fake import FakeGenerator
from core.engines.shelf import Shelf
from core.errors import EmptyInput, InputTooLong, Stopped, UnsupportedLanguage
from core.progress import Progress
from core.tasks.layout import lay_out, put_together
from core.tasks.translate import Translate
from core.tasks.translation_choice import (
    choose,
    chrf,
    flaw,
    grams,
    has_invented,
    has_words,
    kept_share,
    lost_fixed_text,
)
from core.tasks.translation_examples import SERVED, examples
from core.tasks.translation_run import CANDIDATES

DICTIONARY = {
    "Good morning, dear customer.": "Guten Morgen, lieber Kunde.",
    "Your parcel is on its way.": "Ihr Paket ist unterwegs.",
    "It weighs 24.90 kilos.": "Es wiegt 24,90 Kilo.",
    "Thank you for your patience.": "Danke für Ihre Geduld.",
}


def line_of(prompt: Prompt) -> str:
    return prompt.text.rsplit("\n", 2)[-2].split(": ", 1)[1]


def speaker(answer: Callable[[Prompt, str], str] | None = None) -> FakeGenerator:
    def write(prompt: Prompt) -> str:
        line = line_of(prompt)
        return " " + (answer(prompt, line) if answer else DICTIONARY[line])

    return FakeGenerator(write)


class Shown(Progress):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.steps: list[tuple[int, int, str]] = []

    def show(self, text: str) -> None:
        self.texts.append(text)

    def advance(self, done: int, total: int, doing: str) -> None:
        self.steps.append((done, total, doing))


def test_lines_lists_headings_and_blank_lines_stay_where_they_were() -> None:
    text = (
        "# Good morning, dear customer.\n\n"
        "  - Your parcel is on its way. It weighs 24.90 kilos.\n"
        "  2) **Thank you for your patience.**\n\n\n"
        "> Your parcel is on its way.\n"
    )
    result = Translate(speaker()).translate(text, "de", "en")
    assert result.text == (
        "# Guten Morgen, lieber Kunde.\n\n"
        "  - Ihr Paket ist unterwegs. Es wiegt 24,90 Kilo.\n"
        "  2) **Danke für Ihre Geduld.**\n\n\n"
        "> Ihr Paket ist unterwegs.\n"
    )
    assert not any(segment.is_doubtful for segment in result.segments)
    assert (result.source, result.target, result.note) == ("en", "de", "")
    assert result.origin.path == "generated"


@settings(max_examples=200)
@given(st.text(alphabet=st.sampled_from(list("ab. \n\t-#*>1)\u3000。中文!?_:;\"'")), max_size=80))
def test_pieces_put_together_untouched_give_the_text_back(text: str) -> None:
    layout = lay_out(text, "en")
    joined = "".join(f"{piece.gap}{piece.before}{piece.source}{piece.after}" for piece in layout.pieces) + layout.end
    assert joined == text


def test_a_sentence_wrapped_over_two_lines_is_translated_whole_and_wrapped_again() -> None:
    text = "Your parcel has left our warehouse this morning and will reach you\nwithin the next two days by courier."
    seen: list[str] = []

    def answer(prompt: Prompt, line: str) -> str:
        seen.append(line)
        return "Ihr Paket hat heute Morgen unser Lager verlassen und erreicht Sie in zwei Tagen per Kurier."

    result = Translate(speaker(answer)).translate(text, "de", "en")
    assert len(set(seen)) == 1
    assert "\n" not in seen[0]
    assert result.text.count("\n") == 1


def test_numbers_addresses_and_placeholders_alone_are_not_sent_to_the_weights() -> None:
    generator = speaker()
    result = Translate(generator).translate(
        "https://example.org/a?b=1\n42\n{name}\nThank you for your patience.", "de", "en"
    )
    assert result.text == "https://example.org/a?b=1\n42\n{name}\nDanke für Ihre Geduld."
    assert {line_of(prompt) for prompt in generator.prompts} == {"Thank you for your patience."}


def test_a_copy_is_tried_again_with_other_examples() -> None:
    def answer(prompt: Prompt, line: str) -> str:
        shows_first_examples = examples()["en"][0] in prompt.text
        return line if shows_first_examples else DICTIONARY[line]

    result = Translate(speaker(answer)).translate("Your parcel is on its way.", "de", "en")
    assert result.text == "Ihr Paket ist unterwegs."
    assert not result.segments[0].is_doubtful


@pytest.mark.parametrize("stuck", ["", "Your parcel is on its way.", "da " * 40, "你的包裹已经在路上了"])
def test_what_stays_wrong_is_marked_and_said(stuck: str) -> None:
    result = Translate(speaker(lambda prompt, line: stuck)).translate("Your parcel is on its way.", "de", "en")
    assert result.segments[0].is_doubtful
    assert result.text.strip()
    assert "1 of 1" in result.note


def test_a_loop_is_never_shown() -> None:
    result = Translate(speaker(lambda prompt, line: "da " * 40)).translate("Your parcel is on its way.", "de", "en")
    assert result.text == "Your parcel is on its way."


def test_a_lost_placeholder_is_doubtful() -> None:
    result = Translate(speaker(lambda prompt, line: "Hallo, Ihr Paket ist da.")).translate(
        "Hello {name}, your parcel is here.", "de", "en"
    )
    assert result.segments[0].is_doubtful


def test_careful_takes_the_candidate_that_most_agree_on() -> None:
    def answer(prompt: Prompt, line: str) -> str:
        if prompt.temperature == 0:
            return "Ihre Packung liegt auf dem Weg herum."
        return "Ihr Paket ist bereits unterwegs." if prompt.seed % 3 == 0 else "Ihr Paket ist unterwegs."

    translate = Translate(speaker(answer))
    progress = Shown()
    careful = translate.translate("Your parcel is on its way.", "de", "en", is_careful=True, progress=progress)
    assert careful.text == "Ihr Paket ist unterwegs."
    assert progress.texts[0] == "Ihre Packung liegt auf dem Weg herum."
    assert progress.texts[-1] == careful.text
    assert translate.translate("Your parcel is on its way.", "de", "en").text == progress.texts[0]


def test_without_anybody_watching_draft_and_candidates_are_asked_for_at_once() -> None:
    generator = speaker()
    unwatched = Translate(generator).translate("Your parcel is on its way.", "de", "en", is_careful=True)
    assert [(prompt.temperature > 0, prompt.seed) for prompt in generator.prompts] == [
        (seed > 0, seed) for seed in range(CANDIDATES)
    ]
    assert unwatched.text == "Ihr Paket ist unterwegs."


def test_careful_repairs_only_where_all_candidates_are_flawed() -> None:
    def answer(prompt: Prompt, line: str) -> str:
        return "" if prompt.seed == 0 else DICTIONARY[line]

    generator = speaker(answer)
    result = Translate(generator).translate("Your parcel is on its way.", "de", "en", is_careful=True, progress=Shown())
    assert len(generator.prompts) == CANDIDATES
    assert (result.text, result.note) == ("Ihr Paket ist unterwegs.", "")


def test_the_draft_grows_from_its_beginning_and_says_how_far_it_is() -> None:
    progress = Shown()
    text = "\n".join(f"Your parcel number {number} is on its way." for number in range(100, 120))
    answer = "Ihr Paket mit der Nummer ist unterwegs."
    Translate(speaker(lambda prompt, line: answer)).translate(text, "de", "en", progress=progress)
    assert [done for done, _, _ in progress.steps] == [8, 16, 20]
    assert all(
        later.startswith(earlier.rstrip("\n"))
        for earlier, later in zip(progress.texts, progress.texts[1:], strict=False)
    )


def test_equal_sentences_are_asked_once() -> None:
    generator = speaker()
    Translate(generator).translate("\n".join(["Your parcel is on its way."] * 20), "de", "en")
    assert len(generator.prompts) == 1


def test_the_constant_part_of_the_prompt_comes_first() -> None:
    generator = speaker()
    Translate(generator).translate("Your parcel is on its way. Thank you for your patience.", "de", "en")
    first, second = (prompt.text for prompt in generator.prompts)
    shared = first.index("Your parcel is on its way.")
    assert first[:shared] == second[:shared]
    assert all(prompt.stop == ("\n",) for prompt in generator.prompts)


def test_the_source_language_is_found_when_not_given() -> None:
    def answer(prompt: Prompt, line: str) -> str:
        assert "German: Wo ist mein Paket geblieben?" in prompt.text
        return "Where did my parcel go?"

    result = Translate(speaker(answer)).translate("Wo ist mein Paket geblieben?", "en")
    assert (result.source, result.language.code, result.text) == ("de", "de", "Where did my parcel go?")


def test_the_same_language_comes_back_unchanged_with_a_note() -> None:
    generator = speaker()
    text = "Your parcel is on its way."
    for source in ("", "en"):
        result = Translate(generator).translate(text, "en", source)
        assert result.text == text
        assert "English already" in result.note
    assert not generator.prompts


def test_a_text_without_words_comes_back_unchanged() -> None:
    result = Translate(speaker()).translate("12345 😀", "de")
    assert (result.text, bool(result.note)) == ("12345 😀", True)


@pytest.mark.parametrize(("target", "source"), [("xx", ""), ("", ""), ("ru", ""), ("de", "pl"), ("<b>", "en")])
def test_a_language_that_is_not_served_is_named(target: str, source: str) -> None:
    with pytest.raises(UnsupportedLanguage):
        Translate(speaker()).translate("Your parcel is on its way.", target, source)


def test_a_sure_guess_outside_the_served_languages_is_refused() -> None:
    with pytest.raises(UnsupportedLanguage, match="Polish"):
        Translate(speaker()).translate("Nie wiem, gdzie jest mój telefon i kiedy przyjdzie paczka.", "de")


def test_codes_with_a_region_are_taken() -> None:
    assert Translate(speaker()).translate("Thank you for your patience.", "de-AT", "EN_us").target == "de"


@pytest.mark.parametrize("text", ["", "  \n ", "\x00\x01"])
def test_an_empty_text_is_refused(text: str) -> None:
    with pytest.raises(EmptyInput):
        Translate(speaker()).translate(text, "de")


def test_a_text_beyond_the_limit_is_refused() -> None:
    with pytest.raises(InputTooLong):
        Translate(speaker()).translate("a" * 20_001, "de", "en")


def test_a_stop_ends_it() -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        Translate(speaker()).translate("Thank you for your patience.", "de", "en", progress=Progress(stop))


def test_sentences_join_without_blanks_in_chinese_and_with_blanks_in_english() -> None:
    layout = lay_out("One here. Two there.", "en")
    assert put_together(layout, ["一在这里。", "二在那里。"], "en", "zh") == "一在这里。二在那里。"
    layout = lay_out("一在这里。二在那里。", "zh")
    assert put_together(layout, ["One here.", "Two there."], "zh", "en") == "One here. Two there."


def test_the_examples_are_parallel_in_all_served_languages() -> None:
    counts = {code: len(sentences) for code, sentences in examples().items()}
    assert set(counts) == set(SERVED)
    assert len(set(counts.values())) == 1
    assert all(sentence.strip() and "\n" not in sentence for found in examples().values() for sentence in found)


@pytest.mark.parametrize("source", SERVED)
@pytest.mark.parametrize("target", SERVED)
def test_good_translations_have_no_flaw(source: str, target: str) -> None:
    if source != target:
        for line, translated in zip(examples()[source], examples()[target], strict=True):
            assert flaw(line, translated, source, target) == "", (line, translated)


def test_numbers_count_whatever_their_separators_are() -> None:
    assert kept_share("It costs 1,299.50 euros.", "Es kostet 1.299,50 Euro.") == 1.0
    assert kept_share("Call 112 or 0800 123.", "Rufen Sie 112 an.") == 0.5
    assert kept_share("No numbers.", "Keine Zahlen.") == 1.0


def test_addresses_and_placeholders_must_stay() -> None:
    assert lost_fixed_text("See https://a.example/x for #NAME#", "Siehe https://a.example/x")
    assert not lost_fixed_text("Write to a.b@c.example, {name}", "{name}, schreiben Sie an a.b@c.example")
    assert not has_words("{name} 12 https://a.example")


def test_agreement_beats_an_outlier_and_a_lost_number_costs() -> None:
    assert choose("x", ["ganz anders hier", "das Haus ist rot", "das Haus ist rot.", "das Haus war rot"]) != 0
    assert choose("in 2019", ["im Jahr", "im Jahr 2019", "im Jahr"]) == 1


def test_a_number_that_nobody_wrote_costs_too() -> None:
    same, invented = "Der Rat stimmte zu.", "Der Rat stimmte 2019 zu."
    assert choose("The council agreed.", [invented, same]) == 1
    assert has_invented("The council agreed.", invented)
    assert not has_invented("第四十七条", "Article 47")


def test_chrf_agrees_with_sacrebleu() -> None:
    sacrebleu = pytest.importorskip("sacrebleu")
    for candidate, reference in [
        ("Das Haus ist rot.", "Das Haus war rot und groß."),
        ("包裹已经在路上了", "您的包裹正在路上。"),
        ("ab", "abc"),
    ]:
        expected = sacrebleu.sentence_chrf(candidate, [reference]).score / 100
        assert chrf(grams(candidate), grams(reference)) == pytest.approx(expected, abs=0.02)


@pytest.mark.weights
def test_the_weights_translate_a_plain_sentence_both_ways() -> None:
    shelf = Shelf(read_settings({}))
    try:
        translate = Translate(shelf.translator())
        english = translate.translate("Die Stadt ist sehr alt und schön.", "en")
        german = translate.translate("The city is very old and beautiful.", "de", is_careful=True)
    finally:
        shelf.close()
    assert "old" in english.text
    assert "alt" in german.text
    assert english.note == german.note == ""
