"""Personal data in texts: found by form and checksum, and masked.

What has a checksum is believed only where it holds, so that order and tracking numbers stay readable; what has none
(phones) must look like what people write. Names and addresses of streets are not found yet.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
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


@dataclass(frozen=True)
class Personal:
    """A place in a text that says who somebody is; `kind` is one of this module's names."""

    kind: str
    span: Span


def personal_data(text: str) -> tuple[Personal, ...]:
    """Return every place with personal data, in order and without overlaps; the surer kind wins a place."""
    # One character for one character, so that every span holds in the original.
    plain = text.translate(_ASCII)
    found: list[Personal] = []
    taken: list[tuple[int, int]] = []
    for kind, pattern, is_real in _KINDS:
        for match in pattern.finditer(plain):
            start, end = match.span()
            if is_real(match[0]) and not any(start < other_end and end > other for other, other_end in taken):
                taken.append((start, end))
                found.append(Personal(kind, Span(start, end)))
    return tuple(sorted(found, key=lambda one: one.span.start))


def masked(text: str) -> str:
    """Return the text with each place of personal data replaced by its kind in brackets, such as "[email]"."""
    return "".join(_pieces(text))


def _pieces(text: str) -> Iterator[str]:
    here = 0
    for one in personal_data(text):
        yield text[here : one.span.start]
        yield f"[{one.kind}]"
        here = one.span.end
    yield text[here:]


# Full-width forms, as typed in Chinese and Japanese, and the dashes and spaces that stand between digits.
_ASCII = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | dict.fromkeys(
    (0x2010, 0x2011, 0x2012, 0x2013, 0x2212, 0x30FC), 0x2D
)
_ASCII |= dict.fromkeys((0xA0, 0x2009, 0x202F, 0x3000), 0x20)


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdigit())


def _always(_text: str) -> bool:
    return True


def _is_iban(text: str) -> bool:
    """ISO 13616: the first four characters moved to the end, letters as 10 to 35, leave 1 modulo 97."""
    compact = re.sub(r"[ -]", "", text).upper()
    if not 15 <= len(compact) <= 34:
        return False
    return int("".join(str(int(one, 36)) for one in compact[4:] + compact[:4])) % 97 == 1


def _is_card(text: str) -> bool:
    """Luhn's checksum (ISO/IEC 7812); numbers of one repeated digit are examples, not cards."""
    digits = _digits(text)
    if not 13 <= len(digits) <= 19 or len(set(digits)) < 2:
        return False
    doubled = [int(one) * (1 + place % 2) for place, one in enumerate(reversed(digits))]
    return sum(one - 9 * (one > 9) for one in doubled) % 10 == 0


