"""Pages of sign-on: both sides of one accession, files, strangers, the closed list."""

from __future__ import annotations

import io

import openpyxl
import pytest
from sqlalchemy import select

from framework.signons import acts
from models.people import OneUseLink, Organisation
from models.records import AuditEvent, Mail
from models.rounds import MemberClass, Round
from models.signons import SignOn
from tests.memory import remembered

PDF = b"%PDF-1.4 signed"


def form(sign_on: SignOn, **values) -> dict:
    return {
        "version": str(sign_on.version),
        "document": (io.BytesIO(PDF), "our mandate.pdf"),
        "signed_by_name": "A. Signatory",
        "signed_by_title": "Mayor",
        "signed_on": "2026-06-01",
        "mandate_type": "cpb",
        "eligibility_basis": "named_in_notice",
        "liaison_name": "B. Liaison",
        "liaison_email": "liaison@example.org",
        "clause_commitment": "y",
        "data_agreement": "y",
    } | values


@pytest.fixture
@remembered
def joined(build, sign_in):
    """A round with one interested member; browsers of its lead and of the member."""
    round_ = build.round(state="sign_on", data_agreement="Keep it to yourselves.")
    sign_on = build.sign_on(round_)
    lead, member = build.user(round_.organisation), build.user(sign_on.organisation)
    return round_, sign_on, sign_in(lead, round_.organisation), sign_in(member, sign_on.organisation)


def test_a_mandate_goes_in_and_is_confirmed_by_the_lead(session, joined):
    round_, sign_on, lead, member = joined

    member.page(f"/rounds/{round_.public_id}/sign-on/mandate")
    handed = member.send(f"/rounds/{round_.public_id}/sign-on/mandate", form(sign_on))
    session.expire_all()
    seen = lead.page(f"/rounds/{round_.public_id}/sign-ons/{sign_on.public_id}")
    done = lead.send(
        f"/rounds/{round_.public_id}/sign-ons/{sign_on.public_id}/confirm", {"version": str(sign_on.version)}
    )
    printed = member.page(f"/rounds/{round_.public_id}/sign-ons/{sign_on.public_id}/record")

    session.expire_all()
    assert "The mandate is handed in" in handed.text
    assert "Who did what here" in seen.text
    assert "Confirm this body" in seen.text
    assert "stands on the list" in done.text
    assert sign_on.state == "confirmed"
    assert "acts for us as central purchasing body" in printed.text
    assert sign_on.mandate_file.sha256 in printed.text


def test_the_statement_is_kept_in_the_language_it_was_signed_in(session, joined):
    round_, sign_on, _lead, member = joined

    member.send(f"/rounds/{round_.public_id}/sign-on/mandate", form(sign_on, statement="forged"))

    session.expire_all()
    assert len(sign_on.statement.splitlines()) == 5
    assert "forged" not in sign_on.statement


def test_what_is_missing_is_said_at_the_field_and_answers_are_kept(session, joined):
    round_, sign_on, _lead, member = joined

    page = member.send(
        f"/rounds/{round_.public_id}/sign-on/mandate", form(sign_on, document=(io.BytesIO(b""), "")), 422
    )

    session.expire_all()
    assert "Attach the signed mandate." in page.text
    assert sign_on.state == "interested"


@pytest.mark.parametrize(
    ("name", "content", "words"), [("virus.exe", b"MZ", "Attach a PDF"), ("empty.pdf", b"", "empty")]
)
def test_a_file_that_is_no_document_is_not_taken(joined, name, content, words):
    round_, sign_on, _lead, member = joined

    page = member.send(
        f"/rounds/{round_.public_id}/sign-on/mandate", form(sign_on, document=(io.BytesIO(content), name)), 422
    )

    assert words in page.text


def test_the_mandate_is_given_to_lead_and_owner_only_as_an_attachment(build, sign_in, joined):
    round_, sign_on, lead, member = joined
    other = build.sign_on(round_)
    stranger = sign_in(build.user(other.organisation), other.organisation)
    member.send(f"/rounds/{round_.public_id}/sign-on/mandate", form(sign_on))
    address = f"/rounds/{round_.public_id}/sign-ons/{sign_on.public_id}/mandate"

    answers = [browser.get(address, buffered=True) for browser in (lead, member, stranger)]

    assert [a.status_code for a in answers] == [200, 200, 404]
    assert answers[0].data == PDF
    assert answers[0].headers["Content-Disposition"] == f"attachment; filename=mandate-{sign_on.public_id}.pdf"
    assert answers[0].headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["", "/record", "/mandate", "/class-proof"])
