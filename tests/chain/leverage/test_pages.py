"""The pages of leverage: who opens them, what they say, and that their figures are those of the pool."""

from __future__ import annotations

import io
import re

import openpyxl
import pytest

from framework.chain.leverage import reading
from framework.demand import pool
from framework.disclosure.confidentiality import reader_of
from models.chain import Mention, Site
from models.demand import Demand
from tests.chain.leverage.conftest import PLACES, line, offer
from tests.chain.opened import STREET

PINS = {"S": (31.4, 121.0), "T": (31.4, 121.0), "U": (5.4, 100.3)}
TABS = ("sites", "brands", "countries", "components", "members", "flow")


@pytest.fixture
def round_pages(opened, lot, member, sign_in, session):
    """Three members of 600 pieces, two offers, and a browser for each role."""
    members = [member(line(quantity, "A"), line(quantity, "B")) for quantity in (50, 100, 150)]
    session.flush()
    models = [("P1", "laptop", "A", 100, {"S": 60, "T": 30}), ("P2", "laptop", "B", 100, dict.fromkeys(PLACES, 20))]
    opened.built(offer(*models, pins=PINS), name="Northern IT")
    opened.built(offer(("P1", "laptop", "A", 100, {"S": 100}), brand="Other"), name="Southern IT")
    people = {
        "lead": opened.round.organisation,
        "member": members[0],
        "monitor": opened.build.organisation("monitor"),
        "supplier": opened.build.organisation("supplier"),
        "stranger": opened.build.organisation("buyer"),
    }
    users = {role: (opened.build.user(body), body) for role, body in people.items()}
    here = f"/rounds/{opened.round.public_id}/lots/{lot.public_id}/leverage"
    session.commit()
    return {role: sign_in(user, body) for role, (user, body) in users.items()}, here, members


@pytest.mark.parametrize("by", TABS)
@pytest.mark.parametrize("role", ["lead", "member", "monitor"])
def test_every_table_opens_for_who_compares(round_pages, role, by):
    browsers, here, _members = round_pages

    page = browsers[role].page(f"{here}?by={by}")

    assert "Leverage of" in page.text
    assert "600 pieces" in page.text


@pytest.mark.parametrize("role", ["supplier", "stranger"])
@pytest.mark.parametrize("tail", ["", ".xlsx"])
def test_nobody_else_opens_it(round_pages, role, tail):
    browsers, here, _members = round_pages

    assert browsers[role].get(here + tail).status_code in (403, 404)


def test_a_lot_of_another_round_is_not_found(round_pages, opened, session):
    browsers, here, _members = round_pages
    session.info["write"] = True
    other = opened.build.lot(opened.build.round(state="opened", opened_at=opened.clock()))
    session.commit()
    there = here.replace(here.split("/lots/")[1].split("/")[0], other.public_id)

    assert browsers["lead"].get(there).status_code == 404
    assert browsers["lead"].get(there + ".xlsx").status_code == 404


@pytest.mark.parametrize(
    "query", ["?page=99", "?page=x", "?sort=-nonsense", "?kind=nothing", "?offer=zzz", "?leaves=zzz", "?by=x", "?q=%00"]
)
def test_nonsense_in_the_address_is_a_page(round_pages, query):
    browsers, here, _members = round_pages

    assert browsers["lead"].get(here + query).status_code == 200


def test_it_says_how_much_comes_out_of_how_few_sites(round_pages):
    browsers, here, _members = round_pages

    page = browsers["lead"].page(here)

    # 300 A: (60 % + 100 %) / 2 at S and 30 % / 2 at T; 300 B: 20 % / 2 at each, for the second offer has no model for B
    assert "Laptop: 58 % of the 600 pieces pooled come out of 2 sites." in page.text
    assert "The largest, Lakeside Ltd, makes for 3 of 3 members." in page.text


def test_figures_of_the_page_are_those_of_the_pool_and_of_the_lever_strip(round_pages, opened, lot, session):
    browsers, here, _members = round_pages

    book = openpyxl.load_workbook(io.BytesIO(browsers["lead"].get(f"{here}.xlsx").data))
    session.rollback()
    figures = pool.figures(session, opened.round)
    (whole,) = (one.total for one in figures.lots if one.lot_id == lot.id)
    strip = browsers["lead"].page(here).text

    for name, column in (("Sites", 5), ("Brands", 1), ("Countries", 1)):
        rows = list(book[name].iter_rows(min_row=2, values_only=True))
        units = [row[column] for row in rows]
        assert sum(units[:-1]) == units[-1] == whole.expected == 600
        values = [row[column + 2] or 0 for row in rows]
        assert sum(round(value * 100) for value in values[:-1]) == round(values[-1] * 100) == whole.value * 100
    assert "600 pieces Laptops" in strip or "600 pieces" in strip
    flows = list(book["Flows"].iter_rows(min_row=2, values_only=True))
    assert sum(units for source, _target, units in flows if source == "Laptop") == 600


