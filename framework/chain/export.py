"""The comparison of a lot as a workbook: numbers as numbers, text never a formula, what is not known left empty."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from framework.chain.columns import FEWER, Column, columns
from framework.chain.comparison import Comparison, Line
from framework.ground.table_files import Sheet, workbook
from framework.ground.text import N_
from models.chain import Mention

SITE_COLUMNS = (
    N_("Site"),
    N_("Address"),
    N_("City"),
    N_("Country"),
    N_("Suppliers"),
    N_("Models"),
    N_("Pooled quantity behind it, at most"),
)


def write(
    found: Comparison,
    lines: Sequence[Line],
    *,
    now: dt.datetime,
    named: Callable[[Line], tuple[str, str]],
    words: Callable[[str], str],
    veiled: Callable[[str], str],
    chosen: Sequence[Column] = (),
    narrowed: Sequence[tuple[str, str]] = (),
) -> bytes:
    """The lines in the order given, the shared sites, and the lot with its pool, each on a sheet of its own.

    `named` says what the reader calls supplier and brand of a line, `veiled` what of a text it may read; `chosen` are the
    columns, blank for all of them; `narrowed` tells by what the lines were chosen, label and value. A figure that is not known is an empty cell.
    """
    shown = chosen or tuple(columns(found.lot).values())
    labels = [N_("Supplier"), N_("Brand"), *(label for column in shown for label, _value in column.leaves)]
    rows = ([*(name or None for name in named(one)), *_values(one, shown, words)] for one in lines)
    sites = ([*_place(s.shown, veiled), s.site.suppliers, s.site.products, s.quantity] for s in found.shared)
    facts = [*_lot(found, words), *narrowed]
    sheets = (
        Sheet(words(N_("Comparison")), [words(label) for label in labels], rows, frozen=2),
        Sheet(words(N_("Shared sites")), [words(label) for label in SITE_COLUMNS], sites),
        Sheet(words(N_("Lot")), [words(N_("What")), words(N_("Value"))], facts),
    )
    return workbook(f"{found.lot.round.name} · {found.lot.name}", sheets, now=now)


def _values(one: Line, shown: Sequence[Column], words: Callable[[str], str]) -> list[Any]:
    """The figures of a line; of a supplier without models in the lot nothing is known but its company-wide list."""
    found = [value(one) if column.says(one) else None for column in shown for _label, value in column.leaves]
    return [words(value) if value == FEWER else value for value in found]


def _place(shown: Mention, veiled: Callable[[str], str]) -> list[Any]:
    return [veiled(shown.name), veiled(shown.address), shown.city or None, shown.country]


def _lot(found: Comparison, words: Callable[[str], str]) -> list[tuple[str, Any]]:
    """The lot and the volume pooled for it."""
    total = found.lot_pool.total if found.lot_pool is not None else None
    facts = (
        (N_("Lot"), f"{found.lot.code} · {found.lot.name}"),
        (N_("Pooled quantity of the lot"), total and total.expected),
        (N_("Firm"), total and total.firm),
        (N_("Pooled value, net"), total and total.value),
        (N_("Currency"), found.lot.round.currency),
        (N_("Lines without a value"), total and total.value_unknown),
    )
    return [(words(label), value) for label, value in facts]
