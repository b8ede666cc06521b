"""Declare demand: a new version, its lines as one unit, and taking it back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.orm.attributes import flag_modified

from framework.demand import department_figures, edits, rules
from framework.demand.cells import cells_of, facts_of
from framework.demand.department_figures import Figure
from framework.demand.lines import Line, Scope, counts, differences, of_record, stored_values, tier_in
from framework.ground import audit, lifecycle, proposals
from framework.ground.actors import Actor, roles_for
from framework.ground.errors import InvalidInput, MoveRefused, NotAllowed, Stale
from framework.ground.issues import Issue
from framework.ground.lifecycle import Context
from framework.ground.text import N_, NN_
from models.demand import BASELINE_SOURCES, Demand, DemandLine
from models.people import Organisation
from models.records import AuditEvent
from models.rounds import Lot, Round
from models.signons import SignOn

EDITED = audit.declare("demand.edited", "added", "changed", "removed", "source")
DECLARING = ("interested", "mandate_pending", "confirmed", "active", "suspended")
CURRENT = ("accepted", "locked")
WAITING = ("draft", "submitted")


FROM_DEPARTMENTS = NN_(
    "%(count)s line is the sum of what your departments said. Change it on the page of the departments; here its quantities stay.",
    "%(count)s lines are sums of what your departments said. Change them on the page of the departments; here their quantities stay.",
)


class LinesBroken(InvalidInput):
    """Lines break rules; `issues` names all of them, with row and column."""

    def __init__(self, issues: list[Issue]) -> None:
        super().__init__(
            "lines-broken",
            NN_(
                "%(count)s place needs your attention before this can be saved.",
                "%(count)s places need your attention before this can be saved.",
            ),
            count=len(issues),
        )
        self.issues = issues


def declare(
    session: Session,
    lot: Lot,
    *,
    actor: Actor,
    now: dt.datetime,
    prefill: bool = True,
    chosen: Demand | None = None,
) -> Demand:
    """Begin a new version for the actor's own organisation (SD12), prefilled from the last one.

    A first version that is to begin with a `chosen` declaration of an earlier round begins empty: `earlier.take` fills it.
    Raises MoveRefused outside the demand phase, after the demand deadline, without a sign-on,
    or while another version is a draft or waits for the lead.
    """
    lock(session, lot.round, actor)
    waiting = latest(session, lot, actor.organisation_id, states=WAITING)
    if waiting is not None:
        raise MoveRefused(
            "version-waits", N_("A version of this lot is already being worked on. Finish or withdraw it first.")
        )
    source = source_of_prefill(session, lot, actor.organisation_id)
    if chosen is not None and (source is None or source.lot_id != lot.id):
        return _begin(session, lot, chosen, [], actor=actor, now=now)
    lines, figures = carried_into(session, lot, source) if prefill else ([], [])
    demand = _begin(session, lot, source, lines, actor=actor, now=now)
    session.flush()
    department_figures.put(session, demand, figures)
    return demand


def edit(
    session: Session,
    demand: Demand,
    lines: list[Line],
    *,
    actor: Actor,
    now: dt.datetime,
    version: int,
    baseline_source: str | None = None,
    note: str | None = None,
    source: str = "grid",
    source_upload_id: int | None = None,
    figures: list[Figure] | None = None,
) -> dict[str, int]:
    """Put `lines` in place of all lines of a draft, as one unit; the counts of what changed.

    `figures` are all figures of departments that are to stand behind it (None: as they are). Lines that have some are
    their sums; where `lines` says another quantity of one without `figures`, InvalidInput is raised.

    A version that was handed in and came back stays as it was handed in: the first change begins the
    next version, which `latest` finds. A waiting proposal is void: the second person approves what stands
    there. Raises LinesBroken with every breach, Stale where somebody saved in between, MoveRefused after the deadline.
    """
    require_editable(session, demand, actor=actor, now=now)
    require_version(session, demand, version, actor=actor)
    stood = department_figures.of(session, demand)
    lines = _with_departments(demand, lines, stood, figures)
    broken = rules.check(lines, Scope.of(demand.lot))
    if broken:
        raise LinesBroken(broken)
    old = [of_record(record) for record in demand.lines]
    changes = counts(differences(old, lines))
    facts = _facts(demand, baseline_source, note)
    is_same = figures is None or department_figures.seal(figures) == department_figures.seal(stood)
    if is_same and not any(changes.values()) and facts == (demand.baseline_source, demand.note):
        return changes
    before = cells_of(old, demand.lot.years) | facts_of(demand)
    demand = _to_change(session, demand, actor=actor, now=now)
    _void_proposal(session, demand, actor=actor, now=now)
    session.flush()
    replaced = demand.version
    demand.baseline_source, demand.note = facts
    _put_lines(session, demand, lines)
    if not is_same:
        department_figures.put(session, demand, figures or [])
    demand.source_upload_id = source_upload_id or demand.source_upload_id
    demand.edited_at = now
    flag_modified(demand, "edited_at")
    after = cells_of(lines, demand.lot.years) | facts_of(demand)
    edits.record(session, demand, before, after, version=replaced, actor=actor, now=now, source=source)
    audit.record(session, EDITED, actor=actor, now=now, subject=demand, source=source, **_plain(changes))
    return changes


def withdraw(session: Session, demand: Demand, *, actor: Actor, now: dt.datetime, motive: str = "") -> None:
    """Take a version back; it no longer counts. Raises MoveRefused where the phase or the deadline forbids it."""
    if demand.state == "draft":
        _void_proposal(session, demand, actor=actor, now=now)
    lifecycle.move(session, demand, "withdraw", actor=actor, now=now, motive=motive)


def latest(
    session: Session, lot: Lot, member_id: int | None, *, states: Iterable[str] | None = None, anew: bool = False
) -> Demand | None:
    """The newest version of a member and a lot, in one of `states`, with its lines; `anew`: as it stands now, not as it was loaded."""
    query = select(Demand).where(Demand.lot_id == lot.id, Demand.member_id == member_id)
    if states is not None:
        query = query.where(Demand.state.in_(tuple(states)))
    query = query.options(selectinload(Demand.lines)).order_by(Demand.version_no.desc()).limit(1)
    return session.scalar(query.execution_options(populate_existing=anew))


def source_of_prefill(session: Session, lot: Lot, member_id: int | None) -> Demand | None:
    """What a new version begins with: the last one that counts or that lapsed as a draft, else that of last year's round for a lot of the same unit."""
    found = latest(session, lot, member_id, states=(*CURRENT, "lapsed"))
    if found is not None or lot.round.copied_from_id is None:
        return found
    before = select(Lot).where(Lot.round_id == lot.round.copied_from_id, Lot.unit == lot.unit).order_by(Lot.number)
    earlier = session.scalars(before).all()
    same_code = [x for x in earlier if x.code == lot.code]
    alike = [x for x in earlier if set(x.categories) & set(lot.categories)]
    candidates = (latest(session, x, member_id, states=CURRENT) for x in dict.fromkeys(same_code + alike))
    return next((x for x in candidates if x is not None), None)


