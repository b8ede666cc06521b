"""What a supplier says otherwise than in its last version: the one that was opened in an earlier round of the same lead.

Within a round only one version of a supplier is ever opened; those it replaced stay sealed for good and are shown to nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from framework.chain.comparison import Line
from framework.disclosure import comparisons
from framework.disclosure.columns import SITES
from framework.disclosure.confidentiality import Reader, levels_of, reader_of
from framework.disclosure.differences import Differences, compare
from framework.disclosure.lettered import reads_letters
from framework.disclosure.recognise import SITE_LIST
from framework.disclosure.veil import OPENED, hides_names
from framework.ground.actors import Actor
from framework.ground.permissions import Permission, may
from models.disclosure import Submission, SubmissionRow
from models.rounds import Round

ROUNDS_BACK = 2
"""How many earlier rounds are looked through for a last version."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs between the rows of both versions that a reader may see; None where both are too long for a page.

    `hides`: some rows of either are not for this reader.
    """

    before: Submission
    found: Differences | None
    hides: bool


def earlier(session: Session, round_: Round, suppliers: Sequence[int], actor: Actor) -> dict[int, Submission]:
    """By supplier: its opened submission of the newest earlier round of the same lead that this actor may compare."""
    if round_.tender_deadline is None:
        return {}
    query = (
        select(Submission)
        .join(Round, Round.id == Submission.round_id)
        .options(joinedload(Submission.round), joinedload(Submission.file))
        .where(
            Submission.supplier_id.in_(sorted(set(suppliers))),
            Submission.state.in_(OPENED),
            Submission.opened_at.is_not(None),
            Round.organisation_id == round_.organisation_id,
            Round.id != round_.id,
            Round.tender_deadline < round_.tender_deadline,
        )
        .order_by(Round.tender_deadline)
    )
    found = list(session.scalars(query))
    rounds = list({one.round_id: one.round for one in found}.values())[-ROUNDS_BACK:]
    seen = {one.id for one in rounds if _may_know(session, one, actor)}
    return {one.supplier_id: one for one in found if one.round_id in seen}


def _may_know(session: Session, round_: Round, actor: Actor) -> bool:
    """Whether an actor may compare suppliers by name in a round."""
    is_seen = may(session, actor, Permission.COMPARISON_VIEW, round_)
    is_named = not hides_names(reader_of(session, round_, actor)) and not reads_letters(session, round_, actor.user_id)
    return is_seen and is_named


def with_earlier(session: Session, round_: Round, lines: Sequence[Line], reader: Reader, actor: Actor) -> list[Line]:
    """The lines with their last versions; whoever may not know bidders is told of none, for that would tell who they are."""
    if hides_names(reader):
        return list(lines)
    known = earlier(session, round_, [one.submission.supplier_id for one in lines], actor)
    return [replace(one, earlier=known.get(one.submission.supplier_id)) for one in lines]


def since(session: Session, before: Submission, after: Submission, reader: Reader, actor: Actor) -> Changes:
    """The differences of two versions as one reader may see them."""
    then = reader_of(session, before.round, actor)
    if not comparisons.is_small(before, after):
        return Changes(before, None, hides=False)
    old, hides_old = _seen(session, before, then)
    new, hides_new = _seen(session, after, reader)
    return Changes(before, compare(old, new), hides=hides_old or hides_new)


def _seen(session: Session, submission: Submission, reader: Reader) -> tuple[dict[str, list[dict[str, object]]], bool]:
    """The rows of a version that a reader may see, by our name of the sheet, and whether there are others."""
    table, levels = SubmissionRow, None if reader.sees_all else levels_of(session, submission)
    query = select(table.sheet, table.row, table.read_values, table.found).where(
        table.submission_id == submission.id, table.listed_reason == ""
    )
    records: dict[str, list[dict[str, object]]] = {}
    hides = False
    for sheet, row, values, found in session.execute(query.order_by(table.id)):
        if levels is not None and not reader.may_see(*levels.of_values(values)):
            hides = True
            continue
        name = SITES if submission.format == SITE_LIST else sheet
        records.setdefault(name, []).append({"row": row, "values": values, "found": found})
    return records, hides