def test_another_members_sign_on_is_not_found(build, sign_in, joined, path):
    round_, sign_on, _lead, _member = joined
    other = build.sign_on(round_)
    stranger = sign_in(build.user(other.organisation), other.organisation)

    strange = stranger.get(f"/rounds/{round_.public_id}/sign-ons/{sign_on.public_id}{path}")
    missing = stranger.get(f"/rounds/{round_.public_id}/sign-ons/aaaaaaaaaaaaaaaa{path}")

    assert strange.status_code == missing.status_code == 404


def test_a_sign_on_of_another_round_is_not_found_in_this_one(build, joined):
    round_, _sign_on, lead, _member = joined
    elsewhere = build.sign_on(build.round(state="sign_on"))
    build.session.commit()

    lead.page(f"/rounds/{round_.public_id}/sign-ons/{elsewhere.public_id}", 404)
    lead.send(f"/rounds/{round_.public_id}/sign-ons/{elsewhere.public_id}/confirm", {"version": "1"}, 404)


def test_the_lead_invites_known_bodies(session, build, joined):
    round_, _sign_on, lead, _member = joined
    bodies = [build.organisation("buyer"), build.organisation("buyer")]
    session.commit()

    page = lead.send(f"/rounds/{round_.public_id}/sign-ons/invite", {"organisations": [b.public_id for b in bodies]})

    assert "2 organisations invited." in page.text
    assert session.query(SignOn).filter_by(state="invited").count() == 2


def test_the_lead_adds_a_new_body_and_invites_its_first_person(session, joined):
    round_, _sign_on, lead, _member = joined
    typed = {"name": "Town of Newlyn", "country": "NL", "body_type": "municipality", "email": "clerk@example.org"}

    page = lead.send(f"/rounds/{round_.public_id}/sign-ons/invite-new", typed)

    body = session.scalars(select(Organisation).where(Organisation.name == "Town of Newlyn")).one()
    link = session.scalars(select(OneUseLink)).one()
    assert "Town of Newlyn was added and invited." in page.text
    assert (link.organisation_id, link.role, link.email) == (body.id, "member", "clerk@example.org")


def test_a_new_body_with_a_broken_address_leaves_nothing_behind(session, joined):
    round_, _sign_on, lead, _member = joined
    typed = {"name": "Town of Newlyn", "country": "NL", "body_type": "municipality", "email": "clerk"}

    page = lead.send(f"/rounds/{round_.public_id}/sign-ons/invite-new", typed, 422)

    assert "Town of Newlyn" not in session.scalars(select(Organisation.name)).all()
    assert "mail address such as" in page.text


def test_after_publication_the_page_says_why_nobody_joins_and_keeps_the_attempt(session, build, joined):
    round_, _sign_on, lead, _member = joined
    body = build.organisation("buyer")
    round_.frozen_hash, round_.published_at, round_.tender_deadline = "f" * 64, build.clock(), build.clock()
    round_.state = "published"
    session.commit()

    page = lead.send(f"/rounds/{round_.public_id}/sign-ons/invite", {"organisations": [body.public_id]}, 409)

    denied = session.scalars(select(AuditEvent).where(AuditEvent.outcome == "denied")).one()
    assert "L03" in page.text
    assert (denied.kind, denied.data["rule"]) == ("sign_on.invite.denied", "L03")


def test_a_member_sees_the_names_on_the_list_and_no_forms(joined):
    round_, _sign_on, _lead, member = joined

    page = member.page(f"/rounds/{round_.public_id}/sign-ons")

    assert "Invite buyers" not in page.text


@pytest.mark.parametrize("state", ["invited", "interested", "mandate_pending", "confirmed", "active", "suspended"])
def test_the_own_page_reads_well_in_every_state(session, build, sign_in, state):
    round_ = build.round(state="in_force")
    sign_on = build.sign_on(round_, state=state, reason="list-closed")
    member = sign_in(build.user(sign_on.organisation), sign_on.organisation)
    lead = sign_in(build.user(round_.organisation), round_.organisation)

    page = member.page(f"/rounds/{round_.public_id}/sign-on")
    lead.page(f"/rounds/{round_.public_id}/sign-ons/{sign_on.public_id}")

    assert "What you commit to" in page.text
    assert "list of buyers is closed" in page.text


