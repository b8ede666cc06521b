"""Products of a list of products and factories, tied to models on offer by a person: recorded, undoable, in force after the opening."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from framework.chain.build import build as build_chain
from framework.disclosure import releasing
from models.chain import Link, Mention, Product
from models.disclosure import ProductTie, Submission
from models.records import AuditEvent
from tests.disclosure.test_pages import Tender
from tests.memory import remembered

LIST = (
    "Model,Factory,Address,Country,Activity\n"
    "{model},Lakeside,58 First Avenue Kunshan,China,Final assembly\n"
    "{model},Bolt,2 First Avenue Kunshan,China,\n"
    "{model},Cork,3 First Avenue Kunshan,China,Battery cells\n"
    "Slate 99,Dune,4 First Avenue Kunshan,China,\n"
)


@pytest.fixture
@remembered
def tender(session, build, clock, sign_in):
    return Tender(session, build, clock, sign_in)


@pytest.fixture
@remembered
def sent(tender):
    tender.send()
    model = tender.tables()["1_products"][0]["model_name"]
    tender.send(LIST.format(model=model).encode(), name="products.csv")
    tender.model = model.casefold()
    tender.page = f"{tender.version(1)}/products"
    return tender


def chosen(tender):
    """The value of the form for the first model on offer."""
    html = tender.browser.get(tender.page).get_data(as_text=True)
    return html.partition('" selected>')[0].rpartition('value="')[2]


def tie(tender, status=200, **choices):
    values = {f"is-{tender.model}": chosen(tender), "is-slate 99": "none"} | choices
    return tender.browser.send(tender.page, values, status)


def open_and_build(tender):
    session = tender.writing()
    submission = session.scalars(select(Submission).where(Submission.version_no == 2)).one()
    submission.state, submission.opened_at = "opened", tender.clock.now
    releasing.release(session, submission)
    build_chain(session, submission, now=tender.clock.now)
    session.flush()
    return session


def test_the_products_of_a_list_stand_with_a_proposed_model_and_its_reason(sent):
    version = sent.browser.page(sent.version(1)).text
    page = sent.browser.page(sent.page).text

    assert "Tie the products of your list to your models on offer" in version
    assert "The same n" in page
    assert "No model on offer has this number or name." in page
    assert chosen(sent)


def test_after_the_opening_each_row_of_a_tied_product_is_a_link_to_its_final_assembly(sent):
    sent.browser.send(f"{sent.version(1)}/types", {"is-0:Battery cells": "component"})
    page = tie(sent)

    session = open_and_build(sent)
    links = session.execute(
        select(Product.model_name, Mention.name, Mention.company_wide)
        .join(Link, Link.product_id == Product.id)
        .join(Mention, Mention.id == Link.mention_id)
        .order_by(Mention.id)
    ).all()
    rest = session.scalars(select(Mention.name).where(Mention.company_wide).order_by(Mention.id)).all()
    assert "2 products are tied as you said." in page.text
    assert [(name.casefold(), site, wide) for name, site, wide in links] == [
        (sent.model, "Lakeside", False),
        (sent.model, "Bolt", False),
    ]
    assert list(rest) == ["Cork", "Dune"]


def test_without_a_tie_a_list_gives_no_product(sent):
    session = open_and_build(sent)

    assert session.scalars(select(Product)).all() == []


def test_tying_is_recorded_and_can_be_taken_back(sent):
    tie(sent)
    sent.session.rollback()
    batch = sent.session.scalars(select(ProductTie.batch)).first()
    page = sent.browser.send(f"{sent.page}/{batch}/undo")
    kinds = set(sent.session.scalars(select(AuditEvent.kind)))
    session = open_and_build(sent)

    assert "2 products are tied as before." in page.text
    assert {"submission_tender.products_tied", "submission_tender.products_tie_undone"} <= kinds
    assert session.scalars(select(Product)).all() == []


def test_an_earlier_act_comes_off_after_the_later_one(sent):
    tie(sent)
    tie(sent, **{f"is-{sent.model}": "none"})
    sent.session.rollback()
    first, *_rest, last = sent.session.scalars(select(ProductTie.batch).order_by(ProductTie.id)).all()

    refused = sent.browser.send(f"{sent.page}/{first}/undo", {}, 409)
    sent.browser.send(f"{sent.page}/{last}/undo")
    sent.browser.send(f"{sent.page}/{first}/undo")

    assert "Take that back first." in refused.text


@pytest.mark.parametrize(
    ("choices", "said"),
    [({"is-slate 99": "acme/nothing"}, "Choose a model"), ({"is-who": "none"}, "Nothing was changed")],
    ids=["no model on offer", "no such product"],
)
def test_what_cannot_be_said_is_refused_with_its_reason(sent, choices, said):
    page = sent.browser.send(sent.page, choices, 422)

    assert said in page.text


def test_the_next_list_brings_back_what_was_said_as_a_proposal(sent):
    tie(sent)

    sent.send(LIST.format(model="slate 99").encode(), name="products.csv")
    page = sent.browser.page(f"{sent.version(2)}/products").text

    assert "You said so for an earlier list." in page


def test_without_a_workbook_the_page_says_where_models_come_from(tender):
    tender.send(LIST.format(model="One").encode(), name="products.csv")

    assert "We do not know your models on offer yet" in tender.browser.page(f"{tender.version()}/products").text


def test_a_list_of_sites_alone_has_no_such_page(tender):
    tender.send(b"Factory,Address,Country\nWorks,1 First Avenue,China\n", name="sites.csv")

    assert tender.browser.get(f"{tender.version()}/products").status_code == 302
