"""What a list says in words of its own, said once for all rows: what is done at its sites, and which models its products are."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

from flask import redirect, render_template, request, url_for
from flask_babel import ngettext
from werkzeug.wrappers import Response

from framework.disclosure import corrections, facility_choices, tying
from framework.disclosure.facility_types import MOST_WORDINGS, UNKNOWN
from framework.disclosure.models_on_offer import REASONS
from framework.ground.errors import InvalidInput
from framework.ground.permissions import Permission
from framework.ground.terms import FACILITY_TYPES
from models.base import db
from models.disclosure import Submission
from models.rounds import Round
from views import clock, guard
from views.disclosure import blueprint
from views.disclosure.mending import checked_again
from views.disclosure.upload import address, own_submission
from views.guard import actor, permit
from views.i18n import number


@blueprint.get("/rounds/<round_id>/disclosure/<submission_id>/types")
@permit(Permission.SUBMISSION_VIEW_OWN)
def facility_types(round_: Round, submission_id: str) -> str | Response:
    """The wordings of a list for what is done at its sites, each with the type proposed for it."""
    submission = own_submission(round_, submission_id)
    return _types_page(round_, submission) if facility_choices.wordings(submission) else redirect(address(submission))


@blueprint.post("/rounds/<round_id>/disclosure/<submission_id>/types")
@permit(Permission.SUBMISSION_STAGE)
def choose_types(round_: Round, submission_id: str) -> Response | tuple[str, int]:
    """Take what a person says the wordings mean, and check the version again."""
    submission = own_submission(round_, submission_id)
    choices = {name.removeprefix("is-"): kind for name, kind in request.form.items() if name.startswith("is-")}
    try:
        count = facility_choices.choose(db.session(), submission, choices, actor=actor(), clock=clock.now)
    except InvalidInput as error:
        return _types_page(round_, submission, error=guard.refused(error), chosen=choices), error.status
    said = ngettext(
        "%(count)s wording is read as you said.",
        "%(count)s wordings are read as you said.",
        count,
        count=number(count),
    )
    return checked_again(submission, said)


def types_url(round_: Round, submission: Submission) -> str:
    """Where to say what is done at the sites of a list; blank where the list does not speak of it."""
    if not facility_choices.wordings(submission):
        return ""
    return url_for("disclosure.facility_types", round_id=round_.public_id, submission_id=submission.public_id)


def _types_page(
    round_: Round, submission: Submission, *, error: str = "", chosen: Mapping[str, str] | None = None
) -> str:
    found = facility_choices.wordings(submission)
    return render_template(
        "disclosure/types.html",
        round_=round_,
        submission=submission,
        wordings=found,
        waiting=facility_choices.waiting(submission),
        is_cut=len(found) >= MOST_WORDINGS,
        types=FACILITY_TYPES,
        unknown=UNKNOWN,
        may_mend=corrections.may_mend(submission, clock=clock.now) and not submission.is_rechecked,
        error=error,
        chosen=chosen or {},
    )


@blueprint.get("/rounds/<round_id>/disclosure/<submission_id>/products")
@permit(Permission.SUBMISSION_VIEW_OWN)
def list_products(round_: Round, submission_id: str) -> str | Response:
    """The products of a list, each with the model on offer that it may be."""
    submission = own_submission(round_, submission_id)
    return _products_page(round_, submission) if tying.has_products(submission) else redirect(address(submission))


@blueprint.post("/rounds/<round_id>/disclosure/<submission_id>/products")
@permit(Permission.SUBMISSION_STAGE)
def tie_products(round_: Round, submission_id: str) -> Response | tuple[str, int]:
    """Take what a person says the products of a list are."""
    submission = own_submission(round_, submission_id)
    choices = {name.removeprefix("is-"): model for name, model in request.form.items() if name.startswith("is-")}
    try:
        count = tying.tie(db.session(), submission, choices, actor=actor(), clock=clock.now)
    except InvalidInput as error:
        return _products_page(round_, submission, error=guard.refused(error), chosen=choices), error.status
    said = ngettext(
        "%(count)s product is tied as you said.", "%(count)s products are tied as you said.", count, count=number(count)
    )
    return guard.done(products_url(round_, submission), said)


@blueprint.post("/rounds/<round_id>/disclosure/<submission_id>/products/<batch>/undo")
@permit(Permission.SUBMISSION_STAGE)
def untie_products(round_: Round, submission_id: str, batch: str) -> Response:
    """Take one act of tying back."""
    submission = own_submission(round_, submission_id)
    count = tying.undo(db.session(), submission, batch, actor=actor(), clock=clock.now)
    said = ngettext(
        "%(count)s product is tied as before.", "%(count)s products are tied as before.", count, count=number(count)
    )
    return guard.done(products_url(round_, submission), said)


def products_url(round_: Round, submission: Submission) -> str:
    """Where to tie the products of a list to models on offer; blank where it names none."""
    if not tying.has_products(submission):
        return ""
    return url_for("disclosure.list_products", round_id=round_.public_id, submission_id=submission.public_id)


def _products_page(
    round_: Round, submission: Submission, *, error: str = "", chosen: Mapping[str, str] | None = None
) -> str:
    models = tying.offer(db.session(), submission)
    found = tying.named(db.session(), submission, models)
    ordered = dict(sorted(found.items(), key=lambda one: bool(one[1].said)))
    return render_template(
        "disclosure/products.html",
        round_=round_,
        submission=submission,
        products=dict(islice(ordered.items(), tying.MOST_NAMES)),
        total=len(found),
        waiting=sum(1 for one in found.values() if not one.said),
        models=models,
        names={model.key: f"{model.brand} {model.name}".strip() for model in models},
        reasons=REASONS,
        none=tying.NONE,
        acts=tying.acts(db.session(), submission),
        may_mend=corrections.may_mend(submission, clock=clock.now) and not submission.is_rechecked,
        error=error,
        chosen=chosen or {},
    )
