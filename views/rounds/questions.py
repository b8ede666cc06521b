"""Questions about a tender: what everybody reads, what a supplier asked, how the lead answers."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from framework.ground.actors import SUPPLIER_SEES_FROM
from framework.ground.errors import NotFound, RuleBroken
from framework.ground.paging import page_of
from framework.ground.permissions import Permission
from framework.ground.text import N_
from framework.rounds import question_lists as lists
from framework.rounds import questions as acts
from framework.rounds import schedule, settings
from models.base import db
from models.questions import PublicAnswer, Question
from models.rounds import Round
from views import clock, guard
from views.guard import actor, child, permit
from views.rounds import blueprint
from views.rounds.forms import AnswerForm, PublishForm, QuestionForm, answer
from views.rounds.phases import act_or_tell

PAGE = 25
STATES: dict[str, str] = {
    "waiting": N_("Waiting for an answer"),
    "drafted": N_("Answer being written"),
    "answered": N_("Answered"),
    "withdrawn": N_("Taken back"),
}
OWN_STATES = STATES | {"drafted": STATES["waiting"]}
"""What a supplier reads of its own question: whether the lead is writing is the lead's."""


@blueprint.get("/public/rounds/<round_id>/questions")
@permit(Permission.PUBLIC)
def public_questions(round_: Round) -> str:
    """Every question and answer of a published tender, for everybody; never who asked."""
    require_published(round_)
    return render_template("rounds/public_questions.html", round_=round_, **_answers(round_))


def require_published(round_: Round) -> None:
    """Raise NotFound where the round is not known to the public."""
    if round_.published_at is None or round_.state not in SUPPLIER_SEES_FROM | {"cancelled", "archived"}:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))


@blueprint.get("/rounds/<round_id>/questions")
@permit(Permission.QUESTION_VIEW_OWN)
def questions(round_: Round) -> str:
    """The form for a question, the own ones, and what everybody reads."""
    return _questions(round_, QuestionForm(formdata=None))


@blueprint.post("/rounds/<round_id>/questions")
@permit(Permission.QUESTION_ASK)
def ask_question(round_: Round) -> Response | tuple[str, int]:
    """Ask a question."""
    form = QuestionForm()
    said = _("Your question is sent. The answer goes to everybody at once, without your name.")
    return answer(
        form,
        lambda: acts.ask(db.session(), round_, form.text.data or "", actor=actor(), now=clock.now()),
        lambda: _to("questions", round_),
        said,
        lambda: _questions(round_, form),
    )


@blueprint.post("/rounds/<round_id>/questions/<question_id>/withdraw")
@permit(Permission.QUESTION_ASK)
def withdraw_question(round_: Round, question_id: str) -> Response:
    """Take an own question back before it is answered."""
    found = child(Question, question_id, round_)
    return act_or_tell(
        round_,
        "questions",
        lambda: acts.withdraw(db.session(), found, actor=actor(), now=clock.now()),
        _("The question is taken back."),
    )


def _questions(round_: Round, form: QuestionForm) -> str:
    own = lists.own(db.session(), round_, actor().organisation_id)
    return render_template(
        "rounds/questions.html",
        round_=round_,
        form=form,
        own=[{"question": one, "state": OWN_STATES[acts.state_of(one)], "is_over": _is_over(one)} for one in own],
        is_taken=acts.are_taken(round_, now=clock.now()),
        is_open=schedule.is_tender_open(round_, now=clock.now()),
        contact=settings.value(round_, "question_contact"),
        **_answers(round_),
    )


def _is_over(question: Question) -> bool:
    return acts.state_of(question) in ("answered", "withdrawn")


def _answers(round_: Round) -> dict[str, Any]:
    """What everybody reads, by words and page."""
    typed = request.args.get("q", "").strip()[:200]
    query = lists.published(round_, typed)
    page = page_of(request.args.get("page"), lists.count_of(db.session(), query), PAGE)
    rows = db.session.scalars(query.offset(page.offset).limit(page.size)).all()
    return {"answers": rows, "typed": typed, "page": page}


@blueprint.get("/rounds/<round_id>/questions/asked")
@permit(Permission.QUESTION_VIEW)
def asked(round_: Round) -> str:
    """Every question with who asked it, for the lead alone: choose some and answer them at once."""
    typed, state = request.args.get("q", "").strip()[:200], request.args.get("state", "")
    query = lists.asked(round_, state=state, typed=typed)
    page = page_of(request.args.get("page"), lists.count_of(db.session(), query), PAGE)
    rows = db.session.scalars(query.offset(page.offset).limit(page.size)).all()
    return render_template(
        "rounds/asked.html",
        round_=round_,
        rows=[{"question": one, "state": acts.state_of(one)} for one in rows],
        states=STATES,
        state=state,
        typed=typed,
        page=page,
        waiting=lists.waiting(db.session(), round_),
        drafts=lists.drafts(db.session(), round_),
        aside=lists.drafts(db.session(), round_, aside=True),
        published=db.session.scalars(lists.published(round_)).all(),
        answer_by=acts.answer_by(round_),
        is_open=schedule.is_tender_open(round_, now=clock.now()),
        is_late=_is_late(round_),
    )


