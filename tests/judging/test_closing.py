"""The judging is closed by a chair without a tie, once all is settled and the terms are those that were frozen."""

from __future__ import annotations

import datetime as dt
import io
import re
from decimal import Decimal
from fractions import Fraction
from html import unescape

import openpyxl
import pytest
from sqlalchemy import event, select

from framework.chain.measures import facts, formulas
from framework.ground.conflicts import keep_out
from framework.ground.errors import MoveRefused, NotAllowed
from framework.judging import assessing, closing, points, ranking, settling, steps, taking_out
from framework.judging.settling import Moderated
from framework.rounds import next_action, publication
from models.chain import Product
from models.people import Organisation, User
from models.ranking import RankingLine, RankingPoints
from models.records import AuditEvent
from models.rounds import Criterion
from tests.judging.test_own_sheet import write_again
from tests.judging.test_scoring_page import browsers
from tests.memory import remembered

LEVELS = {"level_1": "0.40", "level_2": "0.35", "level_3": "0.20", "level_4": "0.05"}
EVIDENCE = {"E0": "0", "E1": "0.4", "E2": "0.6", "E3": "0.8", "E4": "1"}


class Closing:
    """Two tenders of four sections and a criterion with points, all judged, and terms that are frozen."""

    @remembered
    def __init__(self, judged, criteria):
        self.judged, self.session = judged, judged.session
        self.criteria = [self.criterion(position, *one) for position, one in enumerate(criteria)]
        self.north, self.items = judged.tender(name="Northern IT")
        self.south, others = judged.tender(name="Southern IT")
        for tender in (self.north, self.south):
            for one in self.criteria:
                if one.formula == "points":
                    item = judged.item(tender, "", "", position=9, brand="", criterion=one, scale_max=10)
                    self.items = [*self.items, item] if tender is self.north else self.items
                    others = [*others, item] if tender is self.south else others
                    for actor in judged.evaluators:
                        judged.assign(item, actor)
        self.others = others
        self.freeze()

    def criterion(self, position, name, formula, weight, parameters):
        return self.judged.build.add(
            Criterion(
                round=self.judged.round,
                position=position,
                name=name,
                place="award",
                weight=Decimal(weight),
                formula=formula,
                parameters=parameters,
                created_at=self.judged.clock(),
            )
        )

    def freeze(self):
        self.session.flush()
        self.session.refresh(self.judged.round)
        text = publication.canonical(self.session, self.judged.round)
        self.judged.round.frozen_text, self.judged.round.frozen_hash = text, publication.sha256(text)
        self.session.flush()

    @remembered
    def judge(self, tender, items, level, mark):
        for actor in self.judged.evaluators:
            for item in items:
                if item.section:
                    self.judged.save(item, actor, level)
                else:
                    self.judged.save(item, actor, "", points=Decimal(mark))
            self.judged.finish(tender, actor)

    @remembered
    def judge_all(self):
        self.judge(self.north, self.items, "E1", "8")
        self.judge(self.south, self.others, "E0", "4.5")

    def close(self, actor=None, motive=""):
        closing.close(
            self.session, self.judged.round, motive, actor=actor or self.judged.chair, now=self.judged.clock()
        )


WHOLE = [
    ("Spare parts", "points", 60, {"scale": "10"}),
    ("Evidence", "reliability", 40, EVIDENCE),
]


@pytest.fixture
@remembered
def whole(judged):
    return Closing(judged, WHOLE)


def refused(closing_, actor=None):
    with pytest.raises(MoveRefused) as told:
        closing_.close(actor)
    return told.value.code


def test_closing_fixes_the_scores_and_counts_the_ranking(whole, session):
    whole.judge_all()
    whole.close()
    assert whole.judged.round.state == "award"
    assert (whole.north.state, whole.south.state) == ("scored", "scored")
    kept = ranking.newest(session, whole.judged.round)
    (table,) = ranking.tables(session, kept)
    assert [(one.submission_id, one.place, one.total) for one in table.lines] == [
        (whole.north.id, 1, Decimal("64.00")),  # 60 x 8/10 and 40 x 0.4
        (whole.south.id, 2, Decimal("27.00")),  # 60 x 4.5/10 and 40 x 0
    ]
    kinds = list(session.scalars(select(AuditEvent.kind).order_by(AuditEvent.seq.desc()).limit(4)))
    assert sorted(kinds) == [
        "ranking.counted",
        "round.close_judging",
        "submission_tender.fix_scores",
        "submission_tender.fix_scores",
    ]


