"""Send a workbook with the demand of many members, have it read, propose it as one unit; a member takes its own over or puts it aside."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session, joinedload

from framework.demand import declare, department_figures, tables
from framework.demand.columns import Column
from framework.demand.department_figures import Sums
from framework.demand.lines import QUANTITIES, Line, Scope, merged, of_record
from framework.demand.proposing import kept
from framework.demand.rules import check
from framework.ground import audit, jobs, mail
from framework.ground.actors import Actor, roles_in
from framework.ground.errors import MoveRefused, NotAllowed, NotFound, Stale
from framework.ground.text import N_, NN_, storable
from framework.rounds import editing, telling
from models.demand import Demand
from models.proposed import DemandSheet, ProposedDemand
from models.records import StoredFile
from models.rounds import Lot, Round

SENT = audit.declare("demand.sheet_sent", "sha256")
READ_ANEW = audit.declare("demand.sheet_read_anew", "sha256")
PROPOSED = audit.declare("demand.proposed", "members", "lines", "rows", "left_out", "sha256")
TAKEN = audit.declare("demand.proposal_taken", "sheet", "lines", "replaces")
ASIDE = audit.declare("demand.proposal_put_aside", "sheet")
FILE = "demand-of-members"
READ_JOB, TELL_JOB = "read_demand_sheet", "tell_of_proposed_demand"
TOLD_AT_ONCE = 50
Clock = Callable[[], dt.datetime]


def send(
    session: Session, round_: Round, file: StoredFile, words: dict[str, str], *, actor: Actor, now: dt.datetime
) -> DemandSheet:
    """Keep a workbook that arrived and have it read. `words` are labels in the lead's language. Raises as `require_open`, NotAllowed."""
    _require_lead(session, round_, actor)
    declare.require_open(round_, now=now)
    sheet = DemandSheet(
        round=round_, round_id=round_.id, file=file, choices={"words": words}, created_at=now, created_by_id=actor.user_id
    )  # fmt: skip
    session.add(sheet)
    session.flush()
    _enqueue(session, sheet, actor=actor, now=now)
    audit.record(session, SENT, actor=actor, now=now, subject=round_, sha256=file.sha256)
    return sheet


def read_again(
    session: Session, sheet: DemandSheet, choices: dict[str, Any], *, actor: Actor, now: dt.datetime
) -> None:
    """Have it read anew with what was said of columns, lots and names. Raises MoveRefused where it was proposed already."""
    _require_lead(session, sheet.round, actor)
    editing.hold(session, sheet.round)
    session.refresh(sheet)
    _require_not_proposed(sheet)
    if sheet.job is not None and sheet.job.state in ("waiting", "running"):
        jobs.cancel(sheet.job, now=now)
    sheet.choices = {**choices, "words": sheet.choices.get("words", {})}
    sheet.read_at, sheet.found = None, {}
    _enqueue(session, sheet, actor=actor, now=now)
    audit.record(session, READ_ANEW, actor=actor, now=now, subject=sheet.round, sha256=sheet.file.sha256)


def propose(session: Session, sheet: DemandSheet, *, version: int, actor: Actor, now: dt.datetime) -> None:
    """From now on every member sees what the workbook says of it, all of them or none: one fact is written.

    What an earlier workbook proposed of the same member and lot no longer stands. Raises Stale where it was read anew since
    the page was made or a member that something is proposed to takes no part any more, MoveRefused where it was proposed before, nothing in it can be, or demand is closed.
    """
    _require_lead(session, sheet.round, actor)
    editing.hold(session, sheet.round)
    session.refresh(sheet)
    declare.require_open(sheet.round, now=now)
    _require_not_proposed(sheet)
    if sheet.read_at is None or sheet.version != version:
        raise Stale("demand-sheet-stale", N_("This workbook was read anew since the page was made. Look at it again."))
    if not sheet.found.get("members") or sheet.found.get("asks"):
        raise MoveRefused("nothing-to-repeat", N_("Nothing in this workbook can be proposed to a member yet. Mend it first."))  # fmt: skip
    _require_all_in(session, sheet)
    sheet.proposed_at, sheet.proposed_by_id = now, actor.user_id
    rows_of = sheet.found["rows_of"]
    facts = {"members": sheet.found["members"], "lines": sheet.found["lines"], "rows": rows_of.get("ready", 0)}
    left_out = sum(count for status, count in rows_of.items() if status != "ready")
    audit.record(
        session, PROPOSED, actor=actor, now=now, subject=sheet.round, left_out=left_out, sha256=sheet.file.sha256, **facts
    )  # fmt: skip
    jobs.enqueue(session, TELL_JOB, now=now, organisation_id=actor.organisation_id, sheet=sheet.public_id)


