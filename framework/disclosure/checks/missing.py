"""D06: mandatory cells that are blank, always, by tier or by condition; gaps that another rule names are left to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from framework.disclosure.checks.context import Context, key
from framework.disclosure.columns import COMPONENTS, PRODUCTS, SHEETS, SITES, SMELTERS, Column, sheet_columns
from framework.disclosure.table import Table
from framework.ground.issue_catalogue import make
from framework.ground.issues import Issue

NAMED_ELSEWHERE = frozenset(
    {
        (COMPONENTS, "not_disclosed_reason"),
        (COMPONENTS, "not_disclosed_evidence"),
        (SMELTERS, "not_disclosed_evidence"),
        (SMELTERS, "mine_or_origin_country"),
        (SITES, "confidentiality_reason"),
    }
)
"""Their gaps are D16, D18, D54 and D48."""

Needed = list[bool]
_STRICTER = frozenset({"buyers_linked", "lead_and_monitor"})


def missing_values(context: Context) -> Iterator[Issue]:
    """Every blank cell that must be filled; a column that is absent altogether is told once."""
    for sheet in SHEETS:
        table = context.tables[sheet]
        for name, column in sheet_columns(sheet).items():
            if len(table) and column.mandatory in "MTC" and (sheet, name) not in NAMED_ELSEWHERE:
                yield from _gaps(context, table, column)


def _gaps(context: Context, table: Table, column: Column) -> Iterator[Issue]:
    if _is_full(table, column):
        return
    needed = _needed(context, table, column)
    if not any(needed):
        return
    if not table.has(column.name):
        yield make("value-missing", "column absent", sheet=table.title, column=column.name)
        return
    unread = table.unread.get(column.name, set())
    explained = table.get("missing_reason") if table.sheet == SITES and column.mandatory == "T" else None
    for index, (value, asked) in enumerate(zip(table.get(column.name), needed, strict=True)):
        if asked and _blank(value) and index not in unread:
            cause = "reason given" if explained and explained[index] else ""
            yield context.at(table.sheet, index, column.name, "value-missing", cause, value="")


def _is_full(table: Table, column: Column) -> bool:
    """Whether no cell of the column is blank, seen at one glance."""
    return table.has(column.name) and None not in table.get(column.name) and not column.type.endswith("_list")


def _blank(value: object) -> bool:
    return value is None or (isinstance(value, list) and not any(value))


def _needed(context: Context, table: Table, column: Column) -> Needed:
    if column.mandatory == "M":
        return [True] * len(table)
    if column.mandatory == "T":
        return [column.tiers.get(tier) == "M" for tier in context.site_tiers]
    return _CONDITIONS.get(column.condition, _by_column(column.condition))(context, table)


def _by_column(condition: str) -> Callable[[Context, Table], Needed]:
    """`col=value` or `col!=value`: any entry of that column equals, or has a value other than it."""
    name, _, wanted = condition.partition("!=") if "!=" in condition else condition.partition("=")
    negated = "!=" in condition

    def test(_context: Context, table: Table) -> Needed:
        values = table.get(name)
        if not any(type(value) is list for value in values):  # as in most columns: each distinct value is asked once
            answers = {value: holds(value) for value in set(values)}
            return [answers[value] for value in values]
        return [holds(value) for value in values]

    def holds(value: object) -> bool:
        return any((entry == wanted) != negated for entry in _entries(value))

    return test


def _entries(value: object) -> list[object]:
    entries = value if isinstance(value, list) else [value]
    return [entry for entry in entries if entry not in (None, "")]


def _stage_contract(context: Context, table: Table) -> Needed:
    return [context.scope is not None and context.scope.stage == "contract"] * len(table)


def _round_has_lots(context: Context, table: Table) -> Needed:
    return [context.scope is not None and len(context.scope.lots) > 1] * len(table)


def _lot_has_tiers(context: Context, table: Table) -> Needed:
    if context.scope is None:
        return [False] * len(table)
    lots = (context.scope.lot(code) for code in table.get("lot"))
    return [lot is not None and bool(lot.spec_tiers) for lot in lots]


def _no_smelter(_context: Context, table: Table) -> Needed:
    unread = table.unread.get("smelter_name", set())
    return [name is None and index not in unread for index, name in enumerate(table.get("smelter_name"))]


def _no_reason(_context: Context, table: Table) -> Needed:
    return [reason is None for reason in table.get("not_disclosed_reason")]


def _mandatory_blank(context: Context, table: Table) -> Needed:
    """A cell that is mandatory for the row's tier is blank; the reason itself is asked at tiers that ask for one."""
    given = [c for c in sheet_columns(SITES).values() if c.mandatory == "T" and table.has(c.name)]
    columns = [column for column in given if None in table.get(column.name)]
    reason = sheet_columns(SITES)["missing_reason"].tiers
    needed = [False] * len(table)
    for column in columns:
        unread = table.unread.get(column.name, set())
        for index, (value, tier) in enumerate(zip(table.get(column.name), context.site_tiers, strict=True)):
            if value is None and column.tiers[tier] == "M" and reason[tier] == "M" and index not in unread:
                needed[index] = True
    return needed


