"""Which weights write and which encode in each profile, and how they are to be asked: the one place that knows.

Making an engine loads nothing; its own `open`, or the first request, does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from core.config import Settings
from core.engines import catalog
from core.engines.catalog import Traits, known_as

if TYPE_CHECKING:
    from core.engines.hub import HubWeights

Opener = Callable[[], Any]


def traits_of(settings: Settings, *, is_writer: bool) -> Traits:
    """Return how the generator that words answers, or the one that translates, is asked in this profile."""
    if settings.profile == "remote":
        name = settings.engine_writer if is_writer else settings.engine_translator
        if (known := known_as(name)) is not None:
            return known.traits
        # The writer is asked by messages only: what it is asked for has no other form.
        return Traits(is_instruct=is_writer or settings.engine_style == "messages", can_word=settings.is_worded)
    if settings.profile == "gpu" and (larger := _larger(settings)) is not None:
        return replace(larger.traits, can_word=settings.is_worded)
    return (catalog.SMOLLM2 if is_writer else catalog.GEMMA).traits


def generators(settings: Settings) -> tuple[Opener, Opener]:
    """Return what makes the writer and what makes the translator."""
    if settings.profile == "remote":
        from core.engines.openai_client import Client

        @cache
        def client() -> Client:
            return Client(settings.engine_url, settings.engine_key, first_seconds=settings.engine_first_seconds)

        def remote(model: str) -> Any:
            from core.engines.openai import OpenAIEngine

            return OpenAIEngine(client(), model, slots=settings.slots, adapter_name=settings.engine_adapter)

        return lambda: remote(settings.engine_writer), lambda: remote(settings.engine_translator)
    if settings.profile == "gpu":
        return _on_transformers(settings)

    def local(weights: Any) -> Any:
        from core.engines.llamacpp import LlamaCpp

        return LlamaCpp(
            weights,
            settings.cache_folder,
            threads=settings.threads,
            slots=settings.slots,
            # What the writer writes repeats what it was given: a dialogue, facts. A translation does not.
            is_guessing=weights is catalog.SMOLLM2,
        )

    return lambda: local(catalog.SMOLLM2), lambda: local(catalog.GEMMA)


def embeddings(settings: Settings) -> Opener | None:
    """Return what makes the encoder of all languages beyond this process, or None where texts are encoded here."""
    if not settings.embeddings_url:
        return None

    @cache
    def encoder() -> Any:
        from core.engines.openai_client import Client
        from core.engines.openai_embeddings import EmbeddingsEngine

        client = Client(settings.embeddings_url, settings.embeddings_key, first_seconds=settings.engine_first_seconds)
        return EmbeddingsEngine(client, settings.embeddings_model, settings.deadline_seconds)

    return encoder


def _on_transformers(settings: Settings) -> tuple[Opener, Opener]:
    """Return both on the weights that the card is large enough for, in one model; else on the embedded ones."""

    @cache
    def local(weights: Any) -> Any:
        from core.engines.hf import Transformers

        return Transformers(weights, settings.cache_folder, slots=settings.slots, threads=settings.threads)

    return (
        lambda: local(_larger(settings) or catalog.SMOLLM2),
        lambda: local(_larger(settings) or catalog.GEMMA),
    )


@cache
def _larger(settings: Settings) -> HubWeights | None:
    from core.engines.hub import chosen

    return chosen(settings)
