"""What asker and asked do with a request: ask, pass on, refuse, withdraw, remind. Every state changes through the table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from framework.chain.requests import due, links, notices
from framework.chain.requests.making import UPSTREAM, Party, cleaned, new, require_rows, send
from framework.chain.requests.nodes import Node, of_row
from framework.disclosure.veil import OPENED
from framework.ground import audit, conflicts, lifecycle, permissions
from framework.ground.actors import Actor
from framework.ground.errors import InvalidInput, MoveRefused, NotAllowed
from framework.ground.permissions import Permission
from framework.ground.sealed import BY_LINK
from framework.ground.text import N_
from framework.people.addresses import clean_name
from models.disclosure import Submission
from models.people import RoleGrant, User
from models.records import StoredFile
from models.requests import RequestLink, RequestReminder, RequestRow, UpstreamRequest

REMINDED = audit.declare("request.reminded", "step")
MOST_ROWS = 500
MOST_HOPS = 6
SUPPLIER_DAY = dt.timedelta(days=1)
MOST_A_DAY = 200
"""How many requests a supplier sends in a day: each is a mail to somebody outside."""
MOST_CHILDREN = 20
MOST_PASSED_ON_A_DAY = 100
"""How often one request of a supplier is passed on in a day, over all its hops: with each hop it could be twenty times more."""


def by_link(link: RequestLink) -> Actor:
    """Who acts by a link: nobody of the installation; the record shows that it was by this request's link."""
    return Actor(
        None, None, UPSTREAM, name=link.request.asked_name, session_ref=BY_LINK, language=link.request.language
    )


def ask(
    session: Session,
    submission: Submission,
    nodes: Sequence[Node],
    to: Party,
    *,
    why: str,
    due_on: dt.date | None,
    actor: Actor,
    now: dt.datetime,
) -> UpstreamRequest:
    """A supplier asks a brand or maker for rows that its version leaves open; the mail leaves after the commit.

    Raises NotAllowed, InvalidInput (no rows, address, due date) and MoveRefused.
    """
    permissions.require(session, actor, Permission.REQUEST_ASK, submission.round)
    # What others passed on is counted there: it must not use up the day of the supplier.
    _require_day_left(session, UpstreamRequest.supplier_id == actor.organisation_id, now)
    request = new(submission, to, why=why, due_on=due_on, asker=submission.supplier.name, now=now, has_rows=bool(nodes))
    return _ask(session, request, nodes, actor=actor, now=now)


def ask_as_lead(
    session: Session,
    submission: Submission,
    nodes: Sequence[Node],
    to: Party,
    *,
    why: str,
    due_on: dt.date | None,
    actor: Actor,
    now: dt.datetime,
) -> UpstreamRequest:
    """The lead asks itself about rows of one opened tender; whoever is asked does not learn whose tender it is.

    Raises as `ask`.
    """
    round_ = submission.round
    permissions.require(session, actor, Permission.REQUEST_ASK_AS_LEAD, round_)
    conflicts.require_free(session, actor, submission)
    _require_day_left(session, UpstreamRequest.supplier_id == actor.organisation_id, now)
    asker = round_.organisation.name
    request = new(submission, to, why=why, due_on=due_on, asker=asker, now=now, is_of_lead=True, has_rows=bool(nodes))
    return _ask(session, request, nodes, actor=actor, now=now)