def test_transparency_counts_what_formula_and_pool_say(judged, session):
    one = Closing(judged, [("Chain", "transparency", 15, LEVELS), ("Whole", "completeness", 10, LEVELS)])
    one.judge_all()
    one.close()
    products = session.scalars(select(Product).where(Product.submission_id == one.north.id)).all()
    scale = facts.scale(judged.round)
    said = facts.load(session, judged.round, products, [one.north])
    wanted = [
        formulas.mean(formulas.award_value(each.nodes, each.on, scale) for each in said),
        formulas.mean(formulas.completeness(each.nodes, scale) for each in said),
    ]
    query = select(RankingPoints).where(RankingPoints.submission_id == one.north.id).order_by(RankingPoints.id)
    found = session.scalars(query).all()
    assert [each.points for each in found] == [
        formulas.rounded(Fraction(weight) * value, 2) for weight, value in zip((15, 10), wanted, strict=True)
    ]
    assert found[0].points > 0


def test_without_prices_the_ranking_is_unknown_and_says_why(judged, session):
    one = Closing(judged, [*WHOLE, ("Price", "absolute_linear", 50, {"p_low": "60", "p_high": "140"})])
    one.judge_all()
    one.close()
    lines = session.scalars(select(RankingLine).order_by(RankingLine.id)).all()
    assert [(each.place, each.total, each.reason, each.known) for each in lines] == [
        (None, None, "no_price", Decimal("64.00")),
        (None, None, "no_price", Decimal("27.00")),
    ]


def test_the_round_is_locked_before_its_verdicts(whole, session):
    """As by whoever shares out or states a tie, so that no two of them wait for each other."""
    locked = []

    def note(state):
        if state.is_select and state.statement._for_update_arg is not None:
            locked.append(state.statement.get_final_froms()[0].name)

    whole.judge_all()
    event.listen(session, "do_orm_execute", note)
    whole.close()
    event.remove(session, "do_orm_execute", note)
    assert locked[:2] == ["round", "verdict"]


def test_the_page_names_what_is_missing(judged, session, sign_in):
    one = Closing(judged, [*WHOLE, ("Price", "absolute_linear", 50, {"p_low": "60", "p_high": "140"})])
    one.judge_all()
    one.close()
    people = browsers(judged, sign_in, session, {"anna": judged.evaluators[0]})
    session.commit()
    page = people["anna"].get(f"/rounds/{judged.round.public_id}/judging/ranking").text
    assert "The ranking of this lot is unknown" in page
    assert page.count("Price: prices are not handed in here") == 1
    assert "64.00" in page, "the points that are known"


def test_where_no_quantity_is_pooled_the_chair_says_what_becomes_of_it(whole, session):
    for product in session.scalars(select(Product)):
        product.category = "server"
    session.flush()
    whole.judge_all()
    with pytest.raises(MoveRefused) as told:
        whole.close()
    assert told.value.code == "points-not-given"
    lot, north, south = whole.judged.lot.name, whole.north.receipt_number, whole.south.receipt_number
    assert told.value.params == {
        "places": [f"{lot} · Evidence · Northern IT ({north})", f"{lot} · Evidence · Southern IT ({south})"],
        "reasons": ["no pooled quantity stands behind what is offered"],
    }
    whole.close(motive="The criterion is left out by the published rule 4.3.")
    kept = ranking.newest(session, whole.judged.round)
    assert kept.motive == "The criterion is left out by the published rule 4.3."
    reasons = session.scalars(select(RankingPoints.reason).where(RankingPoints.reason != "")).all()
    assert set(reasons) == {"no_volume"}


def test_a_missing_verdict_and_a_discussion_stand_in_the_way(whole):
    assert refused(whole) == "closing-verdicts"
    whole.judge(whole.south, whole.others, "E0", "4.5")
    anna, bert = whole.judged.evaluators
    for actor, level in ((anna, "E3"), (bert, "E0")):
        whole.judged.save(whole.items[0], actor, level)
        for item in whole.items[1:4]:
            whole.judged.save(item, actor, "E1")
        whole.judged.save(whole.items[4], actor, "", points=Decimal(8))
        whole.judged.finish(whole.north, actor)
    assert refused(whole) == "closing-talks"
    verdict, told = whole.judged.verdict(whole.items[0]), Moderated(level="E1", motive="Between.")
    settling.moderate(whole.session, verdict, told, actor=whole.judged.chair, now=whole.judged.clock())
    whole.close()
    assert whole.judged.round.state == "award"


