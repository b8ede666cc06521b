"""The lead drafts an agreement for an award, changes the draft, or puts it away."""

from __future__ import annotations

from dataclasses import asdict

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.award.decision import current, winners
from framework.contract import awarded, drafting
from framework.contract.drafting import Terms
from framework.ground.errors import NotFound
from framework.ground.permissions import Permission
from framework.ground.text import N_
from models.award import Award
from models.base import db
from models.contract import Agreement
from models.rounds import Round
from views import clock
from views.contract import agreements, blueprint, shared
from views.contract.forms import AgreementForm
from views.contract.shared import Outcome
from views.guard import actor, permit
from views.rounds.forms import answer


@blueprint.get("/rounds/<round_id>/agreements/new")
@permit(Permission.AGREEMENT_DRAFT)
def new_agreement(round_: Round) -> str:
    """The form of a new draft, filled in as far as it follows from the published terms."""
    award = _award(round_, request.args.get("award", ""))
    return _new(award, _filled(drafting.suggested(db.session(), award), award=str(award.id)))


@blueprint.post("/rounds/<round_id>/agreements/new")
@permit(Permission.AGREEMENT_DRAFT)
def draft_agreement(round_: Round) -> Response | tuple[str, int]:
    """Draft it."""
    form = AgreementForm().offer()
    number = form.award.data or ""
    award = _award(round_, number)
    made: list[Agreement] = []

    def act() -> None:
        made.append(
            drafting.draft(db.session(), award, form.terms(), files=shared.files(), actor=actor(), now=clock.now())
        )

    return answer(
        form,
        act,
        lambda: shared.page_of(made[0]),
        _("The draft is made, with its text. Both sides sign it after the standstill."),
        lambda: _new(award, form),
    )


@blueprint.get("/rounds/<round_id>/agreements/<agreement_id>/edit")
@permit(Permission.AGREEMENT_DRAFT)
def edit_agreement(round_: Round, agreement_id: str) -> str:
    """The form of a draft."""
    found = shared.asked(round_, agreement_id)
    held = Terms(found.number, found.starts_on, found.ends_on, found.price_mechanism, found.price_text, found.brands)
    return _edit(found, _filled(held, version=str(found.version)))


@blueprint.post("/rounds/<round_id>/agreements/<agreement_id>/edit")
@permit(Permission.AGREEMENT_DRAFT)
def save_agreement(round_: Round, agreement_id: str) -> Response | tuple[str, int]:
    """Change a draft: its text is made anew."""
    found = shared.asked(round_, agreement_id)
    there = shared.page_of(found)
    form = AgreementForm().offer()

    def act() -> None:
        drafting.edit(
            db.session(),
            found,
            form.terms(),
            version=form.known_version(),
            files=shared.files(),
            actor=actor(),
            now=clock.now(),
        )

    return answer(form, act, lambda: there, _("Saved. The text is made anew."), lambda: _edit(found, form))


@blueprint.post("/rounds/<round_id>/agreements/<agreement_id>/cancel")
@permit(Permission.AGREEMENT_DRAFT)
def cancel_agreement(round_: Round, agreement_id: str) -> Outcome:
    """Put a draft away that is never signed."""
    found = shared.asked(round_, agreement_id)
    ground, motive = request.form.get("ground", ""), request.form.get("motive", "")
    return shared.attempt_form(
        lambda: drafting.cancel(db.session(), found, ground=ground, motive=motive, actor=actor(), now=clock.now()),
        found,
        _("The draft is cancelled."),
        agreements.page,
    )


def _award(round_: Round, number: str) -> Award:
    """The award asked for, of the decision that counts."""
    awarded.require_told(db.session(), round_, current(db.session(), round_), actor())
    for award in winners(db.session(), round_):
        if str(award.id) == number:
            return award
    raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))


def _filled(terms: Terms, **hidden: str) -> AgreementForm:
    form = AgreementForm(data=asdict(terms) | hidden)
    return form.offer()


def _new(award: Award, form: AgreementForm) -> str:
    round_ = award.lot.round
    return render_template(
        "contract/edit.html",
        round_=round_,
        lot=award.lot,
        contractor=award.submission.supplier,
        form=form,
        action=url_for("contract.draft_agreement", round_id=round_.public_id),
        back=url_for("contract.index", round_id=round_.public_id),
        agreement=None,
    )


def _edit(found: Agreement, form: AgreementForm) -> str:
    return render_template(
        "contract/edit.html",
        round_=found.round,
        lot=found.lot,
        contractor=found.contractor,
        form=form,
        action=url_for("contract.save_agreement", **shared.where(found)),
        back=shared.page_of(found),
        agreement=found,
    )
