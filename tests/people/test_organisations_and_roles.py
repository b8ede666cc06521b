"""Organisations, accounts and roles: who may, doubles, withdrawal at once, what forms cannot change."""

from __future__ import annotations

import dataclasses

import pytest
from sqlalchemy import select

from framework.ground.actors import SYSTEM
from framework.ground.errors import InvalidInput, MoveRefused, NotAllowed, NotFound, Stale
from framework.people import accounts, organisations, roles, second_factor
from framework.people.organisations import Details, LooksDouble
from models.disclosure import SupplierInvitation
from models.people import Organisation, RoleGrant, User, UserSession
from models.records import AuditEvent
from tests.memory import remembered

REGION = Details("Region North", "lead", "NL", registration_no="NL123")


@pytest.fixture
@remembered
def operator(build):
    return build.person(build.organisation("operator"))


def kinds(session) -> list[str]:
    return list(session.scalars(select(AuditEvent.kind).order_by(AuditEvent.seq)))


def test_the_operator_adds_an_organisation_and_it_is_recorded(session, operator, clock):
    made = organisations.create(session, REGION, actor=operator, now=clock.now)

    assert (made.name, made.kind, made.country, made.created_by_id) == ("Region North", "lead", "NL", operator.user_id)
    assert kinds(session) == ["organisation.created"]


@pytest.mark.parametrize("kind", ["lead", "buyer", "supplier", "monitor"])
def test_nobody_else_adds_an_organisation(session, build, clock, kind):
    other = build.person(build.organisation(kind))

    with pytest.raises(NotAllowed):
        organisations.create(session, REGION, actor=other, now=clock.now)


@pytest.mark.parametrize(
    "double",
    [
        Details("RÉGION-north".replace("É", "E"), "buyer", "SE"),
        Details("Something else", "buyer", "NL", registration_no="NL123"),
    ],
    ids=["folded name", "number in the country"],
)
def test_a_likely_double_is_found_and_can_be_overruled(session, operator, clock, double):
    first = organisations.create(session, REGION, actor=operator, now=clock.now)

    with pytest.raises(LooksDouble) as caught:
        organisations.create(session, double, actor=operator, now=clock.now)
    second = organisations.create(session, double, actor=operator, now=clock.now, is_another=True)

    assert caught.value.found == [first]
    assert second.id != first.id


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "A\nB"}, "name"),
        ({"name": " "}, "name"),
        ({"kind": "king"}, "kind"),
        ({"kind": "supplier"}, "supplier_kind"),
        ({"country": "Netherlands"}, "country"),
        ({"body_type": "circus"}, "body_type"),
        ({"registration_no": "1\n2"}, "registration_no"),
    ],
)
def test_wrong_details_are_refused_at_their_field(session, operator, clock, change, field):
    with pytest.raises(InvalidInput) as caught:
        organisations.create(session, dataclasses.replace(REGION, **change), actor=operator, now=clock.now)

    assert caught.value.field == field


def test_an_edit_of_an_older_version_is_refused(session, operator, clock):
    made = organisations.create(session, REGION, actor=operator, now=clock.now)
    renamed = dataclasses.replace(REGION, name="Region South")

    organisations.edit(session, made, renamed, actor=operator, now=clock.now, version=made.version)
    session.flush()

    with pytest.raises(Stale):
        organisations.edit(session, made, REGION, actor=operator, now=clock.now, version=1)
    assert made.name == "Region South"


def test_search_takes_wildcards_as_letters_and_an_unknown_order_as_the_default(session, build):
    build.organisation(name="100% Green")
    build.organisation(name="Plain")

    found = session.execute(organisations.search("%", sort="name; DROP TABLE")).all()
    all_of_them = session.execute(organisations.search("", sort="-password")).all()

    assert [o.name for o, _people in found] == ["100% Green"]
    assert len(all_of_them) == 2