def test_choices_stand_in_the_address_and_are_kept(round_pages):
    browsers, here, members = round_pages

    answer = (
        browsers["lead"].get(f"{here}?by=sites&sort=-site&q=works&leaves={members[0].public_id}").get_data(as_text=True)
    )

    names = re.findall(r"<th scope=\"row\">(?:<a[^>]*>)?([A-Z][a-z]+ Works)", answer)
    assert names == ["Southern Works", "Northern Works", "Eastern Works"]
    assert f"leaves={members[0].public_id}" in answer.split("Brands")[0]
    assert 'aria-sort="descending"' in answer


def test_a_member_that_leaves_is_thought_away(round_pages):
    browsers, here, members = round_pages

    page = browsers["lead"].page(f"{here}?leaves={members[2].public_id}")

    assert f"Without {members[2].name} the pool loses 300 pieces (50.0 %)" in page.text
    assert "600" in page.text
    assert "300" in page.text


def test_no_body_but_a_member_of_the_pool_is_thought_away_by_name(round_pages, opened, session):
    browsers, here, _members = round_pages
    session.info["write"] = True
    other = opened.build.organisation("buyer", name="Elsewhere Council")
    session.commit()

    page = browsers["lead"].page(f"{here}?leaves={other.public_id}")
    book = openpyxl.load_workbook(io.BytesIO(browsers["lead"].get(f"{here}.xlsx?leaves={other.public_id}").data))

    assert "Elsewhere" not in page.text
    assert not any(
        "Elsewhere" in str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row
    )


def test_each_member_reads_what_pooling_means_to_it(round_pages):
    browsers, here, _members = round_pages

    page = browsers["member"].page(f"{here}?by=members")

    assert "×6 its own" in page.text
    assert "that is us" in page.text


def test_volumes_that_are_not_shared_stay_with_their_member(round_pages, opened, session):
    browsers, here, members = round_pages
    session.info["write"] = True
    opened.round.settings = {**(opened.round.settings or {}), "share_member_volumes": "lead"}
    session.commit()

    told = browsers["member"].page(f"{here}?by=members").text
    flow = browsers["member"].page(f"{here}?by=flow").text
    leaves = browsers["member"].page(f"{here}?leaves={members[2].public_id}").text

    assert members[0].name in told
    assert members[2].name not in told + flow + leaves
    assert "2 other members" in told
    assert "Without" not in leaves


def test_the_monitor_sees_no_member(round_pages):
    browsers, here, members = round_pages

    pages = [
        browsers["monitor"].get(f"{here}?by={by}&leaves={members[0].public_id}").get_data(as_text=True) for by in TABS
    ]
    book = openpyxl.load_workbook(io.BytesIO(browsers["monitor"].get(f"{here}.xlsx").data))
    cells = {str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row}

    for name in [one.name for one in members]:
        assert not any(name in page for page in pages)
        assert name not in cells
    assert "Members" not in book.sheetnames
    assert not any("Northern IT" in page for page in pages)
    assert "Bidder A" in pages[0]


@pytest.mark.parametrize("first", ["lead", "monitor"])
def test_money_that_one_reader_is_told_is_not_kept_for_another(round_pages, session, first):
    """All groups have enough members for the monitor, but too few of them gave a value."""
    browsers, here, _members = round_pages
    session.info["write"] = True
    demand = session.query(Demand).order_by(Demand.id).first()
    for one in demand.lines:
        one.value_expected = None
    session.commit()
    reading.forget()

    roles = (first, "monitor" if first == "lead" else "lead")
    texts = {role: browsers[role].page(here).text for role in roles}

    hidden = "too few members stand behind it"
    assert hidden not in texts["lead"]
    assert hidden in texts["monitor"]
    assert "left out of all figures" not in texts["monitor"]


def cells_of(book):
    return [str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row]


