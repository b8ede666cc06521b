"""The pages of agreements and of the registration: who sees what, both signatures in the browser, files that leave."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader
from sqlalchemy import event, select
from sqlalchemy.engine import Engine

from framework.contract import dates, running
from models.contract import Agreement
from models.people import Organisation, User
from tests.contract.standing import TERMS
from tests.contract.test_ties import tie
from tests.memory import remembered

STARTS = "It starts on its first day"


@pytest.fixture
def browsers(standing, sign_in, session, build):
    """A browser for each side, from now on: whoever is away for hours signs in anew."""
    return lambda: _browsers(standing, sign_in, session, build)


@pytest.fixture
@remembered
def people(browsers):
    return browsers()


def _browsers(standing, sign_in, session, build):
    if not session.info.get("write"):  # a page was read since
        session.rollback()
        session.info["write"] = True
    member = standing.sign_ons[0].organisation
    rival = standing.tender().supplier
    bodies = {
        "lead": (standing.lead, standing.round.organisation),
        "second": (standing.second_lead, standing.round.organisation),
        "supplier": (standing.supplier, standing.contractor),
        "member": (build.person(member), member),
        "rival": (build.person(rival), rival),
    }
    return {
        name: sign_in(session.get_one(User, who.user_id), session.get_one(Organisation, body.id))
        for name, (who, body) in bodies.items()
    }


def here(standing):
    return f"/rounds/{standing.round.public_id}"


def there(standing, agreement):
    return f"{here(standing)}/agreements/{agreement.public_id}"


def typed(standing, **other):
    return {
        "award": str(standing.award.id),
        "number": "2026-7",
        "starts_on": "2026-12-01",
        "ends_on": "2030-11-30",
        "price_mechanism": "catalogue_discount",
        "price_text": "List of May, less 12 per cent.",
        "brands": "Acme\nBeta",
    } | other


def test_the_lead_drafts_and_both_sides_sign_in_the_browser(standing, session, people):
    page = people["lead"].get(f"{here(standing)}/agreements").text
    assert f"{here(standing)}/agreements/new?award={standing.award.id}" in page
    form = people["lead"].get(f"{here(standing)}/agreements/new?award={standing.award.id}").text
    assert 'value="2026-12-01"' in form
    answer = people["lead"].post(f"{here(standing)}/agreements/new", data=typed(standing))
    assert answer.status_code == 303, answer.text
    session.rollback()
    agreement = session.scalars(select(Agreement)).one()
    page = people["lead"].get(there(standing, agreement)).text
    assert agreement.text_file.sha256 in page
    read = {"sha256": agreement.text_file.sha256}
    assert people["lead"].post(f"{there(standing, agreement)}/sign", data=read).status_code == 303
    assert "Take your signature back" in people["lead"].get(there(standing, agreement)).text
    assert "sign/confirm" not in people["second"].get(there(standing, agreement)).text
    assert f"{there(standing, agreement)}/sign/confirm" in people["supplier"].get(there(standing, agreement)).text
    assert people["supplier"].post(f"{there(standing, agreement)}/sign/confirm", data=read).status_code == 303
    session.rollback()
    assert session.scalars(select(Agreement.state)).one() == "signed"
    page = people["lead"].get(f"{here(standing)}/phase").text
    assert "Put the round in force" in page
    assert people["lead"].post(f"{here(standing)}/phase/enter_force").status_code == 303
    session.rollback()
    assert session.scalars(select(Agreement.state)).one() == "signed", "its first day has not come"
    assert "The agreements" in people["member"].get(f"{here(standing)}/registration/own").text


def test_a_wrong_form_says_what_is_wrong_and_keeps_what_was_typed(standing, session, people):
    answer = people["lead"].post(f"{here(standing)}/agreements/new", data=typed(standing, ends_on="2031-01-01"))
    assert answer.status_code == 422
    assert "L01" in answer.text
    assert "List of May" in answer.text
    for wrong in ({"number": "x\x00y" * 20}, {"number": ""}, {"price_mechanism": "barter"}, {"starts_on": "soon"}):
        assert people["lead"].post(f"{here(standing)}/agreements/new", data=typed(standing, **wrong)).status_code == 422
    for award in ("", "0", "x", "9" * 30, "٣"):
        answer = people["lead"].post(f"{here(standing)}/agreements/new", data=typed(standing, award=award))
        assert answer.status_code == 404, award
    session.rollback()
    assert session.scalars(select(Agreement)).all() == []


def test_before_the_letters_have_left_only_the_lead_knows(standing, session, people):
    agreement = standing.draft()
    standing.decision.announced_at = None
    session.commit()
    assert agreement.number in people["lead"].get(f"{here(standing)}/agreements").text
    for name in ("member", "supplier", "rival"):
        assert agreement.number not in people[name].get(f"{here(standing)}/agreements").text, name
        assert people[name].get(there(standing, agreement)).status_code == 404, name


def test_before_the_letters_have_left_a_tied_lead_reads_of_no_award(standing, session, people):
    standing.round.state, standing.decision.announced_at = "award", None
    tie(standing, standing.lead)
    session.commit()
    new = f"{here(standing)}/agreements/new?award={standing.award.id}"

    for name, may in (("lead", False), ("second", True)):
        listed = people[name].get(f"{here(standing)}/agreements")
        assert (listed.status_code, new in listed.text) == (200, may), name
        assert people[name].get(new).status_code == (200 if may else 403), name


def test_members_read_all_and_a_supplier_its_own(standing, session, people):
    agreement = standing.draft()
    session.commit()
    for name in ("lead", "member", "supplier"):
        assert people[name].get(there(standing, agreement)).status_code == 200, name
        assert people[name].get(f"{there(standing, agreement)}/agreement-nl.pdf").data[:5] == b"%PDF-"
    assert people["rival"].get(there(standing, agreement)).status_code == 404
    assert people["rival"].get(f"{there(standing, agreement)}/agreement-en.pdf").status_code == 404
    assert people["rival"].get(f"{there(standing, agreement)}/text.json").status_code == 404
    assert people["lead"].get(f"{there(standing, agreement)}/agreement-xx.pdf").status_code == 404
    for act in ("edit", "cancel", "terminate"):
        assert people["supplier"].post(f"{there(standing, agreement)}/{act}").status_code == 403
        assert people["member"].post(f"{there(standing, agreement)}/{act}").status_code == 403
    assert people["member"].post(f"{there(standing, agreement)}/sign").status_code == 403
    assert people["rival"].post(f"{there(standing, agreement)}/sign").status_code == 404


def test_an_agreement_of_another_round_is_not_found(standing, session, people, build):
    agreement = standing.draft()
    other = build.round(standing.round.organisation, state="standstill")
    session.commit()
    assert people["lead"].get(f"/rounds/{other.public_id}/agreements/{agreement.public_id}").status_code == 404


def test_the_text_leaves_byte_for_byte_and_says_only_what_was_published(standing, session, people):
    agreement = standing.draft()
    session.commit()
    sent = people["supplier"].get(f"{there(standing, agreement)}/text.json").data
    assert hashlib.sha256(sent).hexdigest() == agreement.text_file.sha256
    held = json.loads(sent)
    assert held["published"]["hash"] == standing.round.frozen_hash
    assert held["agreement"]["brands"] == ["Acme", "Beta"]
    assert held["parties"]["contractor"]["name"] == standing.contractor.name


def test_the_same_agreement_gives_the_same_pdf(standing, session, people):
    agreement = standing.signed()
    session.commit()
    first, second = (people["lead"].get(f"{there(standing, agreement)}/agreement-en.pdf").data for _ in range(2))
    assert first == second


def test_two_leads_terminate_and_what_was_typed_is_not_lost(standing, session, browsers):
    agreement = standing.in_force()
    people = browsers()
    address = f"{there(standing, agreement)}/terminate"
    answer = people["lead"].post(address, data={"ground": "", "evidence": "Report 7", "motive": "Long words"})
    assert answer.status_code == 409
    assert "Long words" in answer.text
    told = {"ground": "zero_tolerance", "evidence": "Report 7", "motive": "Shown."}
    assert people["lead"].post(address, data=told).status_code == 303
    assert "terminate/confirm" not in people["lead"].get(there(standing, agreement)).text
    assert "Report 7" in people["second"].get(there(standing, agreement)).text
    people["lead"].post(f"{address}/confirm")
    session.rollback()
    assert session.scalars(select(Agreement.state)).one() == "in_force"
    assert people["second"].post(f"{address}/confirm").status_code == 303
    session.rollback()
    assert session.scalars(select(Agreement.state)).one() == "terminated"
    assert "Report 7" not in people["supplier"].get(there(standing, agreement)).text


def test_a_termination_that_was_only_proposed_is_told_to_the_lead_alone(standing, browsers):
    agreement = standing.in_force()
    people = browsers()
    told = {"ground": "zero_tolerance", "evidence": "Report 7", "motive": "Shown."}
    assert people["lead"].post(f"{there(standing, agreement)}/terminate", data=told).status_code == 303
    for name in ("supplier", "member"):
        page = people[name].get(there(standing, agreement)).text
        assert "waits for a second person" in page, "the signature was proposed too, and stays in the trail"
        assert page.count("waits for a second person") == 1
    assert people["lead"].get(there(standing, agreement)).text.count("waits for a second person") == 2


@pytest.mark.parametrize(
    ("state", "status"), [("interested", 404), ("mandate_pending", 404), ("active", 200), ("suspended", 200)]
)
def test_a_body_reads_agreements_once_its_sign_on_is_confirmed(standing, session, people, state, status):
    agreement = standing.draft()
    standing.sign_ons[0].state = state
    session.commit()
    assert people["member"].get(there(standing, agreement)).status_code == status
    for file in ("agreement-en.pdf",):
        assert people["member"].get(f"{there(standing, agreement)}/{file}").status_code == status
    listed = people["member"].get(f"{here(standing)}/agreements")
    assert listed.status_code == 200
    assert (agreement.number in listed.text) is (status == 200)
    assert people["lead"].get(there(standing, agreement)).status_code == 200


def test_the_date_decides_on_the_page_not_the_job(standing, session, browsers, clock):
    agreement = standing.signed()
    standing.enter_force()
    session.commit()
    clock.now = running.begins_at(agreement) - dt.timedelta(seconds=1)
    people = browsers()
    assert STARTS in people["supplier"].get(there(standing, agreement)).text
    clock.now = running.begins_at(agreement)
    assert STARTS not in people["supplier"].get(there(standing, agreement)).text
    clock.now = running.ends_at(agreement)
    assert "Expired" in browsers()["supplier"].get(there(standing, agreement)).text
    session.rollback()
    assert session.scalars(select(Agreement.state)).one() == "signed", "no job has been there"


def test_the_registration_is_done_in_the_browser(standing, session, people):
    standing.round.settings = {"call_off_registration_required": True}
    standing.signed()
    standing.enter_force()
    session.commit()
    own = f"{here(standing)}/registration/own"
    assert own in people["member"].get(here(standing)).text
    assert people["lead"].get(own).status_code == 403
    assert people["member"].get(f"{here(standing)}/registration").status_code == 403
    assert people["supplier"].get(own).status_code == 403
    page = people["lead"].get(f"{here(standing)}/registration").text
    assert "not registered" in page
    assert people["member"].post(own).status_code == 303
    assert "Registered on" in people["member"].get(own).text
    assert people["lead"].post(f"{here(standing)}/registration/activate").status_code == 303
    assert "You may call off." in people["member"].get(own).text
    sent = people["lead"].get(f"{here(standing)}/registration.xlsx?show=active").data
    rows = list(load_workbook(io.BytesIO(sent)).active.values)
    assert any(standing.sign_ons[0].organisation.name in map(str, row) for row in rows)
    assert not any(standing.sign_ons[1].organisation.name in map(str, row) for row in rows)
    for show in ("ready", "missing", "suspended", "nonsense", "x\x00"):
        assert people["lead"].get(f"{here(standing)}/registration", query_string={"show": show}).status_code == 200


def test_pages_ask_few_questions(standing, session, people, build):
    standing.round.settings = {"call_off_registration_required": True}
    for number in range(5):
        lot = build.lot(standing.round)
        standing.draft(
            terms=TERMS.__class__(f"N-{number}", TERMS.starts_on, TERMS.ends_on, "fixed"),
            award=standing.awarded(lot, standing.submission),
        )
        standing.entitle(build.sign_on(standing.round, state="confirmed"))
    agreement = standing.signed()
    standing.enter_force()
    session.commit()
    asked = []

    def count(*_told):
        asked.append(_told[2])

    for name, address in (
        ("lead", f"{here(standing)}/agreements"),
        ("lead", there(standing, agreement)),
        ("supplier", there(standing, agreement)),
        ("lead", f"{here(standing)}/registration"),
        ("member", f"{here(standing)}/registration/own"),
    ):
        people[name].get(address)
        event.listen(Engine, "before_cursor_execute", count)
        asked.clear()
        assert people[name].get(address).status_code == 200
        event.remove(Engine, "before_cursor_execute", count)
        assert len(asked) <= 25, (name, address, len(asked), asked)


@pytest.mark.parametrize("language", ["en", "nl", "sv"])
def test_the_pdf_holds_both_hashes_the_parties_and_who_signed(standing, session, people, language):
    agreement = standing.draft()
    session.commit()
    address = f"{there(standing, agreement)}/agreement-{language}.pdf"
    drafted = words_of(people["member"].get(address).data)
    assert DRAFTS[language] in drafted
    standing.session.info["write"] = True
    standing.sign(agreement)
    session.commit()
    signed = words_of(people["member"].get(address).data)
    assert DRAFTS[language] not in signed
    for told in (
        agreement.text_file.sha256,
        standing.round.frozen_hash,
        standing.contractor.name,
        standing.round.organisation.name,
        standing.lead.name,
        standing.supplier.name,
        "2026-1",
    ):
        assert "".join(told.split()) in signed, told


DRAFTS = {"en": "DRAFT", "nl": "CONCEPT", "sv": "UTKAST"}


def words_of(content):
    return "".join("".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(content)).pages)


def test_the_days_stand_in_the_calendar_of_whoever_may_know(standing, session, build):
    agreement = standing.draft()
    lead = frozenset({"lead"})
    assert dates.days(session, standing.round, standing.lead, lead) == []
    standing.sign(agreement)
    found = dates.days(session, standing.round, standing.lead, lead)
    assert [one.at for one in found] == [running.begins_at(agreement), running.ends_at(agreement)]
    rival = build.person(standing.tender().supplier)
    assert dates.days(session, standing.round, rival, frozenset({"supplier"})) == []
    assert len(dates.days(session, standing.round, standing.supplier, frozenset({"supplier"}))) == 2
    assert dates.days(session, standing.round, standing.lead, frozenset({"monitor"})) == []
    standing.terminate(agreement)
    assert all(one.is_cancelled for one in dates.days(session, standing.round, standing.lead, lead))


def test_everybody_may_read_who_supplies_once_the_round_is_in_force(standing, session, client):
    standing.signed()
    session.commit()
    address = f"/public/rounds/{standing.round.public_id}"
    assert standing.contractor.name not in client.get(address).text
    session.rollback()
    session.info["write"] = True
    standing.enter_force()
    session.commit()
    assert standing.contractor.name in client.get(address).text


def test_everybody_is_led_to_what_is_next(standing, session, people):
    agreement = standing.draft()
    session.commit()
    address = there(standing, agreement)
    for name in ("lead", "supplier"):
        assert address in people[name].get(here(standing)).text, name
    assert address not in people["rival"].get(here(standing)).text
    tab = f'href="{here(standing)}/agreements"'
    assert tab in people["member"].get(here(standing)).text
    assert tab not in people["rival"].get(here(standing)).text, "a page with nothing on it is no tab"
    people["lead"].post(f"{address}/sign", data={"sha256": agreement.text_file.sha256})
    assert "The other side has signed" in people["supplier"].get(here(standing)).text
    assert "waits for the other side" in people["lead"].get(here(standing)).text
    people["supplier"].post(f"{address}/sign/confirm", data={"sha256": agreement.text_file.sha256})
    assert "Put the round in force" in people["lead"].get(here(standing)).text


@pytest.mark.parametrize("name", ["lead", "supplier", "member"])
def test_the_home_of_a_round_asks_few_questions_while_something_is_to_be_signed(standing, session, people, name, build):
    for number in range(3):
        award = standing.awarded(build.lot(standing.round), standing.submission)
        if number:
            standing.draft(TERMS.__class__(f"N-{number}", TERMS.starts_on, TERMS.ends_on, "fixed"), award=award)
    standing.signed()
    session.commit()
    asked = []

    def count(*told):
        asked.append(told[2])

    address = f"{here(standing)}/agreements"
    people[name].get(address)
    event.listen(Engine, "before_cursor_execute", count)
    assert people[name].get(address).status_code == 200
    event.remove(Engine, "before_cursor_execute", count)
    assert len(asked) <= 25, "\n".join(asked)
