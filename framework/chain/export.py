"""The comparison of a lot as a workbook: numbers as numbers, text never a formula, what is not known left empty."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from framework.chain.comparison import Comparison, Line
from framework.ground.table_files import Sheet, workbook
from framework.ground.text import N_
from models.chain import Mention

FEWER = N_("fewer than 3")
REASONS = (
    ("unknown", N_("Not disclosed: unknown")),
    ("supplier_refused", N_("Not disclosed: refused with proof")),
    ("trade_secret", N_("Not disclosed: trade secret")),
    ("multi_source_variable", N_("Not disclosed: varies")),
    ("not_applicable", N_("Not disclosed: not applicable")),
)
SCORES = (
    ("full", N_("Due diligence: full")),
    ("partial", N_("Due diligence: partial")),
    ("none", N_("Due diligence: none")),
)
Value = Callable[[Line], Any]


def _figure(name: str) -> Value:
    """A count; None in it is one that is too small to be told."""
    return lambda one: FEWER if one.figures[name] is None else one.figures[name]


def _of_reason(reason: str) -> Value:
    return lambda one: one.figures["reasons"].get(reason, 0)


def _of_score(score: str) -> Value:
    return lambda one: one.figures["due_diligence"].get(score, 0)


def _where_asked(name: str) -> Value:
    return lambda one: one.figures[name] if one.figures["minerals_asked"] else None


COLUMNS: tuple[tuple[str, Value], ...] = (
    (N_("Models on offer"), _figure("products")),
    (N_("Required components"), _figure("nodes")),
    (N_("Required components disclosed"), _figure("disclosed")),
    (N_("Known to the street"), _figure("precise")),
    (N_("Tier 1, final assembly: asked"), lambda one: one.assembly[1]),
    (N_("Tier 1, final assembly: disclosed"), lambda one: one.assembly[0]),
    (N_("Tier 2, components: asked"), lambda one: one.components[1] or None),
    (N_("Tier 2, components: disclosed"), lambda one: one.components[0] if one.components[1] else None),
    (N_("Tier 3, models with a sub-component disclosed"), lambda one: one.sub_components),
    (N_("Sites tied to the models"), _figure("sites")),
    (N_("Minerals asked"), _where_asked("minerals_asked")),
    (N_("Minerals answered"), _where_asked("minerals_answered")),
    (N_("Smelters named"), _where_asked("smelters")),
    (N_("Sites with a valid audit"), _figure("audits_valid")),
    (N_("Audits expired"), _figure("audits_expired")),
    *((label, _of_score(score)) for score, label in SCORES),
    *((label, _of_reason(reason)) for reason, label in REASONS),
)
LIST = N_("Sites of a company-wide list")
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
) -> bytes:
    """The lot with its pool, the lines in the order given, and the shared sites, each on a sheet of its own.

    `named` says what the reader calls supplier and brand of a line, `veiled` what of a text it may read. A figure that is not known is an empty cell.
    """
    labels = [N_("Supplier"), N_("Brand"), *(label for label, _value in COLUMNS), LIST]
    rows = ([*(name or None for name in named(one)), *_values(one, words)] for one in lines)
    sites = ([*_place(s.shown, veiled), s.site.suppliers, s.site.products, s.quantity] for s in found.shared)
    sheets = (
        Sheet(words(N_("Comparison")), [words(label) for label in labels], rows, frozen=2),
        Sheet(words(N_("Shared sites")), [words(label) for label in SITE_COLUMNS], sites),
        Sheet(words(N_("Lot")), [words(N_("What")), words(N_("Value"))], _lot(found, words)),
    )
    return workbook(f"{found.lot.round.name} · {found.lot.name}", sheets, now=now)


def _values(one: Line, words: Callable[[str], str]) -> list[Any]:
    """The figures of a line; of a supplier without models in the lot nothing is known but its company-wide list."""
    values = [value(one) if one.figures["products"] else None for _label, value in COLUMNS]
    values.append(_figure("company_wide")(one) or None)
    return [words(value) if value == FEWER else value for value in values]


def _place(shown: Mention, veiled: Callable[[str], str]) -> list[Any]:
    return [veiled(shown.name), veiled(shown.address), shown.city or None, shown.country]


def _lot(found: Comparison, words: Callable[[str], str]) -> list[list[Any]]:
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
    return [[words(label), value] for label, value in facts]
