"""What the values of a column look like: whether they fit a meaning, speak against it, or tell one by themselves."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from framework.disclosure.identifiers import is_lei, is_os_id
from framework.ground.codelists import country_by_name, country_code, is_country
from framework.ground.sheets.cells import Cell

SAMPLE = 60
_MOST, _SOME, _FEW = 0.8, 0.5, 0.34
_ENOUGH = 3
_LONGEST = 300

_OS_ID_FORM = re.compile(r"[A-Z]{2}\d{7}[A-Z0-9]{6}\Z")
_NUMBER = re.compile(r"[<>~≈]?\s*[\d.,\s'’%+-]*\d[\d.,\s'’%+-]*\Z")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+\Z")
_URL = re.compile(r"(?:https?://|www\.)\S+\Z", re.I)
_DATE = re.compile(r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})(?:[ T].*)?\Z")
_CODE = re.compile(r"(?=[^\s]*\d)[A-Z]{0,6}[-_./]?\d[A-Z0-9\-_./]*\Z")
_YES_NO = frozenset("yes no y n ja nee nej nein oui non true false x 是 否 有 无".split())
_LEGAL = re.compile(
    r"\b(?:ltd|limited|inc|llc|corp|co|gmbh|kg|ag|ab|oy|as|a/s|bv|b\.v|nv|n\.v|sa|s\.a|sas|sarl|srl|spa|s\.p\.a|plc|"
    r"pte|pty|sdn|bhd|company|corporation|industries|electronics|manufacturing|technology|precision)\b|公司|厂|廠",
    re.I,
)


def _is_country(text: str) -> bool:
    if len(text) <= 3 and text.isascii():
        return is_country(text) or (len(text) == 3 and country_code(text).code is not None)
    return country_by_name(text) is not None


def _is_address(text: str) -> bool:
    """A number beside words, and several parts; Chinese addresses end in a number sign or name province and city."""
    if re.search(r"[省市区縣县镇].*[路街道号號]", text):
        return True
    words = len(re.findall(r"[^\W\d_]{2,}", text))
    return len(text) > 12 and words >= 2 and bool(re.search(r"\d", text)) and ("," in text or words >= 3)


def _is_number(text: str) -> bool:
    return bool(_NUMBER.match(text))


def _is_coordinate(limit: int) -> Callable[[str], bool]:
    def test(text: str) -> bool:
        try:
            value = float(text.replace(",", "."))
        except ValueError:
            return False
        return -limit <= value <= limit and not value.is_integer()

    return test


_TESTS: dict[str, Callable[[str], bool]] = {
    "country": _is_country,
    "address": _is_address,
    "number": _is_number,
    "mail": lambda text: bool(_MAIL.match(text)),
    "url": lambda text: bool(_URL.match(text)),
    "date": lambda text: bool(_DATE.match(text)),
    "code": lambda text: bool(_CODE.match(text)),
    "yes_no": lambda text: text.casefold() in _YES_NO,
    "digit": lambda text: any(sign.isdigit() for sign in text),
    "legal": lambda text: bool(_LEGAL.search(text)),
    "os_id_form": lambda text: bool(_OS_ID_FORM.match(text)),
    "os_id": is_os_id,
    "lei": is_lei,
    "latitude": _is_coordinate(90),
    "longitude": _is_coordinate(180),
    "long": lambda text: len(text) > 120,
}


@dataclass(slots=True)
class Values:
    """Up to sixty given values of one column as texts; each test is made once, and only where it is asked for."""

    texts: Sequence[str]
    _shares: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, cells: Sequence[Cell]) -> Values:
        """The values of these cells, dates in ISO form."""
        return cls([str(cell).strip()[:_LONGEST] for cell in cells])

    def share(self, test: str) -> float:
        """The share of the values, between 0 and 1, that pass a test; 0 where there are none."""
        if test not in self._shares:
            check = _TESTS[test]
            self._shares[test] = sum(map(check, self.texts)) / len(self.texts) if self.texts else 0.0
        return self._shares[test]

    def mostly(self, test: str) -> bool:
        """Whether at least four in five values pass a test."""
        return self.share(test) >= _MOST

    @property
    def are_enough(self) -> bool:
        """Whether there are enough values to speak against a header."""
        return len(self.texts) >= _ENOUGH

    @property
    def distinct(self) -> int:
        """How many different values there are."""
        return len(set(self.texts))


def speaks_against(values: Values, meaning: str) -> bool:
    """Whether the values cannot well be what the header says: mail addresses below `Address`, codes below `Factory`."""
    if not values.are_enough:
        return False
    if meaning in _TEXTS and any(values.mostly(test) for test in ("mail", "url", "date", "yes_no")):
        return True
    check = _AGAINST.get(meaning)
    return check is not None and check(values)


def _no_names(values: Values) -> bool:
    is_place = values.mostly("country") and values.distinct > 1
    return (
        is_place
        or values.mostly("code")
        or values.mostly("number")
        or values.share("address") >= _MOST > values.share("legal")
    )


def _no_city(values: Values) -> bool:
    return (values.mostly("country") and values.distinct > 2) or values.mostly("number") or values.mostly("address")


_TEXTS = frozenset(
    "site_legal_name local_language_name parent_company address_line address_line_2 address_line_3 city region country "
    "product_model product_words facility_words".split()
)
_AGAINST: dict[str, Callable[[Values], bool]] = {
    "site_legal_name": _no_names,
    "parent_company": _no_names,
    "local_language_name": _no_names,
    "address_line": lambda v: (v.mostly("country") and v.distinct > 1) or v.mostly("number") or v.mostly("code"),
    "city": _no_city,
    "region": lambda v: v.mostly("number") or (v.mostly("country") and v.distinct > 2),
    "country": lambda v: v.mostly("number") or v.mostly("address"),
    "latitude": lambda v: v.share("number") < _SOME,
    "longitude": lambda v: v.share("number") < _SOME,
    "workers_total": lambda v: v.share("digit") < _SOME,
    "postcode": lambda v: v.share("digit") < _SOME,
    "os_id": lambda v: v.share("os_id_form") < _SOME,
    "product_model": lambda v: v.mostly("country") or v.mostly("address"),
}


def lacks(values: Values, meaning: str) -> bool:
    """Whether hardly a value is what the header says; they may be misspelt, so this speaks against unclear headers alone."""
    return meaning == "country" and values.are_enough and values.share("country") < _FEW


def speaks_for(values: Values, meaning: str) -> bool:
    """Whether the values by themselves look like this meaning, so that an unclear header becomes clearer."""
    test = _FOR.get(meaning)
    return bool(values.texts) and test is not None and values.mostly(test)


_FOR = {"country": "country", "address_line": "address", "os_id": "os_id_form", "latitude": "latitude"}


@lru_cache(maxsize=1)
def guesses_by_values() -> tuple[tuple[str, str, float], ...]:
    """Field, test and confidence of what values tell without any header, surest first."""
    return (("os_id", "os_id", 0.9), ("lei_id", "lei", 0.9), ("os_id", "os_id_form", 0.7), ("country", "country", 0.7))


def look_like_names(values: Values) -> bool:
    """Many different short texts that are neither numbers, addresses nor countries."""
    short = bool(values.texts) and not values.share("long")
    return short and values.distinct >= len(values.texts) / 2 and not _no_names(values) and not values.mostly("url")
