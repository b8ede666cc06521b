"""A newer file beside the version that stands: what is known less precisely, and what the template brings back."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from framework.disclosure.previous import rows_before
from models.disclosure import SubmissionIssue
from tests.disclosure.test_pages import Tender


@pytest.fixture
def tender(session, build, clock, sign_in):
    return Tender(session, build, clock, sign_in)


def remarks(tender, number):
    version = tender.submissions()[number]
    found = tender.session.scalars(select(SubmissionIssue).where(SubmissionIssue.submission_id == version.id))
    return {(f"{one.code} / {one.cause}".removesuffix(" / "), one.row) for one in found}


def less_precise(tender):
    tables = tender.tables()
    tables["3_sites"][0]["address_line"] = None
    return tender.workbook(tables)


def test_a_newer_file_that_says_less_of_a_site_is_told(tender):
    tender.send()

    tender.send(less_precise(tender))

    assert ("less-precise-than-before", 2) in remarks(tender, 1)


def test_a_version_that_could_not_count_is_not_compared_with(tender):
    tables = tender.tables()
    tables["0_submission"][0]["round_id"] = "another"
    tender.send(tender.workbook(tables))

    tender.send(less_precise(tender))

    assert ("less-precise-than-before", 2) not in remarks(tender, 1)
    assert rows_before(tender.session, tender.submissions()[1]) is None


def test_a_list_is_compared_with_the_list_before_by_name(tender):
    head = "Name,Address,City,Country\n"
    tender.send((head + "Works,58 First Avenue,Kunshan,CN\n").encode(), "list.csv")

    tender.send((head + "Works,,Kunshan,CN\n").encode(), "list.csv")

    assert ("less-precise-than-before", 2) in remarks(tender, 1)


@pytest.mark.parametrize(
    ("register", "told"),
    [
        (None, {("smelter-unknown / no register", None)}),
        ({"CID999999": None}, {("smelter-unknown / unknown", 2)}),
        ({"CID000001": "2025-06-30"}, {("smelter-unknown / removed since", 2)}),
        ({"CID000001": None}, set()),
    ],
    ids=["no register", "unknown", "removed", "listed"],
)
def test_smelter_ids_are_looked_up_in_the_register_of_the_installation(tender, app, register, told):
    app.extensions["smelters"] = register

    tender.send()

    assert {one for one in remarks(tender, 0) if one[0].startswith("smelter")} == told
