"""The pages of an opener whose round is sealed with shares: passphrase, recovery sheet, confirmation; nothing of it is kept."""

from __future__ import annotations

import datetime as dt
import hmac
import html
import re
import threading
from dataclasses import dataclass
from typing import Any

import pytest
from flask import current_app
from sqlalchemy import select, text

from framework.ground import shares
from framework.people import passwords, sessions
from framework.rounds import opener_keys
from models.base import Base, db
from models.disclosure import OpenerKey, Opening
from models.people import SignInAttempt, User
from models.records import AuditEvent, OneTimeKey
from models.rounds import Round
from tests.conftest import hash_cheaply
from tests.disclosure.sharing import CHEAP, Shared, passphrase_of
from tests.memory import remembered
from tests.pages import Page


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    monkeypatch.setattr(shares, "COST", CHEAP)
    with hash_cheaply():
        yield


@dataclass
class Opener:
    number: int
    user_id: int
    public_id: str
    browser: Any
    passphrase: str
    code: str = ""


class World:
    """A round with shares before its publication, three openers in their browsers and the lead."""

    @remembered
    def __init__(self, session, build, clock, state="demand_locked"):
        self.clock = clock
        round_ = build.round(state=state, settings={"seal_mode": "shares"})
        build.lot(round_)
        self.lead_id, self.round_id = round_.organisation.id, round_.id
        self.here = f"/rounds/{round_.public_id}"
        self.page, self.sheet = f"{self.here}/opening/passphrase", f"{self.here}/opening/recovery-sheet"
        self.people = []
        for number in range(3):
            user = build.user(round_.organisation)
            build.appoint(round_, user, round_.organisation, "opener")
            self.people.append(
                Opener(
                    number,
                    user.id,
                    user.public_id,
                    self.enter(session, user, round_.organisation),
                    passphrase_of(number),
                )
            )
        self.stranger = self.enter(session, build.user(round_.organisation), round_.organisation)
        buyer = build.sign_on(round_, state="confirmed").organisation
        self.member = self.enter(session, build.user(buyer), buyer)
        session.commit()

    def enter(self, session, user, organisation, *, second_factor=True):
        live, token = sessions.start(session, user, now=self.clock.now, max_hours=1000, second_factor=second_factor)
        live.organisation_id = organisation.id
        session.commit()
        browser = current_app.test_client()
        with browser.session_transaction() as cookie:
            cookie["sid"] = token
        return browser

    @property
    def session(self):
        db.session.rollback()
        db.session().info["write"] = True
        return db.session()

    @property
    def round(self):
        return self.session.get_one(Round, self.round_id)

    def replaced(self, who):
        found = re.search(r'name="replaces" value="([^"]*)"', who.browser.get(self.page).get_data(as_text=True))
        return html.unescape(found.group(1)) if found else ""

    def choose(self, who, status=200, **values):
        data = {"passphrase": who.passphrase, "passphrase_again": who.passphrase, "replaces": self.replaced(who)}
        answer = who.browser.post(self.page, data=data | values)
        assert answer.status_code == status, Page(answer.get_data(as_text=True)).text[:600]
        if status == 200:
            who.code = code_on(answer)
        return answer

    def publish(self):
        """The deal, and a version that counts, with receipt closed."""
        session, round_ = self.session, self.session.get_one(Round, self.round_id)
        with session.no_autoflush:
            opener_keys.deal(session, round_)
            round_.state, round_.frozen_hash, round_.frozen_text = "published", "f" * 64, "{}"
            round_.published_at = self.clock.now - dt.timedelta(days=40)
            round_.tender_deadline = self.clock.now + dt.timedelta(hours=1)
        session.commit()

    def close(self, build, files):
        scene = Shared.__new__(Shared)
        session = self.session
        build.session = session
        scene.session, scene.build, scene.clock, scene.files = session, build, self.clock, files
        scene.round = session.get_one(Round, self.round_id)
        scene.supplier = build.organisation("supplier")
        scene.person = build.person(scene.supplier)
        scene.count_one()
        session.commit()
        body = scene.round.organisation
        for who in self.people:  # their sessions of before are over
            who.browser = self.enter(session, session.get_one(User, who.user_id), body)
        self.stranger = self.enter(session, build.user(body), body)

    def confirm(self, who, typed=None, status=200):
        answer = who.browser.post(
            f"{self.here}/opening",
            data={"passphrase": who.passphrase if typed is None else typed},
            follow_redirects=True,
        )
        assert answer.status_code == status, Page(answer.get_data(as_text=True)).text[:600]
        return Page(answer.get_data(as_text=True)).text

    def key(self, who):
        return self.session.scalar(select(OpenerKey).where(OpenerKey.user_id == who.user_id))

    def restart(self):
        kept = current_app.extensions["deposits"]
        for name, _held in list(kept.all("opening-", now=self.clock.now)):
            kept.drop(name)


