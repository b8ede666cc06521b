"""The member's side: what one commits to, the mandate, leaving."""

from __future__ import annotations

from flask import current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from framework.ground import separation
from framework.ground.errors import InvalidInput, NotFound, RuleBroken
from framework.ground.files import Blob
from framework.ground.permissions import Permission
from framework.ground.terms import ELIGIBILITY_BASES, MANDATE_TYPES
from framework.ground.text import N_
from framework.signons import acts, eligibility, evaluators, lists, statement
from framework.signons.guards import SIGNING
from framework.signons.mandate import Mandate
from models.base import db
from models.people import Organisation, User
from models.records import StoredFile
from models.rounds import Round
from models.signons import SignOn
from views import clock, guard, scanning
from views.guard import actor, permit
from views.i18n import words
from views.signons import blueprint, pages
from views.signons.forms import ACCEPT, MandateForm


@blueprint.get("/rounds/<round_id>/sign-on")
@permit(Permission.SIGN_ON_ANSWER)
def own(round_: Round) -> str:
    """The own sign-on: five lines, where it stands, the next step."""
    sign_on = own_of(round_)
    return render_template(
        "signons/own.html",
        round_=round_,
        sign_on=sign_on,
        offered=evaluators.of(db.session(), sign_on, now=clock.now()),
        lines=_lines(round_, sign_on.organisation),
        steps=pages.steps(sign_on),
        reason=pages.reason(sign_on),
        bases=ELIGIBILITY_BASES,
        types=MANDATE_TYPES,
        is_over=eligibility.is_over_for(sign_on, now=clock.now()),
        may_offer=evaluators.is_open(sign_on),
    )


@blueprint.post("/rounds/<round_id>/sign-on/accept")
@permit(Permission.SIGN_ON_ANSWER)
def accept(round_: Round) -> Response:
    """Say that the body wants to join."""
    sign_on = own_of(round_)
    back = url_for("signons.mandate", round_id=round_.public_id)
    if sign_on.state != "invited" or round_.state == "set_up":
        back = _own_url(round_)
    return pages.attempt(
        lambda: acts.accept_invitation(db.session(), sign_on, actor=actor(), now=clock.now()),
        back,
        _("Noted. Hand in the mandate next."),
    )


@blueprint.post("/rounds/<round_id>/sign-on/leave")
@permit(Permission.SIGN_ON_ANSWER)
def leave(round_: Round) -> Response:
    """Decline, withdraw or leave: whichever fits where the sign-on stands."""
    sign_on = own_of(round_)
    act = {
        "invited": acts.decline,
        "interested": acts.withdraw_application,
        "mandate_pending": acts.withdraw_application,
    }
    chosen = act.get(sign_on.state, acts.leave)
    motive = request.form.get("motive", "").strip()[:1000]
    return pages.attempt(
        lambda: chosen(db.session(), sign_on, actor=actor(), now=clock.now(), motive=motive),
        url_for("home.start"),
        _("You left the round “%(name)s”.", name=round_.name),
        otherwise=_own_url(round_),
    )


@blueprint.get("/rounds/<round_id>/sign-on/mandate")
@permit(Permission.SIGN_ON_ANSWER)
def mandate(round_: Round) -> str | Response:
    """The form of the mandate, filled with what was handed in before."""
    sign_on = own_of(round_)
    if sign_on.state != "interested":
        return redirect(_own_url(round_))
    form = MandateForm(obj=sign_on if sign_on.signed_on else None).offer(
        sign_on, lists.consortia(db.session(), sign_on)
    )
    if not form.mandate_type.data:
        form.mandate_type.data = round_.mandate_type
        form.eligibility_basis.data = sign_on.eligibility_basis
        form.class_name.data = sign_on.class_name
    if sign_on.affiliated_via is not None:
        form.joins_through.data = sign_on.affiliated_via.public_id
    if not sign_on.signed_on:
        person = db.session.get_one(User, actor().user_id)
        form.liaison_name.data, form.liaison_email.data = person.name, person.email
    form.data_agreement.data = sign_on.data_agreement_signed_on is not None
    return _mandate_page(round_, sign_on, form)