def pass_on(
    session: Session,
    link: RequestLink,
    rows: Sequence[RequestRow],
    to: Party,
    *,
    why: str,
    due_on: dt.date | None,
    now: dt.datetime,
) -> UpstreamRequest:
    """The asked party asks the next one for some of the rows; it answers its own asker itself, with what comes back.

    Raises InvalidInput and MoveRefused.
    """
    parent = hold(session, link.request, now)
    require_listed(parent, "pass_on", now, but={"passed_on"})
    if parent.hop >= MOST_HOPS:
        raise MoveRefused("too-many-hops", N_("This has been passed on too often. Answer it, or refuse it."))
    if len(children(session, parent)) >= MOST_CHILDREN:
        raise MoveRefused(
            "too-many-asked", N_("You have asked enough others. Answer with what you have, or refuse it.")
        )
    if passed_on_lately(session, parent, now) >= MOST_PASSED_ON_A_DAY:
        message = N_("This request was passed on as often as it may be in one day. Go on tomorrow, or answer it.")
        raise MoveRefused("too-many-asked", message)
    require_rows(all(row.request_id == parent.id for row in rows))
    child = new(
        parent.submission,
        to,
        why=why,
        due_on=due_on,
        asker=parent.asked_name,
        now=now,
        parent=parent,
        has_rows=bool(rows),
    )
    child.rows = [of_row(row).as_row(number, parent_row_id=row.id) for number, row in enumerate(rows, start=1)]
    actor = by_link(link)
    send(session, child, asker_email=parent.asked_email, actor=actor, now=now, link=link)
    if parent.state != "passed_on":
        lifecycle.move(session, parent, "pass_on", actor=actor, now=now, roles=UPSTREAM, link=link, child=child)
    return child


def refuse(
    session: Session,
    link: RequestLink,
    proof: StoredFile | None,
    *,
    proof_on: dt.date | None,
    note: str,
    by: str,
    now: dt.datetime,
) -> None:
    """The asked party says no, with a dated answer attached: its own, or that of the party it had asked.

    Raises InvalidInput (no file, no date, a date ahead) and MoveRefused.
    """
    request = hold(session, link.request, now)
    require_listed(request, "refuse", now)
    name = clean_name(by, "by")
    text = cleaned(note, "note")
    if proof is None:
        message = N_("Attach the dated answer that refuses: a letter, a mail or a form as a file.")
        raise InvalidInput("proof-missing", message, field="proof")
    if proof_on is None or proof_on > local_day(request, now):
        raise InvalidInput("proof-date", N_("Give the date of that answer; it cannot lie ahead."), field="proof_on")
    request.proof, request.proof_on = proof, proof_on
    facts: dict[str, Any] = {"by": name, "note": text, "link": link}
    lifecycle.move(session, request, "refuse", actor=by_link(link), now=now, roles=UPSTREAM, **facts)
    notices.tell_asker(session, request, now=now)


def withdraw(
    session: Session, request: UpstreamRequest, *, actor: Actor, now: dt.datetime, link: RequestLink | None = None
) -> None:
    """The asker takes a request back; what was passed on from it is taken back too. Raises NotAllowed, MoveRefused."""
    hold(session, request, now)
    roles = UPSTREAM if link is not None else None
    lifecycle.move(session, request, "withdraw", actor=actor, now=now, roles=roles, link=link)
    notices.was_withdrawn(session, request, now=now)


def remind(
    session: Session, request: UpstreamRequest, *, actor: Actor, now: dt.datetime, link: RequestLink | None = None
) -> None:
    """The asker reminds, at most once a day. Raises NotAllowed, MoveRefused."""
    hold(session, request, now)
    _require_asker(request, actor, link)
    is_over = request.parent is not None and request.parent.state in ("answered", "withdrawn")
    if is_over or request.state not in (*due.RUNNING, "no_answer"):
        raise MoveRefused("nothing-waits", N_("Nothing waits here: it is answered, refused or withdrawn."))
    last = session.scalar(select(func.max(RequestReminder.at)).where(RequestReminder.request_id == request.id))
    if now - max(request.asked_at, last or request.asked_at) < SUPPLIER_DAY:
        raise MoveRefused("reminded-already", N_("A mail went out less than a day ago. Remind again tomorrow."))
    notices.remind(session, request, step_hours=None, now=now)
    audit.record(session, REMINDED, actor=actor, now=now, subject=request, step="asker")


def hold(session: Session, request: UpstreamRequest, now: dt.datetime) -> UpstreamRequest:
    """Lock a request, see it as it is now, and note first that its due date passed where it did."""
    session.execute(select(UpstreamRequest.id).where(UpstreamRequest.id == request.id).with_for_update())
    session.refresh(request)
    if due.settle(session, request, now):
        notices.tell_asker(session, request, now=now)
    return request


def require_listed(
    request: UpstreamRequest, act: str, now: dt.datetime, *, but: frozenset[str] | set[str] = frozenset()
) -> None:
    """Refuse an act that the state of now does not list, before anything typed is looked at."""
    if due.state_now(request, now) not in but:
        lifecycle.find("request", due.state_now(request, now), act)


