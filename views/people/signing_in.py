"""Sign in, sign out, a forgotten password."""

from __future__ import annotations

from flask import current_app, g, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.disclosure import in_memory
from framework.ground.errors import InvalidInput
from framework.ground.permissions import Permission
from framework.people import limits, links, passwords, signing_in
from models.base import db
from models.people import User
from views import clock
from views.guard import actor, done, permit, refused, stay_home
from views.i18n import sentence
from views.people import blueprint
from views.people.forms import AskResetForm, NewPasswordForm, SignInForm, at_field

Page = str | Response | tuple[str, int] | tuple[str, int, dict[str, str]]


@blueprint.get("/sign-in")
@permit(Permission.PUBLIC)
def sign_in() -> Page:
    """The sign-in form; whoever is signed in goes on."""
    target = stay_home(request.args.get("next"))
    if actor().user_id is not None:
        return redirect(target)
    return render_template("people/sign_in.html", form=SignInForm(formdata=None, data={"next": target}))


@blueprint.post("/sign-in")
@permit(Permission.PUBLIC)
def sign_in_send() -> Page:
    """Sign in: the try is counted and committed first, so that the password is compared outside any lock."""
    form = SignInForm()
    if not form.validate_on_submit():
        return render_template("people/sign_in.html", form=form), 422
    try:
        user = _identified(form.email.data or "", form.password.data or "")
    except limits.TooManyTries as error:
        return _too_many("people/sign_in.html", form, error)
    if user is None:
        db.session.commit()
        form.form_errors.append(_("The mail address or the password is not right."))
        return render_template("people/sign_in.html", form=form), 422
    begin_session(user)
    return done(stay_home(form.next.data))


@blueprint.post("/sign-out")
@permit(Permission.ACCOUNT)
def sign_out() -> Response:
    """End this session on the server."""
    _end_session()
    answer = done(url_for("home.start"))
    kept = session.get("language")
    session.clear()
    if kept:
        session["language"] = kept
    return answer


@blueprint.get("/password-reset")
@permit(Permission.PUBLIC)
def ask_reset() -> Page:
    """Ask for a link to choose a new password."""
    return render_template("people/ask_reset.html", form=AskResetForm(formdata=None), sent=False)


@blueprint.post("/password-reset")
@permit(Permission.PUBLIC)
def ask_reset_send() -> Page:
    """The same answer whether the address is known."""
    form = AskResetForm()
    if not form.validate_on_submit():
        return render_template("people/ask_reset.html", form=form, sent=False), 422
    settings = current_app.extensions["settings"]
    try:
        signing_in.ask_reset(
            db.session(),
            form.email.data or "",
            address=request.remote_addr or "-",
            limit=settings.login_limit,
            per_day=settings.reset_limit,
            now=clock.now(),
        )
    except limits.TooManyTries as error:
        return _too_many("people/ask_reset.html", form, error)
    return done(url_for(".reset_asked"))


@blueprint.get("/password-reset/asked")
@permit(Permission.PUBLIC)
def reset_asked() -> str:
    """What happens next; says nothing about the address."""
    return render_template("people/ask_reset.html", form=None, sent=True)


@blueprint.get("/password-reset/<token>")
@permit(Permission.PUBLIC)
def reset(token: str) -> Page:
    """The form behind the mailed link, or why it no longer works."""
    link = links.find(db.session(), "password_reset", token, lock=False)
    try:
        links.require_open(link, now=clock.now())
    except links.LinkOver as error:
        return render_template("people/link_over.html", message=sentence(error), again=url_for(".ask_reset")), 409
    return render_template("people/reset.html", form=NewPasswordForm(formdata=None))


@blueprint.post("/password-reset/<token>")
@permit(Permission.PUBLIC)
def reset_send(token: str) -> Page:
    """Store the new password; every session ends."""
    form = NewPasswordForm()
    if not form.validate_on_submit():
        return render_template("people/reset.html", form=form), 422
    try:
        signing_in.reset(db.session(), token, form.password.data or "", now=clock.now())
    except InvalidInput as error:
        refused(error)
        at_field(form, error)
        return render_template("people/reset.html", form=form), 422
    except links.LinkOver as error:
        return render_template("people/link_over.html", message=refused(error), again=url_for(".ask_reset")), 409
    return done(url_for(".sign_in"), _("Your password is changed. Sign in with the new one."))


def _end_session() -> None:
    """End the session of this browser; keys that lived no longer than it are forgotten at once."""
    signing_in.end(db.session(), g.live_session, actor=actor(), now=clock.now())
    in_memory.forget(actor().session_ref)


def begin_session(user: User) -> None:
    """Give the browser a new session of this person; the one it had ends, and nothing of the old cookie stays (T35)."""
    if getattr(g, "live_session", None) is not None:
        _end_session()
    settings = current_app.extensions["settings"]
    _live, token = signing_in.start(
        db.session(),
        user,
        now=clock.now(),
        max_hours=settings.session_max_hours,
        user_agent=request.user_agent.string,
        request_ref=g.request_ref,
    )
    kept = session.get("language")
    session.clear()
    session["sid"] = token
    if kept:
        session["language"] = kept


def _identified(email: str, password: str) -> User | None:
    """The person whose address and password these are; the count is committed, what follows is not."""
    limit = current_app.extensions["settings"].login_limit
    tried = signing_in.begin(db.session(), email, address=request.remote_addr or "-", limit=limit, now=clock.now())
    db.session.commit()
    is_right = passwords.matches(tried.password_hash, password)
    return signing_in.finish(db.session(), tried, password, is_right=is_right, now=clock.now())


def _too_many(template: str, form: SignInForm | AskResetForm, error: limits.TooManyTries) -> Page:
    """The form again with the waiting time; nothing is written for a try that is not taken."""
    db.session.rollback()
    form.form_errors.append(sentence(error))
    return render_template(template, form=form, sent=False), error.status, {"Retry-After": str(error.seconds)}