def fitting(source: Demand, lot: Lot) -> list[Line]:
    """The lines of an earlier version that this lot still allows; a single tier of the lot is filled in."""
    scope = Scope.of(lot)
    return [line for line in carried(source, lot) if not rules.check([line], scope)]


def carried_into(session: Session, lot: Lot, source: Demand | None) -> tuple[list[Line], list[Figure]]:
    """The lines and the figures of departments that a new version begun from `source` has."""
    if source is None:
        return [], []
    lines = fitting(source, lot)
    stood = department_figures.of(session, source)
    return lines, department_figures.carried(stood, lines, lot, from_lot_id=source.lot_id)


def left_out(source: Demand, lot: Lot) -> list[Line]:
    """The lines of an earlier version that this lot no longer allows."""
    scope = Scope.of(lot)
    return [line for line in carried(source, lot) if rules.check([line], scope)]


def baseline_of(source: Demand, lot: Lot) -> str:
    """Where the last year's quantities of a version begun from `source` come from: those of an earlier round are estimates."""
    return source.baseline_source if source.lot_id == lot.id else "estimate"


def returned_before(session: Session, demand: Demand) -> Demand | None:
    """The version that the lead returned and this draft is to mend: itself, or the one it was begun from."""
    if demand.state != "draft":
        return None
    if demand.return_motive or demand.prefilled_from_id is None:
        return demand if demand.return_motive else None
    source = session.get_one(Demand, demand.prefilled_from_id)
    return source if source.state == "withdrawn" and source.return_motive else None


