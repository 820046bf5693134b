"""The sentences on which a head is held to what ships: read once, kept, and never those that examine it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.config import Settings, read_settings
from core.engines.fake import FakeClassifier, fake_head
from core.errors import Stopped
from core.learning import replayed_sentences
from core.learning.replayed_sentences import file_of, left_to_read, replay, sentences
from core.learning.shipped import shipped
from core.progress import Progress
from core.types import Task


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    few = sentences()[:70]
    monkeypatch.setattr(replayed_sentences, "sentences", lambda: few)
    return read_settings({"HEARBACK_PROFILE": "fake", "HEARBACK_CACHE": str(tmp_path), "HEARBACK_DATA": str(tmp_path)})


class Counting(FakeClassifier):
    """Counts what it reads."""

    read = 0

    def pooled(self, texts: object) -> object:
        self.read += len(texts)  # type: ignore[arg-type]
        return super().pooled(texts)  # type: ignore[arg-type]


def test_what_examines_a_head_is_not_held_on_to() -> None:
    assert len(sentences()) > 500
    assert not set(sentences()) & {row.input_text for row in shipped(Task.SENTIMENT)}


def test_they_are_read_once_on_a_machine(settings: Settings) -> None:
    classifier = Counting()
    assert left_to_read(settings) == 70
    first = replay(settings, classifier, fake_head(), Progress())
    assert left_to_read(settings) == 0
    again = replay(settings, classifier, fake_head(), Progress())
    assert classifier.read == 70
    np.testing.assert_allclose(first.pooled, again.pooled, atol=1e-3)


@pytest.mark.parametrize("content", [b"", b"half a file"])
def test_a_broken_file_is_read_anew(settings: Settings, content: bytes) -> None:
    file_of(settings).write_bytes(content)
    assert len(replay(settings, FakeClassifier(), fake_head(), Progress()).pooled) == 70


def test_reading_stops_when_asked_and_keeps_nothing_half(settings: Settings) -> None:
    progress = Progress()
    progress.stop.set()
    with pytest.raises(Stopped):
        replay(settings, FakeClassifier(), fake_head(), progress)
    assert not file_of(settings).exists()
