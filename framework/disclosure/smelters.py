"""Lists of smelters as files: which ids are known, and until when (D36), under which names, and older ids tied to newer ones."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from framework.disclosure.foreign.minerals import mineral_of
from framework.disclosure.foreign.resolving import SmelterName
from framework.ground.codelists import country_code

COLUMNS = ("id", "name", "country", "mineral", "listed_from", "listed_until")
OPTIONAL = ("alias", "older_id")
Register = dict[str, str | None]


class WrongRegister(Exception):
    """The register cannot be read as one; the message says what is wrong and where."""


class Known(NamedTuple):
    """What an installation knows of smelters: ids with None or the day they were last seen, and their names."""

    listed: Register
    names: tuple[SmelterName, ...]


class Row(NamedTuple):
    """A row of a list: a name, and the ISO date until which it is listed, or None while it is."""

    name: SmelterName
    until: str | None


def read_known(path: Path) -> Known:
    """Ids and names of a list on disk: an id with several rows is judged by its latest. Raises WrongRegister."""
    rows = read_rows(path)
    return Known(listed((row.name.number, row.until) for row in rows), tuple(row.name for row in rows))


def read_rows(path: Path, *, columns: Iterable[str] = COLUMNS) -> list[Row]:
    """The rows of a csv file: one per name of an id and stretch of time, under the names in `COLUMNS`.

    `listed_until` is blank while an id is listed; `alias` and `older_id` may be there. Raises WrongRegister.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in columns if name not in (reader.fieldnames or ())]
            if missing:
                raise WrongRegister(f"{path}: these columns are missing: {', '.join(missing)}.")
            return [_row(path, reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise WrongRegister(f"{path}: the register of smelters could not be read ({error}).") from error


def listed(ends: Iterable[tuple[str, str | None]]) -> Register:
    """Ids by their latest end; one that has none is listed."""
    register: Register = {}
    for number, end in ends:
        known = register.get(number, "")
        register[number] = None if end is None or known is None else max(known, end)
    return register


def together(one: Known | None, other: Known | None) -> Known | None:
    """Two lists as one; None where there is neither."""
    given = [known for known in (one, other) if known is not None]
    if not given:
        return None
    ends = (pair for known in given for pair in known.listed.items())
    return Known(listed(ends), tuple(name for known in given for name in known.names))


def _row(path: Path, line: int, row: dict[str, str]) -> Row:
    given = {name: " ".join((row.get(name) or "").split()) for name in (*COLUMNS, *OPTIONAL)}
    mineral = mineral_of(given["mineral"]) or given["mineral"].casefold()
    country = country_code(given["country"]).code or ""
    name = SmelterName(mineral, given["alias"], given["name"], given["id"].upper(), country, given["older_id"].upper())
    return Row(name, _end(path, line, given["listed_until"]))


def _end(path: Path, line: int, text: str) -> str | None:
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise WrongRegister(f"{path}, line {line}: listed_until is no date (year-month-day).") from error