def code_on(answer):
    groups = re.findall(r"<li><code>([0-9A-Z]{5})</code></li>", answer.get_data(as_text=True))
    assert len(groups) == 13
    return "-".join(groups)


@pytest.fixture
@remembered
def world(session, build, clock):
    return World(session, build, clock)


@pytest.fixture
@remembered
def closed(world, build, app):
    for who in world.people:
        world.choose(who)
    world.publish()
    world.close(build, app.extensions["files"])
    return world


def test_the_sheet_is_shown_in_the_answer_once_and_never_kept_by_browsers(world):
    who = world.people[0]

    answer = world.choose(who)

    page = Page(answer.get_data(as_text=True)).text
    assert answer.headers["Cache-Control"] == "no-store"
    assert world.round.name in page
    assert world.session.get_one(User, who.user_id).name in page
    assert "data:image/svg+xml" in answer.get_data(as_text=True)
    assert shares.read_code(who.code) is not None
    again = who.browser.page(world.page).text
    assert "You have chosen your passphrase." in again
    assert who.code[:5] not in again
    assert who.passphrase not in again


def test_a_form_sent_twice_makes_one_key_and_leads_to_the_page(world):
    who = world.people[0]
    first = world.choose(who, once="k" * 16)
    before = world.key(who).public_key

    second = who.browser.post(
        world.page,
        data={"passphrase": who.passphrase, "passphrase_again": who.passphrase, "replaces": "", "once": "k" * 16},
    )

    assert first.status_code == 200
    assert (second.status_code, second.headers["Location"]) == (303, world.page)
    assert world.key(who).public_key == before


def test_two_tabs_do_not_void_a_sheet_unseen(world):
    who = world.people[0]
    world.choose(who)
    before = world.key(who).public_key

    answer = world.choose(who, status=409, replaces="")

    assert "in another window" in Page(answer.get_data(as_text=True)).text
    assert world.key(who).public_key == before


def test_choosing_anew_is_possible_before_publication_and_voids_the_sheet(world):
    who = world.people[0]
    world.choose(who)
    first = who.code
    who.passphrase = "quite another sentence"
    world.choose(who)

    assert who.code != first
    of_keys = select(AuditEvent.kind).where(AuditEvent.kind.like("opener_key.%")).order_by(AuditEvent.seq)
    assert world.session.scalars(of_keys).all() == ["opener_key.made", "opener_key.made_anew"]
    answer = who.browser.post(world.sheet, data={"passphrase": first})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("short words", "short words", "A passphrase has at least 12 characters."),
        ("aaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaa", "Use at least four different characters."),
        ("paper boats on land", "paper boats on sand", "The two are not the same. Type both once more."),
        ("", "", "A passphrase has at least 12 characters."),
        ("   ab cd ef      ", "   ab cd ef      ", "A passphrase has at least 12 characters."),
    ],
)
def test_a_passphrase_that_cannot_be_taken_is_said_so_and_never_written_back(world, first, second, said):
    who = world.people[0]

    answer = world.choose(who, status=422, passphrase=first, passphrase_again=second)

    page = answer.get_data(as_text=True)
    assert said in Page(page).text
    assert not first or f'"{first}"' not in page
    assert world.key(who) is None


