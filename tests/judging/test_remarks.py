"""Remarks of evaluators to each other: seen once the own assessments are final, never changed, struck through by the author."""

from __future__ import annotations

import io

import openpyxl
import pytest
from sqlalchemy import select

from framework.ground.errors import InvalidInput, MoveRefused, NotAllowed, NotFound, RuleBroken
from framework.judging import blind, remarks
from models.judging import Remark
from models.records import AuditEvent
from tests.judging.test_own_sheet import write_again
from tests.judging.test_scoring_page import browsers
from tests.memory import remembered

CANARY = "the mainboard comes from elsewhere"


@pytest.fixture
@remembered
def table(judged, session):
    """Bert is done with a tender and looked, Anna is not done."""
    submission, items = judged.tender(name="Northern IT")
    bert = judged.evaluators[1]
    judged.all_say(submission, items, bert, ["E0", "E2", "E1", "E1"])
    blind.look(session, submission, actor=bert, now=judged.clock())
    return judged, submission, items


def write(judged, item, actor, words=CANARY):
    return remarks.write(judged.session, item, words, actor=actor, now=judged.clock())


def test_a_remark_is_written_with_name_and_time_and_struck_through_by_its_author_alone(table, session):
    judged, _submission, items = table
    bert = judged.evaluators[1]
    one = write(judged, items[0], bert, f"  {CANARY} ")
    write(judged, items[0], judged.chair, "Which one?")
    found = remarks.of_items(session, [items[0].id, items[1].id])
    assert [(each.words, each.user_id, each.member_id) for each in found[items[0].id]] == [
        (CANARY, bert.user_id, bert.organisation_id),
        ("Which one?", judged.chair.user_id, judged.chair.organisation_id),
    ]
    with pytest.raises(NotAllowed):
        remarks.strike(session, one, actor=judged.chair, now=judged.clock())
    remarks.strike(session, one, actor=bert, now=judged.clock())
    assert one.words == CANARY, "it stays legible"
    with pytest.raises(MoveRefused):
        remarks.strike(session, one, actor=bert, now=judged.clock())
    kinds = select(AuditEvent.kind).where(AuditEvent.kind.like("remark.%")).order_by(AuditEvent.seq)
    assert list(session.scalars(kinds)) == ["remark.written", "remark.written", "remark.struck"]


@pytest.mark.parametrize("words", ["", "  \n", "x" * (remarks.LONGEST + 1)])
def test_nothing_and_too_much_are_refused(table, words):
    judged, _submission, items = table
    with pytest.raises(InvalidInput):
        write(judged, items[0], judged.chair, words)


def test_who_still_judges_has_a_tie_or_no_part_writes_nothing(table):
    judged, submission, items = table
    anna, bert = judged.evaluators
    with pytest.raises(NotFound):
        write(judged, items[0], anna)
    with pytest.raises(RuleBroken):
        write(judged, items[0], judged.build.person(judged.round.organisation))
    judged.all_say(submission, items, anna, ["E1", "E1", "E1", "E1"])
    with pytest.raises(NotFound):
        write(judged, items[0], anna)  # who has not looked yet is blind still
    blind.look(judged.session, submission, actor=anna, now=judged.clock())
    write(judged, items[0], anna)
    judged.tie(bert, submission)
    with pytest.raises(NotFound):
        write(judged, items[0], bert)
    judged.round.state = "award"
    with pytest.raises(RuleBroken):
        write(judged, items[0], anna)


def test_the_page_shows_remarks_only_to_whom_the_values_are_shown(table, session, sign_in):
    judged, submission, items = table
    anna, bert = judged.evaluators
    lead = judged.build.person(judged.round.organisation)
    people = browsers(judged, sign_in, session, {"anna": anna, "bert": bert, "chair": judged.chair, "lead": lead})
    session.commit()
    here = f"/rounds/{judged.round.public_id}/judging/discussion"
    there = f"{here}/{items[0].public_id}"
    sent = people["bert"].post(f"{there}/remarks", data={"words": CANARY})
    assert sent.status_code == 303
    assert sent.location.endswith("#remarks")
    assert people["bert"].post(f"{there}/remarks", data={"words": " "}).status_code == 422
    for name in ("bert", "chair", "lead"):
        assert CANARY in people[name].get(there).text, name
    assert "Write the remark" not in people["lead"].get(there).text
    assert people["anna"].get(there).status_code == 404
    assert people["anna"].post(f"{there}/remarks", data={"words": "x"}).status_code == 404
    for path in (here, f"/rounds/{judged.round.public_id}/record"):
        text = people["anna"].get(path).text
        assert CANARY not in text
        assert "wrote a remark in the discussion" not in text
    session.rollback()
    key = session.scalars(select(Remark.public_id)).one()
    assert "Strike through" in people["bert"].get(there).text
    assert "Strike through" not in people["chair"].get(there).text
    assert people["chair"].post(f"{there}/remarks/{key}/strike").status_code == 403
    assert people["bert"].post(f"{there}/remarks/{key}/strike").status_code == 303
    assert f'<s class="typed">{CANARY}</s>' in people["chair"].get(there).text
    book = openpyxl.load_workbook(io.BytesIO(people["chair"].get(f"{here}.xlsx").data))
    rows = list(book["Remarks"].iter_rows(min_row=2, values_only=True))
    assert [row[-1] for row in rows] == [CANARY]
    write_again(session)
    judged.tie(judged.chair, submission)
    session.commit()
    assert people["chair"].get(there).status_code == 404
    book = openpyxl.load_workbook(io.BytesIO(people["chair"].get(f"{here}.xlsx").data))
    assert list(book["Remarks"].iter_rows(min_row=2, values_only=True)) == []