def test_an_item_without_any_verdict_counts_as_missing(whole, session):
    whole.judge_all()
    whole.judged.item(whole.north, "mi", "tin", position=11)
    assert refused(whole) == "closing-verdicts"


def test_an_open_question_to_a_supplier_stands_in_the_way(whole):
    whole.judge_all()
    whole.north.state = "clarification_asked"
    whole.session.flush()
    assert refused(whole) == "closing-questions"


def test_changed_criteria_stand_in_the_way(whole, session):
    whole.judge_all()
    whole.criteria[0].weight = Decimal(55)
    session.flush()
    session.refresh(whole.judged.round)
    assert refused(whole) == "closing-terms"
    whole.criteria[0].weight = Decimal(60)
    session.flush()
    whole.judged.round.frozen_text += " "
    assert refused(whole) == "closing-terms"


def test_only_a_chair_without_a_tie_closes_and_only_while_the_round_is_judged(whole, session):
    whole.judge_all()
    lead = whole.judged.build.person(whole.judged.round.organisation)
    for actor in (whole.judged.evaluators[0], lead):
        with pytest.raises(NotAllowed):
            whole.close(actor)
    whole.judged.tie(whole.judged.chair, whole.south)
    with pytest.raises(NotAllowed) as told:
        whole.close()
    assert told.value.rule == "SD3"
    second = whole.judged.evaluator(role="chair")
    whole.close(second)
    assert refused(whole, second) == "move-not-listed"


def test_no_value_moves_once_the_judging_is_closed(whole):
    whole.judge_all()
    whole.close()
    judged, now = whole.judged, whole.judged.clock()
    verdict, one = judged.verdict(whole.items[0]), judged.own(whole.items[0], judged.evaluators[0])
    acts = [
        lambda: settling.call_moderation(whole.session, verdict, actor=judged.chair, now=now, motive="Again."),
        lambda: assessing.reopen(whole.session, one, actor=judged.chair, now=now, motive="Again."),
        lambda: taking_out.void(whole.session, one, "Again.", actor=judged.chair, now=now),
    ]
    for act in acts:
        with pytest.raises(MoveRefused) as told:
            act()
        assert told.value.code == "not-judging"


def test_the_chair_closes_on_the_page_and_evaluators_then_see_the_ranking(whole, session, sign_in):
    judged = whole.judged
    people = browsers(judged, sign_in, session, {"anna": judged.evaluators[0], "chair": judged.chair})
    outsider = judged.build.user(judged.member, "member")
    member = sign_in(outsider, session.get_one(Organisation, judged.member.id))
    here = f"/rounds/{judged.round.public_id}/judging"
    session.commit()
    page = unescape(people["chair"].get(f"{here}/close").text)
    assert "10 items have no verdict yet." in page
    names = [session.get_one(User, one.user_id).name for one in judged.evaluators]
    assert all(name in page for name in names)
    assert f'action="{here}/close"' not in page
    assert "10 items have no verdict yet." in people["chair"].get(here).text
    assert people["anna"].get(f"{here}/close").status_code == 403
    assert people["chair"].get(f"{here}/ranking").status_code == 409
    write_again(session)
    whole.judge_all()
    session.commit()
    page = people["chair"].get(f"{here}/close").text
    assert "Everything is settled." in page
    assert "64.00" not in page
    done = people["chair"].post(f"{here}/close")
    assert done.location.endswith("/ranking")
    for name in ("chair", "anna"):
        page = people[name].get(f"{here}/ranking").text
        assert re.search(r"64\.00.*27\.00", page, re.DOTALL)
    assert member.get(f"{here}/ranking").status_code == 403
    assert f'href="{here}/ranking"' in people["anna"].get(f"/rounds/{judged.round.public_id}/judging/discussion").text
    assert people["anna"].get(f"{here}/ranking.xlsx").status_code == 200


