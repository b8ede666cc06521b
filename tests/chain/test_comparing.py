"""The page of the comparison: columns, filters and order from the address, for whoever may see what; its workbook says the same."""

from __future__ import annotations

import io

import openpyxl
import pytest

from framework.chain import comparison, figures
from models.chain import LotFigures
from tests.chain.opened import FA, hand_counted
from tests.chain.test_who_sees import at_level


def heads(browser, address):
    page = browser.get(address).get_data(as_text=True)
    table = page.split('class="grid grid--stacked comparison"')[1].split("</table>")[0]
    return table.split("<tbody>")[0], table.split("<tbody>")[1]


def book(browser, address):
    sheet = openpyxl.load_workbook(io.BytesIO(browser.get(address).data)).worksheets[0]
    head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_columns_of_the_address_are_shown_and_no_others(pages):
    browsers, _here, there, _ids = pages

    head, body = heads(browsers["lead"], f"{there}?column=precise&column=battery&column=nonsense")

    assert ("To the street" in head, "Battery" in head, "Completeness" in head) == (True, True, False)
    assert body.count("<tr>") == 2
    assert "1 of 2" in body


def test_a_spot_has_its_figure_and_what_is_unknown_its_reason_in_words(pages):
    browsers, _here, there, _ids = pages

    _head, body = heads(browsers["lead"], there)

    assert '<use href="#spot-2"/>' in body
    assert "unknown: not judged yet" in body
    assert "<desc>final assembly 2 of 2, components 2 of 4, smelters 1 of 2</desc>" in body


def test_filters_of_the_address_choose_lines(pages):
    browsers, _here, there, ids = pages

    for asked, lines in (("q=northern", 1), (f"supplier={ids[1]}", 1), ("brand=ACME", 2), ("country=CN", 2)):
        assert heads(browsers["lead"], f"{there}?{asked}")[1].count("<tr>") == lines, asked
    none = browsers["lead"].page(f"{there}?q=nobody").text
    assert "No line fits these filters." in none
    assert "0 of 2 lines" in none


def test_the_monitor_finds_no_bidder_by_its_name(pages):
    browsers, _here, there, _ids = pages

    text = browsers["monitor"].page(f"{there}?q=northern").text
    body = heads(browsers["monitor"], f"{there}?q=bidder")[1]

    assert "No line fits these filters." in text
    assert body.count("<tr>") == 2
    assert "Northern" not in browsers["monitor"].get(f"{there}?sort=-supplier").get_data(as_text=True)


@pytest.mark.parametrize(
    ("level", "who", "seen"),
    [
        ("buyers_linked", "lead", ("CN",)),
        ("buyers_linked", "linked member", ("CN",)),
        ("buyers_linked", "other member", ()),
        ("lead_and_monitor", "linked member", ()),
        ("consortium", "other member", ("CN",)),
    ],
)
def test_countries_of_assembly_are_those_of_rows_that_the_reader_may_see(opened, level, who, seen):
    opened.built(at_level(level))
    other = opened.build.sign_on(opened.round, state="confirmed").organisation
    people = {"lead": opened.round.organisation, "linked member": opened.member, "other member": other}

    found = comparison.lines(opened.session, opened.lot, opened.reader(people[who]))

    assert [one.countries for one in found] == [seen]


def test_the_workbook_holds_what_the_page_shows(pages):
    browsers, _here, there, ids = pages
    asked = f"supplier={ids[0]}&column=completeness&column=reliability&column=assembly&column=countries"

    body = heads(browsers["lead"], f"{there}?{asked}")[1]
    (line,) = book(browsers["lead"], f"{there}.xlsx?{asked}")

    assert line == {
        "Supplier": "Northern IT",
        "Brand": "Acme",
        "Completeness, per cent": line["Completeness, per cent"],
        "Reliability, per cent": None,
        "Tier 1, final assembly: asked": 2,
        "Tier 1, final assembly: disclosed": 2,
        "Countries of final assembly": "CN",
    }
    assert f"{line['Completeness, per cent']:.1f} %" in body.replace("\xa0", " ")


def test_the_workbook_says_by_what_the_lines_were_chosen(pages):
    browsers, _here, there, _ids = pages

    answer = browsers["lead"].get(f"{there}.xlsx?q=northern&sort=-completeness")

    facts = dict(openpyxl.load_workbook(io.BytesIO(answer.data)).worksheets[2].iter_rows(min_row=2, values_only=True))
    assert (facts["Search"], facts["Sorted by"]) == ("northern", "Completeness, from most to least")


def test_origins_are_counted_where_the_lot_asks_for_mines(opened):
    opened.lot.asks_mines = True
    rows = [*hand_counted(), ("5_smelters", {"mineral": "gold", "mine_or_origin_country": ["PE"]})]

    found = opened.figures(opened.built(rows))

    assert (found["origins_asked"], found["origins_answered"]) == (2, 1)


def test_figures_of_an_older_kind_are_counted_anew(opened):
    submission = opened.built(hand_counted())
    stored = opened.session.query(LotFigures).one()
    stored.figures = {key: value for key, value in stored.figures.items() if key not in ("countries", "counted_as")}
    opened.session.flush()
    lead = opened.reader(opened.round.organisation)
    before = comparison.lines(opened.session, opened.lot, lead)[0].countries

    assert (before, figures.count_again(opened.session), figures.count_again(opened.session)) == ((), 1, 0)
    assert opened.figures(submission)["countries"] == {"CN": "consortium"}


def test_the_country_of_a_model_alone_is_as_confidential_as_its_file(opened):
    rows = [values for values in hand_counted() if values[0] in ("0_submission", "1_products")]
    rows[0][1]["confidentiality_default"] = "lead_and_monitor"
    rows[1][1]["final_manufacturing_country"] = "TW"
    opened.built(rows)

    for who, seen in ((opened.member, ()), (opened.round.organisation, ("TW",))):
        assert comparison.lines(opened.session, opened.lot, opened.reader(who))[0].countries == seen
    assert FA in opened.figures(opened.session.query(LotFigures).one().submission)["kinds"]
