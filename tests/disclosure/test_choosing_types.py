"""What is done at the sites of a list: shown by wording, chosen by a person for all rows at once, recorded, undoable, remembered."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models.disclosure import Correction, SubmissionRow
from models.records import AuditEvent
from tests.disclosure.test_choosing_columns import work_off
from tests.disclosure.test_pages import Tender
from tests.memory import remembered

HEADER = "Factory,Address,Country,Activity\n"
LIST = HEADER + "".join(
    f"Works {number},{number} First Avenue Kunshan,China,{kind}\n"
    for number, kind in enumerate(["EMS", "ems", "battery cells", "Office"], start=1)
)
SAID = {"is-0:EMS": "final_assembly", "is-0:battery cells": "component", "is-0:Office": "unknown"}


@pytest.fixture
@remembered
def tender(session, build, clock, sign_in):
    return Tender(session, build, clock, sign_in)


@pytest.fixture
@remembered
def sent(tender):
    tender.send(LIST.encode(), name="sites.csv")
    return tender


def types(tender, number=-1):
    tender.session.rollback()
    submission = tender.submissions()[number]
    query = select(SubmissionRow).where(SubmissionRow.submission_id == submission.id)
    rows = tender.session.scalars(query.order_by(SubmissionRow.id))
    return [row.read_values.get("facility_type") for row in rows if not row.listed_reason]


def test_the_wordings_are_shown_with_proposals_and_nothing_is_filled_in(sent):
    version = sent.browser.page(sent.version()).text
    answer = sent.browser.get(f"{sent.version()}/types").get_data(as_text=True)
    page = sent.browser.page(f"{sent.version()}/types").text

    assert "Say what is done at your sites" in version
    assert "(3 wordings without a type)" in version
    assert "Our proposal, from the words: ems." in page
    assert answer.count('value="final_assembly" selected') == 1
    assert types(sent) == [None, None, None, None]


def test_one_choice_serves_all_rows_is_recorded_and_can_be_taken_back(sent):
    page = sent.browser.send(f"{sent.version()}/types", SAID)
    typed = types(sent)
    [batch] = set(sent.session.scalars(select(Correction.batch)))
    sent.browser.send(f"{sent.version()}/mended/{batch}/undo")

    assert "3 wordings are read as you said." in page.text
    assert "3 wordings, in all rows" in page.text
    assert typed == ["final_assembly", "final_assembly", "component", None]
    assert types(sent) == [None, None, None, None]
    kinds = set(sent.session.scalars(select(AuditEvent.kind)))
    assert {"submission_tender.mended", "submission_tender.mending_undone"} <= kinds


def test_a_later_choice_for_the_same_words_counts_and_comes_off_first(sent):
    sent.browser.send(f"{sent.version()}/types", SAID)
    sent.browser.send(f"{sent.version()}/types", {"is-0:EMS": "warehouse_repair"})
    sent.session.rollback()
    first = sent.session.scalars(select(Correction.batch).order_by(Correction.id)).first()

    page = sent.browser.send(f"{sent.version()}/mended/{first}/undo", {}, 409)

    assert "Take that back first." in page.text
    assert types(sent)[:2] == ["warehouse_repair", "warehouse_repair"]


@pytest.mark.parametrize(
    ("choices", "said"),
    [({"is-0:EMS": "palace"}, "Choose a type from the list."), ({"is-0:Nowhere": "mine"}, "Nothing was changed")],
    ids=["no type of ours", "no such words"],
)
def test_what_cannot_be_said_is_refused_with_its_reason(sent, choices, said):
    page = sent.browser.send(f"{sent.version()}/types", choices, 422)

    assert said in page.text
    assert types(sent) == [None, None, None, None]


def test_the_next_list_with_the_same_columns_takes_the_types_over_and_asks_what_is_new(sent):
    sent.browser.send(f"{sent.version()}/types", SAID)

    sent.send((LIST + "Works 9,9 First Avenue Kunshan,China,Smelter\n").encode(), name="sites.csv")
    work_off(sent)
    page = sent.browser.page(f"{sent.version(-1)}/types").text

    assert types(sent) == ["final_assembly", "final_assembly", "component", None, None]
    assert "Our proposal, from the words: smelter." in page


def test_a_list_with_other_columns_takes_nothing_over(sent):
    sent.browser.send(f"{sent.version()}/types", SAID)

    sent.send(LIST.replace("Activity", "Process").encode(), name="sites.csv")
    work_off(sent)

    assert types(sent) == [None, None, None, None]


def test_a_list_that_does_not_speak_of_it_has_no_such_page(tender):
    tender.send(b"Factory,Address,Country\nWorks,1 First Avenue,China\n", name="sites.csv")

    assert tender.browser.get(f"{tender.version()}/types").status_code == 302
    assert "What is done at your sites" not in tender.browser.page(tender.version()).text
