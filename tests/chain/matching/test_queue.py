"""The queue of questions: its order, what it is narrowed to, groups, who may answer, two who answer at once."""

from __future__ import annotations

import io
import random

import openpyxl
import pytest
from sqlalchemy import event, select
from sqlalchemy.engine import Engine

from framework.chain.build import build as build_chain
from framework.chain.matching import acts, bulk, placing, questions
from framework.chain.matching.questions import Filters, Sight
from framework.ground.conflicts import keep_out
from framework.ground.errors import RuleBroken
from models.chain import Mention, Site
from models.judging import Conflict
from models.matching import MatchDecision, MatchQuestion
from models.records import AuditEvent
from tests.chain.matching.test_acts import (
    BACHENG,
    BETWEEN,
    HEAD,
    NEIGHBOUR,
    OTHER,
    PENGLANG,
    SURE,
    rows,
    the_question,
)
from tests.chain.opened import Opened
from tests.memory import remembered
from tests.test_guard import at_once

ELSEWHERE = ("Lakeside Optics Ltd", "58 First Avenue, Kunshan", "VN")


def in_country(name, line, country, **more):
    return [*HEAD, ("3_sites", {"site_legal_name": name, "address_line": line, "country": country} | more)]


@pytest.fixture
@remembered
def lead(opened):
    return opened.build.person(opened.round.organisation, "lead")


def sight_of(opened, **more):
    return Sight(opened.round, True, **more)


ALL = Filters()


def names(opened, filters=ALL, **more):
    found, _page = questions.page(opened.session, sight_of(opened, **more), filters)
    return [one.mention.name + " " + one.mention.address for one in found]


def test_doubtful_countries_come_first_then_what_most_is_pooled_for_and_what_is_not_known_last(opened):
    opened.built(rows(SURE, OTHER))
    without_models = [one for one in rows(("Redstone Battery", "9 Mill Lane, Kunshan")) if one[0] != "1_products"]
    opened.built(without_models)
    opened.built(rows(NEIGHBOUR))
    opened.built(in_country(*ELSEWHERE))

    found = opened.session.scalars(select(MatchQuestion).order_by(MatchQuestion.id)).all()

    assert [one.quantity for one in found] == [None, 420, 420]
    assert names(opened) == [
        "Lakeside Optics Ltd 58 First Avenue, Kunshan",
        "Lakeside Optics 60 First Avenue, Kunshan",
        "Redstone Battery 9 Mill Lane, Kunshan",
    ]


def test_the_queue_is_narrowed_by_words_supplier_country_and_kind(opened):
    opened.built(rows(SURE, OTHER))
    opened.built(in_country(*ELSEWHERE, facility_type="component"))
    one = opened.built(rows(NEIGHBOUR))

    assert names(opened, Filters(text="first 60")) == ["Lakeside Optics 60 First Avenue, Kunshan"]
    assert names(opened, Filters(text="100%")) == []
    assert names(opened, Filters(supplier=one.public_id)) == ["Lakeside Optics 60 First Avenue, Kunshan"]
    assert names(opened, Filters(country="VN")) == ["Lakeside Optics Ltd 58 First Avenue, Kunshan"]
    assert names(opened, Filters(kind="component")) == ["Lakeside Optics Ltd 58 First Avenue, Kunshan"]
    covered = sight_of(opened, covers=lambda text: text.replace("Lakeside", "Bidder A"))
    assert questions.queue(opened.session, covered, Filters(text="lakeside")) == []
    assert len(questions.queue(opened.session, covered, Filters(text="bidder"))) == 2


def test_equal_questions_are_one_for_all_rows_and_files(opened):
    opened.built(rows(SURE))
    for _file in range(3):
        opened.built(rows(NEIGHBOUR))

    asked = questions.look(opened.session, the_question(opened), sight_of(opened))

    assert (asked.rows, asked.files) == (3, 3)


def many(opened, number):
    opened.built(rows(*((f"Works{n} Optical", f"{n + 1} Garden{n} Road, Kunshan") for n in range(number))))
    opened.built(rows(*((f"Works{n} Optical", f"{n + 1}0 Garden{n} Road, Kunshan") for n in range(number))))


