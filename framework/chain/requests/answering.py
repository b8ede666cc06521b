"""The answer of the one asked: a draft that is taken up again, what came back from the next hop, and the act that sends it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.chain.requests import acts, notices
from framework.chain.requests.blocks import (
    FIELDS,
    MOST_BLOCKS,
    SITE,
    Block,
    Problem,
    Understood,
    as_typed,
    blank,
    shares,
    understand,
)
from framework.chain.requests.making import UPSTREAM
from framework.ground import audit, lifecycle
from framework.ground.errors import InvalidInput, MoveRefused, NotFound, Stale
from framework.ground.text import N_
from framework.people.addresses import clean_name
from models.requests import RequestAnswer, RequestLink, RequestRow, UpstreamRequest

SAVED = audit.declare("request.draft_saved", "rows")
TAKEN = audit.declare("request.taken_over", "rows", "source")
OPEN = ("asked", "passed_on", "no_answer", "refused")
"""States in which an answer is still taken."""
Drafted = dict[int, list[Block]]


class AnswerBroken(InvalidInput):
    """What was typed cannot be sent yet: `problems` say where and why. The draft is kept."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("answer-broken", N_("Some answers cannot be sent as they are. Your draft is saved."))


def draft_of(request: UpstreamRequest) -> Drafted:
    """What was typed so far: the blocks of each asked row by its position."""
    rows = (request.draft or {}).get("rows", {})
    return {int(position): [dict(block) for block in blocks] for position, blocks in rows.items()}


def stamp_of(request: UpstreamRequest) -> int:
    """A number that grows with each saving of the draft: a form that was made before the last one is told so."""
    return int((request.draft or {}).get("stamp", 0))


def save(
    session: Session,
    link: RequestLink,
    typed: Mapping[int, Sequence[Mapping[str, Any]]],
    *,
    by: str,
    stamp: int,
    now: dt.datetime,
) -> int:
    """Keep what was typed for these rows, the others as they are; how many rows say something now.

    A block that was taken over from elsewhere and is unchanged remembers where from. Raises MoveRefused, and Stale
    where the draft was saved elsewhere meanwhile.
    """
    request = acts.hold(session, link.request, now)
    _require_open(request)
    if stamp != stamp_of(request):
        raise Stale(
            "draft-stale", N_("This was saved in another window meanwhile. Yours is kept below, not saved yet.")
        )
    merged = _merged(request, typed)
    if merged != (request.draft or {}).get("rows", {}) or by.strip() != (request.draft or {}).get("by", ""):
        _keep(session, request, merged, by=by, now=now)
        audit.record(session, SAVED, actor=acts.by_link(link), now=now, subject=request, rows=len(merged))
    return len(merged)


def take_over(
    session: Session, link: RequestLink, chosen: Mapping[int, Sequence[RequestAnswer]], *, source: str, now: dt.datetime
) -> int:
    """Put answers of the next hop (`via`) or earlier own ones (`reused`) into the draft, by position; how many rows."""
    request = acts.hold(session, link.request, now)
    _require_open(request)
    rows = dict((request.draft or {}).get("rows", {}))
    for position, answers in chosen.items():
        own = [block for block in rows.get(str(position), ()) if not blank(block)]
        new = [{**block_of(one), source: one.id} for one in answers]
        known = {one.get(source) for one in own}
        rows[str(position)] = (own + [one for one in new if one[source] not in known])[:MOST_BLOCKS]
    if chosen:
        _keep(session, request, rows, by=str((request.draft or {}).get("by", "")), now=now)
        audit.record(
            session, TAKEN, actor=acts.by_link(link), now=now, subject=request, rows=len(chosen), source=source
        )
    return len(chosen)


def answer(session: Session, link: RequestLink, *, by: str, now: dt.datetime) -> int:
    """Send the draft as the answer; how many rows it answers. Rows without an answer stay unanswered, which is told.

    Raises AnswerBroken, InvalidInput (no name) and MoveRefused (nothing answered, or over).
    """
    request = acts.hold(session, link.request, now)
    acts.require_listed(request, "answer", now)
    name = clean_name(by, "by")
    found = _understood(request, acts.local_day(request, now))
    facts: dict[str, Any] = {"link": link, "answers": found, "by": name}
    lifecycle.move(session, request, "answer", actor=acts.by_link(link), now=now, roles=UPSTREAM, **facts)
    notices.tell_asker(session, request, now=now)
    return len({position for position, _understood, _block in found})


