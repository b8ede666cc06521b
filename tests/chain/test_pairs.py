"""Two lines side by side: who names which place, which models; nothing that the reader may not see. And what changed since the last round."""

from __future__ import annotations

import datetime as dt

import pytest

from framework.chain import changes, comparison, pairs
from framework.chain.build import build as build_chain
from tests.chain.opened import BAT, FA, HARBOUR, MB, Opened, hand_counted
from tests.memory import remembered

ELSEWHERE = {"site_legal_name": "Mountain Ltd", "address_line": "9 Hill Street", "city": "Penang", "country": "MY"}


def otherwise():
    """As the hand-counted rows, but one model is assembled somewhere else, and the other has another name."""
    rows = hand_counted()
    rows[2][1]["model_name"] = "Three"
    rows.append(("3_sites", {"site_ref": "S9", "facility_type": FA} | ELSEWHERE))
    for sheet, values in rows:
        if sheet == "4_links" and (values["product_ref"], values.get("component_ref")) == ("P1", None):
            values["site_ref"] = "S9"
    return rows


def verdicts(found, kind):
    places = next(one for one in found.kinds if one.kind == kind).places
    return [((one.first or one.second).name, one.verdict) for one in places]


def two(opened, who=None):
    for rows in (hand_counted(), otherwise()):
        opened.built(rows)
    reader = opened.reader(who or opened.round.organisation)
    lines = comparison.lines(opened.session, opened.lot, reader)
    return pairs.side_by_side(opened.session, opened.lot, (lines[0], lines[1]), reader)


def test_places_stand_by_component_those_of_both_first(opened):
    found = two(opened)

    assert verdicts(found, FA) == [("Lakeside Ltd", pairs.SAME), ("Mountain Ltd", pairs.ONLY_SECOND)]
    assert verdicts(found, MB) == [("Harbour Ltd", pairs.SAME)]
    assert verdicts(found, "tin") == [("Example Tin", pairs.SAME)]
    assert next(one for one in found.kinds if one.kind == FA).places[0].first.models == 2
    assert (found.hides, found.hides_models) == ((False, False), (False, False))


def test_models_of_one_name_stand_together_and_first(opened):
    found = two(opened)

    assert [(one.name, bool(one.first), bool(one.second)) for one in found.models] == [
        ("One", True, True),
        ("Three", False, True),
        ("Two", True, False),
    ]


def test_a_place_that_the_reader_may_not_see_is_left_out_and_said(opened):
    found = two(opened, opened.member)

    assert verdicts(found, MB) == []
    assert found.hides == (True, True)
    assert verdicts(found, BAT) == [("Somewhere Ltd", pairs.SAME)]


@pytest.mark.parametrize(("role", "sees"), [("lead", True), ("member", False), ("monitor", True)])
def test_the_address_of_a_pair_shows_it_to_each_as_they_may_see_it(pages, role, sees):
    browsers, _here, there, ids = pages
    key = "1" if role == "monitor" else "Acme"
    address = f"{there.removesuffix('comparison')}side-by-side?line={ids[0]}.{key}&line={ids[1]}.{key}"

    text = browsers[role].page(address).text

    assert (HARBOUR["site_legal_name"] in text) is sees
    assert ("Northern IT" in text) is (role != "monitor")
    assert "both name it" in text
    assert "3_sites" in text or "4_links, row" in text


@pytest.mark.parametrize("asked", ["", "?line=x.y", "?line=a&line=b&line=c"])
def test_without_two_lines_there_is_a_choice(pages, asked):
    browsers, _here, there, _ids = pages

    assert "Choose two lines" in browsers["lead"].page(f"{there.removesuffix('comparison')}side-by-side{asked}").text


@pytest.fixture
@remembered
def years(opened, session, build, clock):
    """A supplier that was opened last year and this year by the same lead; its submissions, the older first."""
    last = Opened(session, build, clock)
    last.number = 50
    last.round.organisation = opened.round.organisation
    last.round.name = "Laptops of last year"
    last.round.tender_deadline = clock() - dt.timedelta(days=365)
    opened.round.tender_deadline = clock() - dt.timedelta(days=1)
    before = last.built(hand_counted(), name="Northern IT")
    after = opened.supplier(otherwise())
    after.supplier = before.supplier
    session.flush()
    return last, before, after


def earlier(opened, who):
    reader = opened.reader(who)
    person = opened.build.actor(opened.build.user(who), who)
    lines = comparison.lines(opened.session, opened.lot, reader)
    return [one.earlier for one in changes.with_earlier(opened.session, opened.round, lines, reader, person)]


def build(opened, after):
    build_chain(opened.session, after, now=opened.clock())


def test_the_last_version_is_that_of_the_round_before_for_whoever_may_compare_there(opened, years):
    _last, before, after = years
    build(opened, after)

    assert earlier(opened, opened.round.organisation) == [before]
    assert earlier(opened, opened.member) == [None]


def test_a_version_that_was_never_opened_is_shown_to_nobody(opened, years):
    _last, before, after = years
    before.state, before.opened_at = "replaced", None
    build(opened, after)

    assert earlier(opened, opened.round.organisation) == [None]


def test_the_monitor_is_not_told_who_bid_before(opened, years):
    _last, _before, after = years
    build(opened, after)

    assert earlier(opened, opened.build.organisation("monitor")) == [None]


def test_changes_are_those_of_rows_that_the_reader_may_see(opened, years):
    _last, before, after = years
    lead, member = opened.round.organisation, opened.member
    actors = {who.id: opened.build.actor(opened.build.user(who), who) for who in (lead, member)}

    whole = changes.since(opened.session, before, after, opened.reader(lead), actors[lead.id])
    seen = changes.since(opened.session, before, after, opened.reader(member), actors[member.id])

    told = {(one.after or one.before)["values"].get("site_legal_name") for one in whole.found.of("3_sites", "added")}
    assert told == {"Mountain Ltd"}
    assert (whole.hides, seen.hides) == (False, True)
    names = [r["values"].get("site_legal_name") for d in seen.found.found for r in (d.before, d.after) if r]
    assert HARBOUR["site_legal_name"] not in names


def test_the_page_of_changes_says_what_is_new(opened, years, sign_in, session):
    _last, _before, after = years
    build(opened, after)
    lead, member = opened.round.organisation, opened.member
    users = opened.build.user(lead), opened.build.user(member)
    address = f"/rounds/{opened.round.public_id}/lots/{opened.lot.public_id}"
    number = after.public_id
    session.commit()

    browser = sign_in(users[0], lead)
    text = browser.page(f"{address}/changes/{number}").text

    assert "Mountain Ltd" in text
    assert "Laptops of last year" in browser.page(f"{address}/comparison?column=changes").text
    assert sign_in(users[1], member).get(f"{address}/changes/{number}").status_code == 404
