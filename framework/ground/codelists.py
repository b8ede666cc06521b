"""The only reader of `data/`: code lists as immutable facts, cached, with look-ups for countries and CPV codes."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from babel import Locale

_DATA = Path(__file__).resolve().parents[2] / "data"

LANGUAGES = {"en": "English", "nl": "Nederlands", "sv": "Svenska"}
"""The languages of the product, each in its own name."""

NAMED_LANGUAGES = ("en", "nl", "sv", "zh")
"""Languages whose names of countries are at hand without loading CLDR."""
_CURRENCIES = ("EUR", "SEK", "GBP", "DKK", "NOK", "CHF", "PLN", "CZK", "HUF", "RON", "ISK", "USD")
_FORM_OF_STATE = re.compile(
    r"^(the )?((federal|islamic|arab) )?(republic|kingdom|state|commonwealth|principality|sultanate|grand duchy) of ",
    re.IGNORECASE,
)
"""Never `democratic` or `people's`: there the form of state tells two countries apart."""
_LONGEST_NAME = 100
_NEAR = 0.88


@cache
def read_text(name: str) -> str:
    """The text of the file `name` under `data/` (UTF-8, a byte-order mark is dropped)."""
    return (_DATA / name).read_text(encoding="utf-8-sig")


@cache
def read_rows(name: str) -> tuple[dict[str, str], ...]:
    """The rows of a csv file under `data/`; every value is text, a blank is the empty string. Treat as read-only."""
    return tuple(dict(row) for row in csv.DictReader(io.StringIO(read_text(name), newline="")))


@cache
def read_json(name: str) -> Any:
    """The content of a json file under `data/`. Treat as read-only."""
    return json.loads(read_text(name))


@dataclass(frozen=True, slots=True)
class Cpv:
    """A code of the Common Procurement Vocabulary, version 2008, with its check digit (`30213100-6`)."""

    code: str
    en: str
    nl: str
    sv: str

    def name(self, language: str) -> str:
        """The name in `language`; English where the product does not speak it."""
        return {"nl": self.nl, "sv": self.sv}.get(language[:2], self.en)


@cache
def cpv_codes() -> dict[str, Cpv]:
    """CPV 2008 codes that buyers of ICT hardware need, by full code, in the order of the codes."""
    return {row["code"]: Cpv(**row) for row in read_rows("cpv.csv")}


def cpv(text: str) -> Cpv | None:
    """The CPV code meant by `text`, written with or without its check digit; None where it is not in our selection."""
    cleaned = "".join(text.split())
    if re.fullmatch(r"\d{8}", cleaned):
        return next(
            (item for code, item in cpv_codes().items() if code.startswith(cleaned)),
            None,
        )
    return cpv_codes().get(cleaned)


@dataclass(frozen=True, slots=True)
class CountryMatch:
    """What a country cell says.

    `code` is ISO 3166-1 alpha-2, or None. `how` is `code` (a code was written), `name` (the name of a country in a
    language we read), `alias` (a short form or part of a country) or `none`. `proposals` are the nearest codes, best
    first, filled in only when nothing matched: they are proposed to a person and never applied.
    """

    code: str | None
    how: str
    proposals: tuple[str, ...] = ()


@lru_cache(maxsize=8192)
def country_code(text: str) -> CountryMatch:
    """Read `text` as a country: codes, then names and aliases, else proposals. `NA` is Namibia here."""
    cleaned = unicodedata.normalize("NFKC", text).strip()
    if not cleaned or len(cleaned) > _LONGEST_NAME:
        return CountryMatch(None, "none")
    code = _country_of_code(cleaned.upper())
    if code is not None:
        return CountryMatch(code, "code")
    for how, key in _readings(cleaned):
        found = _country_keys().get(key, frozenset())
        if len(found) == 1:
            return CountryMatch(min(found), how)
        if found:
            return CountryMatch(None, "none", tuple(sorted(found)))
    return CountryMatch(None, "none", _nearest_countries(cleaned))


@lru_cache(maxsize=8192)
def country_by_name(text: str) -> str | None:
    """The code of the country whose name or alias `text` is, never of a two-letter code (`No` is no Norway here)."""
    found = _country_keys().get(country_key(text), frozenset()) if len(text) <= _LONGEST_NAME else frozenset()
    return min(found) if len(found) == 1 else None


@lru_cache(maxsize=8192)
def country_key(text: str) -> str:
    """The form in which country names are compared: letters only, no case, accents, blanks or leading article."""
    folded = unicodedata.normalize("NFKD", text).casefold().replace("&", " and ")
    folded = "".join(sign for sign in folded if not unicodedata.combining(sign))
    words = re.sub(r"['’‘`.]", "", folded)
    words = re.sub(r"\bst\b", "saint", re.sub(r"[\W_]+", " ", words)).strip()
    return re.sub(r"\b(and|och|und|en|et)\b|^the ", "", words).replace(" ", "")


def country_name(code: str, language: str) -> str:
    """The name of a country in `language` (CLDR); the code itself where CLDR has none."""
    known: dict[str, str] | None = read_json("countries.json")["names"].get(language)
    names = _locale(language).territories if known is None else known
    return str(names.get(code, code))


def is_country(code: str) -> bool:
    """Is `code` one of the alpha-2 codes that may be stored?"""
    return code in country_codes()


@cache
def country_codes() -> frozenset[str]:
    """The alpha-2 codes of ISO 3166-1, and `XK`, which the European Union uses for Kosovo."""
    return frozenset(read_json("countries.json")["codes"])


@cache
def countries(language: str) -> tuple[tuple[str, str], ...]:
    """(code, name) of every country for a drop-down, sorted by the name in `language`."""
    named = ((code, country_name(code, language)) for code in country_codes())
    return tuple(sorted(named, key=lambda pair: country_key(pair[1])))


@cache
def currencies(language: str) -> tuple[tuple[str, str], ...]:
    """(code, name) of the currencies a round may use (ISO 4217), the usual ones first."""
    names = _locale(language).currencies
    return tuple((code, str(names.get(code, code))) for code in _CURRENCIES)


def languages() -> tuple[tuple[str, str], ...]:
    """(code, own name) of the languages of the product."""
    return tuple(LANGUAGES.items())


@cache
def _locale(language: str) -> Locale:
    from babel import Locale  # only here: it takes longer to load than most files take to check

    return Locale.parse(language.replace("-", "_"))


@cache
def _country_words() -> dict[str, str]:
    """Alpha-3 and numeric codes to alpha-2, from CLDR, former codes left out."""
    words: dict[str, str] = read_json("countries.json")["words"]
    return words


def _country_of_code(text: str) -> str | None:
    """The country of an alpha-2, alpha-3 or three-digit code; `UK` and `EL` as the European Union writes them."""
    if text in country_codes():
        return text
    return {"UK": "GB", "EL": "GR"}.get(text) or _country_words().get(text)


@cache
def _alias_keys() -> dict[str, frozenset[str]]:
    """Our own aliases; one with several codes (`Congo`) is a question, not an answer."""
    return {country_key(row["alias"]): frozenset(row["code"].split("|")) for row in read_rows("country_aliases.csv")}


@cache
def _country_keys() -> dict[str, frozenset[str]]:
    """Comparison key to the countries it may mean; our own aliases decide over CLDR, where two languages collide."""
    cldr = {key: frozenset(codes.split("|")) for key, codes in read_json("countries.json")["keys"].items()}
    return {key: codes for key, codes in (cldr | _alias_keys()).items() if key}


def _readings(text: str) -> Iterator[tuple[str, str]]:
    """How a country name may be read: as it stands, then without the form of state before it (`Kingdom of Norway`)."""
    key = country_key(text)
    yield ("alias" if key in _alias_keys() else "name"), key
    short = _FORM_OF_STATE.sub("", text)
    if short != text:
        yield "alias", country_key(short)


def _nearest_countries(text: str) -> tuple[str, ...]:
    """Up to three codes: a country named at the end of `text`, then similar names."""
    from rapidfuzz import process  # only here: see `_locale`
    from rapidfuzz.distance import JaroWinkler

    found = dict.fromkeys(_ending_countries(text))
    near = process.extract(
        country_key(text),
        _country_keys().keys(),
        scorer=JaroWinkler.normalized_similarity,
        score_cutoff=_NEAR,
        limit=6,
    )
    for key, _score, _index in near:
        found.update(dict.fromkeys(sorted(_country_keys()[key])))
    return tuple(found)[:3]


def _ending_countries(text: str) -> Iterator[str]:
    """Countries whose name ends `text`: `C.P. Mexico` is not a country, but Mexico may be meant."""
    words = text.split()
    for start in range(1, len(words)):
        code = country_by_name(" ".join(words[start:]))
        if code is not None:
            yield code
