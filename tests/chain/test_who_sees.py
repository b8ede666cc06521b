"""Who learns what of the opened sheets: bidders without names, confidential rows that nothing gives away."""

from __future__ import annotations

import io

import openpyxl
import pytest

from framework.chain import behind, comparison
from framework.disclosure import confidentiality
from framework.disclosure.confidentiality import Reader
from framework.disclosure.veil import opened as receipts
from framework.disclosure.veil import sheet_number, veil_for, veil_of
from models.disclosure import SubmissionRow
from tests.chain.opened import HARBOUR, STREET, hand_counted
from tests.memory import remembered

LISTED = [("northern-it-sites", dict(STREET))]


def at_level(level, *, sites=1):
    """The hand-counted rows, of which the first sites are of one level."""
    rows = hand_counted()
    for sheet, values in rows:
        if sheet == "3_sites":
            values.pop("confidentiality", None)
            if sites:
                values["confidentiality"] = level
                sites -= 1
    return rows


@pytest.mark.parametrize(
    ("state", "hides"),
    [("opened", True), ("judging", True), ("award", True), ("standstill", False), ("in_force", False)],
)
def test_the_monitor_learns_no_bidder_before_the_award_is_decided(opened, state, hides):
    opened.round.state = state

    assert opened.reader(opened.build.organisation("monitor")).hides_bidders is hides


@pytest.mark.parametrize(
    ("sheet", "file_name", "hides", "number"),
    [
        ("1_products", "northern.xlsx", True, None),
        ("northern-it-sites", "northern-it-sites.csv", False, 1),
        ("northern-it-sites", "northern-it-sites.csv", True, 1),
        ("Northern IT", "list.xlsx", True, 1),
        ("Northern IT", "list.xlsx", False, None),
    ],
)
def test_a_sheet_keeps_its_name_unless_that_is_the_files_or_may_name_the_bidder(
    opened, sheet, file_name, hides, number
):
    submission = opened.supplier([(sheet, {})], file_name=file_name)
    reader = Reader(sees_all=True, own=False, lot_codes=frozenset(), hides_bidders=hides)

    assert sheet_number(reader, submission, sheet) == number


def test_a_csv_named_after_its_bidder_does_not_name_it_to_the_monitor(opened, sign_in, session):
    listed = opened.built(LISTED, name="Northern IT", format="site-list", file_name="northern-it-sites.csv")
    opened.built([*LISTED], name="Southern IT", format="site-list", file_name="southern-it-sites.csv")
    monitor = opened.build.organisation("monitor")
    user = opened.build.user(monitor)
    here, lot = f"/rounds/{opened.round.public_id}", opened.lot.public_id
    row = session.query(confidentiality.SubmissionRow).filter_by(submission_id=listed.id).one().id
    session.commit()
    browser = sign_in(user, monitor)
    there = f"{here}/lots/{lot}/comparison"
    site = browser.get(there).get_data(as_text=True).split(f"/lots/{lot}/sites/")[1].split('"')[0].split("#")[0]

    for path in (
        f"{there}/{listed.public_id}/company_wide?brand=1",
        f"{here}/lots/{lot}/sites/{site}",
        f"{here}/submissions/{listed.public_id}",
        f"{here}/submissions/{listed.public_id}/rows/{row}",
    ):
        answer = browser.get(path)
        assert answer.status_code == 200, path
        assert "northern" not in answer.get_data(as_text=True).casefold(), path


@pytest.fixture
@remembered
def maker(opened, sign_in, session):
    """A brand that bids itself, and the browser of the monitor."""
    submission = opened.built(hand_counted(), name="Acme Computers", kind="brand")
    monitor = opened.build.organisation("monitor")
    user = opened.build.user(monitor)
    session.commit()
    here = f"/rounds/{opened.round.public_id}"
    return sign_in(user, monitor), here, f"{here}/lots/{opened.lot.public_id}/comparison", submission.public_id