def from_children(session: Session, request: UpstreamRequest) -> dict[int, list[RequestAnswer]]:
    """What came back from the next hop, by the number of the row it belongs to."""
    query = (
        select(RequestRow.parent_row_id, RequestAnswer)
        .join(RequestAnswer, RequestAnswer.row_id == RequestRow.id)
        .join(UpstreamRequest, UpstreamRequest.id == RequestRow.request_id)
        .where(UpstreamRequest.parent_id == request.id, UpstreamRequest.state == "answered")
        .order_by(RequestAnswer.id)
    )
    found: dict[int, list[RequestAnswer]] = {}
    for row_id, one in session.execute(query):
        if row_id is not None:
            found.setdefault(row_id, []).append(one)
    return found


def row_at(request: UpstreamRequest, position: int) -> RequestRow:
    """An asked row by its position; raises NotFound."""
    found = next((row for row in request.rows if row.position == position), None)
    if found is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return found


def block_of(one: RequestAnswer) -> Block:
    """The block that would say the same as a stored answer."""
    return as_typed({**one.told, "answer": one.reason or SITE, "note": one.note})


def _require_open(request: UpstreamRequest) -> None:
    if request.state not in OPEN:
        raise MoveRefused("request-over", N_("This request takes no answer any more: it is answered or withdrawn."))


def _keep(
    session: Session, request: UpstreamRequest, rows: dict[str, list[Block]], *, by: str, now: dt.datetime
) -> None:
    request.draft = {"by": by.strip()[:200], "rows": rows, "stamp": stamp_of(request) + 1}
    request.draft_at = now
    session.flush()


def _merged(request: UpstreamRequest, typed: Mapping[int, Sequence[Mapping[str, Any]]]) -> dict[str, list[Block]]:
    before = draft_of(request)
    known = {row.position for row in request.rows}
    merged = {position: blocks for position, blocks in before.items() if position not in typed}
    for position, blocks in typed.items():
        if position in known:
            old = before.get(position, [])
            merged[position] = [
                _with_source(as_typed(one), old) for one in blocks[:MOST_BLOCKS] if not blank(as_typed(one))
            ]
    return {str(position): merged[position] for position in sorted(merged) if merged[position]}


def _with_source(block: Block, before: Sequence[Block]) -> Block:
    """The block with where it was taken from, where it still says what it said then."""
    for old in before:
        if all(block.get(name) == old.get(name) for name in ("answer", *FIELDS)):
            return block | {name: old[name] for name in ("via", "reused") if name in old}
    return block


def _understood(request: UpstreamRequest, today: dt.date) -> list[tuple[int, Understood, Block]]:
    found, wrong = [], []
    for position, typed in sorted(draft_of(request).items()):
        ready = []
        for number, block in enumerate(typed, start=1):
            one, problems = understand(block, position, number, today=today)
            wrong += problems
            if one is not None:
                ready.append(one)
                found.append((position, one, block))
        wrong += shares(ready, position)
        if len(ready) > 1 and any(one.reason for one in ready):
            wrong.append(Problem(position, 1, "answer", N_("Name sites, or say why none is named, not both.")))
    if wrong:
        raise AnswerBroken(wrong)
    return found


def _guard(_session: Session, request: UpstreamRequest, context: lifecycle.Context) -> None:
    acts.require_asked(request, context.facts.get("link"))
    if not context.facts.get("answers"):
        raise MoveRefused("nothing-answered", N_("Answer at least one row; “we do not know it” is an answer too."))


def _effect(session: Session, request: UpstreamRequest, context: lifecycle.Context) -> None:
    request.answered_at = request.moved_at = context.now
    request.answered_by, request.draft = context.facts["by"], {}
    for position, one, block in context.facts["answers"]:
        stored = RequestAnswer(
            row_id=row_at(request, position).id,
            reason=one.reason,
            told=one.told,
            note=one.note,
            answered_at=context.now,
            answered_by=context.facts["by"],
            via_id=block.get("via"),
            reused_id=block.get("reused"),
        )
        session.add(stored)
    session.flush()
    notices.drop_reminders(session, request)
    acts.take_back_children(session, request, actor=context.actor, now=context.now)


lifecycle.register("request", "answer", guard=_guard, effect=_effect)
