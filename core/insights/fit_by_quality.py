"""Fit by quality: where better answers would win those who are on the fence, by segment and use case."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce

from core.insights.market_fit import ALPHA, NOT_SAID, By, name_of, parts, precision
from core.rates import ENOUGH, Rate, wilson
from core.store.cells import CellCount, Quality
from core.store.surveys import Response
from core.types import Task

# So many judged uses as in the whole product are mixed into every cell, so that a small one does not lead by chance.
MIXED_IN = 30
# The error of a share over visitors is itself only known from so many of them.
LEAST_JUDGES = 20


@dataclass(frozen=True)
class Trouble:
    """The share of judged uses that were rated not good or corrected, with a 95 % interval, over `n` judged uses.

    Judged is what was rated or corrected: whoever minds that an answer was withheld can rate that too. Uses of one
    visitor resemble each other, so they tell less than as many of different visitors: the interval is Wilson's for
    the number of independent uses that would tell as much (Kish's design effect).
    """

    share: float
    low: float
    high: float
    n: int
    error: float = 0.0

    @property
    def is_enough(self) -> bool:
        """Whether n is large enough to show the share as a figure."""
        return self.n >= ENOUGH


@dataclass(frozen=True)
class Cell:
    """One kind of people with one use case: their fit, and what came of their uses.

    `score` is the number on the fence times the share of trouble beyond that of the whole product;
    `low` and `high` follow from the interval of the trouble. 0 where there is no more trouble than elsewhere.
    """

    name: str
    task: Task
    segments: tuple[str, ...]
    fit: Rate
    fence: int
    quality: Quality
    trouble: Trouble
    score: float = 0.0
    low: float = 0.0
    high: float = 0.0

    @property
    def down(self) -> Rate:
        """The share of ratings that are thumbs down."""
        return Rate(self.quality.down, self.quality.rated)

    @property
    def corrected(self) -> Rate:
        """The share of uses with a correction that stands."""
        return Rate(self.quality.corrected, self.quality.uses)

    @property
    def abstained(self) -> Rate:
        """The share of uses without a sure answer."""
        return Rate(self.quality.abstained, self.quality.uses)

    @property
    def returned(self) -> Rate:
        """The share of visitors who used it on two days or more."""
        return Rate(self.quality.returned, self.quality.visitors)


@dataclass(frozen=True)
class Finding:
    """A cell in which answers disappoint more often than elsewhere, beyond chance; `elsewhere` is all other uses."""

    cell: Cell
    elsewhere: Trouble


@dataclass(frozen=True)
class Matrix:
    """All cells of one way to tell people apart, where better answers would win most first."""

    by: By
    cells: tuple[Cell, ...]
    whole: Trouble
    _counted: Quality = field(default_factory=Quality, repr=False)

    @cached_property
    def looked_at(self) -> tuple[Cell, ...]:
        """The cells that may be found to stand out: a name, enough answers and judges, and somebody on the fence."""
        return tuple(
            cell
            for cell in self.cells
            if cell.fit.n >= ENOUGH and cell.quality.judges >= LEAST_JUDGES and cell.fence and cell.name != NOT_SAID
        )


def trouble(quality: Quality) -> Trouble:
    """Return the share of uses in trouble with an interval that knows of visitors (ratio estimate over clusters)."""
    n, judges = quality.judged, quality.judges
    if not n:
        return Trouble(0.0, 0.0, 1.0, 0)
    share = quality.troubled / n
    squares = quality.troubled_squares - 2 * share * quality.troubled_by_judged + share**2 * quality.judged_squares
    simple = share * (1 - share) / n
    variance = max(simple, squares / n**2 * judges / (judges - 1) if judges > 1 else simple)
    # Where all uses are alike there is no variance to see; then each visitor counts once.
    independent = n * simple / variance if variance else float(judges)
    low, high = wilson(share * independent, independent)
    return Trouble(share, low, high, n, math.sqrt(variance))


def matrix(responses: Sequence[Response], counts: Sequence[CellCount], by: By) -> Matrix:
    """Return every cell that has uses or answers, the highest score first, then the most on the fence."""
    counted: dict[tuple[str, Task], Quality] = {}
    segments: dict[tuple[str, Task], set[str]] = {}
    for count in counts:
        key = name_of(count.segment, by), count.task
        counted[key] = counted.get(key, Quality()) + count.quality
        segments.setdefault(key, set()).add(count.segment)
    answered = {(part.name, part.task): part for part in parts(responses, by, is_by_task=True) if part.task}
    whole = reduce(Quality.__add__, counted.values(), Quality())
    share = trouble(whole).share
    cells = []
    for name, task in {**counted, **{(name, task): None for name, task in answered if task}}:
        part, quality = answered.get((name, task)), counted.get((name, task), Quality())
        inside = segments.get((name, task), set()) | set(part.segments if part else ())
        fence = part.fence if part else 0
        found = trouble(quality)
        kept = found.n / (found.n + MIXED_IN)
        score, low, high = (
            fence * max(0.0, kept * (value - share)) if found.n else 0.0
            for value in (found.share, found.low, found.high)
        )
        rate = part.fit if part else Rate(0, 0)
        cells.append(Cell(name, task, tuple(sorted(inside)), rate, fence, quality, found, score, low, high))
    cells.sort(key=lambda cell: (-cell.score, -cell.fence, -cell.quality.uses, cell.name, cell.task))
    return Matrix(by, tuple(cells), trouble(whole), whole)


def finding(matrices: Sequence[Matrix]) -> Finding | None:
    """Return where answers disappoint beyond chance: of the narrowest such cells the one with the highest score.

    A cell is compared with all other uses by the difference of the two shares over its error, visitors taken as
    clusters, one-sided at `ALPHA` divided by the number of cells looked at over all matrices (Bonferroni). A cell that
    holds a narrower one, such as a role that holds a segment, is left out: it owes its trouble to that.
    Chance alone named a cell in 11 of 1,000 made-up companies with 28 cells and no difference.
    """
    looked_at = [(one, cell) for one in matrices for cell in one.looked_at]
    found = []
    for one, cell in looked_at:
        elsewhere = trouble(_without(one._counted, cell.quality))
        error = math.hypot(cell.trouble.error, elsewhere.error)
        z = (cell.trouble.share - elsewhere.share) / error if elsewhere.n and error else 0.0
        if _above(z) < ALPHA / len(looked_at):
            found.append(Finding(cell, elsewhere))
    narrowest = [one for one in found if not any(_is_within(other.cell, one.cell) for other in found)]
    return max(narrowest, key=lambda one: (one.cell.score, precision(one.cell.name)), default=None)


def _is_within(cell: Cell, wider: Cell) -> bool:
    return cell.task is wider.task and set(cell.segments) < set(wider.segments)


def _without(whole: Quality, part: Quality) -> Quality:
    return Quality(*(getattr(whole, name) - getattr(part, name) for name in Quality.__dataclass_fields__))


def _above(z: float) -> float:
    """Return the chance of a standard normal number above z."""
    return 0.5 * math.erfc(z / math.sqrt(2))
