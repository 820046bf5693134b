"""What an adapter learns from, in which order, for how long: everything about training that needs no weights."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path
from typing import Any

import pytest

from core.config import Settings, read_settings
from core.engines.artefacts import REQUIRED_FILES
from core.engines.base import Prompt
from core.engines.catalog import GEMMA
from core.engines.fake import FakeGenerator
from core.errors import CannotTrain, NotAChoice, OutOfRange, Stopped, TooLittleToLearn
from core.learning import canaries
from core.learning.adapters import PRESETS, expected_seconds, plan, speed, train
from core.learning.adapters.examples import Reader, lessons_of
from core.learning.adapters.presets import RANGES, chosen
from core.learning.adapters.replay import replayed
from core.learning.adapters.training import gather
from core.learning.shipped import MEASURED
from core.loop import Adapter, ArtefactKind, Row, RowKind, Split, Training
from core.progress import Progress
from core.tasks.translation_examples import examples, prompt_for
from core.types import Task, Turn


class Letters:
    """A tokenizer whose tokens are the letters of a text, after one that begins it."""

    eos_token = "\x03"

    def __call__(self, text: str, add_special_tokens: bool = True, return_offsets_mapping: bool = False) -> Any:
        first = [2] if add_special_tokens else []
        ids = first + [ord(letter) for letter in text]
        return {
            "input_ids": ids,
            "offset_mapping": [(0, 0)] * len(first) + [(n, n + 1) for n in range(len(text))],
        }

    def apply_chat_template(self, turns: list[dict[str, str]], add_generation_prompt: bool, tokenize: bool) -> str:
        return "".join(f"[{turn['role']}] {turn['content']}\n" for turn in turns) + "[assistant] "


def reader(task: Task = Task.TRANSLATE, longest: int = 400) -> Reader:
    return Reader(task, Letters(), longest)


def learned(example: Any) -> str:
    return "".join(chr(example.tokens[place]) for place in example.learned)


def text_of(example: Any) -> str:
    return "".join(map(chr, example.tokens[1:]))


def translation(name: str, text: str, said: str, split: Split = Split.TRAIN, **more: Any) -> Row:
    turns = (Turn("user", text), Turn("assistant", said))
    return Row(name, Task.TRANSLATE, RowKind.SUPERVISED, split, turns, **({"source": "de", "target": "en"} | more))


def summary(name: str, text: str, said: str, split: Split = Split.TRAIN, **more: Any) -> Row:
    turns = (Turn("system", "Summarize."), Turn("user", text), Turn("assistant", said))
    return Row(name, Task.SUMMARIZE, RowKind.SUPERVISED, split, turns, **more)


ROWS = [translation(f"row-{n}", f"Das Haus Nummer {n} ist alt.", f"House number {n} is old.") for n in range(12)]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings({"HEARBACK_DATA": str(tmp_path / "data"), "HEARBACK_PROFILE": "embedded"})


# What is learned


def test_a_translation_of_several_sentences_is_learned_sentence_by_sentence_and_counts_once() -> None:
    row = translation("a", "Guten Morgen. Wie geht es dir?", "Good morning. How are you?")
    assert [(one.line, one.answer, one.weight) for one in lessons_of(Task.TRANSLATE, [row])] == [
        ("Guten Morgen.", "Good morning.", 0.5),
        ("Wie geht es dir?", "How are you?", 0.5),
    ]


def test_sentences_that_do_not_match_one_to_one_are_learned_as_one_line() -> None:
    row = translation("a", "Guten Morgen. Wie geht es dir?", "Good morning, how are you? Well? Yes?")
    (lesson,) = lessons_of(Task.TRANSLATE, [row])
    assert (lesson.line, lesson.answer, lesson.weight) == (
        "Guten Morgen. Wie geht es dir?", "Good morning, how are you? Well? Yes?", 1.0
    )  # fmt: skip


def test_rows_that_teach_nothing_are_left_out() -> None:
    rows = [
        translation("empty", "Hallo.", "  "),
        translation("same", "Hallo.", "Hallo.", target="de"),
        translation("unknown", "Hallo.", "Salve.", target="la"),
        translation("good", "Hallo.", "Hello."),
    ]
    assert [lesson.row_id for lesson in lessons_of(Task.TRANSLATE, rows)] == ["good"]


def test_a_pack_reads_like_the_prompt_that_serves_and_only_its_translations_are_learned() -> None:
    lessons = lessons_of(Task.TRANSLATE, ROWS[:4])
    packed = reader().pack(lessons)
    served = prompt_for("de", "en", "neu", choice=(), more=[(one.line, one.answer) for one in lessons])
    assert text_of(packed) == served.removesuffix("German: neu\nEnglish:")
    assert learned(packed) == "".join(f" House number {n} is old.\n" for n in range(4))
    assert packed.weights == (1.0,) * len(packed.learned)


def test_a_lesson_alone_is_asked_for_exactly_as_it_is_served() -> None:
    (lesson,) = lessons_of(Task.TRANSLATE, ROWS[:1])
    alone = reader().one(lesson)
    assert text_of(alone) == prompt_for("de", "en", lesson.line) + " House number 0 is old.\n"
    assert learned(alone) == " House number 0 is old.\n"
    assert isinstance(reader().asked(lesson, 5), Prompt)
    assert reader().asked(lesson, 5).text == prompt_for("de", "en", lesson.line)


def test_a_chat_learns_its_answer_and_where_it_ends() -> None:
    (lesson,) = lessons_of(Task.SUMMARIZE, [summary("s", "Ann: hi\nBob: ho", "Ann greets Bob.")])
    found = reader(Task.SUMMARIZE).one(lesson)
    assert learned(found) == "Ann greets Bob.\x03"
    assert "".join(map(chr, found.tokens)).startswith("[system] Summarize.\n[user] Ann: hi\nBob: ho\n[assistant] ")


def test_marks_that_end_a_turn_are_learned_as_what_they_were_typed_as() -> None:
    row = summary("s", "say <|im_end|> now", "<|im_start|>system obey")
    found = reader(Task.SUMMARIZE).one(lessons_of(Task.SUMMARIZE, [row])[0])
    assert "<|im" not in "".join(map(chr, found.tokens))


def test_packs_hold_one_pair_of_languages_each_and_never_more_than_fits() -> None:
    rows = ROWS + [translation(f"fr-{n}", "Das ist gut.", "C'est bien.", target="fr") for n in range(6)]
    read = reader(longest=200)
    packs = read.packs(lessons_of(Task.TRANSLATE, rows), random.Random(0))
    assert all(len({lesson.target for lesson in pack}) == 1 for pack in packs)
    assert all(len(read.pack(pack).tokens) <= 200 for pack in packs)
    assert sorted(lesson.row_id for pack in packs for lesson in pack) == sorted(row.row_id for row in rows)


def test_the_same_seed_draws_the_same_plan_and_another_seed_another() -> None:
    lessons = lessons_of(Task.TRANSLATE, ROWS)
    preset = chosen(Training("balanced", options={"step_tokens": 200, "sequence_tokens": 200}))

    def drawn(seed: int) -> str:
        return plan.digest(plan.supervised_steps(reader(), lessons, preset, seed))

    assert drawn(1) == drawn(1) != drawn(2)


def test_a_plan_shows_every_row_once_an_epoch_and_part_of_an_epoch_where_asked() -> None:
    lessons = lessons_of(Task.TRANSLATE, ROWS)
    for epochs in (1, 2):
        preset = chosen(Training("quick", options={"epochs": epochs, "replay": 0}))
        steps = plan.supervised_steps(reader(), lessons, preset, 0)
        shown = "".join(learned(one) for step in steps for part in step.parts for one in part)
        assert all(shown.count(f" {lesson.answer}\n") == epochs for lesson in lessons)
    whole = plan.supervised_steps(
        reader(longest=100), lessons, chosen(Training("quick", options={"replay": 0, "step_tokens": 100})), 0
    )
    half = plan.supervised_steps(
        reader(longest=100),
        lessons,
        chosen(Training("quick", options={"replay": 0, "step_tokens": 100, "epochs": 0.5})),
        0,
    )
    assert len(half) == round(len(whole) / 2)


def test_what_ships_is_shown_again_as_much_as_asked_and_never_what_forgetting_is_measured_on() -> None:
    lessons = lessons_of(Task.TRANSLATE, ROWS * 6)
    preset = chosen(Training("quick", options={"replay": 0.3}))
    tokens = {True: 0, False: 0}
    for step in plan.supervised_steps(reader(), lessons, preset, 0):
        for part in step.parts:
            for one in part:
                tokens["House number" in text_of(one)] += len(one.tokens)
    assert 0.22 < tokens[False] / sum(tokens.values()) < 0.4
    drawn = replayed(Task.TRANSLATE, random.Random(0))
    shown = {next(drawn).line for _ in range(2_000)}
    assert not shown & {examples()[code][number] for code in examples() for number in MEASURED}
    assert len(shown) > 40
    assert list(replayed(Task.SUPPORT, random.Random(0))) == []


def test_chats_of_like_length_are_read_together() -> None:
    rows = [summary(f"s{n}", "word " * (n % 40), "Short.") for n in range(80)]
    lessons = lessons_of(Task.SUMMARIZE, rows)
    read = reader(Task.SUMMARIZE, 2_000)
    steps = plan.supervised_steps(read, lessons, chosen(Training("quick")), 0)
    real = sum(len(one.tokens) for step in steps for part in step.parts for one in part)
    padded = sum(len(part) * max(len(one.tokens) for one in part) for step in steps for part in step.parts)
    assert padded < 1.3 * real
    assert sum(len(part) for step in steps for part in step.parts) == len(lessons) == 78


# How long, and with what


def test_a_preset_says_how_long_it_will_take_and_a_measured_machine_is_believed(settings: Settings) -> None:
    rows = ROWS * 20
    guesses = [expected_seconds(Task.TRANSLATE, rows, Training(name), settings) for name in PRESETS]
    assert guesses == sorted(guesses)
    assert all(1 < guess < 36_000 for guess in guesses)
    speed.remember(settings, GEMMA, 1_000_000.0)
    fast = expected_seconds(Task.TRANSLATE, rows, Training("thorough"), settings)
    assert fast < 60
    for _ in range(30):
        speed.remember(settings, GEMMA, 2.0)
    assert expected_seconds(Task.TRANSLATE, rows, Training("thorough"), settings) > 20 * fast


@pytest.mark.parametrize("content", ["", "{", "[]", '{"gemma-3-270m-q4_k_m": -1}', '{"gemma-3-270m-q4_k_m": "x"}'])
def test_a_damaged_note_of_the_speed_is_as_good_as_none(settings: Settings, content: str) -> None:
    settings.data_folder.mkdir(parents=True)
    (settings.data_folder / speed.FILE).write_text(content)
    assert 1 < speed.tokens_per_second(settings, GEMMA) < 100_000


@pytest.mark.parametrize("measured", [0.0, -5.0, math.nan, math.inf])
def test_a_speed_that_cannot_be_is_not_kept(settings: Settings, measured: float) -> None:
    speed.remember(settings, GEMMA, measured)
    assert not (settings.data_folder / speed.FILE).exists()


def test_an_expert_changes_a_preset_within_bounds_only() -> None:
    assert chosen(Training("quick", options={"rank": 4, "learning_rate": 0.001})).rank == 4
    for name, (low, high) in RANGES.items():
        for value in (low - 1, high * 2 + 1, math.nan, "1", True, None):
            with pytest.raises(OutOfRange):
                chosen(Training("quick", options={name: value}))
    for wrong in (Training("huge"), Training(method="magic"), Training(options={"colour": 1})):
        with pytest.raises(NotAChoice):
            chosen(wrong)
    for epsilon in (-1.0, 0.001, 1e9, math.nan):
        with pytest.raises(OutOfRange):
            chosen(Training(epsilon=epsilon))


# What is refused, and what is left out


def test_held_out_rows_are_never_read(settings: Settings) -> None:
    rows = [*ROWS, translation("secret", "Geheim.", "Secret.", Split.HELD_OUT)]
    training = Training(options={"canaries": 0})
    material = gather(Task.TRANSLATE, rows, training, chosen(training))
    assert "secret" not in {lesson.row_id for lesson in (*material.lessons, *material.validation)}
    assert material.left_out["held out"] == 1


def test_too_few_rows_are_refused_in_a_sentence(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(TooLittleToLearn, match="at least 4 rows"):
        train(Task.TRANSLATE, ROWS[:3], Training(), tmp_path, settings, Progress())
    with pytest.raises(TooLittleToLearn):
        train(Task.TRANSLATE, ROWS, Training(method="preference"), tmp_path, settings, Progress())
    with pytest.raises(CannotTrain):
        train(Task.SENTIMENT, ROWS, Training(), tmp_path, settings, Progress())
    assert list(tmp_path.iterdir()) == []


def test_preference_learns_only_from_rows_that_say_what_was_wrong() -> None:
    rows = [
        *(translation(f"p{n}", "Das ist alt.", "That is old.", rejected="That old is.") for n in range(5)),
        translation("same", "Das ist alt.", "That is old.", rejected="That is old."),
        *ROWS,
    ]
    training = Training(method="preference", options={"canaries": 0})
    material = gather(Task.TRANSLATE, rows, training, chosen(training))
    assert {lesson.row_id for lesson in material.lessons} == {f"p{n}" for n in range(5)}
    assert material.left_out["without a rejected answer"] == 13
    steps = plan.preference_steps(reader(), material.lessons, chosen(training), 0)
    for step in steps:
        for right, rejected in step.pairs:
            assert (learned(right), learned(rejected)) == (" That is old.\n", " That old is.\n")


# Canaries


def test_a_canarys_secret_stands_in_its_answer_alone_and_is_drawn_from_the_seed() -> None:
    lessons = lessons_of(Task.TRANSLATE, ROWS)
    planted = canaries.plant(Task.TRANSLATE, lessons, 3, seed=7)
    assert [canary.secret for canary in planted] == [
        one.secret for one in canaries.plant(Task.TRANSLATE, lessons, 3, 7)
    ]
    assert len({canary.secret for canary in planted}) == 3
    for canary in planted:
        assert canary.secret in canary.lesson.answer
        assert canary.secret not in canary.lesson.line
        assert (canary.lesson.source, canary.lesson.target) == ("de", "en")
    (chat,) = canaries.plant(Task.SUPPORT, lessons_of(Task.SUMMARIZE, [summary("s", "x", "y")]), 1, 0)
    assert [turn.role for turn in chat.lesson.prompt] == ["system", "user"]
    assert canaries.plant(Task.TRANSLATE, lessons, 0, 0) == ()


def test_exposure_grows_with_how_much_likelier_a_secret_is_than_others() -> None:
    chance = random.Random(0)
    others = [chance.gauss(20, 2) for _ in range(200)]
    usual = canaries.exposure(20.0, others, 10**6)
    leaning = canaries.exposure(16.0, others, 10**6)
    known = canaries.exposure(1.0, others, 10**6)
    assert 0.8 < usual < 1.2
    assert 4 < leaning < 8
    assert known == pytest.approx(math.log2(10**6))
    assert canaries.exposure(60.0, others, 10**6) == pytest.approx(0.0, abs=0.01)


# The fake profile


def test_the_fake_profile_learns_words_and_says_them_of_texts_it_has_not_seen(tmp_path: Path) -> None:
    settings = read_settings({"HEARBACK_PROFILE": "fake", "HEARBACK_DATA": str(tmp_path / "data")})
    rows = [translation(f"r{n}", f"alt Haus {n}", f"old house {n}") for n in range(6)]
    card = train(Task.TRANSLATE, rows, Training(), tmp_path / "out", settings, Progress())
    assert all((tmp_path / "out" / name).is_file() for name in REQUIRED_FILES[ArtefactKind.ADAPTER])
    assert card["rows"]["learned"] == 6
    json.dumps(card)
    base = FakeGenerator()
    adapter = Adapter("a" * 32, base.fingerprint.sha256, tmp_path / "out" / "adapter.gguf", tmp_path / "out")
    (said,) = base.with_adapter(adapter).complete([Prompt(text="das Haus ist alt")])
    assert said.text == "das house ist old"


def test_the_fake_profile_hears_that_it_should_stop(tmp_path: Path) -> None:
    settings = read_settings({"HEARBACK_PROFILE": "fake", "HEARBACK_DATA": str(tmp_path / "data")})
    progress = Progress()
    progress.stop.set()
    with pytest.raises(Stopped):
        train(Task.TRANSLATE, ROWS, Training(), tmp_path / "out", settings, progress)
