"""What was read of a workbook, kept until it is proposed: parts in the database, sums and columns beside them."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, Select, delete, func, insert, select
from sqlalchemy.orm import Session

from framework.demand.counting import JOINED
from framework.demand.lines import LABELS, Line, Scope
from framework.demand.proposing.members import Member
from framework.demand.proposing.reading import LotSaid, Part, Read
from framework.ground.issues import Issue, Severity
from models.base import random_id
from models.demand import Demand, DemandLine
from models.people import Organisation
from models.proposed import DemandSheet, ProposedDemand
from models.rounds import Round
from models.signons import SignOn

AT_ONCE = 250
"""Parts that are stored in one transaction."""
OPEN = ("invited", *JOINED)
"""Sign-ons to whom figures may be proposed; who has not answered yet finds them on joining."""
HANDED_IN = ("submitted", "accepted", "locked")
_FIELDS = tuple(LABELS)
Sums = dict[str, list[int]]
"""By category: lines, lines not known yet, firm, expected, maximum."""


def members_of(session: Session, round_: Round) -> list[Member]:
    """Everybody on the list of the round."""
    query = (
        select(
            Organisation.id,
            Organisation.public_id,
            Organisation.name,
            Organisation.registration_no,
            Organisation.country,
            SignOn.state,
        )
        .join(SignOn, SignOn.organisation_id == Organisation.id)
        .where(SignOn.round_id == round_.id)
        .order_by(Organisation.id)
    )
    found: dict[int, Member] = {}
    for number, public_id, name, registration_no, country, state in session.execute(query):
        is_in = state in OPEN or (number in found and found[number].is_in)
        found[number] = Member(number, public_id, name, registration_no or "", country, is_in)
    return list(found.values())


def taking_part(session: Session, round_id: int) -> set[int]:
    """The members of a round to whom figures may be proposed now."""
    return set(
        session.scalars(select(SignOn.organisation_id).where(SignOn.round_id == round_id, SignOn.state.in_(OPEN)))
    )


def lots_of(round_: Round) -> list[LotSaid]:
    """The lots of the round as rows name them."""
    return [LotSaid(lot.id, lot.number, lot.code, lot.name, Scope.of(lot)) for lot in round_.lots]


def forget_parts(session: Session, sheet_id: int) -> None:
    """Remove what an earlier reading found."""
    session.execute(delete(ProposedDemand).where(ProposedDemand.sheet_id == sheet_id))


def store(session: Session, sheet_id: int, parts: Sequence[Part]) -> Iterator[int]:
    """Store the parts of a workbook by Core, some at a time; after each how many are stored. The caller commits in between."""
    rows = [_stored(sheet_id, position, part) for position, part in enumerate(parts)]
    for start in range(0, len(rows), AT_ONCE):
        some = rows[start : start + AT_ONCE]
        session.execute(insert(ProposedDemand), some)
        yield start + len(some)


def found_of(read: Read, standing: Mapping[tuple[int, int], Sums]) -> dict[str, Any]:
    """What the preview tells of the whole workbook, as JSON; `standing` is what was handed in so far, by member and lot."""
    ready = [part for part in read.parts if part.status == "ready"]
    places = {_place(part) for part in ready}
    before: Sums = {}
    for place in places & standing.keys():
        _add(before, standing[place])
    return {
        "sheet": read.sheet,
        "columns": [dataclasses.asdict(column) for column in read.columns],
        "header_row": read.header_row,
        "rows": read.rows,
        "totals": read.totals,
        "notes": [[message, params] for message, params in read.notes],
        "asks": list(read.asks),
        "parts": dict(Counter(part.status for part in read.parts)),
        "rows_of": _rows_of(read.parts),
        "members": len({part.match.member.id for part in ready if part.match.member is not None}),
        "lines": sum(len(part.lines) for part in ready),
        "listed": sum(len({issue.row for issue in part.issues}) for part in read.parts if part.status == "broken"),
        "sums": sums(line for part in ready for line in part.lines),
        "before": before,
    }


def newest_handed_in(round_: Round) -> Select[int, int, int]:
    """Lot, member and number of the newest version of each that was handed in."""
    return (
        select(Demand.lot_id, Demand.member_id, func.max(Demand.version_no).label("version_no"))
        .where(Demand.round_id == round_.id, Demand.state.in_(HANDED_IN))
        .group_by(Demand.lot_id, Demand.member_id)
    )


def standing_of(session: Session, round_: Round, members: Iterable[int] | None = None) -> dict[tuple[int, int], Sums]:
    """What the newest version that was handed in says, by member and lot: as much as the lead sees anyway."""
    newest = newest_handed_in(round_)
    if members is not None:
        newest = newest.where(Demand.member_id.in_(list(members)))
    last = newest.subquery()
    known = DemandLine.qty_expected
    query = (
        select(
            Demand.member_id,
            Demand.lot_id,
            DemandLine.category,
            func.count(),
            func.count() - func.count(known),
            *(func.coalesce(func.sum(c), 0) for c in (DemandLine.qty_firm, known, DemandLine.qty_max)),
        )
        .join(last, (last.c.lot_id == Demand.lot_id) & (last.c.member_id == Demand.member_id))
        .join(DemandLine, DemandLine.demand_id == Demand.id)
        .where(Demand.version_no == last.c.version_no)
        .group_by(Demand.id, DemandLine.category)
        .order_by(Demand.member_id, Demand.lot_id, DemandLine.category)
    )
    found: dict[tuple[int, int], Sums] = {}
    for row in session.execute(query):
        found.setdefault((row[0], row[1]), {})[row[2]] = [int(value or 0) for value in row[3:]]
    return found


def sums(lines: Iterable[Line]) -> Sums:
    """What lines come to, by category."""
    found: Sums = {}
    for line in lines:
        quantities = [line.qty_firm or 0, line.qty_expected or 0, line.qty_max or 0]
        _add(found, {line.category: [1, int(not line.is_known), *quantities]})
    return dict(sorted(found.items()))


def lines_of(part: ProposedDemand | Row[Any], sheet: str = "") -> list[Line]:
    """The lines of a part as they were read; `sheet` is the name of the sheet they stood in."""
    return [_line(values, sheet) for values in part.lines]


def issues_of(part: ProposedDemand | Row[Any]) -> list[Issue]:
    """What is to be mended in the rows of a part."""
    return [
        Issue(code, Severity.ERROR, row=row, column=column, value=value, params=params)
        for code, row, column, value, params in part.issues
    ]


def parts_of(
    session: Session, sheet: DemandSheet, status: str, *, offset: int = 0, limit: int | None = None
) -> list[ProposedDemand]:
    """A page of the parts of a status, in the order of the workbook."""
    query = select(ProposedDemand).where(ProposedDemand.sheet_id == sheet.id, ProposedDemand.status == status)
    return list(session.scalars(query.order_by(ProposedDemand.position).offset(offset).limit(limit)))


def _stored(sheet_id: int, position: int, part: Part) -> dict[str, Any]:
    member, lot = part.match.member, part.lot
    return {
        "public_id": random_id(),
        "sheet_id": sheet_id,
        "position": position,
        "key": part.said.key,
        "said_name": part.said.name,
        "said_no": part.said.number or part.said.reference,
        "member_id": member.id if member is not None else None,
        "lot_id": lot.id if lot is not None else None,
        "status": part.status,
        "rows": len(part.rows),
        "first_row": part.rows[0][0],
        "lines": [values_of(line) for line in part.lines] if part.status == "ready" else [],
        "issues": [_issue(issue) for issue in part.issues] if part.status == "broken" else [],
        "likes": [one.id for one in part.match.likes],
        "answer": "",
    }


def _issue(issue: Issue) -> list[Any]:
    return [issue.code, issue.row, issue.column, issue.value, dict(issue.params)]


def values_of(line: Line) -> list[Any]:
    """A line as JSON: its fields in the order of every sheet, then the row of the workbook."""
    return [_plain(getattr(line, name)) for name in _FIELDS] + [line.source_row]


def _line(values: Sequence[Any], sheet: str) -> Line:
    facts = dict(zip(_FIELDS, values, strict=False))
    value, end = facts["value_expected"], facts["current_supplier_end"]
    facts["value_expected"] = None if value is None else Decimal(value)
    facts["current_supplier_end"] = None if end is None else dt.date.fromisoformat(end)
    return Line(**facts, source_sheet=sheet[:100], source_row=values[len(_FIELDS)], row=values[len(_FIELDS)])


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal | dt.date) else value


def _place(part: Part) -> tuple[int, int]:
    assert part.match.member is not None
    assert part.lot is not None
    return part.match.member.id, part.lot.id


def _rows_of(parts: Iterable[Part]) -> dict[str, int]:
    """Rows by what would become of them."""
    found: Counter[str] = Counter()
    for part in parts:
        found[part.status] += len(part.rows)
    return dict(found)


def _add(sums_: Sums, more: Sums) -> None:
    for category, figures in more.items():
        have = sums_.setdefault(category, [0] * len(figures))
        sums_[category] = [a + b for a, b in zip(have, figures, strict=True)]
