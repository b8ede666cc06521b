"""Put two editors' changes of one grid together, cell by cell; pure. What both changed differently is a clash, never overwritten."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from framework.demand import rules
from framework.demand.cells import FACTS, Cell, Cells, Place, Value, cells_of, lines_of
from framework.demand.lines import Scope


@dataclass(frozen=True, slots=True)
class Clash:
    """A cell that two editors changed and that cannot hold both: what the one typed, what the other saved (None: blank)."""

    cell: Cell
    mine: Value | None
    theirs: Value | None


@dataclass(frozen=True, slots=True)
class Merged:
    """The cells of both together; in a clash the saved value stays."""

    cells: Cells
    clashes: tuple[Clash, ...]

    @property
    def wished(self) -> Cells:
        """The cells as the editor wants them: as merged, with what was typed in a clash."""
        found = dict(self.cells)
        for clash in self.clashes:
            found.pop(clash.cell, None)
            if clash.mine is not None:
                found[clash.cell] = clash.mine
        return found


def merge(base: Cells, mine: Cells, theirs: Cells, scope: Scope) -> Merged:
    """What two editors made of `base`: a cell changed by one alone is taken, by both alike too, by both differently clashes.

    A row that one emptied and the other changed clashes whole. So does a contract year that keeps the rules
    in either version but not as the mix of both, one that would get a certainty neither chose, and a row in which a
    change would vanish.
    """
    if mine == base:
        return Merged(theirs, ())
    places = {cell.place for cell in _differing(base, mine)} & {cell.place for cell in _differing(base, theirs)}
    apart = _emptied(places, base, mine, theirs)
    while True:  # what is kept apart takes its reason along, which may leave another year of the row without one
        merged = _cells(base, mine, theirs, apart)
        broken = _broken(merged.cells, places, theirs, base, scope)
        more = {(place, 0 if (place, year) in apart else year) for place, year in broken}
        if more <= apart:
            return merged
        apart |= more


def _cells(base: Cells, mine: Cells, theirs: Cells, apart: frozenset[tuple[Place, int]]) -> Merged:
    found: Cells = {}
    clashes: list[Clash] = []
    for cell in dict.fromkeys((*theirs, *mine, *base)):
        old, own, other = base.get(cell), mine.get(cell), theirs.get(cell)
        is_apart = (cell.place, cell.year) in apart or (cell.place, 0) in apart
        value = other if is_apart or own == old else own
        if own != other and (is_apart or (own != old and other != old)):
            clashes.append(Clash(cell, own, other))
            value = other
        if value is not None:
            found[cell] = value
    return Merged(found, tuple(clashes))


def _differing(one: Cells, other: Cells) -> Iterable[Cell]:
    return (cell for cell in dict.fromkeys((*one, *other)) if one.get(cell) != other.get(cell))


def _emptied(places: set[Place], *versions: Cells) -> frozenset[tuple[Place, int]]:
    """The rows that both changed and that are empty in one version."""
    held = [{cell.place for cell in cells} for cells in versions]
    return frozenset((place, 0) for place in places - {FACTS} if any(place not in one for one in held[1:]))


def _broken(cells: Cells, places: set[Place], theirs: Cells, base: Cells, scope: Scope) -> frozenset[tuple[Place, int]]:
    """The years, and the whole rows (0), in which the mix of both does not hold though each of them does."""
    mixed = {cell: value for cell, value in cells.items() if cell.place in places}
    lines = lines_of(mixed, scope.years)
    found = {(line.key[:3], line.year_no) for line in lines if rules.check([line], scope)}
    kept = cells_of(lines, scope.years)
    vanished = {cell for cell in mixed if cell.place != FACTS and cell not in kept}
    preset = {cell for cell in kept if cell not in mixed}
    return frozenset(
        found
        | {(cell.place, 0) for cell in vanished if mixed[cell] != base.get(cell)}
        | {(cell.place, cell.year if cell in theirs else 0) for cell in preset}
    )
