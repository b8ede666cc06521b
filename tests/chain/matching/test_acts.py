"""Persons decide: answers hold for all equal rows and for ever, sites merge and split, and any of it is taken back exactly."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import event, select

from framework.chain.matching import acts, following, forms, merging, moving, naming, placing, undoing
from framework.ground.errors import RuleBroken
from models.chain import Mention, Site
from models.matching import ALIAS_KINDS, MatchDecision, MatchQuestion, PairMemory, SiteForm, SiteName
from models.records import AuditEvent
from tests.chain.opened import FA
from tests.memory import remembered

HEAD = [
    ("0_submission", {"brand": "Acme", "scope": "contract_models", "confidentiality_default": "consortium"}),
    ("1_products", {"product_ref": "P1", "lot": "L1", "brand": "Acme", "model_name": "One", "category": "laptop"}),
]
SURE = ("Lakeside Optics Ltd", "58 First Avenue, Kunshan")
SPELT = ("LAKESIDE OPTICS CO., LTD.", "No. 58 First Ave., Kunshan")
NEIGHBOUR = ("Lakeside Optics", "60 First Avenue, Kunshan")
OTHER = ("Redstone Battery", "7 Mill Lane, Kunshan")
PENGLANG, BACHENG, BETWEEN = (
    ("Garden Casting", f"9 Garden Road, {place}Kunshan") for place in ("Penglang, ", "Bacheng, ", "")
)
"""The first two contradict each other; the third fits both."""


def rows(*places):
    sites = [
        (
            "3_sites",
            {"site_ref": f"S{n}", "site_legal_name": name, "address_line": line, "country": "CN", "facility_type": FA},
        )
        for n, (name, line) in enumerate(places)
    ]
    return [*HEAD, *sites]


@pytest.fixture
@remembered
def lead(opened):
    return opened.build.person(opened.round.organisation, "lead")


def mentions(opened, *submissions):
    query = select(Mention).where(Mention.submission_id.in_([one.id for one in submissions])).order_by(Mention.id)
    return opened.session.scalars(query).all()


def the_question(opened):
    return opened.session.scalars(select(MatchQuestion).where(MatchQuestion.state == "open")).one()


def state(opened):
    opened.session.flush()
    where = {m.id: m.site_id for m in opened.session.scalars(select(Mention))}
    into = {s.id: s.merged_into_id for s in opened.session.scalars(select(Site))}
    found_by = {(f.site_id, f.key) for f in opened.session.scalars(select(SiteForm))}
    memory = {(p.key_a, p.key_b, p.verdict) for p in opened.session.scalars(select(PairMemory))}
    asked = {q.id: q.state for q in opened.session.scalars(select(MatchQuestion))}
    names = set(opened.session.scalars(select(SiteName.id).where(SiteName.ended_id.is_(None))))
    return (
        names,
        where,
        {site: to for site, to in into.items() if site in set(where.values()) or to},
        found_by,
        memory,
        asked,
    )


def test_equal_and_safe_descriptions_share_a_site_and_others_do_not(opened):
    one, two = opened.built(rows(SURE, OTHER)), opened.built(rows(SPELT))
    first, other, spelt = mentions(opened, one, two)
    assert first.site_id == spelt.site_id != other.site_id
    kinds = {d.mention_id: d.kind for d in opened.session.scalars(select(MatchDecision))}
    assert kinds == {first.id: "new", other.id: "new", spelt.id: "exact"}


def test_a_question_is_asked_once_and_its_answer_holds_for_the_next_round_of_uploads(opened, lead):
    opened.built(rows(SURE))
    asked = opened.built(rows(NEIGHBOUR))
    question = the_question(opened)
    (mention,) = mentions(opened, asked)
    assert mention.site_id is not None, "exact enough for a site of its own while it waits"
    site = opened.session.get_one(Site, question.candidates[0])
    acts.answer(opened.session, question, "same", site=site, motive="gate moved", actor=lead, now=opened.clock())
    assert mention.site_id == site.id
    for _again in range(3):
        (again,) = mentions(opened, opened.built(rows(NEIGHBOUR)))
        assert again.site_id == site.id
    assert opened.session.scalar(select(MatchQuestion.id).where(MatchQuestion.state == "open")) is None


def test_different_is_remembered_just_as_same(opened, lead):
    opened.built(rows(SURE))
    opened.built(rows(NEIGHBOUR))
    question = the_question(opened)
    acts.answer(opened.session, question, "different", site=None, motive="two gates", actor=lead, now=opened.clock())
    for _again in range(3):
        opened.built(rows(NEIGHBOUR))
        opened.built(rows(SURE))
    assert opened.session.scalar(select(MatchQuestion.id).where(MatchQuestion.state == "open")) is None
    sites = {m.site_id for m in opened.session.scalars(select(Mention))}
    assert len(sites) == 2


@pytest.mark.parametrize(
    ("verdict", "chosen", "motive", "code"),
    [
        ("same", False, "because", "site-not-asked"),
        ("same", True, " ", "motive-missing"),
        ("different", False, "", "motive-missing"),
        ("perhaps", True, "because", "verdict-unknown"),
    ],
)
def test_an_answer_that_says_too_little_changes_nothing(opened, lead, verdict, chosen, motive, code):
    opened.built(rows(SURE))
    opened.built(rows(NEIGHBOUR))
    question, before = the_question(opened), state(opened)
    site = opened.session.get_one(Site, question.candidates[0]) if chosen else None
    with pytest.raises(RuleBroken) as broken:
        acts.answer(opened.session, question, verdict, site=site, motive=motive, actor=lead, now=opened.clock())
    assert broken.value.code == code
    assert state(opened) == before


def test_a_settled_question_is_not_answered_twice(opened, lead):
    opened.built(rows(SURE))
    opened.built(rows(NEIGHBOUR))
    question = the_question(opened)
    acts.answer(opened.session, question, "different", site=None, motive="no", actor=lead, now=opened.clock())
    with pytest.raises(RuleBroken, match="question-settled"):
        acts.answer(opened.session, question, "different", site=None, motive="no", actor=lead, now=opened.clock())


def test_merge_and_split_move_every_mention_and_are_taken_back_exactly(opened, lead):
    one, two = opened.built(rows(SURE, OTHER)), opened.built(rows(SPELT))
    first, other, spelt = mentions(opened, one, two)
    lakeside, redstone = (opened.session.get_one(Site, m.site_id) for m in (first, other))
    before = state(opened)
    merged = merging.merge(
        opened.session, redstone, lakeside, opened.round, motive="bought", actor=lead, now=opened.clock()
    )
    assert {first.site_id, other.site_id, spelt.site_id} == {lakeside.id}
    parted = merging.split(
        opened.session, lakeside, [other], opened.round, motive="sold again", actor=lead, now=opened.clock()
    )
    assert other.site_id not in (lakeside.id, redstone.id)
    with pytest.raises(RuleBroken, match="later-decision"):
        undoing.undo(opened.session, merged, opened.round, actor=lead, now=opened.clock())
    undoing.undo(opened.session, parted, opened.round, actor=lead, now=opened.clock())
    undoing.undo(opened.session, merged, opened.round, actor=lead, now=opened.clock())
    assert state(opened) == before
    with pytest.raises(RuleBroken, match="decision-undone"):
        undoing.undo(opened.session, merged, opened.round, actor=lead, now=opened.clock())


def test_a_row_that_is_elsewhere_meanwhile_is_not_moved_back(opened, lead):
    first, other = mentions(opened, opened.built(rows(SURE, OTHER)))
    lakeside, redstone = (opened.session.get_one(Site, m.site_id) for m in (first, other))
    merged = merging.merge(
        opened.session, redstone, lakeside, opened.round, motive="bought", actor=lead, now=opened.clock()
    )
    other.site_id = placing.make_site(opened.session, other, now=opened.clock())
    before = state(opened)
    with pytest.raises(RuleBroken, match="later-decision"):
        undoing.undo(opened.session, merged, opened.round, actor=lead, now=opened.clock())
    assert state(opened) == before


def test_taking_back_holds_the_decision_and_its_sites_before_it_looks(opened, lead):
    first, other = mentions(opened, opened.built(rows(SURE, OTHER)))
    lakeside, redstone = (opened.session.get_one(Site, m.site_id) for m in (first, other))
    said = {"actor": lead, "now": opened.clock()}
    merged = merging.merge(opened.session, redstone, lakeside, opened.round, motive="bought", **said)
    held = []

    def listen(state):
        if state.is_select and state.statement._for_update_arg is not None:
            held.append(state.statement.get_final_froms()[0].name)

    event.listen(opened.session, "do_orm_execute", listen)
    undoing.undo(opened.session, merged, opened.round, **said)
    event.remove(opened.session, "do_orm_execute", listen)
    assert held[:2] == ["match_decision", "site"]


def test_a_split_of_nothing_or_of_everything_is_refused(opened, lead):
    mention, other = mentions(opened, opened.built(rows(SURE, OTHER)))
    site = opened.session.get_one(Site, mention.site_id)
    for chosen in ([], [mention], [other]):
        with pytest.raises(RuleBroken, match="split-empty"):
            merging.split(opened.session, site, chosen, opened.round, motive="why", actor=lead, now=opened.clock())


def in_doubt_between_two(opened):
    """The question about two sites, and the one of a third description that may be either."""
    for place in (PENGLANG, BACHENG, BETWEEN):
        opened.built(rows(place))
    about_two, about_both = opened.session.scalars(select(MatchQuestion).order_by(MatchQuestion.id))
    assert (len(about_two.candidates), len(about_both.candidates)) == (1, 2)
    return about_two, about_both


def test_an_answer_settles_what_was_in_doubt_only_between_the_two_and_is_taken_back_with_it(opened, lead):
    about_two, about_both = in_doubt_between_two(opened)
    before = state(opened)
    site = opened.session.get_one(Site, about_two.candidates[0])
    said = {"actor": lead, "now": opened.clock()}
    done = acts.answer(opened.session, about_two, "same", site=site, motive="one park", **said)
    assert {m.site_id for m in opened.session.scalars(select(Mention))} == {site.id}
    assert (about_both.state, about_both.decision_id, following.settled_with(opened.session, done)) == ("answered", done.id, 1)  # fmt: skip
    (noted,) = opened.session.scalars(select(AuditEvent).where(AuditEvent.kind == following.SETTLED))
    assert (noted.subject_id, noted.data["question"]) == (about_both.public_id, about_both.public_id)
    undoing.undo(opened.session, done, opened.round, **said)
    assert state(opened) == before


def test_a_merge_settles_what_was_in_doubt_between_the_two_and_is_taken_back_with_it(opened, lead):
    _about_two, about_both = in_doubt_between_two(opened)
    before = state(opened)
    into, site = (opened.session.get_one(Site, number) for number in sorted(about_both.candidates))
    said = {"actor": lead, "now": opened.clock()}
    merged = merging.merge(opened.session, site, into, opened.round, motive="one park", **said)
    assert {m.site_id for m in opened.session.scalars(select(Mention))} == {into.id}
    assert about_both.state == "answered"
    undoing.undo(opened.session, merged, opened.round, **said)
    assert state(opened) == before


def test_a_site_of_which_one_description_would_not_tie_is_left_to_a_person(opened, lead):
    about_two, about_both = in_doubt_between_two(opened)
    (odd,) = mentions(opened, opened.built(rows(OTHER)))
    own = opened.session.get_one(Site, about_both.mention.site_id)
    said = {"actor": lead, "now": opened.clock()}
    merging.merge(opened.session, opened.session.get_one(Site, odd.site_id), own, opened.round, motive="bought", **said)
    site = opened.session.get_one(Site, about_two.candidates[0])
    acts.answer(opened.session, about_two, "same", site=site, motive="one park", **said)
    assert (about_both.state, odd.site_id) == ("open", own.id)


@pytest.mark.parametrize("verdict", ["different", "put off"])
def test_an_answer_settles_nothing_that_may_still_be_either_or_was_put_off(opened, lead, verdict):
    about_two, about_both = in_doubt_between_two(opened)
    site = opened.session.get_one(Site, about_two.candidates[0])
    said = {"actor": lead, "now": opened.clock()}
    if verdict == "put off":
        acts.put_off(opened.session, about_both, **said)
    chosen = None if verdict == "different" else site
    acts.answer(opened.session, about_two, "same" if chosen else "different", site=chosen, motive="why", **said)
    assert about_both.state == ("later" if verdict == "put off" else "open")


def test_the_page_says_how_many_questions_an_answer_settled_beside_its_own(opened, sign_in, session):
    about_two, _about_both = in_doubt_between_two(opened)
    number, site = about_two.public_id, session.get_one(Site, about_two.candidates[0]).public_id
    user, here = opened.build.user(opened.round.organisation), f"/rounds/{opened.round.public_id}/sites/questions"
    session.commit()
    lead = sign_in(user, opened.round.organisation)
    said = lead.send(f"{here}/{number}", {"verdict": "same", "site": site, "motive": "one park"}).text
    assert "1 more question is settled by it." in said
    assert "No question waits" in said


@pytest.mark.parametrize("seed", range(16))
def test_any_sequence_of_acts_taken_back_in_turn_restores_the_beginning(opened, lead, seed):
    chance = random.Random(seed)
    opened.built(rows(SURE, OTHER, ("Harbour Display", "12 Quay Road, Kunshan")))
    opened.built(rows(SPELT, NEIGHBOUR, PENGLANG, BACHENG, BETWEEN))
    before, done = state(opened), []
    for _step in range(8):
        done.append(_some_act(opened, lead, chance))
    for decision in reversed([one for one in done if one is not None]):
        undoing.undo(opened.session, decision, opened.round, actor=lead, now=opened.clock())
    assert state(opened) == before


@pytest.mark.parametrize("seed", range(16))
def test_the_first_of_any_acts_is_taken_back_with_all_that_stand_on_it(opened, lead, seed):
    chance = random.Random(seed)
    opened.built(rows(SURE, OTHER, ("Harbour Display", "12 Quay Road, Kunshan")))
    opened.built(rows(SPELT, NEIGHBOUR, PENGLANG, BACHENG, BETWEEN))
    before = state(opened)
    done = [one for one in (_some_act(opened, lead, chance) for _step in range(8)) if one is not None]
    while left := [one for one in done if not undoing.is_undone(opened.session, one)]:
        also = [one.id for one in undoing.later(opened.session, left[0])]
        undoing.undo(opened.session, left[0], opened.round, actor=lead, now=opened.clock(), also=also)
    assert state(opened) == before


def _some_act(opened, lead, chance):
    session, round_ = opened.session, opened.round
    said = {"actor": lead, "now": opened.clock(), "motive": "why"}
    sites = session.scalars(select(Site).where(Site.merged_into_id.is_(None)).order_by(Site.id)).all()
    waiting = session.scalars(select(MatchQuestion).where(MatchQuestion.state != "answered").order_by(MatchQuestion.id))
    question = chance.choice([None, *waiting])
    site, other = chance.sample(list(sites), 2) if len(sites) > 1 else (sites[0], sites[0])
    own = session.scalars(select(Mention).where(Mention.site_id == site.id)).all()
    try:
        match chance.choice(["merge", "split", "move", "answer", "name", "unname"]):
            case "answer" if question is not None:
                options = moving.active(session, question.candidates)
                chosen = chance.choice([None, *options])
                verdict = "same" if chosen else "different"
                return acts.answer(session, question, verdict, site=chosen, **said)
            case "split":
                return merging.split(session, site, own[:1], round_, **said)
            case "move":
                return merging.split(session, site, own[:1], round_, into=other, **said)
            case "name":
                text = chance.choice(["Lakeside Old Works", "Redstone", "湖畔光学"])
                return naming.add_name(session, site, text, chance.choice(ALIAS_KINDS), round_, **said)
            case "unname":
                for name in forms.names_of(session, [site.id]).get(site.id, []):
                    return naming.end_name(session, site, name, round_, actor=lead, now=opened.clock())
            case _:
                return merging.merge(session, site, other, round_, **said)
    except RuleBroken:
        return None


def test_the_lead_answers_on_the_page_and_nobody_else_may(opened, sign_in, session):
    opened.built(rows(SURE), name="Northern IT")
    opened.built(rows(NEIGHBOUR), name="Southern IT")
    question = the_question(opened).public_id
    users = {o: opened.build.user(o) for o in (opened.round.organisation, opened.member)}
    here = f"/rounds/{opened.round.public_id}/sites"
    session.commit()
    lead, member = (sign_in(user, organisation) for organisation, user in users.items())
    waiting = lead.page(f"{here}/questions").text
    assert "1 question waits" in waiting
    assert "58 First Avenue, Kunshan" in waiting
    assert "84 %" in waiting, "capped: the house numbers contradict each other"
    shown = lead.page(f"{here}/questions/{question}").text
    assert "house numbers differ: 60 and 58" in shown
    assert "Northern IT" in shown
    assert "Southern IT" in shown
    refused = lead.send(f"{here}/questions/{question}", {"verdict": "different"}, status=422).text
    assert "Say in a few words why" in refused
    done = lead.send(f"{here}/questions/{question}", {"verdict": "different", "motive": "two gates"}).text
    assert "No question waits" in done
    assert "two gates" in lead.page(f"{here}/decisions").text
    number = session.scalars(select(MatchDecision.id).where(MatchDecision.actor_id.is_not(None))).one()
    assert "taken back" in lead.send(f"{here}/decisions/{number}/undo").text
    assert "1 question waits" in lead.page(f"{here}/questions").text
    put_off = lead.send(f"{here}/questions/{question}", {"verdict": "later"}).text
    assert "put off" in put_off
    for address in (f"{here}/questions", f"{here}/questions/{question}", f"{here}/decisions"):
        assert member.get(address).status_code == 403
    assert member.post(f"{here}/questions/{question}", data={"verdict": "different"}).status_code == 403


def test_putting_off_is_an_act_and_a_settled_question_is_not_put_off(opened, lead):
    opened.built(rows(SURE))
    opened.built(rows(NEIGHBOUR))
    question = the_question(opened)
    acts.put_off(opened.session, question, actor=lead, now=opened.clock())
    assert question.state == "later"
    assert (
        opened.session.scalars(select(AuditEvent.kind).order_by(AuditEvent.seq.desc()).limit(1)).one() == acts.PUT_OFF
    )
    acts.answer(opened.session, question, "different", site=None, motive="no", actor=lead, now=opened.clock())
    with pytest.raises(RuleBroken, match="question-settled"):
        acts.put_off(opened.session, question, actor=lead, now=opened.clock())


def test_equal_words_with_two_registry_ids_are_asked_and_not_tied(opened):
    numbered = [
        [*HEAD, ("3_sites", {"site_legal_name": SURE[0], "address_line": SURE[1], "country": "CN", "os_id": os_id})]
        for os_id in ("CN2021250D1DTN7", "CN2020318PE6A7H")
    ]
    first, second = mentions(opened, *(opened.built(one) for one in numbered))
    assert first.site_id != second.site_id
    assert the_question(opened).candidates == [first.site_id]


def test_what_was_built_before_there_was_matching_is_placed_once(opened):
    opened.built(rows(SURE, OTHER))
    for mention in opened.session.scalars(select(Mention)):
        mention.place_key = ""
    opened.session.flush()
    assert placing.go_on(opened.session, now=opened.clock()) == 1
    opened.session.flush()
    assert placing.go_on(opened.session, now=opened.clock()) == 0
