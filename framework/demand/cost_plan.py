"""A draft of joint costs as the lead types it, and what of it cannot be kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial

from framework.ground import codelists
from framework.ground.errors import InvalidInput, taken
from framework.ground.text import N_, storable
from models.costs import COST_KINDS, COST_RULES

MOST_ITEMS = 20
MOST_MONEY = Decimal(10) ** 12
LONGEST_REASON = 1000


@dataclass(frozen=True, slots=True)
class Planned:
    """One cost as the lead types it; `percents` by number of the member, None where nothing was entered."""

    kind: str
    label: str
    amount: Decimal | None
    currency: str
    rule: str
    source: str = ""
    percents: Mapping[int, Decimal | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """A draft as the lead types it."""

    title: str
    items: Sequence[Planned]
    note: str = ""
    answer_by: dt.date | None = None


def cleaned(typed: str) -> str:
    """A text as it is kept: fit for any database, one sign a line end, no blanks around it."""
    return storable(typed.replace("\r\n", "\n").replace("\r", "\n")).strip()


def reasoned(typed: str, place: str) -> str:
    """A motive or a reason as it is kept, blank or not; nothing is cut. Raises InvalidInput where it is too long."""
    found = cleaned(typed)
    if len(found) > LONGEST_REASON:
        raise InvalidInput(
            "text-too-long",
            N_("This text has %(length)s characters, and at most %(most)s are kept. Shorten it and send it again."),
            field=place,
            length=len(found),
            most=LONGEST_REASON,
        )
    return found


def checked(plan: Plan, currency: str) -> Plan:
    """The plan with its texts as they are kept; `currency` is that of the round. Raises InvalidInput naming each field."""
    found = replace(
        plan,
        title=cleaned(plan.title),
        note=cleaned(plan.note),
        items=[replace(one, label=cleaned(one.label), source=cleaned(one.source)) for one in plan.items],
    )
    _check(found, {currency, *(code for code, _name in codelists.currencies("en"))})
    return found


def _check(plan: Plan, currencies: set[str]) -> None:
    checks: list[Callable[[], None]] = [
        lambda: _text(plan.title, "title", 200, is_needed=True),
        lambda: _text(plan.note, "note", 2000),
    ]
    if len(plan.items) > MOST_ITEMS:
        raise InvalidInput("costs-too-many", N_("A proposal holds %(most)s costs at most."), most=MOST_ITEMS)
    for number, planned in enumerate(plan.items, 1):
        checks += _checks_of(f"item-{number}", planned, currencies)
        checks += [partial(_percent, found, f"share-{number}-{who}") for who, found in planned.percents.items()]
    taken(*checks)


def _checks_of(name: str, planned: Planned, currencies: set[str]) -> list[Callable[[], None]]:
    return [
        lambda: _one_of(planned.kind, COST_KINDS, f"{name}-kind"),
        lambda: _one_of(planned.rule, COST_RULES, f"{name}-rule"),
        lambda: _text(planned.label, f"{name}-label", 200, is_needed=True),
        lambda: _text(planned.source, f"{name}-source", 300),
        lambda: _amount(planned.amount, f"{name}-amount"),
        lambda: _one_of(planned.currency, currencies, f"{name}-currency"),
    ]


def _text(text: str, place: str, longest: int, *, is_needed: bool = False) -> None:
    if is_needed and not text:
        raise InvalidInput("value-missing", N_("Fill this in."), field=place)
    if len(text) > longest:
        raise InvalidInput("text-too-long", N_("Use at most %(most)s characters."), field=place, most=longest)


def _one_of(value: str, known: Collection[str], place: str) -> None:
    if value not in known:
        raise InvalidInput("choice-unknown", N_("Choose one."), field=place)


def _amount(amount: Decimal | None, place: str) -> None:
    if amount is not None and not 0 < amount < MOST_MONEY:
        raise InvalidInput("amount-not-positive", N_("Give an amount above zero, or leave it blank."), field=place)
    if amount is not None and amount != round(amount, 2):
        raise InvalidInput("amount-decimals", N_("Use at most two decimals."), field=place)


def _percent(percent: Decimal | None, place: str) -> None:
    if percent is not None and (not 0 <= percent <= 100 or percent != round(percent, 2)):
        raise InvalidInput("percent-invalid", N_("Give a share from 0 to 100 with at most two decimals."), field=place)
