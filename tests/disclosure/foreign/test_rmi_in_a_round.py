"""An RMI workbook sent in a round: received, read, counted, and its smelters in the chain after the opening."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from framework.disclosure.check_file import check
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.reading import read_here
from models.chain import Mention, SmelterMention
from models.disclosure import SubmissionRow
from tests.chain.conftest import *  # noqa: F403
from tests.disclosure.foreign.rmi_books import CANARY, good, write
from tests.disclosure.test_pages import Tender
from tests.disclosure.workbooks import TODAY
from tests.memory import remembered


@pytest.fixture
@remembered
def tender(session, build, clock, sign_in):
    return Tender(session, build, clock, sign_in)


def with_products(cells):
    cells["Declaration"]["D9"] = "B. Product (or List of Products)"
    cells["Product List"] |= {"B6": "NB-1", "C6": "Notebook 1"}
    return cells


def test_a_declaration_of_smelters_is_received_and_can_be_counted(tender, tmp_path):
    content = write(tmp_path / "cmrt.xlsx", good("CMRT", "6.5")).read_bytes()
    page = tender.send(content, name="cmrt.xlsx").text
    counted = tender.browser.send(f"{tender.version()}/count").text

    submission = tender.submissions()[0]
    tender.session.rollback()
    kept = [str(row.read_values) + str(row.found) for row in tender.session.scalars(select(SubmissionRow))]
    assert "CMRT 6.5" in page
    assert submission.state == "counted", counted[:300]
    assert submission.rows_in == submission.rows_stored + submission.rows_listed
    assert not [text for text in kept if CANARY in text]


@pytest.mark.parametrize(
    ("cells", "ties", "mines"),
    [(good("CMRT", "6.5"), 4, 0), (with_products(good("CMRT", "6.5")), 8, 0), (good("EMRT", "2.1"), 6, 1)],
    ids=["company", "two products", "with a list of mines"],
)
def test_the_chain_is_built_from_it(opened, tmp_path, cells, ties, mines):
    book = read_here(write(tmp_path / "rmi.xlsx", cells), Limits.large())
    found = check(book, None, today=TODAY)
    rows = [(sheet, record["values"]) for sheet, records in found.tables.items() for record in records]
    opened.built(rows, format=found.format)

    named = opened.session.scalars(select(SmelterMention)).all()
    places = opened.session.scalars(select(Mention)).all()
    assert found.verdict == "countable"
    assert len(named) == ties
    assert [(place.name, place.country, place.facility_type) for place in places] == [
        ("mine name", "CN", "mine")
    ] * mines