def test_a_body_declines_and_its_pages_close(session, build, sign_in):
    round_ = build.round(state="sign_on")
    sign_on = build.sign_on(round_, state="invited")
    member = sign_in(build.user(sign_on.organisation), sign_on.organisation)

    member.post(f"/rounds/{round_.public_id}/sign-on/leave", data={"motive": ""})

    session.expire_all()
    assert sign_on.state == "left"
    member.page(f"/rounds/{round_.public_id}/sign-on", 404)


def test_a_body_that_was_not_invited_applies(session, build, sign_in):
    round_ = build.round(state="sign_on", open_to_applications=True)
    build.add(MemberClass(round=round_, name="Municipalities", created_at=build.clock()))
    closed: Round = build.round(state="sign_on")
    member = build.organisation("buyer")
    browser = sign_in(build.user(member), member)

    offered = browser.page("/applications")
    page = browser.send(f"/applications/{round_.public_id}")
    browser.send(f"/applications/{closed.public_id}", status=404)

    assert closed.name not in offered.text
    assert "The signed mandate is still missing" in page.text


def test_the_list_leaves_as_a_workbook_as_far_as_it_is_filtered(joined):
    round_, sign_on, lead, member = joined
    path, name = f"/rounds/{round_.public_id}/sign-ons.xlsx", sign_on.organisation.name

    rows = read_rows(lead.get(path))
    none = read_rows(lead.get(f"{path}?state=left"))

    assert [(row[0], row[4]) for row in rows[1:]] == [(name, "Interested")]
    assert len(none) == 1
    assert member.get(path).status_code == 403


def read_rows(answer):
    """The rows of the workbook that came."""
    return list(openpyxl.load_workbook(io.BytesIO(answer.data)).active.iter_rows(values_only=True))


@pytest.mark.parametrize(("language", "typed"), [("nl", "250 000,50"), ("en", "250,000.50")])
def test_the_yearly_spend_is_read_as_people_write_it(session, build, joined, language, typed):
    round_, sign_on, _lead, member = joined
    member.get(f"/language/{language}")

    member.send(f"/rounds/{round_.public_id}/sign-on/mandate", form(sign_on, in_scope_spend_annual=typed))

    session.expire_all()
    assert str(sign_on.in_scope_spend_annual) == "250000.50"


def test_a_refused_form_says_that_the_file_must_be_chosen_again(joined):
    round_, sign_on, _lead, member = joined

    page = member.send(f"/rounds/{round_.public_id}/sign-on/mandate", form(sign_on, in_scope_spend_annual="much"), 422)

    assert "Choose the file again" in page.text


def test_a_mandate_on_another_basis_than_the_invitation_warns_the_lead(session, build, joined):
    round_, sign_on, lead, member = joined
    sign_on.invited_basis = "named_in_notice"
    session.commit()

    member.send(f"/rounds/{round_.public_id}/sign-on/mandate", form(sign_on, eligibility_basis="cpb_client"))

    shown = lead.page(f"/rounds/{round_.public_id}/sign-ons/{sign_on.public_id}").text
    assert "Another basis than in the invitation" in shown


def test_whoever_accepts_an_invitation_lands_on_the_sign_on_that_waits(session, build, client):
    round_ = build.round(state="sign_on")
    lead = build.person(round_.organisation)
    acts.invite(session, round_, build.organisation("buyer"), actor=lead, now=build.clock(), email="clerk@example.org")
    session.flush()
    path = session.scalars(select(Mail.secret)).one()
    session.commit()

    answer = client.post(path, data={"name": "C. Clerk", "password": "a long pass phrase 77"})

    assert answer.location == f"/rounds/{round_.public_id}/sign-on"


def test_a_body_that_no_database_holds_is_nobody_chosen(session, joined):
    round_, _sign_on, lead, _member = joined
    session.commit()

    answer = lead.post(f"/rounds/{round_.public_id}/sign-ons/invite", data={"organisations": "a\x00b"})

    assert answer.status_code == 422
    assert "Choose at least one organisation." in answer.get_data(as_text=True)