def test_the_queue_asks_the_database_no_more_for_many_than_for_few(opened, sign_in, session):
    many(opened, 18)
    lead = opened.build.user(opened.round.organisation)
    session.commit()
    browser, here = sign_in(lead, opened.round.organisation), f"/rounds/{opened.round.public_id}/sites/questions"
    assert "18 questions wait" in browser.page(here).text
    first = session.scalars(select(MatchQuestion.public_id)).first()
    session.rollback()

    assert queries_of(browser, here) <= 20
    assert queries_of(browser, f"{here}/{first}") <= 26


def queries_of(browser, place):
    """How often the database is asked for a page, head and sign-in included."""
    seen = []

    def note(_connection, _cursor, statement, *_others):
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        assert browser.get(place).status_code == 200
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return len([one for one in seen if one.lstrip().upper().startswith(("SELECT", "WITH"))])


def test_a_group_is_answered_after_a_preview_and_only_what_is_as_it_was_shown(opened, lead):
    many(opened, 3)
    found, _page = questions.page(opened.session, sight_of(opened))
    chosen = [one.public_id for one in found]
    lines = bulk.preview(opened.session, chosen, "different", sight_of(opened))
    expected = {line.asked.question.public_id: (line.asked.question.version, "") for line in lines}
    acts.put_off(opened.session, found[0], actor=lead, now=opened.clock())
    opened.session.flush()

    said = {"actor": lead, "now": opened.clock()}
    with pytest.raises(RuleBroken, match="motive-missing"):
        bulk.answer(opened.session, lines, expected, "different", motive=" ", **said)
    done = bulk.answer(opened.session, lines, expected, "different", motive="two gates each", **said)

    assert len(done) == 2
    assert {one.motive for one in done} == {"two gates each"}
    assert found[0].state == "later", "it was put off after the preview"


@pytest.mark.parametrize("places", [
    (("Lakeside Optics", "58 First Avenue"), ("Lakeside Optic Works", "60 First Avenue"), ("Lakeside Optic Works", "62 First Avenue")),
    (PENGLANG, BACHENG, BETWEEN),
])  # fmt: skip
def test_a_group_of_questions_of_which_one_leads_to_the_other_is_answered_as_one_site(opened, lead, places):
    for name, line in places:
        opened.built(in_country(name, line if "," in line else f"{line}, Kunshan", "CN"))
    numbers = opened.session.scalars(select(MatchQuestion.public_id).order_by(MatchQuestion.id)).all()
    lines = bulk.preview(opened.session, numbers, "same", sight_of(opened))
    expected = {line.asked.question.public_id: (line.asked.question.version, line.option.site.public_id) for line in lines}  # fmt: skip
    done = bulk.answer(opened.session, lines, expected, "same", motive="one park", actor=lead, now=opened.clock())
    assert len(done) == len(numbers) == 2
    assert len(set(opened.session.scalars(select(Mention.site_id)))) == 1


def test_countries_that_differ_are_not_answered_the_same_in_a_group(opened):
    opened.built(rows(SURE))
    opened.built(in_country(*ELSEWHERE))
    question = the_question(opened)

    (same,) = bulk.preview(opened.session, [question.public_id], "same", sight_of(opened))
    (different,) = bulk.preview(opened.session, [question.public_id], "different", sight_of(opened))

    assert "by itself" in same.left_out
    assert different.left_out == ""
    with pytest.raises(RuleBroken, match="verdict-unknown"):
        bulk.preview(opened.session, [question.public_id], "renamed", sight_of(opened))


def test_a_group_is_answered_on_the_page(opened, sign_in, session):
    many(opened, 3)
    user, here = opened.build.user(opened.round.organisation), f"/rounds/{opened.round.public_id}/sites/questions"
    found = session.scalars(select(MatchQuestion).order_by(MatchQuestion.id)).all()
    seen = [f"{one.public_id}.{one.version}." for one in found]
    chosen = "&".join(f"question={one.public_id}" for one in found)
    session.commit()
    lead = sign_in(user, opened.round.organisation)

    preview = lead.page(f"{here}/together?verdict=different&{chosen}").text
    refused = lead.send(f"{here}/together", {"verdict": "different", "question": seen}, status=422).text
    done = lead.send(f"{here}/together", {"verdict": "different", "question": seen, "motive": "two gates"}).text

    assert "3 questions would be answered" in preview
    assert "Say in a few words why" in refused
    assert "3 questions answered." in done
    assert lead.page(f"{here}/together?verdict=perhaps&{chosen}", status=422)


