"""An engine beyond this process that can be killed and halted: `python -m tests.faults.remote_child PORT`.

It writes a word every twentieth of a second for ever where it is asked for something long, else one line.
"""

from __future__ import annotations

import sys
from typing import Any

from starlette.responses import Response

from tests.remote.scripted import Scripted, running, say


class Endless(Scripted):
    """Answers by what it is asked."""

    async def answer(self, request: Any) -> Response:
        body = await request.json()
        is_long = "endless" in str(body.get("prompt", "")) + str(body.get("messages", ""))
        return (self.endless(0.05) if is_long else say("Guten", " Morgen", "."))(body)  # type: ignore[return-value]


if __name__ == "__main__":
    with running(Endless(), int(sys.argv[1])) as engine:
        print(engine.url, flush=True)
        sys.stdin.read()
