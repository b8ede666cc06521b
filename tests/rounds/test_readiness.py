"""Readiness: a complete round is green, and each row goes missing when one thing of it is broken."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from framework.ground.errors import MoveRefused
from framework.rounds import readiness, readiness_facts
from framework.rounds.schedule import term_exceeds
from models.rounds import Criterion, MemberClass, Round
from tests.memory import remembered
from tests.rounds.ready import Ready


@pytest.fixture
@remembered
def ready(build: Any) -> Ready:
    return Ready(build)


def statuses(ready: Ready) -> dict[str, str]:
    session = ready.build.session
    session.commit()
    return {row.number: row.status for row in readiness.rows(readiness_facts.gather(session, ready.round))}


Change = Callable[[Ready], None]


def settings(**values: Any) -> Change:
    def change(ready: Ready) -> None:
        ready.round.settings = dict(ready.round.settings) | values

    return change


def on(what: Callable[[Ready], Any], **values: Any) -> Change:
    def change(ready: Ready) -> None:
        for name, value in values.items():
            setattr(what(ready), name, value)

    return change


def both(*changes: Change) -> Change:
    def change(ready: Ready) -> None:
        for one in changes:
            one(ready)

    return change


def deleted(what: Callable[[Ready], list[Any]]) -> Change:
    def change(ready: Ready) -> None:
        for record in what(ready):
            ready.build.session.delete(record)

    return change


def another_invited_buyer(ready: Ready) -> None:
    ready.build.sign_on(ready.round, state="invited")


def a_class_that_nobody_recognises(ready: Ready) -> None:
    ready.build.add(MemberClass(round=ready.round, name="Hospitals", created_at=ready.build.clock()))


def the_price_a_second_time(ready: Ready) -> None:
    ready.build.add(
        Criterion(round=ready.round, name="price", place="selection", parameters={}, created_at=ready.build.clock())
    )


def the_round(ready: Ready) -> Any:
    return ready.round


def the_lot(ready: Ready) -> Any:
    return ready.lot


def the_price(ready: Ready) -> Any:
    return ready.price


def the_quality(ready: Ready) -> Any:
    return ready.quality


def a_clause(ready: Ready) -> Any:
    return ready.round.clauses[0]


BROKEN: dict[str, tuple[str, Change]] = {
    "no term": ("R1", on(the_round, term_ends_on=None)),
    "49 months": ("R1", on(the_round, term_ends_on=dt.date(2031, 7, 31))),
    "demand for a year beyond the term": ("R1", on(the_lot, years=5)),
    "options above 48 months": ("R1", on(the_round, option_months=1)),
    "justification does not help where none is allowed": (
        "R1",
        both(on(the_round, option_months=1, duration_justification="Long."), settings(over_max="refused")),
    ),
    "no maximum": ("R2", on(the_lot, qty_estimated=None, qty_maximum=None)),
    "half a pair": ("R2", on(the_lot, value_estimated=Decimal(5))),
    "estimate is not the pool": ("R2", on(the_lot, qty_estimated=21)),
    "no mandate type": ("R3", on(the_round, mandate_type=None)),
    "too few members": ("R3", settings(min_members=3)),
    "a refusal nobody has seen": ("R3", another_invited_buyer),
    "a class without a description": ("R3", a_class_that_nobody_recognises),
    "demand of an unconfirmed buyer": ("R4", on(lambda r: r.sign_ons[0], state="mandate_pending")),
    "no criteria": ("R5", deleted(lambda r: [r.price, r.quality])),
    "one criterion in two places": ("R5", the_price_a_second_time),
    "weights of 99.99": ("R6", on(the_price, weight=Decimal("59.99"))),
    "weights of 100.01": ("R6", on(the_price, weight=Decimal("60.01"))),
    "price without bounds": ("R7", on(the_price, parameters={"p_low": "60"})),
    "bounds the wrong way round": ("R7", on(the_price, parameters={"p_low": "140", "p_high": "60"})),
    "price only where it is not allowed": (
        "R7",
        both(
            on(the_quality, formula="fixed_reference", parameters={"p_ref": "80"}), settings(price_only_allowed=False)
        ),
    ),
    "no component types": ("R8", on(the_lot, required_components=[])),
    "mines without minerals": ("R8", on(the_lot, minerals=[], asks_mines=True)),
    "no product subset": ("R8", on(the_lot, product_subset=" ")),
    "a required clause is missing": ("R9", deleted(lambda r: [r.round.clauses[0]])),
    "a clause without its place in the notice": ("R9", on(a_clause, notice_reference="")),
    "a penalty without weeks": ("R9", on(a_clause, parameters={"penalty_rate": "1000"})),
    "a label without an equivalent": ("R11", on(the_price, is_label=True)),
    "no deadline": ("R12", on(the_round, tender_deadline=None)),
    "no last day for questions": ("R12", on(the_round, questions_until=None)),
    "too few openers": ("R12", settings(opening_persons=3)),
    "no call-off route": ("R13", on(the_lot, call_off_route=None)),
    "blanks of the Procurement Act": ("R13", on(the_round, jurisdiction="uk_2023")),
    "standstill not confirmed": ("R14", on(the_round, standstill_confirmed=False)),
    "no data agreement": ("R14", on(the_round, data_agreement="")),
    "no retention": ("R14", on(the_round, retention_years=None)),
}


def test_a_complete_round_is_green(ready: Ready) -> None:
    found = statuses(ready)

    assert found == dict.fromkeys((f"R{n}" for n in range(1, 15)), readiness.OK)


@pytest.mark.parametrize(("row", "break_it"), BROKEN.values(), ids=BROKEN.keys())
def test_one_broken_thing_makes_its_row_missing_and_stops_readiness(ready: Ready, row: str, break_it: Change) -> None:
    break_it(ready)

    assert statuses(ready)[row] == readiness.MISSING
    with pytest.raises(MoveRefused):
        readiness.require_green(ready.build.session, ready.round, now=ready.build.clock())


def test_an_opener_with_a_tie_to_a_supplier_is_missing(ready: Ready) -> None:
    supplier = ready.build.organisation("supplier")
    opener = readiness_facts.gather(ready.build.session, ready.round).openers[0]
    ready.build.grant(opener.user, supplier, "supplier")

    assert statuses(ready)["R12"] == readiness.MISSING


@pytest.mark.parametrize("first_audit", [None, dt.date(2030, 8, 1)])
def test_a_late_audit_warns_and_stops_nothing(ready: Ready, first_audit: dt.date | None) -> None:
    ready.round.first_audit_on = first_audit

    assert statuses(ready)["R10"] == readiness.WARNING
    readiness.require_green(ready.build.session, ready.round, now=ready.build.clock())


@pytest.mark.parametrize(
    ("starts", "ends", "options", "exceeds"),
    [
        (dt.date(2027, 1, 1), dt.date(2030, 12, 31), 0, False),
        (dt.date(2027, 1, 1), dt.date(2031, 1, 1), 0, True),
        (dt.date(2027, 1, 1), dt.date(2028, 12, 31), 24, False),
        (dt.date(2027, 1, 1), dt.date(2028, 12, 31), 25, True),
        (dt.date(2028, 2, 29), dt.date(2032, 2, 28), 0, False),
        (dt.date(2027, 1, 1), None, 0, None),
    ],
)
def test_a_term_counts_both_days_and_every_option(
    starts: dt.date, ends: dt.date | None, options: int, exceeds: bool | None
) -> None:
    round_ = Round(term_starts_on=starts, term_ends_on=ends, option_months=options)

    assert term_exceeds(round_, 48) is exceeds


@pytest.mark.parametrize("row", ["R2", "R6", "R7", "R8", "R13"])
def test_a_row_about_every_lot_is_not_in_order_where_there_is_none(build: Any, row: str) -> None:
    lead = build.organisation("lead")
    round_ = build.round(lead, template_version="1.0")

    found = {one.number: one for one in readiness.rows(readiness_facts.gather(build.session, round_))}

    assert (found[row].status, found[row].page) == (readiness.MISSING, "rounds.lots")


@pytest.mark.parametrize(
    ("break_it", "row", "page"),
    [
        (on(the_round, mandate_type=None), "R3", "rounds.scope"),
        (settings(min_members=3), "R3", "signons.listing"),
        (another_invited_buyer, "R3", "rounds.refusals"),
        (a_class_that_nobody_recognises, "R3", "rounds.members"),
        (on(the_round, questions_until=None), "R12", "rounds.dates"),
        (settings(opening_persons=3), "R12", "rounds.rules"),
        (on(the_round, retention_years=None), "R14", "rounds.members"),
    ],
)
def test_a_row_names_the_page_where_its_fault_is_mended(ready: Ready, break_it: Change, row: str, page: str) -> None:
    break_it(ready)
    ready.build.session.commit()

    found = readiness.rows(readiness_facts.gather(ready.build.session, ready.round))

    assert next(one.page for one in found if one.number == row) == page
