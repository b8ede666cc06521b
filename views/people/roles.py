"""Give and withdraw roles; disable and enable accounts."""

from __future__ import annotations

from flask import request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from framework.ground.errors import NotFound
from framework.ground.permissions import Permission
from framework.ground.text import N_
from framework.people import accounts, organisations, roles
from models.base import db
from models.people import Organisation, RoleGrant, User
from views import clock
from views.guard import actor, done, permit
from views.people import blueprint


@blueprint.post("/organisations/<organisation_id>/people/<user_id>/roles")
@permit(Permission.ROLE_WITHDRAW)
def role_grant(organisation_id: str, user_id: str) -> Response:
    """Give a role to somebody who is already of the organisation."""
    found = organisations.find(db.session(), organisation_id, actor=actor())
    user = _person_of(found, user_id)
    roles.grant(db.session(), user, found, request.form.get("role", ""), actor=actor(), now=clock.now())
    return done(_back(found), _("The role is given."))


@blueprint.post("/organisations/<organisation_id>/roles/<grant_id>/withdraw")
@permit(Permission.ROLE_WITHDRAW)
def role_withdraw(organisation_id: str, grant_id: str) -> Response:
    """Withdraw a role; it is gone on the next request."""
    found = organisations.find(db.session(), organisation_id, actor=actor())
    query = select(RoleGrant).where(RoleGrant.public_id == grant_id, RoleGrant.organisation_id == found.id)
    held = db.session.scalar(query.with_for_update())
    if held is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    roles.withdraw(db.session(), held, actor=actor(), now=clock.now())
    return done(_back(found), _("The role is withdrawn, from now on."))


@blueprint.post("/organisations/<organisation_id>/people/<user_id>/disable")
@permit(Permission.ORGANISATION_MANAGE)
def user_disable(organisation_id: str, user_id: str) -> Response:
    """Close an account; its sessions end."""
    found = organisations.find(db.session(), organisation_id, actor=actor())
    accounts.disable(db.session(), _person_of(found, user_id), actor=actor(), now=clock.now())
    return done(_back(found), _("The account is closed. Its sessions have ended."))


@blueprint.post("/organisations/<organisation_id>/people/<user_id>/enable")
@permit(Permission.ORGANISATION_MANAGE)
def user_enable(organisation_id: str, user_id: str) -> Response:
    """Open a closed account again."""
    found = organisations.find(db.session(), organisation_id, actor=actor())
    accounts.enable(db.session(), _person_of(found, user_id), actor=actor(), now=clock.now())
    return done(_back(found), _("The account is open again."))


def _person_of(found: Organisation, user_id: str) -> User:
    """Somebody who holds or held a role in the organisation; *not found* for anybody else."""
    query = (
        select(User)
        .join(RoleGrant, RoleGrant.user_id == User.id)
        .where(User.public_id == user_id, RoleGrant.organisation_id == found.id)
    )
    user = db.session.scalar(query.limit(1))
    if user is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return user


def _back(found: Organisation) -> str:
    return url_for("people.organisation_of", organisation_id=found.public_id)