def test_another_organisation_is_not_found(session, build):
    stranger = build.person(build.organisation())
    other = build.organisation()

    with pytest.raises(NotFound):
        organisations.find(session, other.public_id, actor=stranger)


def test_a_folded_equal_address_is_the_same_account(session, build, clock):
    accounts.create_user(
        session,
        email="ren\u00e9@example.org",
        name="R",
        password="correct horse battery",
        organisation=None,
        roles=(),
        actor=SYSTEM,
        now=clock.now,
    )

    with pytest.raises(InvalidInput) as caught:
        accounts.create_user(
            session,
            email="RENE\u0301@example.org",
            name="R",
            password="correct horse battery",
            organisation=None,
            roles=(),
            actor=SYSTEM,
            now=clock.now,
        )

    assert caught.value.code == "email-known"


def test_an_account_can_come_with_roles_and_a_known_second_factor(session, build, clock):
    organisation, key = build.organisation("lead"), second_factor.key_from("secret")

    user = accounts.create_user(
        session,
        email="lena@example.org",
        name="Lena",
        password="correct horse battery",
        organisation=organisation,
        roles=("lead", "admin"),
        actor=SYSTEM,
        now=clock.now,
        totp_secret="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
        key=key,
    )

    assert {g.role for g in session.scalars(select(RoleGrant))} == {"lead", "admin"}
    assert second_factor.is_enrolled(user)
    assert "JBSWY3DP" not in (user.totp_secret or "")


def test_a_mail_domain_grants_nothing(session, build, clock):
    organisation = build.organisation(mail_domain="example.org")

    user = accounts.add(
        session, email="a@example.org", name="A", password="correct horse battery", actor=SYSTEM, now=clock.now
    )

    assert roles.held_in(session, organisation, now=clock.now) == []
    assert user.grants == []


@pytest.mark.parametrize(("kind", "role"), [("buyer", "lead"), ("supplier", "member"), ("lead", "operator")])
def test_a_role_that_does_not_fit_the_organisation_is_refused(session, build, operator, clock, kind, role):
    organisation = build.organisation(kind)

    with pytest.raises(MoveRefused) as caught:
        roles.grant(session, build.user(), organisation, role, actor=operator, now=clock.now)

    assert caught.value.code == "role-unfit"


def test_an_administrator_gives_roles_in_the_own_organisation_only(session, build, clock):
    own, other = build.organisation(), build.organisation()
    admin = build.person(own, "admin")

    granted = roles.grant(session, build.user(), own, "member", actor=admin, now=clock.now)
    with pytest.raises(NotAllowed):
        roles.grant(session, build.user(), other, "member", actor=admin, now=clock.now)

    assert granted.created_by_id == admin.user_id


def test_a_lead_invites_only_for_bodies_of_its_rounds(session, build, clock):
    lead, supplier, member, stranger = (build.organisation(k) for k in ("lead", "supplier", "buyer", "buyer"))
    round_ = build.round(lead)
    build.sign_on(round_, member)
    build.add(SupplierInvitation(round_id=round_.id, organisation_id=supplier.id, created_at=round_.created_at))
    person = build.person(lead)

    grantable = {o.id: roles.grantable(session, person, o, now=clock.now) for o in (supplier, member, stranger, lead)}

    assert grantable == {
        supplier.id: ("supplier", "admin"),
        member.id: ("member", "admin"),
        stranger.id: (),
        lead.id: (),
    }


def test_a_held_role_is_not_given_twice_and_a_withdrawn_one_can_be_given_again(session, build, operator, clock):
    organisation = build.organisation()
    user = build.user(organisation)
    held = session.scalar(select(RoleGrant).where(RoleGrant.user_id == user.id))

    same = roles.grant(session, user, organisation, "member", actor=operator, now=clock.now)
    roles.withdraw(session, held, actor=operator, now=clock.now)
    again = roles.grant(session, user, organisation, "member", actor=operator, now=clock.now)

    assert same is held
    assert again.id != held.id
    assert kinds(session) == ["role.withdrawn", "role.granted"]


