"""Bodies from a sheet: what is read, whom it finds, the preview, one confirmation, nothing twice."""

from __future__ import annotations

import datetime as dt
import io
import re
import time

import openpyxl
import pytest
from sqlalchemy import func, select

from framework.ground.blocks import split_block
from framework.signons.sheet import entries, plan, uploads
from framework.signons.sheet.entries import Choices
from models.base import db
from models.people import OneUseLink, Organisation
from models.records import AuditEvent, Mail, StoredFile
from models.rounds import MemberClass
from models.signons import BodiesTaken, SignOn
from tests.memory import remembered
from tests.test_guard import at_once, twin_of

HEADER = "Naam\tKBO-nummer\tLand\tSoort organisatie\tContactpersoon\tE-mailadres\tTaal\tAangesloten via"


def sheet_of(*rows: str, header: str = HEADER) -> str:
    return "\n".join([header, *rows])


def read(text: str, **choices):
    return entries.read(split_block(text), Choices(**choices))


@pytest.fixture
@remembered
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
    """Answer what is doubtful, look at the list that results, and confirm it."""
    _round, lead = led
    said = {name.replace("_", "-"): value for name, value in decisions.items()}
    html = lead.get(place).get_data(as_text=True)
    if said:
        html = lead.post(place, data=hidden(html) | said | {"do": "show"}).get_data(as_text=True)
    return lead.send(place, hidden(html) | said)


def hidden(html: str) -> dict[str, str]:
    """What the form of a preview says of what it shows."""
    return {
        name: re.search(f'name="{name}" value="([^"]*)"', html).group(1)  # type: ignore[union-attr]
        for name in ("seal", "shown", "answers")
    }


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


def test_the_one_column_that_can_only_be_names_is_taken_for_them_and_it_says_so():
    found = read("Who\tMail\tCountry\nGemeente A\ta@a.example\tNL\nGemeente B\tb@b.example\tNL")

    assert [(column.target, column.ground) for column in found.columns] == [
        ("name", "values"),
        ("email", "header"),
        ("country", "header"),
    ]


def test_rows_without_a_header_are_read_by_their_values():
    found = read("Gemeente A\t1234567\tNL\ta@a.example\tnl\nGemeente B\t7654321\tBE\tb@b.example\tsv")

    assert [column.target for column in found.columns] == ["name", "registration_no", "country", "email", "language"]
    assert [entry.name for entry in found.entries] == ["Gemeente A", "Gemeente B"]


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


def test_likely_doubles_are_asked_about_and_nothing_is_merged_by_itself(session, build, led):
    known = build.organisation("buyer", name="Gemeente Nieuwdorp")
    other = build.organisation("buyer", name="Gemeente Oudorp")
    session.commit()
    text = sheet_of(
        "Nieuwdorp\t\tNL\t\tA\ta@nieuwdorp.example\tnl\t",
        "Oudorp (stad)\t\tNL\t\tB\tb@oudorp.example\tnl\t",
        "Oudorp stadsbestuur\t\tNL\t\tC\tc@oudorp.example\tnl\t",
    )

    page, place = send(led, text)
    done = confirm(led, place, row_2=known.public_id, row_3="another")

    session.expire_all()
    names = session.scalars(select(Organisation.name).join(SignOn, SignOn.organisation_id == Organisation.id)).all()
    assert "likely known: say which: 3" in page.text
    assert "the same as Gemeente Nieuwdorp: same name without its form" in page.text
    assert sorted(names) == ["Gemeente Nieuwdorp", "Oudorp (stad)"]
    assert "Of 3 rows 2 were invited, 1 of them new here; 1 stayed out." in done.text
    assert "nobody said whether it is one that is known" in done.text
    assert "It may be Gemeente Oudorp." in done.text
    assert other.name == "Gemeente Oudorp"


