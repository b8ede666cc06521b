"""Long versions are compared by the worker: once for each pair and reading, asked for, followed and kept; only for their own supplier."""

from __future__ import annotations

import io

import openpyxl
import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from framework.disclosure import comparisons, difference_sheet, differences
from framework.ground.sheets.limits import Limits
from models.disclosure import Comparison, ComparisonRow, Submission
from models.records import AuditEvent, Job
from tests.disclosure.test_pages import Tender
from views import worker
from views.disclosure import comparing

HEAD = "name,address,city,country\n"


@pytest.fixture
def tender(session, build, clock, sign_in, monkeypatch):
    """Every pair of versions is a long one."""
    monkeypatch.setattr(comparisons, "AT_ONCE_ROWS", 1)
    return Tender(session, build, clock, sign_in)


def listed(*rows):
    return (HEAD + "".join(f"{name},{number} Dock Road,Kunshan,China\n" for name, number in rows)).encode()


OLD = listed(("Lakeside Works", 1), ("Harbour Optics", 7), ("Pinewood Plastics", 12))
NEW = listed(("LAKESIDE WORKS", 1), ("Redstone Metal", 30), ("Pinewood Plastics", 99))


def work_off(tender, app):
    tender.session.rollback()
    return worker.work_off(app)


def both(tender):
    tender.send(OLD)
    tender.send(NEW)
    return f"{tender.version(1)}/differences"


def progress(tender, home):
    """The block of the progress bar: a part of a page, so not inspected as one."""
    return FlaskClient.open(tender.browser, f"{home}/progress")


def kept(tender) -> list[Comparison]:
    tender.session.rollback()
    return list(tender.session.scalars(select(Comparison)))


def test_a_long_version_that_was_read_is_compared_with_the_one_before_and_the_result_is_kept(tender, app):
    home = both(tender)
    waiting = tender.browser.page(home).text
    block = progress(tender, home)

    assert work_off(tender, app) == 1

    page = tender.browser.page(home).text
    rows = list(openpyxl.load_workbook(io.BytesIO(tender.browser.get(f"{home}.xlsx").data)).active.values)
    assert "Waiting for its turn" in waiting
    assert "HX-Redirect" not in block.headers
    assert "1 added, 1 gone, 1 moved" in page
    assert "1 rows say the same" in page
    assert "Redstone Metal" in page
    assert "30 Dock Road" in page
    assert [row[1] for row in rows[1:]] == ["Gone", "Added", "Moved"]
    assert "HX-Redirect" in progress(tender, home).headers


def test_the_longest_versions_are_compared_when_somebody_asks_for_it(tender, app, monkeypatch):
    """Nobody's next file waits for a comparison that nobody wants."""
    monkeypatch.setattr(comparisons, "LARGE_ROWS", 5)
    home = both(tender)

    offered = tender.browser.page(home).text
    done_unasked = work_off(tender, app)
    tender.browser.send(home)

    assert "Compare them now" in offered
    assert done_unasked == 0
    assert work_off(tender, app) == 1
    assert "1 added, 1 gone, 1 moved" in tender.browser.page(home).text


def test_another_pair_is_compared_when_somebody_asks_for_it_and_once(tender, app):
    both(tender)
    tender.send(listed(("Lakeside Works", 1)))
    work_off(tender, app)
    first = tender.submissions()[0].public_id
    home = f"{tender.version(2)}/differences?from={first}"

    offered = tender.browser.page(home).text
    tender.browser.send(home)
    tender.browser.send(home)
    waiting = tender.browser.page(home).text

    assert "Compare them now" in offered
    assert "Waiting for its turn" in waiting
    assert work_off(tender, app) == 1
    assert "0 added, 2 gone" in tender.browser.page(home).text
    tender.browser.send(home)
    assert work_off(tender, app) == 0
    events = select(func.count()).where(AuditEvent.kind == comparisons.ASKED)
    assert tender.session.scalar(events) == 1


def test_a_page_of_one_kind_shows_all_of_its_rows(tender, app):
    tender.send(listed(*((f"Works {chr(65 + n % 26)}{chr(65 + n // 26)}", n) for n in range(1, 131))))
    tender.send(HEAD.encode() + b"Lakeside,4 Long Lane,Wuhan,China\n")
    home = f"{tender.version(1)}/differences"
    work_off(tender, app)

    first = tender.browser.page(home).text
    behind = tender.browser.page(f"{home}?sheet=3_sites&kind=gone&page=2").text
    none = tender.browser.page(f"{home}?sheet=3_sites&kind=renamed").text

    assert "All 130 rows of this kind" in first
    assert first.count("Dock Road") == 10
    assert behind.count("Dock Road") == 30
    assert "Nothing changed but the form" not in none


