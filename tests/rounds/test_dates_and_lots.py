"""Dates in an order that makes no sense, lots beyond the term, what set-up lacks, and free text that names persons."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select

from framework.ground.errors import InvalidInput
from framework.rounds import creating, editing, moves, parts
from framework.rounds.schedule import contract_years
from models.records import Mail
from models.rounds import Clause, Round
from tests.memory import remembered
from tests.rounds.ready import Ready

DAY = dt.date(2027, 3, 10)
NOON = dt.datetime(2027, 3, 10, 12, tzinfo=dt.UTC)
LATER = dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("dates", "word"),
    [
        ({"signon_deadline": NOON + LATER, "demand_deadline": NOON}, "after demand ends"),
        ({"signon_deadline": NOON, "planned_publication_on": DAY}, "Signing on ends on the planned day"),
        ({"demand_deadline": NOON, "planned_publication_on": DAY}, "Demand ends on the planned day"),
        ({"planned_publication_on": DAY, "questions_until": NOON}, "last question"),
        ({"planned_publication_on": DAY, "tender_deadline": NOON}, "tender deadline lies"),
        ({"tender_deadline": NOON, "term_starts_on": DAY}, "framework starts"),
        ({"term_starts_on": DAY, "first_audit_on": DAY}, "first audit"),
        ({"first_audit_on": DAY, "term_ends_on": DAY}, "first audit"),
    ],
)
def test_a_pair_of_dates_in_a_senseless_order_is_named(dates: dict[str, Any], word: str) -> None:
    round_ = Round(zone="Europe/Amsterdam", **dates)

    (said,) = editing.odd_dates(round_)

    assert word in said


def test_a_round_with_dates_in_order_is_not_warned_of(build: Any) -> None:
    assert editing.odd_dates(Ready(build).round) == []


@pytest.mark.parametrize(
    ("ends", "options", "years"),
    [(dt.date(2030, 12, 31), 0, 4), (dt.date(2031, 1, 1), 0, 5), (dt.date(2028, 12, 31), 12, 3), (None, 0, None)],
)
def test_a_begun_contract_year_counts(ends: dt.date | None, options: int, years: int | None) -> None:
    round_ = Round(term_starts_on=dt.date(2027, 1, 1), term_ends_on=ends, option_months=options)

    assert contract_years(round_) == years


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"years": 5}, "years-beyond-the-term"),
        ({"spec_tiers": ["heavy", "Heavy"]}, "tier-twice"),
        ({"spec_tiers": ["heavy duty", "Heavyduty"]}, "tier-twice"),
        ({"years": 4}, ""),
    ],
)
def test_a_lot_keeps_to_the_term_and_names_a_tier_once(build: Any, values: dict[str, Any], code: str) -> None:
    ready = Ready(build, state="set_up")

    try:
        parts.edit_lot(
            build.session, ready.lot, values, version=ready.lot.version, actor=ready.first, now=build.clock()
        )
        found = ""
    except InvalidInput as error:
        found = error.code

    assert found == code


def test_a_copied_clause_does_not_keep_its_place_in_last_years_notice(build: Any) -> None:
    ready = Ready(build)

    made = creating.copy(build.session, ready.round, name="Next year", actor=ready.first, now=build.clock())

    references = build.session.scalars(select(Clause.notice_reference).where(Clause.round_id == made.id)).all()
    assert set(references) == {""}


def test_members_that_have_not_answered_get_no_mail_that_demand_is_open(build: Any) -> None:
    round_ = build.round(
        state="sign_on",
        planned_publication_on=(build.clock() + dt.timedelta(days=40)).date(),
        demand_deadline=build.clock() + dt.timedelta(days=10),
    )
    build.lot(round_)
    invited, interested = build.sign_on(round_, state="invited"), build.sign_on(round_)
    people = [build.user(one.organisation) for one in (invited, interested)]

    moves.open_demand(build.session, round_, actor=build.person(round_.organisation), now=build.clock())

    build.session.flush()
    told = build.session.scalars(select(Mail.recipient).where(Mail.template == "demand_open")).all()
    assert told == [people[1].email]


@pytest.fixture
@remembered
def lead(build: Any, sign_in: Any) -> Any:
    body = build.organisation("lead")
    return body, sign_in(build.user(body), body)


def test_what_set_up_lacks_is_said_all_at_once(build: Any, lead: Any) -> None:
    body, browser = lead
    round_ = build.round(body, mandate_type=None)
    build.session.commit()

    shown = browser.send(f"/rounds/{round_.public_id}/phase/open_signons", {}, status=409).text

    assert "type of mandate" in shown
    assert "at least one lot" in shown
    assert "planned day of publication first" in shown


def test_the_address_of_a_move_leads_back_to_the_page_of_moves(build: Any, lead: Any) -> None:
    body, browser = lead
    round_ = build.round(body)
    build.session.commit()

    answer = browser.get(f"/rounds/{round_.public_id}/phase/open_signons")

    assert (answer.status_code, answer.location) == (302, f"/rounds/{round_.public_id}/phase")


def test_free_text_that_looks_like_a_mail_address_is_kept_and_warned_of(build: Any, lead: Any) -> None:
    body, browser = lead
    round_ = build.round(body)
    build.session.commit()

    shown = browser.send(
        f"/rounds/{round_.public_id}/set-up/members",
        {"data_agreement": "Ask ann@example.org.", "version": round_.version},
    ).text

    build.session.expire_all()
    assert round_.data_agreement == "Ask ann@example.org."
    assert "seems to hold a mail address" in shown


def test_senseless_dates_are_saved_with_a_warning(build: Any, lead: Any) -> None:
    body, browser = lead
    round_ = build.round(body)
    build.session.commit()

    shown = browser.send(
        f"/rounds/{round_.public_id}/set-up/dates",
        {
            "zone": "Europe/Amsterdam",
            "signon_deadline_date": "2027-03-10",
            "signon_deadline_time": "12:00",
            "planned_publication_on": "2027-03-01",
            "version": round_.version,
        },
    ).text

    assert "Dates saved." in shown
    assert "Signing on ends on the planned day of publication or later." in shown
