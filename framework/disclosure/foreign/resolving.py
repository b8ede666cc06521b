"""Find the smelter behind an id or a name: in the look-up of the file itself, for that file only, and in our register."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from framework.disclosure.foreign.minerals import mineral_of
from framework.disclosure.identifiers import smelter_form
from framework.ground.codelists import country_by_name
from framework.ground.places import normalise_name
from framework.ground.sheets.cells import Book, Row

LOOKUP_SHEETS = ("Smelter Look-up", "Smelter Reference List", "Standard Smelter Names")
FILE, REGISTER = "file", "register"
_SAMPLE, _MOST = 200, 0.8


class SmelterName(NamedTuple):
    """One name of one smelter: alias and standard name, its id, the older id where there is one, country (alpha-2)."""

    mineral: str
    alias: str
    name: str
    number: str
    country: str
    older: str = ""


class Match(NamedTuple):
    """The smelter that was found, and where: `file` or `register`."""

    entry: SmelterName
    source: str


@dataclass(slots=True)
class _Names:
    """One list of names, indexed."""

    by_number: dict[str, list[SmelterName]] = field(default_factory=lambda: defaultdict(list))
    by_name: dict[tuple[str, str], dict[str, SmelterName]] = field(default_factory=lambda: defaultdict(dict))
    older: dict[str, str] = field(default_factory=dict)

    def add(self, one: SmelterName) -> None:
        """Take a name in."""
        self.by_number[one.number].append(one)
        for words in {one.alias, one.name}:
            if words:
                self.by_name[one.mineral, normalise_name(words)].setdefault(one.number, one)
        if one.older:
            self.older.setdefault(one.older.upper(), one.number)


class Lookup:
    """Names of smelters, those of the file before those of the register."""

    def __init__(self, of_file: Iterable[SmelterName] = (), of_register: Iterable[SmelterName] = ()) -> None:
        self._lists = ((FILE, _Names()), (REGISTER, _Names()))
        for (_source, names), given in zip(self._lists, (of_file, of_register), strict=True):
            for one in given:
                names.add(one)

    def by_number(self, number: str, mineral: str = "") -> Match | None:
        """The smelter of an id; where it smelts several minerals, the entry of this one."""
        for source, names in self._lists:
            found = names.by_number.get(number, [])
            fitting = [one for one in found if one.mineral == mineral] or found
            if fitting:
                return Match(fitting[0], source)
        return None

    def by_name(self, mineral: str, words: str) -> list[Match]:
        """The smelters of a mineral that bear a name, one for each id; of the first list that knows it."""
        key = (mineral, normalise_name(words))
        for source, names in self._lists:
            if words and key in names.by_name:
                return [Match(one, source) for one in names.by_name[key].values()]
        return []

    def present(self, older: str) -> str:
        """The present id of an older one, by a row of a list; blank where none says so."""
        return next((names.older[older] for _source, names in self._lists if older in names.older), "")


def own_names(book: Book) -> Iterator[SmelterName]:
    """The rows of the file's own look-up sheet: its columns are told by what they hold, since versions differ.

    The first column of minerals, then the alias, the standard name, the country and the id. Used in memory only.
    """
    sheet = next(filter(None, map(book.sheet, LOOKUP_SHEETS)), None)
    if sheet is None:
        return
    width = max((len(row.cells) for row in sheet.rows), default=0)
    sample = [row for row in sheet.rows if any(mineral_of(cell) for cell in row.cells[:4])][:_SAMPLE]
    metal = _first(sample, width, lambda text: bool(mineral_of(text)))
    number = _first(sample, width, lambda text: bool(smelter_form(text)))
    country = _first(sample, width, lambda text: bool(country_by_name(text)))
    if metal is None or number is None:
        return
    words = [place for place in range(metal + 1, width) if place not in (number, country)][:2]
    if not words:
        return
    for row in sheet.rows:
        given = [_text(row, place) for place in (metal, *words, number)]
        mineral, alias, name, id_ = mineral_of(given[0]), given[1], given[-2], given[-1].upper()
        if mineral and smelter_form(id_):
            code = country_by_name(_text(row, country)) if country is not None else ""
            yield SmelterName(mineral, alias, name, id_, code or "")


def _first(rows: list[Row], width: int, fits: Callable[[str], bool]) -> int | None:
    """The first column in which at least four of five texts fit."""
    for place in range(width):
        texts = [text for text in (_text(row, place) for row in rows) if text]
        if texts and sum(map(fits, texts)) >= _MOST * len(texts):
            return place
    return None


def _text(row: Row, place: int | None) -> str:
    cell = row.cells[place] if place is not None and place < len(row.cells) else None
    return " ".join(str(cell).split()) if cell is not None else ""
