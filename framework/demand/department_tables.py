"""Somebody's table with a column of departments, as what each of them needs; and the same as a sheet. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from framework.demand import departments, rules, tables, told, vocabulary
from framework.demand.columns import Choices
from framework.demand.department_figures import Figure, by_department, check
from framework.demand.departments import Named
from framework.demand.lines import LABELS, QUANTITIES, Key, Line, Scope, one_line
from framework.demand.understood import Understood
from framework.ground import table_files
from framework.ground.blocks import Table
from framework.ground.issues import Issue
from framework.ground.terms import CATEGORIES
from framework.ground.text import N_, storable
from models.departments import Department

DEPARTMENT, NOTE = "department", "note"
LABELS_HERE = {DEPARTMENT: N_("Department"), NOTE: N_("Note")}
"""Columns that only tables of departments have, with the label people read."""
_WORDS = {
    DEPARTMENT: "department departments dept division directorate unitname afdeling afdelingen dienst directie sector avdelning avdelningar förvaltning enhet abteilung amt fachbereich service direction",
    NOTE: "note notes remark remarks comment comments opmerking opmerkingen toelichting notitie anteckning anteckningar kommentar anmerkung bemerkung remarque",
}  # fmt: skip
_NOT_OF_DEPARTMENTS = ("value_expected", "certainty", "baseline_qty", "current_supplier_end", "delivery_profile")
NEW, TWIN = "new", "="
"""What is answered of a name: that it is another one, or, before its place, that it is the same as an earlier one of the sheet."""
BLANK_ROWS = 2000
"""Rows that a sheet offers for departments that have not answered, at most."""


@dataclass(slots=True)
class Read:
    """What a table says: the columns and issues as `tables` finds them, the names in it, and a figure of a name by row.

    `figures` have the place of their name in `names` as department, from 0. `blank` rows say nothing. `adds_up`: rows
    of one department and line are put together.
    """

    found: Understood
    names: list[Named]
    figures: list[Figure] = field(default_factory=list)
    blank: int = 0
    adds_up: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What a table would make: the departments to add by the place of their name, and all figures of each name's department.

    `figures` are those of everybody afterwards; a department that is not added yet has the negative id -1 - place.
    `asked` are the places of names that nobody answered yet, `issues` what is wrong once it is put over what stands.
    """

    added: Mapping[int, tuple[str, str]]
    touched: tuple[int, ...]
    figures: list[Figure]
    asked: tuple[int, ...]
    issues: list[Issue]


def has_departments(header: Iterable[str], choices: Choices) -> bool:
    """Whether a column of the table is called what departments are called."""
    known = with_words(choices).words
    return any(vocabulary.target_of(name, known) == DEPARTMENT for name in header if name)


def with_words(choices: Choices) -> Choices:
    """The choices with the words for the columns of departments, unless those were given already."""
    words = {vocabulary.norm(word): target for target, said in _WORDS.items() for word in said.split()}
    words |= {vocabulary.norm(label): target for target, label in LABELS_HERE.items()}
    return replace(choices, words=words | dict(choices.words))


def read(table: Table, scope: Scope, choices: Choices, known: Sequence[Department], *, replaces: bool = False) -> Read:
    """Read a table of departments, with every issue at its row; `known` are the departments there are, `replaces` as in `plan`."""
    found = tables.read_rows(table, scope, with_words(choices))
    tables.leave_out_wordings(found)
    told.tell_rows(found)
    places = {column.target: column.index for column in found.columns if column.target}
    if DEPARTMENT not in places:
        found.issues.insert(0, rules.issue("no-department", None))
        return Read(found, [])
    said = {number: _text(cells, places[DEPARTMENT]) for number, cells in found.rows}
    notes = {number: _text(cells, places[NOTE]) for number, cells in found.rows} if NOTE in places else {}
    names = departments.look([(name, "") for name in dict.fromkeys(said.values()) if name], known)
    result = Read(found, names, adds_up=choices.add_up)
    place_of = {departments.folded(one.name): place for place, one in enumerate(names)}
    for line in found.lines:
        _take(result, line, said.get(line.row or 0, ""), notes.get(line.row or 0, ""), place_of)
    _tell(found, result, replaces=replaces)
    if choices.add_up:
        result.figures = _added_up(result.figures)
    _check(result, scope)
    return result