def children(session: Session, request: UpstreamRequest) -> list[UpstreamRequest]:
    """The requests that were passed on from one, oldest first."""
    query = select(UpstreamRequest).where(UpstreamRequest.parent_id == request.id)
    return list(session.scalars(query.order_by(UpstreamRequest.id)))


def passed_on_lately(session: Session, request: UpstreamRequest, now: dt.datetime) -> int:
    """How many requests were passed on in the last day anywhere behind the first hop of this one."""
    root = request
    while root.parent is not None:
        root = root.parent
    table = UpstreamRequest
    behind = select(table.id, table.asked_at).where(table.parent_id == root.id).cte("behind", recursive=True)
    behind = behind.union_all(select(table.id, table.asked_at).join(behind, table.parent_id == behind.c.id))
    return session.scalar(select(func.count()).where(behind.c.asked_at > now - SUPPLIER_DAY)) or 0


def local_day(request: UpstreamRequest, now: dt.datetime) -> dt.date:
    """Which day it is in the zone of the request."""
    return now.astimezone(ZoneInfo(request.zone)).date()


def take_back_children(session: Session, request: UpstreamRequest, *, actor: Actor, now: dt.datetime) -> None:
    """Withdraw what was passed on and still waits: its asker has answered or is asked no more.

    What stayed silent stays so, and its link ends; what was passed on from there is taken back too.
    """
    for child in children(session, request):
        due.settle(session, child, now)
        if child.state in due.RUNNING:
            consequence = {"roles": UPSTREAM, "is_consequence": True}
            lifecycle.move(session, child, "withdraw", actor=actor, now=now, **consequence)  # type: ignore[arg-type]
            notices.was_withdrawn(session, child, now=now)
            continue
        if child.state == "no_answer":
            notices.drop_reminders(session, child)
            links.revoke(session, child, now=now)
        take_back_children(session, child, actor=actor, now=now)


def _ask(
    session: Session, request: UpstreamRequest, nodes: Sequence[Node], *, actor: Actor, now: dt.datetime
) -> UpstreamRequest:
    """Send a first hop for these rows; the mail leaves after the commit."""
    request.created_by_id = actor.user_id
    request.rows = [node.as_row(number) for number, node in enumerate(nodes, start=1)]
    user = session.get(User, actor.user_id) if actor.user_id is not None else None
    return send(session, request, asker_email=user.email if user is not None else "", actor=actor, now=now)


def _require_day_left(session: Session, is_own: ColumnElement[bool], now: dt.datetime) -> None:
    """Refuse one more first hop where as many were asked in a day as may be."""
    table = UpstreamRequest
    sent = select(func.count()).where(is_own, table.hop == 1, table.asked_at > now - SUPPLIER_DAY)
    if (session.scalar(sent) or 0) >= MOST_A_DAY:
        raise MoveRefused("too-many-asked", N_("That is the most that is asked in one day. Go on tomorrow."))


def _is_first_asker(request: UpstreamRequest, actor: Actor) -> bool:
    """Whether this is somebody of the supplier that asks, or of the lead where the lead asks itself."""
    return actor.organisation_id == request.owner_id and (not request.is_of_lead or "lead" in actor.roles)


def _require_asker(request: UpstreamRequest, actor: Actor, link: RequestLink | None) -> None:
    """The asker of a first hop is the supplier or the lead; of a later one, whoever holds a link to the hop before."""
    if request.parent_id is None:
        is_asker = link is None and _is_first_asker(request, actor)
    else:
        is_asker = link is not None and link.purpose == links.ANSWER and link.request_id == request.parent_id
    if not is_asker:
        raise NotAllowed("not-the-asker", N_("Only whoever asked may do this."))


def require_asked(request: UpstreamRequest, link: RequestLink | None) -> None:
    """Refuse whoever does not hold a link to this very request."""
    if link is None or link.purpose != links.ANSWER or link.request_id != request.id:
        raise NotAllowed("not-the-one-asked", N_("Only whoever was asked may do this."))


