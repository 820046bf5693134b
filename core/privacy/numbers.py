"""Forms that say by themselves what they are: addresses, numbers of phones and accounts, keys and links with keys."""

from __future__ import annotations

import re
from collections.abc import Callable

from core.privacy.checksums import (
    always,
    is_brazilian_cpf,
    is_card,
    is_chinese_id,
    is_dutch_bsn,
    is_french_nir,
    is_german_tax_id,
    is_iban,
    is_ip,
    is_italian_code,
    is_my_number,
    is_phone,
    is_portuguese_nif,
    is_spanish_id,
)
from core.privacy.kinds import CARD, EMAIL, IBAN, ID_NUMBER, IP, LINK, PHONE, SECRET


def _of(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """Compile a pattern that stands free of Latin letters and digits; Chinese goes on without a space."""
    return re.compile(rf"(?<![A-Za-z0-9])(?:{pattern})(?![A-Za-z0-9])", flags)


_TOKEN = r"(?:token|key|api_?key|sig|signature|auth|session|sid|password|passwd|pwd|secret|code|invite|jwt|hash)"  # noqa: S105
Kind = tuple[str, re.Pattern[str], Callable[[str], bool]]
# The surest first: an IBAN holds digits that look like a phone. Every repetition is bounded, so that no text is slow.
KINDS_BY_FORM: tuple[Kind, ...] = (
    (
        LINK,
        re.compile(
            rf"\b(?:https?|wss?|ftp)://(?:[^\s/@:<>\"]{{1,100}}:[^\s/@<>\"]{{1,100}}@[^\s<>\"]{{1,300}}"
            rf"|[^\s<>\"]{{1,500}}?[?&#;](?:[\w.-]{{0,40}}[_.-])?{_TOKEN}=[^\s<>\"]{{4,2000}}"
            rf"|[^\s<>\"]{{1,200}}?/(?=[\w-]{{0,100}}\d)(?=[\w-]{{0,100}}[A-Za-z])[\w-]{{32,200}}(?:[/?#][^\s<>\"]{{0,500}})?)",
            re.IGNORECASE,
        ),
        always,
    ),
    (
        SECRET,
        _of(
            r"(?:sk|pk|rk)[-_](?:live|test|proj|ant)?[-_]?[A-Za-z0-9_-]{20,200}|gh[pousr]_[A-Za-z0-9]{30,100}"
            r"|xox[abprs]-[A-Za-z0-9-]{10,100}|AKIA[A-Z0-9]{16}|eyJ[\w-]{10,500}\.eyJ[\w-]{10,2000}\.[\w-]{10,500}"
        ),
        always,
    ),
    (EMAIL, _of(r"[A-Za-z0-9](?:[\w.+%'-]{0,62}[\w+-])?@(?:[\w-]{1,63}\.){1,5}[A-Za-z]{2,24}", re.ASCII), always),
    # Addresses that are not all ASCII, bounded by blanks.
    (EMAIL, re.compile(r"(?<!\S)[^\s@<>()\"',;:]{1,64}@[^\s@<>()\"',;:]{1,100}\.[^\W\d_]{2,24}(?!\w)"), always),
    (IBAN, _of(r"[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?", re.IGNORECASE), is_iban),
    (ID_NUMBER, _of(r"[1-9]\d{5}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dXx]"), is_chinese_id),
    (ID_NUMBER, _of(r"[A-Za-z]{6}\d\d[A-EHLMPR-Ta-ehlmpr-t]\d\d[A-Za-z]\d{3}[A-Za-z]"), is_italian_code),
    (ID_NUMBER, _of(r"[12] ?\d\d ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d\d|2[ABab]) ?\d{3} ?\d{3} ?\d\d"), is_french_nir),
    (ID_NUMBER, _of(r"(?:\d{8}|\d\d\.\d{3}\.\d{3}|[XYZxyz]-?\d{7})[ -]?[A-Za-z]"), is_spanish_id),
    (CARD, _of(r"\d(?:[ -]?\d){11,18}"), is_card),
    (ID_NUMBER, _of(r"\d{3}\.\d{3}\.\d{3}-\d\d|\d{9}-\d\d"), is_brazilian_cpf),
    (ID_NUMBER, re.compile(r"(?i:\bCPF\b[^\d\n]{0,20})\d{11}(?!\d)"), is_brazilian_cpf),
    (ID_NUMBER, _of(r"[1-9]\d ?\d{3} ?\d{3} ?\d{3}"), is_german_tax_id),
    (
        ID_NUMBER,
        re.compile(r"(?:\bBSN|\bburgerservicenummer|\bsofinummer)[^\d\n]{0,20}\d{4}[ .]?\d\d[ .]?\d{3}(?!\d)", re.I),
        is_dutch_bsn,
    ),
    (
        ID_NUMBER,
        re.compile(r"(?:マイナンバー|個人番号|My ?Number)[^\d\n]{0,12}\d{4}[ -]?\d{4}[ -]?\d{4}(?!\d)", re.I),
        is_my_number,
    ),
    (
        ID_NUMBER,
        re.compile(r"(?:\bNIF|\bcontribuinte)[^\d\n]{0,20}\d{3}[ .]?\d{3}[ .]?\d{3}(?!\d)", re.I),
        is_portuguese_nif,
    ),
    # The United Kingdom's number of national insurance has no checksum, but a form of its own.
    (ID_NUMBER, _of(r"[A-CEGHJ-PR-TW-Z]{2} ?\d\d ?\d\d ?\d\d ?[A-D]"), always),
    # The United States' number has no checksum; the areas that were never given out are left out.
    (ID_NUMBER, _of(r"(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}"), always),
    (IP, _of(r"(?<!\.)\d{1,3}(?:\.\d{1,3}){3}(?!\.\d)"), is_ip),
    (IP, re.compile(r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:.]*\w)", re.ASCII), is_ip),
    # With a country's code: + or 00, then groups of digits.
    (PHONE, re.compile(r"(?<![\w+])(?<!\d )(?:\+|00)[1-9](?:[ ./()-]{0,3}\d){7,14}(?!\d)", re.ASCII), is_phone),
    # Within a country that dials 0 first (de, fr, it, nl, uk, jp, cn): in groups, or in one run of ten or eleven.
    (
        PHONE,
        re.compile(
            r"(?<![\w.,/+-])(?<!\d:)(?<!\d )\(?0\d{1,5}\)?[ /.-]{1,3}\d{2,9}(?:[ .-]\d{2,5}){0,5}(?![\d.,:-]*\d)",
            re.ASCII,
        ),
        is_phone,
    ),
    (PHONE, re.compile(r"(?<![\w.,/+-])(?<!\d:)0[1-9]\d{8,9}(?!\d)", re.ASCII), is_phone),
    # North America, Brazil, Spain and Portugal, China.
    (
        PHONE,
        re.compile(r"(?<![\w.,/+-])(?<!\d:)(?:\([2-9]\d\d\) ?|[2-9]\d\d[-.])[2-9]\d\d[-. ]\d{4}(?![\d-])", re.ASCII),
        is_phone,
    ),
    (PHONE, re.compile(r"(?<![\w.,/+-])(?<!\d:)\([1-9]\d\) ?9?\d{4}[- ]\d{4}(?!\d)", re.ASCII), is_phone),
    (PHONE, re.compile(r"(?<![\w.,/+-])(?<!\d:)[6-9]\d\d(?: \d{3}){2}(?![\d ]*\d)", re.ASCII), is_phone),
    (PHONE, re.compile(r"(?<![A-Za-z\d.,/+-])(?<!\d:)1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)"), is_phone),
    # Brazil and Italy without a sign of the country, groups as people write them.
    (PHONE, re.compile(r"(?<![\w.,/+-])(?<!\d[: ])[1-9]\d 9?\d{4}-\d{4}(?!\d)", re.ASCII), is_phone),
    (PHONE, re.compile(r"(?<![\w.,/+-])(?<!\d[: ])3\d\d \d{3} \d{4}(?![\d ]*\d)", re.ASCII), is_phone),
    (PHONE, re.compile(r"(?<![\w.,/+-])\(0?\d{2,4}\) ?\d{6,9}(?!\d)", re.ASCII), is_phone),
)