def test_the_password_of_the_account_is_no_passphrase(world):
    who = world.people[0]
    session = world.session
    session.get_one(User, who.user_id).password_hash = passwords.HASHER.hash("my password of every day")
    session.commit()

    answer = world.choose(
        who, status=422, passphrase="my password of every day", passphrase_again="my password of every day"
    )

    assert "This is your password." in Page(answer.get_data(as_text=True)).text


@pytest.mark.parametrize("by", ["passphrase", "code"])
def test_the_sheet_is_shown_again_until_the_opening(closed, by):
    who = closed.people[0]

    answer = who.browser.post(closed.sheet, data={"passphrase": getattr(who, by)})

    assert answer.status_code == 200
    assert code_on(answer) == who.code
    assert closed.session.scalars(select(AuditEvent.kind).where(AuditEvent.kind == "opener_key.shown")).all()
    assert not closed.session.scalars(select(SignInAttempt)).all()


def test_after_publication_nobody_chooses(closed):
    who = closed.people[0]
    before = closed.key(who).public_key

    shown = who.browser.page(closed.page).text
    answer = who.browser.post(
        closed.page, data={"passphrase": "another sentence", "passphrase_again": "another sentence", "replaces": before}
    )

    assert "Your passphrase and your share stand as they are." in shown
    assert answer.status_code in (403, 409)
    assert closed.key(who).public_key == before


def test_only_openers_have_these_pages(world):
    for browser, status in ((world.stranger, 403), (world.member, 403)):
        assert browser.get(world.page).status_code == status
        assert browser.post(world.page, data={"passphrase": "x"}).status_code == status
        assert browser.post(world.sheet, data={"passphrase": "x"}).status_code == status


def test_a_round_that_the_server_seals_has_no_such_page(world):
    session = world.session
    session.get_one(Round, world.round_id).settings = {}
    session.commit()
    who = world.people[0]

    assert who.browser.get(world.page).status_code == 404
    assert who.browser.post(world.page, data={"passphrase": "x"}).status_code == 404
    assert who.browser.post(world.sheet, data={"passphrase": "x"}).status_code == 404


def test_the_opener_is_told_whose_turn_it_is_and_the_lead_who_is_missing(world):
    asked = world.people[0].browser.page(world.here).text
    world.choose(world.people[0])

    assert "Choose my passphrase" in asked
    assert "Choose my passphrase" not in world.people[0].browser.page(world.here).text
    rules = world.stranger.page(f"{world.here}/set-up/rules").text
    assert rules.count("no passphrase yet") == 2
    assert rules.count("passphrase chosen") == 1
    assert f"http://localhost{world.page}" in rules


def test_two_openers_open_with_passphrase_and_code_in_two_clicks_each(closed):
    first, second = closed.people[0], closed.people[2]
    page = first.browser.get(f"{closed.here}/opening").get_data(as_text=True)
    assert page.count('name="passphrase"') == 1

    said = closed.confirm(first)
    opened = closed.confirm(second, typed=second.code.lower().replace("-", " "))

    assert "Another opener must confirm within the window." in said
    assert "The tenders are open." in opened
    assert closed.round.state == "opened"
    assert not list(current_app.extensions["deposits"].all("opening-", now=closed.clock.now))


def test_a_wrong_passphrase_confirms_nothing_and_counts_as_a_denied_attempt(closed):
    who = closed.people[0]

    said = closed.confirm(who, typed="quite wrong, this one", status=422)

    assert "This is not your passphrase for this round, nor your recovery code." in said
    assert not closed.session.scalars(select(Opening)).all()
    event = closed.session.scalars(select(AuditEvent).where(AuditEvent.outcome == "denied")).one()
    assert (event.kind, event.data["attempt"], event.data["code"]) == (
        "opener_key.unlock.denied",
        True,
        "passphrase-wrong",
    )
    assert "Attempts denied in this round: 1." in closed.stranger.page(f"{closed.here}/opening").text
    assert "Another opener" in closed.confirm(who)