def test_the_same_name_in_another_country_is_asked_about(session, build, led):
    build.organisation(name="Kalmoes Hospital").country = "BE"
    session.commit()

    page, place = send(led, sheet_of("Kalmoes Hospital\t\tNL\tziekenhuis\tX\tx@kalmoes.example\tnl\t"))

    assert "same name, in another country" in page.text
    confirmed = confirm(led, place)
    assert "No row of this sheet would be invited" in confirmed.text
    assert session.scalar(select(func.count()).where(Organisation.name == "Kalmoes Hospital")) == 1


def test_the_name_of_a_file_may_hold_any_sign(led):
    round_, lead = led
    content = sheet_of("Gemeente Nieuwdorp\t\tNL\tgemeente\tA\tinfo@nieuwdorp.example\tnl\t").encode()
    here = f"/rounds/{round_.public_id}/sign-ons/sheet"

    answer = lead.post(here, data={"file": (io.BytesIO(content), "bodies\0.csv")})

    assert answer.status_code == 303
    assert "Gemeente Nieuwdorp" in lead.page(answer.headers["Location"]).text


def test_the_mail_of_a_known_body_goes_to_its_people_and_the_address_in_the_sheet_is_left(session, build, led):
    body = build.organisation("buyer", name="Gemeente Nieuwdorp")
    person = build.user(body)
    session.commit()

    page, place = send(led, sheet_of("Gemeente Nieuwdorp\t\tNL\t\tA\tstranger@else.example\tnl\t"))
    confirm(led, place)

    mails = session.scalars(select(Mail)).all()
    assert "The mail goes to the people who act for it here" in page.text
    assert [(m.template, m.recipient) for m in mails] == [("sign_on_invited", person.email)]


def test_a_supplier_a_row_twice_and_an_unknown_network_stay_out_with_what_to_do(session, build, led):
    build.organisation("supplier", name="Reseller Ltd")
    session.commit()
    text = sheet_of(
        "Reseller Ltd\t\tNL\t\tA\ta@reseller.example\t\t",
        "Gemeente Nieuwdorp\t7\tNL\t\tA\ta@nieuwdorp.example\t\t",
        "gemeente nieuwdorp\t7\tNL\t\tA\ta@nieuwdorp.example\t\t",
        "Gemeente Oudorp\t\tNL\t\tA\ta@oudorp.example\t\tKoepel Noord",
        "Gemeente Verweg\t\tNL\t\tA\ta@verweg.example\t\tGemeente Oudorp",
        "Gemeente Zonder\t\tNL\t\tA\t\t\t",
    )

    page, place = send(led, text)
    done = confirm(led, place)

    assert "Reseller Ltd is here as a supplier or monitor" in page.text
    assert "The same body as row 3, Gemeente Nieuwdorp." in page.text
    assert "No body of this name is known here or in the sheet: Koepel Noord." in page.text
    assert "No body of this name is known here or in the sheet: Gemeente Oudorp." in page.text
    assert "a mail address is needed" in page.text
    assert "Of 6 rows 1 were invited, 1 of them new here; 5 stayed out." in done.text
    assert session.scalars(select(BodiesTaken.left_out)).one() == 5


def test_after_publication_only_rows_of_a_named_class_come_in_and_the_article_is_named(session, build, led):
    round_, _lead = led
    build.add(MemberClass(round=round_, name="Municipalities", created_at=build.clock()))
    round_.frozen_hash, round_.published_at, round_.tender_deadline = "f" * 64, build.clock(), build.clock()
    round_.state = "in_force"
    session.commit()
    text = sheet_of(
        "Gemeente Nieuwdorp\tNL\ta@nieuwdorp.example\tmunicipalities",
        "Gemeente Oudorp\tNL\ta@oudorp.example\t",
        "Gemeente Verweg\tNL\ta@verweg.example\tUniversities",
        header="Body\tCountry\tMail\tClass",
    )

    page, place = send(led, text)
    confirm(led, place)

    invited = session.scalars(select(SignOn)).all()
    assert "article 33(2) of Directive 2014/24/EU, L03" in page.text
    assert "The round names no class “Universities” (L03)." in page.text
    assert [(one.organisation.name, one.class_name, one.eligibility_basis) for one in invited] == [
        ("Gemeente Nieuwdorp", "Municipalities", "class_in_notice")
    ]


