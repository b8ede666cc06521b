"""The letter of a request as it was sealed, in a language: as a page and as a PDF, in the same words."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import render_template, url_for
from flask_babel import force_locale
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.chain.requests import letters
from framework.ground.errors import NotFound
from framework.ground.terms import COMPONENT_TYPES, MINERALS
from framework.ground.text import N_
from models.requests import UpstreamRequest
from views import clock
from views.downloads import send_pdf
from views.i18n import date, instant, number, words
from views.mailing import absolute

NOT_ASKED = "–"
"""Where a row has no model: a mineral is asked for all models of a brand."""


def page(found: UpstreamRequest, language: str, *, back: str) -> str:
    """The letter for print; its hash is over the facts, which are the same in every language. Raises NotFound."""
    _require(language)
    with force_locale(language):
        return render_template(
            "requests/letter.html",
            letter=found.letter,
            said=_said(found.letter),
            asked_on=_asked_at(found.letter),
            digest=found.letter_sha256,
            printed_at=clock.now(),
            zone=found.zone,
            back=back,
            pdf=f"letter-{language}.pdf",
            current_language=language,
        )


def pdf(found: UpstreamRequest, language: str) -> Response:
    """The letter as a PDF, dated as it was asked: whoever fetches it, and when, gets the same bytes. Raises NotFound, NotMade."""
    _require(language)
    letter = found.letter
    with force_locale(language):
        return send_pdf(
            "letter",
            _values(found),
            name=f"{letter['reference']}-{language}.pdf",
            title=f"{_('Request %(reference)s', reference=letter['reference'])} · {letter['round']}",
            author=letter["lead"],
            created_at=_asked_at(letter),
        )


def _values(found: UpstreamRequest) -> dict[str, Any]:
    """What the template sets: sentences and facts, in the language of now."""
    letter, said = found.letter, _said(found.letter)
    return {
        "parties": [
            {"label": _("Who is asked"), "name": letter["asked"], "email": letter["asked_email"]},
            {"label": _("Who asks"), "name": letter["asker"], "email": letter["asker_email"]},
        ],
        "heading": said["heading"],
        "facts": [
            [_("Reference"), letter["reference"]],
            [_("Round"), letter["round"]],
            [_("On whose behalf"), letter["on_behalf_of"] or letter["lead"]],
            [_("Asked at"), str(instant(_asked_at(letter), found.zone))],
            [_("Answer until"), _("%(day)s, 24:00 (%(zone)s)", day=said["due"], zone=letter["zone"])],
        ],
        "greeting": said["greeting"],
        "opening": " ".join(said["opening"]),
        "why": letter["why"],
        "volume": said["volume"],
        "asked": said["asked"],
        "head": [_("No."), _("Brand"), _("Model"), _("What is asked")],
        "rows": [
            [str(number(row["no"])), row["brand"], row["model"] or NOT_ASKED, row["what"]] for row in said["rows"]
        ],
        "how": said["how"],
        "link": said["link"],
        "signed": "\n".join(filter(None, (letter["asker"], letter["asker_email"]))),
        "proof": [["SHA-256", found.letter_sha256], [_("Permanent address"), _address(found)]],
        "hint": said["hint"],
        "foot": f"{letter['reference']} · {letter['round']}\nSHA-256 {found.letter_sha256}",
    }


def _said(letter: dict[str, Any]) -> dict[str, Any]:
    """The sentences of the letter, the same on the page and in the PDF."""
    due = str(date(dt.date.fromisoformat(letter["due_on"])))
    opening = [_purpose(letter)]
    if letter["asker"] != (letter["on_behalf_of"] or letter["lead"]):
        opening.append(_("%(asker)s was asked and passes the question on to you.", asker=letter["asker"]))
    opening.append(_("Please answer for the rows below until %(day)s, 24:00 (%(zone)s).", day=due, zone=letter["zone"]))
    return {
        "heading": _("Request for information about the supply chain"),
        "greeting": _("Dear %(name)s,", name=letter["asked"]),
        "opening": opening,
        "due": due,
        "volume": _volume(letter["volume"]),
        "asked": _("Rows asked"),
        "rows": [_row(row) for row in letter["rows"]],
        "how": _(
            "For each row: the legal name and address of the site, its ids, the share made there and since when; or the reason why none is named. “We do not know it” is an answer. If you cannot answer, please say so with a dated answer: it is proof that the question was put."
        ),
        "link": _("You were sent a link by mail with which you can answer without an account."),
        "hint": _("Over the facts of this letter, which are the same in every language."),
    }


def _purpose(letter: dict[str, Any]) -> str:
    """In whose name it is asked: of a supplier that must disclose, else of the buyers."""
    named = {"round": letter["round"], "lead": letter["lead"]}
    if not letter["on_behalf_of"]:
        return _(
            "%(lead)s leads the joint procurement “%(round)s” of public buyers and asks where models that are offered in it are made.",
            **named,
        )
    return _(
        "%(supplier)s takes part in the joint procurement “%(round)s” of %(lead)s and must say where the models it offers are made.",
        supplier=letter["on_behalf_of"],
        **named,
    )


def _volume(lots: list[dict[str, Any]]) -> str:
    """The pooled quantities behind the question; blank where the lead does not show them."""
    if not lots:
        return ""
    quantities = "; ".join(f"{one['lot']}: {number(one['quantity'])}" for one in lots)
    return f"{_('The public buyers expect to buy together:')} {quantities}"


def _row(row: dict[str, Any]) -> dict[str, Any]:
    if row["kind"] == "mineral":
        what = _("%(mineral)s: smelters and refiners", mineral=words(MINERALS.get(row["mineral"], row["mineral"])))
    else:
        label = words(COMPONENT_TYPES.get(row["component"], row["component"]))
        what = f"{label} ({row['other']})" if row["other"] else label
    return {"no": row["no"], "brand": row["brand"], "model": row["model"] or None, "what": what}


def _address(found: UpstreamRequest) -> str:
    """Where the request is kept. A later hop has no page but that of its links, which belong in no letter: it gets the round's."""
    if found.hop > 1:
        return absolute(url_for("rounds.public", round_id=found.round.public_id))
    page = "requests.one_of_lead" if found.is_of_lead else "requests.one"
    return absolute(url_for(page, round_id=found.round.public_id, request_id=found.public_id))


def _asked_at(letter: dict[str, Any]) -> dt.datetime:
    return dt.datetime.fromisoformat(letter["asked_at"])


def _require(language: str) -> None:
    if language not in letters.LANGUAGES:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
