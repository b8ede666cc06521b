"""Days to be done by and languages of items: set by lead or chair, seen where they matter, never undone unseen."""

from __future__ import annotations

import datetime as dt

import pytest

from framework.ground.errors import InvalidInput, NotFound, RuleBroken
from framework.judging import judges, planning
from framework.rounds import calendar_feeds
from models.judging import EvaluatorProfile
from models.people import Organisation, User
from tests.judging.test_own_sheet import write_again
from tests.judging.test_scoring_page import browsers
from tests.memory import remembered


@pytest.fixture
@remembered
def shared(world):
    world.all_state()
    world.admit()
    return world


def set_day(world, actor, days, shown=None):
    return planning.set_days(
        world.session, world.round, days, shown or dict.fromkeys(days), actor=actor, now=world.clock()
    )


def test_lead_and_chair_set_days_and_the_calendar_of_the_evaluator_has_it(shared, session):
    first, second = shared.evaluators[:2]
    day = shared.clock().date() + dt.timedelta(days=9)
    assert set_day(shared, shared.chair, {first.user_id: day, second.user_id: None}) == 1
    assert calendar_of(shared, first) == [], "nothing is assigned yet"
    shared.share()
    (entry,) = calendar_of(shared, first)
    assert entry.at.astimezone(dt.UTC).date() in (day, day - dt.timedelta(days=1))
    assert calendar_of(shared, second) == []
    before = entry.sequence
    set_day(shared, shared.lead, {first.user_id: day + dt.timedelta(days=1)}, {first.user_id: day})
    (entry,) = calendar_of(shared, first)
    assert entry.sequence > before
    for one in shared.held(first):
        shared.finish(one)
    assert calendar_of(shared, first) == [], "nothing is left to do"


def calendar_of(world, actor):
    return [one for one in calendar_feeds.entries(world.session, world.round, actor) if one.page == "assessing.pile"]


def test_a_day_that_somebody_changed_meanwhile_a_past_day_and_a_stranger_are_refused(shared):
    first, today = shared.evaluators[0], shared.clock().date()
    with pytest.raises(InvalidInput):
        set_day(shared, shared.chair, {first.user_id: today - dt.timedelta(days=2)})
    set_day(shared, shared.chair, {first.user_id: today + dt.timedelta(days=2)})
    with pytest.raises(RuleBroken) as told:
        set_day(shared, shared.lead, {first.user_id: today + dt.timedelta(days=5)})
    assert told.value.code == "stale"
    with pytest.raises(NotFound):
        set_day(shared, shared.chair, {shared.lead.user_id: today + dt.timedelta(days=5)})
    with pytest.raises(RuleBroken):
        set_day(shared, first, {first.user_id: None}, {first.user_id: today + dt.timedelta(days=2)})


def languages(world, tender, codes, actor=None, shown=()):
    items = {one.public_id: codes for one in world.items(tender)}
    return planning.set_languages(
        world.session, tender, items, dict.fromkeys(items, shown), actor=actor or world.lead, now=world.clock()
    )


def test_sharing_prefers_who_reads_the_language_of_an_item(shared, session):
    shared.share()
    count = len(shared.items(shared.north))
    for one in (
        shared.held(shared.evaluators[0]) + shared.held(shared.evaluators[1]) + shared.held(shared.evaluators[2])
    ):
        session.delete(one)
    session.flush()
    readers = shared.evaluators[:2]
    for actor, known in ((readers[0], ["sv"]), (readers[1], ["sv", "nl"]), (shared.evaluators[2], ["nl"])):
        judges.change_profile(
            session,
            shared.round,
            session.get_one(User, actor.user_id),
            capacity=2 * count,
            languages=known,
            version=None,
            actor=shared.lead,
            now=shared.clock(),
        )
    assert languages(shared, shared.north, ["sv", "sv"]) == count
    assert languages(shared, shared.north, ["sv"], shown=["sv"]) == 0
    shared.share()
    by_reader = [
        sum(1 for one in shared.held(actor) if one.submission_id == shared.north.id) for actor in shared.evaluators
    ]
    assert by_reader == [count, count, 0]


def test_languages_are_codes_and_of_a_tender_without_a_tie(shared):
    shared.share()
    with pytest.raises(InvalidInput):
        languages(shared, shared.north, ["Swedish"])
    languages(shared, shared.north, ["sv"])
    with pytest.raises(RuleBroken) as told:
        languages(shared, shared.north, ["nl"])
    assert told.value.code == "stale"
    shared.state(shared.chair, shared.south)
    with pytest.raises(NotFound):
        languages(shared, shared.south, ["sv"], actor=shared.chair)


def test_both_are_set_on_their_pages_without_scripts(shared, session, sign_in):
    shared.share()
    first = shared.evaluators[0]
    people = browsers(shared, sign_in, session, {"chair": shared.chair, "first": first, "lead": shared.lead})
    key = session.get_one(User, first.user_id).public_id
    names = {one.user_id: session.get_one(User, one.user_id).public_id for one in shared.evaluators}
    session.commit()
    here = f"/rounds/{shared.round.public_id}/judging"
    page = people["chair"].get(f"{here}/days").text
    assert f'name="due-{key}"' in page
    day = (shared.clock().date() + dt.timedelta(days=4)).isoformat()
    form = {f"due-{one}": "" for one in names.values()} | {f"had-{one}": "" for one in names.values()}
    assert people["chair"].post(f"{here}/days", data=form | {"all": day}).status_code == 303
    assert people["chair"].get(f"{here}/days").text.count(f'value="{day}"') >= 2 * len(names)
    again = people["chair"].post(f"{here}/days", data={f"due-{key}": "tomorrow", f"had-{key}": day})
    assert again.status_code == 422
    assert "Give the day as year, month and day" in again.text
    session.rollback()
    assert session.query(EvaluatorProfile).filter_by(user_id=first.user_id).one().due_on.isoformat() == day
    tender = f"{here}/tenders/{shared.north.public_id}"
    item = shared.items(shared.north)[0].public_id
    data = {f"languages-{item}": "SV, nl", f"spoken-{item}": ""}
    assert people["lead"].post(f"{tender}/languages", data=data).status_code == 303
    assert 'value="nl sv"' in people["lead"].get(tender).text
    assert people["first"].get(f"{here}/days").status_code == 403
    write_again(session)
    shared.round.state = "judging"
    session.commit()
    assert "to be done by" in people["first"].get(f"{here}/mine").text
    assert "no day is set" not in people["first"].get(f"{here}/mine").text
    assert session.get_one(Organisation, first.organisation_id)