def test_a_file_is_read_too_its_columns_can_be_chosen_and_its_outcome_taken_away(session, led):
    round_, lead = led
    book = openpyxl.Workbook()
    book.active.append(["Who is it", "Kontakt", "Kontakt", "Country", "Remark"])
    book.active.append(["Gemeente Nieuwdorp", "a@nieuwdorp.example", "A. Jansen", "Nederland", "none yet"])
    content = io.BytesIO()
    book.save(content)
    content.seek(0)

    answer = lead.post(f"/rounds/{round_.public_id}/sign-ons/sheet", data={"file": (content, "list.xlsx")})
    place = answer.headers["Location"]
    first = lead.page(place)
    chosen = f"{place}?target-0=name&target-1=email&target-2=contact_name&target-3=country&country=BE"
    second = lead.page(chosen)
    confirm(led, chosen)
    outcome = lead.get(place + "/outcome.xlsx")

    rows = list(openpyxl.load_workbook(io.BytesIO(outcome.data)).active.values)
    invited = session.scalars(select(SignOn)).one()
    assert "No column is taken for the name of the body." in first.text
    assert "another column says the same: choose one" in first.text
    assert "your choice" in second.text
    assert invited.organisation.country == "NL"
    assert rows[1][:5] == (2, "Gemeente Nieuwdorp", None, "NL", "added and invited")


def test_a_body_that_said_no_is_not_asked_again_by_a_sheet(session, build, led):
    round_, _lead = led
    body = build.organisation("buyer", name="Gemeente Nieuwdorp")
    build.sign_on(round_, body, state="left")
    session.commit()

    page, _place = send(led, sheet_of("Gemeente Nieuwdorp\t\tNL\t\tA\ta@nieuwdorp.example\tnl\t"))

    assert "Nobody would be invited." in page.text
    assert "It said no, left or was refused in this round." in page.text


def test_a_sheet_taken_over_into_one_round_is_not_shown_in_another(session, build, led):
    round_, lead = led
    other = build.round(round_.organisation, state="sign_on")
    session.commit()
    _page, place = send(led, sheet_of("Gemeente Nieuwdorp\t\tNL\t\tA\ta@nieuwdorp.example\tnl\t"))
    confirm(led, place)
    elsewhere = place.replace(round_.public_id, other.public_id)

    answers = [lead.get(elsewhere), lead.get(f"{elsewhere}/outcome.xlsx"), lead.post(elsewhere, data={"seal": "x"})]

    assert [answer.status_code for answer in answers] == [404, 404, 404]


def test_a_sheet_nobody_took_over_is_forgotten_and_the_others_are_kept(session, clock, led):
    text = sheet_of("Gemeente Nieuwdorp\t\tNL\t\tA\ta@nieuwdorp.example\tnl\t")
    _page, taken = send(led, text)
    confirm(led, taken)
    send(led, text)
    session.rollback()
    session.info["write"] = True  # the pages left a reading transaction

    uploads.forget(session, before=clock() + dt.timedelta(days=1))
    session.commit()

    kept = session.scalars(select(StoredFile.public_id).where(StoredFile.purpose == uploads.BLOCK)).all()
    assert kept == [taken.rsplit("/", 1)[1]]


def test_a_sheet_is_nobody_elses(session, build, sign_in, led):
    other = build.round(state="sign_on")
    stranger = sign_in(build.user(other.organisation), other.organisation)
    _page, place = send(led, sheet_of("Gemeente Nieuwdorp\t\tNL\t\tA\ta@nieuwdorp.example\tnl\t"))
    file_id = place.rsplit("/", 1)[1]

    there = stranger.get(f"/rounds/{other.public_id}/sign-ons/sheet/{file_id}")
    taken = stranger.post(f"/rounds/{other.public_id}/sign-ons/sheet/{file_id}", data={"seal": "x"})

    assert (there.status_code, taken.status_code) == (404, 404)
    assert session.scalars(select(SignOn)).all() == []


