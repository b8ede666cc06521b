"""Who judges: evaluators and chairs, named by the lead, with what each can take on, and the conflicts that were stated."""

from __future__ import annotations

from typing import TypeVar

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.ground.errors import InvalidInput, NotFound, RuleBroken
from framework.ground.permissions import Permission
from framework.ground.text import N_, storable
from framework.judging import conflicts as statements
from framework.judging import judges as named
from models.base import db
from models.judging import Conflict
from models.people import Organisation, User
from models.rounds import Round
from views import clock, guard
from views.guard import actor, permit
from views.judging import blueprint

T = TypeVar("T", User, Organisation)


@blueprint.get("/rounds/<round_id>/judging/judges")
@permit(Permission.JUDGES_NAME)
def judges(round_: Round) -> str:
    """Everybody named, with statement, conflicts, capacity and languages."""
    return _page(round_)


@blueprint.post("/rounds/<round_id>/judging/judges")
@permit(Permission.JUDGES_NAME)
def name_judge(round_: Round) -> str | Response | tuple[str, int]:
    """Name a person of a member as evaluator or chair."""
    person, _sign, body = request.form.get("person", "").partition(" ")
    user, organisation = _one(User, person), _one(Organisation, body)
    try:
        if user is None or organisation is None:
            raise InvalidInput("person-missing", N_("Choose a person."), field="person")
        role = request.form.get("role", "")
        named.name(db.session(), round_, user, organisation, role, actor=actor(), now=clock.now())
    except RuleBroken as error:
        return _again(round_, error)
    return guard.done(_here(round_), _("%(name)s is named.", name=user.name))


@blueprint.post("/rounds/<round_id>/judging/judges/offered")
@permit(Permission.JUDGES_NAME)
def take_offered(round_: Round) -> str | Response | tuple[str, int]:
    """Name one person whom a member offered at sign-on as evaluator, or all of them."""
    offered = named.offered(db.session(), round_, now=clock.now())
    chosen = request.form.get("offer", "")
    wanted = [one for one in offered if chosen in ("all", one.public_id)]
    try:
        if not wanted:
            raise InvalidInput("not-offered", N_("This person is not offered any more, or is named already."))
        taken = named.take_offered(db.session(), round_, wanted, actor=actor(), now=clock.now())
    except RuleBroken as error:
        return _again(round_, error)
    if len(taken) == 1:
        return guard.done(_here(round_), _("%(name)s is named.", name=taken[0].name))
    return guard.done(_here(round_), _("%(count)s persons are named.", count=len(taken)))


@blueprint.post("/rounds/<round_id>/judging/judges/<user_id>")
@permit(Permission.JUDGES_NAME)
def change_judge(round_: Round, user_id: str) -> str | Response | tuple[str, int]:
    """Change what an evaluator can take on, or withdraw an evaluator or chair."""
    user = _one(User, user_id)
    if user is None or user.id not in {one.user.id for one in named.panel(db.session(), round_)}:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    try:
        role = request.form.get("withdraw", "")
        if role:
            named.withdraw(db.session(), round_, user, role, actor=actor(), now=clock.now())
            return guard.done(_here(round_), _("%(name)s is withdrawn.", name=user.name))
        version = request.form.get("version", "")
        named.change_profile(
            db.session(),
            round_,
            user,
            capacity=_whole(request.form.get("capacity", "")),
            languages=request.form.get("languages", "").casefold().replace(",", " ").split(),
            version=int(version) if version.isdecimal() and len(version) < 10 else None,
            actor=actor(),
            now=clock.now(),
        )
    except RuleBroken as error:
        return _again(round_, error)
    return guard.done(_here(round_), _("Saved."))


@blueprint.post("/rounds/<round_id>/judging/conflicts/<conflict_id>/lift")
@permit(Permission.JUDGES_NAME)
def lift_conflict(round_: Round, conflict_id: str) -> str | Response | tuple[str, int]:
    """Take back a conflict that somebody else stated by mistake."""
    conflict = guard.child(Conflict, conflict_id, round_)
    try:
        motive = storable(request.form.get("motive", ""))
        statements.lift(db.session(), conflict, motive, actor=actor(), now=clock.now())
    except RuleBroken as error:
        return _again(round_, error)
    return guard.done(_here(round_), _("The conflict is taken back; the record keeps it."))


def _again(round_: Round, error: RuleBroken) -> tuple[str, int]:
    if error.status in (403, 404):
        raise error
    public_id, field = round_.public_id, getattr(error, "field", "")
    said = guard.refused(error)
    return _page(db.session.query(Round).filter_by(public_id=public_id).one(), said, field), error.status


def _here(round_: Round) -> str:
    return url_for("judging.judges", round_id=round_.public_id)


def _one(table: type[T], public_id: str) -> T | None:
    return db.session.query(table).filter_by(public_id=storable(public_id)).one_or_none()


def _whole(text: str) -> int | None:
    """A whole number as typed, None for nothing. Raises InvalidInput."""
    bare = "".join(text.split())
    if not bare:
        return None
    if not bare.isdecimal() or len(bare) > 9:
        raise InvalidInput("capacity", N_("Give a whole number of items, or nothing."), field="capacity")
    return int(bare)


def _page(round_: Round, error: str = "", field: str = "") -> str:
    panel = named.panel(db.session(), round_)
    people = statements.persons(db.session(), round_)
    stated = {user.id: statements.statement_of(db.session(), round_, user.id) for user, _roles in people}
    conflicts = statements.standing(db.session(), round_)
    users = {user.id: user for user in db.session.query(User).filter(User.id.in_({one.user_id for one in conflicts}))}
    mine = {(one.supplier_id, one.brand_key) for one in conflicts if one.user_id == actor().user_id}
    return render_template(
        "judging/judges.html",
        round_=round_,
        panel=panel,
        openers=[(user, stated[user.id]) for user, roles in people if not roles & {"evaluator", "chair"}],
        candidates=named.candidates(db.session(), round_),
        offered=named.offered(db.session(), round_, now=clock.now()),
        conflicts=[(one, users[one.user_id]) for one in conflicts if (one.supplier_id, one.brand_key) not in mine],
        me=actor().user_id,
        error=error,
        field=field,
        typed=request.form,
    )