def test_a_lapsed_role_can_be_given_again(session, build, operator, clock):
    organisation = build.organisation()
    user = build.user(organisation)
    held = session.scalar(select(RoleGrant).where(RoleGrant.user_id == user.id))
    held.ends_at = clock.now
    clock.forward(days=1)

    again = roles.grant(session, user, organisation, "member", actor=operator, now=clock.now)

    assert [g.id for g in roles.held_in(session, organisation, now=clock.now)] == [again.id]


def test_the_last_operator_stays(session, build, clock):
    organisation = build.organisation("operator")
    user = build.user(organisation)
    held = session.scalar(select(RoleGrant).where(RoleGrant.user_id == user.id))

    with pytest.raises(MoveRefused) as caught:
        roles.withdraw(session, held, actor=build.actor(user, organisation), now=clock.now)

    assert caught.value.code == "last-operator"


def test_an_outsider_withdraws_nothing(session, build, clock):
    user = build.user(build.organisation())
    held = session.scalar(select(RoleGrant).where(RoleGrant.user_id == user.id))

    with pytest.raises(NotAllowed):
        roles.withdraw(session, held, actor=build.person(build.organisation(), "admin"), now=clock.now)


def test_a_withdrawn_role_is_gone_on_every_next_request(build, session, sign_in):
    operator = build.user(build.organisation("operator"))
    office = sign_in(operator)
    denied = 0
    for _number in range(20):
        organisation = build.organisation()
        user = build.user(organisation, "admin")
        browser = sign_in(user)
        path = f"/organisations/{organisation.public_id}"
        assert browser.get(path).status_code == 200
        held = session.scalar(select(RoleGrant).where(RoleGrant.user_id == user.id))
        office.send(f"{path}/roles/{held.public_id}/withdraw")
        denied += browser.get(path).status_code == 302
        denied += browser.post(f"{path}/invitations", data={"email": "x@example.org"}).status_code == 401

    assert denied == 40


def test_a_withdrawn_role_ends_the_sessions_in_that_organisation_and_no_other(build, session, sign_in):
    first, second = build.organisation(), build.organisation()
    user = build.user(first, "member", "admin")
    build.grant(user, second, "member")
    here, there = sign_in(user, first), sign_in(user, second)
    held = session.scalar(select(RoleGrant).where(RoleGrant.user_id == user.id, RoleGrant.role == "admin"))
    office = sign_in(build.user(build.organisation("operator")))

    office.send(f"/organisations/{first.public_id}/roles/{held.public_id}/withdraw")

    assert here.get("/account").status_code == 302
    assert second.name in there.page("/organisation").text


def test_a_closed_account_is_signed_out_everywhere(build, session, sign_in, clock):
    organisation = build.organisation()
    user = build.user(organisation)
    browser, office = sign_in(user), sign_in(build.user(build.organisation("operator")))

    office.send(f"/organisations/{organisation.public_id}/people/{user.public_id}/disable")

    assert browser.get("/account").status_code == 302
    session.expire_all()
    assert session.scalar(select(UserSession.ended_at).where(UserSession.user_id == user.id)) is not None


def test_nobody_closes_their_own_account(build, sign_in):
    organisation = build.organisation("operator")
    user = build.user(organisation)

    page = sign_in(user).send(f"/organisations/{organisation.public_id}/people/{user.public_id}/disable", status=409)

    assert "You cannot disable your own account." in page.text


def test_the_operator_adds_and_changes_an_organisation_on_the_pages(build, session, sign_in):
    browser = sign_in(build.user(build.organisation("operator")))
    form = {"name": "Acme", "kind": "supplier", "supplier_kind": "brand", "country": "SE"}

    page = browser.send("/organisations/new", form)
    made = session.scalar(select(Organisation).where(Organisation.name == "Acme"))
    double = browser.send("/organisations/new", form | {"name": "ACME."}, status=409)
    browser.send(f"/organisations/{made.public_id}/edit", form | {"name": "Acme AB", "version": str(made.version)})
    stale = browser.send(f"/organisations/{made.public_id}/edit", form | {"name": "Acme X", "version": "1"}, status=409)
    session.expire_all()

    assert "The organisation is added." in page.text
    assert "This is another organisation than the one named above" in double.text
    assert "Somebody else changed this organisation meanwhile." in stale.text
    assert session.get(Organisation, made.id).name == "Acme AB"


