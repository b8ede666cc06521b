"""The list of rounds, a new round, and the home of a round."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from framework.demand import price_lists
from framework.ground import jurisdictions, trail
from framework.ground.labels import STATE_LABELS
from framework.ground.paging import page_of
from framework.ground.permissions import ROUND_STATES, Permission, may, require, visible_rounds
from framework.rounds import creating, next_action, outages, schedule
from models.base import db
from models.rounds import Round
from views import clock
from views.audit import standing
from views.guard import actor, permit
from views.i18n import state_words
from views.rounds import blueprint, frame
from views.rounds.forms import CopyForm, NewRoundForm, answer, choices

PAGE = 20


@blueprint.get("/rounds")
@permit(Permission.ACCOUNT)
def index() -> str:
    """The rounds this person may know of, newest first, by words and state."""
    words_typed, state = request.args.get("q", "").strip(), request.args.get("state", "")
    query = visible_rounds(actor())
    if words_typed:
        pattern = f"%{words_typed.replace('%', '').replace('_', ' ')}%"
        query = query.where(or_(Round.name.ilike(pattern), Round.reference.ilike(pattern)))
    if state in ROUND_STATES:
        query = query.where(Round.state == state)
    total = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    page = page_of(request.args.get("page"), total, PAGE)
    ordered = query.options(joinedload(Round.organisation)).order_by(Round.created_at.desc(), Round.id.desc())
    return render_template(
        "rounds/index.html",
        rounds=db.session.scalars(ordered.offset(page.offset).limit(page.size)).all(),
        total=total,
        page=page,
        typed=words_typed,
        state=state,
        states=[(s, state_words("round", s)) for e, s in STATE_LABELS if e == "round"],
        may_create=may(db.session(), actor(), Permission.ROUND_CREATE),
        asking=price_lists.asking_rounds(db.session(), actor()),
    )


@blueprint.get("/rounds/new")
@permit(Permission.ROUND_CREATE)
def new() -> str:
    """A new round: from an earlier one, or from nothing."""
    return _new(_new_form())


@blueprint.post("/rounds/new")
@permit(Permission.ROUND_CREATE)
def create() -> Response | tuple[str, int]:
    """Create a round from nothing."""
    form = _new_form()
    made: list[Round] = []

    def act() -> None:
        made.append(
            creating.create(
                db.session(),
                name=form.name.data or "",
                jurisdiction=form.jurisdiction.data or "",
                actor=actor(),
                now=clock.now(),
            )
        )

    return answer(
        form,
        act,
        lambda: url_for("rounds.setup", round_id=made[0].public_id),
        _("The round is created. Fill in its parts below."),
        lambda: _new(form),
    )


@blueprint.get("/rounds/<round_id>/copy")
@permit(Permission.ROUND_VIEW)
def copy_page(round_: Round) -> str:
    """What a copy takes over, and its name."""
    _require_own(round_)
    form = CopyForm()
    form.name.data = form.name.data or _next_name(round_.name)
    return render_template("rounds/copy.html", round_=round_, form=form)


def _next_name(name: str) -> str:
    raised = creating.a_year_on(name)
    return raised if raised != name else _("%(name)s (next year)", name=name)


@blueprint.post("/rounds/<round_id>/copy")
@permit(Permission.ROUND_VIEW)
def copy(round_: Round) -> Response | tuple[str, int]:
    """Create a round from this one, a year on."""
    _require_own(round_)
    form = CopyForm()
    made: list[Round] = []

    def act() -> None:
        made.append(creating.copy(db.session(), round_, name=form.name.data or "", actor=actor(), now=clock.now()))

    return answer(
        form,
        act,
        lambda: url_for("rounds.dates", round_id=made[0].public_id),
        _("The round is copied, a year on. Check its dates first."),
        lambda: render_template("rounds/copy.html", round_=round_, form=form),
    )


@blueprint.get("/rounds/<round_id>")
@permit(Permission.ROUND_VIEW)
def overview(round_: Round) -> str:
    """The home of a round: where it stands, what this reader does next, what waits for others."""
    who = frame.reader(round_)
    is_lead = "lead" in who.roles
    blockers = next_action.blockers(db.session(), round_, who) if is_lead else []
    return render_template(
        "rounds/overview.html",
        round_=round_,
        is_lead=is_lead,
        is_tender_open=schedule.is_tender_open(round_, now=clock.now()),
        denied=trail.denied(db.session(), round_) if is_lead else None,
        record_line=standing.facts()["line"] if is_lead else None,
        blockers=[frame.shown(round_, step) for step in blockers],
        outages=outages.during(db.session(), round_),
        law=jurisdictions.LABELS.get(round_.jurisdiction or "", ""),
    )


def _require_own(round_: Round) -> None:
    """Only the lead of the round copies it."""
    require(db.session(), actor(), Permission.ROUND_MOVE, round_)


def _new_form() -> NewRoundForm:
    form = NewRoundForm()
    form.jurisdiction.choices = choices(jurisdictions.LABELS)
    return form


def _new(form: NewRoundForm) -> str:
    own = select(Round).where(Round.organisation_id == actor().organisation_id).order_by(Round.created_at.desc())
    return render_template("rounds/new.html", form=form, earlier=db.session.scalars(own.limit(10)).all())
