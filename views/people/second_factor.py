"""The second factor: set up with a picture or a key, given with a code, saved by recovery codes."""

from __future__ import annotations

import json

import segno
from flask import current_app, g, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.ground.errors import InvalidInput
from framework.ground.permissions import Permission
from framework.people import limits, second_factor
from models.base import db
from views import clock
from views.guard import actor, done, permit, refused, stay_home
from views.i18n import sentence
from views.people import blueprint
from views.people.account import me
from views.people.forms import CodeForm, at_field

Page = str | Response | tuple[str, int] | tuple[str, int, dict[str, str]]


@blueprint.get("/second-factor", endpoint="second_factor")
@permit(Permission.ACCOUNT)
def second_factor_page() -> str:
    """Give the code, or set the second factor up."""
    target = stay_home(request.args.get("next"))
    return _page(CodeForm(formdata=None, data={"next": target}))


@blueprint.post("/second-factor", endpoint="second_factor_send")
@permit(Permission.ACCOUNT)
def second_factor_send() -> Page:
    """Take the code; tries are limited like those of signing in."""
    form = CodeForm()
    if not form.validate_on_submit():
        return _page(form), 422
    try:
        rows = counted()
    except limits.TooManyTries as error:
        db.session.rollback()
        form.form_errors.append(sentence(error))
        return _page(form), error.status, {"Retry-After": str(error.seconds)}
    try:
        target = _given(form.code.data or "", stay_home(form.next.data))
    except InvalidInput as error:
        refused(error)
        at_field(form, error)
        return _page(form), 422
    limits.give_back(db.session(), rows)
    return done(target)


@blueprint.get("/recovery-codes")
@permit(Permission.ACCOUNT)
def recovery_codes() -> Page:
    """The codes just made, until the person says that they are kept; never again afterwards."""
    codes = _shown_codes()
    if not codes:
        return redirect(url_for(".account"))
    return render_template("people/recovery_codes.html", codes=codes, next=stay_home(request.args.get("next")))


@blueprint.post("/recovery-codes")
@permit(Permission.ACCOUNT)
def recovery_codes_send() -> Response:
    """The codes are kept: forget them. With `act=new`: make new ones, for a session that gave its second factor."""
    target = stay_home(request.form.get("next"))
    if request.form.get("act") == "new" and actor().second_factor:
        codes = second_factor.make_recovery_codes(db.session(), me(), actor=actor(), now=clock.now())
        _keep_codes(codes)
        return done(url_for(".recovery_codes", next=url_for(".account")))
    session.pop("recovery_codes", None)
    return redirect(target, code=303)


def key() -> bytes:
    """The key of this installation for secrets of the second factor."""
    return second_factor.key_from(current_app.extensions["settings"].secret())


def counted() -> list[int]:
    """Count a try and commit the count, before its outcome is known."""
    limit = current_app.extensions["settings"].login_limit
    rows = limits.take(
        db.session(), limits.Limit("second_factor", limits.private(str(me().id)), limit), now=clock.now()
    )
    db.session.commit()
    return rows


def _given(code: str, target: str) -> str:
    """Verify or enrol; the address to go on to."""
    if not _enrols():
        second_factor.verify(db.session(), me(), code, key=key(), actor=actor(), now=clock.now())
        g.live_session.second_factor_at = clock.now()
        return target
    codes = second_factor.enrol(db.session(), me(), _pending_secret(), code, key=key(), actor=actor(), now=clock.now())
    g.live_session.second_factor_at = clock.now()
    session.pop("totp_pending", None)
    _keep_codes(codes)
    return url_for(".recovery_codes", next=target)


def _enrols() -> bool:
    """Whether this is a set-up: the first, or a new device for a session that has given the present one."""
    again = "again" in request.values
    return not second_factor.is_enrolled(me()) or (again and actor().second_factor)


def _page(form: CodeForm) -> str:
    if not _enrols():
        return render_template("people/second_factor.html", form=form)
    secret = _pending_secret()
    picture = segno.make(second_factor.address_for_app(me().email, secret), error="m")
    return render_template(
        "people/second_factor_enrol.html",
        form=form,
        again="again" in request.values,
        picture=picture.svg_data_uri(scale=5, border=4, dark="#0b1f2a", light="#ffffff"),
        key=" ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
        needed=_("Your role needs a second factor.") if actor().roles & _needed() else "",
    )


def _needed() -> frozenset[str]:
    found: frozenset[str] = current_app.extensions["settings"].needs_second_factor()
    return found


def _pending_secret() -> str:
    """The secret being set up: encrypted in this browser's cookie until its first code confirms it."""
    mine = f"{me().public_id}:"
    kept = second_factor.decrypt(session.get("totp_pending", ""), key()) or ""
    if kept.startswith(mine):
        return kept.removeprefix(mine)
    secret = second_factor.new_secret()
    session["totp_pending"] = second_factor.encrypt(mine + secret, key())
    return secret


def _keep_codes(codes: list[str]) -> None:
    session["recovery_codes"] = second_factor.encrypt(json.dumps([me().public_id, codes]), key())


def _shown_codes() -> list[str]:
    kept = second_factor.decrypt(session.get("recovery_codes", ""), key())
    owner, codes = json.loads(kept) if kept else ("", [])
    return list(codes) if owner == me().public_id else []
