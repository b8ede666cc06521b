"""Joint costs: what stands, what each bears of it, who agreed; the lead proposes, members answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.demand import cost_reading as reading
from framework.demand import cost_spend, leverage
from framework.demand import costs as acts
from framework.ground.errors import InvalidInput, RuleBroken
from framework.ground.permissions import Permission, may
from framework.ground.reading.numbers import Habit, read_number
from models.base import db
from models.costs import CostProposal
from models.rounds import Round
from views import clock, guard
from views.demand import blueprint, cost_words, shared
from views.guard import actor, permit

Outcome = Response | tuple[str, int]
PLACES = {"reason": "objection", "motive": "withdraw-motive", "spend": "spend"}
"""What is typed on the page, and the id of its field."""


@blueprint.get("/rounds/<round_id>/costs")
@permit(Permission.COSTS_VIEW)
def costs(round_: Round) -> str:
    """The version that stands for lead and members that share in it; who has no share reads that."""
    return _now(round_)


@blueprint.get("/rounds/<round_id>/costs/versions/<int:number>")
@permit(Permission.COSTS_VIEW)
def cost_version(round_: Round, number: int) -> str:
    """An older version, or one that was withdrawn, as it was proposed."""
    version = cost_words.version_of(round_, number)
    return _page(round_, reading.proposed(db.session(), round_), version, True)


@blueprint.post("/rounds/<round_id>/costs/answer")
@permit(Permission.COSTS_ANSWER)
def answer_costs(round_: Round) -> Outcome:
    """Agree or object to the version that was shown."""
    said = request.form.get("answer", "")
    thanks = _("Noted: you agree. The lead is told.") if said == "yes" else _("Noted: you object. The lead is told.")

    def act() -> None:
        reason = request.form.get("reason", "")
        acts.answer(db.session(), _shown(round_), said, actor=actor(), now=clock.now(), reason=reason)

    return _attempt(round_, act, thanks)


@blueprint.post("/rounds/<round_id>/costs/withdraw")
@permit(Permission.COSTS_PROPOSE)
def withdraw_costs(round_: Round) -> Outcome:
    """Take the version that stands back."""

    def act() -> None:
        motive = request.form.get("motive", "")
        acts.withdraw(db.session(), _shown(round_), actor=actor(), now=clock.now(), motive=motive)

    return _attempt(round_, act, _("The proposal is withdrawn. Its members are told by mail."))


@blueprint.post("/rounds/<round_id>/costs/remind")
@permit(Permission.COSTS_PROPOSE)
def remind_of_costs(round_: Round) -> Response:
    """Remind members that have not answered."""

    def act() -> None:
        acts.remind(db.session(), _shown(round_), actor=actor(), now=clock.now())

    return shared.attempt(act, _url(round_), _("Reminders leave by mail, at most one a day for each member."))


@blueprint.post("/rounds/<round_id>/costs/spend")
@permit(Permission.COSTS_ANSWER)
def state_spend(round_: Round) -> Outcome:
    """State the own yearly spend in scope."""

    def act() -> None:
        text = request.form.get("spend", "").strip()
        read = read_number(text, Habit(shared.decimal_sign())).value if text else None
        amount = Decimal(str(read)) if read is not None else None
        cost_spend.state(db.session(), round_, amount, actor=actor(), now=clock.now(), version=shared.version())

    return _attempt(round_, act, _("Noted: your yearly spend. What was proposed already stays as it was."))


def _attempt(round_: Round, act: Callable[[], object], message: str) -> Outcome:
    """Do one act; what is refused is told on the page as it is now, where what was typed is kept."""
    try:
        act()
        return guard.done(_url(round_), message)
    except RuleBroken as error:
        if error.status == 404:
            raise
        place = PLACES.get(error.field, "") if isinstance(error, InvalidInput) else ""
        told = guard.refused(error)
        return _now(round_, {name: request.form[name] for name in PLACES if name in request.form}, {place: told}), (
            error.status
        )


def _shown(round_: Round) -> CostProposal:
    """The version that the form was made from."""
    public_id = request.form.get("proposal", "")
    return guard.child(CostProposal, public_id, round_)


def _now(round_: Round, typed: Mapping[str, str] | None = None, errors: Mapping[str, str] | None = None) -> str:
    """The page of the version that stands; with what was typed and what is wrong with it, by the id of the field."""
    versions = reading.proposed(db.session(), round_)
    newest = versions[0] if versions else None
    stands = newest if newest is not None and newest.withdrawn_at is None else None
    version = cost_words.read(round_, stands) if stands is not None else None
    return _page(round_, versions, version, stands is not None, typed=typed, errors=errors)


def _page(
    round_: Round,
    versions: list[CostProposal],
    version: cost_words.Version | None,
    is_any: bool,
    *,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> str:
    is_lead = "lead" in guard.roles(round_)
    may_answer = may(db.session(), actor(), Permission.COSTS_ANSWER, round_, roles=guard.roles(round_))
    newest = versions[0] if versions else None
    proposal = version.proposal if version is not None else None
    stands = proposal is not None and newest is proposal and proposal.withdrawn_at is None
    return render_template(
        "demand/costs.html",
        round_=round_,
        is_lead=is_lead,
        version=version,
        proposal=proposal,
        stands=stands,
        is_any=is_any,
        newest=newest,
        older=_others(round_, versions, proposal, is_lead=is_lead),
        table=cost_words.table(version) if version is not None else None,
        counts=cost_words.counts(version) if version is not None else {},
        settled=version is not None and acts.is_settled(version.members, version.answers),
        own=_own(version),
        sign_on=cost_spend.own(db.session(), round_, actor().organisation_id) if may_answer else None,
        changed=reading.changed(db.session(), proposal) if is_lead and stands and proposal is not None else None,
        draft=reading.draft(db.session(), round_) if is_lead else None,
        kinds=cost_words.KINDS,
        rules=cost_words.RULES,
        shares_are_shown=leverage.members_see_members(round_),
        typed=typed or {},
        errors=errors or {},
        error_list=[{"text": text, "field_id": place} for place, text in (errors or {}).items()],
    )


def _others(
    round_: Round, versions: list[CostProposal], shown: CostProposal | None, *, is_lead: bool
) -> list[CostProposal]:
    """The other versions that this reader may open."""
    others = [one for one in versions if one is not shown]
    if is_lead or not others:
        return others
    known = reading.shared_in(db.session(), round_, actor().organisation_id)
    return [one for one in others if one.id in known]


def _own(version: cost_words.Version | None) -> dict[str, Any] | None:
    """The reader's own share: what, by which rule, how much of what whole."""
    if version is None or version.own is None:
        return None
    member = next(one for one in version.members if one.number == version.own)
    items = version.proposal.items
    borne = [(item, reading.parts(item)) for item in items]
    return {
        "member": member,
        "answer": version.answers.get(version.own),
        "lines": [
            {
                "item": item,
                "amount": parts.get(version.own),
                "rule": cost_words.rule_words(item, len(version.members)),
                "basis": cost_words.basis(item, member, reading.percents(item)),
            }
            for item, parts in borne
        ],
        "totals": cost_words.totals(reading.sums_of_members(borne).get(version.own, {})),
    }


def _url(round_: Round) -> str:
    return url_for("demand.costs", round_id=round_.public_id)
