"""Reviews of a lamp shop as its customers write them: ironic ones, which weights read by their first word, and others.

Put together from parts that are this project's own, so that a few hundred differ from each other.
"""

from __future__ import annotations

from random import Random

_OPENINGS = (
    "Oh great,", "Wonderful,", "How lovely,", "Just perfect,", "Brilliant,", "Fantastic,", "What a joy,", "Bravo,",
    "Well done,", "Marvellous,", "Congratulations,", "Splendid,",
)  # fmt: skip
_AGAIN = ("another", "yet another", "one more", "the fourth", "the usual")
_MISHAPS = (
    "parcel at the wrong house", "reminder for a bill that I paid", "evening in the dark", "password to think up",
    "hour of music on the hotline", "update in the middle of dinner", "form to fill in by hand", "box without a lamp",
    "email that answers nothing", "courier who cannot read", "lamp for the bin", "apology instead of a switch",
    "Saturday at the parcel station", "plug for some other country", "screw that fits nowhere", "button without use",
    "promise until next Tuesday", "shade with a dent", "bulb that winks at me", "manual in seven languages but mine",
    "voucher that has expired", "chat robot called Lumi", "cable as short as a finger", "dead remote control",
    "ticket that nobody reads", "colour that I did not order", "day off spent waiting", "bedroom lit like a car park",
    "invoice for two", "sticker that will not come off",
)  # fmt: skip
_ENDS = (
    "exactly what I needed.", "my favourite.", "I could not be happier.", "thanks a lot.", "that made my week.",
    "you really outdo yourselves.", "I was longing for that.", "what would I do without you.", "keep it up.",
    "I shall tell all my friends.",
)  # fmt: skip
_GOOD = (
    "The light is warm and", "Delivery was quick and", "The dimmer works well and", "Setting it up was easy and",
    "The shade looks elegant and", "Your support was friendly and", "The app is clear and", "The wood feels solid and",
)  # fmt: skip
_WHY = (
    "my daughter reads every night.", "I ordered a second one.", "everybody asks where it is from.", "it was worth it.",
    "the hall looks bigger.", "I would buy it again.", "nothing is missing.", "my mother loves hers.",
    "the cat sleeps under it.", "it fits our old table.",
)  # fmt: skip


def ironic(count: int, seed: int = 1) -> list[str]:
    """Return so many different ironic reviews; what they praise is what went wrong."""
    chance = Random(seed)
    every = [(mishap, end) for mishap in _MISHAPS for end in _ENDS]
    chance.shuffle(every)
    return [f"{chance.choice(_OPENINGS)} {chance.choice(_AGAIN)} {mishap}, {end}" for mishap, end in every[:count]]


def plain(count: int, seed: int = 1) -> list[str]:
    """Return so many different reviews that are pleased and say so; at most 80."""
    every = [f"{good} {why}" for good in _GOOD for why in _WHY]
    Random(seed).shuffle(every)
    return every[:count]
