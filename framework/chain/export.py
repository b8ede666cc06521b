"""The comparison of a lot as a workbook: numbers as numbers, text never a formula."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from framework.chain.comparison import Comparison, Line
from framework.ground.table_files import Sheet, workbook
from framework.ground.text import N_

COLUMNS: tuple[tuple[str, Callable[[Line], Any]], ...] = (
    (N_("Brand"), lambda one: one.brand),
    (N_("Models on offer"), lambda one: one.figures["products"]),
    (N_("Components asked"), lambda one: one.figures["nodes"]),
    (N_("Components disclosed"), lambda one: one.figures["disclosed"]),
    (N_("Known to the street"), lambda one: one.figures["precise"]),
    (N_("Minerals asked"), lambda one: one.figures["minerals_asked"]),
    (N_("Minerals answered"), lambda one: one.figures["minerals_answered"]),
    (N_("Smelters named"), lambda one: one.figures["smelters"]),
    (N_("Sites with a valid audit"), lambda one: one.figures["audits_valid"]),
    (N_("Audits expired"), lambda one: one.figures["audits_expired"]),
    (N_("Due diligence: full"), lambda one: one.figures["due_diligence"].get("full", 0)),
    (N_("Due diligence: partial"), lambda one: one.figures["due_diligence"].get("partial", 0)),
    (N_("Not disclosed: unknown"), lambda one: one.figures["reasons"].get("unknown", 0)),
    (N_("Not disclosed: refused with proof"), lambda one: one.figures["reasons"].get("supplier_refused", 0)),
    (N_("Not disclosed: trade secret"), lambda one: one.figures["reasons"].get("trade_secret", 0)),
    (N_("Sites of a company-wide list"), lambda one: one.figures["company_wide"]),
)

SITE_COLUMNS = (
    N_("Site"),
    N_("Address"),
    N_("Country"),
    N_("Suppliers"),
    N_("Models"),
    N_("Pooled quantity behind it"),
)


def write(found: Comparison, *, now: dt.datetime, named: Callable[[Line], str], words: Callable[[str], str]) -> bytes:
    """The lines and the shared sites, each on a sheet of its own.

    `named` says what the reader calls the supplier of a line. A figure that is not known is an empty cell.
    """
    labels = [N_("Supplier"), *(label for label, _value in COLUMNS)]
    lines = ([named(one), *_values(one)] for one in found.lines)
    sites = (
        [s.site.site.name, s.site.site.address, s.site.site.country, s.site.suppliers, s.site.products, s.quantity]
        for s in found.shared
    )
    sheets = (
        Sheet(words(N_("Comparison")), [words(label) for label in labels], lines, frozen=2),
        Sheet(words(N_("Shared sites")), [words(label) for label in SITE_COLUMNS], sites),
    )
    return workbook(f"{found.lot.round.name} · {found.lot.name}", sheets, now=now)


def _values(one: Line) -> list[Any]:
    """The figures of a line; what the file says nothing about is left empty, never 0."""
    if one.figures["products"]:
        return [value(one) for _label, value in COLUMNS]
    return [one.brand, *[None] * (len(COLUMNS) - 2), one.figures["company_wide"]]
