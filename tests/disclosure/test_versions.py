"""A newer file beside the version that stands: what is known less precisely, and what the template brings back."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from sqlalchemy import select

from framework.disclosure import previous
from framework.disclosure.check_file import check
from framework.disclosure.previous import rows_before
from framework.disclosure.receiving import scope_of
from framework.disclosure.smelters import Known
from framework.ground.sheets.cells import Refusal
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.reader import ChildLost, ChildResult
from models.disclosure import SubmissionIssue
from tests.disclosure.test_pages import Tender
from tests.disclosure.workbooks import TODAY, read
from tests.memory import remembered


@pytest.fixture
@remembered
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
    app.extensions["smelters"] = None if register is None else Known(register, ())

    tender.send()

    assert {one for one in remarks(tender, 0) if one[0].startswith("smelter")} == told


def template(tender):
    return tender.browser.get(f"{tender.home}/template-en.xlsx").data


def rows_of(tender, content):
    """What the workbook says, as our reader understands it."""
    scope = scope_of(tender.session, tender.round, tender.supplier)
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
        file.write(content)
        file.flush()
        found = check(read(Path(file.name)), scope, today=TODAY)
    return {name: [row["values"] for row in rows] for name, rows in found.tables.items()}


def test_the_template_brings_the_version_that_stands_back_unchanged(tender):
    tender.send()

    again = template(tender)

    assert rows_of(tender, again) == rows_of(tender, tender.workbook())
    tender.send(again)
    assert [s.version_no for s in tender.submissions()] == [1]


def test_the_template_brings_back_what_was_refused_for_its_version_alone(tender):
    tables = tender.tables()
    tables["0_submission"][0]["template_version"] = "0.9"
    tender.send(tender.workbook(tables))

    again = template(tender)

    assert [s.state for s in tender.submissions()] == ["refused"]
    assert rows_of(tender, again) == rows_of(tender, tender.workbook())


@pytest.fixture
@remembered
def refused(tender):
    """A supplier whose only file was refused for its version alone."""
    tables = tender.tables()
    tables["0_submission"][0]["template_version"] = "0.9"
    tender.send(tender.workbook(tables))
    return tender


def breaking(refusal):
    """A reading that breaks off; `refusal` is what it says of the file."""

    def run(*_arguments, **_facts):
        raise ChildLost("killed", refusal)

    return run


def test_a_refused_file_whose_reading_breaks_off_brings_nothing_back(refused, monkeypatch):
    monkeypatch.setattr(previous, "run_in_child", breaking(Refusal("file-unreadable", "killed")))

    found = rows_of(refused, template(refused))

    assert found.get("3_sites", []) == []


def test_a_template_waits_for_a_machine_that_cannot_read(refused, monkeypatch):
    monkeypatch.setattr(previous, "run_in_child", breaking(None))

    assert refused.browser.get(f"{refused.home}/template-en.xlsx").status_code == 503


def test_a_refused_file_is_read_for_the_template_only_up_to_the_size_that_is_read_at_once(refused, monkeypatch):
    seen = []

    def fake(_path, _task, _arguments, limits, **_facts):
        seen.append(limits)
        return ChildResult()

    monkeypatch.setattr(previous, "run_in_child", fake)
    template(refused)

    assert seen == [Limits.quick(upload_mb=1)]


def test_the_template_adds_the_components_that_the_lot_asks_for(tender):
    tables = tender.tables()
    del tables["2_components"][1], tables["4_links"][1]
    tender.send(tender.workbook(tables))

    components = rows_of(tender, template(tender))["2_components"]

    assert [row["component_type"] for row in components] == ["final_assembly", "mainboard_pcba"]


def test_the_template_brings_the_sites_of_a_list_back(tender):
    tender.send(b"Name,Address,Country\nWorks,58 First Avenue Kunshan,CN\n", "list.csv")

    [site] = rows_of(tender, template(tender))["3_sites"]

    assert site == {"site_legal_name": "Works", "address_line": "58 First Avenue Kunshan", "country": "CN"}
