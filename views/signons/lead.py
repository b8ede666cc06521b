"""The lead's side: the list, invitations, mandates to confirm, return or refuse."""

from __future__ import annotations

import datetime as dt

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from werkzeug.wrappers import Response

from framework.ground import codelists
from framework.ground.actors import SYSTEM
from framework.ground.errors import InvalidInput, RuleBroken
from framework.ground.permissions import Permission
from framework.ground.terms import BODY_TYPES, ELIGIBILITY_BASES, MANDATE_TYPES
from framework.ground.text import N_, storable
from framework.people import organisations
from framework.people.addresses import clean_email
from framework.signons import acts, closing, eligibility, evaluators, export, lists, reminding
from framework.signons.guards import GROUNDS
from framework.signons.notices import ANSWERABLE
from models.base import db
from models.people import Organisation
from models.rounds import Round
from models.signons import SignOn
from views import clock, guard
from views.downloads import send_workbook
from views.guard import actor, permit
from views.i18n import current_language, words
from views.signons import blueprint, pages


@blueprint.get("/rounds/<round_id>/sign-ons")
@permit(Permission.SIGN_ON_VIEW)
def listing(round_: Round) -> str:
    """Who takes part, in which state; the lead invites from here."""
    return _listing(round_)


@blueprint.get("/rounds/<round_id>/sign-ons.xlsx")
@permit(Permission.SIGN_ON_CONFIRM)
def listing_workbook(round_: Round) -> Response:
    """The whole list that the search finds, as a workbook."""
    found = lists.everything(
        db.session(), round_, search=request.args.get("q", ""), state=request.args.get("state", "")
    )
    content = export.write(
        round_, found, evaluators.standing(db.session(), round_, now=clock.now()), now=clock.now(), words=words
    )
    return send_workbook(content, f"sign-ons-{round_.public_id}.xlsx")


def _listing(round_: Round, problem: str = "") -> str:
    found = lists.listing(
        db.session(),
        round_,
        search=request.args.get("q", ""),
        state=request.args.get("state", ""),
        page=request.args.get("page"),
    )
    is_lead = "lead" in guard.roles(round_)
    return render_template(
        "signons/list.html",
        round_=round_,
        found=found,
        page=found.page,
        is_lead=is_lead,
        is_open=eligibility.is_open(round_),
        is_over=eligibility.is_over(round_, now=clock.now()),
        may_remind=is_lead and round_.state in ANSWERABLE and any(found.counts.get(one) for one in reminding.OWING),
        list_closed=eligibility.list_closed(round_),
        invitable=lists.invitable(db.session(), round_) if is_lead else [],
        refused_at_publication=closing.unconfirmed(db.session(), round_) if is_lead else [],
        bases=ELIGIBILITY_BASES,
        body_types=BODY_TYPES,
        countries=codelists.countries(current_language()) if is_lead else (),
        problem=problem,
        typed=request.form,
    )


@blueprint.post("/rounds/<round_id>/sign-ons/invite")
@permit(Permission.MEMBER_INVITE)
def invite(round_: Round) -> Response | tuple[str, int]:
    """Invite chosen organisations, all or none."""
    chosen = [storable(key) for key in request.form.getlist("organisations")]
    bodies = db.session.scalars(select(Organisation).where(Organisation.public_id.in_(chosen))).all()
    try:
        if not bodies:
            raise InvalidInput("nobody-chosen", N_("Choose at least one organisation."), field="organisations")
        acts.invite_all(
            db.session(), round_, bodies, actor=actor(), now=clock.now(), class_name=request.form.get("class_name", "")
        )
        return guard.done(
            _list_url(round_),
            ngettext("%(num)s organisation invited.", "%(num)s organisations invited.", len(bodies)),
        )
    except RuleBroken as error:
        return _listing_again(round_, error)


@blueprint.post("/rounds/<round_id>/sign-ons/remind")
@permit(Permission.MEMBER_INVITE)
def remind(round_: Round) -> Response:
    """Remind everybody whose answer or mandate is missing."""
    back = _list_url(round_)
    try:
        _bodies, mails = reminding.remind(db.session(), round_, actor=actor(), now=clock.now())
    except RuleBroken as error:
        if error.status == 404:
            raise
        flash(guard.refused(error), "error")
        return redirect(back, code=303)
    return guard.done(back, ngettext("%(num)s reminder leaves by mail.", "%(num)s reminders leave by mail.", mails))