def require_editable(session: Session, demand: Demand, *, actor: Actor, now: dt.datetime) -> None:
    """Only the member's own people, only a draft, only until the demand deadline."""
    if "member" not in roles_for(session, actor, demand):
        raise NotAllowed("role-missing", N_("Only %(who)s may do this."), who="member")
    if demand.state != "draft":
        raise MoveRefused("not-a-draft", N_("Only a draft can be changed. Recall this version or begin a new one."))
    require_open(demand.round, now=now)


def require_open(round_: Round, *, now: dt.datetime) -> None:
    """Members may work on demand: the phase is demand and the deadline, its last instant included, has not passed."""
    if round_.state != "demand":
        raise MoveRefused("not-demand", N_("Demand is not open in this round. Nothing can be changed."))
    if is_past_deadline(round_, now=now):
        raise MoveRefused("after-deadline", N_("The deadline for demand has passed. Ask the lead to re-open it."))


def lock(session: Session, round_: Round, actor: Actor) -> None:
    """Two people of one member who declare or save at once wait for each other here."""
    query = select(SignOn.id).where(SignOn.round_id == round_.id, SignOn.organisation_id == actor.organisation_id)
    session.execute(query.with_for_update())


def is_past_deadline(round_: Round, *, now: dt.datetime) -> bool:
    """Whether the demand deadline has passed; a deadline includes its last instant."""
    return round_.demand_deadline is not None and now > round_.demand_deadline


def require_version(session: Session, demand: Demand, version: int, *, actor: Actor) -> None:
    """Raise Stale where the record is no longer the one that was read; it says so where it was the actor who changed it."""
    if demand.version == version:
        return
    query = select(AuditEvent.actor_id).where(AuditEvent.subject_id == demand.public_id, AuditEvent.outcome == "done")
    if session.scalar(query.order_by(AuditEvent.seq.desc()).limit(1)) == actor.user_id:
        raise Stale(
            "demand-stale",
            N_(
                "You changed this declaration yourself after this page was loaded, perhaps in another tab. This page was not saved; compare and save again."
            ),
        )
    raise Stale(
        "demand-stale",
        N_(
            "Somebody else saved this declaration while you were working. Nothing of yours was saved; compare and save again."
        ),
    )


def _begin(
    session: Session, lot: Lot, source: Demand | None, lines: list[Line], *, actor: Actor, now: dt.datetime
) -> Demand:
    """The next version, with what comes along from `source`."""
    member = session.get_one(Organisation, actor.organisation_id)
    demand = Demand(
        round=lot.round,
        lot=lot,
        member=member,
        state="",
        version_no=_next_version(session, lot, member.id),
        baseline_source=baseline_of(source, lot) if source is not None else "none",
        note=source.note if source is not None else "",
        prefilled_from_id=source.id if source is not None else None,
        created_at=now,
        created_by_id=actor.user_id,
    )
    _put_lines(session, demand, lines)
    lifecycle.move(session, demand, "declare", actor=actor, now=now)
    return demand


def _to_change(session: Session, demand: Demand, *, actor: Actor, now: dt.datetime) -> Demand:
    """The draft that a change goes into: itself, or the next version where it was handed in once, with the figures of its departments."""
    if demand.returned_at is None:
        return demand
    withdraw(session, demand, actor=actor, now=now)
    begun = _begin(session, demand.lot, demand, [], actor=actor, now=now)
    session.flush()
    department_figures.put(session, begun, department_figures.of(session, demand))
    return begun


