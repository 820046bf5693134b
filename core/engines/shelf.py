"""The engines of one process: each opened once, on first use, and named with its state for whoever asks.

Nothing heavy is imported before an engine is asked for. `python -m core.engines.shelf` prepares the weights once.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from core.config import Settings, read_settings
from core.engines.base import Classifier, Encoder, Generator
from core.engines.catalog import Traits
from core.engines.late import Late
from core.engines.profiles import embeddings, generators, traits_of
from core.errors import EngineFailed, EngineUnreachable, HearbackError, Stopped
from core.progress import Progress

WRITER, TRANSLATOR, ENCODER, MULTILINGUAL, CLASSIFIER = (
    "writer",
    "translator",
    "encoder",
    "multilingual encoder",
    "classifier",
)


# Two cores: while one engine is read from the disk and unpacked, another one's libraries are imported.
OPENED_AT_ONCE = 2
PLANNED = "its turn comes soon"
_LOOK_SECONDS = 0.1
# Whoever comes when an engine has been in preparation for too long waits no longer than this.
_LATE_SECONDS = 2.0


@dataclass(frozen=True)
class EngineState:
    """How an engine stands: waiting (not asked for yet), preparing, ready or failed; `detail` is for people.

    One that waits with a detail is going to be opened without being asked for. `weights` is known of open ones.
    """

    name: str
    state: str
    detail: str
    device: str
    dtype: str
    weights: str = ""


@dataclass
class _Place:
    """Where one engine stands once it is open."""

    open: Callable[[], Any]
    lock: threading.Lock = field(default_factory=threading.Lock)
    engine: Any = None
    state: str = "waiting"
    detail: str = ""
    began: float = 0.0
    opening: Future[Any] | None = None


class Shelf:
    """Opens each engine once; thread-safe. An engine that could not be opened is tried again when next asked for."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        openers = _fakes() if settings.profile == "fake" else _real(settings)
        self._places = {name: _Place(opener) for name, opener in openers.items()}
        self._planning = threading.Lock()
        self._planned: list[str] = []

    def writer(self) -> Generator:
        """Return the instruct weights that word answers."""
        return self._take(WRITER)

    def translator(self) -> Generator:
        """Return the multilingual base weights."""
        return self._take(TRANSLATOR)

    def encoder(self) -> Encoder:
        """Return the sentence encoder for English."""
        return self._take(ENCODER)

    def multilingual_encoder(self) -> Encoder:
        """Return the encoder for all other languages."""
        return self._take(MULTILINGUAL)

    def classifier(self) -> Classifier:
        """Return the sentiment classifier."""
        return self._take(CLASSIFIER)

    def traits(self, name: str) -> Traits:
        """Return how the generator of this name is to be asked and what it may be trusted with; loads nothing."""
        return traits_of(self._settings, is_writer=name == WRITER)

    def words(self) -> Generator | None:
        """Return the writer where its own words may be shown behind the checks, else None; it is opened when asked."""
        return Late(self.writer) if self.traits(WRITER).can_word else None

    def states(self) -> tuple[EngineState, ...]:
        """Return how each engine stands; one on another machine may be away now though it was ready before."""
        return tuple(
            EngineState(
                name,
                "failed" if getattr(place.engine, "trouble", "") else place.state,
                getattr(place.engine, "trouble", "") or place.detail,
                str(getattr(place.engine, "device", "")),
                str(getattr(place.engine, "dtype", "")),
                str(getattr(getattr(place.engine, "fingerprint", None), "weights_id", "")),
            )
            for name, place in self._places.items()
        )

    def plan(self) -> None:
        """Note that every engine is going to be opened, so that `states` can say so before `warm` begins."""
        # No task asks a writer whose words it may not show.
        order = (ENCODER, TRANSLATOR, CLASSIFIER, MULTILINGUAL, WRITER)
        wanted = [name for name in order if name != WRITER or self.traits(WRITER).can_word]
        with self._planning:
            waiting = [name for name in wanted if name in self._places and self._places[name].engine is None]
            self._planned = [name for name in self._planned if name in waiting]
            self._planned += [name for name in waiting if name not in self._planned]
            for name in self._planned:
                if self._places[name].state == "waiting":
                    self._places[name].detail = PLANNED

    def expect(self, names: Sequence[str]) -> None:
        """Open these next, because somebody is where they are needed; nothing is opened that `plan` left out."""
        with self._planning:
            first = [name for name in names if name in self._planned]
            self._planned = first + [name for name in self._planned if name not in first]

    def warm(self, progress: Progress | None = None) -> None:
        """Open every engine, two at once; one that fails is named in `states` and does not stop the others."""
        progress = progress or Progress()
        self.plan()
        total = len(self._planned)
        threads = [
            threading.Thread(target=self._open_planned, args=(progress, total), name=f"warm-{number}", daemon=True)
            for number in range(OPENED_AT_ONCE)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        progress.check()
        progress.advance(total, total, "ready")

    def prepare(self, names: Sequence[str], progress: Progress) -> bool:
        """Wait until these engines are open, and tell `progress` what it is that takes its time.

        Returns whether there was anything to wait for. Raises what opening raises, EngineUnreachable where it takes
        longer than an answer may, and Stopped: whoever waits may leave, the engine is opened all the same.
        """
        closed = [name for name in names if self._places[name].engine is None]
        for name in closed:
            place, asked = self._places[name], time.monotonic()
            opened = self._opening(name)
            while not wait((opened,), _LOOK_SECONDS).done:
                progress.check()
                if time.monotonic() - asked > self._patience(place, asked):
                    raise EngineUnreachable(name=name, why="it is still being prepared")
                detail = place.detail if place.state == "preparing" else ""
                progress.advance(0, 1, f"the {name} is being prepared{detail and ': '}{detail}")
            opened.result()
        return bool(closed)

    def _opening(self, name: str) -> Future[Any]:
        """Open an engine in a thread of its own, one for all, which goes on when nobody waits for it any more."""
        place = self._places[name]
        with self._planning:
            if place.opening is not None and not place.opening.done():
                return place.opening
            opened = place.opening = Future()

        def take() -> None:
            try:
                opened.set_result(self._take(name))
            except BaseException as error:  # noqa: BLE001 - raised again by whoever waits
                opened.set_exception(error)

        threading.Thread(target=take, name=f"open {name}", daemon=True).start()
        return opened

    def _patience(self, place: _Place, asked: float) -> float:
        """Return how many seconds whoever came at `asked` may wait: a slot that waits is one that answers nobody."""
        since = asked - place.began if place.state == "preparing" else 0.0
        return max(_LATE_SECONDS, self._settings.deadline_seconds - max(0.0, since))

    def _open_planned(self, progress: Progress, total: int) -> None:
        while not progress.stop.is_set():
            with self._planning:
                if not self._planned:
                    return
                name = self._planned.pop(0)
                left = len(self._planned)
            progress.advance(total - left - 1, total, f"opening the {name}")
            try:
                self._take(name, progress)
            except Stopped:
                return
            except HearbackError:
                continue

    def close(self) -> None:
        """Free every engine."""
        for place in self._places.values():
            with place.lock:
                engine, place.engine, place.state = place.engine, None, "waiting"
            if hasattr(engine, "close"):
                engine.close()

    def _take(self, name: str, progress: Progress | None = None) -> Any:
        place = self._places[name]
        with self._alone(name, place):
            if place.engine is None:
                place.state, place.detail, place.began = "preparing", "", time.monotonic()
                try:
                    engine = place.open()
                    if hasattr(engine, "open"):
                        engine.open(_Detail(place, progress))
                except Stopped:
                    place.state, place.detail = "waiting", ""
                    raise
                except HearbackError as error:
                    place.state, place.detail = "failed", str(error)
                    raise
                except Exception as error:  # the edge: no library's own error leaves the engines
                    place.state, place.detail = "failed", str(EngineFailed(name=name))
                    raise EngineFailed(name=name) from error
                place.engine, place.state, place.detail = engine, "ready", ""
            return place.engine

    @contextmanager
    def _alone(self, name: str, place: _Place) -> Iterator[None]:
        """Wait until nobody else opens this engine; raises EngineUnreachable where that takes too long."""
        if not place.lock.acquire(timeout=self._patience(place, time.monotonic())):
            raise EngineUnreachable(name=name, why="it is still being prepared")
        try:
            yield
        finally:
            place.lock.release()


def _fakes() -> dict[str, Callable[[], Any]]:
    from core.engines.fake import FakeClassifier, FakeEncoder, FakeGenerator

    return {
        WRITER: FakeGenerator,
        TRANSLATOR: FakeGenerator,
        ENCODER: FakeEncoder,
        MULTILINGUAL: FakeEncoder,
        CLASSIFIER: FakeClassifier,
    }


def _real(settings: Settings) -> dict[str, Callable[[], Any]]:
    """Return what makes each engine; making one loads nothing, its own `open` does."""
    writer, translator = generators(settings)
    elsewhere = embeddings(settings)

    def sentences() -> Any:
        from core.engines.encoder import SentenceEncoder

        return SentenceEncoder(settings)

    made: list[Any] = []
    making = threading.Lock()

    def layers() -> Any:
        from core.engines.encoder import MiddleLayers

        with making:  # two engines that stand on them may be opened at once
            made.extend([] if made else [MiddleLayers(settings)])
            return made[0]

    def multilingual() -> Any:
        from core.engines.encoder import BACKGROUND, MiddleLayerEncoder

        return MiddleLayerEncoder(layers(), settings.assets / "heads" / BACKGROUND)

    def classifier() -> Any:
        from core.engines.encoder import SENTIMENT_HEAD, HeadClassifier

        return HeadClassifier(layers(), settings.assets / "heads" / SENTIMENT_HEAD)

    return {
        WRITER: writer,
        TRANSLATOR: translator,
        ENCODER: elsewhere or sentences,
        MULTILINGUAL: elsewhere or multilingual,
        CLASSIFIER: classifier,
    }


class _Detail(Progress):
    """Hears how far an engine's preparation is and writes it where `states` finds it."""

    def __init__(self, place: _Place, told: Progress | None) -> None:
        super().__init__(told.stop if told else None)
        self._place = place
        self._told = told

    def advance(self, done: int, total: int, doing: str) -> None:
        self._place.detail = f"{doing} ({done / max(1, total):.0%})"
        if self._told is not None:
            self._told.advance(done, total, doing)


def main() -> int:
    """Join and convert the weights of this profile, with a line for each on standard error; 1 if any failed."""
    shelf = Shelf(read_settings())
    shelf.warm(_Lines())
    failed = [state for state in shelf.states() if state.state == "failed"]
    for state in failed:
        sys.stderr.write(f"{state.name}: {state.detail}\n")
    shelf.close()
    return 1 if failed else 0


class _Lines(Progress):
    def advance(self, done: int, total: int, doing: str) -> None:
        """Rewrite one line on a terminal; elsewhere say only where something begins or ends."""
        is_over = done == total
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{doing}: {done} of {total}" + ("\n" if is_over else "\033[K"))
        elif is_over or done == 0 or doing.startswith("opening"):
            sys.stderr.write(f"{doing}\n")


if __name__ == "__main__":
    sys.exit(main())
