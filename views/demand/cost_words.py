"""What the pages and files of joint costs say: labels, who sees whose share, and the table of members and costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from framework.demand import cost_reading as reading
from framework.demand import leverage
from framework.demand.costs import why
from framework.ground.errors import NotFound
from framework.ground.text import N_
from models.base import db
from models.costs import CostAnswer, CostItem, CostProposal
from models.rounds import Round
from views import guard
from views.guard import actor
from views.i18n import money, percent, words

KINDS: dict[str, str] = {
    "dues": N_("Dues to a monitoring body"),
    "auditor": N_("Auditor"),
    "secretariat": N_("Secretariat"),
    "other": N_("Other"),
}
RULES: dict[str, str] = {
    "by_spend": N_("by spend"),
    "equal": N_("equally"),
    "entered": N_("by entered shares"),
}
ANSWERS: dict[str, str] = {"yes": N_("agrees"), "no": N_("objects"), "": N_("no answer yet")}
UNKNOWN_DUES: dict[str, str] = {
    "spend-unknown": N_("the yearly spend of a member is unknown"),
    "other-currency": N_("the bands are in another currency than the spend"),
    "no-band": N_("no bands are known"),
}


@dataclass(frozen=True, slots=True)
class Version:
    """A version that was proposed, as its reader may see it: `visible` are the members whose shares are shown.

    `newer` is the version that took its place, where one did.
    """

    proposal: CostProposal
    members: list[reading.Member]
    answers: Mapping[int, CostAnswer]
    visible: frozenset[int]
    own: int | None
    newer: CostProposal | None = None


def version_of(round_: Round, number: int) -> Version:
    """A version by its number, for the lead and whoever shares in it; *not found* for others."""
    newer, found = None, None
    for one in reading.proposed(db.session(), round_):
        if one.version_no == number:
            found = one
            break
        newer = one
    version = read(round_, found, newer) if found is not None else None
    if version is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return version


def read(round_: Round, proposal: CostProposal, newer: CostProposal | None = None) -> Version | None:
    """What this reader may see of a version; None for a member that has no share in it."""
    session, roles = db.session(), guard.roles(round_)
    members = reading.sharers(session, proposal)
    numbers = frozenset(one.number for one in members)
    own = actor().organisation_id if "member" in roles and actor().organisation_id in numbers else None
    if own is None and "lead" not in roles:
        return None
    shows_all = leverage.may_see_members(session, actor(), round_)
    visible = numbers if shows_all else numbers & {own}
    whole = reading.whole_version(session, proposal)
    return Version(whole, members, reading.answers(session, proposal), visible, own, newer)


def table(version: Version) -> dict[str, Any]:
    """The division as the page shows it: a row a member, a cell a cost, sums that are equal to the costs to the cent."""
    items = version.proposal.items
    borne = [(item, reading.parts(item)) for item in items]
    entered = {item.id: reading.percents(item) for item in items}
    sums = reading.sums_of_members(borne)
    rows = [
        _row(one, borne, entered, sums.get(one.number, {}), version)
        for one in version.members
        if one.number in version.visible
    ]
    hidden = [one.number for one in version.members if one.number not in version.visible]
    if hidden:
        rows.append(_rest(hidden, borne))
    return {"items": items, "rows": rows, "whole": totals(reading.whole(items))}


def preview(items: Sequence[CostItem], members: Sequence[reading.Member]) -> dict[str, Any]:
    """How a draft would be divided; what cannot be divided has no cell and says why."""
    found = [(item, reading.divided(item, members)) for item in items]
    borne = [(item, split.parts) for item, split in found if not split.reason]
    sums = reading.sums_of_members(borne)
    whys = [why(item, split, members) for item, split in found if split.reason]
    missing = [words(template, **params) for template, params in whys]
    by_item = {item.id: split for item, split in found}
    entered = {item.id: reading.percents(item) for item in items}
    rows = [
        {
            "name": one.name,
            "own": False,
            "cells": [
                _cell(item, by_item[item.id].parts.get(one.number), basis(item, one, entered[item.id]))
                for item in items
            ],
            "totals": totals(sums.get(one.number, {})) if not missing else [],
        }
        for one in members
    ]
    return {
        "items": items,
        "rows": rows,
        "whole": totals(reading.whole(items)) if all(item.amount is not None for item in items) else [],
        "missing": missing,
    }


def totals(sums: Mapping[str, Decimal]) -> list[str]:
    """Sums in words, one for each currency."""
    return [str(money(amount, currency, 2)) for currency, amount in sorted(sums.items())]


def basis(item: CostItem, member: reading.Member, percents: Mapping[int, Decimal | None]) -> str:
    """From what a member's share was computed, in words; `percents` are the entered shares of the item."""
    if item.rule == "equal":
        return ""
    if item.rule == "entered":
        found = percents.get(member.number)
        return str(percent(found, 2)) if found is not None else ""
    currency = item.proposal.round.currency
    return _("spend %(amount)s", amount=money(member.spend, currency, 2)) if member.spend is not None else ""


