"""Pages on which people say which descriptions are one site: the questions that wait, one question, a group at once."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask_babel import ngettext
from sqlalchemy import select
from werkzeug.wrappers import Response

from framework.chain.matching import acts, bulk, decided, following, questions, undoing
from framework.chain.matching.decided import Decided
from framework.chain.matching.marking import AGREES, FIELDS, compared, texts_of
from framework.chain.matching.questions import Filters, Said
from framework.ground.errors import NotAllowed, RuleBroken
from framework.ground.permissions import Permission
from framework.ground.terms import FACILITY_TYPES
from framework.ground.text import N_, storable
from models.base import db
from models.chain import Site
from models.disclosure import Submission
from models.matching import MatchDecision, MatchQuestion
from models.rounds import Round
from views import clock, guard
from views.chain import blueprint, site_tables
from views.chain.decisions import in_words
from views.chain.sight import Eyes, country, eyes, told
from views.downloads import send_workbook
from views.guard import actor, permit
from views.i18n import sentence, words

ANSWERS = (
    ("same", "s", N_("Same site")),
    ("different", "d", N_("Different sites")),
    ("renamed", "n", N_("Same site, new name")),
    ("neighbour", "a", N_("Same address, other company")),
)
"""The answers with the key of each, in the order of the buttons."""
LATER = "later"
TOGETHER = {value: label for value, _key, label in ANSWERS if value in bulk.TOGETHER}
EXPORTED = 5_000
ANCHOR = "question"
"""From one question to the next without passing the head of the page each time."""


@blueprint.get("/rounds/<round_id>/sites/questions")
@permit(Permission.SITES_ANSWER)
def site_questions(round_: Round) -> str:
    """The questions that wait, and how many were answered."""
    here, filters = eyes(round_), _filters()
    found, page = questions.page(db.session(), here.sight, filters, asked=request.args.get("page"))
    submissions, countries, kinds = questions.choices(db.session(), here.sight)
    of = {one.id: one for one in _submissions(submissions)}
    return render_template(
        "chain/questions.html",
        round_=round_,
        asked=questions.look_at(db.session(), found, here.sight),
        page=page,
        counts=questions.count(db.session(), round_),
        eyes=here,
        told=told,
        filters=filters,
        kept=_kept(filters),
        suppliers=[(of[n].public_id, here.supplier(of[n])) for n in submissions if n in of],
        countries=sorted(((code, country(code)) for code in countries), key=lambda one: one[1]),
        kinds=[(kind, FACILITY_TYPES.get(kind, kind)) for kind in kinds],
        together=TOGETHER,
        in_words=in_words,
        done=_done(round_, here),
    )


@blueprint.get("/rounds/<round_id>/sites/questions.xlsx")
@permit(Permission.SITES_ANSWER)
def site_questions_workbook(round_: Round) -> Response:
    """The questions that wait as a workbook, as the page is narrowed."""
    here = eyes(round_)
    numbers = questions.queue(db.session(), here.sight, _filters())[:EXPORTED]
    asked = questions.look_at(db.session(), questions.by_number(db.session(), numbers), here.sight)
    content = site_tables.questions_table(asked, here, round_, now=clock.now())
    return send_workbook(content, f"site-questions-{round_.public_id}.xlsx")


@blueprint.get("/rounds/<round_id>/sites/questions/together")
@permit(Permission.SITES_ANSWER)
def questions_together(round_: Round) -> tuple[str, int]:
    """What one answer would do to each question of a group."""
    return _together(round_)


@blueprint.post("/rounds/<round_id>/sites/questions/together")
@permit(Permission.SITES_ANSWER)
def answer_together(round_: Round) -> str | Response | tuple[str, int]:
    """Give the answer to every question of the group that is as the preview showed it."""
    here, verdict = eyes(round_), request.form.get("verdict", "")
    expected = dict(filter(None, map(_as_seen, request.form.getlist("question"))))
    try:
        lines = bulk.preview(db.session(), expected, verdict, here.sight)
        motive = storable(request.form.get("motive", ""))
        done = bulk.answer(db.session(), lines, expected, verdict, motive=motive, actor=actor(), now=clock.now())
    except RuleBroken as error:
        return _together(round_, guard.refused(error), list(expected))
    left = len(expected) - len(done)
    said = ngettext("%(num)s question answered.", "%(num)s questions answered.", len(done))
    if left:
        said += " " + ngettext("%(num)s stays as it is.", "%(num)s stay as they are.", left)
    return guard.done(url_for("chain.site_questions", round_id=round_.public_id, **_kept(_filters())), said)


@blueprint.get("/rounds/<round_id>/sites/questions/<question_id>")
@permit(Permission.SITES_ANSWER)
def site_question(round_: Round, question_id: str) -> str:
    """One question: both descriptions side by side, what agrees and what not."""
    return _question(round_, guard.child(MatchQuestion, question_id, round_))


@blueprint.post("/rounds/<round_id>/sites/questions/<question_id>")
@permit(Permission.SITES_ANSWER)
def answer_question(round_: Round, question_id: str) -> str | Response | tuple[str, int]:
    """Answer a question, or put it off; the next one follows."""
    question, here = guard.child(MatchQuestion, question_id, round_), eyes(round_)
    verdict, filters = request.form.get("verdict", ""), _filters()
    chosen = storable(request.form.get("site", ""))
    _before, after, _place = questions.around(questions.queue(db.session(), here.sight, filters), question)
    try:
        if verdict == LATER:
            acts.put_off(db.session(), question, actor=actor(), now=clock.now())
            return guard.done(_next(round_, question, after, filters))
        if questions.look(db.session(), question, here.sight).hidden:
            raise NotAllowed("role-missing", N_("Only %(who)s may do this."), who="lead")
        decision = acts.answer(
            db.session(),
            question,
            verdict,
            site=db.session.scalar(select(Site).where(Site.public_id == chosen)),
            motive=storable(request.form.get("motive", "")),
            actor=actor(),
            now=clock.now(),
        )
    except RuleBroken as error:
        said = guard.refused(error)
        return _question(round_, guard.child(MatchQuestion, question_id, round_), said), 422
    return guard.done(_next(round_, question, after, filters, done=decision.id))


def _question(round_: Round, question: MatchQuestion, error: str = "") -> str:
    here, filters = eyes(round_), _filters()
    asked = questions.look(db.session(), question, here.sight)
    numbers = questions.queue(db.session(), here.sight, filters)
    before, after, place = questions.around(numbers, question)
    near = {one.id: one for one in questions.by_number(db.session(), [n for n in (before, after) if n is not None])}
    settled = question.decision
    return render_template(
        "chain/question.html",
        round_=round_,
        asked=asked,
        mine=_compared(here, asked.said, asked.options[0].said if asked.options else asked.said),
        theirs=[(one, _compared(here, one.said, asked.said)) for one in asked.options],
        labels=FIELDS,
        agrees=AGREES,
        answers=ANSWERS,
        needs_motive=asked.question.score < acts.SURE,
        error=error,
        chosen=request.form,
        place=place,
        total=len(numbers),
        before=_address(round_, near.get(before or 0), filters),
        after=_address(round_, near.get(after or 0), filters),
        kept=_kept(filters),
        eyes=here,
        told=told,
        settled=decided.told(db.session(), [settled], here.sight)[0] if settled else None,
        in_words=in_words,
        done=_done(round_, here),
    )


def _compared(here: Eyes, said: Said, other: Said) -> list[Any]:
    """The fields of one description with its words marked against the other."""
    one, two = (
        {
            key: country(text) if key == "country" else here.veiled(text)
            for key, text in texts_of(side.mention, side.row).items()
        }
        for side in (said, other)
    )
    return compared(one, two)


def _together(round_: Round, error: str = "", chosen: list[str] | None = None) -> tuple[str, int]:
    here, verdict = eyes(round_), request.values.get("verdict", "")
    numbers = chosen if chosen is not None else [storable(one) for one in request.args.getlist("question")]
    try:
        lines = bulk.preview(db.session(), numbers, verdict, here.sight)
    except RuleBroken as refusal:
        lines, error = [], error or sentence(refusal)
    page = render_template(
        "chain/together.html",
        round_=round_,
        lines=lines,
        fit=[line for line in lines if not line.left_out],
        verdict=verdict,
        label=words(TOGETHER.get(verdict, "")) if verdict in TOGETHER else "",
        error=error,
        motive=request.form.get("motive", ""),
        kept=_kept(_filters()),
        eyes=here,
        told=told,
    )
    return page, 422 if error else 200


def _as_seen(text: str) -> tuple[str, tuple[int, str]] | None:
    """A question as the preview showed it: its public id, version, and the site it would be tied to."""
    public_id, _dot, rest = text.partition(".")
    version, _dot, site = rest.partition(".")
    return (storable(public_id), (int(version[:9]), storable(site))) if version.isdecimal() else None


def _filters() -> Filters:
    """As the address or the form says."""
    asked = {
        name: storable(request.values.get(name, "")).strip()[:200] for name in ("q", "supplier", "country", "kind")
    }
    return Filters(asked["q"], asked["supplier"], asked["country"], asked["kind"])


def _kept(filters: Filters) -> dict[str, str]:
    """Filters as parts of an address."""
    parts = {"q": filters.text, "supplier": filters.supplier, "country": filters.country, "kind": filters.kind}
    return {name: value for name, value in parts.items() if value}


def _address(round_: Round, question: MatchQuestion | None, filters: Filters) -> str:
    if question is None:
        return ""
    return url_for(
        "chain.site_question",
        round_id=round_.public_id,
        question_id=question.public_id,
        _anchor=ANCHOR,
        **_kept(filters),
    )


def _next(
    round_: Round, question: MatchQuestion, after: int | None, filters: Filters, *, done: int | None = None
) -> str:
    """The question after the one that is settled, the first where it was the last, the list where none waits."""
    here = eyes(round_)
    left = [n for n in questions.queue(db.session(), here.sight, filters) if n != question.id]
    chosen = after if after in left else next(iter(left), None)
    found = questions.by_number(db.session(), [chosen]) if chosen is not None else []
    more: dict[str, Any] = {**_kept(filters), **({"done": done} if done is not None else {})}
    if not found:
        return url_for("chain.site_questions", round_id=round_.public_id, **more)
    return url_for(
        "chain.site_question", round_id=round_.public_id, question_id=found[0].public_id, _anchor=ANCHOR, **more
    )


def _done(round_: Round, here: Eyes) -> tuple[Decided, int] | None:
    """The answer that was given just before, where it still stands, and how many other questions it settled."""
    asked = request.args.get("done", "")
    found = db.session.get(MatchDecision, int(asked[:9])) if asked.isdecimal() and int(asked[:9]) < 2**31 else None
    if found is None or found.actor_id != actor().user_id or found.round_id != round_.id:
        return None
    if undoing.is_undone(db.session(), found):
        return None
    return decided.told(db.session(), [found], here.sight)[0], following.settled_with(db.session(), found)


def _submissions(numbers: list[int]) -> list[Submission]:
    return list(db.session.scalars(select(Submission).where(Submission.id.in_(numbers))))
