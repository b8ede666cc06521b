"""The columns of the comparison that can be chosen: what each is called, sorts by, and leaves as in a workbook."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeVar

from framework.chain.comparison import Line
from framework.chain.figures import SUB_COMPONENT_TIER, required_types
from framework.chain.measures.formulas import rounded
from framework.chain.measures.product import MEASURES
from framework.disclosure.columns import FINAL_ASSEMBLY
from framework.ground.terms import COMPONENT_TYPES, label_of
from framework.ground.text import N_
from models.rounds import Lot

Value = Callable[[Line], Any]
T = TypeVar("T")
FEWER = N_("fewer than 3")
"""In place of a figure: the count is too small to be told."""
MEASURE_LABELS = {
    "completeness": (N_("Completeness"), N_("Completeness, per cent")),
    "precision": (N_("Precision"), N_("Precision, per cent")),
    "freshness": (N_("Freshness"), N_("Freshness, per cent")),
    "corroboration": (N_("Corroboration"), N_("Corroboration, per cent")),
    "reliability": (N_("Reliability"), N_("Reliability, per cent")),
}
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


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its label and hint (templates to translate) and its cells in a workbook.

    `sort` gives what it sorts by, None being unknown; without it the column does not sort. `usual`: shown unless
    others are chosen. `is_kind`: a component type.
    """

    key: str
    label: str
    hint: str = ""
    sort: Value | None = None
    leaves: tuple[tuple[str, Value], ...] = ()
    usual: bool = False
    is_kind: bool = False
    needs_models: bool = True

    def value(self, one: Line) -> Any:
        """What a line sorts by here; None where it is unknown or has nothing to say."""
        return self.sort(one) if self.sort is not None and self.says(one) else None

    def says(self, one: Line) -> bool:
        """Whether a line can say something here: without models in the lot it says little."""
        return bool(one.figures["products"]) or not self.needs_models


def columns(lot: Lot) -> dict[str, Column]:
    """The columns of a lot by key, in their order; those about what the lot does not ask are left out."""
    kinds = [_kind(kind) for kind in required_types(lot) if kind != FINAL_ASSEMBLY]
    asked = {
        "components": bool(kinds),
        "sub_components": lot.asked_tiers >= SUB_COMPONENT_TIER,
        "minerals": bool(lot.minerals),
        "origins": bool(lot.minerals) and lot.asks_mines,
    }
    return {one.key: one for one in (*_COLUMNS, *kinds) if asked.get(one.key, True)}


def chosen(every: dict[str, Column], keys: Iterable[str]) -> list[Column]:
    """The columns of these keys in their own order; the usual ones where none of them is a column."""
    wanted = set(keys)
    return [one for one in every.values() if one.key in wanted] or [one for one in every.values() if one.usual]


def ratio(part: int | None, whole: int | None) -> Fraction | None:
    """A part of a whole; None where nothing was asked or one is not told."""
    return Fraction(part, whole) if whole and part is not None else None


def arranged(lines: Sequence[T], key: Callable[[T], Any], *, downward: bool = False) -> list[T]:
    """Sorted, what is unknown last both ways and in the order it came."""
    values = [(key(one), one) for one in lines]
    known = sorted((pair for pair in values if pair[0] is not None), key=lambda pair: pair[0], reverse=downward)
    return [one for _value, one in known] + [one for value, one in values if value is None]


def _measure(name: str) -> Column:
    def found(one: Line) -> Fraction | None:
        return None if one.rolled is None else one.rolled.values[name].value

    def percent(one: Line) -> Decimal | None:
        value = found(one)
        return None if value is None else rounded(value * 100, 1)

    label, leaving = MEASURE_LABELS[name]
    return Column(name, label, sort=found, leaves=((leaving, percent),), usual=True)


def _kind(kind: str) -> Column:
    def pair(one: Line) -> tuple[int, int]:
        part, whole = one.figures["kinds"].get(kind, (0, 0))
        return part, whole

    label = label_of(COMPONENT_TYPES, kind)
    leaves = ((label, lambda one: pair(one)[0] if pair(one)[1] else None),)
    return Column(kind, label, N_("by model"), lambda one: ratio(*pair(one)), leaves, is_kind=True)


def _figure(name: str) -> Value:
    """A count; None in it is one that is too small to be told."""
    return lambda one: FEWER if one.figures[name] is None else one.figures[name]


def _of(part: str, whole: str) -> Value:
    return lambda one: ratio(one.figures.get(part), one.figures.get(whole))


def _where(asked: str, name: str) -> Value:
    return lambda one: one.figures.get(name) if one.figures.get(asked) else None


def _reason(reason: str) -> Value:
    return lambda one: one.figures["reasons"].get(reason, 0)


def _score(score: str) -> Value:
    return lambda one: one.figures["due_diligence"].get(score, 0)