def test_the_worker_finds_what_would_be_found_at_once(tender, app, monkeypatch):
    home = both(tender)
    work_off(tender, app)
    by_worker = tender.browser.page(home).text
    tender.session.rollback()

    monkeypatch.setattr(comparisons, "AT_ONCE_ROWS", 1000)

    at_once = tender.browser.page(home).text
    assert by_worker.partition("<table")[2] == at_once.partition("<table")[2]


def test_a_version_read_again_is_compared_again(tender, app):
    home = both(tender)
    work_off(tender, app)
    session = tender.writing()
    newer = session.scalars(select(Submission).where(Submission.version_no == 2)).one()
    newer.checked_at = tender.clock.forward(minutes=1) or tender.clock.now
    session.commit()

    page = tender.browser.page(home).text

    assert "Compare them now" in page
    assert "Redstone" not in page
    tender.browser.send(home)
    work_off(tender, app)
    assert "Redstone Metal" in tender.browser.page(home).text
    assert len(kept(tender)) == 1


def test_what_was_compared_of_a_reading_that_no_longer_stands_is_forgotten(tender, app, clock):
    both(tender)
    work_off(tender, app)
    session = tender.writing()
    comparing.forget_unfit_comparisons(session, clock)
    assert session.scalar(select(func.count()).select_from(ComparisonRow)) == 3
    session.scalars(select(Submission).where(Submission.version_no == 1)).one().checked_at = clock.now.replace(
        year=2020
    )
    session.commit()
    session = tender.writing()

    comparing.forget_unfit_comparisons(session, clock)
    session.commit()

    assert kept(tender) == []
    assert tender.session.scalar(select(func.count()).select_from(ComparisonRow)) == 0


def test_beyond_the_bound_the_page_says_so_and_nothing_is_queued(tender, app, monkeypatch):
    monkeypatch.setattr(differences, "MOST_SITES", 2)
    home = both(tender)

    page = tender.browser.page(home).text
    tender.browser.send(home, status=409)

    assert "One of these has more, so nothing was compared." in page
    assert work_off(tender, app) == 0


def test_what_is_out_of_reach_says_so(tender, app, monkeypatch):
    home = both(tender)
    monkeypatch.setattr(comparing, "comparing_limits", lambda: Limits.large(child_output_mib=0))

    work_off(tender, app)

    assert kept(tender)[0].outcome == "out_of_reach"
    assert "took more time or memory than is allowed" in tender.browser.page(home).text


def test_a_comparison_that_was_given_up_can_be_asked_for_again(tender, app):
    home = both(tender)
    session = tender.writing()
    for job in session.scalars(select(Job).where(Job.kind == comparisons.COMPARE_JOB)):
        job.state, job.finished_at = "failed", tender.clock.now
    session.commit()

    broken = tender.browser.page(home).text
    tender.browser.send(home)
    work_off(tender, app)

    assert "broke off" in broken
    assert "Redstone Metal" in tender.browser.page(home).text


def test_another_supplier_finds_and_starts_nothing(tender, app):
    home = both(tender)
    work_off(tender, app)
    ours = tender.submissions()[0].public_id
    tender.writing()
    rival = tender.build.organisation("supplier", name="Rival")
    browser = tender.person(rival)
    tender.send(OLD, browser=browser)
    theirs = next(one for one in tender.submissions() if one.supplier.name == "Rival").public_id

    assert browser.get(home).status_code == 404
    assert browser.get(f"{home}/progress").status_code == 404
    assert browser.get(f"{tender.home}/{theirs}/differences?from={ours}").status_code == 404
    browser.send(f"{tender.home}/{theirs}/differences?from={ours}", status=404)
    browser.send(home, status=404)
    assert len(kept(tender)) == 1


def test_the_workbook_ends_where_it_would_take_too_much_memory(tender, app, monkeypatch):
    monkeypatch.setattr(difference_sheet, "MOST_LINES", 1)
    home = both(tender)
    work_off(tender, app)

    rows = list(openpyxl.load_workbook(io.BytesIO(tender.browser.get(f"{home}.xlsx").data)).active.values)

    assert len(rows) == 3
    assert "more differences than this workbook holds" in rows[2][0]
