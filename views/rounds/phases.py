"""Moves of a round from phase to phase, proposals taken back, cancellation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from framework.contract import running
from framework.demand import lock
from framework.ground import jobs, proposals
from framework.ground.errors import InvalidInput, RuleBroken
from framework.ground.permissions import Permission
from framework.ground.text import N_
from framework.rounds import moves, schedule
from models.base import db
from models.rounds import Proposal, Round
from views import clock, guard
from views.guard import actor, permit
from views.i18n import joined, words
from views.rounds import blueprint
from views.rounds.fields import instant_of
from views.rounds.forms import DeadlineForm, MotiveForm, answer

MOVES: dict[str, dict[str, str]] = {
    "open_signons": {
        "title": N_("Open sign-on"),
        "does": N_("The invitations leave. Buyers can answer and hand in mandates."),
    },
    "reopen_set_up": {
        "title": N_("Go back to set-up"),
        "does": N_("The invited buyers are told. Possible while nobody has answered."),
        "motive": "yes",
    },
    "open_demand": {
        "title": N_("Open demand"),
        "does": N_("Members are told and can declare. Lots, categories, units and tiers are fixed from now on."),
    },
    "lock_demand": {
        "title": N_("Lock demand"),
        "does": N_("Accepted declarations are locked, drafts lapse, the pool is stored."),
        "motive": "yes",
    },
    "reopen_demand": {
        "title": N_("Open demand again"),
        "does": N_("Members can declare until the new deadline; what is locked stays until something newer is locked."),
        "motive": "yes",
        "deadline": "yes",
    },
    "withdraw_readiness": {
        "title": N_("Take readiness back"),
        "does": N_("The terms can be edited again; both confirmations are void."),
        "motive": "yes",
    },
    "enter_force": {
        "title": N_("Put the round in force"),
        "does": N_(
            "Signed agreements start on their first day. Confirmed members are told that they may register for call-offs."
        ),
    },
    "close": {
        "title": N_("Close the round"),
        "does": N_("Nothing new is called off. It is possible once every agreement has ended."),
    },
}
BY_STATE = {
    "set_up": ("open_signons",),
    "sign_on": ("open_demand", "reopen_set_up"),
    "demand": ("lock_demand",),
    "demand_locked": ("reopen_demand",),
    "ready": ("withdraw_readiness",),
    "standstill": ("enter_force",),
    "in_force": ("close",),
}
NAMED = 10
CANCEL_ALONE = frozenset({"set_up", "sign_on", "demand", "demand_locked", "ready"})


@blueprint.get("/rounds/<round_id>/phase")
@permit(Permission.ROUND_MOVE)
def phase(round_: Round) -> str:
    """What can be opened or closed now, and what each move does."""
    return _phase(round_)


def _phase(round_: Round, problems: dict[str, str] | None = None) -> str:
    possible = [{"act": act} | MOVES[act] for act in BY_STATE.get(round_.state, ())]
    return render_template(
        "rounds/phase.html",
        round_=round_,
        moves=possible,
        left_behind=_left_behind(round_) if round_.state == "demand" else [],
        problems=problems or {},
        typed=request.form,
    )


def _left_behind(round_: Round) -> list[str]:
    """What locking demand now would leave behind, by name: drafts that lapse, members without an answer."""
    found = lock.unfinished(db.session(), round_)
    drafts, missing = [f"{member} · {lot}" for member, lot in found.drafts], found.missing
    said = []
    if drafts:
        said.append(
            ngettext(
                "%(num)s draft lapses: %(names)s.",
                "%(num)s drafts lapse: %(names)s.",
                len(drafts),
                names=_first(drafts),
            )
        )
    if missing:
        said.append(
            ngettext(
                "%(num)s member has not answered for every lot: %(names)s.",
                "%(num)s members have not answered for every lot: %(names)s.",
                len(missing),
                names=_first(missing),
            )
        )
    return said


def _first(names: list[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - NAMED
    return joined(names[:NAMED] + ([ngettext("%(num)s more", "%(num)s more", more)] if more > 0 else []))


@blueprint.get("/rounds/<round_id>/phase/<act>")
@permit(Permission.ROUND_MOVE)
def phase_again(round_: Round, act: str) -> Response:
    """The page of the moves, for an address that a form was sent to."""
    return redirect(_to("phase", round_))


@blueprint.post("/rounds/<round_id>/phase/<act>")
@permit(Permission.ROUND_MOVE)
def make_move(round_: Round, act: str) -> Response | tuple[str, int]:
    """Make one move."""
    if act not in MOVES:
        return redirect(url_for("rounds.phase", round_id=round_.public_id), code=303)
    try:
        _moves(round_)[act]()
        return guard.done(
            url_for("rounds.overview", round_id=round_.public_id),
            _("Done: %(label)s.", label=words(MOVES[act]["title"])),
        )
    except RuleBroken as error:
        if error.status == 404:
            raise
        return _phase(round_, {act: guard.refused(error)} | _further(round_, act)), error.status


def _further(round_: Round, act: str) -> dict[str, str]:
    """What else set-up lacks beside what the move named, so that one sees all of it at once."""
    more = moves.lacking(db.session(), round_)[1:] if act == "open_signons" and round_.state == "set_up" else []
    return {f"{act} {number}": words(sentence) for number, sentence in enumerate(more)}


def _moves(round_: Round) -> dict[str, Callable[[], None]]:
    session, who, now, motive = db.session(), actor(), clock.now(), request.form.get("motive", "")
    return {
        "open_signons": lambda: moves.open_signons(
            session, round_, actor=who, now=now, invitation_days=current_app.extensions["settings"].invitation_days
        ),
        "reopen_set_up": lambda: moves.reopen_set_up(session, round_, actor=who, now=now, motive=motive),
        "open_demand": lambda: moves.open_demand(session, round_, actor=who, now=now),
        "lock_demand": lambda: moves.lock_demand(session, round_, actor=who, now=now, motive=motive),
        "reopen_demand": lambda: moves.reopen_demand(
            session, round_, actor=who, now=now, motive=motive, demand_deadline=typed_instant(round_)
        ),
        "withdraw_readiness": lambda: moves.withdraw_readiness(session, round_, actor=who, now=now, motive=motive),
        "enter_force": lambda: running.enter_force(session, round_, actor=who, now=now),
        "close": lambda: running.close(session, round_, actor=who, now=now),
    }


def typed_instant(round_: Round) -> dt.datetime:
    """The date and time that were typed, in the zone of the round; raises InvalidInput at their field."""
    form = DeadlineForm()
    found = instant_of(form, "when", round_.zone)
    if found is None:
        raise InvalidInput("date-or-time-missing", N_("Give both the date and the time."), field="when_date")
    return found


@blueprint.post("/rounds/<round_id>/proposals/<act>/withdraw")
@permit(Permission.ROUND_MOVE)
def withdraw_proposal(round_: Round, act: str) -> Response:
    """Take a proposal back before the second person confirms it."""
    return act_or_tell(
        round_,
        "overview",
        lambda: proposals.withdraw(db.session(), round_, act, actor=actor(), now=clock.now()),
        _("The proposal is taken back."),
    )


@blueprint.get("/rounds/<round_id>/cancel")
@permit(Permission.ROUND_MOVE)
def cancel(round_: Round) -> str:
    """What cancelling does, and the motive."""
    return _cancel(round_, MotiveForm())


@blueprint.post("/rounds/<round_id>/cancel")
@permit(Permission.ROUND_MOVE)
def make_cancel(round_: Round) -> Response | tuple[str, int]:
    """Cancel, or propose to where two persons are needed."""
    form = MotiveForm()
    alone = round_.state in CANCEL_ALONE

    def act() -> None:
        one = moves.cancel if alone else moves.propose_cancel
        one(db.session(), round_, actor=actor(), now=clock.now(), motive=form.motive.data or "")

    said = _("The round is cancelled.") if alone else _("Proposed. A second person confirms it on this page.")
    return answer(
        form, act, lambda: _to("overview" if alone else "cancel", round_), said, lambda: _cancel(round_, form)
    )


@blueprint.post("/rounds/<round_id>/cancel/confirm")
@permit(Permission.ROUND_MOVE)
def confirm_cancel(round_: Round) -> Response:
    """Confirm the cancellation as the second person."""
    return act_or_tell(
        round_,
        "overview",
        lambda: moves.confirm_cancel(db.session(), round_, actor=actor(), now=clock.now()),
        _("The round is cancelled. Members and suppliers are told."),
        otherwise="cancel",
    )


def _cancel(round_: Round, form: MotiveForm) -> str:
    waiting = proposals.open_proposal(db.session(), round_, "cancel", now=clock.now())
    return render_template(
        "rounds/cancel.html",
        round_=round_,
        form=form,
        waiting=waiting,
        own=is_own(waiting),
        alone=round_.state in CANCEL_ALONE,
    )


def is_own(waiting: Proposal | None) -> bool:
    """Whether this reader proposed it, and so cannot confirm it."""
    return waiting is not None and waiting.proposed_by_id == actor().user_id


def act_or_tell(round_: Round, page: str, act: Callable[[], object], message: str, *, otherwise: str = "") -> Response:
    """Do one act without a form of its own; a broken rule is told on the page one comes from."""
    try:
        act()
        return guard.done(_to(page, round_), message)
    except RuleBroken as error:
        if error.status == 404:
            raise
        flash(guard.refused(error), "error")
        return redirect(_to(otherwise or page, round_), code=303)


def _to(page: str, round_: Round) -> str:
    return url_for(f"rounds.{page}", round_id=round_.public_id)


@jobs.periodic("lock_due_demand", every_seconds=60)
def lock_due_demand(session: Session, clock_: Callable[[], dt.datetime]) -> None:
    """Lock demand in every round whose deadline for demand is past; where a declaration waits, the lead has the task."""
    for round_ in schedule.demand_due(session, now=clock_()):
        schedule.lock_demand_if_due(session, round_, now=clock_())
        session.commit()