def _pooled_value(one: Line) -> Decimal | None:
    cents = one.pooled.cents if one.pooled is not None else None
    return None if cents is None else Decimal(cents).scaleb(-2)


def _left_out(one: Line) -> int:
    return int(one.figures["nodes"] - one.figures["disclosed"])


def _countries(one: Line) -> str | None:
    return ", ".join(one.countries) if one.countries else None


_COLUMNS: tuple[Column, ...] = (
    Column(
        "products",
        N_("Models"),
        sort=lambda one: one.figures["products"],
        leaves=((N_("Models on offer"), _figure("products")),),
        usual=True,
    ),
    Column(
        "pooled",
        N_("Pooled pieces"),
        N_("if this offer is chosen"),
        lambda one: one.pooled.units if one.pooled is not None else None,
        (
            (N_("Pooled pieces, if this offer is chosen"), lambda one: one.pooled and one.pooled.units),
            (N_("Pooled value, net, if this offer is chosen"), _pooled_value),
            (N_("Members that gave no value"), lambda one: one.pooled and one.pooled.missing),
        ),
        usual=True,
    ),
    *(_measure(name) for name in MEASURES),
    Column("ladder", N_("Tiers"), N_("down the chain"), usual=True),
    Column(
        "disclosed",
        N_("Disclosed"),
        N_("of what is asked"),
        _of("disclosed", "nodes"),
        (
            (N_("Required components"), _figure("nodes")),
            (N_("Required components disclosed"), _figure("disclosed")),
        ),
    ),
    Column(
        "precise",
        N_("To the street"),
        N_("of what is asked"),
        _of("precise", "nodes"),
        ((N_("Known to the street"), _figure("precise")),),
    ),
    Column(
        "assembly",
        N_("Final assembly"),
        N_("by model"),
        lambda one: ratio(*one.assembly),
        (
            (N_("Tier 1, final assembly: asked"), lambda one: one.assembly[1]),
            (N_("Tier 1, final assembly: disclosed"), lambda one: one.assembly[0]),
        ),
        usual=True,
    ),
    Column(
        "countries",
        N_("Assembled in"),
        sort=_countries,
        leaves=((N_("Countries of final assembly"), _countries),),
    ),
    Column(
        "components",
        N_("Components"),
        N_("of what is asked"),
        lambda one: ratio(*one.components),
        (
            (N_("Tier 2, components: asked"), lambda one: one.components[1] or None),
            (
                N_("Tier 2, components: disclosed"),
                lambda one: one.components[0] if one.components[1] else None,
            ),
        ),
        usual=True,
    ),
    Column(
        "sub_components",
        N_("Sub-components"),
        N_("by model"),
        lambda one: ratio(one.sub_components, one.figures["products"]),
        ((N_("Tier 3, models with a sub-component disclosed"), lambda one: one.sub_components),),
        usual=True,
    ),
    Column(
        "minerals",
        N_("Minerals"),
        N_("with a smelter"),
        _of("minerals_answered", "minerals_asked"),
        (
            (N_("Minerals asked"), _where("minerals_asked", "minerals_asked")),
            (N_("Minerals answered"), _where("minerals_asked", "minerals_answered")),
            (N_("Smelters named"), _where("minerals_asked", "smelters")),
        ),
        usual=True,
    ),
    Column(
        "origins",
        N_("Origins"),
        N_("of minerals"),
        _of("origins_answered", "origins_asked"),
        ((N_("Minerals with an origin"), _where("origins_asked", "origins_answered")),),
    ),
    Column(
        "audits",
        N_("Audits"),
        N_("sites, valid"),
        lambda one: one.figures["audits_valid"],
        (
            (N_("Sites tied to the models"), _figure("sites")),
            (N_("Sites with a valid audit"), _figure("audits_valid")),
            (N_("Audits expired"), _figure("audits_expired")),
        ),
        usual=True,
    ),
    Column(
        "due_diligence",
        N_("Due diligence"),
        N_("in full"),
        lambda one: one.figures["due_diligence"].get("full", 0),
        tuple((label, _score(score)) for score, label in SCORES),
        usual=True,
    ),
    Column(
        "not_disclosed",
        N_("Not disclosed"),
        sort=_left_out,
        leaves=tuple((label, _reason(reason)) for reason, label in REASONS),
    ),
    Column(
        "company_wide",
        N_("Company-wide list"),
        sort=lambda one: one.figures["company_wide"] or None,
        leaves=((N_("Sites of a company-wide list"), lambda one: _figure("company_wide")(one) or None),),
        needs_models=False,
    ),
    Column(
        "changes",
        N_("Changes"),
        N_("since the last version"),
        leaves=((N_("Last version, in the round"), lambda one: one.earlier and one.earlier.round.name),),
        needs_models=False,
    ),
)