def test_the_text_of_another_lead_is_never_the_name_of_a_site(opened, lot, member, sign_in, session):
    """The site's own text is of another lead, and the first row of this round is one that members do not see."""
    buyer = member(line(100))
    rows = offer(("P1", "laptop", "", 100, {"S": 100}), pins=PINS)
    secret = {"site_ref": "X", "facility_type": "component", "confidentiality": "lead_and_monitor"} | STREET
    opened.built([rows[0], ("3_sites", secret), *rows[1:]])
    session.query(Mention).filter_by(site_ref="X").one().address = "58, First Avenue"
    site = session.query(Site).one()
    site.name, site.address, site.city = "Of Another Lead", "Of Another Lead", "Of Another Lead"
    here = f"/rounds/{opened.round.public_id}/lots/{lot.public_id}/leverage"
    users = {who: opened.build.user(who) for who in (opened.round.organisation, buyer)}
    session.commit()

    for who, user in users.items():
        browser = sign_in(user, who)
        texts = [browser.page(f"{here}?by={by}").text for by in TABS]
        texts += cells_of(openpyxl.load_workbook(io.BytesIO(browser.get(f"{here}.xlsx").data)))
        assert not any("Another Lead" in text for text in texts)
        assert sum("Lakeside Ltd" in text for text in texts) >= 5
        assert "No site fits" in browser.page(f"{here}?q=another").text
        assert "Lakeside Ltd" in browser.page(f"{here}?q=lakeside+avenue&sort=site").text
        assert any("58, First" in text for text in texts) is (who is not buyer)


def test_a_bidder_is_covered_before_sites_are_searched_sorted_and_shown(opened, lot, member, sign_in, session):
    for quantity in (50, 100, 150):
        member(line(quantity))
    rows = offer(("P1", "laptop", "", 100, {"S": 50, "T": 30, "U": 20}), pins=PINS)
    next(values for _s, values in rows if values.get("site_ref") == "S")["site_legal_name"] = "Zulu IT Works"
    next(values for _s, values in rows if values.get("site_ref") == "T")["address_line"] = "12 Zulu IT Road"
    opened.built(rows, name="Zulu IT")
    monitor = opened.build.organisation("monitor")
    user = opened.build.user(monitor)
    here = f"/rounds/{opened.round.public_id}/lots/{lot.public_id}/leverage"
    session.commit()
    browser = sign_in(user, monitor)

    texts = [browser.page(f"{here}?by={by}").text for by in TABS]
    texts += cells_of(openpyxl.load_workbook(io.BytesIO(browser.get(f"{here}.xlsx").data)))
    assert not any("Zulu" in text for text in texts)
    assert any("12 Bidder A Road" in text for text in texts)
    assert "No site fits" in browser.page(f"{here}?q=zulu").text
    found = browser.page(f"{here}?q=bidder&sort=site").text
    assert "2 sites" in found
    sites = browser.page(f"{here}?sort=site").text.split("2 sites")[-1]
    assert sites.index("Bidder A Works") < sites.index("Harbour Ltd") < sites.index("Northern Works")


def test_the_map_says_how_well_a_place_is_known(round_pages):
    browsers, here, _members = round_pages

    answer = browsers["lead"].get(f"{here}?by=countries")
    text = answer.get_data(as_text=True)

    assert "the pin lies outside the country of the address" in text
    assert "pin and street address are in the same country" in text
    assert text.count("<title>") >= 5
    assert "<desc" in text
    assert "A list gave coordinates for 3 sites" in text


def test_the_picture_has_words_and_a_table(round_pages):
    browsers, here, _members = round_pages

    text = browsers["lead"].get(f"{here}?by=flow").get_data(as_text=True)

    assert "<svg" in text
    assert '<title id="flow-name">' in text
    assert '<desc id="flow-words">' in text
    assert text.count("<path") <= 25
    assert "The same figures as a table" in text


def test_an_empty_lot_says_what_it_will_show(opened, lot, sign_in, session):
    lead = opened.build.user(opened.round.organisation)
    session.commit()

    page = sign_in(lead, opened.round.organisation).page(f"/rounds/{opened.round.public_id}/leverage")

    assert "No opened submission offers anything in this lot yet." in page.text


def test_who_buys_or_leads_is_inside(opened):
    person = opened.build.person(opened.build.organisation("monitor"))
    buyer = opened.build.person(opened.member)

    assert not reader_of(opened.session, opened.round, person).inside
    assert reader_of(opened.session, opened.round, buyer).inside
