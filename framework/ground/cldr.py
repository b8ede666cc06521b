"""Countries as CLDR has them, for `data/countries.json`: readers of files take them from there, for loading CLDR takes long."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator

from babel import Locale
from babel.core import get_global

from framework.ground.codelists import NAMED_LANGUAGES, country_key

_READ_LANGUAGES = ("en", "nl", "sv", "de", "fr", "zh", "zh_Hant", "es", "it", "pl", "ja")
_NOT_COUNTRIES = frozenset(["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"])


def countries_file() -> str:
    """Source of `data/countries.json`: codes, longer codes, names by language, and what each name means when compared."""
    codes = _codes()
    content = {
        "codes": sorted(codes),
        "words": _words(codes),
        "names": {language: _names(language, codes) for language in NAMED_LANGUAGES},
        "keys": _keys(codes),
    }
    return json.dumps(content, ensure_ascii=False, indent=0, sort_keys=True) + "\n"


def _codes() -> frozenset[str]:
    """The alpha-2 codes of ISO 3166-1, and `XK`, which the European Union uses for Kosovo."""
    names = map(str, Locale.parse("en").territories)
    return frozenset(code for code in names if re.fullmatch("[A-Z]{2}", code)) - _NOT_COUNTRIES


def _words(codes: frozenset[str]) -> dict[str, str]:
    """Alpha-3 and numeric codes to alpha-2, former codes left out."""
    aliases = get_global("territory_aliases").items()
    return {old: new[0] for old, new in aliases if len(old) == 3 and len(new) == 1 and new[0] in codes}


def _names(language: str, codes: frozenset[str]) -> dict[str, str]:
    """Code → name; the code itself where CLDR has none."""
    named = Locale.parse(language).territories
    return {code: str(named.get(code, code)) for code in codes}


def _keys(codes: frozenset[str]) -> dict[str, str]:
    """Comparison key → the codes it may mean, with bars between them."""
    keys: dict[str, set[str]] = defaultdict(set)
    for language in _READ_LANGUAGES:
        for code, name in _names(language, codes).items():
            for spelling in _spellings(name):
                keys[country_key(spelling)].add(code)
    return {key: "|".join(sorted(found)) for key, found in keys.items() if key}


def _spellings(name: str) -> Iterator[str]:
    """A CLDR name, and the same without its part in brackets: `Myanmar (Burma)` is also `Myanmar`."""
    yield name
    short = re.sub(r"[(（][^)）]*[)）]", " ", name).strip()
    if short != name:
        yield short