@blueprint.post("/rounds/<round_id>/sign-on/mandate")
@permit(Permission.SIGN_ON_ANSWER)
def submit_mandate(round_: Round) -> Response | tuple[str, int]:
    """Hand in the mandate: the bytes first, then one transaction with record and event."""
    sign_on = own_of(round_)
    form = MandateForm().offer(sign_on, lists.consortia(db.session(), sign_on))
    if not form.validate():
        _ask_for_files_again(form)
        return _mandate_page(round_, sign_on, form), 422
    number, own_id = round_.id, sign_on.id
    separation.require_fresh_factor(db.session(), sign_on, actor=actor(), now=clock.now(), message=SIGNING)
    try:
        document, proof = _store(form.document.data, form.class_proof.data)
        round_, sign_on = db.session.get_one(Round, number), db.session.get_one(SignOn, own_id)
        told = _mandate(form, round_, sign_on, document, proof)
        acts.submit_mandate(db.session(), sign_on, told, actor=actor(), now=clock.now(), version=pages.version())
        return guard.done(_own_url(round_), _("The mandate is handed in. The lead confirms it; you are told by mail."))
    except RuleBroken as error:
        said = guard.refused(error)
        round_, sign_on = db.session.get_one(Round, number), db.session.get_one(SignOn, own_id)
        field = getattr(form, getattr(error, "field", "") or "", None)
        target = field.errors if field is not None else form.form_errors
        if field is not None:
            field.errors = [*target, said]
        else:
            form.form_errors = [*target, said]
        _ask_for_files_again(form)
        return _mandate_page(round_, sign_on, form), error.status


def _ask_for_files_again(form: MandateForm) -> None:
    """Say at a file that was chosen that no browser keeps it: the other answers stay, the file does not."""
    for field in (form.document, form.class_proof):
        if field.data is not None and field.data.filename and not field.errors:
            field.errors = [_("Choose the file again: browsers do not keep it.")]


def _mandate_page(round_: Round, sign_on: SignOn, form: MandateForm) -> str:
    return render_template(
        "signons/mandate.html",
        round_=round_,
        sign_on=sign_on,
        form=form,
        accept=ACCEPT,
        lines=_lines(round_, sign_on.organisation),
        reason=pages.reason(sign_on),
        needs_code=separation.is_factor_stale(db.session(), sign_on, actor=actor(), now=clock.now()),
        code_field=guard.FRESH_CODE,
        upload_mb=current_app.extensions["settings"].upload_mb,
    )


def _store(*sent: FileStorage | None) -> list[tuple[Blob, str] | None]:
    """Put the files into the store outside any transaction; a file that was not sent stays None."""
    guard.release()
    limit = current_app.extensions["settings"].upload_mb * 1_000_000
    return [_put(one, limit) if one is not None and one.filename else None for one in sent]


def _put(sent: FileStorage, limit: int) -> tuple[Blob, str]:
    name = (sent.filename or "").replace("\\", "/").rsplit("/", 1)[-1][-255:]
    if not name.lower().endswith(tuple(ACCEPT.split(","))):
        raise InvalidInput(
            "file-kind", N_("Attach a PDF, a picture or a signed container: %(kinds)s."), field="document", kinds=ACCEPT
        )
    blob = current_app.extensions["files"].put(sent.stream, max_bytes=limit)
    if blob.size == 0:
        raise InvalidInput("file-empty", N_("The file is empty."), field="document")
    return scanning.on_arrival(blob), name


def _mandate(
    form: MandateForm,
    round_: Round,
    sign_on: SignOn,
    document: tuple[Blob, str] | None,
    proof: tuple[Blob, str] | None,
) -> Mandate:
    """What the form says; a file that was handed in before stays where no new one was chosen."""
    return Mandate(
        document=_file(document, "mandate") or sign_on.mandate_file,
        class_proof=_file(proof, "class_proof") or sign_on.class_proof,
        statement="\n".join(_lines(round_, sign_on.organisation)),
        **{
            name: getattr(form, name).data
            for name in (
                "signed_by_name",
                "signed_by_title",
                "signed_on",
                "eligibility_basis",
                "mandate_type",
                "liaison_name",
                "liaison_email",
                "clause_commitment",
                "data_agreement",
                "in_scope_spend_annual",
            )
        },
        class_name=form.class_name.data or "",
        affiliated_via=_body(form.joins_through.data, sign_on),
    )


def _body(public_id: str | None, sign_on: SignOn) -> Organisation | None:
    return next((one for one in lists.consortia(db.session(), sign_on) if one.public_id == public_id), None)


def _file(stored: tuple[Blob, str] | None, purpose: str) -> StoredFile | None:
    if stored is None:
        return None
    blob, name = stored
    who = actor()
    file = StoredFile(
        sha256=blob.sha256,
        size=blob.size,
        name=name,
        scan=blob.scan,
        purpose=purpose,
        organisation_id=who.organisation_id,
        created_at=clock.now(),
        created_by_id=who.user_id,
    )
    db.session.add(file)
    return file


def own_of(round_: Round) -> SignOn:
    """The sign-on of the reader's own body; *not found* where it has none."""
    found = lists.current(db.session(), round_, actor().organisation_id)
    if found is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return found


def _lines(round_: Round, organisation: Organisation) -> list[str]:
    return [words(template, **params) for template, params in statement.lines(round_, organisation)]


def _own_url(round_: Round) -> str:
    return url_for("signons.own", round_id=round_.public_id)
