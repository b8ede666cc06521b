"""The second factor: set-up, codes that work once, recovery codes, who must give it."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from sqlalchemy import select

from framework.ground.actors import SYSTEM
from framework.ground.errors import InvalidInput
from framework.people import second_factor
from models.people import RecoveryCode
from models.records import AuditEvent
from models.rounds import Proposal
from tests.people.conftest import PASSWORD

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
KEY = second_factor.key_from("test" * 10)
OTHER_KEY = second_factor.key_from("other" * 10)
A_MONTH = dt.timedelta(days=30)


@pytest.fixture
def ann(build, session, clock, password_of):
    user = password_of(build.user(build.organisation("lead"), email="ann@example.org"))
    second_factor.store(user, SECRET, key=KEY, now=clock.now)
    session.commit()
    return user


@pytest.fixture
def asked(app):
    """An installation in which leads need a second factor."""
    settings = app.extensions["settings"]
    settings.second_factor_roles = "lead,chair,opener,operator"
    yield
    settings.second_factor_roles = ""


def enter(client):
    return client.post("/sign-in", data={"email": "ann@example.org", "password": PASSWORD})


def give(client, code, **more):
    return client.post("/second-factor", data={"code": code, **more})


def test_the_secret_is_stored_encrypted_and_only_our_key_reads_it(ann):
    assert SECRET not in ann.totp_secret
    assert second_factor.decrypt(ann.totp_secret, KEY) == SECRET
    assert second_factor.decrypt(ann.totp_secret, OTHER_KEY) is None


@pytest.mark.parametrize(("seconds", "works"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_code_works_one_step_early_or_late(session, ann, clock, seconds, works):
    code = second_factor.code_at(SECRET, clock.now)
    at = clock.forward(seconds=-seconds)

    if works:
        second_factor.verify(session, ann, code, key=KEY, actor=SYSTEM, now=at)
    else:
        with pytest.raises(InvalidInput):
            second_factor.verify(session, ann, code, key=KEY, actor=SYSTEM, now=at)


def test_a_code_is_taken_once_and_no_older_one_after_it(session, ann, clock):
    old, code = second_factor.code_at(SECRET, clock.now), second_factor.code_at(SECRET, clock.forward(seconds=30))
    second_factor.verify(session, ann, code, key=KEY, actor=SYSTEM, now=clock.now)

    for replayed in (code, old, f" {code[:3]} {code[3:]} "):
        with pytest.raises(InvalidInput):
            second_factor.verify(session, ann, replayed, key=KEY, actor=SYSTEM, now=clock.now)


@pytest.mark.parametrize("code", ["", "000000", "abcdef", "12345", "1234567", "١٢٣٤٥٦", "' OR 1=1"])
def test_a_wrong_code_is_refused(session, ann, clock, code):
    with pytest.raises(InvalidInput):
        second_factor.verify(session, ann, code, key=KEY, actor=SYSTEM, now=clock.now)


def test_ten_recovery_codes_each_work_once_in_any_writing(session, ann, clock):
    codes = second_factor.make_recovery_codes(session, ann, actor=SYSTEM, now=clock.now)

    second_factor.verify(session, ann, codes[0].upper().replace("-", " "), key=KEY, actor=SYSTEM, now=clock.now)
    with pytest.raises(InvalidInput):
        second_factor.verify(session, ann, codes[0], key=KEY, actor=SYSTEM, now=clock.now)

    assert len(set(codes)) == 10
    assert second_factor.codes_left(session, ann) == 9
    assert not set(codes) & set(session.scalars(select(RecoveryCode.code_hash)))


def test_new_recovery_codes_replace_the_old(session, ann, clock):
    old = second_factor.make_recovery_codes(session, ann, actor=SYSTEM, now=clock.now)
    second_factor.make_recovery_codes(session, ann, actor=SYSTEM, now=clock.now)

    with pytest.raises(InvalidInput):
        second_factor.verify(session, ann, old[0], key=KEY, actor=SYSTEM, now=clock.now)


def test_a_recovery_code_of_somebody_else_is_refused(session, build, ann, clock):
    theirs = second_factor.make_recovery_codes(session, build.user(), actor=SYSTEM, now=clock.now)

    with pytest.raises(InvalidInput):
        second_factor.verify(session, ann, theirs[0], key=KEY, actor=SYSTEM, now=clock.now)


@pytest.mark.parametrize("path", ["/organisation", "/account", "/permissions", "/"])
def test_a_lead_gives_the_second_factor_before_anything_else(client, asked, ann, clock, path):
    enter(client)

    before = client.get(path)
    give(client, second_factor.code_at(SECRET, clock.now))
    after = client.get(path)

    assert before.headers["Location"].startswith("/second-factor?next=")
    assert "/second-factor" not in after.headers.get("Location", "")


def test_a_member_is_not_asked(client, build, asked, password_of):
    password_of(build.user(build.organisation("buyer"), email="ann@example.org"))

    enter(client)

    assert client.get("/account").status_code == 200


@pytest.mark.parametrize("role", ["chair", "opener"])
def test_an_appointment_asks_for_it_too(client, build, session, asked, password_of, role):
    organisation = build.organisation("buyer")
    user = password_of(build.user(organisation, email="ann@example.org"))
    build.appoint(build.round(), user, organisation, role)
    session.commit()

    enter(client)

    assert client.get("/account").headers["Location"].startswith("/second-factor")


def test_a_replayed_code_is_refused_in_another_browser(client, app, asked, ann, clock):
    other = app.test_client()
    code = second_factor.code_at(SECRET, clock.now)
    enter(client)
    enter(other)

    first, second = give(client, code), give(other, code)

    assert first.status_code == 303
    assert second.status_code == 422
    assert "it was used before" in second.get_data(as_text=True)


def test_guessing_codes_waits_after_ten(client, asked, ann, clock):
    enter(client)
    answers = [give(client, "000000").status_code for _number in range(10)]

    waits = give(client, second_factor.code_at(SECRET, clock.now))
    clock.forward(minutes=6)
    works = give(client, second_factor.code_at(SECRET, clock.now))

    assert answers == [422] * 10
    assert waits.status_code == 429
    assert works.status_code == 303


def test_next_after_the_code_stays_on_the_site(client, asked, ann, clock):
    enter(client)

    answer = give(client, second_factor.code_at(SECRET, clock.now), next="//evil.example")

    assert answer.headers["Location"] == "/"


def test_setting_up_shows_picture_and_key_then_the_codes_once(client, asked, session, build, password_of, clock):
    user = password_of(build.user(build.organisation("lead"), email="ann@example.org"))
    enter(client)

    page = client.get("/second-factor").get_data(as_text=True)
    key = re.search(r"<code>([A-Z2-7 ]+)</code>", page).group(1).replace(" ", "")
    same = client.get("/second-factor").get_data(as_text=True)
    wrong = give(client, "000000")
    right = give(client, second_factor.code_at(key, clock.now), next="/account")
    shown = client.get(right.headers["Location"]).get_data(as_text=True)
    client.post("/recovery-codes", data={"next": "/account"})
    gone = client.get("/recovery-codes")
    session.expire_all()

    assert 'src="data:image/svg+xml' in page
    assert key in same.replace(" ", "")
    assert wrong.status_code == 422
    assert len(re.findall(r"<code>[a-z2-7]{4}-[a-z2-7]{4}-[a-z2-7]{4}-[a-z2-7]{4}</code>", shown)) == 10
    assert gone.status_code == 302
    assert second_factor.is_enrolled(user)
    assert key not in str(session.execute(select(AuditEvent.__table__)).all())


def test_without_the_second_factor_given_nobody_replaces_it_or_makes_codes(client, asked, session, ann):
    enter(client)

    page = client.get("/second-factor?again=1").get_data(as_text=True)
    client.post("/recovery-codes", data={"act": "new"})

    assert "data:image/svg+xml" not in page
    assert session.scalars(select(RecoveryCode)).all() == []


def test_another_device_is_set_up_only_after_its_code_is_right(client, asked, session, ann, clock):
    enter(client)
    give(client, second_factor.code_at(SECRET, clock.now))
    page = client.get("/second-factor?again=1").get_data(as_text=True)
    key = re.search(r"<code>([A-Z2-7 ]+)</code>", page).group(1).replace(" ", "")

    give(client, "000000", again="1")
    session.expire_all()
    kept = second_factor.decrypt(ann.totp_secret, KEY)
    give(client, second_factor.code_at(key, clock.now), again="1")
    session.expire_all()

    assert kept == SECRET
    assert second_factor.decrypt(ann.totp_secret, KEY) == key


def test_an_act_of_two_persons_asks_again_keeps_what_was_typed_and_then_does_it(
    client, asked, build, session, ann, clock
):
    round_ = build.round(ann.grants[0].organisation, state="published", tender_deadline=clock.now + A_MONTH)
    path = f"/rounds/{round_.public_id}/cancel"
    session.commit()
    enter(client)
    give(client, second_factor.code_at(SECRET, clock.now))
    clock.forward(minutes=11)
    form = {"motive": "The money is gone.", "once": "o" * 16}

    asked_again = client.post(path, data=form)
    wrong = client.post(path, data={**form, "fresh_code": "000000"})
    before = proposed(session)
    right = {**form, "fresh_code": second_factor.code_at(SECRET, clock.now)}
    done = client.post(path, data=right)
    sent_twice = client.post(path, data=form)

    assert asked_again.status_code == 403
    assert 'name="motive" value="The money is gone."' in asked_again.get_data(as_text=True)
    assert wrong.status_code == 422
    assert "This code is not right" in wrong.get_data(as_text=True)
    assert before == []
    assert done.status_code == sent_twice.status_code == 303
    assert proposed(session) == [("cancel", "The money is gone.")]


def test_guessing_the_code_of_an_act_waits_after_ten(client, asked, build, session, ann, clock):
    round_ = build.round(ann.grants[0].organisation, state="published", tender_deadline=clock.now + A_MONTH)
    path, form = f"/rounds/{round_.public_id}/cancel", {"motive": "x", "fresh_code": "000000"}
    session.commit()
    enter(client)
    give(client, second_factor.code_at(SECRET, clock.now))
    clock.forward(minutes=11)

    answers = [client.post(path, data=form).status_code for _number in range(11)]

    assert answers == [422] * 10 + [429]
    assert proposed(session) == []


def proposed(session):
    """The proposals there are, as (act, motive)."""
    session.rollback()
    found = [(p.act, p.motive) for p in session.scalars(select(Proposal))]
    session.rollback()
    return found
