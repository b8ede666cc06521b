"""Bodies from a sheet: what is read, whom it finds, the preview, one confirmation, nothing twice."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from framework.ground.blocks import split_block
from framework.signons.sheet import entries
from framework.signons.sheet.entries import Choices
from models.people import OneUseLink, Organisation
from models.records import AuditEvent, Mail
from models.signons import BodiesTaken, SignOn

HEADER = "Naam\tKBO-nummer\tLand\tSoort organisatie\tContactpersoon\tE-mailadres\tTaal\tAangesloten via"


def sheet_of(*rows: str, header: str = HEADER) -> str:
    return "\n".join([header, *rows])


def read(text: str, **choices):
    return entries.read(split_block(text), Choices(**choices))


@pytest.fixture
def led(build, sign_in):
    """A round with sign-on open and the browser of its lead."""
    round_ = build.round(state="sign_on", signon_deadline=None)
    return round_, sign_in(build.user(round_.organisation), round_.organisation)


def send(led, text: str, status: int = 200):
    """Paste rows and follow to the preview; the page and its address."""
    round_, lead = led
    answer = lead.post(f"/rounds/{round_.public_id}/sign-ons/sheet", data={"block": text})
    assert answer.status_code == 303, answer.get_data(as_text=True)[:500]
    place = answer.headers["Location"]
    return lead.page(place, status), place


def confirm(led, place: str, **decisions):
    _round, lead = led
    html = lead.get(place).get_data(as_text=True)
    seal = html.split('name="seal" value="')[1][:64]
    said = {name.replace("_", "-"): value for name, value in decisions.items()}
    return lead.send(place, {"seal": seal} | said)


@pytest.mark.parametrize(
    "header",
    [
        "Body\tRegistration number\tCountry\tKind of body\tContact\tMail address\tLanguage\tAffiliated via",
        HEADER,
        "Namn\tOrganisationsnummer\tLand\tTyp\tKontaktperson\tE-post\tSpråk\tAnsluten via",
    ],
)
def test_headers_are_recognised_in_three_languages(header):
    row = "Gemeente Nieuwdorp\t123\tNL\tgemeente\tA. Jansen\tinfo@nieuwdorp.example\tnl\tKoepel"

    found = read(sheet_of(row, header=header))

    entry = found.entries[0]
    assert [column.ground for column in found.columns] == ["header"] * 8
    assert (entry.name, entry.registration_no, entry.country) == ("Gemeente Nieuwdorp", "123", "NL")
    assert (entry.body_type, entry.contact_name, entry.email) == (
        "municipality",
        "A. Jansen",
        "info@nieuwdorp.example",
    )
    assert (entry.language, entry.affiliated_via, entry.faults) == ("nl", "Koepel", ())


def test_a_cell_that_cannot_be_read_is_named_with_its_place_and_what_to_do(led):
    page, _place = send(
        led, sheet_of("Nieuwdorp\t\tAtlantis\tcircus\tA\tno address\tfr\t", "\t1\tNL\t\t\ta@b.example\t\t")
    )

    assert "C2: “Atlantis” is no country we know." in page.text
    assert "D2: “circus” is no kind of body we know." in page.text
    assert "F2: “no address” is no mail address." in page.text
    assert "G2: We do not write mails in “fr”." in page.text
    assert "A3: The row names no body." in page.text


def test_new_bodies_are_added_and_invited_as_one_unit_each_with_one_mail_in_its_language(session, led):
    round_, _lead = led
    text = sheet_of(
        "Gemeente Nieuwdorp\t0207.1\tNL\tgemeente\tA. Jansen\ta@nieuwdorp.example\tnl\t",
        "Nystads kommun\t212000-1\tSweden\tkommun\tB. Berg\tb@nystad.example\tsv\tGemeente Nieuwdorp",
    )

    page, place = send(led, text)
    before = session.scalar(select(func.count()).select_from(SignOn))
    done = confirm(led, place)

    session.expire_all()
    invited = session.scalars(select(SignOn).order_by(SignOn.id)).all()
    mails = session.scalars(select(Mail).where(Mail.template == "invitation").order_by(Mail.id)).all()
    taken = session.scalars(select(BodiesTaken)).one()
    assert before == 0
    assert "New here, added and invited: 2" in page.text
    assert "Of 2 rows 2 were invited, 2 of them new here; 0 stayed out." in done.text
    assert [one.organisation.name for one in invited] == ["Gemeente Nieuwdorp", "Nystads kommun"]
    assert invited[1].affiliated_via is invited[0].organisation
    assert [(m.recipient, m.language) for m in mails] == [("a@nieuwdorp.example", "nl"), ("b@nystad.example", "sv")]
    assert (taken.invited, taken.left_out, len(taken.rows)) == (2, 0, 2)
    assert invited[0].contact_email == invited[0].contact_name == ""
    event = session.scalars(select(AuditEvent).where(AuditEvent.kind == "sign_on.sheet_taken")).one()
    assert (event.data["rows"], event.data["invited"], event.round_id) == (2, 2, round_.id)


def test_the_same_sheet_sent_again_changes_nothing(session, led):
    text = sheet_of("Gemeente Nieuwdorp\t0207.1\tNL\tgemeente\tA. Jansen\ta@nieuwdorp.example\tnl\t")
    _page, place = send(led, text)
    confirm(led, place)
    counts = [session.scalar(select(func.count()).select_from(t)) for t in (SignOn, Organisation, Mail, OneUseLink)]

    again, other = send(led, text)
    _round, lead = led
    refused = lead.post(other, data={"seal": "x"})

    session.expire_all()
    assert "Nobody would be invited." in again.text
    assert "On the list already, nothing happens: 1" in again.text
    assert refused.status_code == 303
    assert counts == [
        session.scalar(select(func.count()).select_from(t)) for t in (SignOn, Organisation, Mail, OneUseLink)
    ]