@blueprint.post("/rounds/<round_id>/questions/answers")
@permit(Permission.QUESTION_ANSWER)
def begin_answer(round_: Round) -> Response:
    """Begin one answer to the chosen questions, or let them belong to an answer that is there."""
    listed = [child(Question, one, round_) for one in dict.fromkeys(request.form.getlist("question"))]
    to = request.form.get("to", "")
    made: list[PublicAnswer] = []

    def act() -> None:
        if to:
            target = child(PublicAnswer, to, round_)
            acts.join(db.session(), target, listed, actor=actor(), now=clock.now())
        else:
            target = acts.draft(db.session(), round_, listed, actor=actor(), now=clock.now())
        made.append(target)

    try:
        act()
    except RuleBroken as error:
        if error.status == 404:
            raise
        return _refused(error, _to("asked", round_))
    said = _("The questions belong to this answer now.") if to else _("Write the answer; nobody else reads it yet.")
    return guard.done(_answer_url("answer_page", round_, made[0]), said)


@blueprint.get("/rounds/<round_id>/questions/answers/<answer_id>")
@permit(Permission.QUESTION_VIEW)
def answer_page(round_: Round, answer_id: str) -> str:
    """One answer: what was asked, the lead's wording, what everybody read so far."""
    found = child(PublicAnswer, answer_id, round_)
    form = AnswerForm(data={"question": found.question, "answer": found.answer, "version": found.version})
    return _answer_page(round_, found, form)


@blueprint.post("/rounds/<round_id>/questions/answers/<answer_id>")
@permit(Permission.QUESTION_ANSWER)
def save_answer(round_: Round, answer_id: str) -> Response | tuple[str, int]:
    """Keep the draft, and go on to the check."""
    found, form = child(PublicAnswer, answer_id, round_), AnswerForm()
    return answer(
        form,
        lambda: acts.save(
            db.session(),
            found,
            question=form.question.data or "",
            text=form.answer.data or "",
            version=form.known_version(),
            actor=actor(),
            now=clock.now(),
        ),
        lambda: _answer_url("answer_check" if request.form.get("then") == "check" else "answer_page", round_, found),
        _("The draft is kept."),
        lambda: _answer_page(round_, found, form),
    )


@blueprint.get("/rounds/<round_id>/questions/answers/<answer_id>/check")
@permit(Permission.QUESTION_VIEW)
def answer_check(round_: Round, answer_id: str) -> str:
    """The answer as everybody will read it, what its text tells of the asker, and what publishing does."""
    found = child(PublicAnswer, answer_id, round_)
    return _check(round_, found, PublishForm(data={"version": found.version}))


@blueprint.post("/rounds/<round_id>/questions/answers/<answer_id>/check")
@permit(Permission.QUESTION_ANSWER)
def publish_answer(round_: Round, answer_id: str) -> Response | tuple[str, int]:
    """Publish the answer to everybody at once."""
    found, form = child(PublicAnswer, answer_id, round_), PublishForm()
    return answer(
        form,
        lambda: acts.publish(
            db.session(),
            found,
            version=form.known_version(),
            reason=form.reason.data or "",
            names_seen=bool(form.names_seen.data),
            actor=actor(),
            now=clock.now(),
        ),
        lambda: _to("asked", round_),
        _("Published. Every supplier and member is told once."),
        lambda: _check(round_, found, form),
    )


@blueprint.post("/rounds/<round_id>/questions/answers/<answer_id>/discard")
@permit(Permission.QUESTION_ANSWER)
def discard_answer(round_: Round, answer_id: str) -> Response:
    """Put a draft aside; of a published answer undo what nobody read."""
    found = child(PublicAnswer, answer_id, round_)
    return act_or_tell(
        round_,
        "asked",
        lambda: acts.discard(db.session(), found, actor=actor(), now=clock.now()),
        _("The draft is put aside. It can be taken up again."),
    )


@blueprint.post("/rounds/<round_id>/questions/answers/<answer_id>/restore")
@permit(Permission.QUESTION_ANSWER)
def restore_answer(round_: Round, answer_id: str) -> Response:
    """Take a draft up again."""
    found = child(PublicAnswer, answer_id, round_)
    return act_or_tell(
        round_,
        "asked",
        lambda: acts.restore(db.session(), found, actor=actor(), now=clock.now()),
        _("The draft is taken up again."),
    )


def _answer_page(round_: Round, found: PublicAnswer, form: AnswerForm) -> str:
    return render_template(
        "rounds/answer.html",
        round_=round_,
        found=found,
        form=form,
        asked=_asked_of(found),
        is_open=schedule.is_tender_open(round_, now=clock.now()),
        is_changed=acts.is_changed(found),
    )


def _check(round_: Round, found: PublicAnswer, form: PublishForm) -> str:
    return render_template(
        "rounds/answer_check.html",
        round_=round_,
        found=found,
        form=form,
        names=acts.names(db.session(), found, form.reason.data or ""),
        is_open=schedule.is_tender_open(round_, now=clock.now()),
        is_changed=acts.is_changed(found),
        is_late=_is_late(round_),
        days=settings.value(round_, "last_question_days"),
    )


def _asked_of(found: PublicAnswer) -> list[Question]:
    query = select(Question).where(Question.public_answer_id == found.id).order_by(Question.id)
    return list(db.session.scalars(query))


def _is_late(round_: Round) -> bool:
    """Whether an answer now comes nearer to the deadline than the rules of the round foresee (law L19)."""
    until = acts.answer_by(round_)
    return until is not None and clock.now() > until


def _refused(error: RuleBroken, location: str) -> Response:
    flash(guard.refused(error), "error")
    return redirect(location, code=303)


def _to(page: str, round_: Round) -> str:
    return url_for(f"rounds.{page}", round_id=round_.public_id)


def _answer_url(page: str, round_: Round, found: PublicAnswer) -> str:
    return url_for(f"rounds.{page}", round_id=round_.public_id, answer_id=found.public_id)
