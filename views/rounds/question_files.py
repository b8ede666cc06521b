"""Questions and answers as files: a PDF, a workbook and a table for everybody; for the lead also who asked what."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.ground.errors import NotFound
from framework.ground.permissions import Permission
from framework.ground.table_files import Sheet, Value, workbook
from framework.ground.text import N_
from framework.rounds import question_lists as lists
from framework.rounds import questions as acts
from models.base import db
from models.questions import PublicAnswer
from models.rounds import Round
from views import clock
from views.downloads import send_csv, send_pdf, send_workbook
from views.guard import permit
from views.i18n import LANGUAGES, day_time, words
from views.rounds import blueprint
from views.rounds.questions import STATES, require_published

COLUMNS = ("number", "version", "published_at", "question", "answer", "reason")
LABELS = (
    N_("No."),
    N_("Version"),
    N_("Published (UTC)"),
    N_("Question"),
    N_("Answer"),
    N_("Why it was corrected"),
)
ASKED_LABELS = (
    N_("Asked (UTC)"),
    N_("Supplier"),
    N_("Person"),
    N_("Question as asked"),
    N_("State"),
    N_("No. of the answer"),
    N_("Question as published"),
)


@blueprint.get("/public/rounds/<round_id>/questions.csv")
@permit(Permission.PUBLIC)
def questions_csv(round_: Round) -> Response:
    """Every version of every answer as a table."""
    require_published(round_)
    return send_csv(COLUMNS, _rows(_published(round_)), f"questions-{round_.public_id}.csv")


@blueprint.get("/public/rounds/<round_id>/questions.xlsx")
@permit(Permission.PUBLIC)
def questions_xlsx(round_: Round) -> Response:
    """Every version of every answer as a workbook."""
    require_published(round_)
    sheet = Sheet(_("Questions and answers"), [words(label) for label in LABELS], _rows(_published(round_)))
    content = workbook(f"{_('Questions and answers')} · {round_.name}", [sheet], now=clock.now())
    return send_workbook(content, f"questions-{round_.public_id}.xlsx")


@blueprint.get("/rounds/<round_id>/questions/asked.xlsx")
@permit(Permission.QUESTION_VIEW)
def asked_xlsx(round_: Round) -> Response:
    """For the file of the lead: who asked what in which words, and what everybody read."""
    header = [words(label) for label in ASKED_LABELS]
    asked = Sheet(_("Questions asked"), header, _asked(round_))
    said = Sheet(_("Questions and answers"), [words(label) for label in LABELS], _rows(_published(round_)))
    content = workbook(f"{_('Questions asked')} · {round_.name}", [asked, said], now=clock.now())
    return send_workbook(content, f"questions-asked-{round_.public_id}.xlsx")


@blueprint.get("/public/rounds/<round_id>/questions-<language>.pdf")
@permit(Permission.PUBLIC)
def questions_pdf(round_: Round, language: str) -> Response:
    """All questions and answers; the same bytes until another is published. Raises NotFound, NotMade."""
    require_published(round_)
    if language not in LANGUAGES:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    answers = _published(round_)
    made_at = lists.last_published(db.session(), round_) or round_.published_at or round_.created_at
    with force_locale(language):
        return send_pdf(
            "questions",
            _values(round_, answers, made_at),
            name=f"questions-{round_.public_id}-{language}.pdf",
            title=f"{_('Questions and answers')} · {round_.name}",
            author=round_.organisation.name,
            created_at=made_at,
        )


def digest(answers: list[PublicAnswer]) -> str:
    """SHA-256 over every version of every answer, the same in every language."""
    rows = [[str(cell) for cell in row] for row in _rows(answers)]
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()


def _values(round_: Round, answers: list[PublicAnswer], made_at: dt.datetime) -> dict[str, Any]:
    reference = round_.reference or round_.notice_reference or round_.public_id
    sealed = digest(answers)
    return {
        "heading": _("Questions and answers"),
        "name": round_.name,
        "facts": [
            [_("Lead"), round_.organisation.name],
            [_("Reference"), reference],
            [_("As of"), str(day_time(made_at, round_.zone))],
        ],
        "none": _("No question has been answered yet."),
        "answers": [_answer(one, round_.zone) for one in answers],
        "proof": [["SHA-256", sealed], [_("Hash of the frozen terms"), round_.frozen_hash or ""]],
        "foot": f"{reference} · {round_.name}\nSHA-256 {sealed}",
    }


def _answer(one: PublicAnswer, zone: str) -> dict[str, Any]:
    return {
        "heading": _("Question %(number)s", number=one.number),
        "versions": [
            {
                "when": _("Version %(version)s", version=version.version_no)
                + f" · {day_time(version.published_at, zone)}",
                "reason": _("Corrected: %(reason)s", reason=version.reason) if version.reason else "",
                "question": version.question,
                "answer": version.answer,
            }
            for version in reversed(one.versions)
        ],
    }


def _published(round_: Round) -> list[PublicAnswer]:
    return list(db.session.scalars(lists.published(round_)))


def _rows(answers: list[PublicAnswer]) -> list[tuple[Value, ...]]:
    return [
        (one.number, version.version_no, version.published_at, version.question, version.answer, version.reason)
        for one in answers
        for version in one.versions
    ]


def _asked(round_: Round) -> Iterator[tuple[Value, ...]]:
    for one in db.session.scalars(lists.asked(round_)):
        answer = one.public_answer if acts.is_answered(one) else None
        yield (
            one.created_at,
            one.supplier.name,
            one.user.name,
            one.text,
            words(STATES[acts.state_of(one)]),
            answer.number if answer is not None else None,
            answer.versions[-1].question if answer is not None else "",
        )
