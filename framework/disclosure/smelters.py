"""The installation's own dated register of smelters, a csv file: which smelter ids are known, and until when (D36)."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

COLUMNS = ("id", "name", "country", "mineral", "listed_from", "listed_until")
Register = dict[str, str | None]


class WrongRegister(Exception):
    """The register cannot be read as one; the message says what is wrong and where."""


def read_register(path: Path) -> Register:
    """Smelter id in capitals → None where it is listed, or the ISO date of the list that named it last.

    The file has one row per id and stretch of time, under the names in `COLUMNS`; `listed_until` is blank while an id
    is listed. An id with several rows is judged by its latest. Raises WrongRegister.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise WrongRegister(f"{path}: these columns are missing: {', '.join(missing)}.")
            ends = [(row["id"].strip().upper(), _end(path, reader.line_num, row["listed_until"])) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise WrongRegister(f"{path}: the register of smelters could not be read ({error}).") from error
    register: Register = {}
    for number, end in ends:
        known = register.get(number, "")
        register[number] = None if end is None or known is None else max(known, end)
    return register


def _end(path: Path, line: int, text: str | None) -> str | None:
    if not (text or "").strip():
        return None
    try:
        return dt.date.fromisoformat(str(text).strip()).isoformat()
    except ValueError as error:
        raise WrongRegister(f"{path}, line {line}: listed_until is no date (year-month-day).") from error