def standing(session: Session, lot: Lot, member_id: int | None) -> ProposedDemand | None:
    """What the lead proposes to a member for a lot now: of the newest workbook, where nobody took it over or put it aside."""
    query = (
        select(ProposedDemand)
        .join(DemandSheet, DemandSheet.id == ProposedDemand.sheet_id)
        .where(
            ProposedDemand.member_id == member_id,
            ProposedDemand.lot_id == lot.id,
            ProposedDemand.status == "ready",
            DemandSheet.proposed_at.is_not(None),
        )
        .order_by(DemandSheet.proposed_at.desc(), DemandSheet.id.desc())
        .options(joinedload(ProposedDemand.sheet))
        .limit(1)
    )
    found = session.scalar(query)
    return found if found is not None and not found.answer else None


def waiting_lots(session: Session, round_: Round, member_id: int | None) -> set[int]:
    """The numbers of the lots for which something the lead proposes waits for the member's answer; one query."""
    query = (
        select(ProposedDemand.lot_id, ProposedDemand.answer)
        .join(DemandSheet, DemandSheet.id == ProposedDemand.sheet_id)
        .where(DemandSheet.round_id == round_.id, DemandSheet.proposed_at.is_not(None))
        .where(ProposedDemand.member_id == member_id, ProposedDemand.status == "ready")
        .order_by(DemandSheet.proposed_at, DemandSheet.id)
    )
    newest = {lot_id: answer for lot_id, answer in session.execute(query) if lot_id is not None}
    return {lot_id for lot_id, answer in newest.items() if not answer}


def own(session: Session, lot: Lot, public_id: str, *, actor: Actor) -> ProposedDemand:
    """What stands for the actor's own organisation; raises NotFound for anything else, and where a newer one replaced it."""
    found = standing(session, lot, actor.organisation_id)
    if found is None or found.public_id != storable(public_id):
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return found


def lines_for(
    proposed: ProposedDemand, stored: list[Line], totals: Sums, *, replaces: bool
) -> tuple[list[Line], list[Line]]:
    """The lines that taking it over gives: those proposed alone, or put over the `stored` ones, of which nothing goes that the list does not say.

    What departments said stays (`totals`, their sums); the second list names the lines of which the list would say something else.
    """
    found = proposed.sheet.found
    lines = kept.lines_of(proposed, str(found.get("sheet", "")))
    if not replaces:
        columns = [Column(**facts) for facts in found.get("columns", [])]
        lines = merged(stored, tables.put_over(lines, columns, stored))
    asked = {line.key: _quantities(line) for line in lines}
    lines = department_figures.put_over(lines, totals, stored=stored)
    stay = [line for line in lines if line.key in totals and asked.get(line.key) != _quantities(line)]
    return [replace(line, row=number) for number, line in enumerate(lines, start=1)], stay


def unfit(lines: list[Line], lot: Lot) -> int:
    """How many of the lines break a rule: the lot was changed since, or they do not fit what stays of the own figures."""
    return len({issue.row for issue in check(lines, Scope.of(lot))})


def seal(version: int, lines: list[Line], stored: list[Line]) -> str:
    """A hash over what a member's page shows, so that only what was seen is taken over."""
    facts = [version, [kept.values_of(line)[:-1] for line in lines], [kept.values_of(line)[:-1] for line in stored]]
    return hashlib.sha256(json.dumps(facts, ensure_ascii=False).encode()).hexdigest()


def take(
    session: Session, lot: Lot, public_id: str, *, seen: str, replaces: bool, actor: Actor, now: dt.datetime
) -> Demand:
    """Put what the lead proposes into the own draft, which is begun where there is none; it still has to be handed in.

    Raises Stale where it is not what the page showed (`seen`, its seal), and what `declare.declare` and `declare.edit` raise.
    """
    declare.lock(session, lot.round, actor)
    proposed = own(session, lot, public_id, actor=actor)
    draft = declare.latest(session, lot, actor.organisation_id, states=declare.WAITING, anew=True)
    stored, totals = stored_lines(session, lot, draft, actor.organisation_id)
    lines, _stay = lines_for(proposed, stored, totals, replaces=replaces)
    if seen != seal(draft.version if draft else 0, lines, stored):
        raise Stale("demand-stale", N_("Somebody saved this declaration while you were looking. Look at the changes again."))  # fmt: skip
    if draft is None:
        draft = declare.declare(session, lot, actor=actor, now=now)
        session.flush()
    declare.edit(session, draft, lines, actor=actor, now=now, version=draft.version, source="proposed")
    _answer(proposed, "taken", actor, now)
    session.flush()
    demand = declare.latest(session, lot, actor.organisation_id, states=declare.WAITING) or draft
    facts: dict[str, Any] = {"sheet": proposed.sheet.public_id, "lines": len(proposed.lines), "replaces": replaces}
    audit.record(session, TAKEN, actor=actor, now=now, subject=demand, **facts)
    return demand


def put_aside(session: Session, lot: Lot, public_id: str, *, actor: Actor, now: dt.datetime) -> None:
    """Say that the own figures are others; the proposal goes from the member's pages, nothing else changes."""
    declare.lock(session, lot.round, actor)
    declare.require_open(lot.round, now=now)
    proposed = own(session, lot, public_id, actor=actor)
    _answer(proposed, "aside", actor, now)
    session.flush()
    audit.record(session, ASIDE, actor=actor, now=now, subject=lot, sheet=proposed.sheet.public_id)


