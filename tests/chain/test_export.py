"""The comparison as a workbook: every figure of the page, unknown left empty, in the order of the page."""

from __future__ import annotations

import io

import openpyxl
import pytest

from framework.chain import comparison, export
from tests.chain.opened import STREET, hand_counted


def book_of(opened, reader):
    found = comparison.compare(opened.session, opened.lot, reader, page=None)
    content = export.write(
        found, found.lines, now=opened.clock(), named=lambda one: (one.supplier, one.brand), words=str, veiled=str
    )
    return openpyxl.load_workbook(io.BytesIO(content))


def records(sheet):
    head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_a_line_holds_every_figure_of_the_page(opened):
    opened.built(hand_counted())

    line = records(book_of(opened, opened.reader(opened.round.organisation)).worksheets[0])[0]

    assert (line["Tier 1, final assembly: disclosed"], line["Tier 2, components: disclosed"]) == (2, 2)
    assert (line["Not disclosed: unknown"], line["Not disclosed: varies"], line["Not disclosed: not applicable"]) == (
        2,
        0,
        0,
    )
    assert (line["Due diligence: full"], line["Due diligence: none"], line["Sites tied to the models"]) == (1, 1, 3)


def test_what_is_not_known_is_empty_and_what_is_too_few_to_tell_says_so(opened):
    opened.built(hand_counted())
    opened.built([("sites", dict(STREET))], format="site-list")

    ours, listed = records(book_of(opened, opened.reader(opened.member)).worksheets[0])

    assert (ours["Sites of a company-wide list"], ours["Sites with a valid audit"]) == (None, "fewer than 3")
    assert "Tier 3, models with a sub-component disclosed" not in ours
    assert (listed["Models on offer"], listed["Sites of a company-wide list"]) == (None, 1)


def test_the_lot_and_its_shared_sites_stand_beside_the_lines(opened):
    for _supplier in range(2):
        opened.built(hand_counted())

    book = book_of(opened, opened.reader(opened.round.organisation))

    lot = dict(book.worksheets[2].iter_rows(min_row=2, values_only=True))
    assert (lot["Pooled quantity of the lot"], lot["Currency"]) == (420, "EUR")
    assert {site["City"] for site in records(book.worksheets[1])} == {"Kunshan", "Hai Phong"}
    assert {site["Pooled quantity behind it, at most"] for site in records(book.worksheets[1])} == {420}


@pytest.mark.parametrize(("sort", "first"), [("supplier", "=Evil Reseller"), ("-supplier", "Northern IT")])
def test_the_workbook_follows_the_order_of_the_page(pages, sort, first):
    browsers, _here, there, _ids = pages

    book = openpyxl.load_workbook(io.BytesIO(browsers["lead"].get(f"{there}.xlsx?sort={sort}").data))

    assert book.worksheets[0]["A2"].value == first


@pytest.mark.parametrize(
    "sort", ["completeness", "-completeness", "disclosed", "-disclosed", "brand", "-brand", "audits", "-audits"]
)
def test_what_is_not_known_stands_last_both_ways(pages, opened, session, sort):
    browsers, _here, there, _ids = pages
    session.rollback()
    session.info["write"] = True
    opened.built([("sites", dict(STREET))], format="site-list", name="Agent of lists")
    session.commit()

    text = browsers["lead"].page(f"{there}?sort={sort}").text.split("opens the rows behind it")[1]

    assert text.index("Agent of lists") > max(text.index("Northern IT"), text.index("=Evil Reseller"))


@pytest.mark.parametrize("page", ["-4", "99", "1" + "0" * 22, "x"])
def test_the_comparison_answers_any_page_number(pages, page):
    browsers, _here, there, ids = pages

    assert browsers["lead"].get(f"{there}?page={page}").status_code == 200
    assert browsers["lead"].get(f"{there}/{ids[0]}/disclosed?brand=Acme&page={page}").status_code == 200
