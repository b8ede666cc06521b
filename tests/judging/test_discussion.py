"""Together: who sees what when, the list by spread, moderation by page, the meeting, and what is told of agreement."""

from __future__ import annotations

import io

import openpyxl
import pytest

from models.people import Organisation, User
from tests.memory import remembered

CANARY = "the canary of bert"


@pytest.fixture
@remembered
def table(judged, sign_in, session):
    """Bert is done with a tender, Anna is not; browsers of both, of the chair and of the lead."""
    submission, items = judged.tender(name="Northern IT")
    anna, bert = judged.evaluators
    for item, level in zip(items, ["E0", "E2", "E1", "E1"], strict=True):
        judged.save(item, bert, level, motive=CANARY)
    judged.finish(submission, bert)
    lead = judged.build.person(judged.round.organisation)
    people = {"anna": anna, "bert": bert, "chair": judged.chair, "lead": lead}
    session.commit()
    found = {}
    for name, actor in people.items():
        user, member = session.get_one(User, actor.user_id), session.get_one(Organisation, actor.organisation_id)
        found[name] = sign_in(user, member)
    return judged, submission, items, f"/rounds/{judged.round.public_id}/judging", found


def every_page(judged, submission, items, here):
    """Every page that could tell of values, and those of the chain that show what was found together."""
    round_, lot = judged.round.public_id, judged.lot.public_id
    return [
        f"{here}/mine",
        f"{here}/mine/{submission.public_id}",
        f"{here}/mine/{submission.public_id}/finish",
        f"{here}/progress",
        f"{here}/discussion",
        f"{here}/discussion?tender={submission.public_id}",
        f"{here}/discussion/{items[0].public_id}",
        f"{here}/meeting",
        f"{here}/agreement",
        f"/rounds/{round_}/lots/{lot}/comparison",
        f"/rounds/{round_}/lots/{lot}/measures/{submission.public_id}",
    ]


def test_nothing_of_another_is_seen_before_the_own_is_final(table):
    judged, submission, items, here, people = table
    for path in every_page(judged, submission, items, here):
        assert CANARY not in people["anna"].get(path).text, path
        assert people["anna"].get(path).status_code in (200, 302, 404), path
    assert people["anna"].get(f"{here}/discussion/{items[0].public_id}").status_code == 404
    assert CANARY in people["chair"].get(f"{here}/discussion/{items[0].public_id}").text
    judged.session.rollback()
    judged.session.info["write"] = True
    judged.all_say(submission, items, judged.evaluators[0], ["E3", "E2", "E1", "E0"])
    judged.session.commit()
    assert people["anna"].get(f"{here}/discussion/{items[0].public_id}").status_code == 404
    assert people["anna"].post(f"{here}/mine/{submission.public_id}/look").status_code == 303
    assert CANARY in people["anna"].get(f"{here}/discussion/{items[0].public_id}").text


def disagreed(table):
    judged, submission, items, here, people = table
    judged.session.rollback()
    judged.session.info["write"] = True
    judged.all_say(submission, items, judged.evaluators[0], ["E3", "E2", "E1", "E0"])
    judged.session.commit()
    return judged, submission, items, here, people


def test_the_largest_disagreement_stands_first_and_is_one_click_away(table):
    _judged, _submission, items, here, people = disagreed(table)
    page = people["chair"].get(f"{here}/discussion").text
    first = page.index(f"/discussion/{items[0].public_id}")
    assert all(first < page.index(f"/discussion/{item.public_id}") for item in items[1:])
    assert "Values of the evaluators" in page
    assert "In moderation" in page


def test_the_chair_moderates_within_the_range_and_the_originals_stay(table):
    _judged, _submission, items, here, people = disagreed(table)
    there = f"{here}/discussion/{items[0].public_id}"
    refused = people["chair"].post(f"{there}/moderate", data={"level": "E2", "motive": ""})
    assert refused.status_code == 422
    assert people["lead"].post(f"{there}/moderate", data={"level": "E2", "motive": "x"}).status_code == 403
    done = people["chair"].post(
        f"{there}/moderate", data={"level": "E2", "motive": "The report is of the next street."}
    )
    assert done.status_code == 303
    page = people["chair"].get(there).text
    assert "The report is of the next street." in page
    assert CANARY in page
    called = people["chair"].post(f"{there}/call", data={"motive": "Look again"})
    assert called.status_code == 303
    assert "Look again" in people["chair"].get(there).text


def test_the_meeting_follows_the_chair(table):
    _judged, _submission, items, here, people = disagreed(table)
    assert "Refresh" not in people["lead"].get(f"{here}/meeting").headers
    people["chair"].post(f"{here}/discussion/{items[1].public_id}/show")
    page = people["lead"].get(f"{here}/meeting")
    assert "Mainboard" in page.text
    assert page.headers["Refresh"] == "10"
    assert "Refresh" not in people["lead"].get(f"{here}/meeting?still=yes").headers
    hidden = people["anna"].get(f"{here}/meeting").text
    assert CANARY not in hidden
    people["chair"].post(f"{here}/meeting/end")
    assert "No meeting is going on" in people["lead"].get(f"{here}/meeting").text


def test_the_chair_reopens_and_takes_out_by_page(table):
    judged, _submission, items, here, people = disagreed(table)
    one = judged.own(items[0], judged.evaluators[0]).public_id
    there = f"{here}/discussion/{items[0].public_id}"
    assert people["chair"].post(f"{there}/{one}/reopen", data={"motive": ""}).status_code == 422
    assert people["chair"].post(f"{there}/{one}/reopen", data={"motive": "Wrong row"}).status_code == 303
    assert "Waiting for judgement" in people["chair"].get(there).text
    other = judged.own(items[1], judged.evaluators[0]).public_id
    there = f"{here}/discussion/{items[1].public_id}"
    assert people["chair"].post(f"{there}/{other}/void", data={"motive": "Conflict"}).status_code == 303


def test_the_workbook_holds_what_the_reader_may_see(table):
    _judged, _submission, _items, here, people = disagreed(table)
    for name, rows in (("chair", 8), ("anna", 0)):
        book = openpyxl.load_workbook(io.BytesIO(people[name].get(f"{here}/discussion.xlsx").data))
        values = book["Values"]
        told = [row for row in values.iter_rows(values_only=True) if CANARY in map(str, row) or "Because." in row]
        assert len(told) == rows


def test_agreement_and_progress_are_told_in_words(table):
    _judged, _submission, _items, here, people = disagreed(table)
    page = people["chair"].get(f"{here}/agreement").text
    assert "of at least 10" in page
    progress = people["lead"].get(f"{here}/progress").text
    assert "Evaluators, who has most left first" in progress
