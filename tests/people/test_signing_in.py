"""Signing in and out, sessions, limits, a forgotten password, no telling who has an account."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from framework.ground import jobs
from framework.people import limits, signing_in
from models.people import OneUseLink, SignInAttempt, User, UserSession
from models.records import AuditEvent, Job, Mail
from tests.people.conftest import PASSWORD


@pytest.fixture
def ann(build, password_of):
    return password_of(build.user(build.organisation(), email="ann@example.org", name="Ann"))


def enter(client, email="ann@example.org", password=PASSWORD, **more):
    return client.post("/sign-in", data={"email": email, "password": password}, **more)


def sid(client) -> str:
    with client.session_transaction() as cookie:
        return cookie.get("sid", "")


def without_tokens(body: str) -> str:
    """A page without what differs each time it is made."""
    return re.sub(r'(name="(once|csrf_token|email)"|name="csrf-token")[^>]*>', "", body)


def test_the_right_password_signs_in_and_nothing_stays_counted(client, session, ann):
    answer = enter(client)

    assert answer.status_code == 303
    assert "Ann" in client.page("/account").text
    assert session.scalars(select(SignInAttempt)).all() == []
    assert session.scalars(select(AuditEvent.kind)).all() == ["session.started"]


@pytest.mark.parametrize("email", ["ANN@example.org", " ann@example.org ", "\uff41nn@Example.org"])
def test_the_address_is_taken_in_any_writing(client, ann, email):
    assert enter(client, email).status_code == 303


def test_a_wrong_password_an_unknown_and_a_closed_account_get_the_same_page(
    client, session, build, password_of, ann, clock
):
    closed = password_of(build.user(email="closed@example.org"))
    closed.disabled_at = clock.now
    build.user(email="nopassword@example.org")
    session.commit()

    answers = [
        enter(client, email, "wrong password")
        for email in ("ann@example.org", "nobody@example.org", "closed@example.org", "nopassword@example.org")
    ] + [enter(client, "closed@example.org")]

    assert {a.status_code for a in answers} == {422}
    assert len({without_tokens(a.get_data(as_text=True)) for a in answers}) == 1


def test_a_failure_is_recorded_as_denied_without_the_address_typed(client, session, ann):
    enter(client, "somebody@example.org", "wrong password")

    event = session.scalar(select(AuditEvent))
    assert (event.kind, event.outcome, event.data["code"]) == ("session.start.denied", "denied", "sign-in-failed")
    assert "somebody" not in str(
        [session.execute(select(table)).all() for table in (SignInAttempt.__table__, AuditEvent.__table__)]
    )


def test_an_outdated_hash_is_made_anew_at_sign_in(client, session, ann):
    from argon2 import PasswordHasher

    ann.password_hash = PasswordHasher(time_cost=1, memory_cost=16, parallelism=1).hash(PASSWORD)
    session.commit()

    enter(client)
    session.expire_all()

    assert "m=8" in ann.password_hash


def test_after_ten_failures_the_right_password_waits_and_then_works_by_itself(client, ann, clock):
    for _number in range(10):
        assert enter(client, password="wrong password").status_code == 422

    waits = enter(client)
    clock.forward(minutes=5, seconds=1)
    works = enter(client)

    assert waits.status_code == 429
    assert waits.headers["Retry-After"] == "300"
    assert "You can try again in 5 minutes" in waits.get_data(as_text=True)
    assert works.status_code == 303


def test_success_counts_nothing_so_that_an_office_is_not_shut_out(client, ann):
    assert {enter(client).status_code for _number in range(15)} == {303}


def test_one_address_fails_for_many_accounts_and_waits(client, ann):
    for number in range(10):
        enter(client, f"person{number}@example.org", "wrong password")

    assert enter(client).status_code == 429


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP", "True-Client-IP"])
def test_a_forwarded_header_does_not_dodge_the_limit(client, ann, header):
    answers = [
        enter(client, f"p{n}@example.org", "wrong password", headers={header: f"10.0.0.{n}"}).status_code
        for n in range(11)
    ]

    assert answers == [422] * 10 + [429]


def test_many_addresses_on_one_account_wait_too(client, ann):
    answers = [
        enter(client, password="wrong password", environ_overrides={"REMOTE_ADDR": f"10.0.0.{n}"}).status_code
        for n in range(11)
    ]

    assert answers == [422] * 10 + [429]


def test_a_thousand_failures_in_all_are_enough(session, clock):
    session.add_all(SignInAttempt(kind="sign_in_address", subject=f"10.0.{n}", at=clock.now) for n in range(1000))

    with pytest.raises(limits.TooManyTries):
        signing_in.begin(session, "ann@example.org", address="10.9.9.9", limit=10, now=clock.now)


def test_old_counts_are_swept(session, clock):
    session.add(SignInAttempt(kind="x", subject="y", at=clock.now))
    clock.forward(days=3)
    for _number in range(limits.SWEEP_EVERY):
        limits.give_back(session, limits.take(session, limits.Limit("k", "s", 5), now=clock.now))

    assert session.scalars(select(SignInAttempt)).all() == []


def test_the_session_is_new_at_sign_in_and_the_old_one_ends(client, session, ann):
    enter(client)
    first = sid(client)
    with client.session_transaction() as cookie:
        cookie["planted"] = "by somebody else"

    enter(client)

    with client.session_transaction() as cookie:
        assert "planted" not in cookie
    assert sid(client) != first
    ended = session.scalars(select(UserSession.ended_at).order_by(UserSession.id)).all()
    assert ended[0] is not None
    assert ended[1] is None


def test_a_planted_session_id_becomes_nobody_and_is_replaced(client, ann):
    with client.session_transaction() as cookie:
        cookie["sid"] = "chosen-by-an-attacker"

    assert client.get("/account").status_code == 302
    enter(client)

    assert sid(client) != "chosen-by-an-attacker"


def test_a_cookie_kept_from_before_signing_out_opens_nothing(client, app, ann):
    enter(client)
    kept = sid(client)

    client.send("/sign-out")
    thief = app.test_client()
    with thief.session_transaction() as cookie:
        cookie["sid"] = kept

    assert thief.get("/account").status_code == 302
    assert client.get("/account").status_code == 302


def test_several_sessions_are_listed_and_each_can_be_ended(app, client, session, ann):
    other = app.test_client()
    enter(client)
    enter(other)
    number = session.scalars(select(UserSession.id).order_by(UserSession.id)).all()[1]

    assert "this one" in client.page("/account").text
    client.send(f"/account/sessions/{number}/end")

    assert other.get("/account").status_code == 302
    assert client.get("/account").status_code == 200


@pytest.mark.parametrize("number", ["999999", str(2**63), "9" * 40])
def test_a_session_of_nobody_or_somebody_else_is_not_found(client, session, ann, build, sign_in, number):
    sign_in(build.user(build.organisation()))
    theirs = session.scalar(select(UserSession.id))
    enter(client)

    assert client.post(f"/account/sessions/{number}/end").status_code == 404
    assert client.post(f"/account/sessions/{theirs}/end").status_code == 404


def test_a_password_change_ends_the_other_sessions(app, client, ann):
    other = app.test_client()
    enter(client)
    enter(other)

    wrong = client.send("/account/password", {"present": "nonsense", "password": "another long one"}, status=422)
    client.send("/account/password", {"present": PASSWORD, "password": "another long one"})

    assert "This is not your present password." in wrong.text
    assert client.get("/account").status_code == 200
    assert other.get("/account").status_code == 302
    assert enter(other).status_code == 422
    assert enter(other, password="another long one").status_code == 303


def test_a_session_ends_after_idleness_and_after_its_longest_time(client, ann, clock):
    enter(client)
    clock.forward(minutes=59)
    assert client.get("/account").status_code == 200

    clock.forward(minutes=61)

    assert client.get("/account").status_code == 302


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(client, ann):
    cookie = enter(client).headers["Set-Cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


OFF_SITE = [
    prefix + rest
    for prefix in ("//", "/\\", "\\\\", "\\/", "///", "http://", "https://", "HTTP:", "ftp://", "javascript:", "data:,")
    for rest in ("evil.example", "evil.example/%2f..", "evil.example@localhost", "localhost:80@evil.example")
] + [
    "/%2fevil.example",
    "/%2F%2Fevil.example",
    "%2f%2fevil.example",
    "/%5cevil.example",
    "/\tevil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "\x00//evil.example",
    "/\r\nLocation: http://evil.example",
    "//evil.example:443/",
    "//[::1]/",
    "////evil.example",
    "evil.example",
    ".evil.example",
    "?next=//evil.example",
]


@pytest.mark.parametrize("target", OFF_SITE)
def test_next_never_leaves_the_site(client, ann, target):
    asked = client.get("/sign-in", query_string={"next": target})
    answer = client.post("/sign-in", data={"email": "ann@example.org", "password": PASSWORD, "next": target})

    assert asked.status_code == 200
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/"


def test_there_are_sixty_targets():
    assert len(set(OFF_SITE)) >= 60


def test_next_on_this_site_is_followed(client, ann):
    answer = client.post("/sign-in", data={"email": "ann@example.org", "password": PASSWORD, "next": "/account?a=1"})

    assert answer.headers["Location"] == "/account?a=1"


def ask(client, email="ann@example.org"):
    return client.post("/password-reset", data={"email": email}, follow_redirects=True)


def run_jobs(session, clock) -> None:
    """What the worker does."""
    session.rollback()
    session.info["write"] = True
    for job in session.scalars(select(Job).where(Job.state == "waiting")).all():
        jobs.runner_of(job.kind)(session, job, clock)
        jobs.finish(job, now=clock.now)
    session.commit()


def test_asking_for_a_new_password_says_the_same_to_all_and_mails_only_the_known(client, session, ann, clock):
    answers = [ask(client), ask(client, "nobody@example.org")]
    written = session.scalars(select(Job.kind)).all()
    run_jobs(session, clock)

    assert len({a.get_data(as_text=True).replace("ann", "") for a in map(_plain, answers)}) == 1
    assert written == ["password_reset", "password_reset"]
    assert session.scalars(select(Mail.recipient)).all() == ["ann@example.org"]
    assert session.scalars(select(Job.payload)).all() == [{}, {}]


def _plain(answer):
    answer.set_data(without_tokens(answer.get_data(as_text=True)))
    return answer


def test_a_mailed_link_sets_a_password_once_and_ends_all_sessions(app, client, session, ann, clock):
    enter(client)
    other = app.test_client()
    ask(other)
    run_jobs(session, clock)
    path = session.scalar(select(Mail.secret))

    short = other.post(path, data={"password": "short"})
    other.post(path, data={"password": "another long one"})
    again = other.get(path)

    assert short.status_code == 422
    assert client.get("/account").status_code == 302
    assert enter(client, password="another long one").status_code == 303
    assert again.status_code == 409
    assert "This link was used on" in again.get_data(as_text=True)


def test_a_reset_works_while_sign_in_waits_and_frees_it(client, session, ann, clock):
    for number in range(10):
        enter(client, password="wrong password", environ_overrides={"REMOTE_ADDR": f"10.0.0.{number}"})
    ask(client)
    run_jobs(session, clock)

    client.post(session.scalar(select(Mail.secret)), data={"password": "another long one"})

    assert enter(client, password="another long one").status_code == 303


def test_a_reset_link_ends_after_an_hour_and_the_newest_alone_works(client, session, ann, clock):
    for _number in range(2):
        ask(client)
        run_jobs(session, clock)
    old, new = session.scalars(select(Mail.secret).order_by(Mail.id)).all()

    assert client.get(old).status_code == 409
    assert client.get(new).status_code == 200
    clock.forward(minutes=61)
    assert client.get(new).status_code == 409


def test_five_resets_a_day_and_the_sixth_says_the_same(client, session, ann, clock):
    answers = []
    for _number in range(6):
        answers.append(_plain(ask(client)).get_data(as_text=True))
        clock.forward(minutes=10)
    run_jobs(session, clock)

    assert len(set(answers)) == 1
    assert len(session.scalars(select(OneUseLink)).all()) == 5


def test_one_address_cannot_flood_the_queue(client, session):
    answers = [client.post("/password-reset", data={"email": f"p{n}@example.org"}).status_code for n in range(11)]

    assert answers == [303] * 10 + [429]


def test_nothing_is_changed_by_reading(client, session, ann):
    from sqlalchemy import MetaData

    tables = User.metadata.sorted_tables
    assert isinstance(User.metadata, MetaData)
    enter(client)
    session.commit()
    before = [session.execute(select(table)).all() for table in tables]
    session.commit()

    for path in ("/account", "/organisation", "/permissions", "/second-factor", "/sign-in", "/password-reset"):
        client.get(path)

    assert [session.execute(select(table)).all() for table in tables] == before
