"""What a supplier reads about its files: which version counts, why one does not, how many remarks, where they stand."""

from __future__ import annotations

import io

import openpyxl
import pytest
from flask.testing import FlaskClient

from framework.disclosure import check_file, gathering, groups
from framework.disclosure.grouping import group
from framework.ground.issue_catalogue import catalogue, describe, make, refusal_issue
from models.disclosure import Submission
from models.people import User
from tests.disclosure.test_pages import Tender
from tests.disclosure.workbooks import TODAY, checked, list_of
from tests.memory import remembered

LIST = "name,address,city,country\nLakeside Ltd,58 First Avenue,Kunshan,{country}\n"


@pytest.fixture
@remembered
def tender(session, build, clock, sign_in):
    return Tender(session, build, clock, sign_in)


def sites(country="China"):
    return LIST.format(country=country).encode()


def progress(tender):
    """The block of the progress bar: a part of a page, so not inspected as one."""
    return FlaskClient.open(tender.browser, f"{tender.version()}/progress").text


def another_round(tender):
    tables = tender.tables()
    tables["0_submission"][0]["round_id"] = "another"
    return tender.workbook(tables)


def test_an_older_version_names_the_newer_one_and_offers_no_counting(tender):
    tender.send(sites())
    tender.send(sites("China "))

    older, newer = (tender.browser.page(tender.version(number)).text for number in (0, 1))

    assert "Version 2, sent later, will be counted instead." in older
    assert "Count it now" not in older
    assert "Count it now" in newer


def test_counting_an_older_version_is_refused_while_a_newer_one_can_count(tender):
    tender.send(sites())
    tender.send(sites("China "))

    page = tender.browser.send(f"{tender.version(0)}/count", status=409)

    assert "the newest one counts" in page.text
    assert [one.state for one in tender.submissions()] == ["checked", "checked"]


def test_the_list_of_versions_says_which_will_be_counted(tender):
    tender.send(sites())
    tender.send(sites("China "))
    tender.send(another_round(tender))

    page = tender.browser.page(tender.home).text

    for words in ("Version 3 Cannot be counted", "Version 2 Will be counted", "Version 1 Older"):
        assert words in page


def test_where_nothing_counts_by_itself_nobody_is_told_that_it_will(tender):
    tender.writing()
    tender.round.settings = {"auto_count": False}
    tender.session.commit()

    page = tender.send(sites()).text + tender.browser.page(tender.home).text

    assert "counts only if you press" in page
    assert "Not counted yet" in page
    assert "will be counted" not in page.lower()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (another_round, "This workbook is for the round another, not for"),
        (lambda _tender: b"", "This file is empty."),
        (lambda _tender: b"site_ref;city\nS1;B\n", "The names in row 1 do not tell where a site is: site_ref, city."),
    ],
    ids=["another round", "empty", "no table"],
)
def test_the_first_line_names_the_reason(tender, content, reason):
    page = tender.send(content(tender))

    first = page.text[: page.text.index("Receipt number")]
    assert reason in first
    assert "stands below" not in first


def test_a_plain_list_in_the_place_of_a_workbook_warns_first(tender):
    tender.send()

    page = tender.send(sites())

    assert "Version 2 is a plain list of sites and takes the place of your workbook, version 1" in page.text
    assert "takes the place of your workbook" in tender.browser.page(tender.home).text


def test_remarks_beyond_those_kept_are_counted_everywhere_and_said_to_be_left_out(tender, monkeypatch):
    monkeypatch.setattr(gathering, "MAX_ISSUES", 3)
    monkeypatch.setattr(groups, "MAX_ISSUES", 3)

    page = tender.send(sites() + b"Dockside Ltd,PO Box 4,Kunshan,Chna\n" * 4).text

    submission = tender.submissions()[0]
    total, kept = submission.issue_count, 3
    book = openpyxl.load_workbook(io.BytesIO(tender.browser.get(f"{tender.version()}/issues.xlsx").data)).active
    assert total == sum(submission.issue_counts.values()) > kept
    assert f"{total} remarks." in page
    assert f"{total - kept} further remarks, of the least grave kind, are not listed." in page
    assert [row[6].value for row in book][-1].startswith(f"{total - kept} further remarks")


def test_one_row_is_said_in_the_singular_and_kinds_without_remarks_are_not_said(tender):
    page = tender.send(sites()).text

    assert "1 row read." in page
    assert "1 rows" not in page
    assert "0 errors" not in page


def test_countries_are_named_in_sentences(tender):
    page = tender.send(sites("Chna")).text

    assert "Did you mean China (CN)?" in page


def test_the_receipt_names_sender_utc_event_and_hidden_characters(tender):
    tender.send(sites(), name="sites\u202exslx.csv")

    receipt = tender.browser.get(f"{tender.version()}/receipt").text

    sender = tender.session.get_one(User, tender.submissions()[0].created_by_id)
    assert sender.name in receipt
    assert "(UTC)" in receipt
    assert "Event in the record" in receipt
    assert "<bdi>sites[U+202E]xslx.csv</bdi>" in receipt
    assert "\u202e" not in tender.browser.get(tender.version()).text


