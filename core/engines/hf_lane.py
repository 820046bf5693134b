"""A model under transformers' continuous batching: requests go in, and their outputs come out as they grow."""

from __future__ import annotations

import math
import queue
import threading
import uuid
from typing import Any

from core.engines.base import Prompt
from core.engines.turns import TOP_K

_PAGE_TOKENS = 256


class Lane:
    """One model object under continuous batching, and the thread that hands its outputs to whoever asked."""

    def __init__(self, model: Any, is_sampling: bool, slots: int, context_tokens: int, end: int) -> None:
        from transformers import GenerationConfig
        from transformers.generation import ContinuousBatchingConfig

        chosen = {"do_sample": True, "temperature": 0.7, "top_k": TOP_K, "top_p": 0.9} if is_sampling else {}
        self.is_sampling = is_sampling
        self.answers: dict[str, queue.SimpleQueue[Any]] = {}
        self.manager = model.eval().init_continuous_batching(
            GenerationConfig(max_new_tokens=context_tokens, eos_token_id=end, pad_token_id=end, **chosen),
            ContinuousBatchingConfig(
                page_size=_PAGE_TOKENS,
                num_blocks=2 * slots * math.ceil(context_tokens / _PAGE_TOKENS),
                max_batch_tokens=max(512, 2 * slots),
                per_request_processors=is_sampling,
                return_logprobs=not is_sampling,
                auto_switch_to_flash=False,
            ),
        )
        self.manager.start()
        self._is_open = True
        self._thread = threading.Thread(target=self._hand_out, daemon=True)
        self._thread.start()

    def ask(self, ids: list[int], tokens: int, prompt: Prompt, ends: list[int]) -> str:
        """Queue a request and return its name."""
        request = uuid.uuid4().hex
        self.answers[request] = queue.SimpleQueue()
        chosen: dict[str, Any] = {}
        if self.is_sampling:
            chosen = {"temperature": float(prompt.temperature), "top_k": TOP_K, "top_p": float(prompt.top_p)}
        self.manager.add_request(ids, request, max_new_tokens=tokens, streaming=True, eos_token_id=ends, **chosen)
        return request

    def leave(self, request: str) -> None:
        """Free what a request holds, finished or not."""
        self.answers.pop(request, None)
        self.manager.cancel_request(request)

    def close(self) -> None:
        """End both threads."""
        self._is_open = False
        self.manager.stop(block=True, timeout=10, hard_stop=True)
        self._thread.join(timeout=2)

    def _hand_out(self) -> None:
        while self._is_open:
            output = self.manager.get_result(timeout=0.2)
            if output is None:
                if not self.manager.is_running():
                    return
                continue
            answer = self.answers.get(output.request_id)
            if answer is not None:
                answer.put(output)
