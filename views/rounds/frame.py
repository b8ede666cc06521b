"""The head of every page of a round: name, phase bar, next act for this reader, lever strip, the round's own navigation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import current_app, g, request, url_for
from flask_babel import gettext as _
from werkzeug.local import LocalProxy

from framework.award import addressees, decision, mandate
from framework.award import letters as letters_of_award
from framework.contract import lists as agreements
from framework.disclosure import receiving
from framework.ground.labels import PHASES
from framework.ground.permissions import Permission
from framework.ground.text import N_
from framework.rounds import next_action, outages
from framework.rounds.next_action import Reader, Step
from framework.rounds.settings import value
from models.base import db
from models.rounds import Outage, Round
from views import clock, guard, letters
from views.guard import actor
from views.i18n import date, instant, state_words, words

Lever = dict[str, Any]
LeverSource = Callable[[Round], Lever | None]

_lever: list[LeverSource] = []

TABS: tuple[tuple[str, str, Permission], ...] = (
    ("rounds.overview", N_("Overview"), Permission.ROUND_VIEW),
    ("rounds.setup", N_("Set-up"), Permission.ROUND_EDIT),
    ("rounds.terms", N_("Terms"), Permission.ROUND_VIEW),
    ("rounds.questions", N_("Questions and answers"), Permission.QUESTION_VIEW_OWN),
    ("rounds.asked", N_("Questions asked"), Permission.QUESTION_VIEW),
    ("rounds.calendar", N_("Calendar"), Permission.CALENDAR_USE),
    ("signons.listing", N_("Sign-ons"), Permission.SIGN_ON_VIEW),
    ("demand.index", N_("Demand"), Permission.DEMAND_VIEW),
    ("demand.pool", N_("Pool"), Permission.POOL_VIEW),
    ("demand.prices", N_("Price steps"), Permission.PRICES_VIEW),
    ("demand.price_list", N_("My price list"), Permission.PRICES_VIEW_OWN),
    ("demand.costs", N_("Joint costs"), Permission.COSTS_VIEW),
    ("demand.briefs_page", N_("Briefs"), Permission.BRIEF_VIEW),
    ("disclosure.own", N_("My disclosure"), Permission.SUBMISSION_VIEW_OWN),
    ("requests.own", N_("My requests"), Permission.REQUEST_VIEW_OWN),
    ("disclosure.suppliers", N_("Suppliers"), Permission.ROUND_MOVE),
    ("disclosure.opening_page", N_("Opening"), Permission.OPENING_VIEW),
    ("disclosure.submissions", N_("Disclosures"), Permission.SUBMISSION_VIEW_OPENED),
    ("chain.first_lot", N_("Comparison"), Permission.COMPARISON_VIEW),
    ("chain.site_list", N_("Sites"), Permission.COMPARISON_VIEW),
    ("chain.contradictions", N_("Contradictions"), Permission.CONTRADICTIONS_VIEW),
    ("chain.judged_contradictions", N_("Accepted contradictions"), Permission.CONTRADICTIONS_JUDGED),
    ("assessing.pile", N_("My assessments"), Permission.ASSESSMENT_MAKE),
    ("assessing.discussion", N_("Discussion"), Permission.VERDICT_VIEW),
    ("judging.ranking", N_("Ranking"), Permission.RANKING_VIEW),
    ("award.index", N_("Decision and letters"), Permission.AWARD_VIEW),
    ("award.letter", N_("My letter"), Permission.AWARD_LETTER),
    ("judging.board", N_("Judging"), Permission.JUDGING_VIEW),
    ("contract.index", N_("Agreements"), Permission.AGREEMENT_VIEW),
    ("signons.registration_board", N_("Registration"), Permission.REGISTRATION_VIEW),
    ("signons.own_registration", N_("My registration"), Permission.REGISTRATION_OWN),
    ("judging.conflicts", N_("Conflicts of interest"), Permission.CONFLICT_STATE),
    ("chain.own_clarifications", N_("Questions"), Permission.CLARIFICATION_ANSWER),
    ("requests.silence", N_("Requests upstream"), Permission.REQUEST_VIEW),
    ("chain.first_leverage", N_("Leverage"), Permission.COMPARISON_VIEW),
    ("contract.own_duties", N_("Disclosures due"), Permission.UPDATE_VIEW_OWN),
    ("contract.board", N_("Disclosures under agreements"), Permission.UPDATE_VIEW),
    ("audit.of_round", N_("Record"), Permission.AUDIT_VIEW),
)
"""Pages of a round's own navigation: its endpoint, its label, who sees it."""


def lever_from(source: LeverSource) -> LeverSource:
    """Register what fills the lever strip: `source(round_)` gives `{"items": [{value, label, note}], "meaning": words}` or None."""
    _lever[:] = [source]
    return source


def surroundings() -> dict[str, Any]:
    """Hand `frame` to every template; it is made when a page of a round first asks for it."""
    return {"frame": LocalProxy(current)}


def current() -> dict[str, Any]:
    """The frame of the round in the address, made once a request."""
    if getattr(g, "round_frame", ("",))[0] != g.request_ref:
        g.round_frame = (g.request_ref, build(g.attempt_round))
    return g.round_frame[1]  # type: ignore[no-any-return]


def roles_here(round_: Round) -> frozenset[str]:
    """The asker's roles in the round, asked once a request."""
    return guard.roles(round_)


