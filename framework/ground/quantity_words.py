"""The words under which sheets of demand name quantities; known without the tables, so that whoever reads files knows them too."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

CHANGE = "change"
"""A column that holds a change on top of an earlier total, which is not taken."""

HEADERS = {
    "qty_firm": "firm firmquantity committed fixed minimum vast vasteafname zeker fast bindande fest ferme min",
    "qty_expected": "expected expectedquantity quantity qty aantal verwacht verwachtaantal antal förväntat förväntad förväntade förväntatantal menge anzahl erwartet quantité nombre allocation forecast volume units pieces stuks stycken st demand",
    "qty_max": "max maximum maximumquantity ceiling maximaal maximaalaantal hoogst högst maximalt maximal",
    "baseline_qty": "baseline lastyear previousyear lastyearsquantity vorigjaar afgelopenjaar förraåret föregåendeår vorjahr ordered quantityordered",
    CHANGE: "delta change allocationdelta mutatie wijziging verandering ändring förändring änderung",
}  # fmt: skip
_WORDS = {word for words in HEADERS.values() for word in words.split()}


@lru_cache(maxsize=16_384)
def norm(text: str) -> str:
    """The form in which headers and words are compared: letters and digits only, no case, no accents."""
    folded = unicodedata.normalize("NFKD", text).casefold()
    return "".join(sign for sign in folded if sign.isalnum())


def names_demand(headers: Iterable[str]) -> bool:
    """Whether names of columns are those of a sheet of demand: a quantity or a change of one is among them."""
    known = {norm(word) for word in _WORDS}
    return any(norm(header) in known for header in headers)
