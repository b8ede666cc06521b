"""What differs between two versions of a disclosure: sites are matched first, so that other wording is no change.

Sources: specification site-matching, sections 5, 6 and 11 (same reporter, one-to-one, a score of 85 after caps).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from framework.disclosure.columns import COMPONENTS, LINKS, PRODUCTS, SHEETS, SITES, SUBMISSION, sheet_columns
from framework.disclosure.site_pairs import PLACE_COLUMNS, Pair, mention, pairs
from framework.ground.places import Precision
from framework.ground.text import N_

KINDS = {
    "gone": N_("Gone"),
    "added": N_("Added"),
    "moved": N_("Moved"),
    "renamed": N_("Renamed"),
    "less_precise": N_("Less precise"),
    "changed": N_("Changed"),
}
SHEET_KEYS = {
    PRODUCTS: (("product_ref",), ("brand", "model_name")),
    COMPONENTS: (("component_ref",), ("product_ref", "component_type", "tier")),
    LINKS: (("product_ref", "component_ref", "site_ref"),),
}
_OTHER_KEYS = {
    "5_smelters": (("mineral", "applies_to", "smelter_id"), ("mineral", "applies_to", "smelter_name", "mine_name")),
    "6_audits": (("site_ref", "scheme", "audit_date"), ("audit_ref",)),
    "7_due_diligence": (("process_requirement",),),
}
_FOREIGN_KEYS = {
    "answers": (("question", "subject"),),
    "mines": (("mineral", "smelter", "name"),),
    "organisations": (("organisation_id",), ("organisation_name",)),
    "facilities": (("site_ref",), ("site_legal_name",)),
    "relations": (("kind", "from_id", "to_id"),),
    "asked_minerals": (("mineral",),),
}
"""Sheets that only formats of others have, with their keys."""
_ALL_SHEETS = (*SHEETS, *_FOREIGN_KEYS)
_OWN_KEYS = {PRODUCTS: "product_ref", COMPONENTS: "component_ref", "6_audits": "audit_ref"}
MOST_SITES = 20_000
_ORDER = tuple(Precision)
Records = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Change:
    """A column and its values as read, before and after."""

    column: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Difference:
    """One row that differs: sheet, kind, its records (None where it is not), and which columns changed."""

    sheet: str
    kind: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """All differences of one kind in one sheet: one finding, however many rows are behind it."""

    sheet: str
    kind: str
    rows: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Differences:
    """What differs, in the order of sheets, kinds and rows, and how many rows say the same as before.

    `too_many`: either version has more than `MOST_SITES` sites, and nothing was compared.
    """

    found: tuple[Difference, ...]
    unchanged: int
    too_many: bool = False

    def counts(self, sheet: str = SITES) -> Counter[str]:
        """How many of each kind in a sheet."""
        return Counter(one.kind for one in self.found if one.sheet == sheet)

    def groups(self) -> list[Group]:
        """The differences by sheet and kind, in their order."""
        found = groupby(self.found, key=lambda one: (one.sheet, one.kind))
        return [Group(sheet, kind, tuple(rows)) for (sheet, kind), rows in found]

    def of(self, sheet: str, kind: str) -> list[Difference]:
        """The differences of one kind in a sheet."""
        return [one for one in self.found if one.sheet == sheet and one.kind == kind]


def compare(before: Records, after: Records) -> Differences:
    """Compare the rows of two versions, by our sheet name as `Checked.tables` has them; neither is changed.

    Versions of 20 000 sites each take about thirteen seconds of a processor; larger ones are not compared.
    """
    if max(len(one.get(SITES, ())) for one in (before, after)) > MOST_SITES:
        return Differences((), 0, too_many=True)
    found: list[Difference] = []
    old = [mention(record) for record in before.get(SITES, ())]
    new = [mention(record) for record in after.get(SITES, ())]
    matched = pairs(old, new)
    unchanged = 0
    for pair in matched:
        difference = _site(pair)
        found += [difference] if difference else []
        unchanged += difference is None
    taken_old, taken_new = {id(p.before.record) for p in matched}, {id(p.after.record) for p in matched}
    found += [Difference(SITES, "gone", m.record, None) for m in old if id(m.record) not in taken_old]
    found += [Difference(SITES, "added", None, m.record) for m in new if id(m.record) not in taken_new]
    refs = {"site_ref": _refs("site_ref", ((p.before.record, p.after.record) for p in matched))}
    for sheet, keys in ({SUBMISSION: ((),)} | SHEET_KEYS | _OTHER_KEYS | _FOREIGN_KEYS).items():
        rows, same = _sheet(sheet, keys, before.get(sheet, []), after.get(sheet, []), refs)
        found += rows
        unchanged += same
    return Differences(tuple(sorted(found, key=_place)), unchanged)


def columns_of(sheet: str, records: Iterable[dict[str, Any]]) -> list[str]:
    """The columns of a sheet in their order; of a sheet that is not ours, those its rows have."""
    ours = sheet_columns(sheet) if sheet in SHEETS else {}
    return list(dict.fromkeys([*ours, *(name for record in records for name in record["values"])]))


def _place(one: Difference) -> tuple[int, int, int]:
    record = one.after or one.before or {}
    return _ALL_SHEETS.index(one.sheet), tuple(KINDS).index(one.kind), int(record.get("row") or 0)


def _site(pair: Pair) -> Difference | None:
    """The kind of a matched pair of sites; None where only the form of its words changed."""
    old, new = pair.before, pair.after
    changes = _changes(SITES, old.record, new.record, _plain_site(pair))
    if not changes:
        return None
    kind = "changed"
    is_elsewhere = new.precision is Precision.ZONE and pair.is_other_place
    if _ORDER.index(new.precision) > _ORDER.index(old.precision) and not is_elsewhere:
        kind = "less_precise"
    elif pair.is_other_place and old.name == new.name:
        kind = "moved"
    elif old.name != new.name and old.place == new.place:
        kind = "renamed"
    return Difference(SITES, kind, old.record, new.record, changes)


def _plain_site(pair: Pair) -> Callable[[str, Any, Any], bool]:
    """Whether a column of two matched sites says the same: names and places by their normalised form."""
    old, new = pair.before, pair.after

    def is_same(column: str, before: Any, after: Any) -> bool:
        if column == "site_ref":
            return True
        if column == "site_legal_name" and old.name == new.name and old.units == new.units:
            return True
        if column in PLACE_COLUMNS and old.place == new.place and old.numbers == new.numbers:
            return True
        return _folded(before) == _folded(after)

    return is_same


def _sheet(
    sheet: str,
    keys: tuple[tuple[str, ...], ...],
    before: list[dict[str, Any]],
    after: list[dict[str, Any]],
    refs: dict[str, dict[Any, Any]],
) -> tuple[list[Difference], int]:
    """The differences of a sheet matched by its keys, its matched references added to `refs`; and the unchanged."""
    own = _OWN_KEYS.get(sheet, "")
    every = tuple(name for name in columns_of(sheet, before + after) if name != own)
    left, right = list(before), list(after)
    matched: list[tuple[dict[str, Any], dict[str, Any]]] = []
    for key in (every, *keys):
        found = list(_by_key(key, left, right, refs))
        matched += found
        left = _without(left, (old for old, _new in found))
        right = _without(right, (new for _old, new in found))
    if own:
        refs[own] = _refs(own, matched)

    def is_same(column: str, old: Any, new: Any) -> bool:
        return column == own or _folded(_translated(column, old, refs)) == _folded(new)

    changed = [(old, new, _changes(sheet, old, new, is_same)) for old, new in matched]
    differences = [Difference(sheet, "changed", old, new, changes) for old, new, changes in changed if changes]
    differences += [Difference(sheet, "gone", record, None) for record in left]
    differences += [Difference(sheet, "added", None, record) for record in right]
    return differences, len(matched) - sum(bool(changes) for _old, _new, changes in changed)


def _by_key(
    key: tuple[str, ...], before: list[dict[str, Any]], after: list[dict[str, Any]], refs: dict[str, dict[Any, Any]]
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Pairs of rows with equal values in the key columns, in the order of rows."""
    waiting: dict[Hashable, list[dict[str, Any]]] = defaultdict(list)
    for record in after:
        waiting[tuple(_folded(record["values"].get(name)) for name in key)].append(record)
    for record in before:
        values = record["values"]
        own = tuple(_folded(_translated(name, values.get(name), refs)) for name in key)
        if waiting[own]:
            yield record, waiting[own].pop(0)


