"""Decision and letters: how far the award is, what was decided, and every decision before it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _

from framework.award import addressees, announcing, mandate, reasons
from framework.award import decision as decisions
from framework.award import letters as award_letters
from framework.award.reasons import Wanted
from framework.ground.errors import NotFound
from framework.ground.permissions import Permission
from framework.ground.text import N_, NN_
from framework.rounds import limits
from models.award import AwardDecision
from models.base import db
from models.rounds import Round
from views import clock, guard
from views.award import blueprint
from views.award.common import require_reader, tied
from views.guard import actor, permit
from views.i18n import words

LONGEST_NUMBER = 6
Listed = Mapping[int, list[Wanted]]
"""The reasons of a decision, by tender."""
WHOSE = {"lead": N_("the lead"), "member": N_("the members")}


@blueprint.get("/rounds/<round_id>/award")
@permit(Permission.AWARD_VIEW)
def index(round_: Round) -> str:
    """The decision that counts, or an earlier one by the number in the address; to the lead what is left to do."""
    require_reader(round_)
    session, keeps_out = db.session(), tied(round_)
    every = decisions.history(session, round_)
    shown = _shown(every)
    newest = every[0] if every and every[0].withdrawn_at is None else None
    is_lead = guard.holds(Permission.AWARD_DECIDE, round_)
    listed = reasons.wanted(session, shown) if shown is not None and not keeps_out else {}
    may_answer = _may_answer(round_, newest)
    return render_template(
        "award/index.html",
        round_=round_,
        tied=keeps_out,
        decision=shown,
        lots=lots_of(shown, listed) if shown is not None and not keeps_out else [],
        is_newest=shown is not None and shown is newest,
        history=every,
        is_lead=is_lead,
        tasks=_tasks(round_, newest, listed if shown is newest else {})
        if is_lead and round_.state == "award" and shown in (newest, None) and not keeps_out
        else [],
        tenders=_tenders(listed) if is_lead else [],
        waiting=announcing.waiting(session, round_, now=clock.now()) if is_lead and round_.state == "award" else None,
        me=actor().user_id,
        standing=_standing(round_, newest),
        rule=_rule(round_),
        answer=mandate.own(session, newest, actor()) if newest is not None and may_answer else None,
        may_answer=may_answer,
    )


def lots_of(decision: AwardDecision, listed: Listed) -> list[dict[str, Any]]:
    """What a decision says of each lot: who gets it, and why; `listed` are its reasons."""
    session = db.session()
    said, given = decisions.lots(session, decision), decisions.awards(session, decision)
    whys = {(one.lot.id, number): one.text for number, each in listed.items() for one in each if one.criterion is None}
    found = []
    for standing in decisions.standings(session, decision.ranking):
        lot = standing.lot
        winners = [one for one in given if one.lot_id == lot.id]
        numbers = {one.submission_id for one in winners}
        found.append(
            {
                "lot": lot,
                "winners": [one.submission.supplier.name for one in winners],
                "motive": said[lot.id].motive if lot.id in said else "",
                "is_ranked": standing.is_ranked,
                "is_offered": bool(standing.lines),
                "lines": [
                    (one, one.submission_id in numbers, whys.get((lot.id, one.submission_id), ""))
                    for one in standing.lines
                ],
            }
        )
    return found


def _shown(every: list[AwardDecision]) -> AwardDecision | None:
    """The newest, or the one with the number in the address. Raises NotFound for a number that no decision has."""
    asked = request.args.get("number", "")
    if not asked:
        return every[0] if every else None
    is_number = asked.isdecimal() and len(asked) <= LONGEST_NUMBER
    found = next((one for one in every if is_number and one.number == int(asked)), None)
    if found is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return found


def _tasks(round_: Round, decision: AwardDecision | None, listed: Listed) -> list[dict[str, Any]]:
    """The task list of the lead, each fact with the page where it is done."""
    pages = {
        announcing.DECIDED: "award.choosing",
        announcing.RANKED: "award.choosing",
        announcing.ANSWERED: "award.mandate",
        announcing.READY: "award.letters_page",
    }
    tasks = []
    for fact in announcing.facts(db.session(), round_, decision, listed, now=clock.now()):
        page = pages.get(fact.key, "")
        hint = "; ".join(fact.names)
        if fact.key == announcing.REASONED and fact.names:
            hint = _("Missing: %(names)s", names=hint)
        elif fact.names:
            hint = _("Waiting for: %(names)s", names=hint)
        tasks.append(
            {
                "title": words(fact.sentence, **fact.params),
                "url": url_for(page, round_id=round_.public_id) if page else "",
                "done": fact.holds,
                "status": "" if fact.holds else _("turn of %(who)s", who=words(WHOSE[fact.whose])),
                "hint": hint,
            }
        )
    return tasks


def _tenders(listed: Listed) -> list[dict[str, Any]]:
    """The tenders whose reasons are written, with how many are missing."""
    return [
        {
            "submission": each[0].submission,
            "missing": sum(1 for one in each if not one.text.strip()),
            "count": len(each),
        }
        for each in listed.values()
    ]


def _standing(round_: Round, decision: AwardDecision | None) -> dict[str, Any] | None:
    """The end of the standstill and how long it still lasts; None before the announcement."""
    if decision is None or decision.standstill_ends_at is None:
        return None
    left = decision.standstill_ends_at - clock.now()
    receipts = addressees.unnoted(db.session(), decision)
    return {
        "ends_at": decision.standstill_ends_at,
        "last_day": award_letters.last_day(decision.standstill_ends_at, round_),
        "days": decision.standstill_days,
        "left": _left(left),
        "is_over": left <= dt.timedelta(),
        "unnoted": words(addressees.UNNOTED, receipts=receipts) if receipts else "",
    }


def _left(left: dt.timedelta) -> str:
    """How long it still lasts: in hours over its last two days."""
    hours = int(left.total_seconds() // 3600)
    if left <= dt.timedelta():
        return ""
    if hours < 48:
        return words(NN_("%(count)s hour left", "%(count)s hours left"), count=hours)
    return words(NN_("%(count)s day left", "%(count)s days left"), count=hours // 24)


def _rule(round_: Round) -> dict[str, Any]:
    """How the standstill of the round is counted."""
    rule = award_letters.rule_of(round_)
    return {
        "rule": rule,
        "is_working": rule.kind == "working",
        "is_unconfirmed": limits.profile_of(round_).standstill_status != "law",
    }


def _may_answer(round_: Round, decision: AwardDecision | None) -> bool:
    if decision is None or decision.announced_at is not None:
        return False
    return guard.holds(Permission.AWARD_ANSWER, round_) and mandate.may_answer(db.session(), round_, actor())