def test_a_mark_of_ten_is_ten_in_the_workbook(whole, session, sign_in):
    judged = whole.judged
    whole.judge(whole.north, whole.items, "E1", "10")
    whole.judge(whole.south, whole.others, "E0", "4.5")
    whole.close()
    people = browsers(judged, sign_in, session, {"anna": judged.evaluators[0]})
    session.commit()
    answer = people["anna"].get(f"/rounds/{judged.round.public_id}/judging/ranking.xlsx")
    rows = list(openpyxl.load_workbook(io.BytesIO(answer.data))["Points"].iter_rows(values_only=True))
    assert [row[5] for row in rows if row[2] == "Spare parts"] == ["10", "4.5"]


def test_the_ranking_leaves_out_what_a_tie_keeps_from_its_reader(whole, session, sign_in):
    judged = whole.judged
    whole.judge_all()
    whole.close()
    judged.tie(judged.evaluators[0], whole.south)
    people = browsers(judged, sign_in, session, {"anna": judged.evaluators[0]})
    session.commit()
    page = people["anna"].get(f"/rounds/{judged.round.public_id}/judging/ranking").text
    assert "Northern IT" in page
    assert "Southern IT" not in page
    assert "27.00" not in page


def rank_with_an_unknown(one, motive="What becomes of Southern IT."):
    """Close with a motive, and leave the second tender without points, so that the lot has no places."""
    one.judge_all()
    one.close(motive=motive)
    lines = one.session.scalars(select(RankingLine).order_by(RankingLine.id)).all()
    for line in lines:
        line.place, line.reason = None, points.OTHERS
    lines[1].total, lines[1].reason = None, points.NO_MARK
    one.session.flush()


@pytest.mark.parametrize("is_known", [True, False])
def test_no_place_and_no_motive_tells_of_a_tender_that_is_kept_out(whole, session, sign_in, is_known):
    judged, told = whole.judged, "What becomes of Southern IT."
    if is_known:
        whole.judge_all()
        whole.close(motive=told)
    else:
        rank_with_an_unknown(whole, told)
    anna, bert = judged.evaluators
    judged.tie(anna, whole.south)
    people = browsers(judged, sign_in, session, {"anna": anna, "bert": bert})
    session.commit()
    here = f"/rounds/{judged.round.public_id}/judging/ranking"
    page = people["anna"].get(here).text
    assert "your stated tie keeps a tender of this lot from you" in page
    assert '<td class="num">–</td>' in page
    for part in ("not all points are known", "another tender in this lot", "Southern IT"):
        assert part not in page
    book = openpyxl.load_workbook(io.BytesIO(people["anna"].get(f"{here}.xlsx").data))
    (row,) = list(book["Ranking"].iter_rows(min_row=2, values_only=True))
    assert row[2] is None
    assert "your stated tie" in row[5]
    page = people["bert"].get(here).text
    assert told in page
    assert "your stated tie" not in page
    assert ("another tender in this lot" in page) is not is_known


def test_the_record_keeps_the_motive_of_closing_from_whom_a_ranked_tender_is_kept(whole, session):
    whole.judge_all()
    whole.close(motive="What becomes of Southern IT.")
    kinds = select(AuditEvent.kind).where(AuditEvent.kind.in_(("round.close_judging", "ranking.counted")))
    keep_out(session, frozenset({whole.south.id}))
    assert session.scalars(kinds).all() == []
    keep_out(session, frozenset({whole.south.id + 100}))
    assert len(session.scalars(kinds).all()) == 2


def test_a_value_that_was_taken_out_after_closing_is_told_with_the_ranking(whole, session, sign_in):
    """A tie that is stated then binds as ever; the ranking is not counted anew, and says so."""
    judged, anna = whole.judged, whole.judged.evaluators[0]
    whole.judge_all()
    whole.close()
    kept = ranking.newest(session, judged.round)
    assert ranking.taken_out_since(session, kept) is None
    lead = judged.build.person(judged.round.organisation)
    reader = next_action.Reader(lead, frozenset({"lead"}), judged.clock())
    assert steps._ranking(session, judged.round, reader).urgency == 40
    at = judged.clock() + dt.timedelta(hours=1)
    judged.tie(anna, whole.south)
    taking_out.of_person(session, judged.round, anna, {whole.south.id}, now=at)
    assert ranking.taken_out_since(session, kept) == at
    step = steps._ranking(session, judged.round, reader)
    assert (step.sentence, step.params) == (ranking.TAKEN_OUT, {"when": at})
    people = browsers(judged, sign_in, session, {"bert": judged.evaluators[1]})
    session.commit()
    page = people["bert"].get(f"/rounds/{judged.round.public_id}/judging/ranking").text
    assert "A value that this ranking stands on was taken out on" in page


