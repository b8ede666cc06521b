"""The lead's pages of what suppliers say does not apply to their models: the claims of a round, and those of one tender about one kind."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from framework.chain.measures import claims
from framework.chain.measures.claims import Claim
from framework.disclosure.confidentiality import Reader
from framework.disclosure.veil import opened
from framework.ground.errors import NotFound, RuleBroken
from framework.ground.paging import page_of
from framework.ground.permissions import Permission
from framework.ground.text import N_, storable
from models.base import db
from models.disclosure import Submission, SubmissionRow
from models.rounds import Round
from views import clock, guard
from views.chain import blueprint, measure_words
from views.chain.sight import names_of, reader_of
from views.disclosure.bidders import place
from views.guard import actor, permit

PAGE = 100


@blueprint.get("/rounds/<round_id>/not-applicable")
@permit(Permission.NOT_APPLICABLE_VIEW)
def not_applicable(round_: Round) -> str:
    """What is said not to apply, by tender and kind, with how many claims wait."""
    found = claims.groups(db.session(), round_)
    names = names_of(round_, reader_of(round_))
    page = page_of(request.args.get("page"), len(found), PAGE)
    return render_template(
        "chain/not_applicable.html",
        round_=round_,
        groups=[
            (one, names[one.submission.id], measure_words.kind(one.kind))
            for one in found[page.offset : page.offset + page.size]
        ],
        waiting=sum(one.waiting for one in found),
        page=page,
    )


@blueprint.get("/rounds/<round_id>/not-applicable/<submission_id>/<kind>")
@permit(Permission.NOT_APPLICABLE_VIEW)
def not_applicable_group(round_: Round, submission_id: str, kind: str) -> str:
    """The models of one tender to which one component or mineral is said not to apply."""
    return _group(round_, _tender(round_, submission_id), kind)


@blueprint.post("/rounds/<round_id>/not-applicable/<submission_id>/<kind>")
@permit(Permission.NOT_APPLICABLE_DECIDE)
def decide_not_applicable(round_: Round, submission_id: str, kind: str) -> str | Response | tuple[str, int]:
    """Accept the claims about the chosen models with a reason, or take the acceptance back."""
    tender = _tender(round_, submission_id)
    chosen = {int(text) for text in request.form.getlist("product") if text.isdecimal() and len(text) < 10}
    here = url_for(".not_applicable_group", round_id=round_.public_id, submission_id=tender.public_id, kind=kind)
    try:
        if request.form.get("act") == "undo":
            claims.undo(db.session(), tender, kind, chosen, actor=actor(), now=clock.now())
            return guard.done(here, _("Taken back."))
        motive = storable(request.form.get("motive", ""))
        done = claims.accept(db.session(), tender, kind, chosen, motive, actor=actor(), now=clock.now())
    except RuleBroken as error:
        said, public_id = guard.refused(error), round_.public_id
        again = db.session.query(Round).filter_by(public_id=public_id).one()
        field = getattr(error, "field", "")
        return _group(again, _tender(again, submission_id), kind, said, field), error.status
    return guard.done(here, ngettext("Accepted for %(num)s model.", "Accepted for %(num)s models.", done))


def _tender(round_: Round, public_id: str) -> Submission:
    found = next((one for one in opened(db.session(), round_) if one.public_id == public_id), None)
    if found is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return found


def _group(round_: Round, tender: Submission, kind: str, error: str = "", field: str = "") -> str:
    found = claims.group(db.session(), round_, tender, kind)
    if not found.claims:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    reader = reader_of(round_)
    page = page_of(request.args.get("page"), len(found.claims), PAGE)
    shown = found.claims[page.offset : page.offset + page.size]
    rows = {row.id: row for row in db.session.query(SubmissionRow).filter(SubmissionRow.id.in_(_rows(shown)))}
    return render_template(
        "chain/not_applicable_group.html",
        round_=round_,
        tender=tender,
        supplier=names_of(round_, reader)[tender.id],
        what=measure_words.kind(kind),
        kind=kind,
        found=found,
        claims=[(one, _place(reader, tender, rows.get(one.row_id or 0))) for one in shown],
        lots={lot.id: lot.public_id for lot in round_.lots},
        page=page,
        error=error,
        field=field,
        motive=request.form.get("motive", ""),
        chosen=set(request.form.getlist("product")),
        longest=claims.LONGEST_MOTIVE,
    )


def _rows(shown: tuple[Claim, ...]) -> list[int]:
    return [one.row_id for one in shown if one.row_id is not None]


def _place(reader: Reader, tender: Submission, row: SubmissionRow | None) -> str:
    return place(reader, tender, row) if row is not None else ""