@pytest.mark.parametrize("what", ["", "/{id}/products?brand=1", "/{id}/disclosed?brand=1"])
def test_a_brand_that_bids_itself_is_a_letter_on_the_comparison(maker, what):
    monitor, _here, there, number = maker

    answer = monitor.get(there + what.format(id=number)).get_data(as_text=True)

    assert "Bidder A" in answer
    assert "Acme" not in answer


def test_a_brand_that_bids_itself_is_a_letter_in_its_rows_and_in_the_workbook(maker):
    monitor, here, there, number = maker

    rows = monitor.page(f"{here}/submissions/{number}?sheet=1_products").text
    book = openpyxl.load_workbook(io.BytesIO(monitor.get(f"{there}.xlsx").data))

    assert "Acme" not in rows
    assert [cell.value for cell in book.worksheets[0][2]][:2] == ["Bidder A", "Bidder A"]


@pytest.mark.parametrize("name", ["Weißkopf Bürotechnik GmbH", "İstanbul Bilişim A.Ş.", "ΝΟΤΟΣ Α.Ε."])
def test_a_veil_covers_names_whose_letters_change_when_folded(opened, name):
    submission = opened.supplier(hand_counted(), name=name)
    monitor = opened.reader(opened.build.organisation("monitor"))

    veil = veil_of(opened.session, monitor, [submission])

    assert veil.over(f"made for {name}, Kiel", lambda letter: f"<{letter}>") == "made for <A>, Kiel"


def test_the_veil_of_a_round_gives_each_bidder_the_letter_of_its_receipt(opened):
    names = ["Northern IT", "Southern IT", "Eastern IT"]
    for name in names:
        opened.supplier(hand_counted(), name=name)
    monitor = opened.reader(opened.build.organisation("monitor"))

    found = veil_for(opened.session, opened.round, monitor).over(names, lambda letter: letter)

    submissions = receipts(opened.session, opened.round)
    assert found == [confidentiality.bidder_name(monitor, s, i) for i, s in enumerate(submissions)] == ["A", "B", "C"]
    assert veil_for(opened.session, opened.round, opened.reader(opened.round.organisation)).letters == {}


def test_the_rows_of_a_sheet_are_chosen_for_a_member_without_loading_them_whole(opened):
    submission = opened.supplier(at_level("lead_and_monitor"))
    reader = opened.reader(opened.member)
    levels = confidentiality.levels_of(opened.session, submission)
    opened.session.flush()
    opened.session.expunge_all()

    numbers, hides = confidentiality.visible_rows(opened.session, submission, "3_sites", reader, levels)

    assert not [one for one in opened.session.identity_map.values() if isinstance(one, SubmissionRow)]
    rows = [opened.session.get_one(SubmissionRow, number) for number in numbers]
    every = [values for sheet, values in at_level("lead_and_monitor") if sheet == "3_sites"]
    assert hides
    assert [row.read_values["site_ref"] for row in rows] == [values["site_ref"] for values in every[1:]]


def test_a_veil_covers_whole_words_of_any_case_and_spacing(opened):
    submission = opened.supplier(hand_counted(), name="Northern  IT")
    monitor = opened.reader(opened.build.organisation("monitor"))

    veil = veil_of(opened.session, monitor, [submission])

    assert veil.over("NORTHERN it, Northern ITems", lambda letter: f"<{letter}>") == "<A>, Northern ITems"
    assert veil.over(["Northern IT", 5], lambda letter: letter) == ["A", 5]


def test_a_row_that_a_member_may_not_see_is_neither_listed_nor_counted(opened):
    opened.built(hand_counted())
    member, lead = opened.reader(opened.member), opened.reader(opened.round.organisation)
    line = comparison.compare(opened.session, opened.lot, lead).lines[0]

    shown = behind.rows_behind(opened.session, line, opened.lot, "components", member)
    whole = behind.rows_behind(opened.session, line, opened.lot, "components", lead)

    assert (shown.page.total, [f.detail for f in shown.facts], shown.hides) == (1, ["Somewhere Ltd"], True)
    assert (whole.page.total, whole.hides) == (2, False)


