"""Identifiers in people's data: forms and check digits, and whether a text looks like personal data."""

from __future__ import annotations

import re

_CROCKFORD = {sign: value for value, sign in enumerate("0123456789ABCDEFGHJKMNPQRSTVWXYZ")} | {"I": 1, "L": 1, "O": 0}
_SEPARATORS = re.compile(r"[\s\-\u2010-\u2015.]+")
_LONGEST_SCANNED = 100_000

_OS_ID = re.compile(r"[A-Z]{2}[0-9]{7}[A-Z0-9]{6}")
_LEI = re.compile(r"[A-Z0-9]{18}[0-9]{2}")
_CID = re.compile(r"CID[0-9]{6}")
_OLD_SMELTER_ID = re.compile(r"[0-9][A-Z]{3}[0-9]{3}")
_VAT = re.compile(r"[A-Z]{2}[A-Z0-9+*]{2,12}")

_MAIL = re.compile(r"[A-Za-z0-9_%+\-]@[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63}){1,5}")
_PHONE = re.compile(
    r"(?<![\w.,+])(?:\+[1-9]|00[1-9]\d{0,2}[ \-/])(?:[ ()./\-]{0,2}\d){7,13}(?![\w])"
    r"|(?<![\w.,])0[1-9](?:[ \-/]{0,2}\d){7,8}(?![\w])"
    r"|\b(?:tel|tfn|phone|mobile|mob|telefoon|telefon|gsm)\b[.: ]{0,3}\+?\d(?:[ ()./\-]{0,2}\d){5,13}",
    re.IGNORECASE,
)
_SWEDISH_PERSON = re.compile(r"(?<![\w.,])(?:19|20)?(\d{6})[-+]?(\d{4})(?!\w)")
_DUTCH_PERSON = re.compile(r"\b(?:bsn|burgerservicenummer|sofinummer)\b[^\d\n]{0,12}(\d{9})(?!\d)", re.IGNORECASE)


def compact(text: str) -> str:
    """`text` without blanks, hyphens and full stops, in capitals: the form in which identifiers are compared."""
    return _SEPARATORS.sub("", text).upper()


def is_gtin(text: str) -> bool:
    """A GTIN of 8, 12, 13 or 14 digits whose check digit (mod 10, weights 3 and 1) is right."""
    digits = compact(text)
    return _is_digits(digits) and len(digits) in (8, 12, 13, 14) and _has_mod_10(digits)


def is_gln(text: str) -> bool:
    """A Global Location Number: 13 digits, mod 10."""
    digits = compact(text)
    return _is_digits(digits) and len(digits) == 13 and _has_mod_10(digits)


def is_lei(text: str) -> bool:
    """A Legal Entity Identifier: 20 characters, ISO 7064 mod 97-10."""
    code = compact(text)
    return _LEI.fullmatch(code) is not None and int("".join(str(int(sign, 36)) for sign in code)) % 97 == 1


def is_duns(text: str) -> bool:
    """Nine digits, as a D-U-N-S number; it has no check digit."""
    digits = compact(text)
    return _is_digits(digits) and len(digits) == 9


def is_os_id(text: str) -> bool:
    """An Open Supply Hub id: 15 characters, of which the last is a check character.

    The sum of the code points of the two letters and of the Crockford base-32 values of the next twelve, modulo 32. It
    does not notice swapped characters.
    """
    code = compact(text)
    if _OS_ID.fullmatch(code) is None or not all(sign in _CROCKFORD for sign in code[2:]):
        return False
    total = sum(map(ord, code[:2])) + sum(_CROCKFORD[sign] for sign in code[2:14])
    return total % 32 == _CROCKFORD[code[14]]


def is_smelter_id(text: str) -> bool:
    """A smelter identification number as `CID001234`; form only."""
    return _CID.fullmatch(compact(text)) is not None


def is_old_smelter_id(text: str) -> bool:
    """A smelter id of the older kind: a digit, three letters, three digits."""
    return _OLD_SMELTER_ID.fullmatch(compact(text)) is not None


def is_vat_like(text: str) -> bool:
    """Two letters of a country and up to twelve signs with a digit among them, as VAT numbers are written; form only."""
    code = compact(text)
    return _VAT.fullmatch(code) is not None and any(sign.isdigit() for sign in code[2:])


def looks_like_personal_data(text: str) -> str | None:
    """`mail`, `phone` or `personal_number` where the text seems to hold one (law L28), else None.

    A hint for a warning, never a refusal. Swedish and Dutch personal numbers are tested by their check digit and, for
    Dutch ones, by the word before them, since any nine digits may be something else. Reads the first 100,000 signs.
    """
    scanned = text[:_LONGEST_SCANNED]
    if "@" in scanned and _MAIL.search(scanned):
        return "mail"
    if any(_is_swedish_person(found) for found in _SWEDISH_PERSON.finditer(scanned)):
        return "personal_number"
    if any(_is_dutch_person(found[1]) for found in _DUTCH_PERSON.finditer(scanned)):
        return "personal_number"
    return "phone" if _PHONE.search(scanned) else None


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _has_mod_10(digits: str) -> bool:
    """GS1: weights 3 and 1 from the right, the check digit counting 1; the sum is a multiple of ten."""
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits))) % 10 == 0


def _is_swedish_person(found: re.Match[str]) -> bool:
    """Month and day of a person or a coordination number (day + 60), and the Luhn digit."""
    date, last = found[1], found[2]
    month, day = int(date[2:4]), int(date[4:6]) % 60
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return False
    doubled = (int(digit) * (1 if place % 2 else 2) for place, digit in enumerate(date + last))
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0


def _is_dutch_person(digits: str) -> bool:
    """The eleven-test of the Dutch citizen service number: weights 9 to 2, and minus one."""
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) % 11 == 0
