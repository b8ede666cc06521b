"""Found contradictions are kept by what they are about: decisions stay over runs, what no longer holds is settled with its day."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import event, func, select

from framework.chain.build import build as build_chain
from framework.chain.contradictions import finding, listing, loading, review
from framework.chain.contradictions.states import state_of
from framework.chain.matching import merging
from framework.disclosure.receiving import BUILD_JOB
from framework.ground import jobs
from framework.ground.audit_labels import KINDS
from framework.ground.conflicts import keep_out
from framework.ground.errors import RuleBroken
from models.base import db
from models.chain import Mention, Site, SiteAudit
from models.contradictions import Contradiction, ContradictionDecision, ContradictionRow
from models.records import AuditEvent, Job
from tests.chain.opened import Opened, hand_counted
from tests.memory import remembered
from views.audit.record_words import kind_words


@pytest.fixture
@remembered
def lead(opened):
    return opened.build.person(opened.round.organisation, "lead")


@pytest.fixture
@remembered
def found(opened):
    """Two suppliers of which each gave an audit that has expired, found once."""
    for name in ("Northern IT", "Southern IT"):
        opened.built(hand_counted(), name=name)
    opened.find = lambda: finding.find(opened.session, opened.round, now=opened.clock())
    opened.find()
    return opened


def all_of(opened, code="audit-expired"):
    return opened.session.scalars(
        select(Contradiction).where(Contradiction.code == code).order_by(Contradiction.id)
    ).all()


def test_each_contradiction_is_found_with_its_rows_and_worth(found):
    one, other = all_of(found)
    assert one.params == {"site": "Harbour Ltd", "scheme": "rba_vap", "until": "2025-01-01"}
    assert one.worth == 420, "what is pooled of the category whose model is made there"
    rows, total = listing.statements(found.session, one)
    assert (total, rows[0].row.sheet, rows[0].row.read_values["audit_ref"]) == (1, "6_audits", "A2")
    assert one.key != other.key


def test_a_second_run_changes_nothing(found):
    before = [(one.id, one.key, one.version) for one in found.session.scalars(select(Contradiction))]
    events = found.session.scalar(select(func.count()).select_from(AuditEvent))
    count = found.find()
    assert (count.new, count.again, count.settled) == (0, 0, 0)
    assert [(one.id, one.key, one.version) for one in found.session.scalars(select(Contradiction))] == before
    assert found.session.scalar(select(func.count()).select_from(AuditEvent)) == events


def test_the_record_keeps_a_decision_from_whom_a_tender_of_it_is_kept(found, lead):
    one, _other = all_of(found)
    review.dismiss(found.session, one, "renewed, seen at the site", actor=lead, now=found.clock())
    events = select(AuditEvent.seq).where(AuditEvent.subject_id == one.public_id)
    assert len(found.session.scalars(events).all()) == 1
    keep_out(found.session, frozenset({rows_of(found, one)[0].submission_id}))
    assert found.session.scalars(events).all() == []


def test_a_decision_stays_over_runs_and_what_no_longer_holds_is_settled(found, lead):
    one, other = all_of(found)
    review.dismiss(found.session, one, "renewed, seen at the site", actor=lead, now=found.clock())
    audit = found.session.scalars(
        select(SiteAudit).where(SiteAudit.submission_id == rows_of(found, one)[0].submission_id)
    ).all()
    ends = [(a, a.valid_until) for a in audit]
    for a, _until in ends:
        a.valid_until = dt.date(2030, 1, 1)
    found.find()
    found.session.refresh(one)
    assert one.settled_at is not None
    assert (state_of(found.session, one), state_of(found.session, other)) == ("settled", "open")
    for a, until in ends:
        a.valid_until = until
    assert found.find().again == 1
    found.session.refresh(one)
    assert (one.settled_at, state_of(found.session, one)) == (None, "dismissed"), "it is not asked again"


def rows_of(opened, one):
    return listing.statements(opened.session, one)[0]


def test_decisions_are_taken_back_and_taken_only_once(found, lead):
    one, _other = all_of(found)
    session, now = found.session, found.clock()
    review.accept(session, one, actor=lead, now=now)
    with pytest.raises(RuleBroken) as twice:
        review.accept(session, one, actor=lead, now=now)
    assert twice.value.code == "contradiction-decided"
    review.undo(session, one, actor=lead, now=now)
    assert state_of(session, one) == "open"
    with pytest.raises(RuleBroken):
        review.undo(session, one, actor=lead, now=now)
    with pytest.raises(RuleBroken) as unsaid:
        review.dismiss(session, one, "  ", actor=lead, now=now)
    assert unsaid.value.code == "motive-missing"
    kinds = session.scalars(
        select(AuditEvent.kind).where(AuditEvent.kind.startswith("contradiction.")).order_by(AuditEvent.seq)
    ).all()
    assert kinds == ["contradiction.accepted", "contradiction.undone"]


def test_a_bulk_accept_is_one_act_and_needs_the_number_that_was_seen(found, lead):
    session, now = found.session, found.clock()
    ones = all_of(found)
    with pytest.raises(RuleBroken) as stale:
        review.accept_all(session, found.round, ones, code="audit-expired", expected=1, actor=lead, now=now)
    assert stale.value.code == "stale"
    assert review.accept_all(session, found.round, ones, code="audit-expired", expected=2, actor=lead, now=now) == 2
    assert {state_of(session, one) for one in ones} == {"accepted"}
    assert len(session.scalars(select(AuditEvent).where(AuditEvent.kind == "contradictions.accepted")).all()) == 1


def test_a_moved_site_makes_the_round_stale_and_one_job_waits(found, lead):
    session = found.session
    assert not loading.is_stale(session, found.round)
    site, other = session.scalars(select(Site).order_by(Site.id).limit(2)).all()
    merging.merge(session, other, site, found.round, motive="one plant", actor=lead, now=found.clock())
    assert loading.is_stale(session, found.round)
    assert (finding.go_on(session, now=found.clock()), finding.go_on(session, now=found.clock())) == (1, 0)
    assert session.scalars(select(Job.kind).where(Job.kind == finding.FIND_JOB)).all() == [finding.FIND_JOB]


def test_a_killed_run_is_taken_up_again_and_ends_as_if_it_had_not_been(found, app):
    whole = {(one.key, one.worth) for one in found.session.scalars(select(Contradiction))}
    for table in (ContradictionRow, Contradiction):
        found.session.query(table).delete()
    run = found.session.get(finding.ContradictionRun, found.round.id)
    run.mark = ""

    class Killed(BaseException):
        pass

    def die(done, _total):
        found.session.flush()
        if done == 5:
            raise Killed

    with pytest.raises(Killed):
        finding.find(found.session, found.round, now=found.clock(), step=die)
    assert loading.is_stale(found.session, found.round)
    found.find()
    assert {(one.key, one.worth) for one in found.session.scalars(select(Contradiction))} == whole
    assert not loading.is_stale(found.session, found.round)


def test_the_job_tells_how_far_it_is(found, app):
    session = found.session
    finding.ask_for(session, found.round, now=found.clock())
    session.commit()
    job = session.scalars(select(Job).where(Job.kind == finding.FIND_JOB)).one()
    taken = jobs.claim(session, job.id, now=found.clock())
    session.commit()
    with app.app_context():
        jobs.runner_of(finding.FIND_JOB)(session, taken, found.clock)
    session.commit()
    session.refresh(job)
    assert (job.done, job.total) == (16, 16)


def test_nothing_of_a_sealed_or_excluded_file_is_looked_at(opened):
    sealed = opened.supplier(hand_counted(), state="counted")
    opened.built(hand_counted(), name="Southern IT")
    facts = loading.load(opened.session, opened.round)
    assert sealed.id not in facts.parties
    assert {place.submission for place in facts.places} == set(facts.parties)
    opened.round.state = "receipt_closed"
    assert loading.load(opened.session, opened.round).parties == {}


def test_a_list_takes_a_bounded_number_of_queries(found):
    def queries():
        seen = []
        listen = lambda *_args: seen.append(1)  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", listen)
        listing.page(found.session, found.round, listing.Filter(), number=1)
        event.remove(db.engine, "before_cursor_execute", listen)
        return len(seen)

    few = queries()
    for name in ("A", "B", "C", "D"):
        found.built(hand_counted(), name=name)
    found.find()
    assert queries() == few <= 5


def test_mentions_and_decisions_keep_their_numbers(found):
    assert found.session.scalar(select(func.count()).select_from(Mention)) == 6
    assert found.session.scalar(select(func.count()).select_from(ContradictionDecision)) == 0


def test_every_event_of_contradictions_has_a_name_and_a_sentence(app):
    kinds = [kind for kind in KINDS if kind.startswith(("contradiction", "clarification", "site."))]
    assert kinds
    with app.test_request_context():
        assert all("%(" not in kind_words(kind) for kind in kinds)


def test_a_built_chain_has_its_contradictions_looked_for(opened, app):
    submission = opened.supplier(hand_counted())
    job = jobs.enqueue(opened.session, BUILD_JOB, now=opened.clock(), submission=submission.public_id)
    opened.session.commit()
    with app.app_context():
        jobs.runner_of(BUILD_JOB)(opened.session, job, opened.clock)
    asked = opened.session.scalars(select(Job.payload).where(Job.kind == finding.FIND_JOB)).all()
    assert asked == [{"round": opened.round.public_id}]


@pytest.mark.parametrize(("same_lead", "code"), [(True, "site-gone"), (False, None)])
def test_the_last_round_is_one_of_the_same_lead(opened, same_lead, code):
    session = opened.session
    before = Opened(session, opened.build, opened.clock)
    if same_lead:
        before.round.organisation = opened.round.organisation
    more = {"site_legal_name": "Redstone Battery", "address_line": "7 Mill Lane", "city": "Kunshan", "country": "CN"}
    earlier = before.built([*hand_counted(), ("3_sites", {"site_ref": "S9"} | more)], name="Northern IT")
    opened.number = 50
    now = opened.supplier(hand_counted())
    now.supplier = earlier.supplier
    session.flush()
    build_chain(session, now, now=opened.clock())
    finding.find(session, opened.round, now=opened.clock())
    gone = session.scalars(select(Contradiction).where(Contradiction.code.in_(("site-gone", "sites-gone")))).all()
    assert [(one.code, one.params["site"]) for one in gone] == ([(code, "Redstone Battery")] if code else [])


def test_a_run_that_failed_is_tried_again_after_a_while(found):
    session, now = found.session, found.clock()
    session.get(finding.ContradictionRun, found.round.id).mark = ""
    finding.ask_for(session, found.round, now=now)
    job = session.scalars(select(Job).where(Job.kind == finding.FIND_JOB)).one()
    job.state, job.finished_at = "failed", now
    session.flush()
    assert finding.go_on(session, now=now) == 0
    assert finding.go_on(session, now=now + dt.timedelta(hours=2)) == 1


def test_a_merge_of_sites_that_only_the_earlier_round_names_makes_the_round_stale(opened, lead):
    session = opened.session
    before = Opened(session, opened.build, opened.clock)
    before.round.organisation = opened.round.organisation
    more = {"site_legal_name": "Redstone Battery", "address_line": "7 Mill Lane", "city": "Kunshan", "country": "CN"}
    earlier = before.built([*hand_counted(), ("3_sites", {"site_ref": "S9"} | more)], name="Northern IT")
    opened.number = 50
    now = opened.supplier(hand_counted())
    now.supplier = earlier.supplier
    session.flush()
    build_chain(session, now, now=opened.clock())
    finding.find(session, opened.round, now=opened.clock())
    (gone,) = all_of(opened, "site-gone")
    assert not loading.is_stale(session, opened.round)

    redstone = session.scalars(select(Site).where(Site.name == "Redstone Battery")).one()
    lakeside = session.scalars(select(Site).where(Site.name == "Lakeside Ltd")).one()
    merging.merge(session, redstone, lakeside, opened.round, motive="one plant", actor=lead, now=opened.clock())

    assert loading.is_stale(session, opened.round)
    finding.find(session, opened.round, now=opened.clock())
    session.refresh(gone)
    assert gone.settled_at is not None
    assert not loading.is_stale(session, opened.round)