def _confidential(_context: Context, table: Table) -> Needed:
    return [level in _STRICTER for level in table.get("confidentiality")]


def _scope_has_mines(context: Context, table: Table) -> Needed:
    """Asked by the lot of the product the row applies to; of a row about the company, by the lots of all products on offer."""
    return [
        any(lot.asks_mines and mineral in lot.minerals for lot in context.lots_of(applies_to))
        for _index, mineral, applies_to in table.zip("mineral", "applies_to")
    ]


def _no_link(context: Context, table: Table) -> Needed:
    return [ref is not None and key(ref) not in context.linked_components for ref in table.get("component_ref")]


_CONDITIONS: dict[str, Callable[[Context, Table], Needed]] = {
    "stage=contract": _stage_contract,
    "round_has_lots": _round_has_lots,
    "lot_has_tiers": _lot_has_tiers,
    "no_link": _no_link,
    "no_smelter": _no_smelter,
    "no_reason": _no_reason,
    "mandatory_blank": _mandatory_blank,
    "confidentiality>consortium": _confidential,
    "scope_has_mines": _scope_has_mines,
}


def unknown_values_of_round(context: Context) -> Iterator[Issue]:
    """D09: a lot that the round has not, or a spec tier that the lot has not."""
    if context.scope is None:
        return
    codes = [lot.code for lot in context.scope.lots]
    for index, lot_code, tier in context.tables[PRODUCTS].zip("lot", "spec_tier"):
        lot = context.scope.lot(lot_code)
        if lot_code and codes and lot is None:
            yield context.at(PRODUCTS, index, "lot", "value-not-allowed", "not in round", allowed=", ".join(codes))
        known = {key(name) for name in lot.spec_tiers} if lot else set()
        if lot and tier and known and key(tier) not in known:
            names = ", ".join(lot.spec_tiers)
            yield context.at(PRODUCTS, index, "spec_tier", "value-not-allowed", "not in round", allowed=names)


def unreasoned_confidentiality(context: Context) -> Iterator[Issue]:
    """D48: a level stricter than `consortium` without a reason; a reason that could not be read is told already."""
    table = context.tables[SITES]
    unread = table.unread.get("confidentiality_reason", set())
    for index, level, reason in table.zip("confidentiality", "confidentiality_reason"):
        if level in _STRICTER and not reason and index not in unread:
            yield context.at(SITES, index, "confidentiality", "confidentiality-unreasoned")


def missing_origins(context: Context) -> Iterator[Issue]:
    """D54: a mineral row without an origin where the scope asks for it."""
    table = context.tables[SMELTERS]
    unread = table.unread.get("mine_or_origin_country", set())
    asked = _scope_has_mines(context, table)
    for index, mineral, origin in table.zip("mineral", "mine_or_origin_country"):
        if asked[index] and not origin and index not in unread:
            yield context.at(
                SMELTERS, index, "mine_or_origin_country", "mine-origin-missing", value="", subject=mineral
            )


def refusals_without_proof(context: Context) -> Iterator[Issue]:
    """D18: a sub-supplier's refusal without evidence; evidence that could not be read is told already."""
    for sheet in (COMPONENTS, SMELTERS):
        table = context.tables[sheet]
        unread = table.unread.get("not_disclosed_evidence", set())
        for index, reason, proof in table.zip("not_disclosed_reason", "not_disclosed_evidence"):
            if reason == "supplier_refused" and not proof and index not in unread:
                yield context.at(sheet, index, "not_disclosed_reason", "refusal-without-proof")
