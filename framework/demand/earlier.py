"""Fill a declaration in from one of the member's own earlier rounds: chosen, looked at in a preview, then taken over."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from framework.demand import declare, department_figures, rules
from framework.demand.department_figures import Figure
from framework.demand.lines import Key, Line, Scope, of_record
from framework.ground.actors import Actor
from framework.ground.errors import MoveRefused, NotFound, Stale
from framework.ground.issues import Issue
from framework.ground.text import N_
from models.demand import Demand
from models.rounds import Lot, Round

SHOWN = 20
"""So many earlier declarations are offered at most, the nearest first."""


WHY: dict[str, str] = {
    "category-outside": N_("this lot does not buy %(value)s"),
    "tier-outside": N_("this lot has no specification tier “%(value)s”"),
    "tier-missing": N_("this lot asks for a specification tier"),
    "year-outside": N_("this lot has no such contract year"),
    "line-twice": N_("another line of it stands here already"),
}
"""Why a line of an earlier round cannot come along, by the code of its issue; any other is told in the words of its rule."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A line that this lot does not allow, and every reason."""

    line: Line
    issues: tuple[Issue, ...]


@dataclass(frozen=True, slots=True)
class Taking:
    """What taking an earlier declaration over would do, before anything is stored.

    `added` are lines that come along, `staying` lines of the present declaration that stay as they are, though the
    earlier one says something of the same place; `present` is what stands there now, `lines` the whole that results.
    `figures` are those of departments behind the lines that come along.
    """

    source: Demand
    added: tuple[Line, ...]
    staying: tuple[Line, ...]
    left_out: tuple[LeftOut, ...]
    present: tuple[Line, ...]
    lines: tuple[Line, ...]
    figures: tuple[Figure, ...] = ()

    @property
    def seal(self) -> str:
        """A hash over what the preview shows, so that only what was seen is taken over."""
        parts = (self.added, self.staying, tuple(one.line for one in self.left_out))
        told = [self.source.public_id, *(";".join(map(_print, part)) for part in parts)]
        told.append(department_figures.seal(self.figures))
        return hashlib.sha256("\n".join(told).encode()).hexdigest()


def sources(session: Session, lot: Lot, member_id: int | None) -> list[Demand]:
    """The member's accepted and locked declarations of earlier rounds for lots that buy some of the same, counted in the same unit.

    The round that this one was copied from comes first, then the latest; of one round the lot of the same code first.
    """
    query = (
        select(Demand)
        .join(Lot, Lot.id == Demand.lot_id)
        .join(Round, Round.id == Demand.round_id)
        .where(
            Demand.member_id == member_id,
            Demand.state.in_(declare.CURRENT),
            Demand.round_id != lot.round_id,
            Round.created_at <= lot.round.created_at,
        )
        .options(joinedload(Demand.lot), joinedload(Demand.round), selectinload(Demand.lines))
    )
    found = [one for one in session.scalars(query) if _is_alike(one.lot, lot)]
    copied = lot.round.copied_from_id
    found.sort(key=lambda one: (one.accepted_at or one.created_at, one.id), reverse=True)
    found.sort(key=lambda one: (one.round_id != copied, -one.round.created_at.timestamp(), one.lot.code != lot.code))
    return found[:SHOWN]


def source(session: Session, lot: Lot, member_id: int | None, public_id: str) -> Demand:
    """One of `sources` by its public id. Raises NotFound."""
    for one in sources(session, lot, member_id):
        if one.public_id == public_id:
            return one
    raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))


def preview(session: Session, lot: Lot, chosen: Demand, member_id: int | None) -> Taking:
    """What would come along, what stays as it is, what is left out and why. Nothing is stored."""
    own = _own_lines(session, lot, member_id)
    scope = Scope.of(lot)
    told = _told(declare.carried(chosen, lot), scope)
    fitting = [line for line, issues in told if not issues]
    present = {line.key: line for line in own}
    added = tuple(line for line in fitting if line.key not in present)
    staying = tuple(present[line.key] for line in fitting if line.key in present)
    baselines = {line.key: line.baseline_qty for line in fitting}
    kept = [
        replace(line, baseline_qty=baselines[line.key]) if line.baseline_qty is None and line.key in baselines else line
        for line in own
    ]
    left_out = tuple(LeftOut(line, issues) for line, issues in told if issues)
    figures = _figures(session, chosen, told, added)
    return Taking(chosen, added, staying, left_out, tuple(own), (*kept, *added), figures)