def test_a_late_file_is_not_said_to_be_still_being_read(tender):
    tender.clock.forward(hours=1)

    page = tender.send(sites())

    assert "still being read" not in page.text
    assert "not read" in page.text


def test_withdrawing_after_the_deadline_names_the_closing_time(tender):
    tender.send(sites())
    tender.clock.forward(hours=1)

    page = tender.browser.send(f"{tender.version()}/withdraw", status=409)

    assert "Receipt closed on 23 Nov 2026" in page.text


def test_a_body_beyond_the_limit_keeps_the_frame_and_names_limit_and_way_back(tender, app, monkeypatch):
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 100)
    monkeypatch.setattr(app.extensions["settings"], "large_upload_mb", 0)

    answer = tender.browser.post(tender.home, data={"file": (io.BytesIO(b"x" * 500), "a.csv")})

    assert answer.status_code == 413
    assert "Sign out" in answer.text
    assert "larger than 0 MB" in answer.text
    assert f'href="{tender.home}"' in answer.text


def test_the_upload_field_carries_the_limit_for_the_browser(tender):
    page = tender.browser.get(tender.home).text

    assert 'data-max-bytes="100000000"' in page
    assert "Files up to 1 MB are read while you wait" in page


@pytest.mark.parametrize(
    ("step", "done", "said"),
    [("checking", 5, "5 of 20 rows checked."), ("storing", 20, "20 of 20 rows stored.")],
    ids=["half way", "at the end"],
)
def test_progress_says_what_is_being_done(tender, monkeypatch, step, done, said):
    monkeypatch.setattr("views.disclosure.upload.run_if_small", lambda *_: None)
    tender.send(sites())
    tender.writing()
    job = tender.submissions()[0].job
    job.state, job.step, job.done, job.total = "running", step, done, 20
    job.heartbeat_at = tender.clock()
    tender.session.commit()

    assert said in progress(tender)


def test_finished_does_not_say_that_reading_goes_on(tender):
    tender.send(sites())

    assert "reading goes on" not in progress(tender)


def test_a_sentence_without_a_value_is_no_example_and_one_with_another_row_is():
    cleaned = [make("text-cleaned", sheet="S", row=n, column="c", value=f"v{n}") for n in (2, 3)]
    same = [make("row-duplicate", sheet="S", row=n, other=n - 1) for n in (5, 6)]

    assert [one.mixed for one in group([*cleaned, *same])] == [True, False]


def test_a_group_on_the_page_lists_its_values_and_is_mixed_only_where_its_sentence_differs(tender):
    tables = tender.tables()
    tables["4_links"][0]["site_ref"] = " S1"
    tables["4_links"][1]["site_ref"] = " S2"
    tender.send(tender.workbook(tables))

    found = groups.groups(tender.session, tender.submissions()[0])

    cleaned = next(one for one in found if one.issue.code == "text-cleaned")
    assert (cleaned.count, cleaned.mixed, cleaned.values) == (2, False, (" S1", " S2"))


@pytest.mark.parametrize(
    ("detail", "said"),
    [("total", "80 MB; the limit is 60 MB"), ("ratio", "80 times its size; the limit is 60 times")],
)
def test_a_limit_is_named_with_its_unit(detail, said):
    message, _advice, params = describe(refusal_issue("file-unpacks-too-large", detail, {"found": 80, "limit": 60}))

    assert said in message % params


def test_nobody_is_advised_to_spread_a_file_over_several():
    advice = " ".join(entry.advice for entry in catalogue().values())

    assert "over several files, or" not in advice
    assert "in parts" not in advice


def test_a_missing_reason_speaks_of_the_blank_cell_it_should_explain():
    def without_city(tables):
        tables["3_sites"][0]["city"] = None

    found = {issue.column: issue for issue in checked(without_city).issues if issue.code == "value-missing"}

    assert "say in missing_reason why" in describe(found["missing_reason"])[1]


def test_a_file_without_a_header_names_how_far_was_looked():
    found = check_file.check(list_of((1, 2), (3, 4)), None, today=TODAY)

    message, _advice, params = describe(found.issues[0])
    assert "in the first 30 rows" in message % params


def test_a_version_in_a_state_of_the_buyers_keeps_its_label(tender):
    tender.send(sites())
    tender.browser.send(f"{tender.version()}/count")

    assert tender.session.query(Submission).one().state == "counted"
    assert "Counted (sealed)" in tender.browser.page(tender.home).text


def test_a_small_file_is_told_in_bytes(tender):
    tender.send(b"site_ref;site_legal_name;city;country\nS1;A;B;CN\n", "3_sites.csv")

    page = tender.browser.page(tender.version()).text

    assert "48 bytes" in page
    assert "0.0 kB" not in page
    assert "send all of them together in one zip" in page