def carried(source: Demand, lot: Lot) -> list[Line]:
    """The lines of a version; out of an earlier round, what was expected of a year there is the baseline here.

    Tiers are found again by their name without case and blanks; a single tier of the lot fills in where there was none.
    """
    lines = [of_record(record) for record in source.lines]
    if source.lot_id == lot.id:
        return lines
    return [replace(x, baseline_qty=x.qty_expected, spec_tier=tier_in(lot, x.spec_tier)) for x in lines]


def _next_version(session: Session, lot: Lot, member_id: int) -> int:
    query = select(func.max(Demand.version_no)).where(Demand.lot_id == lot.id, Demand.member_id == member_id)
    return (session.scalar(query) or 0) + 1


def _with_departments(
    demand: Demand, lines: list[Line], stood: list[Figure], figures: list[Figure] | None
) -> list[Line]:
    """The lines with the sums of the departments in them; raises InvalidInput where one was typed over."""
    before = department_figures.sums(stood)
    totals = before if figures is None else department_figures.sums(figures)
    over = department_figures.typed_over(lines, totals) if figures is None else []
    if over:
        raise InvalidInput("from-departments", FROM_DEPARTMENTS, count=len(over))
    gone = before.keys() - totals.keys()
    return department_figures.put_over(lines, totals, stored=map(of_record, demand.lines), gone=gone)


def _plain(changes: dict[str, int]) -> dict[str, Any]:
    return dict(changes)


def _facts(demand: Demand, baseline_source: str | None, note: str | None) -> tuple[str, str]:
    """Baseline source and note as they are to be; what is not given stays."""
    if baseline_source is not None and baseline_source not in BASELINE_SOURCES:
        raise InvalidInput(
            "baseline-source", N_("Choose where last year's quantity comes from."), field="baseline_source"
        )
    kept = demand.note if note is None else note[:2000]
    return (demand.baseline_source if baseline_source is None else baseline_source), kept


def _put_lines(session: Session, demand: Demand, lines: list[Line]) -> None:
    """Set the lines: those of the same key are changed in place, for a line may not stand twice, even for a moment."""
    old = {of_record(record).key: record for record in demand.lines}
    wanted = {line.key for line in lines}
    for key, record in old.items():
        if key not in wanted:
            demand.lines.remove(record)
    if demand in session:
        session.flush()
    for position, line in enumerate(lines):
        record = old[line.key] if line.key in old else DemandLine()
        if line.key not in old:
            demand.lines.append(record)
        for name, value in (stored_values(line) | {"position": position}).items():
            if line.key not in old or getattr(record, name) != value:
                setattr(record, name, value)


def _void_proposal(session: Session, demand: Demand, *, actor: Actor, now: dt.datetime) -> None:
    if proposals.open_proposal(session, demand, "submit", now=now) is not None:
        proposals.withdraw(session, demand, "submit", actor=actor, now=now)


def _guard_declare(session: Session, demand: Demand, context: Context) -> None:
    require_open(demand.round, now=context.now)
    query = select(SignOn.state).where(
        SignOn.round_id == demand.round.id, SignOn.organisation_id == demand.member.id, SignOn.state.in_(DECLARING)
    )
    if session.scalar(query.limit(1)) is None:
        raise MoveRefused("no-sign-on", N_("Accept the invitation to this round first; then you can declare demand."))


def _guard_withdraw(session: Session, demand: Demand, context: Context) -> None:
    if context.move.source == "accepted":
        require_open(demand.round, now=context.now)
    elif context.move.source == "submitted" and demand.round.state != "demand":
        raise MoveRefused("not-demand", N_("Demand is not open in this round. Nothing can be changed."))


lifecycle.register("demand", "declare", guard=_guard_declare)
lifecycle.register("demand", "withdraw", guard=_guard_withdraw)
