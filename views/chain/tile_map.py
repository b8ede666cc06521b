"""The geometry of the map: one tile for each country, shaded by what comes from there, with dots where a list gave pins."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from framework.chain.leverage.figures import Sum
from framework.chain.leverage.places import CONFLICT, Dot, tiles
from framework.disclosure import geography

SIZE, GAP = 35, 2
STEPS = (15, 30, 50)
"""From each of these percentages on a tile is one step darker."""
FILLS = ("#ffffff", "#dcebec", "#a9ced1", "#5f9ea3", "#0a5c63")
MOST_DOTS = 12


@dataclass(slots=True)
class Tile:
    """A country as it is drawn. `step` 0 is none of the pool, 4 half of it or more."""

    code: str
    x: int
    y: int
    words: str = ""
    share: str = ""
    step: int = 0
    is_named: bool = False
    dots: list[tuple[float, float, str]] = field(default_factory=list)

    @property
    def fill(self) -> str:
        """Its shade."""
        return FILLS[self.step]

    @property
    def ink(self) -> str:
        """The colour of what is written on it."""
        return "#ffffff" if self.step == len(FILLS) - 1 else "#0b1f2a"


@dataclass(frozen=True, slots=True)
class Map:
    """The whole map; countries without a place on it stand in a row below."""

    width: int
    height: int
    size: int
    tiles: list[Tile]


def drawn(
    countries: Mapping[str, Sum],
    dots: Iterable[Dot],
    *,
    whole: int,
    words: Callable[[str, Sum], str],
    share: Callable[[int], str],
) -> Map:
    """Draw every country, those that something comes from shaded by their part of `whole`."""
    grid = tiles()
    columns, rows = max(c for c, _r in grid.values()) + 1, max(r for _c, r in grid.values()) + 1
    known = {code: Tile(code, column * SIZE, row * SIZE) for code, (column, row) in grid.items()}
    extra = [code for code in countries if code and code not in known]
    for number, code in enumerate(extra):
        known[code] = Tile(code, (number % columns) * SIZE, (rows + number // columns) * SIZE)
    for code, one in countries.items():
        if code in known:
            tile = known[code]
            tile.is_named, tile.words = True, words(code, one)
            tile.step = step(one.units, whole)
            tile.share = share(one.units)
    for dot in dots:
        if dot.country in known and len(known[dot.country].dots) < MOST_DOTS:
            known[dot.country].dots.append(_place(dot))
    rows += -(-len(extra) // columns)
    return Map(columns * SIZE, rows * SIZE, SIZE - GAP, sorted(known.values(), key=lambda tile: (tile.y, tile.x)))


def step(units: int, whole: int) -> int:
    """How dark a tile is: 0 for none, 1 to 4 by its part of the whole."""
    if not units or not whole:
        return 0
    return 1 + sum(1 for least in STEPS if units * 100 >= least * whole)


def _place(dot: Dot) -> tuple[float, float, str]:
    """Where in the middle of the tile a dot lies, roughly as in the country; one that contradicts its country sits on the tile's edge."""
    if dot.confidence == CONFLICT:
        return (float(SIZE - GAP), 16.5, CONFLICT)
    there = geography.within(dot.country, dot.latitude, dot.longitude) or (0.5, 0.5)
    return (round(4 + there[0] * (SIZE - GAP - 8), 1), round(14 + there[1] * 6, 1), dot.confidence)
