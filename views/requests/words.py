"""Words that all pages of requests share: what is asked, an answer in one line, through whom it came, states and dates."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from framework.chain.requests import due, letters
from framework.chain.requests.blocks import FIELDS, REASONS, Problem
from framework.chain.requests.nodes import MINERAL, Node, what
from framework.chain.requests.reading import Line, path_of
from framework.ground.codelists import country_name
from framework.ground.errors import RuleBroken
from framework.ground.terms import NOT_DISCLOSED_REASONS, label_of
from models.requests import RequestAnswer, RequestRow, UpstreamRequest
from views.demand.lever import pieces
from views.i18n import LANGUAGES, current_language, date, number, percent, words

TONES = {
    "asked": "lever",
    "passed_on": "lever",
    "answered": "good",
    "refused": "warn",
    "no_answer": "error",
    "withdrawn": "neutral",
}
SHOWN = ("name", "address", "city", "country", "os_id", "other_id", "share", "valid_from")


def said(row: RequestRow | Node) -> str:
    """What is asked: component of the model, or mineral, without the brand."""
    label, own = what(row)
    named = f"{words(label)} ({own})" if own else words(label)
    if row.kind == MINERAL:
        return _("%(mineral)s: smelters and refiners", mineral=named)
    return _("%(model)s: %(component)s", model=row.model_name, component=named)


def told(one: RequestAnswer) -> str:
    """An answer in one line."""
    if one.reason:
        line = words(REASONS.get(one.reason, one.reason))
    else:
        line = ", ".join(_told_part(name, str(one.told[name])) for name in SHOWN if one.told.get(name))
    return _("%(answer)s. Note: %(note)s", answer=line, note=one.note) if one.note else line


def reason(code: str) -> str:
    """Why the supplier's file names no site, in words; the code itself where it is none of ours."""
    return words(label_of(NOT_DISCLOSED_REASONS, code))


def came_through(one: RequestAnswer) -> str:
    """Who answered, when, and through whom it came; a party that its asker keeps back is not named."""
    path = path_of(one)
    request = one.row.request
    line = _(
        "Answered by %(person)s for %(party)s on %(day)s",
        person=one.answered_by,
        party=request.asked_name,
        day=date(one.answered_at.date()),
    )
    for further in path[1:]:
        asked = further.row.request
        party = asked.known_as or _("a party that %(asker)s asked", asker=_asker_on_the_way(asked, request))
        line = _(
            "%(before)s, who had it from %(party)s on %(day)s",
            before=line,
            party=party,
            day=date(further.answered_at.date()),
        )
    if one.reused_id is not None:
        line = _("%(before)s, as it answered before", before=line)
    return str(line)


def _asker_on_the_way(asked: UpstreamRequest, nearest: UpstreamRequest) -> str:
    """Who asked at a later hop: the reader knows whom it asked itself, and others only where they are named."""
    if asked.parent is nearest or asked.parent is None:
        return nearest.asked_name
    return asked.parent.known_as or str(_("the party before"))


def party_of(request: UpstreamRequest) -> str:
    """Whom a hop asks, as its supplier and the lead may know it."""
    if request.hop == 1 or request.parent is None:
        return request.asked_name
    asker = request.parent.known_as or _("the party before")
    return request.known_as or _("a party that %(asker)s asked", asker=asker)


def asker_of(request: UpstreamRequest) -> str:
    """Who asks at a hop, as its supplier and the lead may know it."""
    return request.asker_name if request.parent is None else party_of(request.parent)


def until(request: UpstreamRequest) -> str:
    """The due date in words: it ends with the day, in its zone."""
    return str(_("%(day)s, 24:00 (%(zone)s)", day=date(request.due_on), zone=request.zone))


def time_left(request: UpstreamRequest, now: dt.datetime) -> str:
    """How long there is still, or since when it is over."""
    days = (due.ends(request) - now).total_seconds() / 86400
    if days < 0:
        return str(_("this date has passed; a late answer is still taken and shown as late"))
    if days < 1:
        return str(_("less than a day left"))
    return ngettext("%(num)s day left", "%(num)s days left", int(days))


def silence(line: Line) -> str:
    """The days of silence in words; blank where nobody is silent."""
    return "" if line.days is None else ngettext("%(num)s day", "%(num)s days", line.days)


def volumes(request: UpstreamRequest) -> list[str]:
    """The pooled quantities behind the question, where the lead lets them be shown."""
    return [f"{pieces(one['quantity'], one['unit'])} ({one['lot']})" for one in request.volume]


def letter_links(url: Any) -> list[dict[str, str]]:
    """Links to the letter in each language, as a PDF and as a page; `url(language)` gives the address of the page."""
    return [
        {
            "label": _("Letter (%(language)s)", language=LANGUAGES[one]),
            "url": f"{url(one)}.pdf",
            "format": "PDF",
            "page": url(one),
            "page_label": _("page for print (%(language)s)", language=LANGUAGES[one]),
        }
        for one in letters.LANGUAGES
    ]


def problems_of(found: tuple[Problem, ...] | list[Problem]) -> list[dict[str, str]]:
    """Errors for the summary on top of the page, each with its field."""
    return [
        {
            "text": _("Row %(row)s: %(problem)s", row=number(one.position), problem=words(one.message, **one.params)),
            "field_id": field_id(one.position, one.number, one.field),
        }
        for one in found
    ]


def field_id(position: int, place: int, name: str) -> str:
    """Id and name of a field of the answer."""
    return f"r{position}-{place}-{name}"


def errors_at(error: RuleBroken, message: str, *, part: str = "") -> list[dict[str, str]]:
    """The errors of a form as the summary takes them: the first, already put into words, and what else is wrong.

    `part` stands before the names of the fields of a form that is one of several.
    """
    told = [(message, error), *((words(one.message, **one.params), one) for one in getattr(error, "also", ()))]
    fields = [(text, getattr(one, "field", "")) for text, one in told]
    return [{"text": text, "field_id": f"{part}-{field}" if part and field else field} for text, field in fields]


def _told_part(name: str, value: str) -> str:
    if name == "country":
        return country_name(value, current_language())
    if name == "share":
        share = Decimal(value)
        shown = percent(share, max(0, -int(share.as_tuple().exponent)))
        return str(_("%(share)s of the quantity", share=shown))
    if name == "valid_from":
        return str(_("since %(day)s", day=date(dt.date.fromisoformat(value))))
    if name in ("os_id", "other_id"):
        return f"{words(FIELDS[name][0])}: {value}"
    return value