def stored_lines(session: Session, lot: Lot, draft: Demand | None, member_id: int | None) -> tuple[list[Line], Sums]:
    """What taking over would be put over, the draft or else what a new version begins with; and the sums of departments in it."""
    if draft is not None:
        lines, figures = [of_record(record) for record in draft.lines], department_figures.of(session, draft)
    else:
        source = declare.source_of_prefill(session, lot, member_id)
        lines, figures = declare.carried_into(session, lot, source)
    return lines, department_figures.sums(figures)


def tell(session: Session, public_id: str, *, clock: Clock) -> int:
    """Mail the people of the next members that were not told yet of a workbook, and still take part; how many members. The caller commits, and asks again."""
    waits = (
        select(ProposedDemand.member_id)
        .join(DemandSheet, DemandSheet.id == ProposedDemand.sheet_id)
        .where(DemandSheet.public_id == public_id, ProposedDemand.status == "ready", ProposedDemand.told_at.is_(None))
    )
    members = list(session.scalars(waits.distinct().order_by(ProposedDemand.member_id).limit(TOLD_AT_ONCE)))
    sheet = session.scalars(select(DemandSheet).where(DemandSheet.public_id == public_id)).one()
    now = clock()
    taking_part = kept.taking_part(session, sheet.round_id)
    for person in telling.people(session, [m for m in members if m in taking_part], "member", now=now):
        mail.post(
            session,
            "demand_proposed",
            to=person,
            now=now,
            round_=sheet.round,
            round=sheet.round.name,
            deadline=telling.local_words(sheet.round.demand_deadline, sheet.round.zone),
            path=f"/rounds/{sheet.round.public_id}/demand",
        )
    here = (ProposedDemand.sheet_id == sheet.id) & ProposedDemand.member_id.in_(members)
    session.execute(update(ProposedDemand).where(here).values(told_at=now))
    return len(members)


def answers(session: Session, sheet: DemandSheet) -> dict[str, int]:
    """How many of the proposals were `taken` over, put `aside`, or are `open`."""
    query = (
        select(ProposedDemand.answer, func.count())
        .where(ProposedDemand.sheet_id == sheet.id, ProposedDemand.status == "ready")
        .group_by(ProposedDemand.answer)
    )
    found = {answer or "open": count for answer, count in session.execute(query)}
    return dict.fromkeys(("taken", "aside", "open"), 0) | found


def forget(session: Session, *, before: dt.datetime) -> None:
    """Forget workbooks from before then that were never proposed; the sweep takes their bytes."""
    old = select(DemandSheet.id).where(DemandSheet.proposed_at.is_(None), DemandSheet.created_at < before)
    session.execute(delete(ProposedDemand).where(ProposedDemand.sheet_id.in_(old)))
    session.execute(delete(DemandSheet).where(DemandSheet.id.in_(old)))
    is_named = exists().where(DemandSheet.file_id == StoredFile.id)
    session.execute(delete(StoredFile).where(StoredFile.purpose == FILE, StoredFile.created_at < before, ~is_named))


def _enqueue(session: Session, sheet: DemandSheet, *, actor: Actor, now: dt.datetime) -> None:
    sheet.job = jobs.enqueue(
        session, READ_JOB, now=now, organisation_id=actor.organisation_id, sheet=sheet.public_id
    )  # fmt: skip


def _require_lead(session: Session, round_: Round, actor: Actor) -> None:
    if "lead" not in roles_in(session, actor, round_):
        raise NotAllowed("role-missing", N_("Only %(who)s may do this."), who="lead")


def _require_all_in(session: Session, sheet: DemandSheet) -> None:
    """Raise Stale where somebody left since the workbook was read: read anew, it tells which rows stay out and why."""
    proposed = select(ProposedDemand.member_id).where(
        ProposedDemand.sheet_id == sheet.id, ProposedDemand.status == "ready"
    )
    gone = set(session.scalars(proposed)) - kept.taking_part(session, sheet.round_id)
    if gone:
        raise Stale("demand-sheet-stale", _LEFT, count=len(gone))


def _require_not_proposed(sheet: DemandSheet) -> None:
    if sheet.proposed_at is not None:
        raise MoveRefused("already-answered", N_("This workbook was proposed to the members already."))


def _quantities(line: Line) -> tuple[object, ...]:
    return tuple(getattr(line, name) for name in QUANTITIES)


def _answer(proposed: ProposedDemand, answer: str, actor: Actor, now: dt.datetime) -> None:
    proposed.answer, proposed.answered_at, proposed.answered_by_id = answer, now, actor.user_id


_LEFT = NN_(
    "%(count)s member on this list takes no part in the round any more. Press “Read again”: its rows then stay out, with the reason.",
    "%(count)s members on this list take no part in the round any more. Press “Read again”: their rows then stay out, with the reason.",
)
