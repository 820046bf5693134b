"""Whether a number is what it looks like: checksums of accounts, cards and what countries number people by."""

from __future__ import annotations

import ipaddress
import re

# Cards of twelve digits are Maestro's; any tenth number of twelve digits would pass the checksum alone.
MAESTRO = ("5018", "5020", "5038", "56", "57", "58", "604", "0604", "6304", "639", "676", "6759")


def digits_of(text: str) -> str:
    """Return the digits of a text."""
    return "".join(character for character in text if character.isdigit())


def always(_text: str) -> bool:
    """Believe a form by itself."""
    return True


def is_iban(text: str) -> bool:
    """ISO 13616: the first four characters moved to the end, letters as 10 to 35, leave 1 modulo 97."""
    compact = re.sub(r"[ -]", "", text).upper()
    if not 15 <= len(compact) <= 34:
        return False
    return int("".join(str(int(one, 36)) for one in compact[4:] + compact[:4])) % 97 == 1


def is_card(text: str) -> bool:
    """Luhn's checksum (ISO/IEC 7812); numbers of one repeated digit are examples, not cards."""
    digits = digits_of(text)
    if not 12 <= len(digits) <= 19 or len(set(digits)) < 2 or (len(digits) == 12 and not digits.startswith(MAESTRO)):
        return False
    doubled = [int(one) * (1 + place % 2) for place, one in enumerate(reversed(digits))]
    return sum(one - 9 * (one > 9) for one in doubled) % 10 == 0


def is_ip(text: str) -> bool:
    """Return whether it is an address that says something outside of a machine."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    # A version number such as 1.2.3.4 is written like an address; what has no meaning outside a machine names nobody.
    return not (address.is_loopback or address.is_unspecified) and (address.version == 6 or text.count(".0") < 3)


def is_phone(text: str) -> bool:
    """Return whether somebody could be called: 8 to 15 digits (ITU-T E.164), and no date."""
    digits = digits_of(text)
    # Neither is a postal code of Brazil a phone.
    is_date = re.fullmatch(r"\d\d[./-]\d\d[./-]\d{4}|\d{5}-\d{3}", text.strip("()")) is not None
    return 8 <= len(digits) <= 15 and len(set(digits)) > 2 and not is_date


def weighted(digits: str, weights: tuple[int, ...]) -> int:
    """Return the sum of digits by their weights."""
    return sum(int(one) * weight for one, weight in zip(digits, weights, strict=False))


def is_chinese_id(text: str) -> bool:
    """GB 11643-1999: weights modulo 11."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return "10X98765432"[weighted(text[:17], weights) % 11] == text[17].upper()


def is_german_tax_id(text: str) -> bool:
    """The identification number of § 139b AO: ISO 7064 MOD 11,10; of the first ten digits one or two are missing."""
    digits = digits_of(text)
    if len(digits) != 11 or digits[0] == "0" or len(set(digits[:10])) not in (8, 9):
        return False
    product = 10
    for one in digits[:10]:
        product = ((int(one) + product) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(digits[10])


def is_french_nir(text: str) -> bool:
    """The number of social security: 97 less the number modulo 97; Corsica's 2A and 2B count as 19 and 18."""
    compact = re.sub(r"\s", "", text).upper().replace("2A", "19").replace("2B", "18")
    return len(compact) == 15 and compact.isdigit() and 97 - int(compact[:13]) % 97 == int(compact[13:])


def is_spanish_id(text: str) -> bool:
    """DNI and NIE: the letter is the number modulo 23."""
    compact = re.sub(r"[ .-]", "", text).upper()
    number = {"X": "0", "Y": "1", "Z": "2"}.get(compact[0], compact[0]) + compact[1:-1]
    return number.isdigit() and "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23] == compact[-1]


# The values of 0 to 9 and A to Z at odd places of a codice fiscale; of the digits those of A to J.
_ODD_LETTERS = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
_ODD = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", _ODD_LETTERS + _ODD_LETTERS[:10], strict=True))


def is_italian_code(text: str) -> bool:
    """Codice fiscale: characters at odd places by the decree's table, at even places by their order."""
    code = text.upper()
    total = sum(_ODD[one] for one in code[:15:2])
    total += sum(int(one) if one.isdigit() else ord(one) - ord("A") for one in code[1:15:2])
    return chr(ord("A") + total % 26) == code[15]


def is_brazilian_cpf(text: str) -> bool:
    """CPF: two digits, each the weighted sum of those before it, modulo 11."""
    digits = digits_of(text)
    if len(digits) != 11 or len(set(digits)) == 1:
        return False
    checks = [weighted(digits, tuple(range(length + 1, 1, -1))[:length]) * 10 % 11 % 10 for length in (9, 10)]
    return checks == [int(digits[9]), int(digits[10])]


def is_dutch_bsn(text: str) -> bool:
    """The eleven-test; only asked where the text says that it is one, since any ninth number would pass."""
    digits = digits_of(text)
    return len(digits) == 9 and weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def is_portuguese_nif(text: str) -> bool:
    """NIF: the weights 9 to 2 modulo 11; only asked where the text says that it is one."""
    digits = digits_of(text)
    rest = weighted(digits[:8], (9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return len(digits) == 9 and (0 if rest < 2 else 11 - rest) == int(digits[8])


def is_my_number(text: str) -> bool:
    """Japan's individual number: weights 6 to 2 and 7 to 2 modulo 11."""
    digits = digits_of(text)
    rest = weighted(digits[:11], (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return len(digits) == 12 and (0 if rest <= 1 else 11 - rest) == int(digits[11])
