"""Where a body names the persons it offers as evaluators: optional, until the judging starts."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from framework.ground.errors import InvalidInput, NotFound, RuleBroken
from framework.ground.permissions import Permission
from framework.ground.text import N_
from framework.people import roles
from framework.signons import evaluators as offers
from models.base import db
from models.people import User
from models.rounds import Round
from views import clock, guard
from views.guard import actor, permit
from views.signons import blueprint, member


@blueprint.get("/rounds/<round_id>/sign-on/evaluators")
@permit(Permission.SIGN_ON_ANSWER)
def evaluators(round_: Round) -> str:
    """Whom the own body offers, and who else of it can be offered."""
    return _page(round_)


@blueprint.post("/rounds/<round_id>/sign-on/evaluators")
@permit(Permission.SIGN_ON_ANSWER)
def offer_evaluator(round_: Round) -> Response | tuple[str, int]:
    """Offer a person of the own body, change what was said of one, or take one back."""
    sign_on = member.own_of(round_)
    user = db.session.scalar(select(User).where(User.public_id == request.form.get("person", "")))
    here = url_for("signons.evaluators", round_id=round_.public_id)
    try:
        if user is None:
            raise InvalidInput("person-missing", N_("Choose a person."), field="person")
        if request.form.get("do") == "back":
            offers.take_back(db.session(), sign_on, user, actor=actor(), now=clock.now())
            return guard.done(here, _("%(name)s is offered no longer.", name=user.name))
        offers.offer(
            db.session(),
            sign_on,
            user,
            capacity=_whole(request.form.get("capacity", "")),
            languages=offers.codes_of(request.form.get("languages", "")),
            actor=actor(),
            now=clock.now(),
        )
    except NotFound:
        raise
    except RuleBroken as error:
        return _again(round_, error)
    return guard.done(here, _("%(name)s is offered as evaluator.", name=user.name))


def _whole(text: str) -> int | None:
    """A whole number as typed, None for nothing. Raises InvalidInput."""
    bare = "".join(text.split())
    if not bare:
        return None
    if not (bare.isascii() and bare.isdigit()) or len(bare) > 9:
        raise InvalidInput("capacity", N_("Give a whole number of items, or nothing."), field="capacity")
    return int(bare)


def _again(round_: Round, error: RuleBroken) -> tuple[str, int]:
    number, field = round_.id, str(getattr(error, "field", "") or "")
    said = guard.refused(error)
    return _page(db.session.get_one(Round, number), said, field), error.status


def _page(round_: Round, problem: str = "", field: str = "") -> str:
    sign_on = member.own_of(round_)
    offered = offers.of(db.session(), sign_on, now=clock.now())
    taken = {one.user_id for one in offered}
    row = next(
        (n for n, one in enumerate(offered, 1) if problem and one.user.public_id == request.form.get("person")), 0
    )
    people = offers.people(db.session(), sign_on, now=clock.now())
    may_invite = bool(roles.grantable(db.session(), actor(), sign_on.organisation, now=clock.now()))
    return render_template(
        "signons/evaluators.html",
        round_=round_,
        sign_on=sign_on,
        offered=offered,
        row=row,
        others=[one for one in people if one.id not in taken],
        is_open=offers.is_open(sign_on),
        may_invite=may_invite,
        problem=problem,
        field=field,
        typed=request.form,
        typed_new={} if row else request.form,
    )