def plan(
    result: Read, stood: Iterable[Figure], answers: Mapping[int, str], scope: Scope, *, replaces: bool = False
) -> Plan:
    """What the table makes of the figures that stand. `answers` say of the place of a name that is nearly another's which one
    it is (a public id, NEW, or TWIN and the place of an earlier one); `replaces`: departments in the table keep only what it says."""
    added, ids, asked = _departments(result.names, answers)
    stood = list(stood)
    said: dict[tuple[int, Key], Figure] = {}
    before = {(one.department_id, one.key): one for one in stood}
    issues: list[Issue] = []
    read = [replace(one, department_id=ids[one.department_id]) for one in result.figures if one.department_id in ids]
    for one in _added_up(read) if result.adds_up else read:
        name = (one.department_id, one.key)
        figure = _completed(result.found, one, before.get(name))
        first = said.setdefault(name, figure)
        if first is not figure:
            issues.append(rules.issue("line-twice", one.row, other=first.row))
    if not result.found.issues:
        issues += [one for own in by_department(said.values()).values() for one in check(own, scope)]
    touched = tuple(dict.fromkeys(number for number, _key in said))
    gone = {*said} | {name for name in before if replaces and name[0] in touched}
    kept = [one for one in stood if (one.department_id, one.key) not in gone]
    figures = [*kept, *(one for one in said.values() if not one.is_blank)]
    return Plan(added, touched, figures, tuple(asked), issues)


def write(
    figures: Iterable[Figure],
    everybody: Sequence[Department],
    keys: Sequence[Key],
    *,
    name: str,
    now: dt.datetime,
    words: Callable[[str], str] = str,
) -> bytes:
    """The figures as a workbook that comes back the same; departments that have said nothing have an empty row for each of `keys`."""
    own = by_department(figures)
    rows: list[list[table_files.Value]] = []
    for one in everybody:
        rows += [_row(one, figure.key, figure, words) for figure in own.get(one.id, [])]
    silent = [one for one in everybody if one.id not in own and not one.is_archived and not one.is_rest]
    if len(silent) * len(keys) <= BLANK_ROWS:
        rows += [_row(one, key, None, words) for one in silent for key in keys]
    header = [
        LABELS_HERE[DEPARTMENT],
        *(LABELS[n] for n in _PLACE),
        *(LABELS[n] for n in QUANTITIES),
        LABELS_HERE[NOTE],
    ]
    sheet = table_files.Sheet(words(N_("Departments")), [words(label) for label in header], rows)
    return table_files.workbook(name, [sheet], now=now)


_PLACE = ("category", "spec_tier", "delivery_country", "year_no")


def _row(
    department: Department, key: Key, figure: Figure | None, words: Callable[[str], str]
) -> list[table_files.Value]:
    category = words(CATEGORIES[key[0]].label) if key[0] in CATEGORIES else key[0]
    values = figure.quantities if figure is not None else (None, None, None)
    note = figure.note or None if figure is not None else None
    return [department.name, category, key[1] or None, key[2], key[3], *values, note]


def _text(cells: list[object], index: int) -> str:
    cell = cells[index] if index < len(cells) else None
    if cell is None:
        return ""
    return one_line(storable(str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)))


def _take(result: Read, line: Line, name: str, note: str, place_of: Mapping[str, int]) -> None:
    """A row of the table as a figure of its department."""
    if not name:
        result.found.issues.append(rules.issue("department-missing", line.row))
        return
    note = note or line.not_known_reason
    if not line.is_known and not note:
        result.blank += 1
        return
    place = place_of.get(departments.folded(name))
    if place is None or result.names[place].kind == "refused":
        result.found.issues.append(rules.issue("department-refused", line.row, value=name))
        return
    result.figures.append(
        Figure(place, *line.key, line.qty_firm, line.qty_expected, line.qty_max, note=note, row=line.row)
    )


