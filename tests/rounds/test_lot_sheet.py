"""Lots from a sheet: read, checked as if typed by hand, shown, added as one unit, nothing twice."""

from __future__ import annotations

import io
import time
from decimal import Decimal

import openpyxl
import pytest
from sqlalchemy import select

from framework.rounds import lot_sheet, parts
from models.base import db
from models.records import AuditEvent
from models.rounds import Lot
from tests.memory import remembered
from tests.test_guard import at_once, twin_of

HEADER = (
    "Code\tPerceel\tCategorie\tCPV\tEenheid\tGeraamd aantal\tMaximaal aantal\tGeraamde waarde\tMaximale waarde\tNiveaus"
)


@pytest.fixture
@remembered
def led(build, sign_in):
    """A round in set-up and the browser of its lead."""
    round_ = build.round(state="set_up")
    return round_, sign_in(build.user(round_.organisation), round_.organisation)


def send(led, *rows: str):
    """Paste rows; the preview and its address."""
    round_, lead = led
    answer = lead.post(f"/rounds/{round_.public_id}/set-up/lots/sheet", data={"block": "\n".join([HEADER, *rows])})
    place = answer.headers["Location"]
    return lead.page(place), place


def take(led, place: str):
    _round, lead = led
    html = lead.get(place).get_data(as_text=True)
    seal = html.split('name="seal" value="')[1][:64] if 'name="seal"' in html else ""
    return lead.send(place, {"seal": seal})


def test_lots_are_added_with_their_figures_as_one_unit(session, led):
    page, place = send(
        led,
        "P1\tWerkplek\tlaptops; schermen\t\tstuks\t1000\t1500\t900000,50\t1200000,00\tbasis; zwaar",
        "P2\tServers\tserver\t48820000\t\t10\t20\t\t\t",
    )
    done = take(led, place)

    session.expire_all()
    first, second = session.scalars(select(Lot).order_by(Lot.number)).all()
    event = session.scalars(select(AuditEvent).where(AuditEvent.kind == "round.lots_taken")).one()
    assert "New: 2; there already, they stay as they are: 0; to mend: 0." in page.text
    assert "2 lots added." in done.text
    assert (first.code, first.name, first.cpv_code, first.unit) == ("P1", "Werkplek", "30213100-6", "piece")
    assert (first.categories, first.spec_tiers) == (["laptop", "monitor"], ["basis", "zwaar"])
    assert (first.qty_estimated, first.qty_maximum) == (1000, 1500)
    assert (first.value_estimated, first.value_maximum) == (Decimal("900000.50"), Decimal("1200000.00"))
    assert (second.cpv_code, second.value_maximum) == ("48820000-2", None)
    assert (event.data["rows"], event.data["added"], event.data["left_out"]) == (2, 2, 0)


def test_what_cannot_be_read_is_named_with_its_place_and_stays_out(session, led):
    page, place = send(
        led,
        "P1\tCirkus\televator\t\t\t\t\t\t\t",
        "P2\tServers\tserver\t99999999\tgross\tten\t\t\t\t",
        "P3\tLaptops\tlaptop\t\t\t20\t10\t\t\t",
        "P4\tLaptops\tlaptop\t\t\t\t\t1.234\t\t",
        "P5\tLaptops\tlaptop\t\t\t\t\t\t\t",
        "p5\tLaptops\tlaptop\t\t\t\t\t\t\t",
    )
    done = take(led, place)

    assert "C2: “elevator” is no category." in page.text
    assert "D3: “99999999” is no CPV code of our list." in page.text
    assert "E3: “gross” is no unit." in page.text
    assert "F3: “ten” is no number" in page.text
    assert "The maximum may not be lower than the estimate." in page.text
    assert "H5: “1.234” is no number that can be read one way only." in page.text
    assert "Two rows have the code p5." in page.text
    assert "1 lot added." in done.text
    assert session.scalars(select(Lot.code)).all() == ["P5"]


