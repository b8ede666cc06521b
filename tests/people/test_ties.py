"""Nobody gets behind the seal by a role: first contact, telling, and no person on both sides of a round."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from sqlalchemy import select

from framework.ground import permissions
from framework.ground.actors import roles_for, roles_in
from framework.ground.errors import NotAllowed
from framework.people import invitations, roles
from framework.signons import notices
from models.base import db
from models.disclosure import Submission, SupplierInvitation
from models.people import OneUseLink, RoleGrant
from models.records import Mail
from models.rounds import Round
from tests.memory import remembered
from tests.people.conftest import PASSWORD
from views import mailing


@pytest.fixture
@remembered
def operator(build):
    return build.person(build.organisation("operator"))


@pytest.fixture
@remembered
def supplier(build):
    return build.organisation("supplier", name="Zeewind")


@pytest.fixture
@remembered
def lead(build):
    return build.organisation("lead")


def invite_to_round(build, lead, supplier, state="set_up") -> Round:
    round_ = build.round(lead, state=state)
    build.add(SupplierInvitation(round_id=round_.id, organisation_id=supplier.id, created_at=build.clock()))
    return round_


def token_of(session) -> str:
    """The token of the newest invitation mailed."""
    path = session.scalars(select(Mail.secret).where(Mail.template == "invitation").order_by(Mail.id.desc())).first()
    return path.rsplit("/", 1)[1]


def test_a_lead_invites_nobody_into_a_supplier_that_has_people(session, build, lead, supplier, clock):
    invite_to_round(build, lead, supplier)
    build.user(supplier)
    person = build.person(lead)

    for role in ("supplier", "admin"):
        with pytest.raises(NotAllowed) as caught:
            invitations.invite(session, "sock@puppet.example", supplier, role, actor=person, now=clock.now)
        assert (caught.value.code, caught.value.rule) == ("contact-made", "SD3")


def test_a_lead_makes_the_first_contact_with_one_address(session, build, lead, supplier, clock):
    invite_to_round(build, lead, supplier)
    person = build.person(lead)

    invitations.invite(session, "vera@zeewind.example", supplier, "supplier", actor=person, now=clock.now)
    invitations.invite(session, "Vera@zeewind.example", supplier, "admin", actor=person, now=clock.now)
    with pytest.raises(NotAllowed):
        invitations.invite(session, "sock@puppet.example", supplier, "supplier", actor=person, now=clock.now)

    assert {link.role for link in invitations.pending(session, supplier)} == {"supplier", "admin"}


def test_a_first_contact_that_went_to_a_wrong_address_is_withdrawn_and_made_anew(session, build, lead, supplier, clock):
    invite_to_round(build, lead, supplier)
    person = build.person(lead)
    wrong = invitations.invite(session, "vear@zeewind.example", supplier, "supplier", actor=person, now=clock.now)

    invitations.revoke(session, wrong, actor=person, now=clock.now)
    right = invitations.invite(session, "vera@zeewind.example", supplier, "supplier", actor=person, now=clock.now)

    assert [link.id for link in invitations.pending(session, supplier)] == [right.id]


def test_a_first_contact_answered_after_others_came_is_refused(session, build, lead, supplier, clock):
    invite_to_round(build, lead, supplier)
    invitations.invite(
        session, "sock@puppet.example", supplier, "supplier", actor=build.person(lead), now=clock.now, days=1
    )
    old = token_of(session)
    clock.forward(days=2)
    build.user(supplier)
    invitations.ask_again(session, old, now=clock.now)

    with pytest.raises(NotAllowed) as caught:
        invitations.accept_as_new(
            session, token_of(session), name="Sock", password=PASSWORD, language="en", now=clock.now
        )

    assert caught.value.code == "contact-made"


def test_the_invited_person_takes_both_roles_of_a_first_contact(session, build, lead, supplier, clock):
    invite_to_round(build, lead, supplier)
    vera, person = build.user(email="vera@zeewind.example"), build.person(lead)
    for role in ("supplier", "admin"):
        invitations.invite(session, vera.email, supplier, role, actor=person, now=clock.now)
    for mail in session.scalars(select(Mail).where(Mail.template == "invitation")).all():
        invitations.accept(session, mail.secret.rsplit("/", 1)[1], vera, now=clock.now)

    held = {g.role for g in roles.held_in(session, supplier, now=clock.now)}
    assert held == {"supplier", "admin"}


@pytest.mark.parametrize("way", ["invites", "grants"])
def test_the_people_of_an_organisation_hear_of_whom_the_operator_brings_in(
    session, build, operator, supplier, clock, way
):
    vera = build.user(supplier, email="vera@zeewind.example", language="nl")
    new = build.user(email="new@zeewind.example")

    if way == "invites":
        invitations.invite(session, new.email, supplier, "supplier", actor=operator, now=clock.now)
    else:
        roles.grant(session, new, supplier, "supplier", actor=operator, now=clock.now)
    session.flush()

    mail = session.scalars(select(Mail).where(Mail.template == "person_added")).one()
    subject, text, html = mailing.render(mail)
    assert mail.recipient == vera.email
    assert "Zeewind" in subject
    assert "new@zeewind.example" in text
    assert "new@zeewind.example" in html


def test_an_administrator_of_the_organisation_tells_nobody(session, build, supplier, clock):
    build.user(supplier)
    admin = build.person(supplier, "admin")

    invitations.invite(session, "new@zeewind.example", supplier, "supplier", actor=admin, now=clock.now)

    assert session.scalars(select(Mail.template)).all() == ["invitation"]


def buyer(build, round_, side):
    """A person on the buying side of a round."""
    if side == "member":
        body = build.organisation("buyer")
        build.sign_on(round_, body)
        return build.user(body)
    if side in ("monitor", "operator"):
        return build.user(build.organisation(side))
    user = build.user(round_.organisation, "lead" if side == "lead" else "member")
    if side != "lead":
        build.appoint(round_, user, round_.organisation, side)
    return user


SIDES = ("lead", "member", "monitor", "operator", "opener", "evaluator", "chair")


@pytest.mark.parametrize("role", ["supplier", "admin"])
@pytest.mark.parametrize("side", SIDES)
def test_whoever_buys_in_a_round_takes_no_role_at_its_suppliers(
    session, build, operator, lead, supplier, clock, side, role
):
    user = buyer(build, invite_to_round(build, lead, supplier, "opened"), side)

    with pytest.raises(NotAllowed) as caught:
        roles.grant(session, user, supplier, role, actor=operator, now=clock.now)

    assert caught.value.rule == ("SD4" if side == "operator" else "SD3")


@pytest.mark.parametrize("kind", ["lead", "buyer", "monitor", "operator"])
def test_whoever_supplies_to_a_round_takes_no_part_in_buying(session, build, operator, lead, supplier, clock, kind):
    round_ = invite_to_round(build, lead, supplier, "opened")
    body = lead if kind == "lead" else build.organisation(kind)
    if kind == "buyer":
        build.sign_on(round_, body)
    user = build.user(supplier)

    with pytest.raises(NotAllowed):
        roles.grant(session, user, body, roles.fitting(body)[0], actor=operator, now=clock.now)


def test_while_a_tender_is_open_the_answer_tells_nothing_of_who_takes_part(
    session, build, operator, lead, supplier, clock
):
    invite_to_round(build, lead, supplier, "published")
    person, stranger = build.user(lead), build.organisation("supplier")
    said = []

    for body in (supplier, stranger):
        with pytest.raises(NotAllowed) as caught:
            roles.grant(session, person, body, "supplier", actor=operator, now=clock.now)
        said.append((caught.value.code, caught.value.message))

    assert said[0] == said[1]


@pytest.mark.parametrize("state", ["closed", "archived", "cancelled"])
def test_a_round_that_is_over_ties_nobody(session, build, operator, lead, supplier, clock, state):
    invite_to_round(build, lead, supplier, state)

    granted = roles.grant(session, build.user(lead), supplier, "supplier", actor=operator, now=clock.now)

    assert granted.role == "supplier"


def test_an_operator_cannot_invite_itself_behind_the_seal(session, build, sign_in, supplier):
    build.user(supplier)
    user = build.user(build.organisation("operator"))
    browser = sign_in(user)
    browser.send(f"/organisations/{supplier.public_id}/invitations", {"email": user.email, "role": "supplier"})

    page = browser.send(f"/invitations/{token_of(session)}", status=403)

    held = session.scalars(select(RoleGrant.organisation_id).where(RoleGrant.user_id == user.id)).all()
    assert "operates this installation and cannot work for a supplier" in page.text
    assert supplier.id not in held
    assert session.scalars(select(OneUseLink.used_at).where(OneUseLink.email == user.email)).one() is None


def test_acting_for_another_organisation_is_no_way_behind_the_seal(session, build, sign_in, lead, supplier, clock):
    round_ = build.round(lead, state="published", tender_deadline=clock.now + dt.timedelta(hours=1))
    build.lot(round_)
    person, vera = build.user(lead), build.user(supplier)
    build.grant(person, supplier, "supplier")
    here = f"/rounds/{round_.public_id}/disclosure"
    browser, bidder = sign_in(person, supplier), sign_in(vera)

    bidder.post(here, data={"file": (io.BytesIO(b"Site name,Address,Country\nAcme,Street 1,China\n"), "sites.csv")})
    db.session.remove()
    sent = db.session.scalars(select(Submission.public_id)).one()

    assert bidder.get(f"{here}/{sent}").status_code == 200
    assert browser.get(f"{here}/{sent}").status_code == 404
    assert browser.get(f"{here}/{sent}/original").status_code == 404


@pytest.mark.parametrize("state", ["published", "opened"])
def test_the_list_of_rounds_leaves_out_what_a_tie_closes(session, build, lead, supplier, state):
    round_ = invite_to_round(build, lead, supplier, state)
    person = build.user(lead)
    build.grant(person, supplier, "supplier")
    tied, free = build.actor(person, supplier), build.person(supplier)

    listed = [list(session.scalars(permissions.visible_rounds(one))) for one in (tied, free)]

    assert listed == [[], [round_]]
    assert [roles_in(session, one, round_) for one in (tied, free)] == [frozenset(), frozenset({"supplier"})]


def test_a_body_that_was_brought_in_elsewhere_meanwhile_holds_no_round_up(session, build, lead, clock):
    body = build.organisation("buyer")
    sign_on = build.sign_on(build.round(lead), body, state="invited")
    sign_on.contact_email = "first@body.example"
    admin = build.user(body, "admin")

    notices.invited(session, sign_on, actor=build.person(lead), now=clock.now)

    assert invitations.pending(session, body) == []
    assert roles.held_in(session, body, now=clock.now)[0].user_id == admin.id


def test_whoever_buys_in_a_round_is_no_supplier_of_its_submissions_either(session, build, lead, supplier):
    round_ = invite_to_round(build, lead, supplier, state="published")
    person, free = build.user(lead), build.user(supplier)
    build.grant(person, supplier, "supplier")
    submission = Submission(round=round_, supplier=supplier)

    tied, other = build.actor(person, supplier), build.actor(free, supplier)

    assert "supplier" not in roles_for(session, tied, submission)
    assert "supplier" in roles_for(session, other, submission)