def _added_up(figures: list[Figure]) -> list[Figure]:
    """Rows of one department that fall on the same line put together; a sum with an unknown part stays unknown."""
    found: dict[tuple[int, Key], Figure] = {}
    for one in figures:
        first = found.get((one.department_id, one.key))
        found[one.department_id, one.key] = one if first is None else _sum(first, one)
    return list(found.values())


def _sum(one: Figure, other: Figure) -> Figure:
    firm, expected, most = (
        None if a is None or b is None else a + b for a, b in zip(one.quantities, other.quantities, strict=True)
    )
    notes = "; ".join(dict.fromkeys(note for note in (one.note, other.note) if note))
    return replace(one, qty_firm=firm, qty_expected=expected, qty_max=most, note=notes)


def _check(result: Read, scope: Scope) -> None:
    broken = {found.row for found in result.found.issues}
    for own in by_department(result.figures).values():
        result.found.issues += [one for one in check(own, scope) if one.row not in broken]
    result.found.issues.sort(key=lambda issue: issue.row or 0)


def _tell(found: Understood, result: Read, *, replaces: bool) -> None:
    targets = {column.target.partition(":")[0] for column in found.columns}
    unused = [LABELS[name] for name in _NOT_OF_DEPARTMENTS if name in targets]
    if unused:
        message = N_("These stand in the declaration and not with a department, so they were not read: %(columns)s.")
        found.notes.append((message, {"columns": unused}))
    if result.blank:
        found.notes.append((_BLANK_REPLACES if replaces else _BLANK, {"count": result.blank}))


def _departments(
    names: Sequence[Named], answers: Mapping[int, str]
) -> tuple[dict[int, tuple[str, str]], dict[int, int], list[int]]:
    """The names to add, the id of each name's department, and the names that are still to be answered."""
    added: dict[int, tuple[str, str]] = {}
    ids: dict[int, int] = {}
    asked: list[int] = []
    for place, one in enumerate(names):
        answer = answers.get(place, "")
        same = next((d for d in one.alike if one.kind == "known" or d.public_id == answer), None)
        if same is not None:
            ids[place] = same.id
        elif answer.startswith(TWIN) and answer.removeprefix(TWIN) in map(str, one.twins) and int(answer[1:]) in ids:
            ids[place] = ids[int(answer[1:])]
        elif one.kind == "new" or (one.kind == "near" and answer == NEW):
            added[place] = (one.name, one.code)
            ids[place] = -1 - place
        elif one.kind == "near":
            asked.append(place)
    return added, ids, asked


def _completed(found: Understood, figure: Figure, old: Figure | None) -> Figure:
    """A figure with what its table does not say: from the one that stands, else firm 0 and the maximum as expected."""
    said = tables.said_of(found.columns, Line(*figure.key))
    lacking = [name for name in QUANTITIES if name not in said]
    if not figure.is_known and figure.note and len(lacking) < len(QUANTITIES):
        return figure
    if old is not None:
        firm, expected, most = (
            kept if name in lacking else new
            for name, kept, new in zip(QUANTITIES, old.quantities, figure.quantities, strict=True)
        )
        note = figure.note if NOTE in said or figure.note else old.note
        return replace(figure, qty_firm=firm, qty_expected=expected, qty_max=most, note=note)
    if figure.qty_expected is None:
        return figure
    firm = 0 if "qty_firm" in lacking else figure.qty_firm
    return replace(figure, qty_firm=firm, qty_max=figure.qty_expected if "qty_max" in lacking else figure.qty_max)


_BLANK = N_("Rows that say neither a quantity nor a note change nothing: %(count)s.")
_BLANK_REPLACES = N_(
    "Rows that say neither a quantity nor a note: %(count)s. Where other rows of the sheet say something of the department, what stood in these lines goes."
)
