"""The page of a site shows what weighs there: the figures of the page of leverage, to the unit, hidden where it hides them."""

from __future__ import annotations

import html
import re

import pytest
from sqlalchemy import update

from framework.chain.leverage import reading
from models.chain import Site
from models.demand import Demand, DemandLine
from tests.chain.leverage.conftest import PLACES, line, offer
from tests.chain.matching.test_queue import queries_of
from tests.chain.opened import BAT, Opened
from views.chain import leverage_tables, weight

ROW = re.compile(r'<tr id="site-(\w+)">(.*?)</tr>', re.S)
CELL = re.compile(r"<td[^>]*>(.*?)</td>", re.S)
ENTRY = re.compile(
    r"(?P<kind>Final assembly|Battery): (?P<units>[\d,]+) \((?P<share>[\d.]+ %)\) of the pooled pieces, "
    r"for (?P<members>\d+) members?, place (?P<rank>\d+) of \d+ ?, "
    r"(?P<value>at least EUR [\d,]+|EUR [\d,]+|— (?:too few members stand behind it|no member gave a value))"
)


def with_batteries(rows, ref="P1", letter="T"):
    """The rows of an offer whose first model has its battery from one more place of the file."""
    which = {"component_ref": f"{ref}-BA", "product_ref": ref}
    component = which | {"component_type": BAT, "tier": 2}
    return [*rows, ("2_components", component), ("4_links", which | {"site_ref": letter})]


@pytest.fixture
def browsers(opened, lot, member, sign_in, session):
    """Two offers of two tiers and two components, one place of them kept; a browser for each role, sites by letter."""
    members = [
        member(line(quantity, "A"), line(quantity + 1, "B", price=price))
        for quantity, price in ((50, None), (100, 700), (151, 700))
    ]
    member(line(13, "A", price=None))
    models = [("P1", "laptop", "A", 100, {"S": 60, "T": 31}), ("P2", "laptop", "B", None, dict.fromkeys(PLACES, None))]
    opened.built(with_batteries(offer(*models, levels={"U": "lead_and_monitor"})), name="Northern IT")
    opened.built(offer(("P1", "laptop", "A", 100, {"S": 100}), brand="Other"), name="Southern IT")
    bodies = {"lead": opened.round.organisation, "member": members[0], "monitor": opened.build.organisation("monitor")}
    users = {role: (opened.build.user(body), body) for role, body in bodies.items()}
    sites = {one.name: one.public_id for one in session.query(Site)}
    session.commit()
    found = {role: sign_in(user, body) for role, (user, body) in users.items()}
    return found, {letter: sites[place[0]] for letter, place in PLACES.items()}, members


def plain(cell):
    """The words of a cell without its hints."""
    return " ".join(
        html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r'<span class="grid__hint">.*?</span>', "", cell))).split()
    )


def rows_of(browser, opened, lot, kind):
    """By site the cells that the page of leverage shows of a component."""
    answer = browser.get(f"/rounds/{opened.round.public_id}/lots/{lot.public_id}/leverage?kind={kind}")
    return {
        site: [plain(cell) for cell in CELL.findall(row)] for site, row in ROW.findall(answer.get_data(as_text=True))
    }


def entries_of(browser, opened, site):
    """By component what the page of a site shows of its leverage."""
    text = browser.page(f"/rounds/{opened.round.public_id}/sites/{site}").text
    behind = text.split("Pooled volume behind it")[1].split("What is made there")[0]
    return {found["kind"]: found for found in ENTRY.finditer(behind)}


@pytest.mark.parametrize("role", ["lead", "member", "monitor"])
def test_the_page_of_a_site_says_what_the_page_of_leverage_says(browsers, opened, lot, role):
    found, sites, _members = browsers
    compared = 0

    for kind, label in (("final_assembly", "Final assembly"), (BAT, "Battery")):
        rows = rows_of(found[role], opened, lot, kind)
        for letter, site in sites.items():
            if letter == "U" and role == "member":
                assert found[role].get(f"/rounds/{opened.round.public_id}/sites/{site}").status_code == 404
                continue
            entry = entries_of(found[role], opened, site).get(label)
            assert (entry is None) is (site not in rows)
            if entry is not None:
                rank, _country, units, share, value, members, _behind = rows[site]
                told = (entry["rank"], entry["units"], entry["share"], entry["value"], entry["members"])
                assert told == (rank, units, share, value, members)
                compared += 1

    assert compared == {"lead": 6, "member": 5, "monitor": 6}[role]


@pytest.mark.parametrize("role", ["lead", "member", "monitor"])
def test_every_figure_is_that_of_the_whole_page_to_the_unit(browsers, opened, lot, session, role):
    _found, _sites, members = browsers
    body = {"lead": opened.round.organisation, "member": members[0]}.get(role) or opened.build.organisation("monitor")
    reader, numbers = opened.reader(body), [one.id for one in session.query(Site)]

    told = reading.leverage_in(session, [lot], numbers, reader, with_members=role != "monitor")

    compared = 0
    for kind in reading.view(session, lot, reader).kinds:
        whole = reading.view(session, lot, reader, kind=kind.component_type)
        for place, (site, one) in enumerate(whole.figures.sites.items(), start=1):
            (entry,) = (e for e in told[lot.id, site] if e.component_type == kind.component_type)
            shown = (entry.units, entry.cents, entry.behind, entry.members, entry.missing, entry.is_assumed, entry.rank)
            assert shown == (one.units, one.cents, one.behind, one.members, one.missing, one.assumed, one.rank)
            assert (entry.place, entry.sites, entry.tells_money) == (place, len(whole.figures.sites), role != "monitor")
            if role != "monitor":
                assert len(entry.linked) == entry.members
                assert abs(sum(units for _member, units, _cents in entry.linked) - entry.behind) <= entry.members
            compared += 1
    assert compared == sum(map(len, told.values())) >= 5