def test_the_list_of_organisations_is_searched_sorted_and_paged(build, sign_in):
    for number in range(55):
        build.organisation(name=f"Body {number:02}")
    browser = sign_in(build.user(build.organisation("operator", name="Zed")))

    first, last = browser.page("/organisations"), browser.page("/organisations?page=999999")
    below, backwards = browser.page("/organisations?page=-3"), browser.page("/organisations?sort=-name")
    found = browser.page("/organisations?q=body+07&kind=buyer")

    assert "Page 1 of 2" in first.text
    assert "Page 2 of 2" in last.text
    assert "Page 1 of 2" in below.text
    assert backwards.text.index("Zed") < backwards.text.index("Body 54")
    assert "Body 07" in found.text
    assert "Body 08" not in found.text


def test_extra_fields_change_nothing(build, session, sign_in, clock):
    organisation, other = build.organisation(), build.organisation("operator")
    user = build.user(organisation)
    columns = {column.name: "1" for column in User.__table__.columns}
    extra = columns | {
        "role": "operator",
        "roles": "operator",
        "organisation_id": str(other.id),
        "is_active": "1",
        "password_hash": "x",
        "email": "evil@example.org",
        "folded_email": "evil@example.org",
        "totp_secret": "x",
        "public_id": "mine",
    }
    before = {c: getattr(user, c) for c in columns if c not in ("name", "version")}

    sign_in(user).send("/account", extra | {"name": "New name", "language": "sv", "zone": "Europe/Stockholm"})
    session.expire_all()

    before |= {"language": "sv", "zone": "Europe/Stockholm"}
    assert {c: getattr(user, c) for c in before} == before
    assert user.name == "New name"
    assert [g.role for g in session.scalars(select(RoleGrant).where(RoleGrant.user_id == user.id))] == ["member"]


@pytest.mark.parametrize(
    "name", [f"Ann{c}Bcc: all@example.org" for c in ("\n", "\r", "\r\n", "\u2028", "\x0b", "\x0c", "\x85")]
)
def test_a_name_with_a_line_break_is_refused_with_what_was_typed_kept(build, session, sign_in, name):
    user = build.user(build.organisation(), name="Ann")

    page = sign_in(user).send("/account", {"name": name, "language": "en", "zone": "Europe/Brussels"}, status=422)
    session.expire_all()

    assert "A name cannot contain a line break." in page.text
    assert user.name == "Ann"


def test_a_name_with_a_nul_is_kept_on_one_line_with_its_escape(build, session, sign_in):
    user = build.user(build.organisation(), name="Ann")

    sign_in(user).send("/account", {"name": "Ann\x00Bcc: a", "language": "en", "zone": "Europe/Brussels"})
    session.expire_all()

    assert user.name == "Ann\\x00Bcc: a"


def test_a_person_of_two_organisations_switches_and_no_further(build, session, sign_in):
    first, second, third = build.organisation(), build.organisation("supplier"), build.organisation()
    user = build.user(first)
    build.grant(user, second, "supplier")
    browser = sign_in(user, first)

    browser.send("/account/organisation", {"organisation": second.public_id})
    own = browser.page("/organisation")
    refused = browser.post("/account/organisation", data={"organisation": third.public_id})

    assert second.name in own.text
    assert refused.status_code == 404


def test_the_permission_table_is_public_and_complete(client):
    from framework.ground.permissions import TABLE

    page = client.page("/permissions")

    assert all(rule.permission.value in page.text for rule in TABLE.values())
