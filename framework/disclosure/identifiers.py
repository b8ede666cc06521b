"""Check characters of identifiers: OS ID, LEI, GLN and GTIN, smelter ids. Pure arithmetic on the published rules."""

from __future__ import annotations

import re

_BASE32 = bytes.maketrans(b"0123456789ABCDEFGHJKMNPQRSTVWXYZ", bytes(range(32)))
_OS_ID = re.compile(r"[A-Z]{2}[0-9]{7}[0-9A-HJKMNP-TV-Z]{6}\Z")
_SMELTER = re.compile(r"CID\d{6}\Z")
_OLD_SMELTER = re.compile(r"[1-4][A-Z]{3}\d{3}\Z")


def is_os_id(text: str) -> bool:
    """An Open Supply Hub id with a right check character; blanks and hyphens do not count.

    Code points of the two letters plus the base-32 values of the next twelve signs, modulo 32.
    """
    plain = text if _OS_ID.match(text) else re.sub(r"[\s-]", "", text).upper()
    if not _OS_ID.match(plain):
        return False
    signs = plain.encode().translate(_BASE32)
    return (ord(plain[0]) + ord(plain[1]) + sum(signs[2:14])) % 32 == signs[14]


def is_lei(text: str) -> bool:
    """A legal entity identifier, ISO 17442: 20 signs, ISO 7064 mod 97-10."""
    plain = re.sub(r"[\s-]", "", text).upper()
    return bool(re.fullmatch(r"[A-Z0-9]{18}\d{2}", plain)) and int("".join(str(int(c, 36)) for c in plain)) % 97 == 1


def has_check_digit(digits: str) -> bool:
    """Whether a GTIN or GLN ends with the right check digit: modulo 10, weights 3 and 1 from the right."""
    if not digits.isdecimal() or len(digits) < 8:
        return False
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return weighted % 10 == 0


def is_gln(text: str) -> bool:
    """A global location number: 13 digits with a right check digit."""
    plain = re.sub(r"[\s-]", "", text)
    return len(plain) == 13 and has_check_digit(plain)


def smelter_form(text: str) -> str:
    """`now` for CID and six digits, `old` for the form used before 2014, else an empty text."""
    plain = re.sub(r"\s", "", text).upper()
    return "now" if _SMELTER.match(plain) else "old" if _OLD_SMELTER.match(plain) else ""


def registry_problem(text: str) -> str:
    """The name of the first registry whose form a `scheme:id` breaks, or an empty text; several are separated by bars.

    Unknown schemes are never wrong.
    """
    for one in text.split("|"):
        scheme, colon, number = one.partition(":")
        test = _TESTS.get(scheme.strip().casefold()) if colon else None
        if test is not None and not test(number):
            return scheme.strip().upper()
    return ""


def _is_duns(text: str) -> bool:
    return bool(re.fullmatch(r"\d{9}", re.sub(r"[\s-]", "", text)))


_TESTS = {"lei": is_lei, "gln": is_gln, "os": is_os_id, "parent-os": is_os_id, "duns": _is_duns}
