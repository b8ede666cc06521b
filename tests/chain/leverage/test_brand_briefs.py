"""Leverage briefs for a brand: what the pool means if an offer with it is chosen, told to nobody but the lead who hands it over."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from framework.chain.leverage import briefing
from framework.demand import briefs
from models.briefs import BriefRelease
from tests.chain.leverage.conftest import PLACES, line, offer


@pytest.fixture
def table(opened, lot, member, sign_in, session):
    """Four members of 10,000 pieces in two tiers; two offers, the first of two brands' worth of factories."""
    members = [member(line(quantity, "A"), line(quantity, "B")) for quantity in (900, 1_100, 1_300, 1_700)]
    models = [("P1", "laptop", "A", 100, {"S": 60, "T": 30}), ("P2", "laptop", "B", 100, dict.fromkeys(PLACES, 20))]
    opened.built(offer(*models, levels={"T": "lead_and_monitor"}), name="Northern IT")
    opened.built(offer(("P1", "laptop", "A", 100, {"S": 100}), brand="Other"), name="Southern IT")
    people = {
        "lead": opened.round.organisation,
        "member": members[0],
        "supplier": opened.build.organisation("supplier"),
        "monitor": opened.build.organisation("monitor"),
    }
    users = {role: (opened.build.user(body), body) for role, body in people.items()}
    session.commit()
    return {
        role: sign_in(user, body) for role, (user, body) in users.items()
    }, f"/rounds/{opened.round.public_id}/briefs"


def drafted(opened):
    return briefs.drafted(opened.session, opened.round, None)


def test_a_brand_reads_what_would_be_its_own_from_the_rounded_figures_alone(table, opened):
    figures = drafted(opened).figures
    known = briefing.reaches(opened.session, opened.round.lots)

    acme, other = (briefing.supply(figures, brand, known[brand])["lots"] for brand in ("Acme", "Other"))

    low_a, low_b = (cell["low"] for cell in sorted(figures["lots"][0]["cells"], key=lambda cell: cell["groups"]))
    assert acme[0]["low"] == low_a + low_b
    assert acme[0]["traced"] == low_a * 60 // 100 + low_b * 80 // 100
    assert acme[0]["sites"] == 4
    assert (other[0]["low"], other[0]["traced"], other[0]["sites"]) == (low_a, low_a, 1)


def test_the_lead_makes_the_page_and_takes_it_as_a_file(table, opened):
    browsers, home = table
    listed = browsers["lead"].page(f"{home}/brands").text
    preview = browsers["lead"].page(f"{home}/brands/new?brand=Acme").text
    form = {"seen": drafted(opened).digest, "asked": "Let monitors in."}

    sent = browsers["lead"].post(f"{home}/brands/new?brand=Acme", data=form)

    opened.session.expire_all()
    release = opened.session.scalar(select(BriefRelease))
    page = browsers["lead"].page(f"{home}/brands/{release.public_id}").text
    book = PdfReader(io.BytesIO(browsers["lead"].get(f"{home}/brands/{release.public_id}/brief.pdf").data))
    text = " ".join(" ".join(one.extract_text() for one in book.pages).split())
    assert ("Acme" in listed, "What it means for Acme" in preview, sent.status_code) == (True, True, 303)
    assert (release.audience, release.brand) == ("brand", "Acme")
    assert "Made for Acme" in page
    assert len(book.pages) == 1
    assert "What it means for Acme" in text
    assert not any(name in page + text for name in ("Other", "Southern IT", "Northern IT", "Lakeside", "Harbour"))


@pytest.mark.parametrize("role", ["member", "supplier", "monitor"])
def test_nobody_but_the_lead_sees_the_page_of_a_brand(table, opened, role):
    browsers, home = table
    browsers["lead"].post(f"{home}/brands/new?brand=Acme", data={"seen": drafted(opened).digest})
    key = opened.session.scalar(select(BriefRelease.public_id))

    tails = (
        "/brands",
        "/brands/new?brand=Acme",
        f"/brands/{key}",
        f"/brands/{key}/brief.pdf",
        f"/{key}",
        f"/{key}/brief.pdf",
    )
    assert [browsers[role].get(home + tail).status_code in (403, 404) for tail in tails] == [True] * len(tails)
    assert browsers[role].get(f"/public{home}/{key}").status_code == 404
    assert browsers["lead"].get(f"{home}/{key}").status_code == 404


def test_a_brand_that_nobody_offers_has_no_page(table):
    browsers, home = table

    assert browsers["lead"].get(f"{home}/brands/new?brand=Nobody").status_code == 404
    assert browsers["lead"].get(f"{home}/brands/new").status_code == 404