def rule_words(item: CostItem, members: int) -> str:
    """The rule of a cost as a sentence for a statement."""
    if item.rule == "equal":
        return ngettext("equally over %(num)s member", "equally over %(num)s members", members)
    return words(RULES[item.rule])


def answer_words(one: CostAnswer | None) -> str:
    """What a member said, in words."""
    return words(ANSWERS[one.answer if one is not None else ""])


def counts(version: Version) -> dict[str, int]:
    """How many members agreed, objected and have not answered."""
    said = [version.answers[one.number].answer if one.number in version.answers else "" for one in version.members]
    return {key: said.count(key) for key in ("yes", "no", "")}


def estimate_words(round_: Round, members: Sequence[reading.Member]) -> dict[str, Any]:
    """The dues of the members together and alone; unknown says why and whose spend is missing."""
    found = reading.estimate(members, round_.currency)
    together = found.together
    return {
        "amount": together.amount,
        "currency": together.currency,
        "band": together.band,
        "reason": words(UNKNOWN_DUES[together.reason]) if together.reason else "",
        "missing": [one.name for one in members if one.spend is None],
        "alone": found.alone_sum,
        "spend": sum((one.spend for one in members if one.spend is not None), Decimal(0)),
    }


def _row(
    member: reading.Member,
    borne: list[tuple[CostItem, dict[int, Decimal]]],
    entered: Mapping[int, Mapping[int, Decimal | None]],
    sums: Mapping[str, Decimal],
    version: Version,
) -> dict[str, Any]:
    answer = version.answers.get(member.number)
    return {
        "name": member.name,
        "public_id": member.public_id,
        "own": member.number == version.own,
        "cells": [
            _cell(item, parts.get(member.number), basis(item, member, entered[item.id])) for item, parts in borne
        ],
        "totals": totals(sums),
        "answer": answer,
        "said": answer_words(answer),
    }


def _rest(hidden: list[int], borne: list[tuple[CostItem, dict[int, Decimal]]]) -> dict[str, Any]:
    """The members whose shares are not shown, as one row."""
    sums: dict[str, Decimal] = {}
    cells = []
    for item, parts in borne:
        amount = sum((parts[number] for number in hidden if number in parts), Decimal(0))
        sums[item.currency] = sums.get(item.currency, Decimal(0)) + amount
        cells.append(_cell(item, amount, ""))
    label = ngettext("%(num)s other member", "%(num)s other members", len(hidden))
    return {
        "name": label,
        "public_id": "",
        "own": False,
        "cells": cells,
        "totals": totals(sums),
        "answer": None,
        "said": "",
    }


def _cell(item: CostItem, amount: Decimal | None, basis_: str) -> dict[str, Any]:
    return {"label": item.label, "amount": amount, "currency": item.currency, "basis": basis_}
