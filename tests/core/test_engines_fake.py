"""The fakes keep the promises of the protocols, so that tests on them say something about the real engines."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from core.engines.base import Prompt
from core.engines.fake import FakeClassifier, FakeEncoder, FakeGenerator
from core.errors import DeadlineExceeded, EngineBusy, EngineFailed, Stopped
from core.types import Turn


def test_a_scripted_generator_gives_its_replies_in_order_and_then_repeats_the_prompt() -> None:
    generator = FakeGenerator(["The first one.", "The second."])
    prompts = [Prompt(text="a"), Prompt(text="b"), Prompt(text="Examples\nlast line\n")]
    assert [done.text for done in generator.complete(prompts)] == ["The first one.", "The second.", "last line"]
    assert generator.prompts == prompts


def test_a_function_can_write_the_replies_and_a_stream_joins_to_the_whole() -> None:
    generator = FakeGenerator(lambda prompt: f"You said:\n  {prompt.messages[-1].content} twice")
    pieces = list(generator.stream(Prompt(messages=(Turn("user", "hello"),))))
    assert len(pieces) > 2
    assert "".join(pieces) == "You said:\n  hello twice"


def test_stop_strings_and_the_token_limit_end_a_reply() -> None:
    generator = FakeGenerator(lambda prompt: "one two three\nfour")
    stopped, cut = generator.complete([Prompt(text="x", stop=("\n",)), Prompt(text="x", max_tokens=2)])
    assert (stopped.text, stopped.reason) == ("one two three", "stop")
    assert (cut.text.split(), cut.reason, cut.tokens) == (["one", "two"], "length", 2)


def test_closing_a_stream_frees_its_place() -> None:
    generator = FakeGenerator(["a b c d"], slots=1)
    stream = generator.stream(Prompt(text="x"))
    next(stream)
    assert generator.running == 1
    with pytest.raises(EngineBusy, match="about 1 seconds"):
        list(generator.stream(Prompt(text="x")))
    stream.close()
    assert generator.running == 0


def test_a_stop_ends_a_stream_early_and_a_completion_with_an_error() -> None:
    generator = FakeGenerator(lambda prompt: "word " * 1_000, seconds_per_piece=0.001)
    stop = threading.Event()
    seen = []
    for piece in generator.stream(Prompt(text="x", max_tokens=1_000), stop):
        seen.append(piece)
        if len(seen) == 3:
            stop.set()
    assert len(seen) == 3
    with pytest.raises(Stopped):
        generator.complete([Prompt(text="x")], stop)


def test_a_slow_reply_meets_its_deadline_and_a_scripted_error_comes_through() -> None:
    with pytest.raises(DeadlineExceeded):
        FakeGenerator(["a b c"], seconds_per_piece=0.05).complete([Prompt(text="x", deadline_seconds=0.02)])
    broken = FakeGenerator(["a b c"], error=EngineFailed(name="fake"), error_after=2)
    stream = broken.stream(Prompt(text="x"))
    assert [next(stream), next(stream)] == ["a", " b"]
    with pytest.raises(EngineFailed):
        next(stream)
    assert broken.running == 0


def test_similar_texts_get_near_vectors_of_length_one() -> None:
    vectors = FakeEncoder().encode(["The oven has a warranty of two years", "oven warranty", "Bananas are yellow", ""])
    assert vectors.shape == (4, 512)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    assert vectors[0] @ vectors[1] > 0.4 > vectors[0] @ vectors[2]
    assert np.array_equal(vectors, FakeEncoder().encode(["The oven has a warranty of two years", "oven warranty",
                                                          "Bananas are yellow", ""]))  # fmt: skip


def test_the_classifier_reads_praise_blame_and_negation_and_names_its_words() -> None:
    classifier = FakeClassifier()
    texts = ["I love it, great", "It is terrible", "The box is brown", "This is not good", "服务很差"]
    probabilities = classifier.classify(texts)
    assert np.allclose(probabilities.sum(axis=1), 1.0, atol=1e-6)
    assert [classifier.labels[row.argmax()] for row in probabilities] == [
        "positive", "negative", "neutral", "negative", "negative",
    ]  # fmt: skip
    text = "Not good, but great value"
    drivers = classifier.explain(text, "positive")
    assert [text[d.span.start : d.span.end] for d in drivers] == [d.text for d in drivers]
    assert [d.weight for d in drivers] == [0.0, -2.0, 0.0, 2.0, 0.0]
