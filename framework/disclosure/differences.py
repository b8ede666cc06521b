"""What differs between two versions of a disclosure: sites are matched first, so that other wording is no change.

Sources: specification site-matching, sections 5, 6 and 11 (same reporter, one-to-one, a score of 85 after caps).
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any

from framework.disclosure.columns import COMPONENTS, LINKS, PRODUCTS, SHEETS, SITES, SUBMISSION, sheet_columns
from framework.disclosure.site_pairs import PLACE_COLUMNS, Pair, mention, pairs, whole_address
from framework.ground.places import Precision, address_numbers
from framework.ground.sheets import progress
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
MOST_SITES = 200_000
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

    Versions of more than `MOST_SITES` sites are not compared. Of those of 200 000 sites most take a processor one
    minute or two, less than four where every site is worded anew. How far it has come is said as the step *checking*.
    """
    if max(len(one.get(SITES, ())) for one in (before, after)) > MOST_SITES:
        return Differences((), 0, too_many=True)
    progress.start(progress.CHECKING, 2 * sum(len(rows) for one in (before, after) for rows in one.values()))
    found, matched, unchanged = _sites(before.get(SITES, []), after.get(SITES, []))
    refs = {"site_ref": _refs("site_ref", matched)}
    for sheet, keys in ({SUBMISSION: ((),)} | SHEET_KEYS | _OTHER_KEYS | _FOREIGN_KEYS).items():
        rows, same = _sheet(sheet, keys, before.get(sheet, []), after.get(sheet, []), refs)
        found += rows
        unchanged += same
    return Differences(tuple(sorted(found, key=_place)), unchanged)


Couple = tuple[dict[str, Any], dict[str, Any]]


def _sites(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> tuple[list[Difference], list[Couple], int]:
    """The differences of sites, which records are one site, and how many say the same.

    Rows that say the very same are paired before anything is normalised, which is dear.
    """
    matched, old_left, new_left = _alike("site_ref", before, after)
    unchanged = len(matched)
    progress.advance(2 * 2 * unchanged, progress.CHECKING)
    old, new = [mention(record) for record in old_left], [mention(record) for record in new_left]
    progress.advance(len(old) + len(new), progress.CHECKING)
    found: list[Difference] = []
    for pair in pairs(old, new, lambda done: progress.advance(done, progress.CHECKING)):
        difference = _site(pair)
        found += [difference] if difference else []
        unchanged += difference is None
        matched.append((pair.before.record, pair.after.record))
    found += [Difference(SITES, "gone", record, None) for record in _without(old_left, (a for a, _b in matched))]
    found += [Difference(SITES, "added", None, record) for record in _without(new_left, (b for _a, b in matched))]
    return found, matched, unchanged


def _alike(
    own: str, before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> tuple[list[Couple], list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows that say the same but for their form, first those of one own key too; then the rest of either side."""
    every = _columns_in_use(before, after)
    matched: list[Couple] = []
    for key in (every, tuple(name for name in every if name != own)):
        found = list(_by_key(key, before, after, {}))
        matched += found
        before = _without(before, (old for old, _new in found))
        after = _without(after, (new for _old, new in found))
    return matched, before, after


def columns_of(sheet: str, records: Iterable[dict[str, Any]]) -> list[str]:
    """The columns of a sheet in their order; of a sheet that is not ours, those its rows have."""
    ours = sheet_columns(sheet) if sheet in SHEETS else {}
    return list(dict.fromkeys([*ours, *(name for record in records for name in record["values"])]))


def _columns_in_use(*sides: list[dict[str, Any]]) -> tuple[str, ...]:
    """The columns that any row has, in the order of the alphabet."""
    found: set[str] = set()
    for rows in sides:
        for record in rows:
            found.update(record["values"])
    return tuple(sorted(found))


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
    is_one_place = old.place == new.place and (
        old.numbers == new.numbers
        or address_numbers(whole_address(old.record["values"])) == address_numbers(whole_address(new.record["values"]))
    )

    def is_same(column: str, before: Any, after: Any) -> bool:
        if column == "site_ref":
            return True
        if column == "site_legal_name" and old.name == new.name and old.units == new.units:
            return True
        if column in PLACE_COLUMNS and is_one_place:
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
    every = _columns_in_use(before, after)
    left, right = list(before), list(after)
    matched: list[Couple] = []
    for key in dict.fromkeys((every, tuple(name for name in every if name != own), *keys)):
        found = list(_by_key(key, left, right, refs))
        matched += found
        left = _without(left, (old for old, _new in found))
        right = _without(right, (new for _old, new in found))
    progress.advance(len(before) + len(after), progress.CHECKING)
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
) -> Iterator[Couple]:
    """Pairs of rows with equal values in the key columns, in the order of rows; their hashes alone are kept."""
    waiting: dict[int, deque[dict[str, Any]]] = defaultdict(deque)
    for record in after:
        values = record["values"]
        waiting[hash(tuple([_folded(values.get(name)) for name in key]))].append(record)
    for record in before:
        values = record["values"]
        own = hash(tuple([_folded(_translated(name, values.get(name), refs)) for name in key]))
        if waiting.get(own):
            yield record, waiting[own].popleft()


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


_SIGNS = {code: " " for code in range(128) if not chr(code).isalnum()}


def _folded(value: Any) -> Hashable:
    """A value without its form: case, blanks and punctuation of words, the order of a list."""
    if isinstance(value, str):
        return _folded_text(value)
    if value is None:
        return ""
    return tuple(sorted(str(_folded(part)) for part in value)) if isinstance(value, (list, tuple)) else str(value)


@lru_cache(maxsize=20_000)
def _folded_text(text: str) -> str:
    """Texts of sheets repeat: most cells of a column say what the cells above them said."""
    plain = text.casefold()
    if plain.isascii():
        return " ".join(plain.translate(_SIGNS).split()) or text
    return " ".join("".join(letter if letter.isalnum() else " " for letter in plain).split()) or text
