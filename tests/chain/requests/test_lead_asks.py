"""The lead asks itself: about exactly chosen rows of an opened tender, of somebody who learns nothing else."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import not_, select

from framework.chain.requests import acts, nodes, reading, reminders
from framework.chain.requests.acts import Party
from framework.chain.requests.reading import Filters
from framework.ground import sealed, trail
from framework.ground.errors import InvalidInput, MoveRefused, NotAllowed, NotFound, WrongPhase
from framework.ground.permissions import Permission, may
from framework.ground.trail import Filters as Events
from models.records import AuditEvent, Mail
from models.requests import UpstreamRequest
from tests.chain.requests.asking import BRAND, MAKER, SITE
from tests.memory import remembered
from views import mailing

LANGUAGES = ("en", "nl", "sv")


@pytest.fixture
@remembered
def open_(asking):
    """The tender of the supplier is opened."""
    asking.open_round()
    return asking


def battery(node):
    return node.component_type == "battery"


def test_the_lead_asks_exactly_the_chosen_rows_of_an_opened_tender(open_):
    made = open_.ask_as_lead(battery)

    assert (made.state, made.hop, made.is_of_lead, made.submission_id) == ("asked", 1, True, open_.version.id)
    assert made.asker_name == open_.round.organisation.name
    assert {row.component_type for row in made.rows} == {"battery"}
    event = open_.session.scalars(select(AuditEvent).where(AuditEvent.kind == "request.ask")).one()
    assert (event.subject_id, event.organisation_id) == (made.public_id, open_.round.organisation_id)


def test_what_the_tender_names_can_be_asked_too(open_):
    open_nodes = nodes.open_nodes(open_.session, open_.version)
    every = nodes.open_nodes(open_.session, open_.version, with_named=True)

    assert {one.place for one in open_nodes} < {one.place for one in every}
    assert {one.model_name for one in every if one.component_type == "final_assembly"} == {"One", "Two"}
    assert len({one.place for one in every}) == len(every)


@pytest.mark.parametrize("state", ["published", "receipt_closed"])
def test_before_the_opening_nothing_can_be_asked(asking, state):
    asking.round.state = state

    with pytest.raises(WrongPhase):
        asking.ask_as_lead()


@pytest.mark.parametrize(
    ("state", "allowed"),
    [(state, True) for state in ("opened", "judging", "award", "standstill", "challenged", "in_force")]
    + [("closed", False), ("archived", False), ("cancelled", False)],
)
def test_the_lead_asks_from_the_opening_until_the_contract_ends(open_, state, allowed):
    open_.round.state = state
    actor, _user = open_.lead()

    assert may(open_.session, actor, Permission.REQUEST_ASK_AS_LEAD, open_.round) is allowed


@pytest.mark.parametrize("state", ["replaced", "late", "withdrawn"])
def test_only_rows_of_opened_tenders_are_asked_about(open_, state):
    open_.version.state = state

    with pytest.raises(MoveRefused) as refused:
        open_.ask_as_lead()

    assert refused.value.code == "not-opened"


def test_a_supplier_of_the_round_is_asked_by_a_clarification_instead(open_):
    with pytest.raises(InvalidInput) as refused:
        open_.ask_as_lead(to=Party("Northern IT", open_.user.email.upper()))

    assert (refused.value.code, refused.value.field) == ("asked-a-bidder", "email")
    assert open_.session.query(UpstreamRequest).count() == 0


def test_others_do_not_ask_in_the_name_of_the_lead(open_):
    member = open_.build.sign_on(open_.round, state="confirmed").organisation
    for who in (open_.actor, open_.build.person(member), open_.build.person(open_.build.organisation("lead"))):
        with pytest.raises((NotAllowed, NotFound)):
            open_.ask_as_lead(actor=who)


def test_neither_letter_nor_mail_nor_page_names_the_supplier_or_its_keys(open_, app):
    made = open_.ask_as_lead(battery)
    path = f"/requests/{open_.token(made)}/"
    texts = ["\n".join(mailing.render(mail)) for mail in open_.session.scalars(select(Mail))]
    open_.session.commit()
    anybody = app.test_client()

    texts += [anybody.page(path).text, *(anybody.page(f"{path}letter-{one}").text for one in LANGUAGES)]
    texts.append(str(made.letter))

    for text in texts:
        for canary in ("Northern IT", "P1-BA", "P2-", "Lakeside", "Somewhere Ltd"):
            assert canary not in text
    assert open_.round.organisation.name in texts[1]


def test_the_answer_flows_to_the_lead_with_whom_it_came_through(open_, sign_in):
    made = open_.ask_as_lead(battery)
    child = open_.pass_on(made)
    open_.answer(child, by="M. Maker")
    open_.answer(made)
    _actor, user = open_.lead()
    open_.session.commit()

    page = sign_in(user, open_.round.organisation).page(f"/rounds/{open_.round.public_id}/upstream/{made.public_id}")

    for words in ("Northern IT", "Harbour Ltd", "Answered by A. Brand for Acme Brand", "One: Battery"):
        assert words in page.text
    assert child.is_of_lead


def test_a_hop_behind_stays_the_leads_and_no_supplier_learns_of_it(open_, sign_in):
    made = open_.ask_as_lead(battery)
    child = open_.pass_on(made)
    open_.session.commit()
    browser = sign_in(open_.user, open_.supplier)
    place = f"/rounds/{open_.round.public_id}"

    own = browser.page(f"{place}/requests")
    statuses = [
        browser.get(f"{place}/{path}").status_code
        for path in (f"requests/{made.public_id}", f"requests/{child.public_id}", f"upstream/{made.public_id}")
    ]

    assert BRAND.name not in own.text
    assert statuses == [404, 404, 403]
    assert reading.own(open_.session, open_.round, open_.supplier.id, now=open_.clock.now) == []


def test_a_member_or_monitor_does_not_read_the_leads_request(open_, sign_in):
    made = open_.ask_as_lead(battery)
    member = open_.build.sign_on(open_.round, state="confirmed").organisation
    people = [(open_.build.user(one), one) for one in (member, open_.build.organisation("monitor"))]
    open_.session.commit()

    for user, organisation in people:
        browser = sign_in(user, organisation)
        for tail in (made.public_id, "new"):
            assert browser.get(f"/rounds/{open_.round.public_id}/upstream/{tail}").status_code == 403


def test_the_lead_does_not_read_or_touch_what_a_supplier_asked(asking, sign_in):
    request = asking.ask(battery)
    asking.open_round()
    actor, user = asking.lead()
    for act in (acts.withdraw, acts.remind):
        with pytest.raises(NotAllowed):
            act(asking.session, request, actor=actor, now=asking.clock.now)
    asking.session.commit()
    browser = sign_in(user, asking.round.organisation)

    assert browser.get(f"/rounds/{asking.round.public_id}/upstream/{request.public_id}").status_code == 404


def test_a_supplier_neither_withdraws_nor_takes_over_what_the_lead_asked(open_):
    made = open_.ask_as_lead(battery)

    for act in (acts.withdraw, acts.remind):
        with pytest.raises(NotAllowed):
            act(open_.session, made, actor=open_.actor, now=open_.clock.now)


def test_a_member_of_the_leads_own_organisation_does_not_act_for_it(open_):
    made = open_.ask_as_lead(battery)
    organisation = open_.round.organisation
    other = open_.build.actor(open_.build.user(organisation, "member"), organisation, "member")
    open_.clock.forward(days=2)

    with pytest.raises(NotAllowed):
        acts.remind(open_.session, made, actor=other, now=open_.clock.now)


def test_it_goes_the_way_of_every_request(open_):
    made, other, third = (open_.ask_as_lead(battery, to=to) for to in (BRAND, MAKER, Party("C", "c@example.org")))
    actor, _user = open_.lead()
    open_.refuse(made)
    open_.clock.forward(days=2)
    acts.remind(open_.session, other, actor=actor, now=open_.clock.now)
    acts.withdraw(open_.session, other, actor=actor, now=open_.clock.now)
    open_.session.commit()
    open_.clock.forward(days=20)
    reminders.go_round(open_.session, open_.clock)

    assert [one.state for one in (made, other, third)] == ["refused", "withdrawn", "no_answer"]
    templates = open_.session.scalars(
        select(Mail.template).where(Mail.recipient == MAKER.email).order_by(Mail.id)
    ).all()
    assert templates == ["request_asked", "request_reminder", "request_withdrawn"]


def test_the_list_of_the_lead_holds_its_own_requests_and_those_of_suppliers(asking):
    asking.ask(battery)
    asking.open_round()
    asking.ask_as_lead(battery, to=MAKER)

    lines = reading.of_lead(asking.session, asking.round, Filters(), now=asking.clock.now)
    of_supplier = Filters(supplier=asking.supplier.public_id)

    assert sorted(one.request.is_of_lead for one in lines) == [False, True]
    assert len(reading.of_lead(asking.session, asking.round, of_supplier, now=asking.clock.now)) == 2


def test_the_record_and_the_outbox_show_what_the_lead_asks(open_):
    open_.ask_as_lead(battery)

    shown, _page = trail.page(open_.session, trail.of_round(open_.round, Events()), 1)
    listed = open_.session.scalars(select(Mail.recipient).where(not_(sealed.is_mail_to_bidder()))).all()

    assert "request.ask" in {one.kind for one in shown}
    assert listed == [BRAND.email]


def test_the_lead_asks_so_many_in_a_day_and_no_more(open_, monkeypatch):
    monkeypatch.setattr(acts, "MOST_A_DAY", 2)
    who = open_.lead()[0]
    for _number in range(2):
        open_.ask_as_lead(battery, actor=who)

    with pytest.raises(MoveRefused) as refused:
        open_.ask_as_lead(battery, actor=who)

    assert refused.value.code == "too-many-asked"


@pytest.fixture
@remembered
def lead(open_, sign_in):
    _actor, user = open_.lead()
    open_.session.commit()
    return sign_in(user, open_.round.organisation)


def test_the_form_asks_for_tender_and_rows_and_sends(open_, lead):
    place = f"/rounds/{open_.round.public_id}/upstream"
    chosen = [one.place for one in nodes.open_nodes(open_.session, open_.version) if battery(one)]
    data = {
        "tender": open_.version.public_id,
        "row": chosen,
        "name": BRAND.name,
        "email": BRAND.email,
        "language": "nl",
        "due_on": (open_.clock.now + dt.timedelta(days=9)).date().isoformat(),
        "why": "We compare.",
    }
    open_.session.rollback()

    first = lead.page(f"{place}/new")
    second = lead.page(f"{place}/new?tender={data['tender']}")
    made = lead.send(f"{place}/new", data)

    assert "Show the rows" in first.text
    assert "named in the tender" in second.text
    assert "About the tender of" in made.text
    request = open_.session.scalars(select(UpstreamRequest)).one()
    assert (request.is_of_lead, request.language, len(request.rows)) == (True, "nl", len(chosen))
    assert "asked by the lead" in lead.page(place).text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"tender": ""}, "Choose whose tender it is about."),
        ({"row": []}, "Choose at least one row."),
        ({"email": "nobody"}, "Enter a mail address"),
        ({"due_on": "2020-01-01"}, "The date must lie ahead."),
    ],
)
def test_a_form_that_cannot_be_taken_comes_back(open_, lead, change, said):
    place = nodes.open_nodes(open_.session, open_.version)[0].place
    data = {
        "tender": open_.version.public_id,
        "row": [place],
        "name": "Typed & Co",
        "email": "a@example.org",
        "due_on": "2026-12-20",
        "why": "Typed reason.",
    }
    open_.session.rollback()

    answer = lead.post(f"/rounds/{open_.round.public_id}/upstream/new", data=data | change)

    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)
    assert open_.session.query(UpstreamRequest).count() == 0


def test_all_that_is_wrong_with_the_form_is_told_at_once(open_, lead):
    tender = open_.version.public_id
    open_.session.rollback()

    page = lead.send(f"/rounds/{open_.round.public_id}/upstream/new", {"tender": tender}, 422)

    for said in ("Choose at least one row.", "Fill in a name.", "Enter a mail address", "Give a date until which"):
        assert page.text.count(said) == 2, said


@pytest.mark.parametrize("tender", ["nobody", "\x00", "9" * 300])
def test_a_tender_that_is_none_is_not_found(open_, lead, tender):
    path = f"/rounds/{open_.round.public_id}/upstream/new"

    assert lead.get(path, query_string={"tender": tender}).status_code == 404
    assert lead.post(path, data={"tender": tender}).status_code == 404


def test_a_request_that_is_none_is_not_found(open_, lead):
    place = f"/rounds/{open_.round.public_id}/upstream/nobody"

    assert {lead.get(f"{place}{tail}").status_code for tail in ("", "/refusal", "/letter-en")} == {404}
    assert {lead.post(f"{place}/{act}").status_code for act in ("remind", "withdraw")} == {404}


def test_the_refusal_is_given_away_and_shown(open_, lead):
    made = open_.ask_as_lead(battery)
    open_.refuse(made)
    open_.session.commit()
    place = f"/rounds/{open_.round.public_id}/upstream/{made.public_id}"

    assert "Refused, with an answer dated" in lead.page(place).text
    assert lead.page(f"{place}/letter-sv").text


def test_an_answer_never_changes_the_tender(open_):
    made = open_.ask_as_lead(battery)
    before = nodes.open_nodes(open_.session, open_.version)
    open_.answer(made, {1: [SITE]})

    assert nodes.open_nodes(open_.session, open_.version) == before
    assert open_.version.state == "opened"
