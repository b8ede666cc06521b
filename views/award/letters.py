"""The letters: how they leave, how each will look, and each bidder's own."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import render_template, request, url_for
from flask_babel import force_locale
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.award import addressees, announcing, letter_text, standstill
from framework.award import decision as decisions
from framework.award import letters as acts
from framework.ground.errors import NotFound
from framework.ground.permissions import Permission
from framework.ground.text import N_, storable
from models.award import AwardDecision, AwardLetter
from models.base import db
from models.rounds import Round
from views import clock
from views.award import blueprint
from views.award.common import act_or_told, say, tied
from views.downloads import send_pdf
from views.guard import actor, permit
from views.i18n import LANGUAGES, day_time

LONGEST_NUMBER = 6


@blueprint.get("/rounds/<round_id>/award/letters")
@permit(Permission.AWARD_DECIDE)
def letters_page(round_: Round) -> str:
    """Every letter of the decision: to whom, by which channel, in which language, when it left."""
    decision = _newest(round_)
    keeps_out = tied(round_)
    listed = addressees.of_decision(db.session(), decision) if decision is not None and not keeps_out else []
    return render_template(
        "award/letters.html",
        round_=round_,
        decision=decision,
        tied=keeps_out,
        letters=listed,
        unreachable=addressees.unreachable(db.session(), listed, now=clock.now())
        if decision is not None and decision.announced_at is None
        else [],
        languages=LANGUAGES,
        is_open=round_.state == "award",
        is_running=round_.state in ("standstill", "challenged"),
        today=standstill.local_day(clock.now(), round_.zone),
    )


@blueprint.post("/rounds/<round_id>/award/letters/<letter_id>")
@permit(Permission.AWARD_DECIDE)
def set_letter(round_: Round, letter_id: str) -> Response:
    """Say how a letter leaves and in which language."""
    public_id = round_.public_id
    letter = _of_lead(round_, letter_id)
    channel, language = request.form.get("channel", ""), request.form.get("language", "")
    return act_or_told(
        lambda: acts.set_channel(db.session(), letter, channel, language, actor=actor(), now=clock.now()),
        lambda: url_for("award.letters_page", round_id=public_id),
        _("Kept."),
    )


@blueprint.post("/rounds/<round_id>/award/letters/<letter_id>/left")
@permit(Permission.AWARD_DECIDE)
def letter_left(round_: Round, letter_id: str) -> Response:
    """Note the day on which a letter left by other means."""
    public_id = round_.public_id
    day = day_of(request.form.get("left_on", ""))
    return act_or_told(
        lambda: announcing.note_left(
            db.session(), round_, storable(letter_id), day or dt.date.max, actor=actor(), now=clock.now()
        ),
        lambda: url_for("award.letters_page", round_id=public_id),
        _("Noted. The standstill ends as this letter asks for, if that is later."),
    )


@blueprint.get("/rounds/<round_id>/award/letters/<letter_id>")
@permit(Permission.AWARD_DECIDE)
def preview(round_: Round, letter_id: str) -> str:
    """A letter as it left, or as it would leave now."""
    letter = _of_lead(round_, letter_id)
    text = acts.preview(db.session(), letter, now=clock.now(), say=say)
    return _shown(round_, letter, text, back=url_for("award.letters_page", round_id=round_.public_id))


@blueprint.get("/rounds/<round_id>/award/letters/<letter_id>/letter.pdf")
@permit(Permission.AWARD_DECIDE)
def preview_pdf(round_: Round, letter_id: str) -> Response:
    """The same as PDF."""
    letter = _of_lead(round_, letter_id)
    return _pdf(round_, letter, acts.preview(db.session(), letter, now=clock.now(), say=say))


@blueprint.get("/rounds/<round_id>/award/letter")
@permit(Permission.AWARD_LETTER)
def letter(round_: Round) -> str:
    """A bidder's own letter, the newest or the one of the decision in the address."""
    found, every = _own(round_)
    return _shown(round_, found, found.text if found is not None else "", every=every)


@blueprint.get("/rounds/<round_id>/award/letter.pdf")
@permit(Permission.AWARD_LETTER)
def letter_pdf(round_: Round) -> Response:
    """The same as PDF."""
    found, _every = _own(round_)
    if found is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return _pdf(round_, found, found.text)


def day_of(text: str) -> dt.date | None:
    """A day as a form sends it; None for anything else."""
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        return None


def _newest(round_: Round) -> AwardDecision | None:
    every = decisions.history(db.session(), round_)
    return every[0] if every else None


def _of_lead(round_: Round, letter_id: str) -> AwardLetter:
    """A letter of any decision of the round; raises NotFound, also for whom a tie keeps from the award."""
    query = db.session.query(AwardLetter).join(AwardDecision, AwardDecision.id == AwardLetter.decision_id)
    found = query.filter(
        AwardLetter.public_id == storable(letter_id), AwardDecision.round_id == round_.id
    ).one_or_none()
    if found is None or tied(round_):
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return found


def _own(round_: Round) -> tuple[AwardLetter | None, list[AwardLetter]]:
    """The own letters that have left, and the one asked for. Raises NotFound for a decision that gave none."""
    every = acts.of_bidder(db.session(), round_, actor().organisation_id)
    asked = request.args.get("decision", "")
    if not asked:
        return (every[0] if every else None), every
    is_number = asked.isdecimal() and len(asked) <= LONGEST_NUMBER
    found = next((one for one in every if is_number and one.decision.number == int(asked)), None)
    if found is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return found, every


def _shown(
    round_: Round, letter: AwardLetter | None, text: str, *, back: str = "", every: list[AwardLetter] | None = None
) -> str:
    return render_template(
        "award/letter.html",
        round_=round_,
        letter=letter,
        blocks=letter_text.blocks(text),
        back=back,
        every=every or [],
        pdf_url=_pdf_url(round_, letter, is_lead=bool(back)),
        printed_at=clock.now(),
        is_intact=letter is not None and acts.is_intact(letter),
    )


def _pdf_url(round_: Round, letter: AwardLetter | None, *, is_lead: bool) -> str:
    if letter is None:
        return ""
    if is_lead:
        return url_for("award.preview_pdf", round_id=round_.public_id, letter_id=letter.public_id)
    return url_for("award.letter_pdf", round_id=round_.public_id, decision=letter.decision.number)


def _pdf(round_: Round, letter: AwardLetter, text: str) -> Response:
    """A letter as PDF, in its language: made of its text, so that it says what was hashed. Raises NotMade."""
    with force_locale(letter.language):
        mark = _("Withdrawn") if letter.withdrawn_at is not None else _("Draft") if not letter.text else ""
        facts = [[_("Left"), str(day_time(letter.left_at, round_.zone))]] if letter.left_at is not None else []
        facts += [["SHA-256", letter.sha256]] if letter.sha256 else []
        values: dict[str, Any] = {
            "blocks": [
                {"kind": one.kind, "text": one.text, "rows": [list(row) for row in one.rows]}
                for one in letter_text.blocks(text)
            ],
            "draft": mark,
            "proof": facts,
            "foot": f"{round_.name} · {letter.submission.receipt_number}",
        }
        return send_pdf(
            "award_letter",
            values,
            name=f"award-letter-{letter.public_id}.pdf",
            title=f"{_('Decision on the award')} · {round_.name}",
            author=round_.organisation.name,
            created_at=letter.left_at or letter.decision.announced_at or letter.created_at,
        )
