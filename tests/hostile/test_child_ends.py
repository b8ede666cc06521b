"""A child that is killed, aborts or runs out of memory while a page waits for it ends in plain words, never in a fault of ours."""

from __future__ import annotations

import io

import pytest

from framework.ground import jobs
from framework.ground.sheets import fork_server
from tests.demand.conftest import people, world  # noqa: F401 - fixtures
from tests.disclosure.test_pages import Tender
from views import worker

START = (
    "import os, signal, sys; sys.path.insert(0, sys.argv[1]); from framework.ground.sheets import child, forking;"
    "child.work = lambda *_: {act}; forking.run()"
)
ENDS = {
    "killed": "signal.raise_signal(signal.SIGKILL)",
    "aborted": "os.abort()",
    "out of memory": "bytes(10**11)",
    "processor time": "signal.raise_signal(signal.SIGXCPU)",
}
PLAIN = {
    "killed": "The program that reads files broke off at this one",
    "aborted": "The program that reads files broke off at this one",
    "out of memory": "Reading this file takes more memory than we allow",
    "processor time": "This file could not be read within the time and memory we allow",
}


@pytest.fixture
def backend() -> str:
    """A child ends alike beside either database."""
    return "sqlite"


@pytest.fixture
def tender(session, build, clock, sign_in):
    return Tender(session, build, clock, sign_in)


@pytest.fixture(autouse=True)
def own_server():
    """What these tests let happen to children happens to no others."""
    fork_server.forget()
    yield
    fork_server.forget()


def let_children_end(monkeypatch, how: str) -> None:
    fork_server.forget()
    monkeypatch.setattr(fork_server, "START", START.format(act=ENDS[how]))


@pytest.mark.parametrize("how", ENDS)
def test_a_sheet_of_demand_is_refused_in_plain_words(request, monkeypatch, how):
    here = request.getfixturevalue("world")
    here.session.commit()
    first = request.getfixturevalue("people")["first"]
    place = f"/rounds/{here.round.public_id}/lots/{here.lot.public_id}/demand"
    let_children_end(monkeypatch, how)

    answer = first.post(f"{place}/upload", data={"file": (io.BytesIO(b"Category,Expected\nlaptop,5\n"), "x.csv")})
    page = first.page(answer.headers["Location"])

    assert PLAIN[how] in page.text


@pytest.mark.parametrize("how", ["killed", "aborted"])
def test_a_disclosure_keeps_its_receipt_and_is_refused_in_plain_words(tender, app, monkeypatch, how):
    let_children_end(monkeypatch, how)

    page = tender.send()
    number = tender.submissions()[0].job_id
    for _attempt in range(jobs.MAX_FAULTS):
        tender.session.rollback()
        tender.clock.forward(minutes=5)
        worker.run_job(app, number)

    shown = tender.browser.page(tender.version())
    assert "000001-95" in page.text
    assert tender.submissions()[0].state == "refused"
    assert PLAIN[how] in shown.text


@pytest.mark.parametrize("how", ["killed", "out of memory"])
def test_workbooks_made_in_a_child_leave_without_what_it_would_have_said(tender, monkeypatch, how):
    tables = tender.tables()
    tables["1_products"][0]["category"] = "lapptop"
    tender.send(tender.workbook(tables))
    let_children_end(monkeypatch, how)

    answers = [
        tender.browser.get(f"{tender.version()}/marked.xlsx"),
        tender.browser.get(f"{tender.home}/template-en.xlsx"),
    ]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert all(answer.data.startswith(b"PK") for answer in answers)
