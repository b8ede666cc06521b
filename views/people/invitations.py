"""Invite somebody to an organisation; accept an invitation."""

from __future__ import annotations

from flask import current_app, g, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.ground.errors import InvalidInput, NotAllowed, RuleBroken
from framework.ground.labels import ROLE_LABELS
from framework.ground.permissions import Permission
from framework.people import accounts, invitations, links, organisations, roles
from framework.people.addresses import fold_email
from framework.signons import notices
from models.base import db
from models.people import OneUseLink
from views import clock
from views.guard import actor, done, permit, refused
from views.i18n import current_language, sentence
from views.people import blueprint
from views.people.account import me
from views.people.forms import AcceptForm, InviteForm, at_field
from views.people.organisations import page_of
from views.people.signing_in import begin_session

ON_THE_PAGE = frozenset({"other-address", "account-exists"})
"""Refusals that the page of an invitation tells by itself."""


@blueprint.post("/organisations/<organisation_id>/invitations")
@permit(Permission.USER_INVITE)
def invite(organisation_id: str) -> Response | tuple[str, int]:
    """Invite an address; the answer is the same whether it has an account."""
    found = organisations.find(db.session(), organisation_id, actor=actor())
    form = InviteForm(roles.grantable(db.session(), actor(), found, now=clock.now()))
    if form.validate_on_submit():
        try:
            invitations.invite(
                db.session(),
                form.email.data or "",
                found,
                form.role.data,
                actor=actor(),
                now=clock.now(),
                days=_days(),
            )
        except InvalidInput as error:
            refused(error)
            at_field(form, error)
            found = organisations.find(db.session(), organisation_id, actor=actor())
        else:
            place = url_for(".organisation_of", organisation_id=organisation_id)
            return done(place, _("The invitation to %(address)s is on its way.", address=form.email.data))
    return page_of(found, form), 422


@blueprint.post("/organisations/<organisation_id>/invitations/<link_id>/resend")
@permit(Permission.USER_INVITE)
def invitation_resend(organisation_id: str, link_id: str) -> Response:
    """Send a new link; the old one stops working."""
    found = organisations.find(db.session(), organisation_id, actor=actor())
    link = invitations.of_organisation(db.session(), found, link_id)
    invitations.resend(db.session(), link, actor=actor(), now=clock.now(), days=_days())
    place = url_for(".organisation_of", organisation_id=organisation_id)
    return done(place, _("A new invitation is on its way. The old link no longer works."))


@blueprint.post("/organisations/<organisation_id>/invitations/<link_id>/revoke")
@permit(Permission.USER_INVITE)
def invitation_revoke(organisation_id: str, link_id: str) -> Response:
    """Withdraw an invitation that was not used."""
    found = organisations.find(db.session(), organisation_id, actor=actor())
    link = invitations.of_organisation(db.session(), found, link_id)
    invitations.revoke(db.session(), link, actor=actor(), now=clock.now())
    return done(url_for(".organisation_of", organisation_id=organisation_id), _("The invitation is withdrawn."))


@blueprint.get("/invitations/<token>")
@permit(Permission.PUBLIC)
def invitation(token: str) -> str | tuple[str, int]:
    """The page behind the mailed link: sign in, make an account, or why it no longer works."""
    link = links.find(db.session(), "invitation", token, lock=False)
    try:
        invitations.require_open(db.session(), link, now=clock.now())
    except links.LinkOver as error:
        return _over(link, token, sentence(error))
    return _accept_page(link, token, AcceptForm(formdata=None))


@blueprint.post("/invitations/<token>")
@permit(Permission.PUBLIC)
def invitation_accept(token: str) -> Response | str | tuple[str, int]:
    """Accept: as the account that is signed in, or with a new account for the invited address."""
    form = AcceptForm()
    try:
        if actor().user_id is not None:
            link = invitations.accept(db.session(), token, me(), now=clock.now())
            g.live_session.organisation_id = link.organisation_id
        elif not form.validate_on_submit():
            return _accept_page(links.find(db.session(), "invitation", token), token, form), 422
        else:
            link, user = invitations.accept_as_new(
                db.session(),
                token,
                name=form.name.data or "",
                password=form.password.data or "",
                language=current_language(),
                now=clock.now(),
            )
            begin_session(user)
    except RuleBroken as error:
        return _not_accepted(error, token, form)
    assert link.organisation is not None
    said = _("Welcome. You now act for %(organisation)s.", organisation=link.organisation.name)
    return done(_first_page(link), said)


@blueprint.post("/invitations/<token>/again")
@permit(Permission.PUBLIC)
def invitation_again(token: str) -> Response:
    """Send a new link in place of an ended one, to the invited address only."""
    invitations.ask_again(db.session(), token, now=clock.now(), days=_days())
    return done(url_for(".sign_in"), _("A new invitation is on its way to the address that was invited."))


def _first_page(link: OneUseLink) -> str:
    """The sign-on that waits for the organisation's answer, where there is one and it is this person's to give."""
    assert link.organisation is not None
    if link.role != "member" or link.user is None:
        return url_for("home.start")
    waiting = notices.newcomer(db.session(), link.organisation, link.user, now=clock.now())
    return url_for("signons.own", round_id=waiting.round.public_id) if waiting is not None else url_for("home.start")


def _not_accepted(error: RuleBroken, token: str, form: AcceptForm) -> tuple[str, int]:
    """The form again, or why the link no longer works."""
    message = refused(error)
    link = links.find(db.session(), "invitation", token)
    if isinstance(error, InvalidInput):
        at_field(form, error)
        return _accept_page(link, token, form), error.status
    if isinstance(error, links.LinkOver):
        return _over(link, token, message)
    if isinstance(error, NotAllowed):
        if error.code not in ON_THE_PAGE:
            form.form_errors.append(message)
        return _accept_page(link, token, form), error.status
    raise error


def _accept_page(link: OneUseLink, token: str, form: AcceptForm) -> str:
    known = accounts.by_email(db.session(), link.email)
    mine = actor().user_id is not None and me().folded_email == fold_email(link.email)
    return render_template(
        "people/invitation.html",
        link=link,
        token=token,
        form=form,
        known=known is not None,
        mine=mine,
        signed_in=actor().user_id is not None,
        role=ROLE_LABELS.get(link.role or "", ""),
        here=request.path,
    )


def _over(link: OneUseLink, token: str, message: str) -> tuple[str, int]:
    again = links.state(link, now=clock.now()) == "ended"
    return render_template("people/invitation_over.html", message=message, token=token, again=again), 409


def _days() -> int:
    return int(current_app.extensions["settings"].invitation_days)
