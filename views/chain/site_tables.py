"""Workbooks about the sites of a round: the questions that wait, and the sites."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from framework.chain.matching.questions import Asked
from framework.chain.sites import PRECISION_LABELS, Listed
from framework.ground.table_files import Sheet, require_room, workbook
from framework.ground.terms import FACILITY_TYPES, label_of
from framework.ground.text import N_
from models.rounds import Round
from views.chain.sight import Eyes, country, told
from views.i18n import words

QUESTION_COLUMNS = (
    N_("Supplier"),
    N_("Place in the file"),
    N_("Name"),
    N_("Address"),
    N_("City"),
    N_("Country"),
    N_("Kind"),
    N_("Rows that say the same"),
    N_("Pooled quantity behind it"),
    N_("May be: name"),
    N_("May be: address"),
    N_("May be: city"),
    N_("May be: country"),
    N_("Named by"),
    N_("Likeness in percent"),
    N_("In doubt because"),
    N_("Other sites in question"),
    N_("Put off"),
)
SITE_COLUMNS = (
    N_("Site"),
    N_("Address"),
    N_("City"),
    N_("Country"),
    N_("Kind"),
    N_("Suppliers that name it"),
    N_("Rows that name it"),
    N_("Known"),
    N_("A question waits"),
    N_("Site id"),
)


def questions_table(asked: Sequence[Asked], eyes: Eyes, round_: Round, *, now: dt.datetime) -> bytes:
    """The questions in their order, each with the likeliest site."""
    rows = (_question(one, eyes) for one in asked)
    sheet = Sheet(words(N_("Questions")), [words(label) for label in QUESTION_COLUMNS], rows, frozen=3)
    return workbook(f"{round_.name} · {words(N_('Same site?'))}", [sheet], now=now)


def sites_table(found: Sequence[Listed], eyes: Eyes, round_: Round, *, now: dt.datetime) -> bytes:
    """The sites in the order of the page. Raises RuleBroken where a workbook cannot hold them."""
    require_room(len(found))
    sheet = Sheet(words(N_("Sites")), [words(label) for label in SITE_COLUMNS], _sites(found, eyes))
    return workbook(f"{round_.name} · {words(N_('Sites'))}", [sheet], now=now)


def _question(one: Asked, eyes: Eyes) -> list[str | int | float | None]:
    mention, best = one.said.mention, one.options[0] if one.options else None
    there = best.said.mention if best else None
    return [
        eyes.supplier(one.said.submission),
        eyes.cell(one.said.submission, one.said.row)[0],
        eyes.veiled(mention.name),
        eyes.veiled(mention.address),
        mention.city or None,
        country(mention.country) or None,
        _kind(mention.facility_type),
        one.rows,
        one.question.quantity,
        eyes.veiled(there.name) if there else None,
        eyes.veiled(there.address) if there else None,
        (there.city or None) if there else None,
        (country(there.country) or None) if there else None,
        eyes.supplier(best.said.submission) if best else None,
        round(best.score, 1) if best else None,
        "; ".join(told(guard) for guard in best.guards) if best else None,
        max(0, len(one.options) - 1),
        words(N_("yes")) if one.question.state == "later" else None,
    ]


def _sites(found: Sequence[Listed], eyes: Eyes) -> Iterable[list[str | int | None]]:
    for one in found:
        mention = one.mention
        yield [
            eyes.veiled(mention.name),
            eyes.veiled(mention.address) or None,
            mention.city or None,
            country(mention.country) or None,
            _kind(mention.facility_type),
            one.suppliers,
            one.rows,
            words(PRECISION_LABELS[one.precision]),
            words(N_("yes")) if one.is_asked else None,
            one.public_id,
        ]


def _kind(facility_type: str) -> str | None:
    return words(label_of(FACILITY_TYPES, facility_type)) if facility_type else None