@pytest.mark.parametrize(
    ("who", "sees", "answers"),
    [("lead", 200, 303), ("evaluator", 200, 303), ("monitor", 200, 303), ("member", 403, 403), ("stranger", 404, 404)],
)
def test_lead_evaluators_and_monitor_answer_and_nobody_else(opened, sign_in, session, who, sees, answers):
    opened.built(rows(SURE), name="Northern IT")
    opened.built(rows(NEIGHBOUR), name="Southern IT")
    question = the_question(opened).public_id
    kind = {"monitor": "monitor", "stranger": "buyer", "evaluator": "buyer"}.get(who)
    body = {"lead": opened.round.organisation, "member": opened.member}.get(who) or opened.build.organisation(kind)
    user = opened.build.user(body)
    if who == "evaluator":
        opened.build.appoint(opened.round, user, body, "evaluator")
    here = f"/rounds/{opened.round.public_id}/sites"
    session.commit()
    browser = sign_in(user, body)

    pages = [browser.get(f"{here}/{page}").status_code for page in ("questions", f"questions/{question}", "decisions")]
    page = browser.get(f"{here}/questions/{question}").get_data(as_text=True)
    answer = browser.post(f"{here}/questions/{question}", data={"verdict": "different", "motive": "two gates"})

    assert pages == [sees] * 3
    assert answer.status_code == answers
    assert ("Southern IT" in page) is (who in ("lead", "evaluator"))
    if answers == 303:
        session.rollback()
        number = session.scalars(select(MatchDecision.id).where(MatchDecision.actor_id.is_not(None))).one()
        kinds = session.scalars(select(AuditEvent.kind).where(AuditEvent.round_id == opened.round.id)).all()
        assert acts.ANSWERED in kinds, "in the record of the round"
        assert browser.post(f"{here}/decisions/{number}/undo").status_code == 303, "one's own answer"


def test_an_evaluator_takes_back_the_own_answers_only(opened, sign_in, session, lead):
    opened.built(rows(SURE))
    opened.built(rows(NEIGHBOUR))
    acts.answer(
        opened.session, the_question(opened), "different", site=None, motive="no", actor=lead, now=opened.clock()
    )
    body = opened.build.organisation("buyer")
    user = opened.build.user(body)
    opened.build.appoint(opened.round, user, body, "evaluator")
    number = session.scalars(select(MatchDecision.id).where(MatchDecision.actor_id.is_not(None))).one()
    here = f"/rounds/{opened.round.public_id}/sites/decisions"
    session.commit()
    evaluator = sign_in(user, body)

    assert "Only the lead who decided" in evaluator.page(f"{here}/{number}/undo").text
    assert "may do this" in evaluator.send(f"{here}/{number}/undo", status=422).text


def test_the_second_of_two_answers_is_told_what_was_decided(opened, sign_in, session):
    opened.built(rows(SURE))
    opened.built(rows(NEIGHBOUR))
    question = the_question(opened).public_id
    site = session.get_one(Site, the_question(opened).candidates[0]).public_id
    organisation = opened.round.organisation
    first, second = (opened.build.user(organisation, name=name) for name in ("Anna Berg", "Bo Dahl"))
    here = f"/rounds/{opened.round.public_id}/sites/questions/{question}"
    session.commit()
    one, other = sign_in(first, organisation), sign_in(second, organisation)

    one.send(here, {"verdict": "different", "motive": "two gates"})
    late = other.send(here, {"verdict": "same", "site": site, "motive": "one gate"}, status=422).text

    assert "This question was answered meanwhile" in late
    assert "Anna Berg" in late
    assert "two gates" in late
    session.rollback()
    assert session.scalars(select(MatchDecision.kind).where(MatchDecision.actor_id.is_not(None))).all() == [
        "person_different"
    ]


def test_of_two_who_answer_at_the_same_moment_one_is_kept(opened, sign_in, session):
    opened.built(rows(SURE))
    opened.built(rows(NEIGHBOUR))
    question, organisation = the_question(opened).public_id, opened.round.organisation
    people = [opened.build.user(organisation) for _person in range(2)]
    here = f"/rounds/{opened.round.public_id}/sites/questions/{question}"
    session.commit()
    browsers = [sign_in(one, organisation) for one in people]

    answers = at_once(browsers, lambda one: one.post(here, data={"verdict": "different", "motive": "two gates"}))

    assert sorted(answer.status_code for answer in answers) == [303, 422]
    assert len(session.scalars(select(MatchDecision.id).where(MatchDecision.actor_id.is_not(None))).all()) == 1


