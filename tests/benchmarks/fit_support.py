"""Prints the rules of `core.tasks.answerable`, fitted on all development handbooks.

Run: python -m tests.benchmarks.fit_support"""

from __future__ import annotations

import json

from core.config import read_settings
from core.engines.shelf import Shelf
from tests.benchmarks.q1_q3_support import samples_of
from tests.benchmarks.support_set import build_index, fit_rules, read_questions


def main() -> None:
    """Fit with the real encoders; other languages both with and without the multilingual one."""
    shelf = Shelf(read_settings())
    questions = read_questions()
    samples = []
    for multilingual in (shelf.multilingual_encoder(), None):
        names = {q.handbook for q in questions if multilingual is not None or q.language != "en"}
        indexes = {name: build_index(name, shelf.encoder(), multilingual) for name in names}
        samples += samples_of([q for q in questions if q.handbook in names], indexes)
    print(json.dumps(fit_rules(samples), indent=4))
    shelf.close()


if __name__ == "__main__":
    main()
