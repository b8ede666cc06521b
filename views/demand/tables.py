"""Tables of the pool's pages, shown and taken away alike: a workbook holds exactly what stands on the page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from framework.demand.pooled import Amount
from framework.ground.table_files import Sheet, workbook

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column as `components/table.html` takes it; `drawn` ones are pictures, which a workbook does not hold."""

    key: str
    label: str
    type: str = "text"
    sort: bool = False
    hint: str = ""
    drawn: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A caption, columns, rows by key (None is unknown) and a last row of totals; `currency` is that of its money."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    foot: Row | None = None
    currency: str = ""
    name: str = field(default="")

    def shown(self) -> list[dict[str, Any]]:
        """The columns for the page."""
        return [
            {
                "key": one.key,
                "label": one.label,
                "type": one.type,
                "sort": one.sort,
                "hint": one.hint,
                "currency": self.currency,
            }
            for one in self.columns
        ]

    def sheet(self, number: int) -> Sheet:
        """The same as a sheet; words under a header stand behind it. Its number keeps names apart that are cut short."""
        columns = [one for one in self.columns if not one.drawn]
        header = [f"{one.label} ({one.hint})" if one.hint else one.label for one in columns]
        rows = [*self.rows, *([self.foot] if self.foot else [])]
        return Sheet(
            f"{number} {self.name or self.caption}", header, [[row.get(one.key) for one in columns] for row in rows]
        )


def book(title: str, tables: Sequence[Table], *, now: dt.datetime) -> bytes:
    """The tables of a page as a workbook."""
    return workbook(title, [table.sheet(number) for number, table in enumerate(tables, start=1)], now=now)


def quantities(amount: Amount) -> Row:
    """Firm, soft, expected, maximum, value and what is not known; quantities None where every line is not known yet."""
    known = amount.is_known
    return {
        "firm": amount.firm if known else None,
        "soft": amount.beyond_firm if known else None,
        "expected": amount.expected if known else None,
        "maximum": amount.maximum if known else None,
        "value": amount.value,
        "value_unknown": amount.value_unknown,
        "not_known": amount.not_known,
    }