@blueprint.post("/rounds/<round_id>/sign-ons/invite-new")
@permit(Permission.MEMBER_INVITE)
def invite_new(round_: Round) -> Response | tuple[str, int]:
    """Add a body that is not known yet, put it on the list and invite its first person by mail."""
    try:
        body = organisations.create(db.session(), _details(), actor=SYSTEM, now=clock.now())
        acts.invite(
            db.session(),
            round_,
            body,
            actor=actor(),
            now=clock.now(),
            class_name=request.form.get("class_name", ""),
            email=clean_email(request.form.get("email", "")),
            days=current_app.extensions["settings"].invitation_days,
        )
        said = _("%(name)s was added and invited.", name=body.name)
        if round_.state == "set_up":
            said = _("%(name)s was added. The invitation leaves when sign-on is opened.", name=body.name)
        return guard.done(_list_url(round_), said)
    except RuleBroken as error:
        return _listing_again(round_, error)


def _details() -> organisations.Details:
    return organisations.Details(
        name=request.form.get("name", ""),
        kind="buyer",
        country=request.form.get("country", ""),
        body_type=request.form.get("body_type") or None,
        registration_no=request.form.get("registration_no", ""),
    )


def _listing_again(round_: Round, error: RuleBroken) -> tuple[str, int]:
    round_id = round_.id
    problem = guard.refused(error)
    return _listing(db.session.get_one(Round, round_id), problem), error.status


@blueprint.get("/rounds/<round_id>/sign-ons/<sign_on_id>")
@permit(Permission.SIGN_ON_VIEW)
def detail(round_: Round, sign_on_id: str) -> str:
    """One sign-on: what was handed in, and the acts that are possible now."""
    sign_on = pages.sign_on_of(round_, sign_on_id)
    return render_template(
        "signons/detail.html",
        round_=round_,
        sign_on=sign_on,
        offered=evaluators.of(db.session(), sign_on, now=clock.now()),
        is_lead="lead" in guard.roles(round_),
        handed_in_by_me=sign_on.mandate_submitted_by_id == actor().user_id,
        reason=pages.reason(sign_on),
        steps=pages.steps(sign_on),
        bases=ELIGIBILITY_BASES,
        types=MANDATE_TYPES,
        differs=eligibility.differs_from_invitation(sign_on),
        grounds=[(key, pages.GROUND_LABELS[key]) for key in GROUNDS],
    )


@blueprint.post("/rounds/<round_id>/sign-ons/<sign_on_id>/confirm")
@permit(Permission.SIGN_ON_CONFIRM)
def confirm(round_: Round, sign_on_id: str) -> Response:
    """Put the body on the list."""
    sign_on, back = _asked(round_, sign_on_id)
    return pages.attempt(
        lambda: acts.confirm(db.session(), sign_on, actor=actor(), now=clock.now(), version=pages.version()),
        back,
        _("%(name)s is confirmed and stands on the list.", name=sign_on.organisation.name),
    )


@blueprint.post("/rounds/<round_id>/sign-ons/<sign_on_id>/return")
@permit(Permission.SIGN_ON_CONFIRM)
def return_mandate(round_: Round, sign_on_id: str) -> Response:
    """Give the mandate back to be mended."""
    sign_on, back = _asked(round_, sign_on_id)
    return pages.attempt(
        lambda: acts.return_mandate(
            db.session(), sign_on, actor=actor(), now=clock.now(), motive=_motive(), version=pages.version()
        ),
        back,
        _("The mandate was returned; the body is told why."),
    )


@blueprint.post("/rounds/<round_id>/sign-ons/<sign_on_id>/refuse")
@permit(Permission.SIGN_ON_CONFIRM)
def refuse(round_: Round, sign_on_id: str) -> Response:
    """Do not admit the body, or take its invitation back."""
    sign_on, back = _asked(round_, sign_on_id)
    if sign_on.state == "invited":
        return pages.attempt(
            lambda: acts.withdraw_invitation(db.session(), sign_on, actor=actor(), now=clock.now(), motive=_motive()),
            back,
            _("The invitation was withdrawn; the body is told why."),
        )
    return pages.attempt(
        lambda: acts.refuse(
            db.session(), sign_on, actor=actor(), now=clock.now(), motive=_motive(), version=pages.version()
        ),
        back,
        _("The body was refused and is told why."),
    )


