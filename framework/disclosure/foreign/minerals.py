"""Names of minerals, as the labels of the RMI workbooks write them."""

from __future__ import annotations

import re

from framework.ground.sheets.cells import Cell

MINERALS = frozenset(
    "tantalum tin gold tungsten cobalt mica copper lithium nickel graphite aluminum aluminium iridium lime manganese "
    "palladium platinum rare rhodium ruthenium silver soda zinc".split()
)
_WHOLE = {"aluminum": "aluminium", "rare": "rare earths", "soda": "soda ash"}


def mineral_of(cell: Cell) -> str:
    """The mineral a label names by its first word, or an empty text."""
    words = re.findall(r"[a-z]+", str(cell or "").casefold())
    word = words[0] if words and words[0] in MINERALS else ""
    return _WHOLE.get(word, word)
