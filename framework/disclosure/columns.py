"""The 109 columns of the disclosure workbook, version 1.0, as data: what each holds, when it must be given, and its help."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from functools import cache

from framework.disclosure.help_texts import HELP, SHEET_TITLES
from framework.ground.codelists import read_rows

TEMPLATE_VERSION = "1.0"
SUBMISSION, PRODUCTS, COMPONENTS, SITES, LINKS, SMELTERS, AUDITS, PROCESS = SHEETS = tuple(SHEET_TITLES)
SYSTEM_SHEETS = ("help", "lists")
LIST_TYPES = frozenset({"enum_list", "text_list", "date_list", "country_list"})
FINAL_ASSEMBLY = "final_assembly"


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `mandatory` is M, O, S, T, X or C (then `condition` says when); `tiers` maps t1 t2 t3 sm mi to M, S, O or -.

    `values` are the allowed words of enums and booleans, `target` the (sheet, column) of a reference, `minimum` and
    `maximum` numbers or dates, `max_length` characters, `not_after_today` the rule `max=today`.
    """

    sheet: str
    name: str
    type: str
    mandatory: str
    condition: str = ""
    tiers: dict[str, str] = field(default_factory=dict)
    values: tuple[str, ...] = ()
    target: tuple[str, str] | None = None
    minimum: float | dt.date | None = None
    maximum: float | None = None
    max_length: int | None = None
    not_after_today: bool = False
    lengths: tuple[int, ...] = ()
    scale: int | None = None
    pattern: str = ""
    help: str = ""

    @property
    def by_word(self) -> dict[str, str]:
        """Allowed words by their folded form."""
        return {fold(word): word for word in self.values}


def fold(word: str) -> str:
    """The form in which allowed words and column names are compared: no case, space, hyphen or underscore."""
    return re.sub(r"[\s_\-\u2010-\u2015]+", "", word).casefold()


@cache
def columns() -> tuple[Column, ...]:
    """All columns in the order of the workbook."""
    return tuple(_column(row) for row in read_rows("disclosure_columns.csv"))


@cache
def sheet_columns(sheet: str) -> dict[str, Column]:
    """The columns of one sheet by name, in order."""
    return {c.name: c for c in columns() if c.sheet == sheet}


@cache
def key_column(sheet: str) -> str:
    """The name of the sheet's key column, or an empty text."""
    return next((c.name for c in sheet_columns(sheet).values() if c.type == "key"), "")


def _column(row: dict[str, str]) -> Column:
    mandatory, _, condition = row["mandatory"].partition(":")
    tiers = dict(part.split("=") for part in row["tier_rule"].split(";") if part)
    facts: dict[str, object] = _choices(row) if row["type"] in _CHOICE_TYPES else _limits(row)
    return Column(
        sheet=row["sheet"],
        name=row["column"],
        type=row["type"],
        mandatory=mandatory,
        condition=condition,
        tiers=tiers,
        help=HELP[row["sheet"], row["column"]],
        **facts,  # type: ignore[arg-type]
    )


_CHOICE_TYPES = frozenset({"enum", "enum_list", "bool", "ref", "ref_or_word"})


def _choices(row: dict[str, str]) -> dict[str, object]:
    words = tuple(word.strip() for word in row["allowed"].split("|"))
    if not row["type"].startswith("ref"):
        return {"values": words}
    sheet, _, column = words[0].partition(".")
    return {"target": (sheet, column), "values": words[1:]}


def _limits(row: dict[str, str]) -> dict[str, object]:
    facts: dict[str, object] = {}
    for part in filter(None, row["allowed"].split(";")):
        name, _, text = part.partition("=")
        facts.update(_limit(name, text, row["type"]))
    return facts


def _limit(name: str, text: str, kind: str) -> dict[str, object]:
    """One `name=text` of the allowed column; what depends on the round or on other cells is a rule of its own."""
    if name == "max" and text == "today":
        return {"not_after_today": True}
    if name == "max" and kind in {"int", "int_range", "decimal", "percent"}:
        return {"maximum": float(text)}
    if name == "max":
        return {"max_length": int(text)}
    if name == "min":
        return {"minimum": dt.date.fromisoformat(text) if kind == "date" else float(text)}
    if name == "len":
        return {"lengths": tuple(int(n) for n in text.split(","))}
    if name == "scale":
        return {"scale": int(text)}
    return {"pattern": text} if name == "pattern" else {}