def _is_ip(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    # A version number such as 1.2.3.4 is written like an address; what has no meaning outside a machine names nobody.
    return not (address.is_loopback or address.is_unspecified) and (address.version == 6 or text.count(".0") < 3)


def _is_phone(text: str) -> bool:
    digits = _digits(text)
    is_date = re.fullmatch(r"\d\d[./-]\d\d[./-]\d{4}", text.strip("()")) is not None
    return 8 <= len(digits) <= 15 and len(set(digits)) > 2 and not is_date


def _weighted(digits: str, weights: tuple[int, ...]) -> int:
    return sum(int(one) * weight for one, weight in zip(digits, weights, strict=False))


def _is_chinese_id(text: str) -> bool:
    """GB 11643-1999: weights modulo 11."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return "10X98765432"[_weighted(text[:17], weights) % 11] == text[17].upper()


def _is_german_tax_id(text: str) -> bool:
    """The identification number of § 139b AO: ISO 7064 MOD 11,10; of the first ten digits one or two are missing."""
    digits = _digits(text)
    if len(digits) != 11 or digits[0] == "0" or len(set(digits[:10])) not in (8, 9):
        return False
    product = 10
    for one in digits[:10]:
        product = ((int(one) + product) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(digits[10])


def _is_french_nir(text: str) -> bool:
    """The number of social security: 97 less the number modulo 97; Corsica's 2A and 2B count as 19 and 18."""
    compact = re.sub(r"\s", "", text).upper().replace("2A", "19").replace("2B", "18")
    return len(compact) == 15 and compact.isdigit() and 97 - int(compact[:13]) % 97 == int(compact[13:])


def _is_spanish_id(text: str) -> bool:
    """DNI and NIE: the letter is the number modulo 23."""
    compact = re.sub(r"[ .-]", "", text).upper()
    number = {"X": "0", "Y": "1", "Z": "2"}.get(compact[0], compact[0]) + compact[1:-1]
    return number.isdigit() and "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23] == compact[-1]


# The values of 0 to 9 and A to Z at odd places of a codice fiscale; of the digits those of A to J.
_ODD_LETTERS = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
_ODD = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", _ODD_LETTERS + _ODD_LETTERS[:10], strict=True))


def _is_italian_code(text: str) -> bool:
    """Codice fiscale: characters at odd places by the decree's table, at even places by their order."""
    code = text.upper()
    total = sum(_ODD[one] for one in code[:15:2])
    total += sum(int(one) if one.isdigit() else ord(one) - ord("A") for one in code[1:15:2])
    return chr(ord("A") + total % 26) == code[15]


def _is_brazilian_cpf(text: str) -> bool:
    digits = _digits(text)
    if len(digits) != 11 or len(set(digits)) == 1:
        return False
    checks = [_weighted(digits, tuple(range(length + 1, 1, -1))[:length]) * 10 % 11 % 10 for length in (9, 10)]
    return checks == [int(digits[9]), int(digits[10])]


def _is_dutch_bsn(text: str) -> bool:
    """The eleven-test; only asked where the text says that it is one, since any ninth number would pass."""
    digits = _digits(text)
    return len(digits) == 9 and _weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def _is_my_number(text: str) -> bool:
    """Japan's individual number: weights 6 to 2 and 7 to 2 modulo 11."""
    digits = _digits(text)
    rest = _weighted(digits[:11], (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return len(digits) == 12 and (0 if rest <= 1 else 11 - rest) == int(digits[11])


def _of(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """Compile a pattern that stands free of Latin letters and digits; Chinese goes on without a space."""
    return re.compile(rf"(?<![A-Za-z0-9])(?:{pattern})(?![A-Za-z0-9])", flags)


_TOKEN = r"(?:token|key|api_?key|sig|signature|auth|session|sid|password|passwd|pwd|secret|code|invite|jwt|hash)"  # noqa: S105
_Kind = tuple[str, re.Pattern[str], Callable[[str], bool]]
# The surest first: an IBAN holds digits that look like a phone. Every repetition is bounded, so that no text is slow.
_KINDS: tuple[_Kind, ...] = (
    (
        LINK,
        re.compile(
            rf"\b(?:https?|wss?|ftp)://(?:[^\s/@:<>\"]{{1,100}}:[^\s/@<>\"]{{1,100}}@[^\s<>\"]{{1,300}}"
            rf"|[^\s<>\"]{{1,500}}?[?&#;](?:[\w.-]{{0,40}}[_.-])?{_TOKEN}=[^\s<>\"]{{4,2000}}"
            rf"|[^\s<>\"]{{1,200}}?/(?=[\w-]{{0,100}}\d)(?=[\w-]{{0,100}}[A-Za-z])[\w-]{{32,200}}(?:[/?#][^\s<>\"]{{0,500}})?)",
            re.IGNORECASE,
        ),
        _always,
    ),
    (
        SECRET,
        _of(
            r"(?:sk|pk|rk)[-_](?:live|test|proj|ant)?[-_]?[A-Za-z0-9_-]{20,200}|gh[pousr]_[A-Za-z0-9]{30,100}"
            r"|xox[abprs]-[A-Za-z0-9-]{10,100}|AKIA[A-Z0-9]{16}|eyJ[\w-]{10,500}\.eyJ[\w-]{10,2000}\.[\w-]{10,500}"
        ),
        _always,
    ),
    (EMAIL, _of(r"[A-Za-z0-9](?:[\w.+%'-]{0,62}[\w+-])?@(?:[\w-]{1,63}\.){1,5}[A-Za-z]{2,24}", re.ASCII), _always),
    # Addresses that are not all ASCII, bounded by blanks.
    (EMAIL, re.compile(r"(?<!\S)[^\s@<>()\"',;:]{1,64}@[^\s@<>()\"',;:]{1,100}\.[^\W\d_]{2,24}(?!\w)"), _always),
    (IBAN, _of(r"[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?", re.IGNORECASE), _is_iban),
    (ID_NUMBER, _of(r"[1-9]\d{5}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dXx]"), _is_chinese_id),
    (ID_NUMBER, _of(r"[A-Za-z]{6}\d\d[A-EHLMPR-Ta-ehlmpr-t]\d\d[A-Za-z]\d{3}[A-Za-z]"), _is_italian_code),
    (ID_NUMBER, _of(r"[12] ?\d\d ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d\d|2[ABab]) ?\d{3} ?\d{3} ?\d\d"), _is_french_nir),
    (ID_NUMBER, _of(r"(?:\d{8}|\d\d\.\d{3}\.\d{3}|[XYZxyz]-?\d{7})[ -]?[A-Za-z]"), _is_spanish_id),
    (CARD, _of(r"\d(?:[ -]?\d){12,18}"), _is_card),
    (ID_NUMBER, _of(r"\d{3}\.\d{3}\.\d{3}-\d\d|\d{9}-\d\d"), _is_brazilian_cpf),
    (ID_NUMBER, re.compile(r"(?i:\bCPF\b[\s:nNº°.]{0,8})\d{11}(?!\d)"), _is_brazilian_cpf),
    (ID_NUMBER, _of(r"[1-9]\d ?\d{3} ?\d{3} ?\d{3}"), _is_german_tax_id),
    (
        ID_NUMBER,
        re.compile(r"(?:\bBSN|\bburgerservicenummer|\bsofinummer)[\s:.-]{0,4}\d{4}[ .]?\d\d[ .]?\d{3}(?!\d)", re.I),
        _is_dutch_bsn,
    ),
    (
        ID_NUMBER,
        re.compile(r"(?:マイナンバー|個人番号|My ?Number)[^\d\n]{0,6}\d{4}[ -]?\d{4}[ -]?\d{4}(?!\d)", re.I),
        _is_my_number,
    ),
    # The United States' number has no checksum; the areas that were never given out are left out.
    (ID_NUMBER, _of(r"(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}"), _always),
    (IP, _of(r"(?<!\.)\d{1,3}(?:\.\d{1,3}){3}(?!\.\d)"), _is_ip),
    (IP, re.compile(r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:.]*\w)"), _is_ip),
    # With a country's code: + or 00, then groups of digits.
    (PHONE, re.compile(r"(?<![\w+])(?<!\d )(?:\+|00)[1-9](?:[ ./()-]{0,3}\d){7,14}(?!\d)", re.ASCII), _is_phone),
    # Within a country that dials 0 first (de, fr, it, nl, uk, jp, cn): in groups, or in one run of ten or eleven.
    (
        PHONE,
        re.compile(
            r"(?<![\w.,:/+-])(?<!\d )\(?0\d{1,5}\)?[ /.-]{1,3}\d{2,9}(?:[ .-]\d{2,5}){0,5}(?![\d.,:-]*\d)", re.ASCII
        ),
        _is_phone,
    ),
    (PHONE, re.compile(r"(?<![\w.,:/+-])0[1-9]\d{8,9}(?!\d)", re.ASCII), _is_phone),
    # North America, Brazil, Spain and Portugal, China.
    (
        PHONE,
        re.compile(r"(?<![\w.,:/+-])(?:\([2-9]\d\d\) ?|[2-9]\d\d[-.])[2-9]\d\d[-. ]\d{4}(?![\d-])", re.ASCII),
        _is_phone,
    ),
    (PHONE, re.compile(r"(?<![\w.,:/+-])\([1-9]\d\) ?9?\d{4}[- ]\d{4}(?!\d)", re.ASCII), _is_phone),
    (PHONE, re.compile(r"(?<![\w.,:/+-])[6-9]\d\d(?: \d{3}){2}(?![\d ]*\d)", re.ASCII), _is_phone),
    (PHONE, re.compile(r"(?<![A-Za-z\d.,:/+-])1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)"), _is_phone),
)
