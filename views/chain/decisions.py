"""Pages of what was decided about sites: who, what and why, and taking it back with what stands on it."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.chain.matching import decided, undoing
from framework.chain.matching.acts import VERDICT
from framework.chain.matching.decided import Decided, Filters
from framework.chain.matching.reasons import SENTENCES, Reason
from framework.ground.errors import NotAllowed, NotFound, RuleBroken
from framework.ground.permissions import Permission
from framework.ground.text import N_, storable
from models.base import db
from models.matching import MatchDecision, MatchQuestion
from models.rounds import Round
from views import clock, guard
from views.chain import blueprint
from views.chain.sight import Eyes, eyes, leads, told
from views.guard import actor, permit
from views.i18n import words

KINDS = {
    "person_same": N_("same site"),
    "person_different": N_("different sites"),
    "merge": N_("two sites made one"),
    "split": N_("taken out of a site"),
    "move": N_("moved to another site"),
    "alias": N_("a name typed"),
    "alias_ended": N_("a typed name removed"),
    "undo": N_("taken back"),
}
BY_PROGRAM = {
    "new": N_("described here for the first time"),
    "id": N_("tied by a registry number"),
    "remembered": N_("tied as a person had answered before"),
    "exact": N_("tied: the description says the same"),
    "safe_rule": N_("tied: name, address and numbers agree"),
}
VERDICTS = {
    "renamed": N_("same site, new name of the company"),
    "neighbour": N_("same address, other company"),
}
OF_BOTH_SIDES = ("one", "other")
"""Parameters of reasons that quote both sides, of which one may be a file that the reader may not see."""


@blueprint.get("/rounds/<round_id>/sites/decisions")
@permit(Permission.SITES_ANSWER)
def site_decisions(round_: Round) -> str:
    """What persons decided about this round's sites, and how to take it back."""
    here = eyes(round_)
    asked = {name: storable(request.args.get(name, "")).strip()[:200] for name in ("q", "kind", "person")}
    filters = Filters(asked["q"], asked["kind"] if asked["kind"] in KINDS else "", asked["person"])
    found, page = decided.page(db.session(), here.sight, filters, asked=request.args.get("page"))
    return render_template(
        "chain/decisions.html",
        round_=round_,
        decisions=found,
        page=page,
        people=decided.people(db.session(), here.sight),
        kinds=KINDS,
        filters=filters,
        in_words=in_words,
        why=why,
        eyes=here,
        may_undo=lambda one: _may_undo(round_, one),
    )


@blueprint.get("/rounds/<round_id>/sites/decisions/<int:number>/undo")
@permit(Permission.SITES_ANSWER)
def undo_page(round_: Round, number: int) -> str:
    """What taking a decision back does, with the later decisions that it takes back too."""
    here = eyes(round_)
    return _undo_page(round_, here, _decision(round_, number, here))


@blueprint.post("/rounds/<round_id>/sites/decisions/<int:number>/undo")
@permit(Permission.SITES_ANSWER)
def undo_decision(round_: Round, number: int) -> str | Response | tuple[str, int]:
    """Take a decision back: the state before it is restored."""
    here = eyes(round_)
    found = _decision(round_, number, here)
    question = (
        db.session.query(MatchQuestion)
        .filter_by(decision_id=found.id, round_id=round_.id, mention_id=found.mention_id)
        .first()
    )
    also = [int(one[:9]) for one in request.form.getlist("also") if one.isdecimal()]
    try:
        _require_may(round_, here, [found, *undoing.later(db.session(), found)])
        undoing.undo(db.session(), found, round_, actor=actor(), now=clock.now(), also=also)
    except RuleBroken as error:
        said = guard.refused(error)
        now_seen = eyes(round_)  # letters may have been put on since
        return _undo_page(round_, now_seen, _decision(round_, number, now_seen), said), 422
    if question is not None and request.form.get("to") == "question":
        where = url_for("chain.site_question", round_id=round_.public_id, question_id=question.public_id)
    else:
        where = url_for("chain.site_decisions", round_id=round_.public_id)
    return guard.done(where, _("Taken back."))


def in_words(one: Decided) -> str:
    """What was decided, in the reader's words."""
    if one.verdict in VERDICTS:
        return words(VERDICTS[one.verdict])
    return words((KINDS | BY_PROGRAM)[one.decision.kind])


def why(one: Decided) -> list[str]:
    """What spoke for and against, in the reader's words; what quotes a file that the reader may not see is left out."""
    reasons = [Reason(code, params) for code, params in one.decision.reasons if code != VERDICT and code in SENTENCES]
    if one.decision.actor_id is None or not one.may_quote:
        if one.decision.kind == "new":
            return []
        reasons = [reason for reason in reasons if not set(reason.params) & set(OF_BOTH_SIDES)]
    return [told(reason) for reason in reasons]


def placed_by(decision: MatchDecision | None) -> str:
    """By what the program placed a row, and the reasons, in the reader's words; blank where a person did."""
    if decision is None or decision.kind not in BY_PROGRAM:
        return ""
    reasons = [Reason(code, params) for code, params in decision.reasons if decision.kind != "new"]
    kept = [told(reason) for reason in reasons if not set(reason.params) & set(OF_BOTH_SIDES)]
    return ": ".join(filter(None, (words(BY_PROGRAM[decision.kind]), "; ".join(kept))))


def _undo_page(round_: Round, here: Eyes, found: MatchDecision, error: str = "") -> str:
    one, *later = decided.told(db.session(), [found, *undoing.later(db.session(), found)], here.sight)
    return render_template(
        "chain/undo.html",
        round_=round_,
        one=one,
        later=later,
        in_words=in_words,
        why=why,
        error=error,
        eyes=here,
        may_undo=all(_may_undo(round_, each) for each in [one, *later]),
        is_over=found.kind == "undo" or one.is_undone,
    )


def _decision(round_: Round, number: int, here: Eyes) -> MatchDecision:
    found = db.session.get(MatchDecision, number) if number < 2**31 else None
    if found is None or found.actor_id is None or not decided.is_of(db.session(), found, here.sight):
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return found


def _may_undo(round_: Round, one: Decided) -> bool:
    """The lead takes everything of its rounds back, everybody else the own answers."""
    own_answer = one.decision.actor_id == actor().user_id and one.decision.kind in ("person_same", "person_different")
    return own_answer or (one.is_own and leads(round_))


def _require_may(round_: Round, here: Eyes, found: list[MatchDecision]) -> None:
    if not all(_may_undo(round_, one) for one in decided.told(db.session(), found, here.sight)):
        raise NotAllowed("role-missing", N_("Only %(who)s may do this."), who="lead")
