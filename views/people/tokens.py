"""Personal tokens in the own account: make one, see its secret once, revoke it."""

from __future__ import annotations

import datetime as dt
import json

from flask import current_app, redirect, render_template, session, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from framework.ground.errors import InvalidInput, NotFound, RuleBroken
from framework.ground.permissions import Permission
from framework.ground.text import N_, storable
from framework.people import second_factor, tokens
from models.base import db
from models.people import ApiToken
from views import clock
from views.guard import actor, done, permit, refused
from views.people import blueprint
from views.people.account import me
from views.people.forms import TokenForm, at_field
from views.people.second_factor import key

KEPT = "new_token"
ENDS_SOON = dt.timedelta(days=14)


@blueprint.get("/account/tokens", endpoint="tokens")
@permit(Permission.ACCOUNT)
def tokens_page() -> str:
    """The own tokens, with the secret of the one just made."""
    return _page(TokenForm(formdata=None))


@blueprint.post("/account/tokens", endpoint="token_create")
@permit(Permission.ACCOUNT)
def token_create() -> Response | tuple[str, int]:
    """Make a token; its secret is shown on the next page only."""
    form = TokenForm()
    if not form.validate_on_submit():
        return _page(form), 422
    try:
        made, secret = tokens.create(
            db.session(),
            me(),
            name=form.name.data or "",
            scopes=form.scopes.data or [],
            days=form.days.data or 0,
            actor=actor(),
            now=clock.now(),
        )
    except RuleBroken as error:
        said = refused(error)
        if isinstance(error, InvalidInput):
            at_field(form, error)
        else:
            form.form_errors.append(said)
        return _page(form), error.status
    session[KEPT] = second_factor.encrypt(json.dumps([me().public_id, made.public_id, secret]), key())
    return done(url_for(".tokens"), _("The token is made."))


@blueprint.post("/account/tokens/kept")
@permit(Permission.ACCOUNT)
def token_kept() -> Response:
    """The secret is kept elsewhere: forget it."""
    session.pop(KEPT, None)
    return redirect(url_for(".tokens"), code=303)


@blueprint.post("/account/tokens/<token_id>/revoke")
@permit(Permission.ACCOUNT)
def token_revoke(token_id: str) -> Response:
    """End one of the own tokens."""
    found = db.session.scalar(select(ApiToken).where(ApiToken.public_id == storable(token_id)))
    if found is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    tokens.revoke(db.session(), found, actor=actor(), now=clock.now())
    if _shown(found.public_id):
        session.pop(KEPT, None)
    return done(url_for(".tokens"), _("The token is revoked. Programs that use it are refused from now on."))


def _page(form: TokenForm) -> str:
    now, found = clock.now(), tokens.own(db.session(), me())
    return render_template(
        "people/tokens.html",
        form=form,
        tokens=found,
        states={one.id: _state(one, now) for one in found},
        secrets={one.id: _shown(one.public_id) for one in found},
        scopes=tokens.SCOPES,
        prefix=tokens.PREFIX,
        may_make=tokens.may_have(actor()),
        organisation_name=actor().organisation_name,
        base=current_app.extensions["settings"].base_url.rstrip("/"),
    )


def _state(token: ApiToken, now: dt.datetime) -> str:
    """works, ends_soon, over or revoked."""
    if token.revoked_at is not None:
        return "revoked"
    if token.expires_at <= now:
        return "over"
    return "ends_soon" if token.expires_at <= now + ENDS_SOON else "works"


def _shown(public_id: str) -> str:
    """The secret of the token just made, until its person says that it is kept; else blank."""
    kept = second_factor.decrypt(session.get(KEPT, ""), key())
    owner, token, secret = json.loads(kept) if kept else ("", "", "")
    return str(secret) if (owner, token) == (me().public_id, public_id) else ""
