"""What signing leaves behind: a fresh second factor where roles need one, a PDF with the hash, classes that anybody recognises."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from framework.ground.errors import FactorStale, InvalidInput
from framework.people import second_factor
from framework.rounds import parts
from framework.signons import acts
from framework.signons import record as records
from models.people import UserSession
from models.rounds import MemberClass
from tests.memory import remembered
from tests.people.test_second_factor import KEY, SECRET
from tests.signons.test_acts import mandate as told
from tests.signons.test_pages import form

PDF = b"%PDF-1.4 signed"


@pytest.fixture
@remembered
def joined(build, sign_in):
    """A round with one interested body; browsers of its lead and of the body."""
    round_ = build.round(state="sign_on", data_agreement="Keep it to yourselves.")
    sign_on = build.sign_on(round_)
    lead, member = build.user(round_.organisation), build.user(sign_on.organisation)
    build.session.commit()
    return round_, sign_on, sign_in(lead, round_.organisation), sign_in(member, sign_on.organisation)


@pytest.fixture
def asked(app, session, clock):
    """An installation in which members give a second factor; everybody gave theirs an hour ago."""
    settings = app.extensions["settings"]
    settings.second_factor_roles = "member"
    yield
    settings.second_factor_roles = ""


def test_the_act_takes_a_code_given_just_now(session, build, clock):
    round_ = build.round(state="sign_on")
    sign_on = build.sign_on(round_)
    person = build.person(sign_on.organisation)
    late = with_factor(person, clock.now.replace(hour=0))
    fresh = with_factor(person, clock())

    with pytest.raises(FactorStale, match="factor-stale"):
        acts.submit_mandate(session, sign_on, told(build), actor=late, now=clock(), version=sign_on.version)
    acts.submit_mandate(session, sign_on, told(build), actor=fresh, now=clock(), version=sign_on.version)

    assert sign_on.state == "mandate_pending"


def with_factor(person, at):
    return replace(person, factor_roles=frozenset({"member"}), factor_at=at)


def test_where_no_role_needs_a_code_none_is_asked_for(joined):
    round_, _sign_on, _lead, member = joined

    page = member.page(f"/rounds/{round_.public_id}/sign-on/mandate")

    assert "Code of your second factor" not in page.text


def test_the_form_asks_for_the_code_and_takes_it_with_the_mandate(app, session, clock, joined, asked):
    round_, sign_on, _lead, member = joined
    place = f"/rounds/{round_.public_id}/sign-on/mandate"
    live = session.scalars(select(UserSession).join(UserSession.user).order_by(UserSession.id.desc())).first()
    second_factor.store(live.user, SECRET, key=KEY, now=clock.now)
    live.second_factor_at = clock.now
    session.commit()
    clock.forward(minutes=20)

    page = member.page(place)
    without = member.post(place, data=form(sign_on))
    code = second_factor.code_at(SECRET, clock.now)
    done = member.send(place, form(sign_on, fresh_code=code))

    assert "Code of your second factor" in page.text
    assert without.status_code == 403
    assert "The mandate is handed in" in done.text


def test_the_record_comes_as_a_pdf_with_its_hash_for_lead_and_member(session, joined):
    round_, sign_on, lead, member = joined
    member.send(f"/rounds/{round_.public_id}/sign-on/mandate", form(sign_on))
    session.expire_all()
    place = f"/rounds/{round_.public_id}/sign-ons/{sign_on.public_id}/record.pdf"

    mine, theirs = member.get(place), lead.get(place)

    text = "".join(page_text(mine.data).split())
    assert (mine.mimetype, mine.data) == ("application/pdf", theirs.data)
    assert records.digest(sign_on) in text
    assert sign_on.mandate_file.sha256 in text
    assert "A.Signatory,Mayor" in text


def page_text(content: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def test_nobody_else_takes_the_pdf_and_there_is_none_before_signing(build, sign_in, joined):
    round_, sign_on, _lead, member = joined
    other = build.sign_on(round_, state="confirmed")
    stranger = sign_in(build.user(other.organisation), other.organisation)
    place = f"/rounds/{round_.public_id}/sign-ons/{sign_on.public_id}/record.pdf"

    assert member.get(place).status_code == 404
    assert stranger.get(place).status_code == 404


def test_a_class_is_named_only_with_a_description(session, build, clock):
    round_ = build.round()
    lead = build.person(round_.organisation)

    with pytest.raises(InvalidInput, match="description-missing"):
        parts.add_class(session, round_, name="Hospitals", description="  ", actor=lead, now=clock())
    parts.add_class(session, round_, name="Hospitals", description="Run by a region.", actor=lead, now=clock())

    assert [one.description for one in session.scalars(select(MemberClass))] == ["Run by a region."]


def test_the_description_of_a_class_stands_where_the_public_and_the_member_read_it(build, sign_in, client):
    round_ = build.round(state="published", has_public_members=True)
    said = "Every hospital that a region of Sweden runs."
    build.add(MemberClass(round=round_, name="Hospitals", description=said, created_at=build.clock()))
    sign_on = build.sign_on(round_, state="interested", eligibility_basis="class_in_notice", class_name="Hospitals")
    member = sign_in(build.user(sign_on.organisation), sign_on.organisation)
    build.session.commit()

    assert said in client.page(f"/public/rounds/{round_.public_id}/members").text
    assert said in client.page(f"/public/rounds/{round_.public_id}").text
    assert said in member.page(f"/rounds/{round_.public_id}/sign-on/mandate").text


def test_a_body_says_through_whom_it_joins(session, build, joined):
    round_, sign_on, lead, member = joined
    consortium = build.sign_on(round_, state="confirmed").organisation
    elsewhere = build.organisation("buyer")
    session.commit()
    place = f"/rounds/{round_.public_id}/sign-on/mandate"

    page = member.page(place)
    wrong = member.post(place, data=form(sign_on, joins_through=elsewhere.public_id))
    session.expire_all()
    member.send(place, form(sign_on, joins_through=consortium.public_id))
    session.expire_all()
    seen = lead.page(f"/rounds/{round_.public_id}/sign-ons/{sign_on.public_id}")

    assert consortium.name in page.text
    assert elsewhere.name not in page.text
    assert wrong.status_code == 422
    assert sign_on.affiliated_via_id == consortium.id
    assert f"Joins through {consortium.name}" in seen.text
    assert consortium.name in records.canonical(sign_on)


def test_an_upload_of_nothing_is_told(joined):
    round_, sign_on, _lead, member = joined

    answer = member.post(
        f"/rounds/{round_.public_id}/sign-on/mandate", data=form(sign_on, document=(io.BytesIO(b""), "a.pdf"))
    )

    assert "The file is empty." in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("nl", "Wij gebruiken de clausules van deze ronde"),
        ("sv", "Vi använder omgångens villkor"),
        ("en", "We use the clauses of this round in every call-off."),
    ],
)
def test_the_statement_is_kept_in_the_language_in_which_it_was_signed(session, build, sign_in, language, said):
    round_ = build.round(state="sign_on", data_agreement="Keep it to yourselves.")
    sign_on = build.sign_on(round_)
    person, lead = build.user(sign_on.organisation, language=language), build.user(round_.organisation)
    member, reader = sign_in(person, sign_on.organisation), sign_in(lead, round_.organisation)

    member.send(f"/rounds/{round_.public_id}/sign-on/mandate", form(sign_on))

    session.expire_all()
    place = f"/rounds/{round_.public_id}/sign-ons/{sign_on.public_id}"
    assert said in sign_on.statement
    assert said in reader.page(f"{place}/record").text
    assert said.split()[0] in page_text(reader.get(f"{place}/record.pdf").data)
