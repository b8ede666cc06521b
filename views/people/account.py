"""The own account: name, language, zone, password, sessions, the organisation one acts for."""

from __future__ import annotations

from flask import g, render_template, request, session, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from framework.ground.errors import InvalidInput, NotFound
from framework.ground.permissions import Permission
from framework.ground.text import N_
from framework.people import accounts, second_factor, sessions, signing_in
from models.base import db
from models.people import Organisation, User, UserSession
from views import clock
from views.guard import actor, done, permit, refused
from views.people import blueprint
from views.people.forms import AccountForm, ChangePasswordForm, at_field


@blueprint.get("/account")
@permit(Permission.ACCOUNT)
def account() -> str:
    """Everything of the own account on one page."""
    return _page(AccountForm(me()), ChangePasswordForm(formdata=None))


@blueprint.post("/account")
@permit(Permission.ACCOUNT)
def account_send() -> Response | tuple[str, int]:
    """Change name, language and zone."""
    form = AccountForm(me())
    if form.validate_on_submit():
        try:
            accounts.edit(
                db.session(),
                me(),
                name=form.name.data or "",
                language=form.language.data,
                zone=form.zone.data,
                actor=actor(),
                now=clock.now(),
            )
        except InvalidInput as error:
            refused(error)
            at_field(form, error)
        else:
            session["language"] = form.language.data
            return done(url_for(".account"), _("Your account is changed."))
    return _page(form, ChangePasswordForm(formdata=None)), 422


@blueprint.post("/account/password")
@permit(Permission.ACCOUNT)
def password_send() -> Response | tuple[str, int]:
    """Change the own password; the other sessions end."""
    form = ChangePasswordForm()
    if form.validate_on_submit():
        try:
            accounts.change_password(
                db.session(),
                me(),
                present=form.present.data or "",
                new=form.password.data or "",
                keep=g.live_session,
                actor=actor(),
                now=clock.now(),
            )
        except InvalidInput as error:
            refused(error)
            at_field(form, error)
        else:
            return done(url_for(".account"), _("Your password is changed. Your other sessions have ended."))
    return _page(AccountForm(me()), form), 422


@blueprint.post("/account/sessions/<int:number>/end")
@permit(Permission.ACCOUNT)
def session_end(number: int) -> Response:
    """End one of the own sessions."""
    found = db.session.get(UserSession, number) if number < 2**63 else None
    if found is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    signing_in.end(db.session(), found, actor=actor(), now=clock.now())
    return done(url_for(".account"), _("The session has ended."))


@blueprint.post("/account/organisation")
@permit(Permission.ACCOUNT)
def organisation_switch() -> Response:
    """Act for another of the own organisations."""
    wanted = select(Organisation.id).where(Organisation.public_id == request.form.get("organisation", ""))
    signing_in.switch(db.session(), g.live_session, db.session.scalar(wanted) or 0, actor=actor(), now=clock.now())
    return done(url_for("home.start"), _("You now act for another organisation."))


def me() -> User:
    """The person signed in."""
    return g.live_session.user  # type: ignore[no-any-return]


def _page(form: AccountForm, password_form: ChangePasswordForm) -> str:
    user, now = me(), clock.now()
    grants = sessions.current_grants(db.session(), user, now=now)
    live = signing_in.live_sessions(db.session(), user.id, now=now)
    return render_template(
        "people/account.html",
        user=user,
        form=form,
        password_form=password_form,
        sessions=live,
        browsers={one.id: _browser(one.user_agent) for one in live},
        this_session=g.live_session.id,
        organisations={grant.organisation for grant in grants},
        grants=grants,
        acting_id=actor().organisation_id,
        enrolled=second_factor.is_enrolled(user),
        codes_left=second_factor.codes_left(db.session(), user),
    )


BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
SYSTEMS = ("Windows", "Android", "iPhone", "iPad", "Mac OS X", "Linux")


def _browser(sent: str) -> str:
    """Browser and system in two words, from what the browser says of itself; blank where it says neither."""
    browser = next((name for mark, name in BROWSERS.items() if f"{mark}/" in sent), "")
    system = next((name for name in SYSTEMS if name in sent), "")
    return " · ".join(filter(None, (browser, system)))