@pytest.mark.parametrize(("level", "total"), [("consortium", 2), ("buyers_linked", 0), ("lead_and_monitor", 0)])
def test_rows_of_the_whole_company_are_linked_to_nobody(opened, level, total):
    rows = hand_counted()
    rows[0][1]["confidentiality_default"] = level
    opened.built(rows)
    member = opened.reader(opened.member)
    line = comparison.compare(opened.session, opened.lot, member).lines[0]

    found = behind.rows_behind(opened.session, line, opened.lot, "minerals", member)

    assert found.page.total == total


def test_the_page_of_a_hidden_row_is_not_found_and_counts_of_rows_are_not_told(pages, session):
    browsers, here, _there, ids = pages
    rows = session.query(confidentiality.SubmissionRow).filter_by(sheet="3_sites").order_by("id").all()
    hidden = next(row.id for row in rows if row.read_values["site_legal_name"] == HARBOUR["site_legal_name"])
    session.rollback()

    sheet = browsers["member"].page(f"{here}/submissions/{ids[0]}?sheet=3_sites").text
    listed = browsers["member"].page(f"{here}/submissions").text

    assert browsers["member"].get(f"{here}/submissions/{ids[0]}/rows/{hidden}").status_code == 404
    assert browsers["lead"].get(f"{here}/submissions/{ids[0]}/rows/{hidden}").status_code == 200
    assert "read = stored" not in sheet
    assert "some rows are confidential" in listed


@pytest.mark.parametrize(
    ("level", "who", "shared"),
    [
        ("buyers_linked", "lead", {"Lakeside Ltd", "Harbour Ltd"}),
        ("buyers_linked", "linked member", {"Lakeside Ltd", "Harbour Ltd"}),
        ("buyers_linked", "other member", {"Harbour Ltd"}),
        ("lead_and_monitor", "linked member", {"Harbour Ltd"}),
    ],
)
def test_members_linked_to_a_site_share_it(opened, level, who, shared):
    for _supplier in range(2):
        opened.built(at_level(level))
    other = opened.build.sign_on(opened.round, state="confirmed").organisation
    reader = opened.reader(
        {"lead": opened.round.organisation, "linked member": opened.member, "other member": other}[who]
    )

    found = comparison.compare(opened.session, opened.lot, reader)

    assert {s.site.site.name for s in found.shared} == shared
    for one in found.shared:
        assert len(comparison.mentions_of(opened.session, opened.lot, one.site, reader)) == 2
        assert comparison.links_of(opened.session, opened.lot, one.site, reader)[0]


@pytest.mark.parametrize(("who", "valid"), [("linked member", 1), ("other member", None)])
def test_few_sites_are_counted_out_to_members_that_may_see_them(opened, who, valid):
    opened.built(at_level("buyers_linked", sites=3))
    other = opened.build.sign_on(opened.round, state="confirmed").organisation
    reader = opened.reader(opened.member if who == "linked member" else other)

    line = comparison.compare(opened.session, opened.lot, reader).lines[0]

    assert line.figures["audits_valid"] == valid


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"error": 2, "note": 1}, "The check remarked: 2 errors and 1 note. The remarks stand at the rows."),
        ({}, "Nothing to remark."),
    ],
)
def test_an_opened_submission_says_what_the_check_remarked(opened, sign_in, session, counts, said):
    submission = opened.supplier(hand_counted())
    submission.issue_counts = counts
    lead = opened.build.user(opened.round.organisation)
    session.commit()

    page = sign_in(lead, opened.round.organisation).page(
        f"/rounds/{opened.round.public_id}/submissions/{submission.public_id}"
    )

    assert said in page.text
