"""Openers choose passphrases, a supplier sends and signs out, two openers open: in a browser, with what each of them sees."""

from __future__ import annotations

import datetime as dt
import os
import re
from pathlib import Path

import pytest
from sqlalchemy import select

from framework.disclosure import counting
from framework.disclosure.receiving import scope_of
from framework.disclosure.workbook import write_filled
from framework.ground import shares
from framework.people import second_factor
from framework.rounds import opener_keys
from models.base import db
from models.people import Organisation, RoleGrant, User
from models.rounds import Round
from tests.builders import Builder
from tests.disclosure.sharing import CHEAP
from tests.disclosure.workbooks import faultless
from tests.journeys.conftest import Served, Walker
from views.demo import cast
from views.keyring import with_master
from views.worker import work_off

pytestmark = [pytest.mark.browser, pytest.mark.slow]
OPENERS = ("opener1@waterpoort.example", "opener2@mistdijk.example", "chair@mistdijk.example")
SUPPLIER = "supplier@noordhaven.example"
PICTURES = os.environ.get("HEFBOOM_PICTURES")


def picture(walker: Walker, name: str) -> None:
    if PICTURES:
        walker.page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


@pytest.fixture
def shared(served_demo, monkeypatch):
    """A round with three openers, before its publication."""
    monkeypatch.setattr(shares, "COST", CHEAP)
    with served_demo.app.app_context():
        session = db.session()
        session.info["write"] = True
        people = {one.email: one for one in session.scalars(select(User).where(User.email.in_(OPENERS)))}
        lead = session.scalars(
            select(Organisation).where(Organisation.kind == "lead").order_by(Organisation.id)
        ).first()
        build = Builder(session, served_demo.clock)
        round_ = build.round(lead, name="Laptops by shares", state="demand_locked", settings={"seal_mode": "shares"})
        build.lot(round_, code="A", required_components=["mainboard_pcba"], minerals=["tin"])
        for email in OPENERS:
            grant = session.scalars(select(RoleGrant).where(RoleGrant.user_id == people[email].id)).first()
            build.appoint(round_, people[email], grant.organisation, "opener")
        found = round_.public_id
        session.commit()
        db.session.remove()
    return found


def with_round(served: Served, round_id: str, act) -> None:
    with served.app.app_context(), with_master(served.app):
        session = db.session()
        session.info["write"] = True
        act(session, session.scalars(select(Round).where(Round.public_id == round_id)).one())
        session.commit()
        db.session.remove()


def test_a_round_sealed_with_shares(served_demo: Served, shared: str, tmp_path: Path):
    here, codes = f"/rounds/{shared}", {}
    for email in OPENERS:
        with served_demo.walk(email) as opener:
            opener.visit(f"{here}/opening/passphrase")
            picture(opener, "passphrase")
            opener.page.fill("[name=passphrase]", f"paper boats sail at night, {email}")
            opener.page.fill("[name=passphrase_again]", f"paper boats sail at night, {email}")
            opener.press("main form button")
            picture(opener, "recovery-sheet")
            codes[email] = "-".join(re.findall(r"\b[0-9A-Z]{5}\b", opener.text())[:13])

    def publish(session, round_):
        with session.no_autoflush:
            opener_keys.deal(session, round_)
            round_.state, round_.frozen_hash, round_.frozen_text = "published", "f" * 64, "{}"
            round_.published_at = served_demo.clock.now - dt.timedelta(days=40)
            round_.tender_deadline = served_demo.clock.now + dt.timedelta(days=1)

    def write(session, round_):
        tables = faultless()
        tables["0_submission"][0]["round_id"] = round_.public_id
        tables["1_products"][0] |= {"spec_tier": None, "category": "lapptop"}
        write_filled(tmp_path / "disclosure.xlsx", scope_of(session, round_, None), tables)

    with_round(served_demo, shared, publish)
    with_round(served_demo, shared, write)
    with served_demo.walk(SUPPLIER) as supplier:
        supplier.visit(f"{here}/disclosure")
        with supplier.page.expect_navigation():  # choosing a file sends it
            supplier.page.set_input_files("#file", str(tmp_path / "disclosure.xlsx"))
        supplier.page.wait_for_url(re.compile(r"/disclosure/[a-z2-7]{16}$"))
        version = supplier.page.url.removeprefix(served_demo.address)
        assert "lapptop" in supplier.text()
        supplier.send("/sign-out")
        supplier.sign_in(SUPPLIER)
        supplier.visit(version)
        picture(supplier, "away")
        assert "Nobody can read it before the opening" in supplier.text()
        assert "lapptop" not in supplier.text()
        supplier.visit(f"{version}/receipt")
        picture(supplier, "away-receipt")
    served_demo.clock.forward(days=2)
    with_round(
        served_demo,
        shared,
        lambda session, round_: counting.close_receipt(
            session, round_, clock=served_demo.clock, files=served_demo.app.extensions["files"]
        ),
    )
    for number, typed in ((0, f"paper boats sail at night, {OPENERS[0]}"), (2, codes[OPENERS[2]])):
        with served_demo.walk(OPENERS[number]) as opener:
            opener.visit(f"{here}/opening")
            picture(opener, f"opening-{number}")
            opener.page.fill("[name=passphrase]", typed)
            served_demo.clock.forward(minutes=1)  # a code is taken once
            code = second_factor.code_at(cast.secret_of(OPENERS[number]), served_demo.clock())
            opener.page.fill("#fresh_code", code)
            opener.send("/opening")
            picture(opener, f"opened-{number}")
    assert "The tenders are open" in opener.page.inner_text("body")
    with served_demo.app.app_context():
        work_off(served_demo.app)
    with served_demo.walk(SUPPLIER) as supplier:
        supplier.visit(version)
        assert "lapptop" in supplier.text()
