"""What llama.cpp's server is told and what it says back, in its own words."""

from __future__ import annotations

import json
from typing import Any

from core.engines.base import Prompt
from core.engines.turns import TOP_K, plain_prompt
from core.errors import EngineFailed, InputTooLong

_ALLOWED_SETTINGS = frozenset({"lora", "min_p", "repeat_penalty"})


def request_of(prompt: Prompt) -> dict[str, Any]:
    """Return the body of a request; the templates of chats are rendered by llama.cpp, whose Jinja has no Python."""
    prompt = plain_prompt(prompt)
    settings = {key: value for key, value in prompt.settings.items() if key in _ALLOWED_SETTINGS}
    has_logs = bool(prompt.settings.get("log_probability"))
    body: dict[str, Any] = {
        "stream": True,
        "stream_options": {"include_usage": True},
        "cache_prompt": True,
        "temperature": prompt.temperature,
        "top_p": prompt.top_p,
        "top_k": TOP_K,
        "min_p": 0.0,
        "seed": prompt.seed,
        "stop": list(prompt.stop),
        **settings,
    }
    if prompt.grammar:
        body["grammar"] = prompt.grammar
    if prompt.messages:
        body |= {
            "messages": [{"role": turn.role, "content": turn.content} for turn in prompt.messages],
            "max_tokens": prompt.max_tokens,
        }
        return body | ({"logprobs": True, "top_logprobs": 1} if has_logs else {})
    return body | {"prompt": prompt.text, "n_predict": prompt.max_tokens} | ({"n_probs": 1} if has_logs else {})


def following(text: str, continuation: str, deadline_seconds: float) -> Prompt:
    """Return the prompt that writes nothing but `continuation` after `text`, and tells each token's probability."""
    return Prompt(
        text=text,
        max_tokens=len(continuation.encode("utf-8", "replace")) + 1,
        grammar=f"root ::= {json.dumps(continuation, ensure_ascii=False)}",
        settings={"log_probability": True},
        deadline_seconds=deadline_seconds,
    )


def checked(chunk: Any, name: str) -> dict[str, Any]:
    """Return a chunk as a dictionary, or raise what it tells of; `name` is the weights' own, for the error."""
    if isinstance(chunk, Exception):
        raise EngineFailed(name=name) from chunk
    found: dict[str, Any] = json.loads(chunk) if isinstance(chunk, str | bytes) else chunk
    if "error" in found:
        error = found["error"]
        if error.get("type") == "exceed_context_size_error":
            raise InputTooLong(what="text", length=error["n_prompt_tokens"], limit=error["n_ctx"], unit="tokens")
        raise EngineFailed(name=name) from RuntimeError(error.get("message"))
    return found


def choice_of(chunk: dict[str, Any]) -> dict[str, Any]:
    """Return the only choice of a chunk; the last chunk of a chat has none, only the usage."""
    choices: list[dict[str, Any]] = chunk.get("choices") or [{}]
    return choices[0]


def text_of(chunk: dict[str, Any]) -> str:
    """Return the piece of text that a chunk brings, which may be empty."""
    choice = choice_of(chunk)
    text = choice.get("text") if "text" in choice else (choice.get("delta") or {}).get("content")
    return text or ""
