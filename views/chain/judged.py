"""What evaluators read of contradictions: accepted ones of the suppliers they judge, and questions with their answers; nothing to decide."""

from __future__ import annotations

from collections.abc import Iterable

from flask import render_template, request, url_for
from flask_babel import gettext as _

from framework.chain.clarifications import acts, lists
from framework.chain.contradictions import judged, listing, review
from framework.chain.contradictions.catalogue import LABELS, OF_EARLIER_ROUNDS, kinds
from framework.chain.contradictions.listing import Filter
from framework.chain.contradictions.states import state_of
from framework.disclosure.confidentiality import Reader
from framework.ground.errors import NotFound
from framework.ground.permissions import Permission
from framework.ground.text import N_
from models import veiled
from models.base import db
from models.contradictions import Clarification, Contradiction, ContradictionRow
from models.rounds import Round
from views import clock, guard
from views.chain import blueprint
from views.chain.contradictions import select_people
from views.chain.saying import question_of, sentence_of, title_of, told
from views.chain.sight import names_of, reader_of
from views.disclosure.bidders import place
from views.guard import permit
from views.i18n import words

ACCEPTED = "accepted"


@blueprint.get("/rounds/<round_id>/judging/contradictions")
@permit(Permission.CONTRADICTIONS_JUDGED)
def judged_contradictions(round_: Round) -> str:
    """The accepted contradictions of the suppliers that are judged, the worthiest first."""
    names = _names(round_)
    asked = Filter(state=ACCEPTED, without=OF_EARLIER_ROUNDS, among=frozenset(names))
    lines, page = listing.page(db.session(), round_, asked, number=request.args.get("page"))
    return render_template(
        "chain/judged_contradictions.html",
        round_=round_,
        lines=[
            (
                line.one,
                title_of(line.one.code),
                sentence_of(line.one.code, line.one.params),
                sorted(names[number] for number in line.submissions if number in names),
            )
            for line in lines
        ],
        page=page,
    )


@blueprint.get("/rounds/<round_id>/judging/contradictions/<contradiction_id>")
@permit(Permission.CONTRADICTIONS_JUDGED)
def judged_contradiction(round_: Round, contradiction_id: str) -> str:
    """One accepted contradiction: what the rows of the judged suppliers say, and what these answered about them."""
    one = guard.child(Contradiction, contradiction_id, round_)
    names, reader = _names(round_), reader_of(round_)
    rows, total = listing.statements(db.session(), one)
    seen = [row for row in rows if row.submission_id in names]
    if not seen or one.code in OF_EARLIER_ROUNDS or state_of(db.session(), one) != ACCEPTED:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    says = [told(row.says) for row in seen]
    decision = review.standing(db.session(), one)
    questions = [each for each in lists.about(db.session(), [one.id]) if each.submission_id in names]
    return render_template(
        "chain/judged_contradiction.html",
        round_=round_,
        one=one,
        title=title_of(one.code),
        said=sentence_of(one.code, one.params),
        kind=kinds()[one.code],
        rows=[(row, names[row.submission_id], _place(reader, row)) for row in seen],
        labels=[label for label in map(words, LABELS.values()) if any(label in part for part in says)],
        says=says,
        more=total - len(seen),
        accepted_at=decision.at if decision is not None else None,
        questions=[_question(round_, each, names) for each in questions],
        states=lists.STATES,
        people=_people(questions, names),
    )


@blueprint.get("/rounds/<round_id>/judging/questions")
@permit(Permission.CONTRADICTIONS_JUDGED)
def judged_questions(round_: Round) -> str:
    """The questions to the suppliers that are judged, with what these answered."""
    names = _names(round_)
    found, page = lists.page(
        db.session(), round_, among=names, without=OF_EARLIER_ROUNDS, asked=request.args.get("page")
    )
    return render_template(
        "chain/judged_questions.html",
        round_=round_,
        questions=[_question(round_, each, names) for each in found],
        states=lists.STATES,
        people=_people(found, names),
        page=page,
    )


def _names(round_: Round) -> dict[int, str]:
    """What the reader calls the suppliers that are judged, by submission."""
    names = names_of(round_, reader_of(round_))
    return {one.id: names[one.id] for one in judged.submissions(db.session(), round_)}


def _people(questions: Iterable[Clarification], names: dict[int, str]) -> dict[int, str]:
    """Who answered, by user; to who judges by letters a person of a supplier is that supplier."""
    answered = {answer.user_id: names[each.submission_id] for each in questions for answer in each.answers}
    return answered if veiled.names() is not None else select_people(list(answered))


def _question(round_: Round, one: Clarification, names: dict[int, str]) -> dict[str, object]:
    """A question with its first rows, as the parts of the templates take it."""
    items, page = lists.items(db.session(), one, asked=1)
    reader = reader_of(round_)
    return {
        "one": one,
        "title": title_of(one.code),
        "name": names[one.submission_id],
        "state": acts.state_of(one, clock.now()),
        "items": [(item, question_of(one.code, item.says)) for item in items],
        "more": page.total - len(items),
        "place": lambda row: place(reader, one.submission, row),
        "row_url": lambda item: url_for(
            "disclosure.row",
            round_id=round_.public_id,
            submission_id=one.submission.public_id,
            row_id=item.row_id,
        ),
    }


def _place(reader: Reader, row: ContradictionRow) -> str:
    return place(reader, row.submission, row.row) if row.row is not None else str(_("the file has no such row"))
