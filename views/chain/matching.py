"""Pages on which a lead says which descriptions are one site: the questions that wait, one question, what was decided."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from framework.chain.matching import acts, questions, undoing
from framework.chain.matching.reasons import SENTENCES, Reason
from framework.disclosure import confidentiality
from framework.disclosure.veil import opened
from framework.ground.codelists import country_name
from framework.ground.errors import NotFound, RuleBroken
from framework.ground.permissions import Permission
from framework.ground.place_scores import Guard
from framework.ground.text import N_, storable
from models.base import db
from models.chain import Site
from models.matching import MatchDecision, MatchQuestion
from models.people import User
from models.rounds import Round
from views import clock, guard
from views.chain import blueprint
from views.disclosure.bidders import bidder
from views.guard import actor, permit
from views.i18n import current_language, sentence, words

ANSWERS = {
    "same": N_("Same site"),
    "renamed": N_("Same site, the company has a new name"),
    "different": N_("Different sites"),
    "neighbour": N_("Different companies at one address"),
}
LATER = "later"
KINDS = {
    "person_same": N_("same site"),
    "person_different": N_("different sites"),
    "merge": N_("two sites made one"),
    "split": N_("taken out of a site"),
    "undo": N_("taken back"),
}


@blueprint.get("/rounds/<round_id>/sites/questions")
@permit(Permission.SITES_MATCH)
def site_questions(round_: Round) -> str:
    """The questions that wait, and how many were answered."""
    found, page = questions.page(db.session(), round_, asked=request.args.get("page"))
    return render_template(
        "chain/questions.html",
        round_=round_,
        asked=[questions.look(db.session(), one) for one in found],
        page=page,
        counts=questions.count(db.session(), round_),
        named=_names(round_),
        told=told,
        country=lambda code: country_name(code, current_language()),
    )


@blueprint.get("/rounds/<round_id>/sites/questions/<question_id>")
@permit(Permission.SITES_MATCH)
def site_question(round_: Round, question_id: str) -> str:
    """One question: both descriptions side by side, what agrees and what not."""
    return _question(round_, guard.child(MatchQuestion, question_id, round_))


@blueprint.post("/rounds/<round_id>/sites/questions/<question_id>")
@permit(Permission.SITES_MATCH)
def answer_question(round_: Round, question_id: str) -> str | Response | tuple[str, int]:
    """Answer a question, or put it off; the next one follows."""
    question = guard.child(MatchQuestion, question_id, round_)
    verdict = request.form.get("verdict", "")
    chosen = request.form.get("site", "")
    try:
        if verdict == LATER:
            acts.put_off(db.session(), question, actor=actor(), now=clock.now())
            return guard.done(_next(round_, question))
        acts.answer(
            db.session(),
            question,
            verdict,
            site=db.session.scalar(select(Site).where(Site.public_id == storable(chosen))),
            motive=storable(request.form.get("motive", "")),
            actor=actor(),
            now=clock.now(),
        )
    except RuleBroken as error:
        db.session.rollback()
        return _question(round_, guard.child(MatchQuestion, question_id, round_), error), 422
    return guard.done(_next(round_, question), _("Answered. It can be taken back under “What was decided”."))


@blueprint.get("/rounds/<round_id>/sites/decisions")
@permit(Permission.SITES_MATCH)
def site_decisions(round_: Round) -> str:
    """What persons decided about this round's sites, and how to take it back."""
    found, page = questions.decisions(db.session(), round_, asked=request.args.get("page"))
    people = {
        one.id: one.name for one in db.session.scalars(select(User).where(User.id.in_([d.actor_id for d in found])))
    }
    sites = {one.id: one for one in db.session.scalars(select(Site).where(Site.id.in_(_sites(found))))}
    return render_template(
        "chain/decisions.html",
        round_=round_,
        decisions=found,
        page=page,
        people=people,
        sites=sites,
        kinds=KINDS,
        undone=questions.undone(db.session(), found),
        error=request.args.get("error", ""),
    )


@blueprint.post("/rounds/<round_id>/sites/decisions/<int:number>/undo")
@permit(Permission.SITES_MATCH)
def undo_decision(round_: Round, number: int) -> Response:
    """Take a decision back: the state before it is restored."""
    found = db.session.get(MatchDecision, number)
    if found is None or not questions.is_of(db.session(), round_, found):
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    here = url_for("chain.site_decisions", round_id=round_.public_id)
    try:
        undoing.undo(db.session(), found, round_, actor=actor(), now=clock.now())
    except RuleBroken as error:
        db.session.rollback()
        return guard.done(here, sentence(error), "error")
    return guard.done(here, _("Taken back."))


def told(reason: Reason) -> str:
    """A reason in the reader's words."""
    params = dict(reason.params)
    if reason.code == Guard.COUNTRY.value:
        params = {
            side: ", ".join(country_name(code, current_language()) for code in codes.split())
            for side, codes in params.items()
        }
    return words(SENTENCES[reason.code], **params)


def _question(round_: Round, question: MatchQuestion, error: RuleBroken | None = None) -> str:
    return render_template(
        "chain/question.html",
        round_=round_,
        asked=questions.look(db.session(), question),
        answers=ANSWERS,
        sure=acts.SURE,
        error=sentence(error) if error else "",
        chosen=request.form,
        counts=questions.count(db.session(), round_),
        named=_names(round_),
        told=told,
        country=lambda code: country_name(code, current_language()),
    )


def _next(round_: Round, question: MatchQuestion) -> str:
    found = questions.next_after(db.session(), question)
    if found is None:
        return url_for("chain.site_questions", round_id=round_.public_id)
    return url_for("chain.site_question", round_id=round_.public_id, question_id=found.public_id)


def _names(round_: Round) -> dict[int, str]:
    """Suppliers by submission, as this reader may see them; of earlier rounds of the lead too."""
    reader = confidentiality.reader_of(db.session(), round_, actor(), roles=guard.roles(round_))
    here = opened(db.session(), round_)
    return {s.id: bidder(reader, confidentiality.bidder_name(reader, s, place)) for place, s in enumerate(here)}


def _sites(found: list[MatchDecision]) -> set[int]:
    return {number for one in found for number in (one.site_id, one.other_site_id) if number is not None}
