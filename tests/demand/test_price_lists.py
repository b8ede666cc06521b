"""Indicative price lists: who gives, who sees, versions, rates, and what is in the record."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from framework.demand import price_comparison, price_lists
from framework.disclosure import inviting
from framework.ground.errors import InvalidInput, MoveRefused, NotAllowed, NotFound, Stale, WrongPhase
from framework.ground.permissions import Permission, may, require
from framework.rounds import creating
from framework.rounds.settings import value
from models.people import RoleGrant
from models.prices import PriceList
from models.records import AuditEvent, Mail
from models.rounds import Round
from tests.demand.pricing import Pricing
from tests.memory import remembered
from views import mailing


@pytest.fixture
@remembered
def pricing(build):
    return Pricing(build)


def offers_of(pricing):
    wanted = price_comparison.wanted(pricing.session, pricing.round)
    return price_comparison.offers(pricing.session, pricing.round, wanted.quantities)


def events(pricing, kind):
    return pricing.session.scalars(select(AuditEvent).where(AuditEvent.kind == kind).order_by(AuditEvent.seq)).all()


def test_a_list_says_what_the_pool_saves(pricing):
    pricing.given()

    (offer,) = offers_of(pricing)
    found = offer.effects[pricing.lot.id, "laptop", ""]
    assert (found.quantity, found.unit_price, found.saving) == (1100, 650, 1100 * 50)
    assert {part.quantity: part.saving for part in found.parts.values()} == {400: 20_000, 700: 35_000}
    assert len(found.deciding) == 2
    assert offer.rate.entered is None


def test_the_newest_version_counts_and_the_older_ones_are_kept(pricing):
    pricing.given()
    second = pricing.given((1, "690"), based_on=1)

    assert [offer.price_list.public_id for offer in offers_of(pricing)] == [second.public_id]
    kept = pricing.session.scalars(select(PriceList).order_by(PriceList.version_no)).all()
    assert [(one.version_no, len(one.steps)) for one in kept] == [(1, 3), (2, 1)]
    assert [event.data["version_no"] for event in events(pricing, "price_list.given")] == [1, 2]


def test_a_colleague_who_saw_an_older_version_is_told(pricing):
    pricing.given()

    with pytest.raises(Stale):
        pricing.given(based_on=0)


def test_a_withdrawn_list_counts_no_more_and_no_older_one_comes_back(pricing):
    pricing.given()
    second = pricing.given(based_on=1)
    price_lists.withdraw(pricing.session, second, actor=pricing.givers[0], now=pricing.clock())
    pricing.session.flush()

    assert offers_of(pricing) == []
    assert [event.data for event in events(pricing, "price_list.withdrawn")] == [{"version_no": 2}]
    pricing.given(based_on=2)
    assert [offer.price_list.version_no for offer in offers_of(pricing)] == [3]


def test_a_list_of_somebody_else_cannot_be_withdrawn(pricing):
    found = pricing.given()

    with pytest.raises(NotFound):
        price_lists.withdraw(pricing.session, found, actor=pricing.givers[1], now=pricing.clock())


@pytest.mark.parametrize(
    ("head", "field"),
    [
        ({"currency": "XXX"}, "currency"),
        ({"reading": "guess"}, "reading"),
        ({"valid_from": dt.date(2027, 1, 1), "valid_until": dt.date(2026, 12, 1)}, "valid_until"),
        ({"valid_until": dt.date(2026, 11, 1)}, "valid_until"),
        ({"note": "x" * 1001}, "note"),
    ],
)
def test_what_is_wrong_with_a_list_is_said_at_its_field(pricing, head, field):
    with pytest.raises(InvalidInput) as refused:
        pricing.given(**head)

    assert refused.value.field == field


def test_only_invited_suppliers_that_are_asked_give_lists(build, pricing):
    stranger = build.person(build.organisation("supplier"))
    session = pricing.session

    assert may(session, pricing.givers[0], Permission.PRICES_GIVE, pricing.round)
    assert not may(session, pricing.givers[0], Permission.ROUND_VIEW, pricing.round)
    with pytest.raises(NotFound):
        require(session, stranger, Permission.PRICES_GIVE, pricing.round)
    pricing.round.settings = {"ask_indicative_prices": False}
    with pytest.raises(NotFound):
        require(session, pricing.givers[0], Permission.PRICES_GIVE, pricing.round)


def test_who_buys_in_the_round_gives_no_list(build, pricing):
    giver = pricing.givers[0]
    pricing.session.add(
        RoleGrant(
            user_id=giver.user_id, organisation_id=pricing.members[0].id, role="member", created_at=pricing.clock()
        )
    )
    pricing.session.flush()

    with pytest.raises(NotFound):
        require(pricing.session, giver, Permission.PRICES_GIVE, pricing.round)


@pytest.mark.parametrize(
    "state", ["set_up", "sign_on", "published", "receipt_closed", "opened", "judging", "cancelled"]
)
def test_no_list_is_given_before_demand_or_beside_a_tender(build, state):
    pricing = Pricing(build, state=state)

    with pytest.raises((WrongPhase, NotFound, NotAllowed)):
        pricing.given()


@pytest.mark.parametrize("role", ["evaluator", "chair", "opener"])
@pytest.mark.parametrize("elsewhere", [False, True])
def test_whoever_judges_or_opens_sees_no_prices_whatever_else_they_are(build, role, elsewhere):
    pricing = Pricing(build, shown=True)
    for who, body in ((pricing.lead_actor, pricing.lead), (pricing.member_actor(), pricing.members[0])):
        assert may(pricing.session, who, Permission.PRICES_VIEW, pricing.round)
        user = pricing.session.get_one(type(build.user()), who.user_id)
        build.appoint(pricing.round, user, build.organisation("buyer") if elsewhere else body, role)

        assert not may(pricing.session, who, Permission.PRICES_VIEW, pricing.round)
        assert not may(pricing.session, who, Permission.PRICES_ARRANGE, pricing.round)
        with pytest.raises(NotAllowed) as refused:
            require(pricing.session, who, Permission.PRICES_VIEW, pricing.round)
        assert refused.value.code == "keeps-from-prices"


def test_who_monitors_for_another_organisation_sees_no_prices(build):
    pricing = Pricing(build, shown=True)
    who = pricing.member_actor()
    build.grant(pricing.session.get_one(type(build.user()), who.user_id), build.organisation("monitor"), "monitor")

    assert not may(pricing.session, who, Permission.PRICES_VIEW, pricing.round)


def test_a_list_in_another_currency_is_compared_only_at_an_entered_rate(pricing):
    pricing.given((1, "7500.50"), currency="SEK")
    (offer,) = offers_of(pricing)
    assert offer.rate is None
    assert offer.converted(offer.effects[pricing.lot.id, "laptop", ""].cost) is None

    pricing.rate(rate="0.0885")
    pricing.rate(rate="0.09", source="Riksbanken")
    (offer,) = offers_of(pricing)
    assert (offer.rate.rate, offer.rate.entered.source) == (Decimal("0.09"), "Riksbanken")
    assert offer.converted(offer.effects[pricing.lot.id, "laptop", ""].cost) * 100 == 1100 * 750_050 * 9 / 100
    facts = [(event.data["rate"], event.data["version_no"]) for event in events(pricing, "exchange_rate.set")]
    assert facts == [("0.0885", 1), ("0.09", 2)]


def test_a_rate_into_an_earlier_currency_of_the_round_is_not_used(pricing):
    pricing.given((1, "7500"), currency="SEK")
    pricing.rate()
    pricing.round.currency = "GBP"
    pricing.session.flush()

    assert offers_of(pricing)[0].rate is None


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"rate": "0"}, "rate"),
        ({"rate": "-1"}, "rate"),
        ({"rate": "0.123456789"}, "rate"),
        ({"currency": "EUR"}, "currency"),
        ({"currency": "ZZZ"}, "currency"),
        ({"on_date": dt.date(2026, 12, 24)}, "on_date"),
        ({"on_date": None}, "on_date"),
        ({"source": "  "}, "source"),
    ],
)
def test_a_rate_without_its_facts_is_refused_at_its_field(pricing, values, field):
    with pytest.raises(InvalidInput) as refused:
        pricing.rate(**values)

    assert refused.value.field == field


def test_asking_tells_every_invited_supplier_once(build):
    pricing = Pricing(build, asked=False)
    facts = {"actor": pricing.lead_actor, "now": pricing.clock()}

    assert price_lists.arrange(pricing.session, pricing.round, asked=True, shown=False, **facts) == 2
    assert price_lists.arrange(pricing.session, pricing.round, asked=True, shown=True, **facts) == 0
    mails = pricing.session.scalars(select(Mail).where(Mail.template == "prices_asked")).all()
    assert {mail.params["path"] for mail in mails} == {f"{pricing.here}/price-list"}
    assert [event.data["told"] for event in events(pricing, "round.prices_arranged")] == [2, 0]


def test_asking_again_tells_only_who_was_not_told_since_its_invitation(build):
    pricing = Pricing(build, asked=False)
    session, late = pricing.session, build.organisation("supplier", name="Waterkant")
    build.user(late, email="late@example.org")

    def ask(asked):
        facts = {"actor": pricing.lead_actor, "now": pricing.clock()}
        return price_lists.arrange(session, pricing.round, asked=asked, shown=False, **facts)

    assert ask(True) == 2
    assert ask(False) == 0
    inviting.invite(session, pricing.round, late, actor=pricing.lead_actor, now=pricing.clock())
    assert ask(True) == 1
    ask(False)
    assert ask(True) == 0
    told = session.scalars(select(Mail).where(Mail.template == "prices_asked").order_by(Mail.id)).all()
    assert [mail.recipient for mail in told][2:] == ["late@example.org"]
    ask(False)
    told[0].state = "failed"
    session.flush()
    assert ask(True) == 1


@pytest.mark.parametrize("act", ["arrange", "rate", "give", "withdraw"])
def test_a_round_that_moved_on_meanwhile_takes_no_more(pricing, act):
    found, session = pricing.given(), pricing.session
    facts = {"actor": pricing.lead_actor, "now": pricing.clock()}
    acts = {
        "arrange": lambda: price_lists.arrange(session, pricing.round, asked=False, shown=True, **facts),
        "rate": pricing.rate,
        "give": lambda: pricing.given(based_on=1),
        "withdraw": lambda: price_lists.withdraw(session, found, actor=pricing.givers[0], now=pricing.clock()),
    }
    moved = update(Round).where(Round.id == pricing.round.id).values(state="cancelled")
    session.execute(moved.execution_options(synchronize_session=False))
    assert pricing.round.state == "demand", "as this session read it"

    with pytest.raises((WrongPhase, NotFound, NotAllowed)):
        acts[act]()


def test_suppliers_are_not_asked_once_the_round_is_published(build):
    pricing = Pricing(build, asked=False, state="published")

    with pytest.raises(MoveRefused) as refused:
        price_lists.arrange(
            pricing.session, pricing.round, asked=True, shown=False, actor=pricing.lead_actor, now=pricing.clock()
        )
    assert refused.value.code == "prices-too-late"


def test_supposed_quantities_are_tried_out_without_storing_anything(pricing):
    made = pricing.given()
    item = (pricing.lot.id, "laptop", "standard")

    found = price_comparison.effect(pricing.session, pricing.round, {item: {1: 3000, 2: 2000}})

    assert found[made.public_id][pricing.lot.id, "laptop", ""].unit_price == 600


def test_lines_that_are_not_known_are_counted_beside_the_pool(pricing):
    member = pricing.build.organisation("buyer")
    pricing.build.sign_on(pricing.round, member, state="confirmed")
    unknown = {"qty": None, "not_known_reason": "Asked", "spec_tier": "standard"}
    pricing.build.demand(pricing.lot, member, unknown, state="accepted")

    wanted = price_comparison.wanted(pricing.session, pricing.round)

    item = (pricing.lot.id, "laptop", "standard")
    assert sum(wanted.quantities[item].values()) == 1100
    assert wanted.not_known[item] == 1


def test_a_supplier_invited_later_is_told_at_once_and_one_uninvited_counts_no_more(pricing):
    lead, now = pricing.lead_actor, pricing.clock()
    late = pricing.build.organisation("supplier", name="Waterkant")
    pricing.build.user(late, email="late@example.org")
    inviting.invite(pricing.session, pricing.round, late, actor=lead, now=now)
    mails = pricing.session.scalars(select(Mail.recipient).where(Mail.template == "prices_asked")).all()
    assert mails == ["late@example.org"]

    pricing.given()
    invitation = inviting.find(pricing.session, pricing.round, pricing.suppliers[0])
    inviting.take_back(pricing.session, invitation, actor=lead, now=now)
    pricing.session.flush()
    assert offers_of(pricing) == []


def test_a_round_that_asks_nobody_tells_nobody(build):
    pricing = Pricing(build, asked=False)
    supplier = build.organisation("supplier")
    build.user(supplier)

    inviting.invite(pricing.session, pricing.round, supplier, actor=pricing.lead_actor, now=pricing.clock())

    assert pricing.session.scalars(select(Mail)).all() == []


def test_a_copied_round_asks_nobody_and_shows_nothing(build):
    pricing = Pricing(build, shown=True)

    made = creating.copy(
        pricing.session, pricing.round, name="Next year", actor=pricing.lead_actor, now=pricing.clock()
    )

    assert value(made, "ask_indicative_prices") is False
    assert value(made, "show_indicative_prices") is False


def test_a_supplier_finds_the_rounds_that_ask_it(build):
    pricing = Pricing(build)
    Pricing(build, asked=False)

    found = price_lists.asking_rounds(pricing.session, pricing.givers[0])
    assert [one.public_id for one in found] == [pricing.round.public_id]
    assert price_lists.asking_rounds(pricing.session, pricing.lead_actor) == []
    pricing.round.state = "cancelled"
    pricing.session.flush()
    assert price_lists.asking_rounds(pricing.session, pricing.givers[0]) == []


@pytest.mark.parametrize("language", ["en", "nl", "sv"])
def test_the_mail_that_asks_says_who_and_leads_to_the_list(build, language):
    pricing = Pricing(build, asked=False)
    price_lists.arrange(
        pricing.session, pricing.round, asked=True, shown=False, actor=pricing.lead_actor, now=pricing.clock()
    )
    pricing.session.flush()
    mail = pricing.session.scalars(select(Mail).where(Mail.template == "prices_asked")).first()
    mail.language = language

    subject, text, page = mailing.render(mail)

    assert pricing.round.name in subject
    for half in (text, page):
        assert f"{pricing.here}/price-list" in half
        assert "Region North" in half
