"""What is kept of the flows stays true: sites that become one, demand that moves, offers built before there were flows."""

from __future__ import annotations

from fractions import Fraction

import pytest
from flask import render_template_string
from sqlalchemy import delete, func, select

from framework.chain.leverage import reading, stored
from framework.chain.matching import acts, merging, undoing
from framework.chain.measures.stored import shares_of
from models.chain import Mention, Product, Site
from models.leverage import LotFlow
from models.matching import MatchQuestion
from models.measures import ProductMeasures
from tests.chain.leverage.conftest import line, offer

MODEL = ("P1", "laptop", "A", 100, {"S": 60, "T": 30})


def sites_of(opened, lot, reader):
    return {site: one.units for site, one in reading.view(opened.session, lot, reader).figures.sites.items()}


@pytest.fixture
def built(opened, lot, member):
    """A thousand pieces, 60 % from one site and 30 % from another."""
    member(line(1000, "A"))
    return opened.built(offer(MODEL))


def test_sites_that_become_one_have_the_leverage_of_both_and_undoing_restores_it(opened, lot, built, lead, by_name):
    first, second = (opened.session.get_one(Site, by_name(letter)) for letter in "ST")
    actor = opened.build.person(opened.round.organisation, "lead")
    before = sites_of(opened, lot, lead)

    decision = merging.merge(
        opened.session, first, second, opened.round, motive="one gate", actor=actor, now=opened.clock()
    )
    opened.work()
    merged = sites_of(opened, lot, lead)
    undoing.undo(opened.session, decision, opened.round, actor=actor, now=opened.clock())
    opened.work()

    assert before == {first.id: 600, second.id: 300}
    assert merged == {second.id: 900}
    assert sites_of(opened, lot, lead) == before


def test_a_site_that_is_split_shares_its_leverage(opened, lot, built, lead, by_name):
    opened.built(offer(MODEL, brand="Other"))
    site = opened.session.get_one(Site, by_name("S"))
    mentions = opened.session.scalars(select(Mention).where(Mention.site_id == site.id).order_by(Mention.id)).all()
    mentions[1].place_key = "other"
    actor = opened.build.person(opened.round.organisation, "lead")

    merging.split(
        opened.session, site, [mentions[1]], opened.round, motive="two gates", actor=actor, now=opened.clock()
    )
    opened.work()

    assert sorted(sites_of(opened, lot, lead).values()) == [300, 300, 300]


def test_demand_that_was_not_there_when_flows_were_counted_counts_too(opened, lot, member, built, lead):
    member(line(70, "B"))
    member(line(30, ""))

    found = reading.view(opened.session, lot, lead).figures

    assert sum(one.units for one in found.sites.values()) == 927
    assert {status: one.units for status, one in found.buckets.items()} == {"not_told": 103, "no_model": 70}


def test_a_tier_in_other_letters_is_the_same_tier(opened, lot, member, lead):
    member(line(1000, "power"))
    opened.built(offer(("P1", "laptop", "Power", 100, {"S": 100})))

    assert list(sites_of(opened, lot, lead).values()) == [1000]


def test_measures_and_leverage_take_tiers_in_other_letters_as_one(opened, lot, member, lead, by_name):
    member(line(1000, "power"))
    opened.built(offer(("P1", "laptop", "Power", 60, {"S": 100}), ("P2", "laptop", "POWER ", 40, {"T": 100})))
    products = opened.session.scalars(select(Product).order_by(Product.product_ref)).all()

    parts = shares_of(products)

    assert sites_of(opened, lot, lead) == {by_name("S"): 600, by_name("T"): 400}
    assert [parts[one.id] for one in products] == [(Fraction(3, 5), False), (Fraction(2, 5), False)]


def test_offers_built_before_flows_were_kept_are_counted_and_waited_for(opened, lot, built, lead):
    opened.session.execute(delete(LotFlow))
    waiting = reading.view(opened.session, lot, lead)

    done = stored.go_on(opened.session)

    assert (waiting.waiting, waiting.figures) == (1, None)
    assert done == 1
    assert stored.go_on(opened.session) == 0
    assert sorted(sites_of(opened, lot, lead).values()) == [300, 600]


def test_counting_again_leaves_one_row_for_each_kind(opened, lot, built):
    query = select(func.count()).select_from(LotFlow)
    before = opened.session.scalar(query)

    stored.count(opened.session, opened.round, [built.id])

    assert opened.session.scalar(query) == before


def test_other_pages_show_what_weighs_at_a_site(app, opened, lot, built, lead, by_name):
    entries = reading.leverage_of(opened.session, lot, [by_name("S")], lead)[by_name("S")]
    template = '{% import "components/leverage.html" as leverage %}{{ leverage.behind(entries, "/there") }}'

    with app.test_request_context():
        text = render_template_string(template, entries=entries)
        nothing = render_template_string(template, entries=[])

    assert "600" in text
    assert "60.0 %" in text
    assert "for 1 member" in text
    assert "EUR 420,000" in text
    assert "Nothing that is pooled" in nothing


def test_a_rough_place_whose_answer_is_taken_back_gives_its_leverage_and_measures_back(
    opened, lot, built, lead, by_name
):
    session, actor = opened.session, opened.build.person(opened.round.organisation, "lead")
    rough = [
        (sheet, values | ({"address_line": "", "city": ""} if sheet == "3_sites" else {}))
        for sheet, values in offer(("P1", "laptop", "A", 100, {"S": 100}))
    ]
    submission = opened.built(rough)
    submission.file.sha256 = "b" * 64
    mention = session.scalars(select(Mention).where(Mention.submission_id == submission.id)).one()
    site = session.get_one(Site, by_name("S"))
    question, now = session.scalars(select(MatchQuestion)).one(), opened.clock()

    def kept():
        query = select(ProductMeasures.is_stale, ProductMeasures.figures)
        return sites_of(opened, lot, lead), session.execute(query.order_by(ProductMeasures.product_id)).all()

    before = kept()
    assert mention.site_id is None
    made = acts.answer(session, question, "same", site=site, motive="one gate", actor=actor, now=now)
    opened.work()
    answered = kept()
    undoing.undo(session, made, opened.round, actor=actor, now=now)
    opened.work()

    assert mention.site_id is None
    assert answered[0] != before[0]
    assert answered[1] != before[1]
    assert kept() == before