def test_a_question_is_held_while_it_is_answered(opened, lead):
    opened.built(rows(SURE))
    opened.built(rows(NEIGHBOUR))
    question = the_question(opened)
    opened.session.connection().exec_driver_sql("UPDATE match_question SET state = 'answered', version = version + 1")
    assert question.state == "open", "as it was read before"

    with pytest.raises(RuleBroken, match="question-settled"):
        acts.answer(opened.session, question, "different", site=None, motive="no", actor=lead, now=opened.clock())


def test_after_an_answer_the_next_question_follows_with_a_way_back(opened, sign_in, session):
    many(opened, 2)
    user, here = opened.build.user(opened.round.organisation), f"/rounds/{opened.round.public_id}/sites/questions"
    first, second = session.scalars(select(MatchQuestion.public_id).order_by(MatchQuestion.id)).all()
    session.commit()
    lead = sign_in(user, opened.round.organisation)

    answer = lead.post(f"{here}/{first}", data={"verdict": "different", "motive": "two gates", "country": "CN"})
    following = lead.get(answer.location).get_data(as_text=True)
    session.rollback()
    number = session.scalars(select(MatchDecision.id).where(MatchDecision.actor_id.is_not(None))).one()
    back = lead.post(f"/rounds/{opened.round.public_id}/sites/decisions/{number}/undo", data={"to": "question"})

    assert f"/questions/{second}?country=CN&done={number}" in answer.location
    assert "Take this answer back" in following
    assert f"decisions/{number}/undo" in following
    assert back.location.endswith(f"/questions/{first}")


def test_a_question_about_sites_of_another_round_is_left_to_the_lead(opened, sign_in, session, build, clock):
    opened.built(rows(SURE))
    later = Opened(session, build, clock)
    later.number = 100
    later.round.organisation = opened.round.organisation
    session.flush()
    later.built(rows(NEIGHBOUR))
    question = session.scalars(select(MatchQuestion)).one()
    body = build.organisation("buyer")
    user, owner = build.user(body), build.user(opened.round.organisation)
    build.appoint(later.round, user, body, "evaluator")
    here = f"/rounds/{later.round.public_id}/sites/questions/{question.public_id}"
    session.commit()
    evaluator, lead = sign_in(user, body), sign_in(owner, opened.round.organisation)

    shown = evaluator.page(here).text
    refused = evaluator.send(here, {"verdict": "different", "motive": "two gates"}, status=422).text

    assert "58 First Avenue" not in shown
    assert "the lead answers this" in shown
    assert "may do this" in refused
    assert "58 First Avenue" in lead.page(here).text.replace("  ", " ")


def test_the_queue_is_taken_away_as_a_workbook(opened, sign_in, session):
    opened.built(rows(SURE), name="Northern IT")
    opened.built(rows(NEIGHBOUR), name="Southern IT")
    user = opened.build.user(opened.round.organisation)
    session.commit()
    lead = sign_in(user, opened.round.organisation)

    taken = lead.get(f"/rounds/{opened.round.public_id}/sites/questions.xlsx?q=60")
    sheet = openpyxl.load_workbook(io.BytesIO(taken.data)).worksheets[0]

    assert [cell.value for cell in sheet[2]][:4] == ["Southern IT", "3_sites, row 4", NEIGHBOUR[0], NEIGHBOUR[1]]
    assert sheet[2][8].value == 420
    assert sheet[2][14].value == 84
    assert "house numbers differ: 60 and 58" in sheet[2][15].value


def test_what_was_decided_is_searched_and_filtered(opened, sign_in, session):
    many(opened, 2)
    user, here = opened.build.user(opened.round.organisation), f"/rounds/{opened.round.public_id}/sites"
    asked = session.scalars(select(MatchQuestion.public_id).order_by(MatchQuestion.id)).all()
    session.commit()
    lead = sign_in(user, opened.round.organisation)
    for question, motive in zip(asked, ("moved in 2025", "another owner"), strict=True):
        lead.send(f"{here}/questions/{question}", {"verdict": "different", "motive": motive})

    page = lead.page(f"{here}/decisions").text
    assert "2 decisions" in page
    assert "house numbers differ" in page
    assert "1 decision" in lead.page(f"{here}/decisions?q=2025").text
    assert "1 decision" in lead.page(f"{here}/decisions?q=works1").text
    assert "No decision fits" in lead.page(f"{here}/decisions?kind=merge").text
    assert "No decision fits" in lead.page(f"{here}/decisions?person=nobody").text
    number = session.scalars(select(MatchDecision.id).where(MatchDecision.actor_id.is_not(None))).first()
    session.rollback()
    assert "Take 1 decision back" in lead.page(f"{here}/decisions/{number}/undo").text


