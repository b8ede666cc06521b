"""The comparison says of each line what would be bought of it: the figure of the page of leverage for that offer alone."""

from __future__ import annotations

import html
import io
import re
from decimal import Decimal

import openpyxl
import pytest
from sqlalchemy import delete, event

from framework.chain import comparison, table
from framework.chain.leverage import by_offer, reading
from models.base import db
from models.leverage import LotFlow
from tests.chain.leverage.conftest import line, offer

CELL = re.compile(r'<td class="num" data-label="Pooled pieces">(.*?)</td>', re.S)


def two_brands():
    """An offer of two brands, one of which takes 40 % of a tier, and a model that nobody asked for."""
    first = offer(("P1", "laptop", "A", 60, {"S": 60}), ("P2", "laptop", "B", 100, {"T": 100}))
    second = offer(("P3", "laptop", "A", 40, {"U": 100}), ("P9", "monitor", "", 100, {"V": 100}), brand="Beta")
    return [*first, *second]


@pytest.fixture
def built(opened, lot, member):
    """Three members, two offers, three lines."""
    members = [member(line(quantity, "A"), line(quantity, "B")) for quantity in (51, 100, 150)]
    submissions = [
        opened.built(two_brands(), name="Northern IT"),
        opened.built(offer(("P1", "laptop", "A", 100, {"S": 100}), brand="Other"), name="Southern IT"),
    ]
    return submissions, members


def lines_of(opened, lot, reader):
    found = comparison.compare(opened.session, lot, reader)
    return table.weighed(opened.session, lot, found.lines, reader)


@pytest.mark.parametrize("role", ["lead", "member", "monitor"])
def test_a_line_has_the_figures_of_its_brand_on_the_page_of_leverage(opened, lot, built, role):
    _submissions, members = built
    body = {"lead": opened.round.organisation, "member": members[0]}.get(role) or opened.build.organisation("monitor")
    reader = opened.reader(body)

    lines = lines_of(opened, lot, reader)

    told = {}
    for one in lines:
        whole = reading.view(opened.session, lot, reader, offer=one.submission.id).figures.brands[one.brand]
        assert (one.pooled, one.unpooled) == (whole, "")
        told[one.brand] = one.pooled.units
    assert told == {"Acme": 482, "Beta": 120, "Other": 301}


def test_what_is_not_told_says_why(opened, lot, built, lead, member):
    (first, second), _members = built
    second.state = "excluded"
    opened.session.flush()
    excluded = {one.brand: one.unpooled for one in lines_of(opened, lot, lead)}
    member(line(10, "Z"))
    moved = {one.brand: one.unpooled for one in lines_of(opened, lot, lead)}
    opened.session.execute(delete(LotFlow).where(LotFlow.submission_id == first.id))
    waiting = {one.brand: one.unpooled for one in lines_of(opened, lot, lead)}

    assert excluded == {"Acme": "", "Beta": "", "Other": table.EXCLUDED.why}
    assert (moved["Acme"], waiting["Acme"]) == (by_offer.DEMAND_MOVED, by_offer.BEING_COUNTED)


def test_it_is_held_back_where_the_page_of_leverage_holds_it_back(opened, lot, member, lead):
    member(line(100, "A"))
    opened.built(two_brands())
    monitor = opened.reader(opened.build.organisation("monitor"))

    inside, outside = lines_of(opened, lot, lead), lines_of(opened, lot, monitor)

    assert [one.pooled.units for one in inside] == [60, 40]
    assert {(one.pooled, one.unpooled) for one in outside} == {(None, by_offer.HELD_BACK)}


def test_the_page_and_the_workbook_show_it_and_lead_to_the_page_of_leverage(opened, lot, built, sign_in, session):
    lead = opened.build.user(opened.round.organisation)
    here = f"/rounds/{opened.round.public_id}/lots/{lot.public_id}/comparison"
    session.commit()
    browser = sign_in(lead, opened.round.organisation)

    cells = CELL.findall(browser.get(f"{here}?sort=-pooled").get_data(as_text=True))
    there = browser.page(html.unescape(re.findall('href="(.*?)"', cells[0])[0])).text
    sheet = openpyxl.load_workbook(io.BytesIO(browser.get(f"{here}.xlsx").data)).worksheets[0]
    head, *rows = sheet.iter_rows(values_only=True)
    leaves = [head.index(f"Pooled {what}, if this offer is chosen") for what in ("pieces", "value, net")]

    assert [re.sub("<.*?>", "", cell).split()[0] for cell in cells] == ["482", "301", "120"]
    assert "only Northern IT" in there
    assert "482" in there
    assert sorted(tuple(row[n] for n in leaves) for row in rows) == [
        (120, Decimal(84_280)),
        (301, Decimal(210_700)),
        (482, Decimal(337_120)),
    ]


def test_many_offers_cost_as_many_queries_as_one(opened, lot, member, lead):
    member(line(100, "A"))
    for _offer in range(3):
        opened.built(offer(("P1", "laptop", "A", 100, {"S": 100})))
    opened.session.commit()
    opened.session.info["write"] = False
    lines, asked, counts = comparison.compare(opened.session, lot, lead).lines, [], []
    listen = lambda *arguments: asked.append(arguments[2])  # noqa: E731

    event.listen(db.engine, "before_cursor_execute", listen)
    try:
        for _time in range(2):
            told = table.weighed(opened.session, lot, lines, lead)
            counts.append(len(asked))
    finally:
        event.remove(db.engine, "before_cursor_execute", listen)

    assert [one.pooled.units for one in told] == [100, 100, 100]
    assert counts == [2, 3], "demand and flows; then one look whether the flows are still true"


def test_what_is_kept_may_go_while_a_page_of_more_offers_is_read(opened, lot, member, lead, monkeypatch):
    monkeypatch.setattr(by_offer._kept, "most", 3)
    member(line(100, "A"))
    made = [opened.built(offer(("P1", "laptop", "A", 100, {"S": 100}))) for _offer in range(5)]
    opened.session.commit()
    opened.session.info["write"] = False
    numbers = [one.id for one in made]

    by_offer.brands(opened.session, lot, numbers[2:], lead)
    told = [by_offer.brands(opened.session, lot, numbers, lead) for _time in range(2)]

    assert all(
        [[sum_.units for sum_ in one.brands.values()] for one in found.values()] == [[100]] * 5 for found in told
    )