def test_a_mistyped_recovery_code_names_the_group(closed):
    who = closed.people[0]
    groups = who.code.split("-")
    groups[6] = groups[6][::-1] if groups[6] != groups[6][::-1] else "00000"

    assert "Group 7 of the recovery code is not as printed." in closed.confirm(who, "-".join(groups), status=422)


def test_the_code_of_another_opener_opens_nothing(closed):
    said = closed.confirm(closed.people[0], typed=closed.people[1].code, status=422)

    assert "This recovery code is of another opener" in said


def test_a_blank_passphrase_is_no_attempt(closed):
    assert "Fill this in." in closed.confirm(closed.people[0], typed="  ", status=422)
    assert not closed.session.scalars(select(SignInAttempt)).all()


def test_too_many_tries_are_refused_for_a_while_and_right_ones_do_not_count(closed, monkeypatch):
    monkeypatch.setattr(current_app.extensions["settings"], "login_limit", 3)
    who = closed.people[0]
    for _try in range(3):
        closed.confirm(who, typed="quite wrong, this one", status=422)

    refused = who.browser.post(f"{closed.here}/opening", data={"passphrase": who.passphrase})
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    closed.confirm(closed.people[1])
    closed.clock.forward(minutes=6)

    assert "The tenders are open." in closed.confirm(who)


def test_after_a_restart_the_page_says_who_confirms_again(closed):
    first, second = closed.people[:2]
    closed.confirm(first)
    closed.restart()

    said = closed.confirm(second)
    shown = first.browser.page(f"{closed.here}/opening").text
    name = closed.session.get_one(User, first.user_id).name
    assert "A share was lost by a restart" in said
    assert f"{name} confirms again while the window is open." in shown
    assert "The service was restarted, and your share with it." in first.browser.page(closed.here).text

    assert "The tenders are open." in closed.confirm(first)


def test_the_second_factor_is_asked_for_beside_the_passphrase_and_the_passphrase_never_written_back(
    closed, monkeypatch
):
    monkeypatch.setattr(current_app.extensions["settings"], "second_factor_roles", "opener")
    closed.clock.forward(minutes=11)
    who = closed.people[0]

    page = who.browser.get(f"{closed.here}/opening").get_data(as_text=True)
    answer = who.browser.post(f"{closed.here}/opening", data={"passphrase": who.passphrase})

    asked = answer.get_data(as_text=True)
    assert 'name="fresh_code"' in page
    assert answer.status_code == 403
    assert who.passphrase not in asked
    assert 'name="passphrase"' in asked
    assert "A passphrase is not kept: type it again." in Page(asked).text


def test_a_session_that_is_over_does_not_show_the_passphrase(closed):
    browser = current_app.test_client()

    answer = browser.post(f"{closed.here}/opening", data={"passphrase": "paper boats on dry land 0", "motive": "seen"})

    assert answer.status_code == 401
    assert "seen" in answer.get_data(as_text=True)
    assert "paper boats" not in answer.get_data(as_text=True)


def test_nothing_of_passphrase_or_key_lies_in_a_table_a_cookie_or_the_log(closed, caplog):
    caplog.set_level("DEBUG")
    first, second = closed.people[:2]
    closed.confirm(first, typed=second.passphrase, status=422)
    closed.confirm(first)
    first.browser.post(closed.sheet, data={"passphrase": first.code})
    closed.confirm(second, typed=second.code)

    assert closed.round.state == "opened"
    secrets = [who.passphrase for who in closed.people]
    for who in closed.people:
        private = shares.read_code(who.code)
        secrets += [who.code, who.code.replace("-", ""), private.hex(), shares._text(private)]
    session = closed.session
    for table in Base.metadata.sorted_tables:
        said = repr([list(row) for row in session.execute(text(f'SELECT * FROM "{table.name}"'))])
        assert not [one for one in secrets if one in said], table.name
    with first.browser.session_transaction() as cookie:
        assert set(cookie) <= {"sid", "csrf_token", "_flashes", "language"}
    assert not [one for one in secrets if one in caplog.text]


