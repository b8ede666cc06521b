"""A lot with offers whose links a test gives in a short form."""

from __future__ import annotations

from decimal import Decimal

import pytest

from models.chain import Site
from models.demand import Demand

FA = "final_assembly"
PLACES = {
    "S": ("Lakeside Ltd", "58 First Avenue", "Kunshan", "CN"),
    "T": ("Harbour Ltd", "12 Quay Road", "Hai Phong", "VN"),
    "U": ("Northern Works", "7 Mill Street", "Penang", "MY"),
    "V": ("Southern Works", "31 Rail Road", "Chennai", "IN"),
    "W": ("Eastern Works", "90 Dock Lane", "Osaka", "JP"),
}


def offer(*models, brand="Acme", levels=None, pins=None):
    """Rows of a file. A model is (ref, category, tier, offered share, {place: share or None}); places by their letter."""
    levels, pins = levels or {}, pins or {}
    used = sorted({letter for model in models for letter in model[4]})
    rows = [("0_submission", {"brand": brand, "scope": "contract_models", "confidentiality_default": "consortium"})]
    for ref, category, tier, share, _links in models:
        said = {"product_ref": ref, "lot": "L1", "brand": brand, "model_name": ref, "category": category}
        rows.append(("1_products", said | {"spec_tier": tier, "offered_volume_share_pct": share}))
    for letter in used:
        name, street, city, country = PLACES[letter]
        said = {"site_ref": letter, "site_legal_name": name, "address_line": street, "city": city, "country": country}
        said |= {"facility_type": FA, "confidentiality": levels.get(letter, "consortium")}
        if letter in pins:
            said |= dict(zip(("latitude", "longitude"), pins[letter], strict=True))
        rows.append(("3_sites", said))
    for ref, _category, _tier, _share, links in models:
        rows += [
            ("4_links", {"product_ref": ref, "site_ref": letter, "share_of_production_pct": share})
            for letter, share in links.items()
        ]
    return rows


def line(qty, tier="", category="laptop", price=700, **values):
    """A line of demand at a price for each piece; price None leaves the value unknown."""
    value = None if price is None else Decimal(qty) * price
    return {"qty": qty, "spec_tier": tier, "category": category, "value_expected": value} | values


@pytest.fixture
def lot(opened):
    """The opened round without the demand it comes with."""
    for demand in opened.session.query(Demand).all():
        opened.session.delete(demand)
    opened.session.flush()
    return opened.lot


@pytest.fixture
def member(opened, lot):
    """Add a member with locked lines."""

    def add(*lines, organisation=None):
        body = organisation or opened.build.sign_on(opened.round, state="confirmed").organisation
        opened.build.demand(lot, body, *lines, state="locked")
        return body

    return add


@pytest.fixture
def lead(opened):
    return opened.reader(opened.round.organisation)


@pytest.fixture
def by_name(opened):
    """The number of the site with a name."""
    return lambda letter: opened.session.query(Site).filter_by(name=PLACES[letter][0]).one().id
