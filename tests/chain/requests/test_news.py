"""What came back is told to whoever asked: one mail for all of a while, a link to the act, and none for what was seen."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import not_, select

from framework.chain.requests.acts import Party
from framework.ground import digest, mail, sealed
from models.records import Mail
from tests.chain.requests.asking import BRAND, MAKER
from tests.memory import remembered
from views import mailing

LANGUAGES = ("en", "nl", "sv")


def news(asking) -> list[Mail]:
    query = select(Mail).where(Mail.template == "request_news").order_by(Mail.id)
    return list(asking.session.scalars(query.execution_options(populate_existing=True)))


def battery(node):
    return node.component_type == "battery"


@pytest.fixture
@remembered
def two(asking):
    """Two requests of a supplier that were answered and refused within a while."""
    first, second = asking.ask(battery), asking.ask(battery, to=MAKER)
    asking.answer(first)
    asking.clock.forward(minutes=10)
    asking.refuse(second)
    return first, second


def test_all_of_a_while_is_one_mail_that_leads_to_the_list(asking, two):
    (one,) = news(asking)

    assert one.recipient == asking.user.email
    assert [item["state"] for item in one.params["items"]] == ["answered", "refused"]
    assert one.params["path"] == f"/rounds/{asking.round.public_id}/requests"
    assert one.next_try_at == asking.clock() - dt.timedelta(minutes=10) + digest.WAIT


def test_what_comes_after_the_mail_left_is_another_mail(asking):
    first, second = asking.ask(battery), asking.ask(battery, to=MAKER)
    asking.answer(first)
    (sent,) = news(asking)
    asking.clock.forward(minutes=20)
    mail.sent(mail.claim(asking.session, sent.id, now=asking.clock()), now=asking.clock(), wipe=True)
    asking.refuse(second)

    assert [[item["key"] for item in one.params["items"]] for one in news(asking)] == [
        [first.public_id],
        [second.public_id],
    ]


def test_a_refusal_that_is_followed_by_an_answer_is_told_once(asking):
    request = asking.ask(battery)
    asking.refuse(request)
    asking.answer(request)

    (one,) = news(asking)
    assert [item["state"] for item in one.params["items"]] == ["answered"]
    assert one.params["path"] == f"/rounds/{asking.round.public_id}/requests/{request.public_id}"


def test_a_page_that_was_seen_takes_its_news_out_of_the_mail(asking, two, sign_in):
    first, second = (one.public_id for one in two)
    place = f"/rounds/{asking.round.public_id}/requests"
    asking.session.commit()
    browser = sign_in(asking.user, asking.supplier)
    asking.session.rollback()

    browser.page(f"{place}/{first}")
    asking.session.rollback()
    left = [(one.state, [item["key"] for item in one.params["items"]], one.params["path"]) for one in news(asking)]
    asking.session.rollback()
    browser.page(place)
    asking.session.rollback()

    assert left == [("waiting", [second], f"{place}/{second}")]
    assert [one.state for one in news(asking)] == ["dropped"]


def test_what_somebody_else_saw_is_still_told(asking, two, sign_in):
    colleague = asking.build.user(asking.supplier)
    asking.session.commit()
    sign_in(colleague, asking.supplier).page(f"/rounds/{asking.round.public_id}/requests")

    assert [one.state for one in news(asking)] == ["waiting"]


def test_a_look_at_the_page_alone_writes_nothing(asking, two, sign_in):
    asking.session.commit()
    browser = sign_in(asking.user, asking.supplier)
    assert browser.head(f"/rounds/{asking.round.public_id}/requests").status_code == 200

    assert [one.state for one in news(asking)] == ["waiting"]


def test_the_lead_is_told_of_what_it_asked_and_not_of_what_suppliers_asked(asking, sign_in):
    of_supplier = asking.ask(battery)
    asking.open_round()
    actor, user = asking.lead()
    made = asking.ask_as_lead(battery, actor=actor, to=Party("Maker", "m@maker.example"))
    asking.answer(of_supplier)
    asking.answer(made)
    place = f"/rounds/{asking.round.public_id}/upstream"

    told = {one.recipient: [item["key"] for item in one.params["items"]] for one in news(asking)}
    assert told == {user.email: [made.public_id], asking.user.email: [of_supplier.public_id]}
    page, addresses = f"{place}/{made.public_id}", (user.email, asking.user.email)
    assert {one.params["path"] for one in news(asking) if one.recipient == user.email} == {page}
    asking.session.commit()
    browser = sign_in(user, asking.round.organisation)
    asking.session.rollback()
    browser.page(page)
    asking.session.rollback()
    assert {one.recipient: one.state for one in news(asking)} == dict(
        zip(addresses, ("dropped", "waiting"), strict=True)
    )


def test_who_was_asked_between_gets_a_link_of_its_own_at_once(asking):
    request = asking.ask(battery)
    asking.answer(asking.pass_on(request))

    told = asking.session.scalars(select(Mail).where(Mail.template == "request_told")).one()
    assert (told.recipient, told.next_try_at) == (BRAND.email, asking.clock())
    assert told.secret.startswith("/requests/")
    assert news(asking) == []


def test_before_the_opening_the_outbox_does_not_tell_of_the_news(asking, two):
    hidden = asking.session.scalars(select(Mail.template).where(not_(sealed.is_mail_to_bidder()))).all()
    assert hidden == []
    asking.open_round()

    shown = asking.session.scalars(select(Mail.template).where(not_(sealed.is_mail_to_bidder()))).all()
    assert shown.count("request_news") == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_mail_says_how_each_stands_and_nothing_that_was_answered(app, asking, two, language):
    (one,) = news(asking)
    one.language = language
    subject, text, page = mailing.render(one)

    for request in two:
        assert request.reference in text
        assert request.reference in page
        assert request.asked_name in text
    assert "2" in subject
    assert f"/rounds/{asking.round.public_id}/requests" in text
    for canary in ("Harbour Ltd", "Battery", "P1-BA", "letter.pdf"):
        assert canary not in text + page
