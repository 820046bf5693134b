"""What respondents wrote, by meaning: benefits, wishes, and who could be won because they want the same.

The way to win people is that of Rahul Vohra, "How Superhuman Built an Engine to Find Product/Market Fit" (First Round
Review, 2018): of those who would be somewhat disappointed, listen to the ones whose main benefit is also that of the
very disappointed, and remove what holds them back. The others want another product.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.insights.market_fit import of
from core.knowledge.groups import Group
from core.store.surveys import Response
from core.types import Disappointment

Grouping = Callable[[Sequence[str]], tuple[Group, ...]]
# A benefit is one of the very disappointed if this many of them name it, and this share of all who name any.
LEAST_NAMED = 2
LEAST_SHARE = 0.05


@dataclass(frozen=True)
class Theme:
    """Answers of one meaning: `title` is the most typical, `quotes` all of them, `responses` who gave them."""

    title: str
    quotes: tuple[str, ...]
    responses: tuple[Response, ...]

    @property
    def count(self) -> int:
        """How many respondents said it."""
        return len(self.responses)


@dataclass(frozen=True)
class Winnable:
    """Who of the on-the-fence could be won.

    `benefits` are those of the very disappointed, each with the on-the-fence who name it too; `people` are these, and
    `obstacles` what they want improved. `fence` counts all on the fence, `named` those of them who name a benefit.
    """

    benefits: tuple[Theme, ...]
    people: tuple[Response, ...]
    obstacles: tuple[Theme, ...]
    named: int
    fence: int


def benefit(response: Response) -> str:
    """Return the main benefit that a respondent named."""
    return response.answer.benefit


def wish(response: Response) -> str:
    """Return what a respondent wants improved."""
    return response.answer.improvement


def themes(responses: Sequence[Response], said: Callable[[Response], str], group: Grouping) -> tuple[Theme, ...]:
    """Return what was said by meaning, the most frequent first; raises what `group` raises."""
    texts = [said(response) for response in responses]
    return tuple(
        Theme(
            texts[found.centre],
            tuple(texts[place] for place in found.places),
            tuple(responses[place] for place in found.places),
        )
        for found in group(texts)
    )


def winnable(responses: Sequence[Response], group: Grouping) -> Winnable:
    """Return who on the fence names a benefit of the very disappointed; raises what `group` raises."""
    very, fence = of(responses, Disappointment.VERY), of(responses, Disappointment.SOMEWHAT)
    needed = max(LEAST_NAMED, LEAST_SHARE * sum(bool(benefit(response).strip()) for response in very))
    shared = []
    for theme in themes([*very, *fence], benefit, group):
        of_very = len(of(theme.responses, Disappointment.VERY))
        on_fence = of(theme.responses, Disappointment.SOMEWHAT)
        if of_very >= needed and on_fence:
            shared.append((of_very, theme))
    shared.sort(key=lambda pair: -pair[0])
    benefits = tuple(theme for _, theme in shared)
    people = tuple(response for theme in benefits for response in of(theme.responses, Disappointment.SOMEWHAT))
    named = sum(bool(benefit(response).strip()) for response in fence)
    return Winnable(benefits, people, themes(people, wish, group), named, len(fence))
