"""What changed between two versions, on its page; and the same file sent once more."""

from __future__ import annotations

import io

import openpyxl
import pytest

from framework.disclosure.recognise import OURS, SITE_LIST, UNKNOWN
from tests.disclosure.test_pages import Tender
from tests.memory import remembered

LIST = "name,address,city,country\nLakeside Ltd,{address},Kunshan,China\n"


@pytest.fixture
@remembered
def tender(session, build, clock, sign_in):
    return Tender(session, build, clock, sign_in)


def sites(address="58 First Avenue", more=""):
    return (LIST.format(address=address) + more).encode()


def test_the_page_names_what_came_and_offers_it_as_a_workbook(tender):
    tender.send(sites())
    tender.send(sites("58 FIRST AVE.", "=Harbour Optics,7 Dock Road,Suzhou,China\n"))

    version = tender.browser.page(tender.version(1)).text
    page = tender.browser.page(f"{tender.version(1)}/differences").text
    book = tender.browser.get(f"{tender.version(1)}/differences.xlsx")

    rows = list(openpyxl.load_workbook(io.BytesIO(book.data)).active.values)
    assert "What changed since version 1" in version
    assert "1 added, 0 gone" in page
    assert "Harbour Optics" in page
    assert len(rows) == 2
    assert "Harbour Optics" in rows[1][6]


def test_a_file_that_was_not_recognised_is_not_compared(tender):
    tender.send(sites())
    tender.send(b"Colour,Size\nred,7\nblue,8\n", name="other.csv")
    tender.send(sites("60 First Avenue"))

    odd, last = (tender.browser.page(tender.version(number)).text for number in (1, 2))

    assert "Not recognised. Read in" in odd
    assert "What changed since" not in odd
    assert "What changed since version 1" in last


def test_a_value_that_was_not_understood_before_is_said_to_be_so(tender):
    tender.send(b"name,address,city,country\nLakeside Ltd,58 First Avenue,Kunshan,Kinaa\n")
    tender.send(sites())

    page = tender.browser.page(f"{tender.version(1)}/differences").text

    assert "not given, or not understood" in page


def test_many_sites_that_lose_their_street_are_one_finding_with_the_rows_behind_it(tender):
    def listed(street):
        rows = (f"Works {n},{f'{n} Dock Road' if street else ''},Kunshan,China\n" for n in range(1, 131))
        return ("name,address,city,country\n" + "".join(rows)).encode()

    tender.send(listed(street=True))
    tender.send(listed(street=False))

    home = f"{tender.version(1)}/differences"
    page = tender.browser.page(home).text
    behind = tender.browser.page(f"{home}?sheet=3_sites&kind=less_precise&page=2").text

    assert "Less precise (130)" in page
    assert "All 130 rows of this kind" in page
    assert page.count("Dock Road") == 10
    assert behind.count("Dock Road") == 30
    assert "All kinds of differences" in behind


def test_other_wording_alone_is_nothing_but_form(tender):
    tender.send(sites())
    tender.send(sites("58 FIRST AVE."))

    page = tender.browser.page(f"{tender.version(1)}/differences").text

    assert "Nothing changed but the form." in page


def test_another_supplier_finds_neither_version(tender):
    tender.send(sites())
    tender.send(sites("7 Dock Road"))
    ours, newer = (one.public_id for one in tender.submissions())
    tender.writing()
    rival = tender.build.organisation("supplier", name="Rival")
    browser = tender.person(rival)
    tender.send(sites("9 Rival Road"), browser=browser)

    theirs = next(one.public_id for one in tender.submissions() if one.public_id not in (ours, newer))

    assert browser.get(f"{tender.home}/{newer}/differences").status_code == 404
    assert browser.get(f"{tender.home}/{theirs}/differences?from={ours}").status_code == 404
    assert browser.get(f"{tender.home}/{theirs}/differences.xlsx?from={ours}").status_code == 404


def test_a_withdrawn_file_is_counted_again_with_one_click(tender):
    tender.send(sites())
    assert "count it again" not in tender.browser.page(tender.home).text
    tender.browser.send(f"{tender.version(0)}/withdraw")

    offered = tender.browser.page(tender.home).text
    tender.browser.send(f"{tender.home}/again")

    first, second = tender.submissions()
    assert "Nothing changed, count it again" in offered
    assert (second.version_no, second.state, second.file.content_sha256) == (2, "checked", first.file.content_sha256)
    assert second.receipt_number != first.receipt_number


def test_without_an_earlier_file_there_is_nothing_to_send_again(tender):
    tender.browser.send(f"{tender.home}/again", status=409)

    assert tender.submissions() == []


@pytest.mark.parametrize(
    ("form", "offered"), [(SITE_LIST, True), ("rmi-cmrt", True), (OURS, False), (UNKNOWN, False), ("", False)]
)
def test_every_format_but_ours_goes_from_one_round_to_the_next(tender, form, offered):
    tender.send(sites())
    session = tender.writing()
    sent = tender.submissions()[0]
    session = tender.writing()
    other = tender.build.round(
        tender.round.organisation, state="published", tender_deadline=tender.round.tender_deadline
    )
    sent.state, sent.counted_at, sent.format = "counted", tender.clock.now, form
    session.commit()

    page = tender.browser.page(f"/rounds/{other.public_id}/disclosure").text

    assert ("Nothing changed, count it again" in page) is offered
    assert ("copy its rows into the workbook of this round" in page) is not offered

    home = f"/rounds/{other.public_id}/disclosure"
    tender.browser.send(f"{home}/again", status=200 if offered else 409)
    assert len(tender.submissions()) == (2 if offered else 1)
