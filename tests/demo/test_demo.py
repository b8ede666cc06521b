"""The demonstration: loaded once, true to the acts, and every page of it opens for those who may see it."""

from __future__ import annotations

import re
from collections import deque

import pytest
from flask_migrate import stamp
from sqlalchemy import func, select, text

from framework.ground import audit
from framework.people import second_factor
from framework.rounds import publication
from models.base import db
from models.chain import ChainBuild
from models.demand import Demand
from models.disclosure import Submission
from models.people import Organisation, User
from models.records import AuditEvent, Job, Mail
from models.rounds import Round
from tests.demo.conftest import empty_application, start
from tests.pages import InspectingClient
from views.demo import cast, workbooks

pytestmark = pytest.mark.slow

ROUNDS = {
    "demolaptops2026": "opened",
    "demodesktops2027": "published",
    "demotablets2027": "demand",
    "demoscreens2028": "set_up",
}
PEOPLE = [email for _role, email in cast.printed()]
LINK = re.compile(r'<a [^>]*href="(/[^"#]*)')
MOST_PAGES = 80


@pytest.fixture
def session(demo):
    """A reading session of the demonstration."""
    with demo.app_context():
        yield db.session()
        db.session.remove()


def signed_in(demo, email: str) -> InspectingClient:
    """A browser in which somebody has given password and, where asked, the code."""
    clock = demo.extensions["clock"]
    clock.forward(minutes=1)
    demo.test_client_class = InspectingClient
    browser = demo.test_client()
    answer = browser.post("/sign-in", data={"email": email, "password": cast.PASSWORD})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    if browser.get("/rounds").status_code == 302:
        code = second_factor.code_at(cast.secret_of(email), clock())
        assert browser.post("/second-factor", data={"code": code}).status_code == 303
    return browser


def test_a_round_stands_in_each_phase(session):
    found = {r.public_id: r.state for r in session.scalars(select(Round))}

    assert found == ROUNDS


def test_there_are_six_buyers_five_suppliers_and_a_monitor_all_said_to_be_invented(session):
    counted = dict(session.execute(select(Organisation.kind, func.count()).group_by(Organisation.kind)).all())

    assert counted == {"lead": 1, "buyer": 6, "supplier": 5, "monitor": 1, "operator": 1}
    assert session.scalar(select(func.count()).where(Organisation.is_invented.is_(False))) == 0


def test_the_record_is_whole_and_runs_forward_in_time(session):
    events = session.scalars(select(AuditEvent).order_by(AuditEvent.seq)).all()

    assert audit.first_break(events) is None
    assert [e.at for e in events] == sorted(e.at for e in events)


@pytest.mark.parametrize("key", ["demolaptops2026", "demodesktops2027"])
def test_what_was_published_is_still_what_was_frozen(session, key):
    round_ = session.scalars(select(Round).where(Round.public_id == key)).one()

    assert publication.verify(session, round_).holds


def test_the_opened_round_is_comparable(session):
    states = session.scalars(select(Submission.state).join(Round).where(Round.public_id == "demolaptops2026")).all()

    assert states == ["opened"] * 4
    assert session.scalar(select(func.count()).select_from(ChainBuild)) == 4


def test_demand_waits_in_every_way(session):
    query = select(Demand.state, func.count()).join(Round).where(Round.public_id == "demotablets2027")

    found = dict(session.execute(query.group_by(Demand.state)).all())

    assert found == {"accepted": 4, "submitted": 1, "draft": 2}


def test_nothing_is_left_for_the_worker_and_no_mail_leaves(session):
    assert session.scalar(select(func.count()).where(Job.state != "done")) == 0
    assert session.scalar(select(func.count()).where(Mail.state == "waiting")) == 0
    assert session.scalar(select(func.count()).where(Mail.state == "sent", Mail.attempts == 0)) == 0


@pytest.mark.parametrize("email", PEOPLE)
def test_every_page_that_is_offered_opens(demo, email):
    browser = signed_in(demo, email)
    waiting, seen = deque(["/rounds", *(f"/rounds/{key}" for key in ROUNDS)]), set()

    broken = {}
    while waiting and len(seen) < MOST_PAGES:
        path = waiting.popleft()
        if path in seen:
            continue
        seen.add(path)
        answer = browser.get(path, follow_redirects=True)
        if answer.status_code not in ((200, 404) if path.count("/") == 2 else (200,)):
            broken[path] = answer.status_code
        if answer.mimetype == "text/html" and answer.status_code == 200:
            waiting.extend(link.replace("&amp;", "&") for link in LINK.findall(answer.get_data(as_text=True)))
        answer.close()

    assert broken == {}
    assert len(seen) > 10


@pytest.mark.parametrize(
    ("email", "opens"),
    [
        ("lead@waterpoort.example", set(ROUNDS)),
        ("officer@zilverduin.example", set(ROUNDS) - {"demoscreens2028"}),
        ("evaluator@westerlicht.example", set(ROUNDS) - {"demoscreens2028"}),
        ("supplier@zeewind.example", {"demolaptops2026", "demodesktops2027"}),
        ("monitor@open-window.example", set(ROUNDS)),
        ("operator@hefboom.example", set(ROUNDS)),
    ],
)
def test_a_persona_sees_its_rounds_and_no_others(demo, email, opens):
    browser = signed_in(demo, email)

    found = {key for key in ROUNDS if browser.get(f"/rounds/{key}", follow_redirects=True).status_code == 200}

    assert found == opens


def test_started_again_nothing_doubles_and_the_tender_has_its_half_hour(demo):
    with demo.app_context():
        before = [db.session.scalar(select(func.count()).select_from(t)) for t in (Round, User, Submission, Demand)]
        db.session.remove()

    loaded = start(demo)

    assert not loaded
    with demo.app_context():
        after = [db.session.scalar(select(func.count()).select_from(t)) for t in (Round, User, Submission, Demand)]
        assert after == before
        assert minutes_left(demo) == 30
        db.session.remove()


def test_started_again_after_the_deadline_the_tender_is_open_again(demo):
    demo.extensions["clock"].forward(days=1)

    start(demo)

    with demo.app_context():
        round_ = db.session.scalars(select(Round).where(Round.public_id == "demodesktops2027")).one()
        assert round_.state == "published"
        assert minutes_left(demo) == 30
        db.session.remove()


def minutes_left(demo) -> float:
    """Minutes until the open tender closes."""
    deadline = db.session.scalar(select(Round.tender_deadline).where(Round.public_id == "demodesktops2027"))
    return (deadline - demo.extensions["clock"]()).total_seconds() / 60


def test_data_of_an_earlier_version_are_named_and_left_alone(tmp_path):
    app = empty_application(tmp_path)
    with app.app_context():
        stamp()
        db.session().info["write"] = True
        db.session.execute(text("ALTER TABLE job DROP COLUMN faults"))
        db.session.commit()

    done = app.test_cli_runner().invoke(args=["demo", "--load-only"])

    assert done.exit_code == 1
    assert f"{tmp_path} was made by an earlier version" in done.output
    assert "Traceback" not in done.output


def test_the_workbooks_in_the_repository_are_those_that_the_script_makes(tmp_path):
    made = workbooks.write_all(tmp_path)

    assert [p.name for p in made if p.read_bytes() != (workbooks.FOLDER / p.name).read_bytes()] == []
