"""What the preview of a table says: what was filled in, converted, left out and not used. Pure."""

from __future__ import annotations

from framework.demand import vocabulary
from framework.demand.columns import EVERY, Choices, Header, Numbered
from framework.demand.figures import DecimalSign, is_unknown, without_pieces
from framework.demand.lines import LABELS, QUANTITIES
from framework.demand.understood import Understood
from framework.ground.text import N_

MOST_NAMED = 8
"""Columns and rows named in one sentence; how many more there are is said."""
_PIECES = (*QUANTITIES, "baseline_qty")


def tell(found: Understood, choices: Choices, header: Header | None, rows: list[Numbered]) -> None:
    """Add the notes about a table that was read to `found`."""
    if header is not None and rows[0][0] < header.first:
        message = N_("The header was found at row %(row)s; what stands above it was not read.")
        found.notes.append((message, {"row": header.first}))
    _tell_columns(found, choices)
    if any(c.ground == "order" for c in found.columns):
        names = [c.header for c in found.columns if c.ground == "order"]
        message = N_(
            "Calendar years were taken as contract years in their order: %(columns)s. Change it below if that is wrong."
        )
        found.notes.append((message, {"columns": names}))
    _tell_figures(found, choices)
    unused = [c.header or str(c.index + 1) for c in found.columns if not c.target and c.samples and c.ground != "twice"]
    if len(unused) > MOST_NAMED:
        more = len(unused) - MOST_NAMED
        message = N_("Columns that were not used: %(columns)s and %(count)s more. All of them stand below.")
        found.notes.append((message, {"columns": ", ".join(unused[:MOST_NAMED]), "count": more}))
    elif unused:
        found.notes.append((N_("Columns that were not used: %(columns)s."), {"columns": unused}))


def tell_rows(found: Understood) -> None:
    """Add the notes about rows that are in no line, or were added up without a part, once that is settled."""
    if found.totals:
        message = N_("Left out, because they are totals: rows %(rows)s.")
        found.notes.append((message, {"rows": _named(found.totals)}))
    if found.left:
        found.notes.append((N_("Left out, as you said: rows %(rows)s."), {"rows": _every(found.left)}))
    if found.unknown:
        message = N_("Added up without what is not known yet, as you said: rows %(rows)s.")
        found.notes.append((message, {"rows": _every(sorted(set(found.unknown)))}))


def _tell_figures(found: Understood, choices: Choices) -> None:
    """What was done to figures."""
    if choices.count:
        found.notes.append((N_("There is no column of quantities: each row was counted as one piece."), {}))
    if _has_grouped(found):
        message = N_(
            "Quantities such as 1.234 or 1,234 were read as one thousand two hundred and thirty-four: pieces are whole."
        )
        found.notes.append((message, {}))
    apart = {*found.totals, *found.left}
    cells = [(number, cell) for number, cell in _quantity_cells(found) if number not in apart]
    with_words = [cell for _number, cell in cells if without_pieces(cell.strip()) != cell.strip()]
    if with_words:
        message = N_("The word behind a figure was left out, as in “%(example)s”: %(count)s cells.")
        found.notes.append((message, {"example": with_words[0], "count": len(with_words)}))
    unknown = [number for number, cell in cells if is_unknown(cell)]
    if unknown:
        message = N_("Read as not known yet, with the words of the cell as the reason: rows %(rows)s.")
        found.notes.append((message, {"rows": _named(list(dict.fromkeys(unknown)))}))


def _tell_columns(found: Understood, choices: Choices) -> None:
    """Fields without a column: what new lines get, and what was taken for every row."""
    have = {c.target.partition(":")[0] for c in found.columns}
    if "qty_expected" in have and not {"qty_firm", "qty_max"} <= have:
        lacking = [LABELS[name] for name in ("qty_firm", "qty_max") if name not in have]
        message = N_(
            "There is no column for: %(columns)s. Lines you have keep theirs; in new lines firm is 0 and the maximum is the expected quantity."
        )
        found.notes.append((message, {"columns": lacking}))
    if vocabulary.CHANGE in have:
        names = [c.header or str(c.index + 1) for c in found.columns if c.target == vocabulary.CHANGE]
        message = N_(
            "Taken as changes on top of earlier numbers, which are never worked out here: %(columns)s. All other quantities are taken as totals."
        )
        found.notes.append((message, {"columns": names}))
    for name in ("category", "spec_tier", "delivery_country", "year_no"):
        is_said = name in have or (name == "year_no" and found.is_wide)
        value = choices.defaults.get(name)
        if is_said or not value:
            continue
        if value == EVERY:
            found.notes.append((N_("Every row was taken for each contract year: the same quantities every year."), {}))
        else:
            message = N_("There is no column for %(column)s; %(value)s was taken for every row.")
            found.notes.append((message, {"column": LABELS[name], "value": value}))


def _quantity_cells(found: Understood) -> list[tuple[int, str]]:
    """The texts below the columns of quantities, with their rows."""
    places = [c.index for c in found.columns if c.target.partition(":")[0] in _PIECES]
    return [
        (number, cells[place])
        for number, cells in found.rows
        for place in places
        if place < len(cells) and isinstance(cells[place], str) and cells[place]
    ]


def _has_grouped(found: Understood) -> bool:
    """Whether a column of quantities writes figures that another column might mean as decimals."""
    quantities = [c.index for c in found.columns if c.target.partition(":")[0] in _PIECES]
    return any(found.signs[index] is DecimalSign.UNCLEAR for index in quantities)


def _every(rows: list[int]) -> str:
    """All of some rows, in order, those that follow one another as a range."""
    ranges: list[list[int]] = []
    for row in rows:
        if ranges and row == ranges[-1][1] + 1:
            ranges[-1][1] = row
        else:
            ranges.append([row, row])
    return ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in ranges)


def _named(rows: list[int]) -> list[str] | str:
    """Some rows by number, with a sign that there are more."""
    named = [str(number) for number in rows[:MOST_NAMED]]
    return ", ".join([*named, "…"]) if len(rows) > MOST_NAMED else named
