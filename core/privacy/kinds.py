"""The kinds of personal data, by the word that stands for them where they are masked."""

from __future__ import annotations

from dataclasses import dataclass

from core.types import Span

EMAIL = "email"
PHONE = "phone"
IBAN = "iban"
CARD = "card"
IP = "ip address"
LINK = "link with a key"
SECRET = "key"  # noqa: S105 - the name of a kind, not a secret
ID_NUMBER = "id number"
BIRTH = "date of birth"
ADDRESS = "address"
NAME = "name"
KINDS = (EMAIL, PHONE, IBAN, CARD, IP, LINK, SECRET, ID_NUMBER, BIRTH, ADDRESS, NAME)


@dataclass(frozen=True)
class Personal:
    """A place in a text that says who somebody is; `kind` is one of `KINDS`."""

    kind: str
    span: Span
