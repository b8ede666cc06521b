"""Where everybody says first whether they have a conflict of interest: one list of bidders and brands, one button."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.ground.errors import InvalidInput, RuleBroken
from framework.ground.permissions import Permission
from framework.ground.text import storable
from framework.judging import bidders as lists
from framework.judging import conflicts as statements
from framework.judging.conflicts import Tie
from framework.judging.hints import NOT_KNOWN, SENTENCES, Hint, hints
from framework.rounds import settings
from models.base import db
from models.rounds import Round
from views import clock, guard
from views.guard import actor, permit
from views.i18n import date, words
from views.judging import blueprint


@blueprint.get("/rounds/<round_id>/judging/conflicts")
@permit(Permission.CONFLICT_STATE)
def conflicts(round_: Round) -> str:
    """The list, with what points to a conflict; nothing else of the tenders."""
    return _page(round_)


@blueprint.post("/rounds/<round_id>/judging/conflicts")
@permit(Permission.CONFLICT_STATE)
def state_conflicts(round_: Round) -> str | Response | tuple[str, int]:
    """Give the statement and sign the undertaking."""
    here = url_for("judging.conflicts", round_id=round_.public_id)
    is_first = statements.may_give(db.session(), actor(), round_)
    try:
        statements.state(
            db.session(),
            round_,
            _ties(lists.bidders(db.session(), round_)),
            undertakes=request.form.get("sign") == "yes",
            actor=actor(),
            now=clock.now(),
        )
    except RuleBroken as error:
        if error.status in (403, 404):
            raise
        public_id, field = round_.public_id, error.field if isinstance(error, InvalidInput) else ""
        said = guard.refused(error)
        return _page(db.session.query(Round).filter_by(public_id=public_id).one(), said, field), error.status
    there = url_for("rounds.overview", round_id=round_.public_id)
    return guard.done(there if is_first else here, _("Your statement is kept, with the time."))


def _ties(found: list[lists.Bidder]) -> list[Tie]:
    """What was ticked, and what got a reason without a tick: the rule then asks which of the two is meant."""
    ties = []
    for one in found:
        key = one.supplier.public_id
        if request.form.get(f"bidder-{key}") or request.form.get(f"reason-{key}", "").strip():
            ties.append(_tie(one.supplier.id, "", key, "bidder"))
    for number, brand in enumerate(lists.brands(found)):
        if request.form.get(f"brand-{number}") or request.form.get(f"reason-{number}", "").strip():
            ties.append(_tie(None, brand, str(number), "brand"))
    return ties


def _tie(supplier_id: int | None, brand: str, key: str, kind: str) -> Tie:
    reason = storable(request.form.get(f"reason-{key}", ""))
    return Tie(supplier_id, brand, reason, is_ticked=bool(request.form.get(f"{kind}-{key}")), field=f"reason-{key}")


def _page(round_: Round, error: str = "", field: str = "") -> str:
    found = lists.bidders(db.session(), round_)
    known = hints(db.session(), round_, found, actor=actor(), now=clock.now())
    standing = statements.standing(db.session(), round_, actor().user_id)
    by_supplier = {one.supplier_id: one for one in standing if one.supplier_id is not None}
    by_brand = {one.brand_key: one for one in standing if one.supplier_id is None}
    return render_template(
        "judging/conflicts.html",
        round_=round_,
        statement=statements.statement_of(db.session(), round_, actor().user_id),
        lines=[
            {
                "key": one.supplier.public_id,
                "kind": "bidder",
                "name": one.supplier.name,
                "more": ", ".join(sorted(one.brands.values(), key=str.casefold)),
                "hints": [_said(hint) for hint in known.get(one.supplier.id, [])],
                "conflict": by_supplier.get(one.supplier.id),
            }
            for one in found
        ],
        brands=[
            {
                "key": str(number),
                "kind": "brand",
                "name": name,
                "more": ", ".join(one.supplier.name for one in found if key in one.brands),
                "hints": [],
                "conflict": by_brand.get(key),
            }
            for number, (key, name) in enumerate(lists.brands(found).items())
        ],
        not_known=[words(text) for text in NOT_KNOWN],
        years=int(settings.value(round_, "conflict_employer_years")),
        error=error,
        field=field,
        typed=request.form,
    )


def _said(hint: Hint) -> str:
    return words(SENTENCES[hint.kind], until=date(hint.until) if hint.until is not None else "")
