"""Each alone: saving, finishing in one act, what is refused; and the verdict that the last final settles."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from decimal import Decimal

import pytest
from sqlalchemy import delete, func, select

from framework.ground.errors import InvalidInput, MoveRefused, NotAllowed
from framework.judging import assessing, assigning, blind, claims, evidence, judges, piles, settling, steps, taking_out
from framework.judging.assessing import Values
from framework.judging.settling import Moderated
from framework.rounds.next_action import Reader
from models.disclosure import Submission
from models.judging import AssessmentVersion, ConflictStatement, Dissent, Item, VerdictVersion
from models.measures import ProductMeasures
from models.people import User
from models.records import AuditEvent
from models.rounds import Criterion
from tests.chain.published.listed import DAY, Listed
from tests.chain.published.test_counting import ID, entries
from tests.judging.judged import signed_rows


def test_the_evidence_of_each_section_allows_a_level(judged, session):
    submission, items = judged.tender()
    found = claims.load(session, judged.round, submission, items)
    assert [found[item.id].ceiling for item in items] == ["E3", "E2", "E1", "E1"]
    assert [len(found[item.id].places) for item in items] == [1, 1, 1, 1]
    assert found[items[0].id].places[0].products == 2
    (cell,) = found[items[0].id].cells("E3")
    assert cell[1] == "evidence_file"


def unaudited(**more):
    """The signed rows without audits, and with more values for the sites."""
    rows = [(sheet, dict(values)) for sheet, values in signed_rows() if sheet != "6_audits"]
    for sheet, values in rows:
        if sheet == "3_sites" and values["site_ref"] == "S1":
            values.update(more)
    return rows


def test_a_factory_list_supports_e2_once_a_person_matched_its_row(judged, session):
    submission, items = judged.tender(unaudited())
    listed, anna = Listed(judged), judged.evaluators[0]
    made = listed.load()
    found = claims.load(session, judged.round, submission, items)
    assert found[items[0].id].ceiling == "E1", "the program proposes; it matches nothing"
    judged.save(items[0], anna, "E1")
    listed.match(made, submission)
    judged.save(items[0], anna, "E2", "The label lists it.")
    (cell,) = judged.own(items[0], anna).sources
    assert cell[1] == "site_ref"
    (support,) = [
        one
        for one in claims.load(session, judged.round, submission, items)[items[0].id].places[0].supports
        if one.kind == evidence.REGISTRY
    ]
    assert support.name == "Fair Label, Fair Foundation, 2026-09-01"
    with pytest.raises(InvalidInput):
        judged.save(items[0], anna, "E3")


def test_an_id_of_a_registry_supports_e2_only_where_the_loaded_registry_names_it_for_the_brand(judged, session):
    submission, items = judged.tender(unaudited(os_id=ID))
    listed = Listed(judged)
    assert claims.load(session, judged.round, submission, items)[items[0].id].ceiling == "E1"
    entries(listed, f"{ID},Open contributor,Another brand")
    assert claims.load(session, judged.round, submission, items)[items[0].id].ceiling == "E1"
    entries(listed, f"{ID},Open contributor,Acme", day=DAY + dt.timedelta(days=1))
    claim = claims.load(session, judged.round, submission, items)[items[0].id]
    assert claim.ceiling == "E2"
    assert [cell[1] for cell in claim.cells("E2")] == ["os_id"]


def test_without_a_signature_the_statement_supports_nothing(judged, session):
    rows = [(sheet, {k: v for k, v in values.items() if k != "signatory_name"}) for sheet, values in signed_rows()]
    submission, items = judged.tender(rows)
    assert claims.load(session, judged.round, submission, items)[items[3].id].ceiling == "E0"


def test_saving_begins_an_assessment_and_notes_the_cells_of_the_evidence(judged):
    _submission, items = judged.tender()
    anna = judged.evaluators[0]
    one = judged.save(items[0], anna, "E3", seconds=12)
    assert (one.state, one.level, one.seconds) == ("draft", "E3", 12)
    assert one.sources
    assert one.saved_at is not None
    judged.save(items[0], anna, "E1", seconds=3)
    assert (one.level, one.seconds, one.sources) == ("E1", 15, [])
    assert judged.verdict(items[0]).best_evidence == "E3"


@pytest.mark.parametrize("level", ["E4", "E9"])
def test_a_level_above_the_evidence_or_off_the_scale_is_refused(judged, level):
    _submission, items = judged.tender()
    with pytest.raises(InvalidInput):
        judged.save(items[0], judged.evaluators[0], level)


def test_points_stay_within_the_scale_of_the_criterion(judged, session, build):
    submission, _items = judged.tender(evaluators=[])
    criterion = build.add(
        Criterion(
            round=judged.round,
            name="Plan",
            place="award",
            weight=Decimal(10),
            formula="points",
            created_at=judged.clock(),
        )
    )
    item = build.add(
        Item(
            round=judged.round,
            submission=submission,
            lot=judged.lot,
            position=9,
            criterion=criterion,
            scale_max=10,
            created_at=judged.clock(),
        )
    )
    for actor, points in zip(judged.evaluators, ("6", "7"), strict=True):
        judged.assign(item, actor)
        told = Values(points=Decimal(points), motive="Because.")
        with pytest.raises(InvalidInput):
            assessing.save(
                session, judged.own(item, actor), Values(points=Decimal(11)), actor=actor, now=judged.clock()
            )
        assessing.save(session, judged.own(item, actor), told, actor=actor, now=judged.clock())
        judged.finish(submission, actor)
    assert (judged.verdict(item).state, judged.verdict(item).points) == ("agreed", Decimal("6.50"))


def test_nobody_else_saves_and_nobody_with_a_tie_or_without_a_statement(judged, session):
    submission, items = judged.tender()
    anna, bert = judged.evaluators
    with pytest.raises(NotAllowed):
        assessing.save(session, judged.own(items[0], anna), Values("E1"), actor=bert, now=judged.clock())
    judged.tie(anna, submission)
    with pytest.raises(NotAllowed, match="conflict-of-interest"):
        judged.save(items[0], anna)


@pytest.mark.statements
def test_nobody_judges_before_the_statement_of_conflicts(judged, session):
    _submission, items = judged.tender()
    other = judged.evaluator()
    session.execute(delete(ConflictStatement).where(ConflictStatement.user_id == other.user_id))
    judged.assign(items[0], other)
    with pytest.raises(NotAllowed, match="statement-missing"):
        judged.save(items[0], other)


def test_finishing_is_one_act_for_the_whole_tender(judged):
    submission, items = judged.tender()
    anna = judged.evaluators[0]
    for item in items[:3]:
        judged.save(item, anna)
    with pytest.raises(MoveRefused, match="not-ready"):
        judged.finish(submission, anna)
    assert {judged.own(item, anna).state for item in items[:3]} == {"draft"}
    judged.save(items[3], anna)
    assert judged.finish(submission, anna) == 4
    assert {judged.own(item, anna).state for item in items} == {"final"}
    with pytest.raises(MoveRefused):
        judged.save(items[0], anna, "E0")


def test_the_last_final_settles_the_verdict_and_marks_the_models(judged, session):
    submission, items = judged.tender()
    anna, bert = judged.evaluators
    judged.all_say(submission, items, anna, ["E3", "E2", "E1", "E1"])
    assert {judged.verdict(item).state for item in items} == {"open"}
    judged.all_say(submission, items, bert, ["E2", "E0", "E1", "E0"])
    found = [judged.verdict(item) for item in items]
    assert [one.state for one in found] == ["agreed", "in_moderation", "agreed", "agreed"]
    assert [one.level for one in found] == ["E2", "", "E1", "E0"]
    assert [(one.lowest, one.highest, one.counted) for one in found][:2] == [("E2", "E3", 2), ("E0", "E2", 2)]
    stale = select(func.count()).select_from(ProductMeasures).where(ProductMeasures.is_stale)
    assert session.scalar(stale) == 2
    kinds = session.scalars(select(AuditEvent.kind).where(AuditEvent.kind.like("verdict.%"))).all()
    assert sorted(kinds) == ["verdict.call_moderation", "verdict.settle", "verdict.settle", "verdict.settle"]


def disagreeing(judged):
    submission, items = judged.tender()
    anna, bert = judged.evaluators
    judged.all_say(submission, items, anna, ["E3", "E2", "E1", "E1"])
    judged.all_say(submission, items, bert, ["E2", "E0", "E1", "E0"])
    return submission, items


def test_a_moderated_value_lies_within_the_range_and_keeps_dissent_and_originals(judged, session):
    _submission, items = disagreeing(judged)
    one, chair = judged.verdict(items[1]), judged.chair
    bert = judged.evaluators[1]

    def say(level, motive="We looked again."):
        told = Moderated(level, motive=motive, dissents={bert.organisation_id: "Not enough."})
        settling.moderate(session, one, told, actor=chair, now=judged.clock())

    with pytest.raises(InvalidInput, match="outside-the-range"):
        say("E3")
    with pytest.raises(MoveRefused, match="motive-missing"):
        say("E1", motive=" ")
    say("E1")
    assert (one.state, one.level, one.lowest, one.highest) == ("moderated", "E1", "E0", "E2")
    dissent = session.scalars(select(Dissent)).one()
    assert (dissent.member_id, dissent.words) == (bert.organisation_id, "Not enough.")
    assert sorted(judged.own(items[1], actor).level for actor in judged.evaluators) == ["E0", "E2"]
    with pytest.raises(NotAllowed):
        settling.call_moderation(session, one, actor=bert, now=judged.clock(), motive="Again")
    settling.call_moderation(session, one, actor=chair, now=judged.clock(), motive="Again")
    assert (one.state, one.level, one.called_motive) == ("in_moderation", "", "Again")
    say("E2")
    assert [version.level for version in session.scalars(select(VerdictVersion))] == ["E1"]
    assert session.scalar(select(func.max(Dissent.number))) == 2


def test_the_chair_calls_moderation_with_a_motive(judged, session):
    _submission, items = disagreeing(judged)
    one = judged.verdict(items[0])
    with pytest.raises(MoveRefused, match="motive-missing"):
        settling.call_moderation(session, one, actor=judged.chair, now=judged.clock(), motive="")
    settling.call_moderation(
        session, one, actor=judged.chair, now=judged.clock(), motive="The audit is of another site."
    )
    assert (one.state, one.level) == ("in_moderation", "")


def test_a_chair_with_a_tie_or_an_own_assessment_does_not_moderate(judged, session):
    submission, items = disagreeing(judged)
    judged.tie(judged.chair, submission)
    with pytest.raises(NotAllowed, match="conflict-of-interest"):
        settling.call_moderation(session, judged.verdict(items[0]), actor=judged.chair, now=judged.clock(), motive="x")
    second = judged.evaluators[0]
    user = session.get_one(User, second.user_id)
    judged.build.appoint(judged.round, user, judged.member, "chair")
    both = judged.build.actor(user, judged.member)
    with pytest.raises(NotAllowed, match="own-item"):
        settling.call_moderation(session, judged.verdict(items[0]), actor=both, now=judged.clock(), motive="x")


def test_the_chair_reopens_only_before_the_others_were_shown(judged, session):
    submission, items = disagreeing(judged)
    anna, chair = judged.evaluators[0], judged.chair
    one = judged.own(items[0], anna)
    assessing.reopen(session, one, actor=chair, now=judged.clock(), motive="Wrong supplier")
    assert one.state == "draft"
    assert (judged.verdict(items[0]).state, judged.verdict(items[0]).level) == ("open", "")
    assert session.scalars(select(AssessmentVersion.level)).one() == "E3"
    judged.save(items[0], anna, "E2")
    judged.finish(submission, anna)
    assert (judged.verdict(items[0]).state, judged.verdict(items[0]).level) == ("agreed", "E2")
    blind.look(session, submission, actor=anna, now=judged.clock())
    with pytest.raises(MoveRefused, match="others-seen"):
        assessing.reopen(session, one, actor=chair, now=judged.clock(), motive="Again")
    with pytest.raises(NotAllowed):
        assessing.reopen(session, one, actor=anna, now=judged.clock(), motive="Again")


def test_looking_waits_until_all_own_of_the_tender_are_final(judged, session):
    submission, items = judged.tender()
    anna = judged.evaluators[0]
    judged.save(items[0], anna)
    with pytest.raises(MoveRefused, match="own-not-final"):
        blind.look(session, submission, actor=anna, now=judged.clock())
    roles = {"evaluator"}
    assert blind.open_to(session, judged.round, anna, roles, [submission.id]) == frozenset()
    for item in items[1:]:
        judged.save(item, anna)
    judged.finish(submission, anna)
    assert blind.open_to(session, judged.round, anna, roles, [submission.id]) == frozenset()
    assert blind.look(session, submission, actor=anna, now=judged.clock()) == 4
    assert blind.open_to(session, judged.round, anna, roles, [submission.id]) == {submission.id}
    judged.tie(anna, submission)
    assert blind.open_to(session, judged.round, anna, roles, [submission.id]) == frozenset()


def test_an_evaluator_without_items_of_a_tender_waits_until_nobody_judges_it(judged, session):
    submission, items = judged.tender()
    idle, roles = judged.evaluator(), {"evaluator"}

    def seen(roles):
        return blind.open_to(session, judged.round, idle, roles, [submission.id])

    judged.all_say(submission, items, judged.evaluators[0], ["E1"] * 4)
    assert seen(roles) == frozenset()
    assert not blind.sees_verdicts(session, judged.round, idle, roles)
    assert seen({"chair"}) == {submission.id}
    judged.all_say(submission, items, judged.evaluators[1], ["E1"] * 4)
    assert seen(roles) == {submission.id}
    assert blind.sees_verdicts(session, judged.round, idle, roles)


def test_nobody_comes_to_an_item_that_is_settled_or_to_a_tender_of_which_others_were_seen(judged, session):
    submission, items = judged.tender(evaluators=[])
    anna, berit = judged.evaluators
    chair = {"actor": judged.chair, "now": judged.clock()}
    for item in items[:2]:
        for one in (anna, berit):
            judged.assign(item, one)
    judged.assign(items[2], berit)
    judged.all_say(submission, items[:2], anna, ["E1"] * 2)
    blind.look(session, submission, actor=anna, now=judged.clock())
    late = [assigning.Change(items[2].id, anna.user_id, is_added=True)]
    with pytest.raises(MoveRefused, match="others-seen-before"):
        assigning.apply(session, judged.round, late, "", **chair)
    given = assigning.share(session, judged.round, **chair)
    assert not [pair for pair in given.pairs if pair[1] == anna.user_id]
    judged.all_say(submission, items, berit, ["E1"] * 4)
    assert judged.verdict(items[0]).state == "agreed"
    third = [assigning.Change(items[0].id, judged.evaluator().user_id, is_added=True)]
    with pytest.raises(MoveRefused, match="verdict-given"):
        assigning.apply(session, judged.round, third, "", **chair)


def test_what_is_left_of_an_excluded_tender_waits_for_nobody(judged, session):
    submission, _items = judged.tender()
    anna, roles = judged.evaluators[0], {"evaluator"}
    submission.state = "excluded"
    session.flush()

    assert blind.own(session, judged.round, anna.user_id) == []
    assert blind.sees_verdicts(session, judged.round, anna, roles)
    assert piles.parts(session, judged.round, anna.user_id) == []
    assert assessing.own_of(session, submission, anna.user_id).lines == ()
    assert {one.held for one in judges.panel(session, judged.round)} == {0}


def test_once_the_judging_is_over_nothing_is_blind_and_while_it_runs_members_see_nothing(judged, session):
    submission, _items = judged.tender()
    anna, member = judged.evaluators[0], judged.build.person(judged.member, "member")

    assert not blind.sees_verdicts(session, judged.round, anna, {"evaluator"})
    assert not blind.sees_verdicts(session, judged.round, member, {"member"})
    judged.round.state = "award"
    assert blind.sees_verdicts(session, judged.round, anna, {"evaluator"})
    assert blind.sees_verdicts(session, judged.round, member, {"member"})
    assert blind.open_to(session, judged.round, anna, {"evaluator"}, [submission.id]) == {submission.id}


def test_the_record_tells_a_lead_who_judges_blind_nothing_of_what_others_found(judged, session, sign_in):
    body = judged.round.organisation
    user = judged.build.user(body)
    judged.build.appoint(judged.round, user, body, "evaluator")
    both = judged.build.actor(user, body, "lead")
    submission, items = judged.tender(evaluators=[*judged.evaluators[:1], both], sections=[("fa", "final_assembly")])
    anna = judged.evaluators[0]
    judged.all_say(submission, items, anna, ["E1"])
    one = judged.own(items[0], anna)
    assessing.reopen(session, one, actor=judged.chair, now=judged.clock(), motive="Read the wrong report")
    judged.finish(submission, anna)
    number, place = submission.id, f"/rounds/{judged.round.public_id}/record"
    session.commit()
    browser = sign_in(user, body)

    def told():
        bundle = zipfile.ZipFile(io.BytesIO(browser.get(f"{place}/bundle.zip").data))
        files = "".join(bundle.read(name).decode() for name in bundle.namelist() if name.endswith(".jsonl"))
        pages = [browser.get(f"{place}{ext}").get_data(as_text=True) for ext in ("", ".csv")]
        return ["Read the wrong report" in text for text in (*pages, files)]

    assert told() == [False, False, False]
    session.rollback()
    session.info["write"] = True
    judged.all_say(session.get_one(Submission, number), items, both, ["E1"])
    blind.look(session, session.get_one(Submission, number), actor=both, now=judged.clock())
    session.commit()
    assert told() == [True, True, True]


@pytest.mark.parametrize(("gone", "range_", "is_outside"), [(0, ("E1", "E2"), False), (2, ("E0", "E2"), True)])
def test_a_moderated_value_is_counted_anew_when_an_assessment_is_taken_out(judged, session, gone, range_, is_outside):
    people = [*judged.evaluators, judged.evaluator()]
    _submission, items = judged.tender(evaluators=people, sections=[("fa", "final_assembly")])
    for actor, level in zip(people, ("E0", "E1", "E2"), strict=True):
        judged.save(items[0], actor, level)
        judged.finish(items[0].submission, actor)
    one, told = judged.verdict(items[0]), Moderated("E2", motive="We looked.")
    chair = {"actor": judged.chair, "now": judged.clock()}
    settling.moderate(session, one, told, **chair)
    assert session.scalars(settling.outside(judged.round)).all() == []

    taking_out.void(session, judged.own(items[0], people[gone]), "Conflict", **chair)

    session.flush()
    assert (one.state, one.level, (one.lowest, one.highest), one.counted) == ("moderated", "E2", range_, 2)
    assert bool(session.scalars(settling.outside(judged.round)).all()) is is_outside
    assert [(each.act, each.counted) for each in session.scalars(select(VerdictVersion))] == [("recount", 3)]
    step = steps._moderate(session, judged.round, Reader(judged.chair, frozenset({"chair"}), judged.clock()))
    assert (step is not None) is is_outside