def test_the_same_sheet_sent_again_adds_nothing_and_a_workbook_of_ours_comes_back(session, led):
    round_, lead = led
    _page, place = send(led, "P1\tWerkplek\tlaptop\t\t\t1000\t1500\t\t\t")
    take(led, place)

    again, other = send(led, "P1\tWerkplek\tlaptop\t\t\t1000\t1500\t\t\t")
    refused = lead.post(other, data={"seal": "x"})
    content = lead.get(f"/rounds/{round_.public_id}/sign-ons/bodies.xlsx").data
    sent = lead.post(f"/rounds/{round_.public_id}/sign-ons/sheet", data={"file": (io.BytesIO(content), "b.xlsx")})
    bodies = lead.get(sent.headers["Location"], follow_redirects=True).get_data(as_text=True)
    lots = lead.page(sent.headers["Location"].replace("/sign-ons/", "/set-up/lots/"))

    assert "New: 0; there already, they stay as they are: 1; to mend: 0." in again.text
    assert refused.status_code == 303
    assert "This workbook also has a sheet of lots" in bodies
    assert "New: 0; there already, they stay as they are: 1; to mend: 0." in lots.text
    assert len(session.scalars(select(Lot)).all()) == 1


def test_once_demand_is_open_no_lot_comes_in(session, build, sign_in):
    round_ = build.round(state="demand")
    lead = sign_in(build.user(round_.organisation), round_.organisation)
    session.commit()
    place = f"/rounds/{round_.public_id}/set-up/lots/sheet"
    there = lead.post(place, data={"block": f"{HEADER}\nP1\tWerkplek\tlaptop"}).headers["Location"]

    page = lead.page(there)
    refused = lead.post(there, data={"seal": "x"}, follow_redirects=True)

    assert "Add 1 lot" not in page.text
    assert refused.status_code == 200
    assert session.scalars(select(Lot)).all() == []


def test_two_sheets_of_the_same_lots_confirmed_at_once_add_them_once(session, app, led, monkeypatch):
    _round, lead = led
    places = [send(led, "P1\tWerkplek\tlaptop")[1] for _ in range(2)]
    seals = [lead.get(place).get_data(as_text=True).split('name="seal" value="')[1][:64] for place in places]
    read = lot_sheet.read

    def slow(*told):
        rows = read(*told)
        time.sleep(0.5)
        return rows

    monkeypatch.setattr(lot_sheet, "read", slow)
    db.session.remove()

    answers = at_once(
        [*zip((lead, twin_of(lead, app)), places, seals, strict=True)],
        lambda one: one[0].post(one[1], data={"seal": one[2]}),
    )

    assert [answer.status_code for answer in answers] == [303, 303]
    assert sorted(answer.headers["Location"] in places for answer in answers) == [False, True]
    assert db.session.scalars(select(Lot.code)).all() == ["P1"]


def test_a_lot_typed_by_hand_in_two_windows_at_once_is_added_once(session, app, led, monkeypatch):
    round_, lead = led
    place, add = f"/rounds/{round_.public_id}/set-up/lots/new", parts._added
    form = {"code": "P1", "name": "Werkplek", "categories": "laptop", "cpv_code": "30213100-6", "unit": "piece", "years": "4"}  # fmt: skip

    def slow(*told, **named):
        time.sleep(0.5)
        return add(*told, **named)

    monkeypatch.setattr(parts, "_added", slow)
    db.session.remove()

    answers = at_once([lead, twin_of(lead, app)], lambda one: one.post(place, data=form))

    assert sorted(answer.status_code for answer in answers) == [303, 422]
    assert db.session.scalars(select(Lot.code)).all() == ["P1"]


def test_a_workbook_without_lots_says_so(led):
    round_, lead = led
    book = openpyxl.Workbook()
    book.active.append(["Body", "Mail"])
    book.active.append(["Gemeente Nieuwdorp", "a@nieuwdorp.example"])
    content = io.BytesIO()
    book.save(content)
    content.seek(0)

    page = lead.send(f"/rounds/{round_.public_id}/set-up/lots/sheet", {"file": (content, "b.xlsx")})

    assert "No row names the columns of lots." in page.text