def test_an_address_that_no_database_holds_is_not_found(led):
    round_, lead = led
    places = [f"/rounds/{round_.public_id}/{part}/%00" for part in ("sign-ons/sheet", "set-up/lots/sheet")]

    answers = [lead.get(place) for place in places] + [lead.post(place, data={"seal": "x"}) for place in places]

    assert [answer.status_code for answer in answers] == [404] * 4


def test_a_row_or_column_of_thousands_of_digits_is_passed_over(session, led):
    _page, place = send(led, sheet_of("Gemeente Nieuwdorp\t\tNL\t\tA\ta@nieuwdorp.example\tnl\t"))
    _round, lead = led
    digits = "9" * 5000

    shown = lead.get(place, query_string={f"target-{digits}": "name"})
    done = confirm(led, place, **{f"row_{digits}": "another"})

    assert shown.status_code == 200
    assert "Of 1 rows 1 were invited" in done.text


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"PK\x03\x04broken"])
def test_a_file_that_is_no_table_is_told_and_nothing_is_invited(session, led, content):
    round_, lead = led

    place = f"/rounds/{round_.public_id}/sign-ons/sheet"
    page = lead.send(place, {"file": (io.BytesIO(content), "list.xlsx")})

    assert session.scalars(select(SignOn)).all() == []
    assert "Invite from a sheet" in page.text


def test_what_was_seen_is_what_is_done(session, build, led):
    _page, place = send(led, sheet_of("Gemeente Nieuwdorp\t\tNL\t\tA\ta@nieuwdorp.example\tnl\t"))
    _round, lead = led
    html = lead.get(place).get_data(as_text=True)
    seal = html.split('name="seal" value="')[1][:64]
    session.rollback()
    session.info["write"] = True  # the pages left a reading transaction
    build.organisation("buyer", name="Gemeente Nieuwdorp")
    session.commit()

    page = lead.send(place, {"seal": seal})

    assert "Look at it again." in page.text
    assert session.scalars(select(SignOn)).all() == []


@pytest.fixture
def slowly(monkeypatch):
    """Time passes between what a confirmation compares and what it does."""
    make = plan.make

    def slow(*told, **named):
        made = make(*told, **named)
        time.sleep(0.5)
        return made

    return lambda: monkeypatch.setattr(plan, "make", slow)


def seal_at(led, place: str) -> str:
    _round, lead = led
    return lead.get(place).get_data(as_text=True).split('name="seal" value="')[1][:64]


def confirmed_at_once(confirmations) -> list[int]:
    """What two leads get who confirm their sheets at the same moment: (browser, place, seal)."""
    db.session.remove()
    return [a.status_code for a in at_once(confirmations, lambda one: one[0].post(one[1], data={"seal": one[2]}))]


def test_two_leads_who_confirm_the_same_bodies_at_once_add_them_once(session, build, sign_in, led, slowly):
    other = build.round(state="sign_on", signon_deadline=None)
    both = [led, (other, sign_in(build.user(other.organisation), other.organisation))]
    session.commit()
    places = [send(one, sheet_of("Gemeente Nieuwdorp\t0207.1\tNL\t\tA\ta@nieuwdorp.example\tnl\t"))[1] for one in both]
    confirmations = [(one[1], place, seal_at(one, place)) for one, place in zip(both, places, strict=True)]
    slowly()

    answers = confirmed_at_once(confirmations)

    pages = [one[1].page(place).text for one, place in zip(both, places, strict=True)]
    assert answers == [303, 303]
    assert sum("somebody invited meanwhile. Look at it again." in page for page in pages) == 1
    assert db.session.scalars(select(Organisation.name).where(Organisation.registration_no == "0207.1")).all() == [
        "Gemeente Nieuwdorp"
    ]
    assert db.session.scalar(select(func.count()).select_from(BodiesTaken)) == 1


def test_one_sheet_confirmed_in_two_windows_at_once_is_taken_once(session, app, led, slowly):
    _page, place = send(led, sheet_of("Gemeente Nieuwdorp\t0207.1\tNL\t\tA\ta@nieuwdorp.example\tnl\t"))
    _round, lead = led
    seal = seal_at(led, place)
    slowly()

    answers = confirmed_at_once([(lead, place, seal), (twin_of(lead, app), place, seal)])

    assert answers == [303, 303]
    assert db.session.scalars(select(BodiesTaken.invited)).all() == [1]
    assert db.session.scalar(select(func.count()).select_from(SignOn)) == 1