@blueprint.post("/rounds/<round_id>/sign-ons/<sign_on_id>/reopen")
@permit(Permission.SIGN_ON_CONFIRM)
def reopen(round_: Round, sign_on_id: str) -> Response:
    """Take a confirmation back."""
    sign_on, back = _asked(round_, sign_on_id)
    return pages.attempt(
        lambda: acts.reopen_mandate(db.session(), sign_on, actor=actor(), now=clock.now(), motive=_motive()),
        back,
        _("The mandate is open again."),
    )


@blueprint.post("/rounds/<round_id>/sign-ons/<sign_on_id>/activate")
@permit(Permission.SIGN_ON_CONFIRM)
def activate(round_: Round, sign_on_id: str) -> Response:
    """Let the body call off."""
    sign_on, back = _asked(round_, sign_on_id)
    if "listed" in request.form:
        back = url_for("signons.registration_board", round_id=round_.public_id)
    return pages.attempt(
        lambda: acts.activate(db.session(), sign_on, actor=actor(), now=clock.now()),
        back,
        _("%(name)s may call off.", name=sign_on.organisation.name),
    )


@blueprint.post("/rounds/<round_id>/sign-ons/<sign_on_id>/suspend")
@permit(Permission.SIGN_ON_CONFIRM)
def suspend(round_: Round, sign_on_id: str) -> Response:
    """Stop new call-offs of the body."""
    sign_on, back = _asked(round_, sign_on_id)
    ground = request.form.get("ground", "")
    return pages.attempt(
        lambda: acts.suspend(db.session(), sign_on, actor=actor(), now=clock.now(), ground=ground, motive=_motive()),
        back,
        _("%(name)s may not call off for now.", name=sign_on.organisation.name),
    )


@blueprint.post("/rounds/<round_id>/sign-ons/<sign_on_id>/reinstate")
@permit(Permission.SIGN_ON_CONFIRM)
def reinstate(round_: Round, sign_on_id: str) -> Response:
    """Let the body call off again."""
    sign_on, back = _asked(round_, sign_on_id)
    return pages.attempt(
        lambda: acts.reinstate(db.session(), sign_on, actor=actor(), now=clock.now(), motive=_motive()),
        back,
        _("%(name)s may call off again.", name=sign_on.organisation.name),
    )


@blueprint.post("/rounds/<round_id>/sign-ons/<sign_on_id>/leave")
@permit(Permission.SIGN_ON_CONFIRM)
def take_off(round_: Round, sign_on_id: str) -> Response:
    """Let a suspended body leave the round for good."""
    sign_on, back = _asked(round_, sign_on_id)
    return pages.attempt(
        lambda: acts.leave(db.session(), sign_on, actor=actor(), now=clock.now(), motive=_motive()),
        back,
        _("%(name)s has left the round.", name=sign_on.organisation.name),
    )


@blueprint.post("/rounds/<round_id>/sign-ons/<sign_on_id>/formalities")
@permit(Permission.SIGN_ON_CONFIRM)
def formalities(round_: Round, sign_on_id: str) -> Response:
    """Write down fee and call-off registration."""
    sign_on, back = _asked(round_, sign_on_id)
    return pages.attempt(
        lambda: acts.record_formalities(
            db.session(),
            sign_on,
            actor=actor(),
            now=clock.now(),
            fee_rule="fixed_yearly" if request.form.get("has_fee") else "none",
            fee_paid_on=_date("fee_paid_on"),
            call_off_registered_on=_date("call_off_registered_on"),
        ),
        back,
        _("Saved."),
    )


def _asked(round_: Round, sign_on_id: str) -> tuple[SignOn, str]:
    sign_on = guard.child(SignOn, sign_on_id, round_)
    return sign_on, url_for("signons.detail", round_id=round_.public_id, sign_on_id=sign_on.public_id)


def _motive() -> str:
    return request.form.get("motive", "").strip()[:1000]


def _date(name: str) -> dt.date | None:
    text = request.form.get(name, "").strip()
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError as error:
        raise InvalidInput("date-invalid", N_("Enter a date."), field=name) from error


def _list_url(round_: Round) -> str:
    return url_for("signons.listing", round_id=round_.public_id)