def take(
    session: Session, lot: Lot, chosen: Demand, *, seal: str, version: int, actor: Actor, now: dt.datetime
) -> Demand:
    """Put what the preview showed into the own draft, which is begun here where there is none.

    `seal` is that of the preview, `version` that of the draft it was made from (0: none). Last year's quantities are then
    marked as estimates where nothing else was said of them. Raises Stale where something else would come along now,
    MoveRefused where nothing would or demand is not open, and what `declare.edit` raises.
    """
    declare.lock(session, lot.round, actor)
    declare.require_open(lot.round, now=now)
    draft = declare.latest(session, lot, actor.organisation_id, states=declare.WAITING, anew=True)
    found = preview(session, lot, chosen, actor.organisation_id)
    if found.seal != seal or (draft.version if draft is not None else 0) != version:
        raise Stale("demand-stale", N_("Your declaration changed since this was shown. Look at it again."))
    if found.lines == found.present:
        raise MoveRefused("nothing-to-repeat", N_("Nothing of it would come along: every line stands here already."))
    if draft is None:
        draft = declare.declare(session, lot, actor=actor, now=now, chosen=chosen)
        session.flush()
    figures = [*department_figures.of(session, draft), *found.figures]
    origin = draft.baseline_source if draft.baseline_source != "none" else "estimate"
    declare.edit(
        session,
        draft,
        list(found.lines),
        actor=actor,
        now=now,
        version=draft.version,
        baseline_source=origin,
        source="earlier",
        figures=figures,
    )
    session.flush()
    made = declare.latest(session, lot, actor.organisation_id, states=declare.WAITING) or draft
    if made.prefilled_from_id is None:
        made.prefilled_from_id = chosen.id
    return made


def _own_lines(session: Session, lot: Lot, member_id: int | None) -> list[Line]:
    """What stands in the declaration of this lot: the draft, else what a new version of it would begin with."""
    draft = declare.latest(session, lot, member_id, states=declare.WAITING)
    if draft is not None:
        return [of_record(one) for one in draft.lines]
    begun = declare.latest(session, lot, member_id, states=(*declare.CURRENT, "lapsed"))
    return declare.fitting(begun, lot) if begun is not None else []


def is_any(session: Session, lot: Lot, member_id: int | None) -> bool:
    """Whether the member has declared something like it in an earlier round."""
    query = (
        select(Lot)
        .join(Demand, Demand.lot_id == Lot.id)
        .join(Round, Round.id == Demand.round_id)
        .where(
            Demand.member_id == member_id,
            Demand.state.in_(declare.CURRENT),
            Demand.round_id != lot.round_id,
            Round.created_at <= lot.round.created_at,
        )
    )
    return any(_is_alike(one, lot) for one in session.scalars(query))


def _told(lines: Iterable[Line], scope: Scope) -> list[tuple[Line, tuple[Issue, ...]]]:
    """Every line with what is wrong with it here; two that would be one line here cannot both come along."""
    first: dict[Key, Line] = {}
    found = []
    for line in lines:
        issues = rules.check([line], scope)
        if not issues and first.setdefault(line.key, line) is not line:
            issues = [rules.issue("line-twice", line.row, other=first[line.key].row)]
        found.append((line, tuple(issues)))
    return found


def _figures(
    session: Session, chosen: Demand, told: Iterable[tuple[Line, tuple[Issue, ...]]], added: Iterable[Line]
) -> tuple[Figure, ...]:
    """The figures of departments behind the lines that come along, under the keys those have here."""
    come = {id(line) for line in added}
    here = {
        of_record(record).key: line
        for record, (line, _issues) in zip(chosen.lines, told, strict=True)
        if id(line) in come
    }
    return tuple(
        replace(one, spec_tier=here[one.key].spec_tier)
        for one in department_figures.of(session, chosen)
        if one.key in here
    )


def _print(line: Line) -> str:
    """What a line says, the same whether it was just made or came out of the database."""
    value = f"{line.value_expected:.2f}" if line.value_expected is not None else ""
    facts = (line.qty_firm, line.qty_expected, line.qty_max, value, line.baseline_qty, line.certainty)
    return repr((*line.key, *facts, line.not_known_reason, line.delivery_profile))


def _is_alike(one: Lot, other: Lot) -> bool:
    """Whether figures of one lot say something of the other: counted in the same unit, of the same code or some of the same bought."""
    return one.unit == other.unit and (one.code == other.code or bool(set(one.categories) & set(other.categories)))
