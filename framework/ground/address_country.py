"""Which country, or region, the end of an address names: pure functions over its words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from framework.ground.codelists import country_by_name, country_key, read_rows

LONGEST = 1000
"""Of so many characters of a text its words are looked at."""
PARTS = re.compile(r"[,;\n，、；]+")
_ONES = bytes.maketrans(b"23456789", b"11111111")
_PART_OF_CHINA_CODES = frozenset(["HK", "MO", "TW"])
KEPT = 512
"""So many outcomes each function remembers: sites of one list repeat their words; ten such stores bound the memory."""


def country_in_address(text: str) -> str | None:
    """The country that the last part of an address names, never of a two-letter code; None where it is in doubt.

    A state that shares a country's name (`Atlanta, Georgia`) is in doubt. `Hong Kong, China` is Hong Kong.
    """
    return _country_in_address(with_ones(text))


@lru_cache(maxsize=KEPT)
def _country_in_address(text: str) -> str | None:
    """The same; no name of a country has digits, so which ones an address has says nothing."""
    parts = PARTS.split(text[-LONGEST:].replace("\n", " "))
    last = next((part for part in reversed(parts) if has_letters(part)), "")
    words, code = _country_of_words(_lettered_words(last))
    return _narrower([part for part in parts if has_letters(part)], words) if code == "CN" else code


@lru_cache(maxsize=KEPT)
def _country_of_words(last: tuple[str, ...]) -> tuple[str, str | None]:
    """The words at the end of an address's last part that name a country, and its code; None where a region stands first."""
    for words in _endings(last):
        if is_region(words):
            return words, None
        code = country_by_name(words)
        if code is not None:
            return words, code
    return "", None


def with_ones(text: str) -> str:
    """The same text with 1 for every digit but 0: thousands of addresses become few, and looked at once."""
    return text.encode("utf-8", "surrogatepass").translate(_ONES).decode("utf-8", "surrogatepass")


@cache
def _region_keys() -> frozenset[str]:
    names = (name for row in read_rows("regions.csv") for name in row["names"].split("|"))
    return frozenset(map(country_key, names))


@lru_cache(maxsize=KEPT)
def is_region(text: str) -> bool:
    """Whether a text names a province, state or region that we know."""
    bare = re.sub(r"\b(province|state|prefecture|region|county)\b|省|市|\d", " ", text, flags=re.IGNORECASE)
    return country_key(bare) in _region_keys()


def has_letters(text: str) -> bool:
    """Whether a text has a letter of any script."""
    return any(map(str.isalpha, text))


def _lettered_words(part: str) -> tuple[str, ...]:
    """The last words of a part, postcodes and stray signs left out."""
    words = (word for word in part.split() if word.isalpha() or (has_letters(word) and not any(map(str.isdigit, word))))
    return tuple(words)[-8:]


def _endings(words: tuple[str, ...]) -> Iterator[str]:
    """The ends of a part given by its words, the longest first."""
    for start in range(len(words)):
        yield " ".join(words[start:]).strip(" .-–:*□")


def _narrower(parts: list[str], words: str) -> str:
    """Hong Kong, Macao or Taiwan where one of them stands just before `China`."""
    for before in (parts[-1].partition(words)[0], *parts[-2:-1]):
        for ending in _endings(_lettered_words(before)):
            code = country_by_name(ending)
            if code in _PART_OF_CHINA_CODES:
                return str(code)
    return "CN"
