"""What is typed for one asked row: a site, or the reason why none is named; kept as typed, understood when it is sent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any, NamedTuple

from framework.ground.codelists import country_code
from framework.ground.reading.dates import Order, read_date
from framework.ground.text import N_, storable

SITE = "site"
REASONS: dict[str, str] = {
    "unknown": N_("We do not know it"),
    "supplier_refused": N_("Whoever makes it for us does not tell"),
    "trade_secret": N_("It is a trade secret"),
    "multi_source_variable": N_("It changes between several makers"),
    "not_applicable": N_("It does not apply to this model"),
}
"""Why no site is named: the reasons of the disclosure workbook, as the one asked would say them."""
CHOICES: dict[str, str] = {"": N_("Not answered yet"), SITE: N_("It is made here (fill in below)")} | REASONS
FIELDS: dict[str, tuple[str, int]] = {
    "name": (N_("Legal name of the company"), 200),
    "address": (N_("Street, number, zone"), 200),
    "city": (N_("City or town"), 120),
    "country": (N_("Country"), 80),
    "os_id": (N_("Open Supply Hub id"), 15),
    "other_id": (N_("Other id (smelter: CID number)"), 80),
    "share": (N_("Share made there, in percent"), 10),
    "valid_from": (N_("Since when"), 20),
    "note": (N_("Note"), 500),
}
"""Fields of a block with label and longest text; `note` may stand beside a reason too."""
OF_A_SITE = tuple(name for name in FIELDS if name != "note")
MOST_BLOCKS = 10
"""How many sites one row may name."""
Block = dict[str, Any]


class Problem(NamedTuple):
    """What is wrong in one field: which row and site (from 1), which field, the sentence and its parameters."""

    position: int
    number: int
    field: str
    message: str
    params: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Understood:
    """A block as it is stored: `reason` blank where a site is named; `told` holds just what was told."""

    reason: str
    told: dict[str, str]
    note: str


def blank(block: Mapping[str, Any]) -> bool:
    """Whether nothing was said in a block."""
    return not any(str(block.get(name) or "").strip() for name in ("answer", *FIELDS))


def as_typed(values: Mapping[str, Any]) -> Block:
    """A block out of what was typed or read, cut to nothing: texts only, made storable, without outer blanks."""
    typed = {name: storable(str(values.get(name) or "")).strip() for name in FIELDS}
    answer = str(values.get("answer") or "")
    return {name: text for name, text in typed.items() if text} | (
        {"answer": answer} if answer in CHOICES and answer else {}
    )


def understand(
    block: Mapping[str, Any], position: int, number: int, *, today: dt.date
) -> tuple[Understood | None, list[Problem]]:
    """What a block says, or what is wrong with it; nothing of both for a blank one."""
    if blank(block):
        return None, []
    wrong: list[Problem] = []

    def problem(name: str, message: str, **params: Any) -> None:
        wrong.append(Problem(position, number, name, message, params))

    for name, (_label, longest) in FIELDS.items():
        if len(str(block.get(name) or "")) > longest:
            problem(name, N_("At most %(limit)s characters."), limit=longest)
    is_site = any(block.get(name) for name in OF_A_SITE)
    answer = str(block.get("answer") or (SITE if is_site else ""))
    note = str(block.get("note") or "")
    if not answer:
        problem("answer", N_("Choose an answer for this row."))
        return None, wrong
    if answer != SITE:
        if is_site:
            problem("answer", N_("A site is filled in here too: choose that it is made there, or empty those fields."))
        return (None, wrong) if wrong else (Understood(answer, {}, note), [])
    told = {name: str(block[name]) for name in OF_A_SITE if block.get(name)}
    if not told.get("name"):
        problem("name", N_("Give the name of the company there, or choose why no site is named."))
    _country(told, problem)
    _share(told, problem)
    _valid_from(told, problem, today)
    return (None, wrong) if wrong else (Understood("", told, note), [])


def shares(found: list[Understood], position: int) -> list[Problem]:
    """The remark that the shares of one row come to more than all of it."""
    total = sum((Decimal(one.told["share"]) for one in found if "share" in one.told), Decimal())
    if total <= 100:
        return []
    return [
        Problem(position, 1, "share", N_("The shares of this row add up to %(total)s; at most 100."), {"total": total})
    ]


def _country(told: dict[str, str], problem: Any) -> None:
    if "country" not in told:
        return
    match = country_code(told["country"])
    if match.code is None:
        problem("country", N_("This country is not recognised. Give its name or its two-letter code."))
    else:
        told["country"] = match.code


def _share(told: dict[str, str], problem: Any) -> None:
    if "share" not in told:
        return
    try:
        share = Decimal(told["share"].replace("%", "").replace(",", ".").strip())
        is_fit = share.is_finite() and 0 <= share <= 100 and share == share.quantize(Decimal("0.01"))
    except InvalidOperation:
        is_fit = False
    if is_fit:
        told["share"] = f"{share.normalize():f}"
    else:
        problem("share", N_("Give a number from 0 to 100, with at most two decimals."))


def _valid_from(told: dict[str, str], problem: Any, today: dt.date) -> None:
    if "valid_from" not in told:
        return
    read = read_date(told["valid_from"], Order.UNCLEAR)
    if read.value is None or not dt.date(2000, 1, 1) <= read.value <= today:
        problem("valid_from", N_("Give a day from 2000 until today, as year-month-day."))
    else:
        told["valid_from"] = read.value.isoformat()