def test_money_is_held_back_and_unknown_where_the_page_of_leverage_says_so(browsers, opened, session):
    found, sites, _members = browsers

    held = entries_of(found["monitor"], opened, sites["S"])["Final assembly"]["value"]
    told = entries_of(found["lead"], opened, sites["S"])["Final assembly"]["value"]
    session.info["write"] = True
    session.execute(update(DemandLine).values(value_expected=None))
    session.execute(update(Demand).values(version=Demand.version + 1))
    session.commit()
    unknown = entries_of(found["lead"], opened, sites["S"])["Final assembly"]["value"]

    assert told.startswith("at least EUR ")
    assert held == "— too few members stand behind it"
    assert unknown == "— no member gave a value"


def test_members_are_named_to_those_who_see_their_figures(browsers, opened, session):
    found, sites, members = browsers
    here = f"/rounds/{opened.round.public_id}/sites/{sites['S']}"

    everybody = {role: found[role].page(here).text for role in found}
    session.info["write"] = True
    opened.round.settings = {**(opened.round.settings or {}), "share_member_volumes": "lead"}
    session.commit()
    alone = {role: found[role].page(here).text for role in found}

    for texts, role, named in (
        (everybody, "lead", members),
        (everybody, "member", members),
        (alone, "lead", members),
        (alone, "member", members[:1]),
        (everybody, "monitor", []),
    ):
        behind = texts[role].split("Pooled volume behind it")[1].split("What is made there")[0]
        assert [one for one in members if one.name in behind] == list(named)
    assert f"{members[0].name} that is us" in alone["member"]
    assert "3 other members" in alone["member"]


def test_an_entry_leads_to_its_row_on_the_page_of_leverage(browsers, opened, monkeypatch):
    found, sites, _members = browsers
    for module in (weight, leverage_tables):
        monkeypatch.setattr(module, "PAGE", 1)

    pages = set()
    for site in sites.values():
        text = found["lead"].get(f"/rounds/{opened.round.public_id}/sites/{site}").get_data(as_text=True)
        links = [html.unescape(one) for one in re.findall(rf'href="([^"]*/leverage[^"]*)#site-{site}"', text)]
        assert links
        for link in links:
            assert f'<tr id="site-{site}">' in found["lead"].get(link).get_data(as_text=True)
        pages |= set(links)
    assert len(pages) == 6


def test_a_site_behind_which_nothing_stands_says_so(opened, lot, member, sign_in, session):
    """Nobody buys what is made there; and one more that no model names."""
    rows = offer(("P1", "laptop", "A", 100, {"S": 100}), ("P9", "laptop", "C", 100, {"T": 100}))
    name, street, city, country = PLACES["U"]
    said = {"site_ref": "U", "site_legal_name": name, "address_line": street, "city": city, "country": country}
    member(line(1000, "A"))
    opened.built([*rows, ("3_sites", said)])
    lead = opened.build.user(opened.round.organisation)
    sites = {one.name: one.public_id for one in session.query(Site)}
    session.commit()
    browser = sign_in(lead, opened.round.organisation)

    nobody = entries_of(browser, opened, sites[PLACES["T"][0]])["Final assembly"]
    untied = browser.page(f"/rounds/{opened.round.public_id}/sites/{sites[name]}").text

    assert (nobody["units"], nobody["members"], nobody["value"]) == ("0", "0", "EUR 0")
    assert "Nothing that is pooled is tied to this site, as far as you may see." in untied


def of_many_lots(opened, count):
    """A round of so many lots, of each of which the same two sites make a model; the page of one of them."""
    codes = [f"L{n}" for n in range(1, count + 1)]
    for code in codes[1:]:
        other = opened.build.lot(opened.round, code=code, required_components=[BAT])
        opened.build.demand(other, opened.member, line(70), state="locked")
    rows = offer(*((f"{code}-P1", "laptop", "", 100, {"S": 60, "T": 40}) for code in codes))
    for sheet, values in rows:
        if sheet == "1_products":
            values["lot"] = values["product_ref"].split("-")[0]
    opened.built(rows)
    site = opened.session.query(Site).filter_by(name=PLACES["S"][0]).one()
    return f"/rounds/{opened.round.public_id}/sites/{site.public_id}"


def test_the_page_of_a_site_asks_no_more_for_many_lots_than_for_one(session, build, clock, sign_in):
    rounds = {}
    for number, count in enumerate((1, 5)):
        opened = Opened(session, build, clock)
        opened.number = 100 * number
        body = opened.round.organisation
        rounds[count] = of_many_lots(opened, count), build.user(body), body
    session.commit()
    counted = {}
    for count, (here, user, body) in rounds.items():
        browser = sign_in(user, body)
        assert browser.page(here).text.count("of the pooled pieces") == count
        reading.forget()
        counted[count] = queries_of(browser, here), queries_of(browser, here)

    assert counted[1] == counted[5]
    cold, warm = counted[5]
    assert cold == warm + 1
    assert warm <= 38  # two of them ask which tenders a conflict of interest keeps from the reader