def test_a_body_added_by_hand_while_a_sheet_is_confirmed_is_added_once(session, app, led, slowly):
    _page, place = send(led, sheet_of("Gemeente Nieuwdorp\t0207.1\tNL\t\tA\ta@nieuwdorp.example\tnl\t"))
    round_, lead = led
    by_hand = {
        "name": "Gemeente Nieuwdorp",
        "country": "NL",
        "registration_no": "0207.1",
        "email": "b@nieuwdorp.example",
        "body_type": "municipality",
    }
    acts = [
        (lead, place, hidden(lead.get(place).get_data(as_text=True))),
        (twin_of(lead, app), f"/rounds/{round_.public_id}/sign-ons/invite-new", by_hand),
    ]
    slowly()
    db.session.remove()

    answers = at_once(acts, lambda one: one[0].post(one[1], data=one[2]).status_code)

    assert set(answers) <= {303, 409}
    assert db.session.scalar(select(func.count()).where(Organisation.registration_no == "0207.1")) == 1
    assert db.session.scalar(select(func.count()).select_from(SignOn)) == 1


def test_a_row_that_became_a_double_meanwhile_stays_out_with_the_reason_and_the_others_are_invited(session, build, led):
    text = sheet_of(
        "Gemeente Nieuwdorp\t\tNL\t\tA\ta@nieuwdorp.example\tnl\t",
        "Nieuwdorp\t\tSE\t\tB\tb@nieuwdorp.example\tsv\tGemeente Nieuwdorp",
        "Gemeente Elders\t\tNL\t\tC\tc@elders.example\tnl\t",
        "Stad Elders Haven\t\tNL\t\tD\td@haven.example\tnl\t",
    )
    _page, place = send(led, text)
    _round, lead = led
    shown = hidden(lead.get(place).get_data(as_text=True))
    session.rollback()
    session.info["write"] = True
    build.organisation("buyer", name="Gemeente Nieuwdorp")
    build.organisation("buyer", name="Elders")
    session.commit()

    page = lead.send(place, shown)

    taken = session.scalars(select(BodiesTaken)).one()
    outcomes = {row["row"]: (row["outcome"], [one["message"] for one in row["reasons"]]) for row in taken.rows}
    assert (taken.invited, taken.left_out) == (1, 3)
    assert outcomes[2][0] == "changed"
    assert "Since the page was shown" in outcomes[2][1][0]
    assert outcomes[3][0] == "changed"
    assert outcomes[4][0] == "double"
    assert outcomes[5][0] == "added"
    assert "left out: something changed after the page was shown" in page.text
    names = session.scalars(select(Organisation.name).where(Organisation.name.contains("Nieuwdorp"))).all()
    assert names == ["Gemeente Nieuwdorp"]


def test_answers_are_shown_with_what_they_lead_to_before_anybody_is_invited(session, build, led):
    known = build.organisation("buyer", name="Nieuwdorp")
    session.commit()
    _round, lead = led
    page, place = send(led, sheet_of("Gemeente Nieuwdorp\t\tNL\t\tA\ta@nieuwdorp.example\tnl\t"))
    first = lead.get(place).get_data(as_text=True)
    as_known, as_another = {"row-2": known.public_id}, {"row-2": "another"}

    second = lead.post(place, data=hidden(first) | as_known)
    html = second.get_data(as_text=True)
    changed = lead.post(place, data=hidden(html) | as_another)

    assert "Invite them" not in page.text
    assert (second.status_code, changed.status_code) == (200, 200)
    assert "This is the list with your answers." in html
    assert "Known here, invited: 1" in html
    assert f'<option value="{known.public_id}" selected>' in html
    assert "New here, added and invited: 1" in changed.get_data(as_text=True)
    session.rollback()
    assert session.scalars(select(SignOn)).all() == []

    lead.send(place, hidden(changed.get_data(as_text=True)) | as_another)

    session.rollback()
    assert [one.organisation.name for one in session.scalars(select(SignOn))] == ["Gemeente Nieuwdorp"]