def reader(round_: Round) -> Reader:
    """Who reads this page."""
    return Reader(actor(), roles_here(round_), clock.now())


def build(round_: Round) -> dict[str, Any]:
    """Everything `templates/round.html` shows of a round to this reader.

    A supplier that is only asked for prices is promised to see the name and the lots, so where the round stands is left out.
    """
    stands = roles_here(round_) != {"consulted"}
    lever = _lever[0](round_) if _lever and roles_here(round_) else None
    return {
        "name": round_.name,
        "organisation": round_.organisation.name,
        "url": url_for(_home(roles_here(round_)), round_id=round_.public_id),
        "stands": stands,
        "phase": PHASES[round_.state] if stands else "",
        "state_words": state_words("round", state_now(round_)) if stands else "",
        "sealed": round_.state in ("published", "receipt_closed"),
        "dates": dates(round_) if stands else {},
        "outages": _outages(round_),
        "next": shown(round_, next_action.next_step(db.session(), round_, reader(round_)))
        if roles_here(round_)
        else None,
        "lever": lever["items"] if lever else [],
        "meaning": lever["meaning"] if lever else "",
        "tabs": tabs(round_),
    }


def _home(held: frozenset[str]) -> str:
    """The page that a round's name leads to: a supplier that is only asked for prices may open no other than its list."""
    if held == {"consulted"}:
        return "demand.price_list"
    return "rounds.overview" if held else "rounds.public"


TELL_THEMSELVES = frozenset({"rounds.overview", "rounds.public", "rounds.extend", "rounds.propose_extension"})
"""Pages that say which outages the round had."""


def _outages(round_: Round) -> list[Outage]:
    """For the banner: the outages that last, or ended within a day, while a round takes tenders."""
    if round_.state not in outages.RECEIVING or request.endpoint in TELL_THEMSELVES:
        return []
    return outages.of_late(db.session(), now=clock.now())


def state_now(round_: Round) -> str:
    """The state as the date decides it, whether or not the clock job has run."""
    past = round_.state == "published" and receiving.is_past(round_, clock.now())
    return "receipt_closed" if past else round_.state


def shown(round_: Round, step: Step | None) -> dict[str, Any] | None:
    """A step in the reader's words, with its address where the page exists."""
    if step is None:
        return None
    there = step.page in current_app.view_functions
    url = url_for(step.page, round_id=round_.public_id, **step.where) if there else ""
    return {
        "sentence": words(step.sentence, **step.params),
        "url": "" if _is_here(url) or request.endpoint in step.done_on else url,
        "label": words(step.label) if step.label else _("Go on"),
    }


def _is_here(url: str) -> bool:
    """Whether that is the page one is on, also where a form of it was answered with the page again."""
    return request.path == url or (request.method == "POST" and request.path.startswith(url + "/"))


def dates(round_: Round) -> dict[str, str]:
    """The date beside each phase, in words, where it is known."""
    found = {
        "sign-on": round_.signon_deadline and instant(round_.signon_deadline, round_.zone),
        "demand": round_.demand_deadline and instant(round_.demand_deadline, round_.zone),
        "tender": round_.tender_deadline and instant(round_.tender_deadline, round_.zone),
        "award": _standstill(round_),
        "in force": round_.term_starts_on and date(round_.term_starts_on),
    }
    return {
        phase: _("until %(when)s", when=when) if phase != "in force" else _("from %(when)s", when=when)
        for phase, when in found.items()
        if when
    }


def _standstill(round_: Round) -> str:
    """The end of the standstill, while it counts and is known."""
    found = decision.current(db.session(), round_) if round_.state in ("standstill", "challenged") else None
    if found is None or found.standstill_ends_at is None or addressees.unnoted(db.session(), found):
        return ""
    return str(instant(found.standstill_ends_at, round_.zone))


def _is_of_use(endpoint: str, round_: Round, held: frozenset[str]) -> bool:
    """Whether a page has anything for this reader: prices only where the lead asked for them, or shows them, a
    letter once one has left."""
    if endpoint == "contract.index" and ("lead" not in held or round_.state == "cancelled"):
        return agreements.has_any(db.session(), round_, actor(), held)
    if endpoint == "award.index" and round_.state in ("award", "standstill", "challenged"):
        return mandate.may_read(db.session(), round_, actor(), held)
    if endpoint == "award.letter":
        return bool(letters_of_award.of_bidder(db.session(), round_, actor().organisation_id))
    if endpoint == "demand.price_list":
        return "consulted" in held or bool(value(round_, "ask_indicative_prices"))
    return endpoint != "demand.prices" or "lead" in held or bool(value(round_, "show_indicative_prices"))


def tabs(round_: Round) -> list[dict[str, Any]]:
    """The pages of this round that this reader may open."""
    found = []
    for endpoint, label, permission in TABS:
        allowed = guard.holds(permission, round_) and _is_of_use(endpoint, round_, roles_here(round_))
        if allowed and endpoint in current_app.view_functions and not letters.is_kept(permission):
            url = url_for(endpoint, round_id=round_.public_id)
            here = request.path == url or (endpoint != "rounds.overview" and request.path.startswith(url + "/"))
            found.append({"url": url, "label": words(label), "current": here})
    nearest = max((tab["url"] for tab in found if tab["current"]), key=len, default="")
    for tab in found:
        tab["current"] = tab["url"] == nearest
    return found