def _guard_ask(session: Session, request: UpstreamRequest, context: lifecycle.Context) -> None:
    _require_new_asker(request, context)
    if request.is_of_lead and request.parent is None:
        _require_outsider(session, request)
    require_rows(bool(request.rows))
    if len(request.rows) > MOST_ROWS:
        message = N_("A request holds at most %(limit)s rows. Ask in several requests.")
        raise InvalidInput("too-many-rows", message, field="rows", limit=MOST_ROWS)
    if due.is_past(request, context.now):
        raise InvalidInput("due-date-past", N_("The date must lie ahead."), field="due_on")
    parent = request.parent
    if parent is not None and not due.is_past(parent, context.now) and request.due_on > parent.due_on:
        message = N_("You are asked yourself until %(day)s: ask for an answer by then.")
        raise InvalidInput("due-date-after-yours", message, field="due_on", day=parent.due_on)
    if parent is not None and request.folded_email == parent.folded_email:
        raise InvalidInput("asked-yourself", N_("This is the address at which you were asked."), field="email")


def _require_new_asker(request: UpstreamRequest, context: lifecycle.Context) -> None:
    link = context.facts.get("link")
    if request.parent is not None:
        if link is None or link.request_id != request.parent.id:
            raise NotAllowed("not-the-asker", N_("Only whoever asked may do this."))
    elif not _is_first_asker(request, context.actor):
        raise NotAllowed("not-the-asker", N_("Only whoever asked may do this."))


def _require_outsider(session: Session, request: UpstreamRequest) -> None:
    """The lead asks about an opened tender, and somebody who offers nothing in the round: bidders have clarifications."""
    if request.submission.state not in OPENED:
        raise MoveRefused("not-opened", N_("Only rows of opened tenders can be asked about."), rule="L07b")
    bidders = select(Submission.supplier_id).where(
        Submission.round_id == request.round.id, Submission.opened_at.is_not(None)
    )
    query = select(User.id).join(RoleGrant, RoleGrant.user_id == User.id)
    is_here = RoleGrant.organisation_id.in_(bidders) & RoleGrant.withdrawn_at.is_(None)
    if session.scalar(query.where(User.folded_email == request.folded_email, is_here).limit(1)) is not None:
        message = N_("This is the address of a supplier of this round. Ask it about its own rows as a clarification.")
        raise InvalidInput("asked-a-bidder", message, field="email")


def _guard_pass_on(_session: Session, request: UpstreamRequest, context: lifecycle.Context) -> None:
    require_asked(request, context.facts.get("link"))
    child = context.facts.get("child")
    if child is None or child.parent is not request or not child.state:
        raise MoveRefused("nobody-asked", N_("Nobody was asked in your place yet."))


def _guard_refuse(_session: Session, request: UpstreamRequest, context: lifecycle.Context) -> None:
    require_asked(request, context.facts.get("link"))
    if request.proof is None or request.proof_on is None:
        message = N_("Attach the dated answer that refuses: a letter, a mail or a form as a file.")
        raise MoveRefused("proof-missing", message)


def _guard_withdraw(_session: Session, request: UpstreamRequest, context: lifecycle.Context) -> None:
    if not context.facts.get("is_consequence"):
        _require_asker(request, context.actor, context.facts.get("link"))


def _moved(_session: Session, request: UpstreamRequest, context: lifecycle.Context) -> None:
    request.moved_at = context.now


def _refused(session: Session, request: UpstreamRequest, context: lifecycle.Context) -> None:
    _moved(session, request, context)
    request.answered_by, request.note = context.facts["by"], context.facts["note"]
    notices.drop_reminders(session, request)


def _withdrawn(session: Session, request: UpstreamRequest, context: lifecycle.Context) -> None:
    _moved(session, request, context)
    notices.drop_reminders(session, request)
    links.revoke(session, request, now=context.now)
    take_back_children(session, request, actor=context.actor, now=context.now)


_Effect = Callable[[Session, UpstreamRequest, lifecycle.Context], None]
for _act, _guard, _effect in (
    ("ask", _guard_ask, _moved),
    ("pass_on", _guard_pass_on, _moved),
    ("refuse", _guard_refuse, _refused),
    ("withdraw", _guard_withdraw, _withdrawn),
):
    lifecycle.register("request", _act, guard=_guard, effect=_effect)