def test_a_row_about_which_nothing_is_said_is_shown_as_left_out_and_stays_out(session, build, led):
    build.organisation("buyer", name="Nieuwdorp")
    session.commit()
    _round, lead = led
    text = sheet_of(
        "Gemeente Nieuwdorp\t\tNL\t\tA\ta@nieuwdorp.example\tnl\t", "Elders\t\tNL\t\tB\tb@elders.example\tnl\t"
    )
    _page, place = send(led, text)
    first = lead.get(place).get_data(as_text=True)

    second = lead.post(place, data=hidden(first) | {"do": "show"}).get_data(as_text=True)
    done = lead.send(place, hidden(second))

    assert "invited 1, left out 1" in second
    assert "nobody said whether it is one that is known" in done.text


def test_without_choices_the_bodies_are_compared_once(monkeypatch, led):
    _page, place = send(led, sheet_of("Gemeente Nieuwdorp\t\tNL\t\tA\ta@nieuwdorp.example\tnl\t"))
    _round, lead = led
    seal, make, asked = seal_at(led, place), plan.make, []
    monkeypatch.setattr(plan, "make", lambda *told, **named: asked.append(told[3]) or make(*told, **named))

    lead.post(place, data={"seal": seal})

    assert asked == [{}]


def test_three_hundred_bodies_are_shown_and_invited_within_seconds(session, led):
    rows = [
        f"Gemeente Plaats {n:03d} {'abcdefghij'[n % 10] * 4}\t{n + 1000}\tNL\tgemeente\tP {n}\tp{n}@plaats{n}.example\tnl\t"
        for n in range(300)
    ]
    started = time.process_time()

    _page, place = send(led, sheet_of(*rows))
    shown = time.process_time() - started
    done = confirm(led, place, **{f"row_{n}": "another" for n in range(2, 302)})
    taken = time.process_time() - started

    assert "Of 300 rows 300 were invited" in done.text
    assert session.scalar(select(func.count()).select_from(Mail)) == 300
    assert session.scalar(select(func.count()).select_from(SignOn)) == 300
    assert shown < 5, shown
    assert taken < 30, taken


def test_the_exported_members_come_back_into_another_round_as_the_same_bodies(session, build, led):
    round_, lead = led
    build.add(MemberClass(round=round_, name="Municipalities", created_at=build.clock()))
    network = build.organisation("buyer", name="Koepel Noord")
    for number, name in enumerate(("Gemeente Nieuwdorp", "=1+1", "Gemeente Nieuwdorp")):
        body = build.organisation("buyer", name=name, registration_no=f"0{number}", body_type="municipality")
        build.user(body)
        build.sign_on(round_, body, state="confirmed", class_name="Municipalities", affiliated_via=network)
    other = build.round(round_.organisation, state="sign_on")
    build.add(MemberClass(round=other, name="Municipalities", created_at=build.clock()))
    session.commit()
    count = session.scalar(select(func.count()).select_from(Organisation))
    session.commit()
    content = lead.get(f"/rounds/{round_.public_id}/sign-ons/bodies.xlsx").data

    again = lead.post(f"/rounds/{round_.public_id}/sign-ons/sheet", data={"file": (io.BytesIO(content), "b.xlsx")})
    same = lead.page(again.headers["Location"])
    sent = lead.post(f"/rounds/{other.public_id}/sign-ons/sheet", data={"file": (io.BytesIO(content), "b.xlsx")})
    confirm((other, lead), sent.headers["Location"])
    back = lead.get(f"/rounds/{other.public_id}/sign-ons/bodies.xlsx").data

    first, second = (list(openpyxl.load_workbook(io.BytesIO(c)).worksheets[0].values) for c in (content, back))
    assert "On the list already, nothing happens: 3" in same.text
    assert len(first) == 4
    assert first == second
    assert session.scalar(select(func.count()).select_from(Organisation)) == count
