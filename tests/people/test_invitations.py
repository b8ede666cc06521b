"""Invitations: one address, one organisation, one role, once."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from framework.ground.errors import InvalidInput, MoveRefused, NotAllowed, NotFound
from framework.people import invitations
from framework.people.links import LinkOver
from models.people import OneUseLink, RoleGrant, User
from models.records import AuditEvent, Mail
from tests.memory import remembered
from views import mailing

NEW = {"name": "Nia New", "password": "correct horse battery"}


@pytest.fixture
@remembered
def body(build):
    return build.organisation(name="Region North")


@pytest.fixture
@remembered
def admin(build, body):
    return build.person(body, "admin")


def invited(session, body, admin, clock, email="nia@example.org", role="member", **more) -> str:
    """Invite and give the path that the mail holds."""
    invitations.invite(session, email, body, role, actor=admin, now=clock.now, **more)
    session.commit()
    return session.scalars(select(Mail.secret).order_by(Mail.id.desc())).first()


def test_the_mail_holds_the_link_in_both_halves_and_the_table_does_not(session, body, admin, clock):
    path = invited(session, body, admin, clock)

    mail = session.scalar(select(Mail))
    subject, text, html = mailing.render(mail)

    assert "Region North" in subject
    assert f"http://localhost{path}" in text
    assert f"http://localhost{path}" in html
    assert path.rsplit("/", 1)[1] not in str(session.execute(select(OneUseLink.__table__)).all())
    assert path.rsplit("/", 1)[1] not in str(session.execute(select(AuditEvent.__table__)).all())


@pytest.mark.parametrize("name", ["A\nBcc: x@y.z", "{{ 7*7 }}", "<b>x</b>"])
def test_names_in_mails_are_text_and_the_subject_one_line(session, body, admin, clock, name):
    invited(session, body, admin, clock)
    mail = session.scalar(select(Mail))
    mail.params = mail.params | {"organisation": name}

    subject, _text, html = mailing.render(mail)

    assert "\n" not in subject
    assert "49" not in subject
    assert "<b>x" not in html


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1:99"])
def test_links_in_mails_are_canonical_whatever_the_host_says(session, build, body, sign_in, host):
    browser = sign_in(build.user(body, "admin"))

    browser.post(
        f"/organisations/{body.public_id}/invitations",
        data={"email": "nia@example.org", "role": "member"},
        headers={"X-Forwarded-Host": host, "X-Forwarded-For": "1.2.3.4"},
    )
    _subject, text, _html = mailing.render(session.scalar(select(Mail)))

    assert "http://localhost/invitations/" in text
    assert host not in text


def test_somebody_without_an_account_makes_one_and_is_signed_in(session, client, body, admin, clock):
    path = invited(session, body, admin, clock)

    assert "Make my account and accept" in client.page(path).text
    client.send(path, NEW | {"email": "evil@example.org", "role": "admin", "organisation": "x"})

    user = session.scalar(select(User).where(User.folded_email == "nia@example.org"))
    grant = session.scalar(select(RoleGrant).where(RoleGrant.user_id == user.id))
    assert (grant.role, grant.organisation_id, grant.created_by_id) == ("member", body.id, admin.user_id)
    assert session.scalar(select(User).where(User.folded_email == "evil@example.org")) is None
    assert "Nia New" in client.page("/account").text


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"name": "Nia\nX"}, "A name cannot contain a line break."),
        ({"password": "short"}, "A password has at least 10 characters."),
        ({"password": "nia@example.org"}, "The password must not be your mail address."),
    ],
)
def test_what_cannot_be_taken_is_said_and_the_link_still_works(session, client, body, admin, clock, typed, words):
    path = invited(session, body, admin, clock)

    refused = client.send(path, NEW | typed, status=422)
    client.send(path, NEW)

    assert words in refused.text
    assert session.scalar(select(User).where(User.folded_email == "nia@example.org")) is not None


def test_somebody_with_an_account_signs_in_and_accepts(session, build, sign_in, client, body, admin, clock):
    user = build.user(build.organisation("supplier"), email="nia@example.org")
    path = invited(session, body, admin, clock)

    stranger = client.page(path)
    browser = sign_in(user)
    assert "Accept" in browser.page(path).text
    browser.send(path)

    assert "This address has an account." in stranger.text
    assert "Region North" in browser.page("/organisation").text


def test_an_account_that_exists_cannot_be_made_again(session, build, client, body, admin, clock):
    build.user(email="nia@example.org")
    path = invited(session, body, admin, clock)

    client.send(path, NEW, status=403)

    assert len(session.scalars(select(User).where(User.folded_email == "nia@example.org")).all()) == 1


def test_a_forwarded_link_works_for_nobody_else(session, build, sign_in, body, admin, clock):
    path = invited(session, body, admin, clock)
    other = build.user(build.organisation())

    page = sign_in(other).send(path, status=403)

    assert "another mail address" in page.text
    assert (
        session.scalar(select(RoleGrant).where(RoleGrant.organisation_id == body.id, RoleGrant.user_id == other.id))
        is None
    )
    assert session.scalar(select(AuditEvent).where(AuditEvent.outcome == "denied")) is not None


@pytest.mark.parametrize(
    ("folded", "typed"), [("\u0130lk@example.org", "i\u0307lk@example.org"), ("A@example.org", "a@example.org")]
)
def test_a_look_alike_of_the_invited_address_is_the_same_account(session, build, body, admin, clock, folded, typed):
    from framework.people.addresses import fold_email

    user = build.user(email=typed)
    user.folded_email = fold_email(typed)
    path = invited(session, body, admin, clock, email=folded)

    invitations.accept(session, path.rsplit("/", 1)[1], user, now=clock.now)

    assert session.scalar(select(RoleGrant.role).where(RoleGrant.user_id == user.id)) == "member"


def test_a_used_link_says_when_and_does_nothing(session, client, app, body, admin, clock):
    path = invited(session, body, admin, clock)
    client.send(path, NEW)
    clock.forward(days=1)

    page = app.test_client().get(path)
    again = app.test_client().post(path, data=NEW)

    assert page.status_code == again.status_code == 409
    assert "This link was used on 23 Nov 2026. Sign in." in page.get_data(as_text=True)


def test_an_ended_link_sends_a_new_one_to_the_invited_address_once(session, client, body, admin, clock):
    path = invited(session, body, admin, clock, days=1)
    clock.forward(days=2)

    ended = client.page(path, status=409)
    client.send(f"{path}/again")
    client.send(f"{path}/again", status=409)

    mails = session.scalars(select(Mail).order_by(Mail.id)).all()
    assert "This link ended on 24 Nov 2026." in ended.text
    assert [m.recipient for m in mails] == ["nia@example.org", "nia@example.org"]
    assert "Make my account and accept" in client.page(mails[1].secret).text


def test_a_link_that_works_is_not_sent_again_by_strangers(session, client, body, admin, clock):
    path = invited(session, body, admin, clock)

    client.send(f"{path}/again", status=409)

    assert len(session.scalars(select(Mail)).all()) == 1


def test_a_revoked_link_does_nothing(session, build, sign_in, client, body, clock):
    office = sign_in(build.user(body, "admin"))
    office.send(f"/organisations/{body.public_id}/invitations", {"email": "nia@example.org", "role": "member"})
    link = session.scalar(select(OneUseLink))
    path = session.scalar(select(Mail.secret))

    office.send(f"/organisations/{body.public_id}/invitations/{link.public_id}/revoke")

    assert "withdrawn" in client.page(path, status=409).text
    assert client.post(path, data=NEW).status_code == 409
    assert session.scalar(select(User).where(User.folded_email == "nia@example.org")) is None


def test_sending_again_ends_the_old_link(session, build, sign_in, client, body, clock):
    office = sign_in(build.user(body, "admin"))
    office.send(f"/organisations/{body.public_id}/invitations", {"email": "nia@example.org", "role": "member"})
    link = session.scalar(select(OneUseLink))

    office.send(f"/organisations/{body.public_id}/invitations/{link.public_id}/resend")
    old, new = session.scalars(select(Mail.secret).order_by(Mail.id)).all()

    assert client.get(old).status_code == 409
    assert client.get(new).status_code == 200


@pytest.mark.parametrize("token", ["x", "a" * 32, "%00", "' OR 1=1"])
def test_a_wrong_token_is_not_found(client, session, token):
    assert client.get(f"/invitations/{token}").status_code == 404
    assert client.post(f"/invitations/{token}", data=NEW).status_code == 404
    assert client.post(f"/invitations/{token}/again").status_code == 404
    assert client.get(f"/password-reset/{token}").status_code == 404


def test_the_answer_is_the_same_whether_the_address_has_an_account(session, build, sign_in, body):
    build.user(email="known@example.org")
    browser = sign_in(build.user(body, "admin"))
    answers = []
    for email in ("known@example.org", "other@example.org"):
        page = browser.send(f"/organisations/{body.public_id}/invitations", {"email": email, "role": "member"})
        answers.append(page.text.split("People", 1)[0].replace(email, "…"))

    assert answers[0] == answers[1]


def test_a_member_or_stranger_invites_nobody(session, build, body, clock):
    for actor in (build.person(body), build.person(build.organisation(), "admin")):
        with pytest.raises(NotAllowed):
            invitations.invite(session, "x@example.org", body, "member", actor=actor, now=clock.now)


def test_a_role_that_does_not_fit_or_a_wrong_address_is_refused(session, body, admin, clock):
    with pytest.raises(MoveRefused):
        invitations.invite(session, "x@example.org", body, "operator", actor=admin, now=clock.now)
    with pytest.raises(InvalidInput):
        invitations.invite(session, "x@example.org\nBcc: y", body, "member", actor=admin, now=clock.now)


def test_an_invitation_to_another_organisation_is_not_found(session, build, body, admin, clock):
    other = build.organisation()
    invited(session, body, admin, clock)
    link = session.scalar(select(OneUseLink))

    with pytest.raises(NotFound):
        invitations.of_organisation(session, other, link.public_id)


def test_each_step_is_recorded_once(session, body, admin, clock):
    path = invited(session, body, admin, clock)
    _link, user = invitations.accept_as_new(
        session, path.rsplit("/", 1)[1], name="Nia", password="correct horse battery", language="nl", now=clock.now
    )
    with pytest.raises(LinkOver):
        invitations.accept(session, path.rsplit("/", 1)[1], user, now=clock.now + dt.timedelta(days=1))

    assert list(session.scalars(select(AuditEvent.kind).order_by(AuditEvent.seq))) == [
        "invitation.sent",
        "user.created",
        "role.granted",
        "invitation.accepted",
    ]
