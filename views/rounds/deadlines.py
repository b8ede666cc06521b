"""The tender deadline: a later one by two persons, the extension for all after an outage, outages on record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from flask import render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from framework.ground import jobs, proposals
from framework.ground.errors import InvalidInput, NotFound
from framework.ground.permissions import Permission
from framework.ground.text import N_, storable
from framework.rounds import deadline as deadlines
from framework.rounds import outages as interruptions
from framework.rounds import schedule, settings
from models.base import db
from models.rounds import Outage, Proposal, Round
from views import clock
from views.guard import actor, permit
from views.i18n import instant
from views.rounds import blueprint
from views.rounds.fields import instant_of, split
from views.rounds.forms import DeadlineForm, OutageEndForm, OutageForm, answer
from views.rounds.phases import act_or_tell, is_own, typed_instant


@blueprint.get("/rounds/<round_id>/deadline")
@permit(Permission.DEADLINE_MOVE)
def deadline(round_: Round) -> str:
    """The present deadline, a proposal that waits, or the form for a later one."""
    form = DeadlineForm(data=split(round_.tender_deadline, "when", round_.zone))
    return _deadline(round_, form)


@blueprint.post("/rounds/<round_id>/deadline")
@permit(Permission.DEADLINE_MOVE)
def propose_deadline(round_: Round) -> Response | tuple[str, int]:
    """Propose a later deadline, or move it where one person may."""
    form = DeadlineForm()
    two = deadlines.needs_two(round_)

    def act() -> None:
        later, motive = typed_instant(round_), form.motive.data or ""
        if two:
            deadlines.propose(db.session(), round_, later, motive=motive, actor=actor(), now=clock.now())
        else:
            deadlines.move_deadline(db.session(), round_, later, motive=motive, actor=actor(), clock=clock.now)

    said = _("Proposed. A second person confirms it on this page.") if two else _("The deadline is moved.")
    return answer(form, act, lambda: _address("deadline", round_), said, lambda: _deadline(round_, form))


@blueprint.post("/rounds/<round_id>/deadline/confirm")
@permit(Permission.DEADLINE_MOVE)
def confirm_deadline(round_: Round) -> Response:
    """Confirm a later deadline as the second person."""
    return act_or_tell(
        round_,
        "deadline",
        lambda: deadlines.confirm(db.session(), round_, actor=actor(), clock=clock.now),
        _("The deadline is moved. Everybody interested is told."),
    )


def _deadline(round_: Round, form: DeadlineForm) -> str:
    waiting = proposals.open_proposal(db.session(), round_, "move_deadline", now=clock.now())
    new = dt.datetime.fromisoformat(str(waiting.facts["deadline"])) if waiting is not None else None
    return render_template(
        "rounds/deadline.html",
        round_=round_,
        form=form,
        waiting=waiting,
        new=new,
        own=waiting is not None and waiting.proposed_by_id == actor().user_id,
        two=deadlines.needs_two(round_),
        passed=not schedule.is_tender_open(round_, now=clock.now()),
        changes=deadlines.changes(db.session(), round_),
    )


@blueprint.get("/rounds/<round_id>/extend")
@permit(Permission.DEADLINE_EXTEND)
def extend(round_: Round) -> str:
    """The outage near the deadline and the one act that extends it for all; a second person confirms."""
    return _extend(round_, None)


@blueprint.post("/rounds/<round_id>/extend")
@permit(Permission.DEADLINE_EXTEND)
def propose_extension(round_: Round) -> Response | tuple[str, int]:
    """Propose a later deadline for all: before the deadline by moving it, after it by opening receipt again."""
    form = DeadlineForm()

    def act() -> None:
        later, motive, now = typed_instant(round_), form.motive.data or "", clock.now()
        outage = interruptions.near(db.session(), round_, now=now)
        moving = schedule.is_tender_open(round_, now=now)
        propose = deadlines.propose if moving else deadlines.propose_reopening
        propose(db.session(), round_, later, motive=motive, outage=outage, actor=actor(), now=now)

    said = _("Proposed. A second person confirms it on this page.")
    return answer(form, act, lambda: _address("extend", round_), said, lambda: _extend(round_, form))


@blueprint.post("/rounds/<round_id>/extend/confirm")
@permit(Permission.DEADLINE_EXTEND)
def confirm_extension(round_: Round) -> Response:
    """Confirm the extension as the second person; everybody interested is told."""
    waiting = _extension(round_)
    confirm = deadlines.confirm_reopening
    if waiting is None or waiting.act == "move_deadline":
        confirm = deadlines.confirm
    return act_or_tell(
        round_,
        "extend",
        lambda: confirm(db.session(), round_, actor=actor(), clock=clock.now),
        _("The deadline is extended for all. Everybody interested is told."),
    )


def _extend(round_: Round, form: DeadlineForm | None) -> str:
    now = clock.now()
    outage, waiting = interruptions.near(db.session(), round_, now=now), _extension(round_)
    shown = form or DeadlineForm(data=_first_answers(round_, outage))
    new = dt.datetime.fromisoformat(str(waiting.facts["deadline"])) if waiting is not None else None
    return render_template(
        "rounds/extend.html",
        round_=round_,
        form=shown,
        outage=outage,
        waiting=waiting,
        new=new,
        own=is_own(waiting),
        is_open=schedule.is_tender_open(round_, now=now),
        is_closed=round_.state == "receipt_closed",
        may_reopen=settings.value(round_, "allow_reopen_after_outage"),
        changes=deadlines.changes(db.session(), round_),
    )


def _first_answers(round_: Round, outage: Outage | None) -> dict[str, object]:
    """A day later at the same hour, and the outage as its reason."""
    answers: dict[str, object] = dict(
        split(interruptions.proposed_deadline(round_, now=clock.now()), "when", round_.zone)
    )
    if outage is not None:
        began = str(instant(outage.started_at, round_.zone))
        ended = str(instant(outage.ended_at, round_.zone)) if outage.ended_at else _("now")
        answers["motive"] = _("Service was interrupted from %(from)s to %(to)s.", **{"from": began, "to": ended})
    return answers


def _extension(round_: Round) -> Proposal | None:
    """The extension that waits for a second person."""
    for act in ("move_deadline", "reopen_after_outage"):
        found = proposals.open_proposal(db.session(), round_, act, now=clock.now())
        if found is not None:
            return found
    return None


@blueprint.get("/public/outages")
@permit(Permission.PUBLIC)
def public_outages() -> str:
    """Interruptions of service on record, for everybody."""
    return render_template("rounds/public_outages.html", outages=interruptions.listed(db.session()))


@blueprint.get("/outages")
@permit(Permission.HEALTH_VIEW)
def outages() -> str:
    """Interruptions of service on record, and the form for a new one."""
    return _outages(OutageForm())


@blueprint.post("/outages")
@permit(Permission.HEALTH_VIEW)
def record_outage() -> Response | tuple[str, int]:
    """Record an interruption of service."""
    form = OutageForm()

    def act() -> None:
        began = instant_of(form, "from", "UTC")
        if began is None:
            raise InvalidInput("date-or-time-missing", N_("Give both the date and the time."), field="from_date")
        interruptions.record(
            db.session(),
            started_at=began,
            ended_at=instant_of(form, "to", "UTC"),
            note=form.note.data or "",
            actor=actor(),
            now=clock.now(),
        )

    said = _("The outage is recorded and shown publicly. Leads with a deadline near it are warned.")
    return answer(form, act, lambda: url_for("rounds.outages"), said, lambda: _outages(form))


@blueprint.get("/outages/<outage_id>/end")
@permit(Permission.HEALTH_VIEW)
def outage_end(outage_id: str) -> str:
    """When an outage ended that was recorded while it lasted."""
    return _outage_end(_outage(outage_id), OutageEndForm(data=split(clock.now(), "ended", "UTC")))


@blueprint.post("/outages/<outage_id>/end")
@permit(Permission.HEALTH_VIEW)
def end_outage(outage_id: str) -> Response | tuple[str, int]:
    """Record the end of an outage."""
    outage, form = _outage(outage_id), OutageEndForm()

    def act() -> None:
        ended = instant_of(form, "ended", "UTC")
        if ended is None:
            raise InvalidInput("date-or-time-missing", N_("Give both the date and the time."), field="ended_date")
        interruptions.end(db.session(), outage, ended_at=ended, actor=actor(), now=clock.now())

    said = _("The end of the outage is recorded.")
    return answer(form, act, lambda: url_for("rounds.outages"), said, lambda: _outage_end(outage, form))


def _outages(form: OutageForm) -> str:
    return render_template("rounds/outages.html", form=form, outages=interruptions.listed(db.session()))


def _outage_end(outage: Outage, form: OutageEndForm) -> str:
    return render_template("rounds/outage_end.html", form=form, outage=outage)


def _outage(outage_id: str) -> Outage:
    found = db.session.scalar(select(Outage).where(Outage.public_id == storable(outage_id)))
    if found is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return found


def _address(page: str, round_: Round) -> str:
    return url_for(f"rounds.{page}", round_id=round_.public_id)


@jobs.periodic("warn_of_outages", every_seconds=60)
def warn_of_outages(session: Session, clock_: Callable[[], dt.datetime]) -> None:
    """Warn leads whose deadline came near an outage that still lasts."""
    if interruptions.warn(session, now=clock_()):
        session.commit()
