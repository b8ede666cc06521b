"""The opening record as a PDF: what the page shows, in three languages, the same bytes whenever it is fetched."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader

from framework.disclosure import opening
from framework.ground import pdf
from tests.disclosure.test_pages import Tender
from tests.leaving.payloads import PAYLOADS
from tests.memory import remembered


@pytest.fixture
@remembered
def opened(session, build, clock, sign_in):
    """An opened round, its lead's browser and the text of a record in a language."""
    return Opened(session, build, clock, sign_in)


class Opened:
    @remembered
    def __init__(self, session, build, clock, sign_in):
        self.tender = Tender(session, build, clock, sign_in)

    def open(self, name="Reseller"):
        tender = self.tender
        tender.send()
        tender.writing()
        tender.supplier.name = name
        people = [tender.build.user(tender.round.organisation, "lead") for _number in range(2)]
        for person in people:
            tender.build.appoint(tender.round, person, tender.round.organisation, "opener")
        browsers = [tender.enter(person, tender.round.organisation) for person in people]
        tender.clock.forward(minutes=40)
        for browser in browsers:
            browser.send(f"{tender.here}/opening")
        return browsers[0]

    def text(self, browser, language="en"):
        content = browser.get(f"{self.tender.here}/opening/record-{language}.pdf").data
        return "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())


@pytest.mark.parametrize(
    ("language", "heading"), [("en", "Openingrecord"), ("nl", "Proces-verbaal"), ("sv", "Öppning")]
)
def test_it_says_who_opened_what_and_which_hashes(opened, language, heading):
    browser = opened.open()
    found = opening.record_of(opened.tender.session, opened.tender.round)

    said = opened.text(browser, language)

    assert heading.casefold() in said.casefold()
    for one in found.record["opened"]:
        assert one["receipt"] in said
        assert one["sha256"] in said
    for one in found.record["confirmed"]:
        assert said.count("".join(one["name"].split())) == 2  # in the list, and where to sign
    assert opening.record_hash(found) in said


def test_names_of_bidders_are_texts_and_nothing_else(opened):
    name = PAYLOADS[0] + " #set page(width: 1pt) Reseller"

    assert "".join(pdf.legible(name).split()) in opened.text(opened.open(name=name))


def test_whoever_fetches_it_gets_the_same_bytes(opened):
    browser = opened.open()
    place = f"{opened.tender.here}/opening/record-nl.pdf"

    first = browser.get(place).data
    opened.tender.clock.forward(days=400)
    opened.tender.writing()
    later = opened.tender.person(opened.tender.round.organisation, "lead")

    assert later.get(place).data == first


def test_before_the_opening_and_in_no_language_there_is_none(opened):
    tender = opened.tender
    browser = tender.person(tender.round.organisation)
    before = browser.get(f"{tender.here}/opening/record-en.pdf").status_code
    browser = opened.open()

    assert before == 404
    assert browser.get(f"{tender.here}/opening/record-xx.pdf").status_code == 404
