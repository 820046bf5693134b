"""What is said to an OpenAI-compatible engine and how its answers are read: no network, only plain data.

Engines agree on little beyond the names. What only some take (`top_k`, the number of tokens at a stream's end) is
asked for first and left out for good where it is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from core.engines.base import Prompt
from core.engines.stops import cut, safe_length
from core.engines.turns import TOP_K, plain
from core.errors import EngineFailed, EngineUnfit, EngineUnreachable, HearbackError, InputTooLong
from core.types import Turn

CHAT, TEXT, EMBEDDINGS = "/v1/chat/completions", "/v1/completions", "/v1/embeddings"
# An event tells of one token in some 300 bytes; with its probability, and those of others that nobody asked for, more.
_EVENT_BYTES = 4 * 1024
_FRAME_BYTES = 64 * 1024
# The control tokens of other families than the embedded weights': Llama, Mistral, Qwen, DeepSeek and their kin.
_CONTROL = re.compile(
    r"<(?=[|\uff5c][^<>\n]{1,40}[|\uff5c]>|/?s>|/?think>|/?tool_call>|/?tool_response>|</?SYS>)"
    r"|\[(?=/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_RESULTS|TOOL_CALLS|TOOL_CONTENT|THINK|gMASK)\])"
)
_TOO_LONG = re.compile(r"context (?:length|window|size)|max_model_len|too long|longer than", re.IGNORECASE)


class Refused(EngineUnfit):
    """A request that an engine does not take. Facts: name, why, status."""


@dataclass(frozen=True)
class Dialect:
    """What an engine takes beyond what all do; found out by asking."""

    has_extras: bool = True
    has_text: bool = True


def plain_prompt(prompt: Prompt) -> Prompt:
    """Return the prompt with a space inside whatever any family of weights takes for a control token."""

    def made(text: str) -> str:
        return _CONTROL.sub(lambda match: f"{match.group()} ", plain(text)).replace("\0", "")

    return replace(
        prompt,
        text=made(prompt.text),
        messages=tuple(Turn(turn.role, made(turn.content)) for turn in prompt.messages),
    )


def request(prompt: Prompt, model: str, dialect: Dialect) -> tuple[str, dict[str, Any]]:
    """Return where a prompt goes and the body that says it; a text goes by a chat where there is nothing else."""
    prompt = plain_prompt(prompt)
    body: dict[str, Any] = {
        "model": model,
        "stream": True,
        "temperature": prompt.temperature,
        "top_p": prompt.top_p,
        "max_tokens": prompt.max_tokens,
        "seed": prompt.seed,
    }
    if prompt.stop:
        body["stop"] = list(prompt.stop)
    is_text = not prompt.messages and dialect.has_text
    if dialect.has_extras:
        body |= {"stream_options": {"include_usage": True}}
        if prompt.temperature > 0:
            body |= {"top_k": TOP_K, "min_p": 0.0}
        if prompt.settings.get("log_probability"):
            body |= {"logprobs": 1} if is_text else {"logprobs": True, "top_logprobs": 1}
    if prompt.grammar:
        body["grammar"] = prompt.grammar
    if is_text:
        return TEXT, body | {"prompt": prompt.text}
    turns = prompt.messages or (Turn("user", prompt.text),)
    return CHAT, body | {"messages": [{"role": turn.role, "content": turn.content} for turn in turns]}


def most_bytes(prompt: Prompt) -> int:
    """Return how many bytes an answer to `prompt` may have."""
    return _FRAME_BYTES + _EVENT_BYTES * prompt.max_tokens


@dataclass
class Reading:
    """An answer on its way in: what may be shown goes to `show`, what is known of it besides is kept."""

    prompt: Prompt
    name: str
    show: Callable[[str], object]
    text: str = ""
    reason: str = ""
    tokens: int = 0
    logs: list[float] = field(default_factory=list)
    shown: int = 0
    events: int = 0

    def hear(self, event: dict[str, Any]) -> bool:
        """Take an event in; returns whether more is wanted. Raises EngineFailed for what is no such event."""
        self._check(event)
        usage = event.get("usage")
        counted = usage.get("completion_tokens") if isinstance(usage, dict) else None
        if isinstance(counted, int) and counted >= 0:
            self.tokens = counted
        choices = event.get("choices")
        if not isinstance(choices, list):
            raise EngineFailed(name=self.name)
        if not choices:
            return True
        choice = choices[0]
        piece = _piece(choice, self.name)
        self.logs += _logs(choice)
        if piece:
            self.events += 1
            # Few engines hold several tokens back, none writes more events than tokens: this one does not end.
            if self.events > 2 * self.prompt.max_tokens + 8:
                raise EngineFailed(name=self.name)
            if counted is None:
                self.tokens = max(self.events, len(self.logs))
            self.text += piece
            if (end := cut(self.text, self.prompt.stop)) >= 0:
                self.text, self.reason = self.text[:end], "stop"
                self._show(len(self.text))
                return False
            self._show(safe_length(self.text, self.prompt.stop))
        if isinstance(reason := choice.get("finish_reason"), str):
            self.reason = "length" if reason == "length" else "stop"
        return True

    def end(self) -> None:
        """Show what was held back; raises EngineFailed for an answer that broke off."""
        if not self.reason:
            raise EngineFailed(name=self.name)
        self._show(len(self.text))

    def _show(self, length: int) -> None:
        if length > self.shown:
            self.show(self.text[self.shown : length])
            self.shown = length

    def _check(self, event: dict[str, Any]) -> None:
        """Raise what an event tells of that went wrong after the answer had begun with status 200."""
        if (error := event.get("error")) is None:
            return
        told = refusal(
            self.name, int(error.get("code") or 500) if _has_code(error) else 500, json.dumps(event).encode()
        )
        raise told


def refusal(name: str, status: int, content: bytes) -> HearbackError:
    """Return what an answer with another status than 200 means."""
    message, facts = _message(content)
    if 300 <= status < 400:
        return EngineUnfit(name=name, why="it leads elsewhere, and no redirect is followed; set its own address.")
    if status in (401, 403):
        return EngineUnfit(name=name, why="it does not accept the key. Set HEARBACK_ENGINE_KEY to one that it does.")
    if status in (502, 504):
        return EngineUnreachable(name=name, why="nobody is behind its gateway")
    if status in (400, 413, 422) and (facts.get("type") == "exceed_context_size_error" or _TOO_LONG.search(message)):
        # Whichever comes first in a sentence, what was sent is more than what is taken.
        numbers = [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]{1,8}", message)][:2]
        counted = [facts[key] for key in ("n_ctx", "n_prompt_tokens") if facts.get(key)]
        if len(told := counted if len(counted) == 2 else numbers) == 2:
            limit, length = sorted(told)
            return InputTooLong(what="text", length=length, limit=limit, unit="tokens")
    if 400 <= status < 500:
        # Its own words may repeat what a visitor typed, or tell of the company's network: they stay in its own log.
        return Refused(name=name, why=f"it answers {status}. Its own log says why.", status=status)
    return EngineFailed(name=name)


def retry_after(value: str) -> float:
    """Return the seconds that a header Retry-After asks for, at least one; a date counts as half a minute."""
    if value.strip().isdecimal() and len(value) < 8:
        return max(1.0, float(value))
    return 30.0 if value.strip() else 1.0


def _message(content: bytes) -> tuple[str, dict[str, Any]]:
    """Return the words and the facts of an error, which every engine wraps in its own way."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return "", {}
    error = found.get("error", found) if isinstance(found, dict) else found
    if not isinstance(error, dict):
        return str(error), {}
    facts = {key: error[key] for key in ("n_ctx", "n_prompt_tokens") if isinstance(error.get(key), int)}
    told = error.get("message") or error.get("detail") or ""
    return str(told), facts | {"type": error.get("type")}


def _has_code(error: Any) -> bool:
    return isinstance(error, dict) and str(error.get("code", "")).isdecimal()


def _piece(choice: Any, name: str) -> str:
    """Return the text of a choice, of a chat or not; what weights only think is not part of the answer."""
    if not isinstance(choice, dict):
        raise EngineFailed(name=name)
    delta = choice.get("delta") or choice.get("message")
    found = delta.get("content") if isinstance(delta, dict) else choice.get("text")
    if found is not None and not isinstance(found, str):
        raise EngineFailed(name=name)
    return found or ""


def _logs(choice: dict[str, Any]) -> list[float]:
    """Return the log-probabilities of a choice's tokens, as chats and as plain completions tell them."""
    told = choice.get("logprobs")
    if not isinstance(told, dict):
        return []
    entries, values = told.get("content"), told.get("token_logprobs")
    if isinstance(entries, list):
        values = [entry.get("logprob") for entry in entries if isinstance(entry, dict)]
    elif not isinstance(values, list):
        return []
    return [float(value) for value in values if isinstance(value, int | float)]