def _changes(
    sheet: str, before: dict[str, Any], after: dict[str, Any], is_same: Callable[[str, Any, Any], bool]
) -> tuple[Change, ...]:
    old, new = before["values"], after["values"]
    names = columns_of(sheet, [before, after])
    couples = ((name, old.get(name), new.get(name)) for name in names)
    return tuple(Change(name, a, b) for name, a, b in couples if a != b and not is_same(name, a, b))


def _refs(column: str, matched: Iterable[tuple[dict[str, Any], dict[str, Any]]]) -> dict[Any, Any]:
    return {_folded(old["values"].get(column)): new["values"].get(column) for old, new in matched}


def _translated(column: str, value: Any, refs: dict[str, dict[Any, Any]]) -> Any:
    """A reference of the older version as the newer one writes it; one that has gone stays unlike every other."""
    column = "component_ref" if column == "applies_to" else column
    if value in (None, "") or column not in refs:
        return value
    gone = value if column == "component_ref" else ("gone", value)
    return refs[column].get(_folded(value), gone)


def _without(records: list[dict[str, Any]], taken: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    gone = {id(record) for record in taken}
    return [record for record in records if id(record) not in gone]


def _folded(value: Any) -> Hashable:
    """A value without its form: case, blanks and punctuation of words, the order of a list."""
    if value is None or value == "":
        return ""
    if isinstance(value, (list, tuple)):
        return tuple(sorted(str(_folded(part)) for part in value))
    if isinstance(value, str):
        words = "".join(letter if letter.isalnum() else " " for letter in value.casefold()).split()
        return " ".join(words) or value
    return str(value)
