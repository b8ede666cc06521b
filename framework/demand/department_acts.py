"""Write down what departments need of one declaration: one act for the page of a department and for a sheet of many."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from sqlalchemy.orm import Session

from framework.demand import declare, department_figures, departments
from framework.demand.declare import LinesBroken
from framework.demand.department_figures import Figure, by_department, seal, sums
from framework.demand.department_tables import Plan
from framework.demand.lines import Line, Scope, of_record
from framework.demand.rules import QTY_LIMIT
from framework.ground import audit
from framework.ground.actors import Actor
from framework.ground.errors import InvalidInput, NotFound, RuleBroken, Stale
from framework.ground.text import N_, NN_
from models.demand import Demand
from models.departments import Department
from models.rounds import Lot

FILLED = audit.declare("department.figures_saved", "demand", "figures", "removed", "source")
KEEP, REPLACE = "keep", "replace"
"""What becomes of a figure that stood in a line before its departments spoke: it is kept as what belongs to none, or it goes."""


class Undecided(RuleBroken):
    """Lines hold figures that were typed before their departments spoke, and nobody said what shall become of them: `lines`."""

    def __init__(self, lines: list[Line]) -> None:
        super().__init__(
            "figures-undecided",
            NN_(
                "%(count)s line holds a figure that was typed in the grid. Say what shall become of it, then save again.",
                "%(count)s lines hold figures that were typed in the grid. Say what shall become of them, then save again.",
            ),
            count=len(lines),
        )
        self.lines = lines


def standing(session: Session, lot: Lot, actor: Actor) -> tuple[Demand | None, list[Line], list[Figure]]:
    """The own draft (or what waits for the lead), its lines and the figures behind it; without one, what a new version would begin with."""
    draft = declare.latest(session, lot, actor.organisation_id, states=declare.WAITING)
    if draft is not None:
        return draft, [of_record(one) for one in draft.lines], department_figures.of(session, draft)
    source = declare.source_of_prefill(session, lot, actor.organisation_id)
    return None, *declare.carried_into(session, lot, source)


def fill(
    session: Session,
    lot: Lot,
    wanted: Mapping[int, list[Figure]],
    *,
    seen: str,
    settle: str = "",
    rest_name: str = departments.REST,
    actor: Actor,
    now: dt.datetime,
    source: str = "departments",
    source_upload_id: int | None = None,
) -> Demand | None:
    """Put the figures of each department of `wanted` (by its id) in place of all it had; lines become the new sums.

    `seen` is the seal over what the page showed of these departments. `settle` says what becomes of figures that
    stand in lines no department spoke of before. Begins a new version where there is no draft; None where there is none
    and nothing would change. Raises LinesBroken, Stale where somebody else changed one of these departments' figures,
    Undecided, and what `declare.edit` raises.
    """
    declare.lock(session, lot.round, actor)
    _require_known(session, wanted, actor)
    draft = declare.latest(session, lot, actor.organisation_id, states=declare.WAITING, anew=True)
    if draft is None:
        if _is_same(session, lot, wanted, seen, actor, now):
            return None
        draft = declare.declare(session, lot, actor=actor, now=now)
        session.flush()
    declare.require_editable(session, draft, actor=actor, now=now)
    stood = department_figures.of(session, draft)
    if seen != seal(of_departments(stood, wanted)):
        raise Stale("figures-stale", STALE)
    figures = [one for one in stood if one.department_id not in wanted]
    for own in wanted.values():
        broken = department_figures.check(own, Scope.of(lot))
        if broken:
            raise LinesBroken(broken)
        figures += [one for one in own if not one.is_blank]
    lines = [of_record(one) for one in draft.lines]
    figures += _settled(session, lines, stood, figures, settle, rest_name, actor=actor, now=now)
    _require_small(figures)
    return _kept(session, draft, lines, stood, figures, actor=actor, now=now, source=source, upload=source_upload_id)


def take(
    session: Session,
    lot: Lot,
    made: Plan,
    stood: list[Figure],
    *,
    settle: str,
    rest_name: str,
    actor: Actor,
    now: dt.datetime,
    source: str,
    source_upload_id: int,
) -> Demand | None:
    """Take over what a table says as one unit: its new departments are added, the figures of those it names become those of the plan.

    `stood` are the figures it was compared with; raises as `fill` does, and InvalidInput where a department cannot be added.
    """
    places = list(made.added)
    added = (
        departments.add_all(session, [made.added[place] for place in places], actor=actor, now=now) if places else []
    )
    ids = {-1 - place: one.id for place, one in zip(places, added, strict=True)}
    own = by_department(
        replace(one, department_id=ids.get(one.department_id, one.department_id)) for one in made.figures
    )
    touched = [ids.get(number, number) for number in made.touched]
    return fill(
        session,
        lot,
        {number: own.get(number, []) for number in touched},
        seen=seal(of_departments(stood, touched)),
        settle=settle,
        rest_name=rest_name,
        actor=actor,
        now=now,
        source=source,
        source_upload_id=source_upload_id,
    )


def of_departments(figures: Iterable[Figure], wanted: Iterable[int]) -> list[Figure]:
    """The figures of these departments."""
    ids = set(wanted)
    return [one for one in figures if one.department_id in ids]


def undecided(lines: Iterable[Line], stood: Iterable[Figure], figures: Iterable[Figure]) -> list[Line]:
    """The lines that departments begin to speak of and that hold a figure, or a reason why there is none, of somebody else."""
    begun = {one.key for one in figures if not one.is_blank} - {one.key for one in stood}
    return [line for line in lines if line.key in begun]


def _is_same(
    session: Session, lot: Lot, wanted: Mapping[int, list[Figure]], seen: str, actor: Actor, now: dt.datetime
) -> bool:
    """Whether a page that showed what a new version would begin with says just that."""
    declare.require_open(lot.round, now=now)
    stood = standing(session, lot, actor)[2]
    said = [one for own in wanted.values() for one in own if not one.is_blank]
    return seen == seal(of_departments(stood, wanted)) == seal(said)


def _require_known(session: Session, wanted: Iterable[int], actor: Actor) -> None:
    own = {one.id for one in departments.all_of(session, actor=actor)}
    if not own.issuperset(wanted):
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))


def _settled(
    session: Session,
    lines: list[Line],
    stood: list[Figure],
    figures: list[Figure],
    settle: str,
    rest_name: str,
    *,
    actor: Actor,
    now: dt.datetime,
) -> list[Figure]:
    """What is kept, as figures of the department that holds what belongs to none."""
    before = undecided(lines, stood, figures)
    if before and settle not in (KEEP, REPLACE):
        raise Undecided(before)
    if not before or settle == REPLACE:
        return []
    holder = departments.rest(session, rest_name, actor=actor, now=now)
    said = {one.key for one in figures if one.department_id == holder.id}
    if any(line.key in said for line in before):
        message = N_(
            "“%(name)s” says something of the same line itself. Replace the figure of the grid, or empty it there."
        )
        raise InvalidInput("rest-said", message, name=holder.name)
    return [
        Figure(holder.id, *line.key, line.qty_firm, line.qty_expected, line.qty_max, line.not_known_reason)
        for line in before
    ]


def _require_small(figures: list[Figure]) -> None:
    for key, total in sums(figures).items():
        if any(value is not None and value > QTY_LIMIT for value in total.quantities):
            message = N_(
                "Together the departments say more than %(limit)s in contract year %(year)s. Check the figures."
            )
            raise InvalidInput("sum-too-large", message, limit=QTY_LIMIT, year=key[3])


def _kept(
    session: Session,
    draft: Demand,
    lines: list[Line],
    stood: list[Figure],
    figures: list[Figure],
    *,
    actor: Actor,
    now: dt.datetime,
    source: str,
    upload: int | None,
) -> Demand:
    if seal(stood) == seal(figures):
        return draft
    lot = draft.lot
    declare.edit(
        session,
        draft,
        lines,
        actor=actor,
        now=now,
        version=draft.version,
        source=source,
        source_upload_id=upload,
        figures=figures,
    )
    session.flush()
    demand = declare.latest(session, lot, actor.organisation_id, states=declare.WAITING) or draft
    _tell(session, demand, stood, figures, actor=actor, now=now, source=source)
    return demand


def _tell(
    session: Session,
    demand: Demand,
    stood: list[Figure],
    figures: list[Figure],
    *,
    actor: Actor,
    now: dt.datetime,
    source: str,
) -> None:
    """One event for each department whose figures changed. It belongs to the department and to no round: the lead learns of none."""
    before, after = ({(one.department_id, one.key): one for one in each} for each in (stood, figures))
    saved = Counter(name[0] for name, one in after.items() if before.get(name) != one)
    removed = Counter(name[0] for name in before.keys() - after.keys())
    for department in departments.all_of(session, actor=actor):
        if saved[department.id] or removed[department.id]:
            audit.record(
                session,
                FILLED,
                actor=actor,
                now=now,
                subject=department,
                demand=demand.public_id,
                figures=saved[department.id],
                removed=removed[department.id],
                source=source,
            )


def answered(figures: Iterable[Figure]) -> set[int]:
    """The departments that gave at least one quantity."""
    return {number for number, own in by_department(figures).items() if any(one.is_known for one in own)}


def silent(everybody: Iterable[Department], figures: Iterable[Figure]) -> list[Department]:
    """The departments that are asked and gave no quantity yet."""
    done = answered(figures)
    return [one for one in everybody if one.id not in done and not one.is_archived and not one.is_rest]


STALE = N_(
    "Somebody else saved figures of this department while you were working. Nothing was overwritten: what they saved stands beside what you typed. Save again to put yours in its place."
)