def disagree(one):
    """Both evaluators judge all of the first tender, far apart on one item; the second tender waits."""
    for actor, level in zip(one.judged.evaluators, ("E3", "E0"), strict=True):
        one.judged.save(one.items[0], actor, level)
        for item in one.items[1:4]:
            one.judged.save(item, actor, "E1")
        one.judged.save(one.items[4], actor, "", points=Decimal(8))
        one.judged.finish(one.north, actor)


def test_who_judges_blind_is_not_told_where_evaluators_disagree(whole, session, sign_in):
    """A chair that has yet to ask to see what others found, where the round lets it judge as well."""
    judged = whole.judged
    judged.assign(judged.item(whole.south, "mi", "tin", position=12), judged.chair)
    disagree(whole)
    told = closing.readiness(session, judged.round, is_blind=True)
    assert [one.key for one in told] == ["unsettled", "questions", "chair", "terms"]
    assert (told[0].params, told[0].names) == ({"count": 7}, ())
    reader = next_action.Reader(judged.chair, frozenset({"chair"}), judged.clock())
    assert steps._moderate(session, judged.round, reader) is None
    assert refused(whole) == "closing-unsettled"
    free = judged.evaluator(role="chair")
    reader = next_action.Reader(free, frozenset({"chair"}), judged.clock())
    assert steps._moderate(session, judged.round, reader) is not None
    people = browsers(judged, sign_in, session, {"chair": judged.chair, "free": free})
    session.commit()
    here = f"/rounds/{judged.round.public_id}/judging"
    for path in (here, f"{here}/close"):
        page = people["chair"].get(path).text
        assert "7 items are without a settled verdict." in page
        assert "discussion." not in page
        assert "1 item is still to be settled in discussion." in people["free"].get(path).text


def test_a_chair_with_a_tie_is_told_before_it_presses_and_the_lead_names_another(whole, session, sign_in):
    judged = whole.judged
    whole.judge_all()
    judged.tie(judged.chair, whole.south)
    found = {one.key: one for one in closing.readiness(session, judged.round)}
    assert (found["chair"].holds, found["chair"].whose) == (False, "lead")
    reader = next_action.Reader(judged.chair, frozenset({"chair"}), judged.clock())
    assert steps._close(session, judged.round, reader) is None
    user = session.get_one(User, judged.build.person(judged.round.organisation).user_id)
    chair = browsers(judged, sign_in, session, {"chair": judged.chair})["chair"]
    lead = sign_in(user, session.get_one(Organisation, judged.round.organisation_id))
    judged.states_no_tie(user, judged.round.organisation)
    session.commit()
    here = f"/rounds/{judged.round.public_id}/judging"
    page = lead.get(here).text
    assert "No chair is without a tie" in page
    assert re.search(rf'href="{here}/judges"[^>]*>\s*No chair is without a tie', page)
    page = chair.get(f"{here}/close").text
    assert "Another chair closes it." in page
    assert f'action="{here}/close"' not in page
    write_again(session)
    second = judged.evaluator(role="chair")
    session.commit()
    assert {one.key: one.holds for one in closing.readiness(session, judged.round)}["chair"]
    assert f'action="{here}/close"' not in chair.get(f"{here}/close").text
    reader = next_action.Reader(second, frozenset({"chair"}), judged.clock())
    assert steps._close(session, judged.round, reader) is not None


def test_a_chair_is_not_led_to_a_discussion_that_a_tie_keeps_from_it(whole, session):
    disagree(whole)
    free = whole.judged.evaluator(role="chair")
    reader = next_action.Reader(free, frozenset({"chair"}), whole.judged.clock())
    assert steps._moderate(session, whole.judged.round, reader) is not None

    whole.judged.tie(free, whole.north)

    assert steps._moderate(session, whole.judged.round, reader) is None
