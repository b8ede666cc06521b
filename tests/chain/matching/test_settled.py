"""Settling a site counts nothing: it marks what rests on the site, and a job counts it, once for all that was settled before."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from framework.chain import recount, shared
from framework.chain.leverage import reading
from framework.chain.leverage import stored as flows
from framework.chain.matching import acts, merging, naming, undoing
from framework.chain.measures import stored as measures
from framework.ground import jobs
from models.chain import Mention, SharedSite, Site
from models.matching import MatchDecision, MatchQuestion
from models.measures import ProductMeasures
from models.records import Job
from tests.chain.leverage.conftest import PLACES, offer
from tests.chain.matching.test_acts import NEIGHBOUR, SURE, rows
from tests.chain.opened import Opened
from tests.memory import remembered
from views.worker import run_job

OLDER = "Sites were settled after these figures were counted."
KINDS = (recount.COUNT_JOB, measures.MEASURE_JOB)


@pytest.fixture
@remembered
def lead(opened):
    return opened.build.person(opened.round.organisation, "lead")


@pytest.fixture
@remembered
def two(opened):
    """Two suppliers that name two sites each, and both the same two."""
    submissions = [opened.built(offer(("P1", "laptop", "", 100, {"S": 60, "T": 30})), name=n) for n in ("A", "B")]
    sites = {one.name: one for one in opened.session.scalars(select(Site))}
    return submissions, sites[PLACES["S"][0]], sites[PLACES["T"][0]]


def waiting(opened):
    opened.session.flush()
    return opened.session.scalars(select(Job).where(Job.kind.in_(KINDS), Job.state == "waiting")).all()


def counted(opened):
    """What is stored of shared sites and flows, without what tells one counting from another."""
    query = select(SharedSite.site_id, SharedSite.audience, SharedSite.suppliers, SharedSite.products)
    reader = opened.reader(opened.round.organisation)
    found = reading.view(opened.session, opened.lot, reader).figures
    return sorted(map(tuple, opened.session.execute(query))), {n: one.units for n, one in found.sites.items()}


@pytest.fixture
def no_counting(monkeypatch):
    """Every counting of a whole round breaks, until the test takes that back."""

    def broken(*_arguments, **_more):
        raise AssertionError("counted inside the act")

    for module in (shared, flows):
        monkeypatch.setattr(module, "count", broken)
    monkeypatch.setattr(measures, "_count", broken)
    return monkeypatch


def test_acts_on_sites_count_nothing_and_their_jobs_do(opened, lead, two, no_counting):
    _submissions, lakeside, harbour = two
    said = {"motive": "one gate", "actor": lead, "now": opened.clock()}
    before = counted(opened)

    merged = merging.merge(opened.session, harbour, lakeside, opened.round, **said)
    at_once = counted(opened)
    assert at_once == before
    assert recount.is_behind(opened.session, opened.round)
    stale = opened.session.scalars(select(ProductMeasures.is_stale)).all()
    assert stale == [True, True]

    no_counting.undo()
    assert opened.work() == 2
    assert not recount.is_behind(opened.session, opened.round)
    assert counted(opened) == ([(lakeside.id, a, 2, 2) for a in ("all", "linked", "open")], {lakeside.id: 378})
    assert not any(opened.session.scalars(select(ProductMeasures.is_stale)))

    undoing.undo(opened.session, merged, opened.round, actor=lead, now=opened.clock())
    opened.work()
    assert counted(opened) == before


def test_two_settlings_in_a_row_are_one_jobs_worth_of_work(opened, lead, two, monkeypatch):
    submissions, lakeside, harbour = two
    said = {"motive": "one gate", "actor": lead, "now": opened.clock()}
    before = counted(opened)

    merged = merging.merge(opened.session, harbour, lakeside, opened.round, **said)
    first = waiting(opened)
    undoing.undo(opened.session, merged, opened.round, actor=lead, now=opened.clock())
    naming.add_name(opened.session, lakeside, "Mirror Works", "former_name", opened.round, **said)
    second = waiting(opened)

    assert [one.id for one in first] == [one.id for one in second]
    assert sorted(one.kind for one in second) == sorted(KINDS)
    (job,) = (one for one in second if one.kind == recount.COUNT_JOB)
    assert job.payload == {"round": opened.round.public_id, "submissions": sorted(one.id for one in submissions)}
    done = []
    for module in (shared, flows):
        count = module.count
        monkeypatch.setattr(module, "count", lambda *told, count=count: (done.append(count), count(*told)))
    opened.work()
    assert len(done) == 2, "the flows once, the shared sites once"
    assert counted(opened) == before
    assert not waiting(opened)


def test_what_is_settled_while_a_job_runs_waits_for_the_next(opened, lead, two):
    _submissions, lakeside, harbour = two
    said = {"motive": "one gate", "actor": lead, "now": opened.clock()}
    merging.merge(opened.session, harbour, lakeside, opened.round, **said)
    for job in waiting(opened):
        job.state = "running"

    naming.add_name(opened.session, lakeside, "Mirror Works", "former_name", opened.round, **said)

    assert len(waiting(opened)) == 2
    assert recount.is_behind(opened.session, opened.round)


def test_every_round_that_a_site_stands_in_is_counted_anew(opened, lead, session, build, clock):
    others = Opened(session, build, clock)
    others.number = 100
    others.built(offer(("P1", "laptop", "", 100, {"S": 60})))
    opened.built(offer(("P1", "laptop", "", 100, {"S": 60, "T": 30})))
    sites = {one.name: one for one in session.scalars(select(Site))}

    said = {"motive": "one gate", "actor": lead, "now": clock()}
    merging.merge(session, sites[PLACES["T"][0]], sites[PLACES["S"][0]], opened.round, **said)

    assert recount.is_behind(session, opened.round)
    assert recount.is_behind(session, others.round)


def test_answers_splits_and_what_is_taken_back_are_marked(opened, lead):
    opened.built(rows(SURE))
    opened.built(rows(NEIGHBOUR))
    question = opened.session.scalars(select(MatchQuestion)).one()
    said = {"actor": lead, "now": opened.clock()}
    site = acts.moving.active(opened.session, question.candidates)[0]

    made = acts.answer(opened.session, question, "same", site=site, motive="one gate", **said)
    assert opened.work() == 2
    undoing.undo(opened.session, made, opened.round, **said)
    assert opened.work() == 2
    made = acts.answer(opened.session, question, "same", site=site, motive="one gate", **said)
    opened.work()
    mention = opened.session.scalars(select(Mention).order_by(Mention.id.desc())).first()
    merging.split(opened.session, site, [mention], opened.round, motive="two gates", **said)
    assert opened.work() == 2


def test_a_job_that_breaks_is_never_given_up(app, opened, lead, two, no_counting, session):
    _submissions, lakeside, harbour = two
    round_ = opened.round
    said = {"motive": "one gate", "actor": lead, "now": opened.clock()}
    merging.merge(session, harbour, lakeside, round_, **said)
    number = next(one.id for one in waiting(opened) if one.kind == recount.COUNT_JOB)
    session.commit()

    for _time in range(jobs.MAX_FAULTS + 2):
        run_job(app, number)
        opened.clock.forward(minutes=6)
    session.rollback()
    job = session.get_one(Job, number, populate_existing=True)
    assert (job.state, recount.is_behind(session, session.merge(round_))) == ("waiting", True)

    no_counting.undo()
    session.rollback()
    run_job(app, number)
    assert session.get_one(Job, number, populate_existing=True).state == "done"


def test_pages_say_when_their_figures_are_older_than_the_last_decision(opened, two, sign_in, session):
    _submissions, lakeside, harbour = two
    here = f"/rounds/{opened.round.public_id}"
    lot = f"{here}/lots/{opened.lot.public_id}"
    survivor, gone = lakeside.public_id, harbour.public_id
    user = opened.build.user(opened.round.organisation)
    session.commit()
    browser = sign_in(user, opened.round.organisation)
    pages = [f"{lot}/comparison", f"{lot}/leverage", f"{lot}/sites/{survivor}", f"{here}/sites/{survivor}"]
    assert [page for page in pages if OLDER in browser.page(page).text] == []

    form = {"other": survivor, "survivor": survivor, "motive": "one gate"}
    browser.send(f"{here}/sites/{gone}/merge", form)

    assert [page for page in pages if OLDER in browser.page(page).text] == pages
    names = re.findall(
        r'<tr id="site-(\w+)"><th scope="row"><a[^>]*>(.*?)</a>', browser.get(pages[1]).get_data(as_text=True)
    )
    assert names == [(survivor, PLACES["S"][0]), (gone, PLACES["S"][0])], "by its survivor until it is counted anew"
    assert browser.get(f"{lot}/sites/{gone}").status_code == 404
    assert browser.page(f"{here}/sites/{gone}").text.count(OLDER) == 1

    session.rollback()
    session.info["write"] = True
    opened.work()
    session.commit()
    assert [page for page in pages if OLDER in browser.page(page).text] == []
    assert session.scalars(select(MatchDecision.kind).where(MatchDecision.actor_id.is_not(None))).all() == ["merge"]
