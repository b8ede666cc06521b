"""The pages of measures, of a model and of a brand: two clicks to the cell, each reader what it may see, few queries."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import event, select

from framework.chain.measures.product import MEASURES
from models.base import db
from models.chain import Product
from models.disclosure import SubmissionRow
from tests.chain.opened import HARBOUR, Opened, hand_counted
from tests.memory import remembered

MOST_QUERIES = 25


@pytest.fixture
@remembered
def where(pages):
    """Browsers by role, and the addresses of the pages of the first supplier's line."""
    browsers, here, there, ids = pages
    lot = there.removesuffix("/comparison")
    key = {"lead": "Acme", "member": "Acme", "monitor": "1"}
    found = {
        role: {
            "measures": f"{lot}/measures/{ids[0]}?brand={key[role]}",
            "brand": f"{lot}/brands/{ids[0]}?brand={key[role]}",
            **{name: f"{lot}/measures/{ids[0]}/{name}?brand={key[role]}" for name in MEASURES},
        }
        for role in browsers
    }
    product = re.search(rf"{lot}/products/[0-9]+", browsers["lead"].get(found["lead"]["measures"]).text)
    for pages_of in found.values():
        pages_of["product"] = product[0]
    return browsers, here, there, ids, found


def test_the_comparison_leads_to_the_measures_and_from_there_to_model_and_brand(where):
    browsers, _here, there, ids, found = where

    comparison = browsers["lead"].get(there).text
    measures = browsers["lead"].page(found["lead"]["measures"])
    html = browsers["lead"].get(found["lead"]["measures"]).text

    assert found["lead"]["measures"] in comparison
    assert found["lead"]["brand"] in html
    assert found["lead"]["product"] in html
    assert "not judged yet" in measures.text
    assert "What would raise this most" in measures.text
    assert len(ids) == 2


@pytest.mark.parametrize("measure", [name for name in MEASURES if name != "reliability"])
def test_every_figure_leads_to_its_row_in_two_clicks(where, measure):
    browsers, here, _there, ids, found = where
    link = found["lead"][measure]

    assert link in browsers["lead"].get(found["lead"]["measures"]).text
    behind = browsers["lead"].get(link).text
    row = behind.split(f"{here}/submissions/{ids[0]}/rows/")[1].split('"')[0]
    shown = browsers["lead"].page(f"{here}/submissions/{ids[0]}/rows/{row}")

    assert "of sheet" in shown.text
    assert "a" * 64 in shown.text


def test_a_model_shows_its_ladder_with_what_is_known_and_what_is_not(where):
    browsers, _here, _there, _ids, found = where

    text = browsers["lead"].page(found["lead"]["product"]).text

    for part in (
        "Final assembly : 1 of 1 known",
        "Components : 2 of 2 known",
        "Smelters : 1 of 2 known",
        "Origin of minerals: not asked",
        "58 First Avenue",
        "Not disclosed : unknown to the supplier",
        "RBA VAP audit: valid until 1 Jan 2027",
        "RBA VAP audit: expired on 1 Jan 2025",
        "210",
    ):
        assert part in text, part


def test_the_reason_and_its_proof_stand_on_the_ladder(opened: Opened, sign_in, session):
    rows = hand_counted()
    refused = next(values for _sheet, values in rows if values.get("not_disclosed_reason") == "supplier_refused")
    refused["not_disclosed_evidence"] = "Letter of 3 March."
    submission = opened.built(rows)
    user = opened.build.user(opened.round.organisation)
    product = session.scalars(select(Product).where(Product.model_name == "Two")).one()
    session.commit()

    text = (
        sign_in(user, opened.round.organisation)
        .page(f"/rounds/{opened.round.public_id}/lots/{opened.lot.public_id}/products/{product.id}")
        .text
    )

    assert submission.verdict == "countable"
    assert "refused by a sub-supplier, proven" in text
    assert "Letter of 3 March." in text


@pytest.mark.parametrize("page", ["measures", "brand", "product", *MEASURES])
def test_a_member_reads_no_confidential_place(where, page):
    browsers, _here, _there, _ids, found = where

    member = browsers["member"].page(found["member"][page]).text
    lead = browsers["lead"].page(found["lead"][page]).text

    assert HARBOUR["site_legal_name"] not in member
    assert HARBOUR["address_line"] not in member
    if page not in ("measures", "reliability"):
        assert HARBOUR["site_legal_name"] in lead
        assert "confidential" in member


