"""Outages near a deadline: recorded, shown, told at once; extension for all is one act of two persons (trust 4.2, T20, M7)."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from framework.ground.actors import SYSTEM
from framework.ground.errors import InvalidInput, MoveRefused, NotAllowed
from framework.rounds import deadline, outages, publication, steps
from framework.rounds.next_action import Reader, next_step
from models.records import Mail
from models.rounds import DeadlineChange, Outage, Round
from tests.rounds.asking import Tendering

assert publication
assert steps
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def tendering(build):
    made = Tendering(build, tender_deadline=build.clock() + dt.timedelta(minutes=50))
    made.invite(made.supplier)
    build.session.commit()
    yield made
    made.session.close()


def ten_minutes(tendering, *, before: float = 60):
    """An outage of ten minutes that began so many minutes before the deadline, recorded once it is over."""
    began = tendering.round.tender_deadline - before * MINUTE
    tendering.clock.now = max(tendering.clock.now, began + 10 * MINUTE)
    return outages.record(
        tendering.session,
        started_at=began,
        ended_at=began + 10 * MINUTE,
        note="The power failed.",
        actor=SYSTEM,
        now=tendering.clock(),
    )


def test_a_drill_within_the_last_hour_warns_the_lead_and_tells_everybody(tendering):
    ten_minutes(tendering)
    reader = Reader(tendering.first, frozenset({"lead"}), tendering.clock())
    step = next_step(tendering.session, tendering.round, reader)

    leads = sorted(tendering.user(one).email for one in (tendering.first, tendering.second))
    assert [one for one in tendering.addresses("outage_warning") if one in leads] == leads
    told = [tendering.user(one).email for one in (tendering.asker, tendering.buyer)]
    assert [one for one in tendering.addresses("outage_recorded") if one in told] == sorted(told)
    assert step.page == "rounds.extend"


@pytest.mark.parametrize(("before", "is_warned"), [(60, True), (69.99, True), (70, True), (70.01, False), (0, True)])
def test_the_warning_reaches_an_hour(tendering, before, is_warned):
    tendering.round.tender_deadline += dt.timedelta(hours=2)
    ten_minutes(tendering, before=before)

    assert bool(tendering.addresses("outage_warning")) is is_warned


def test_nobody_is_told_twice_of_one_outage(tendering):
    ten_minutes(tendering)
    count = len(tendering.addresses("outage_recorded"))
    tendering.session.flush()

    assert outages.warn(tendering.session, now=tendering.clock()) == 0
    assert len(tendering.addresses("outage_recorded")) == count > 0


def test_an_outage_that_lasts_reaches_a_later_deadline_when_it_comes_near(tendering):
    tendering.round.tender_deadline = tendering.clock() + dt.timedelta(hours=3)
    made = outages.record(
        tendering.session,
        started_at=tendering.clock() - MINUTE,
        ended_at=None,
        note="",
        actor=SYSTEM,
        now=tendering.clock(),
    )
    assert tendering.addresses("outage_warning") == []
    tendering.clock.forward(hours=2)
    assert outages.warn(tendering.session, now=tendering.clock()) == 1
    outages.end(tendering.session, made, ended_at=tendering.clock(), actor=SYSTEM, now=tendering.clock())

    with pytest.raises(MoveRefused):
        outages.end(tendering.session, made, ended_at=tendering.clock(), actor=SYSTEM, now=tendering.clock())


@pytest.mark.parametrize(("began", "ended"), [(5, None), (-10, -20), (-10, 5), (-10, -10)])
def test_an_outage_begins_before_it_ends_and_lies_in_the_past(tendering, began, ended):
    now = tendering.clock()
    with pytest.raises(InvalidInput):
        outages.record(
            tendering.session,
            started_at=now + began * MINUTE,
            ended_at=None if ended is None else now + ended * MINUTE,
            note="",
            actor=SYSTEM,
            now=now,
        )


def test_only_the_operator_records_one(tendering):
    with pytest.raises(NotAllowed):
        outages.record(
            tendering.session,
            started_at=tendering.clock() - MINUTE,
            ended_at=None,
            note="",
            actor=tendering.first,
            now=tendering.clock(),
        )


@pytest.fixture
def leads(tendering, sign_in):
    """The two people of the lead at their browsers."""
    return [sign_in(tendering.user(one), tendering.lead) for one in (tendering.first, tendering.second)]


def form(later):
    """A later deadline as it is typed, in the zone of the round."""
    local = later.astimezone(dt.timezone(dt.timedelta(hours=1)))
    return {"when_date": f"{local:%Y-%m-%d}", "when_time": f"{local:%H:%M}", "motive": "The power failed."}


def test_before_the_deadline_the_extension_moves_it_for_all(tendering, leads, session, client):
    ten_minutes(tendering, before=50)
    later = tendering.round.tender_deadline.replace(second=0, microsecond=0) + dt.timedelta(days=1)
    session.commit()
    page = f"{tendering.here}/extend"

    assert "Service was interrupted" in leads[0].page(page).text
    leads[0].send(page, form(later))
    refused = leads[0].send(f"{page}/confirm").text
    leads[1].send(f"{page}/confirm")
    session.expire_all()

    assert "Another person must confirm it." in refused
    assert session.scalars(select(Round)).one().tender_deadline == later
    change = session.scalars(select(DeadlineChange)).one()
    assert (change.outage_id is not None, change.reopened) == (True, False)
    assert tendering.addresses("deadline_moved") == []
    assert len(tendering.addresses("deadline_extended")) == len(set(tendering.addresses("deadline_extended"))) == 3
    assert "The power failed." in client.page(tendering.public).text
    assert "There is nothing to extend." in leads[0].page(page).text


@pytest.mark.parametrize("allowed", [True, False])
def test_after_the_deadline_receipt_opens_again_where_the_rules_allow_it(tendering, leads, session, allowed):
    ten_minutes(tendering, before=10)
    tendering.round.settings = {"allow_reopen_after_outage": allowed}
    tendering.round.state = "receipt_closed"
    tendering.clock.now = tendering.round.tender_deadline + MINUTE
    later = (tendering.clock() + dt.timedelta(days=1)).replace(second=0, microsecond=0)
    session.commit()
    page = f"{tendering.here}/extend"

    shown = leads[0].page(page).text
    leads[0].send(page, form(later), status=200 if allowed else 409)
    leads[1].send(f"{page}/confirm")
    session.expire_all()
    round_ = session.scalars(select(Round)).one()

    assert ("do not allow receipt to be reopened" in shown) is not allowed
    assert (round_.state, round_.tender_deadline == later) == (
        ("published", True) if allowed else ("receipt_closed", False)
    )
    reopened = session.scalars(select(Mail).where(Mail.template == "deadline_extended")).all()
    assert all(mail.params["reopened"] for mail in reopened)
    assert bool(reopened) is allowed


def test_two_persons_extend_also_where_one_may_move_the_deadline(tendering, leads, session):
    ten_minutes(tendering, before=50)
    tendering.round.settings = {"deadline_change_four_eyes": False}
    before = tendering.round.tender_deadline
    session.commit()

    leads[0].send(f"{tendering.here}/extend", form(before + dt.timedelta(days=1)))
    session.expire_all()

    assert session.scalars(select(Round)).one().tender_deadline == before


def test_the_proposed_deadline_is_the_same_local_time_across_a_change_of_clocks(tendering):
    tendering.round.tender_deadline = dt.datetime(2027, 3, 27, 11, 0, tzinfo=dt.UTC)

    proposed = outages.proposed_deadline(tendering.round, now=dt.datetime(2027, 3, 27, 10, 0, tzinfo=dt.UTC))

    assert proposed == dt.datetime(2027, 3, 28, 10, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize("language", ["en", "nl", "sv"])
def test_the_operator_records_and_ends_one_and_everybody_sees_it(tendering, build, sign_in, session, client, language):
    body = build.organisation("operator")
    operator = sign_in(build.user(body), body)
    session.commit()
    for browser in (operator, client):
        browser.post(f"/language/{language}", data={"next": "/"})
    began = tendering.clock() - 5 * MINUTE
    operator.send("/outages", {"from_date": f"{began:%Y-%m-%d}", "from_time": f"{began:%H:%M}", "note": "Power."})
    session.expire_all()
    outage = session.scalars(select(Outage)).one()
    operator.page(f"/outages/{outage.public_id}/end")
    operator.send(
        f"/outages/{outage.public_id}/end",
        {"ended_date": f"{tendering.clock():%Y-%m-%d}", "ended_time": f"{tendering.clock():%H:%M}"},
    )
    session.expire_all()

    assert session.scalars(select(Outage)).one().ended_at is not None
    assert "Power." in client.page("/public/outages").text
    assert "Power." in client.page(tendering.public).text


def test_other_roles_and_other_leads_extend_nothing(tendering, build, sign_in, session):
    stranger = build.organisation("lead")
    others = {
        404: sign_in(build.user(stranger), stranger),
        403: sign_in(tendering.user(tendering.buyer), tendering.member),
    }
    session.commit()
    for status, browser in others.items():
        browser.page(f"{tendering.here}/extend", status=status)
        browser.page("/outages", status=403)


def test_a_reopening_needs_an_outage_near_the_deadline(tendering):
    tendering.round.settings = {"allow_reopen_after_outage": True}
    tendering.round.state = "receipt_closed"
    tendering.clock.now = tendering.round.tender_deadline + MINUTE
    tendering.session.flush()

    with pytest.raises(MoveRefused) as refused:
        deadline.propose_reopening(
            tendering.session,
            tendering.round,
            tendering.clock() + dt.timedelta(days=1),
            motive="x",
            outage=None,
            actor=tendering.first,
            now=tendering.clock(),
        )

    assert refused.value.code == "no-outage"
