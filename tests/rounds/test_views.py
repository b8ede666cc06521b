"""Pages of rounds, fetched as lead, member, supplier and stranger."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import event, select

from models.base import db
from models.rounds import Criterion, Lot, Round
from tests.memory import remembered
from tests.rounds.ready import Ready

PAGES = (
    "",
    "/set-up",
    "/set-up/scope",
    "/set-up/members",
    "/set-up/dates",
    "/set-up/rules",
    "/set-up/lots",
    "/set-up/figures",
    "/set-up/disclosure",
    "/set-up/criteria",
    "/set-up/criteria/new",
    "/set-up/criteria/new?from=price",
    "/set-up/clauses",
    "/set-up/clauses/new",
    "/phase",
    "/readiness",
    "/readiness/refusals",
    "/publish",
    "/cancel",
    "/copy",
    "/preview",
    "/terms",
)


@pytest.fixture
@remembered
def ready(build):
    return Ready(build)


@pytest.fixture
@remembered
def lead(ready, sign_in):
    return sign_in(ready.person_of(ready.first), ready.lead)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_of_a_round_opens_for_its_lead_in_at_most_25_queries(ready, lead, page):
    counted = []
    listen = lambda *_args: counted.append(_args[2])  # noqa: E731
    engine = db.engine
    path = f"/rounds/{ready.round.public_id}{page}"
    event.listen(engine, "before_cursor_execute", listen)
    try:
        shown = lead.page(path)
    finally:
        event.remove(engine, "before_cursor_execute", listen)

    assert ready.round.name in shown.text
    selects = [sql for sql in counted if sql.lstrip().upper().startswith("SELECT")]
    assert len(selects) <= 25, "\n".join(" ".join(sql.split("FROM", 1)[-1].split())[:110] for sql in selects)


def test_a_round_of_another_lead_is_not_found(ready, build, sign_in):
    other = build.organisation("lead")
    stranger = sign_in(build.user(other), other)

    for page in ("", "/set-up", "/readiness", "/publish", "/terms"):
        stranger.page(f"/rounds/{ready.round.public_id}{page}", status=404)
    stranger.send(f"/rounds/{ready.round.public_id}/set-up/scope", {"name": "Mine"}, status=404)


def test_a_member_sees_the_round_and_may_not_edit_it(ready, build, sign_in):
    member = sign_in(build.user(ready.members[0]), ready.members[0])

    shown = member.page(f"/rounds/{ready.round.public_id}")

    assert "Waiting for others" not in shown.text
    member.page(f"/rounds/{ready.round.public_id}/set-up", status=403)


def test_a_stale_form_keeps_what_was_typed_and_says_so(ready, lead, session):
    path = f"/rounds/{ready.round.public_id}/set-up/scope"
    sent = {"name": "Laptops, changed", "jurisdiction": "eu", "mandate_type": "cpb", "currency": "EUR", "version": "0"}

    shown = lead.send(path, sent, status=409)

    assert "Somebody else changed this" in shown.text
    session.expire_all()
    assert session.get(Round, ready.round.id).name != "Laptops, changed"


def test_a_lead_makes_a_round_from_nothing_to_open_sign_on(build, sign_in, session, clock):
    lead_body = build.organisation("lead")
    browser = sign_in(build.user(lead_body), lead_body)
    browser.send("/rounds/new", {"name": "Mice 2027", "jurisdiction": "nl"})
    round_ = session.scalars(select(Round)).one()
    base = f"/rounds/{round_.public_id}"

    browser.send(
        f"{base}/set-up/scope",
        {
            "name": "Mice 2027",
            "summary": "Fair mice.",
            "jurisdiction": "nl",
            "mandate_type": "cpb",
            "currency": "EUR",
            "version": round_.version,
        },
    )
    browser.send(
        f"{base}/set-up/lots/new",
        {"name": "Mice", "cpv_code": "30237410-6", "categories": ["mouse"], "unit": "piece", "years": "4"},
    )
    browser.send(f"{base}/set-up/classes", {"name": "Universities", "description": "By royal decree."})
    session.expire_all()
    browser.send(
        f"{base}/set-up/dates",
        {
            "zone": "Europe/Amsterdam",
            "signon_deadline_date": "2026-12-20",
            "signon_deadline_time": "12:00",
            "planned_publication_on": "2027-03-01",
            "version": session.scalars(select(Round)).one().version,
        },
    )
    browser.send(f"{base}/phase/open_signons", {})

    session.expire_all()
    made = session.scalars(select(Round)).one()
    assert (made.state, made.mandate_type, made.settings["standstill_days"]) == ("sign_on", "cpb", 20)
    assert made.signon_deadline == dt.datetime(2026, 12, 20, 11, 0, tzinfo=dt.UTC)
    assert session.scalars(select(Lot.categories)).all() == [["mouse"]]


def test_a_local_time_that_clocks_skip_is_refused_at_its_field(ready, lead):
    shown = lead.send(
        f"/rounds/{ready.round.public_id}/set-up/dates",
        {
            "zone": "Europe/Brussels",
            "tender_deadline_date": "2027-03-28",
            "tender_deadline_time": "02:30",
            "version": ready.round.version,
        },
        status=422,
    )

    assert "clocks go from 02:00 to 03:00" in shown.text


def test_a_criterion_is_added_with_weight_and_parameters(ready, lead, session):
    path = f"/rounds/{ready.round.public_id}/set-up/criteria/new"
    sent = {
        "name": "Longer use",
        "place": "award",
        "weight": "5",
        "formula": "points",
        "p_points_scale": "5",
        "lot": ready.lot.public_id,
    }

    shown = lead.send(path, sent)

    made = session.scalars(select(Criterion).where(Criterion.name == "Longer use")).one()
    assert (made.lot_id, made.parameters) == (ready.lot.id, {"scale": "5"})
    assert "5.00 too much" in shown.text


def test_two_browsers_publish_and_anybody_reads_the_public_page(ready, lead, sign_in, client, session):
    second = sign_in(ready.person_of(ready.second), ready.lead)
    base = f"/rounds/{ready.round.public_id}"
    client.page(f"/public{base}", status=404)

    lead.send(f"{base}/readiness/propose")
    second.send(f"{base}/readiness/approve")
    lead.send(f"{base}/publish/propose", {"notice_reference": "2026/S 1-1"})
    shown = second.send(f"{base}/publish/confirm")

    session.expire_all()
    frozen = session.get(Round, ready.round.id).frozen_hash
    assert frozen in shown.text
    public = client.page(f"/public{base}")
    assert frozen in public.text
    assert "2 public buyers buy together" in public.text
    lead.page(f"{base}/set-up", status=409)
    assert frozen in lead.page(f"{base}/terms").text


def test_the_list_shows_own_rounds_by_search_and_state(ready, lead, build):
    build.round(build.organisation("lead"), name="Servers of somebody else")
    build.session.commit()

    assert ready.round.name in lead.page("/rounds").text
    assert "Servers of somebody else" not in lead.page("/rounds?q=Servers").text
    assert "No round matches" in lead.page("/rounds?state=in_force").text