@pytest.mark.parametrize("page", ["measures", "brand", "product", *MEASURES])
def test_the_monitor_reads_letters_and_no_pooled_quantity_of_a_model(where, page):
    browsers, _here, _there, _ids, found = where

    text = browsers["monitor"].page(found["monitor"][page]).text

    assert "Bidder A" in text
    assert "Northern IT" not in text
    assert "Evil Reseller" not in text
    if page in ("measures", "product"):
        assert "shown to buyers only" in text
        assert "210" not in text


@pytest.mark.parametrize("level", ["lead_and_monitor", "buyers_linked"])
def test_models_of_a_strict_file_are_for_those_who_may_see_its_rows(opened, sign_in, session, level):
    rows = hand_counted()
    rows[0][1]["confidentiality_default"] = level
    submission = opened.built(rows)
    other = opened.build.sign_on(opened.round, state="confirmed").organisation
    user = opened.build.user(other)
    product = session.scalars(select(Product).where(Product.model_name == "One")).one().id
    lot = f"/rounds/{opened.round.public_id}/lots/{opened.lot.public_id}"
    session.commit()
    member = sign_in(user, other)

    assert member.get(f"{lot}/products/{product}").status_code == 404
    for path in (f"measures/{submission.public_id}", f"measures/{submission.public_id}/precision"):
        text = member.page(f"{lot}/{path}?brand=Acme").text
        assert "keeps its models confidential" in text
        assert "Lakeside" not in text
    brand = member.page(f"{lot}/brands/{submission.public_id}?brand=Acme").text
    assert "Some rows are confidential" in brand
    assert "Lakeside" not in brand


@pytest.mark.parametrize("page", ["measures", "brand", "product", *MEASURES])
@pytest.mark.parametrize("role", ["lead", "member", "monitor"])
def test_each_page_needs_a_bounded_number_of_queries(where, role, page):
    browsers, _here, _there, _ids, found = where
    asked = []
    listen = lambda *arguments: asked.append(arguments[2])  # noqa: E731
    event.listen(db.engine, "before_cursor_execute", listen)
    try:
        browsers[role].page(found[role][page])
    finally:
        event.remove(db.engine, "before_cursor_execute", listen)

    selects = [sql for sql in asked if sql.lstrip().upper().startswith("SELECT")]
    assert len(selects) <= MOST_QUERIES, f"{len(selects)}\n" + "\n".join(selects)


def test_a_stranger_and_a_supplier_find_nothing(where, build, sign_in, session):
    _browsers, _here, _there, ids, found = where
    session.rollback()
    session.info["write"] = True
    other = build.organisation("supplier")
    stranger = sign_in(build.user(other), other)

    for path in found["lead"].values():
        assert stranger.get(path).status_code == 404, path
    assert len(ids) == 2


@pytest.mark.parametrize(
    "path",
    [
        "products/999999",
        f"products/{2**31}",
        f"products/{2**63}",
        "measures/nothing",
        "brands/nothing",
        "measures/{id}/nonsense",
    ],
)
def test_what_is_not_there_is_not_found(where, path):
    browsers, _here, there, ids, _found = where

    wrong = f"{there.removesuffix('/comparison')}/{path.format(id=ids[0])}?brand=Acme"
    assert browsers["lead"].get(wrong).status_code == 404


def test_a_model_of_another_lot_is_not_found(where, build, session):
    browsers, here, _there, _ids, found = where
    session.rollback()
    session.info["write"] = True
    round_ = session.scalars(select(Product)).first().submission.round
    lot = build.lot(round_, code="L2")
    session.commit()

    number = found["lead"]["product"].rsplit("/", 1)[1]
    assert browsers["lead"].get(f"{here}/lots/{lot.public_id}/products/{number}").status_code == 404


def test_a_supplier_without_models_has_a_page_that_says_so(opened, sign_in, session):
    submission = opened.built([("0_submission", {"brand": "Acme", "scope": "contract_models"})])
    user = opened.build.user(opened.round.organisation)
    lot = f"/rounds/{opened.round.public_id}/lots/{opened.lot.public_id}"
    session.commit()

    lead = sign_in(user, opened.round.organisation)

    assert "lists no models of this lot" in lead.page(f"{lot}/measures/{submission.public_id}?brand=").text
    assert lead.get(f"{lot}/measures/{submission.public_id}/precision?brand=").status_code == 200
    assert lead.get(f"{lot}/brands/{submission.public_id}?brand=").status_code == 200
    assert session.scalars(select(SubmissionRow)).first() is not None
