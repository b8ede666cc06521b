"""Demand sheets and a virus scanner: scanned on their way in, waiting at their own address, pastes apart."""

from __future__ import annotations

import io

from sqlalchemy import select

from models.records import StoredFile
from tests.clamd import eicar, scan_the_rest

SHEET = b"Category;Year;Country;Firm;Expected;Maximum\nlaptop;1;NL;10;10;10\n"


def upload(browser, world, content):
    here = f"/rounds/{world.round.public_id}/lots/{world.lot.public_id}/demand"
    return browser.post(f"{here}/upload", data={"file": (io.BytesIO(content), "demand.csv")})


def test_a_demand_sheet_is_scanned_on_its_way_in(world, people, clamd):
    taken = upload(people["first"], world, SHEET)
    turned_away = upload(people["first"], world, SHEET + eicar())

    assert people["first"].get(taken.headers["Location"]).status_code == 200
    assert "/preview/" not in turned_away.headers["Location"]
    assert [one.scan for one in world.session.scalars(select(StoredFile).where(StoredFile.purpose == "demand"))] == [
        "clean"
    ]


def test_a_demand_sheet_waits_at_its_address_while_the_scanner_is_away(world, people, away, app, clock):
    place = upload(people["first"], world, SHEET).headers["Location"]
    waiting = people["first"].get(place)
    away.mode = "scan"

    scan_the_rest(app, clock)

    assert waiting.status_code == 409
    assert b"waiting for the virus scanner" in waiting.data
    assert people["first"].get(place).status_code == 200


def test_a_pasted_block_is_no_file_and_waits_for_nobody(world, people, away, app, clock):
    here = f"/rounds/{world.round.public_id}/lots/{world.lot.public_id}/demand"
    place = people["first"].post(f"{here}/paste", data={"block": SHEET.decode()}).headers["Location"]

    assert people["first"].get(place).status_code == 200
    scan_the_rest(app, clock)
    block = world.session.scalars(select(StoredFile).where(StoredFile.purpose == "demand-block")).one()
    assert block.scan == ""
    assert away.seen == []
    assert people["first"].get(place).status_code == 200