def test_what_was_sent_under_a_one_time_key_tells_nothing_of_the_passphrase(closed):
    who = closed.people[0]
    for typed, once in ((who.passphrase, "k" * 16), (who.code, "l" * 16)):
        who.browser.post(closed.sheet, data={"passphrase": typed, "once": once})
    hashes = closed.session.scalars(select(OneTimeKey.body_hash).where(OneTimeKey.key.in_(["k" * 16, "l" * 16]))).all()
    plain = [
        hmac.new(str(current_app.secret_key).encode(), repr([("once", once * 16)]).encode(), "sha256").hexdigest()
        for once in "kl"
    ]

    assert sorted(hashes) == sorted(plain)


def at_once(*posts):
    """The answers to forms that are sent at the same moment, each from its own browser."""
    app, found = current_app._get_current_object(), []
    ready = threading.Barrier(len(posts))

    def send(browser, place, data):
        ready.wait()
        with app.app_context():
            found.append(browser.post(place, data=data).status_code)

    threads = [threading.Thread(target=send, args=one) for one in posts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(found)


def test_two_confirmations_at_the_same_moment_open_once(closed):
    place = f"{closed.here}/opening"
    closed.session.rollback()

    statuses = at_once(*((who.browser, place, {"passphrase": who.passphrase}) for who in closed.people[:2]))

    assert statuses == [303, 303]
    opened = closed.session.scalars(select(Opening)).all()
    assert [one.opened_at is not None for one in opened] == [True]
    assert closed.round.state == "opened"


def test_one_opener_in_two_windows_confirms_once(closed):
    who = closed.people[0]
    body = closed.round.organisation
    other = closed.enter(closed.session, closed.session.get_one(User, who.user_id), body)
    closed.session.rollback()

    statuses = at_once(
        *((one, f"{closed.here}/opening", {"passphrase": who.passphrase}) for one in (who.browser, other))
    )

    assert statuses == [303, 409]
    assert closed.round.state == "receipt_closed"
    assert len(closed.session.scalars(select(Opening)).one().confirmations) == 1


def test_two_windows_that_choose_at_the_same_moment_leave_one_key_whose_sheet_was_shown(world):
    who = world.people[0]
    body = world.round.organisation
    other = world.enter(world.session, world.session.get_one(User, who.user_id), body)
    data = {"passphrase": who.passphrase, "passphrase_again": who.passphrase, "replaces": ""}
    world.session.rollback()

    statuses = at_once(*((one, world.page, data) for one in (who.browser, other)))

    assert statuses == [200, 409]
    assert world.session.scalars(select(AuditEvent.kind).where(AuditEvent.kind.like("opener_key.made%"))).all() == [
        "opener_key.made"
    ]


def test_the_readiness_page_of_the_lead_knows_the_place_in_memory_and_who_is_missing(world, monkeypatch):
    world.choose(world.people[0])
    names = [world.session.get_one(User, who.user_id).name for who in world.people[1:]]
    session = world.session
    round_ = session.get_one(Round, world.round_id)
    round_.tender_deadline = world.clock.now + dt.timedelta(days=45)
    round_.questions_until = world.clock.now + dt.timedelta(days=35)
    session.commit()
    assert (
        f"have not chosen their passphrase: {', '.join(names)}." in world.stranger.page(f"{world.here}/readiness").text
    )

    for who in world.people[1:]:
        world.choose(who)
    assert "Deadline, questions and openers are settled." in world.stranger.page(f"{world.here}/readiness").text

    monkeypatch.setitem(current_app.extensions, "deposits", None)
    assert "HEFBOOM_DEPOSIT_DIR" in world.stranger.page(f"{world.here}/readiness").text