@pytest.mark.parametrize("seed", [1, 2])
def test_sending_the_same_lists_again_asks_nothing_again(opened, lead, seed, session, build, clock):
    """Upload, answer everything, send a new version, open a new round: three rounds of the same descriptions."""
    chance = random.Random(seed)
    coarse = ("Harbour Display", "Kunshan")
    lists = [rows(SURE, OTHER, ("Harbour Display", "12 Quay Road, Kunshan")), rows(NEIGHBOUR, coarse)]
    sent = [opened.built(one) for one in lists]
    while waiting := session.scalars(select(MatchQuestion).where(MatchQuestion.state == "open")).all():
        for question in waiting:
            if question.state != "open":
                continue
            sites = questions.look(session, question, sight_of(opened)).options
            same = chance.choice([True, False]) and bool(sites)
            acts.answer(
                session,
                question,
                "same" if same else "different",
                site=sites[0].site if same else None,
                motive="looked at it",
                actor=lead,
                now=opened.clock(),
            )
        session.flush()
    before = session.scalars(select(MatchQuestion.id)).all()
    placed = {mention.place_key: mention.site_id for mention in session.scalars(select(Mention))}

    later = Opened(session, build, clock)
    later.number = 100
    later.round.organisation = opened.round.organisation
    session.flush()
    for where in (opened, later):
        for one, before_it in zip(lists, sent, strict=True):
            again = where.supplier(one)
            if where is opened:
                before_it.state = "excluded"
                session.flush()
            again.supplier, again.version_no = before_it.supplier, 2
            session.flush()
            build_chain(session, again, now=clock())

    assert session.scalars(select(MatchQuestion.id)).all() == before
    again = session.scalars(select(Mention).where(Mention.precision == "site"))
    assert all(mention.site_id == placed[mention.place_key] for mention in again)
    assert placing.go_on(session, now=clock()) == 0


def test_questions_of_a_tender_that_a_conflict_keeps_away_are_neither_shown_nor_next_nor_answered(
    opened, sign_in, session
):
    opened.built(rows(SURE), name="First IT")
    kept = opened.built(rows(NEIGHBOUR), name="Kept IT")
    body = opened.round.organisation
    user = opened.build.user(body)
    question = the_question(opened)
    told = {"round": opened.round, "user_id": user.id, "supplier_id": kept.supplier_id, "reason": "Worked there"}
    moments = {"created_at": opened.clock(), "stated_at": opened.clock(), "stated_by_id": user.id}
    opened.build.add(Conflict(**told, **moments))
    sight, tied = sight_of(opened), sight_of(opened, kept_out=frozenset({kept.id}))
    assert question.mention.submission_id == kept.id
    assert questions.queue(session, sight) == [question.id]
    assert questions.queue(session, tied) == []
    assert bulk.preview(session, [question.public_id], "different", tied) == []
    here, public_id = f"/rounds/{opened.round.public_id}/sites/questions", question.public_id
    session.commit()
    lead = sign_in(user, body)

    assert "Kept IT" not in lead.page(here).text
    assert lead.get(f"{here}/{public_id}").status_code == 404
    for data in ({"verdict": "later"}, {"verdict": "different", "motive": "two gates"}):
        assert lead.post(f"{here}/{public_id}", data=data).status_code == 404
    session.rollback()
    assert session.scalars(select(MatchQuestion.state)).all() == ["open"]


def test_the_record_keeps_an_answer_from_whom_the_tender_of_its_question_is_kept(opened, session, lead):
    opened.built(rows(SURE), name="First IT")
    kept = opened.built(rows(NEIGHBOUR), name="Kept IT")
    acts.put_off(session, the_question(opened), actor=lead, now=opened.clock())
    kinds = select(AuditEvent.kind).where(AuditEvent.kind == "site.put_off")
    assert len(session.scalars(kinds).all()) == 1
    keep_out(session, frozenset({kept.id}))
    assert session.scalars(kinds).all() == []
