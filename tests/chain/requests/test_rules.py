"""Taking over, the library, reminders, volume, the lead's list, the workbook: what stands behind the pages."""

from __future__ import annotations

import datetime as dt
import io

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import not_, select

from framework.chain.requests import accepting, acts, answering, blocks, due, library, links, reading, reminders, sheet
from framework.chain.requests.acts import Party
from framework.chain.requests.reading import Filters
from framework.disclosure.columns import COMPONENTS, LINKS, SITES, SMELTERS
from framework.ground import audit, sealed, trail
from framework.ground.errors import InvalidInput, MoveRefused, NotAllowed
from framework.ground.sheets.reader import read_book
from framework.ground.trail import Filters as Events
from framework.rounds import next_action
from framework.rounds.next_action import Reader
from models.records import AuditEvent, Mail
from models.requests import RequestAcceptance, RequestReminder
from tests.chain.requests.asking import BRAND, MAKER, SITE, open_rows
from tests.memory import remembered

# -- taking over ------------------------------------------------------------


def taken(asking):
    return accepting.standing(asking.session, asking.round, asking.supplier.id)


def rows_of(asking):
    records = accepting.rows_with_answers(asking.session, asking.version, taken(asking), now=asking.clock.now)
    return {sheet_: [one["values"] for one in found] for sheet_, found in records.items()}


def test_nothing_enters_the_disclosure_without_the_suppliers_act(asking):
    request = asking.ask()
    asking.answer(request)

    assert taken(asking) == []
    assert rows_of(asking)[SITES] == [one for one in rows_of(asking)[SITES] if not one["site_ref"].startswith("UP")]


def test_a_site_taken_over_comes_with_its_link_once_and_ends_the_reason(asking):
    request = asking.ask(lambda one: one.component_type == "mainboard_pcba")
    asking.answer(request, {at: [SITE | {"name": "Seaside Ltd"}] for at in (1, 2)})
    every = {one.id for row in request.rows for one in row.answers}

    accepting.accept(asking.session, request, every, actor=asking.actor, now=asking.clock.now)
    found = rows_of(asking)

    new = [one for one in found[SITES] if one["site_ref"].startswith("UP")]
    assert [(one["site_legal_name"], one["country"], one["missing_reason"]) for one in new] == [
        ("Seaside Ltd", "VN", "unknown")
    ]
    links_ = [one for one in found[LINKS] if one["site_ref"] == new[0]["site_ref"]]
    assert {(one["product_ref"], one["component_ref"]) for one in links_} == {("P1", "P1-MB"), ("P2", "P2-MB")}
    assert all(one["share_of_production_pct"] == 62.5 and one["valid_from"] == "2024-03-01" for one in links_)
    assert not any(
        one.get("not_disclosed_reason") for one in found[COMPONENTS] if one["component_ref"] in ("P1-MB", "P2-MB")
    )


def test_a_site_that_the_file_names_already_is_linked_and_stands_once(asking):
    request = asking.ask(lambda one: one.component_ref == "P1-MB")
    asking.answer(request)
    every = {one.id for row in request.rows for one in row.answers}
    accepting.accept(asking.session, request, every, actor=asking.actor, now=asking.clock.now)
    found = rows_of(asking)

    assert [one["site_ref"] for one in found[SITES] if one["site_legal_name"] == "Harbour Ltd"] == ["S2"]
    assert ("P1-MB", "S2") in {(one.get("component_ref"), one["site_ref"]) for one in found[LINKS]}


def test_a_component_without_a_row_gets_one_and_a_mineral_its_smelter(asking):
    request = asking.ask(lambda one: (one.model_name == "Two" and one.component_type == "battery") or one.mineral)
    smelter = {"name": "Gold Works", "country": "CH", "city": "Bern", "other_id": "CID000019"}
    asking.answer(request, {1: [SITE], 2: [smelter]})
    every = {one.id for row in request.rows for one in row.answers}
    accepting.accept(asking.session, request, every, actor=asking.actor, now=asking.clock.now)
    found = rows_of(asking)

    assert [one for one in found[COMPONENTS] if one["component_ref"] == "P2-battery"]
    gold = [one for one in found[SMELTERS] if one["mineral"] == "gold"]
    assert gold == [
        {
            "mineral": "gold",
            "applies_to": "company",
            "smelter_name": "Gold Works",
            "smelter_country": "CH",
            "smelter_city": "Bern",
            "smelter_id": "CID000019",
        }
    ]


def test_taking_over_is_one_act_that_can_be_taken_back_and_done_again(asking):
    request = asking.ask()
    asking.answer(request)
    every = {one.id for row in request.rows for one in row.answers}
    for _again in range(2):
        assert accepting.accept(asking.session, request, every, actor=asking.actor, now=asking.clock.now) == 5
    assert len(taken(asking)) == 5

    accepting.take_back(asking.session, request, actor=asking.actor, now=asking.clock.now)
    assert taken(asking) == []
    accepting.accept(asking.session, request, every, actor=asking.actor, now=asking.clock.now)
    assert len(asking.session.scalars(select(RequestAcceptance)).all()) == len(taken(asking)) == 5


def test_a_version_that_was_made_with_answers_does_not_get_them_again(asking):
    request = asking.ask()
    smelter = {"name": "Gold Works", "country": "CH", "city": "Bern"}
    asking.answer(request, {1: [SITE], 2: [SITE], 3: [{"answer": "trade_secret"}], 5: [smelter]})
    every = {one.id for row in request.rows for one in row.answers}
    accepting.accept(asking.session, request, every, actor=asking.actor, now=asking.clock.now)
    assert len(accepting.pending(asking.session, asking.version, taken(asking), now=asking.clock.now)) == 4

    made = [(sheet_, values) for sheet_, found in rows_of(asking).items() for values in found]
    asking.version = asking.send(asking.supplier, made)

    assert accepting.pending(asking.session, asking.version, taken(asking), now=asking.clock.now) == []
    again = [(sheet_, values) for sheet_, found in rows_of(asking).items() for values in found]
    assert sorted(map(repr, again)) == sorted(map(repr, made))


def test_another_supplier_takes_nothing_over_and_answers_of_another_request_are_not_taken(asking):
    request, other = asking.ask(), asking.ask(to=MAKER)
    asking.answer(request)
    asking.answer(other)
    foreign = {one.id for row in other.rows for one in row.answers}
    _supplier, _user, rival, _version = asking.add_supplier("Southern IT")

    with pytest.raises(NotAllowed):
        accepting.accept(asking.session, request, {1}, actor=rival, now=asking.clock.now)
    with pytest.raises(InvalidInput):
        accepting.accept(asking.session, request, foreign, actor=asking.actor, now=asking.clock.now)


def test_a_refusal_is_taken_over_with_reference_and_dates(asking):
    request = asking.ask(lambda one: one.model_name == "One")
    asking.refuse(request)
    accepting.accept_as_proof(asking.session, request, actor=asking.actor, now=asking.clock.now)
    component = next(one for one in rows_of(asking)[COMPONENTS] if one["component_ref"] == "P1-MB")

    assert component["not_disclosed_reason"] == "supplier_refused"
    assert request.reference in component["not_disclosed_evidence"]
    assert "refused by an answer dated 2026-11-23" in component["not_disclosed_evidence"]


def test_silence_is_proof_after_one_reminder_only(asking):
    request = asking.ask(due=3)
    asking.clock.forward(days=2)
    with pytest.raises(MoveRefused):
        accepting.accept_as_proof(asking.session, request, actor=asking.actor, now=asking.clock.now)
    asking.clock.forward(days=3)
    with pytest.raises(MoveRefused) as refused:
        accepting.accept_as_proof(asking.session, request, actor=asking.actor, now=asking.clock.now)
    assert refused.value.code == "never-reminded"

    acts.remind(asking.session, request, actor=asking.actor, now=asking.clock.now)

    assert accepting.accept_as_proof(asking.session, request, actor=asking.actor, now=asking.clock.now) == 5


def test_a_refusal_taken_as_proof_ends_with_the_answer_that_follows(asking):
    request = asking.ask(lambda one: one.component_ref == "P1-MB")
    asking.refuse(request)
    accepting.accept_as_proof(asking.session, request, actor=asking.actor, now=asking.clock.now)
    asking.answer(request)
    reader = Reader(asking.actor, frozenset({"supplier"}), asking.clock.now)

    assert taken(asking) == []
    component = next(one for one in rows_of(asking)[COMPONENTS] if one["component_ref"] == "P1-MB")
    assert component["not_disclosed_reason"] == "trade_secret"
    assert next_action.next_step(asking.session, asking.round, reader).page == "requests.own"


@pytest.mark.parametrize("is_site_first", [False, True])
@pytest.mark.parametrize("kind", ["mainboard_pcba", "final_assembly"])
def test_a_component_with_a_site_gets_no_reason_from_another_request(asking, is_site_first, kind):
    rows = [one for one in open_rows() if one[0] != "4_links" or one[1].get("component_ref")]
    asking.version = asking.send(asking.supplier, rows)
    one, other = (asking.ask(lambda one: one.component_type == kind, to=to) for to in (BRAND, MAKER))
    asking.answer(one)
    asking.refuse(other)
    every = {found.id for row in one.rows for found in row.answers}

    def accept_site():
        accepting.accept(asking.session, one, every, actor=asking.actor, now=asking.clock.now)

    if is_site_first:
        accept_site()
    asking.clock.forward(hours=1)
    accepting.accept_as_proof(asking.session, other, actor=asking.actor, now=asking.clock.now)
    if not is_site_first:
        asking.clock.forward(hours=1)
        accept_site()
    found = rows_of(asking)
    made = [(sheet_, values) for sheet_, values_ in found.items() for values in values_]
    asking.version = asking.send(asking.supplier, made)

    assert not any(one.get("not_disclosed_reason") for one in found[COMPONENTS] if one["component_type"] == kind)
    assert accepting.pending(asking.session, asking.version, taken(asking), now=asking.clock.now) == []


def test_two_refusals_of_one_component_are_not_pending_for_ever(asking):
    for request in [asking.ask(lambda one: one.component_ref == "P1-MB", to=to) for to in (BRAND, MAKER)]:
        asking.refuse(request)
        asking.clock.forward(hours=1)
        accepting.accept_as_proof(asking.session, request, actor=asking.actor, now=asking.clock.now)
    made = [(sheet_, values) for sheet_, found in rows_of(asking).items() for values in found]
    assert accepting.pending(asking.session, asking.version, taken(asking), now=asking.clock.now)
    asking.version = asking.send(asking.supplier, made)

    assert accepting.pending(asking.session, asking.version, taken(asking), now=asking.clock.now) == []


# -- library ----------------------------------------------------------------


@pytest.fixture
@remembered
def rival(asking):
    """A second reseller that asks the same brand for the same, after the brand has answered the first."""
    first = asking.ask()
    asking.answer(first)
    _supplier, _user, actor, version = asking.add_supplier("Southern IT")
    return first, asking.ask(to=Party("Acme again", "Chain@ACME.example"), actor=actor, version=version)


def test_who_asks_the_same_again_is_offered_the_earlier_answer_which_is_given_by_an_act(asking, rival):
    first, second = rival
    offered = library.offers(asking.session, second)

    assert [len(found) for found in offered.values()] == [1] * 5
    assert answering.draft_of(second) == {}
    link = asking.link(second)
    answering.take_over(asking.session, link, {1: offered[1]}, source="reused", now=asking.clock.now)
    answering.answer(asking.session, link, by="B. Brand", now=asking.clock.now)

    given_ = second.rows[0].answers[0]
    assert (given_.told, given_.reused_id) == (first.rows[0].answers[0].told, first.rows[0].answers[0].id)
    assert second.rows[1].answers == []


@pytest.mark.parametrize("to", [Party("Other", "other@acme.example"), Party("Acme", "chain@acme.example.org")])
def test_another_address_is_offered_nothing(asking, to):
    asking.answer(asking.ask())

    assert library.offers(asking.session, asking.ask(to=to)) == {}


def test_another_model_or_component_is_another_question(asking):
    asking.answer(asking.ask(lambda one: one.model_name == "One" and one.component_type == "battery"))

    offered = library.offers(asking.session, asking.ask())

    assert list(offered) == [2]


def test_the_library_is_that_of_the_address_alone_newest_first(asking, rival):
    _first, second = rival
    asking.clock.forward(days=1)
    asking.answer(second, by="B. Brand")
    asking.answer(asking.ask(to=MAKER))

    found, page = library.page(asking.session, second, "1")

    assert page.total == 10
    assert {one.request.asker_name for one in found} == {"Northern IT", "Southern IT"}
    assert found[0].answer.answered_by == "B. Brand"


# -- reminders --------------------------------------------------------------


def go_round(asking):
    asking.session.commit()
    return reminders.go_round(asking.session, asking.clock)


def test_reminders_go_out_at_each_step_once_and_end_with_the_answer(asking):
    request = asking.ask(due=14)
    end = due.ends(request)
    sent = []
    for hours in (200, 168, 100, 48, 47, 4, 3):
        asking.clock.now = end - dt.timedelta(hours=hours)
        sent.append(go_round(asking)[1])

    assert sent == [0, 1, 0, 1, 0, 1, 0]
    logged = asking.session.scalars(select(RequestReminder.step_hours).order_by(RequestReminder.id)).all()
    assert logged == [168, 48, 4]
    asking.answer(request)
    states = asking.session.execute(select(Mail.state, Mail.secret).where(Mail.template == "request_reminder")).all()
    assert [tuple(one) for one in states] == [("dropped", "")] * 3


def test_after_an_outage_one_reminder_goes_out_not_three(asking):
    request = asking.ask(due=14)
    asking.clock.now = due.ends(request) - dt.timedelta(hours=1)

    assert [go_round(asking)[1] for _again in range(2)] == [1, 0]


def test_requests_that_only_run_on_keep_no_other_from_its_turn(asking, monkeypatch):
    near = [asking.ask(due=10), asking.ask(due=10, to=MAKER)]
    later = asking.ask(due=11, to=Party("Later", "later@example.org"))
    monkeypatch.setattr(reminders, "AT_ONCE", 2)
    asking.clock.now = due.ends(near[0]) - dt.timedelta(hours=100)

    assert [go_round(asking) for _again in range(3)] == [(0, 2), (0, 1), (0, 0)]
    asking.clock.now = due.ends(later) + dt.timedelta(seconds=1)
    assert [go_round(asking) for _again in range(3)] == [(2, 0), (1, 0), (0, 0)]


def test_steps_before_it_was_asked_are_no_reminders(asking):
    asking.ask(due=1)

    assert go_round(asking) == (0, 0)


def test_silence_is_noted_once_and_told_to_the_asker(asking):
    request = asking.ask(due=2)
    child = asking.pass_on(request, due=1)
    asking.clock.forward(days=5)

    assert [go_round(asking)[0] for _again in range(2)] == [2, 0]

    assert (request.state, child.state) == ("no_answer", "no_answer")
    told = asking.session.scalars(select(Mail).where(Mail.template == "request_told")).one()
    news = asking.session.scalars(select(Mail).where(Mail.template == "request_news")).one()
    assert (told.recipient, told.params["state"]) == (BRAND.email, "no_answer")
    assert (news.recipient, [one["state"] for one in news.params["items"]]) == (asking.user.email, ["no_answer"])


def test_an_answer_that_came_back_is_the_suppliers_next_step_until_it_is_taken_over(asking):
    request = asking.ask()
    reader = Reader(asking.actor, frozenset({"supplier"}), asking.clock.now)
    before = next_action.next_step(asking.session, asking.round, reader)
    asking.answer(request)
    waiting = next_action.next_step(asking.session, asking.round, reader)
    every = {one.id for row in request.rows for one in row.answers}
    accepting.accept(asking.session, request, every, actor=asking.actor, now=asking.clock.now)

    assert (before.page, waiting.page) == ("disclosure.own", "requests.own")
    assert next_action.next_step(asking.session, asking.round, reader).page == "disclosure.own"


@pytest.mark.parametrize(("name", "most"), [("MOST_A_DAY", 1), ("MOST_CHILDREN", 0)])
def test_nobody_has_mails_sent_without_end(asking, monkeypatch, name, most):
    request = asking.ask()
    monkeypatch.setattr(acts, name, most)

    with pytest.raises(MoveRefused) as refused:
        asking.ask() if name == "MOST_A_DAY" else asking.pass_on(request)

    assert refused.value.code == "too-many-asked"


def test_what_others_pass_on_does_not_use_up_the_day_of_the_supplier(asking, monkeypatch):
    monkeypatch.setattr(acts, "MOST_A_DAY", 2)
    asking.pass_on(asking.ask())

    assert asking.ask().state == "asked"
    with pytest.raises(MoveRefused):
        asking.ask()


def test_a_request_is_passed_on_so_often_in_a_day_over_all_its_hops(asking, monkeypatch):
    monkeypatch.setattr(acts, "MOST_PASSED_ON_A_DAY", 2)
    first, other = asking.ask(), asking.ask(to=Party("Other", "other@example.org"))
    child = asking.pass_on(first)
    asking.pass_on(child, Party("Further", "further@example.org"), due=5)
    asking.pass_on(other, Party("Elsewhere", "elsewhere@example.org"))

    for request in (first, child):
        with pytest.raises(MoveRefused) as refused:
            asking.pass_on(request, Party("More", "more@example.org"), due=5)
        assert refused.value.code == "too-many-asked"

    asking.clock.forward(days=1, seconds=1)
    assert asking.pass_on(first, Party("More", "more@example.org"), due=5).hop == 2


# -- volume -----------------------------------------------------------------


@pytest.mark.parametrize(("is_on", "members", "shown"), [(False, 3, []), (True, 2, []), (True, 3, [30])])
def test_the_pooled_volume_is_shown_where_the_lead_allows_it_and_enough_buy(asking, is_on, members, shown):
    asking.round.settings = {"show_volume_to_brand": is_on}
    for _number in range(members):
        member = asking.build.sign_on(asking.round, state="confirmed").organisation
        asking.build.demand(asking.lot, member, state="locked")

    request = asking.ask()

    assert [one["quantity"] for one in request.volume] == shown
    assert request.letter["volume"] == request.volume


# -- what is sealed ---------------------------------------------------------


def test_before_the_opening_lead_and_operator_learn_of_no_request(asking):
    lead_before = trail.count(asking.session, trail.of_round(asking.round, Events()))
    request = asking.ask()
    asking.pass_on(request)
    hidden = asking.session.scalars(select(Mail.template).where(sealed.is_mail_to_bidder())).all()

    assert trail.count(asking.session, trail.of_round(asking.round, Events())) == lead_before
    assert set(hidden) == {"request_asked"}
    assert len(hidden) == 2
    assert reading.of_lead(asking.session, asking.round, Filters(), now=asking.clock.now) == []


def test_after_the_opening_the_lead_sees_the_requests_of_opened_tenders_alone(asking):
    request = asking.ask()
    asking.pass_on(request)
    _supplier, _user, actor, version = asking.add_supplier("Southern IT")
    asking.ask(actor=actor, version=version, to=MAKER)
    asking.open_round()

    lines = reading.of_lead(asking.session, asking.round, Filters(), now=asking.clock.now)

    assert {one.request.supplier.name for one in lines} == {"Northern IT"}
    assert sorted(one.request.hop for one in lines) == [1, 2]


def test_after_the_opening_record_and_outbox_tell_of_requests_of_opened_tenders_alone(asking):
    asking.ask()
    _supplier, user, actor, version = asking.add_supplier("Southern IT")
    silent = asking.ask(actor=actor, version=version, to=MAKER)
    asking.pass_on(silent, Party("Further", "further@example.org"))
    refused = NotAllowed("not-the-asker", "No.")
    for who in (asking.actor, actor):
        audit.record_denied(
            asking.session, "request:ask", refused, actor=who, now=asking.clock.now, subject=asking.round
        )
    for mail in asking.session.scalars(select(Mail)):
        mail.state = "failed"
    asking.open_round()

    query = trail.of_round(asking.round, Events())
    shown, _page = trail.page(asking.session, query, 1)
    listed = asking.session.scalars(select(Mail.recipient).where(not_(sealed.is_mail_to_bidder()))).all()

    assert [one.organisation for one in shown if one.kind == "request.ask"] == ["Northern IT"]
    assert {one.organisation for one in shown if one.denied} == {"Northern IT", ""}
    assert trail.count(asking.session, trail.of_round(asking.round, Events(person=user.name))) == 0
    assert [one for one in listed if one in (BRAND.email, MAKER.email, "further@example.org")] == [BRAND.email]
    assert sealed.failed_mails(asking.session) == [(asking.round, 2)]


@pytest.mark.parametrize(("is_named", "known"), [(False, ""), (True, MAKER.name)])
def test_whom_the_brand_asks_is_named_to_others_where_the_brand_says_so(asking, is_named, known):
    request = asking.ask()
    asking.pass_on(request, Party(MAKER.name, MAKER.email, "sv", is_named=is_named))

    (line,) = reading.behind(asking.session, request, now=asking.clock.now)

    assert line.request.known_as == known


def test_the_lead_filters_and_sorts_by_silence(asking):
    silent = asking.ask(due=2)
    asking.clock.forward(days=10)
    answered = asking.ask(lambda one: one.mineral, to=MAKER)
    asking.answer(answered)
    asking.open_round()

    def ids(**filters):
        return [
            one.request.id
            for one in reading.of_lead(asking.session, asking.round, Filters(**filters), now=asking.clock.now)
        ]

    assert ids() == [silent.id, answered.id]
    assert ids(state="no_answer") == [silent.id]
    assert ids(text="harbour") == [answered.id]
    assert ids(supplier="nobody") == []
    assert ids(sort="rows") == [answered.id, silent.id]
    assert ids(sort="-rows") == [silent.id, answered.id]
    assert ids(sort="nonsense") == [silent.id, answered.id]
    for key in reading.SORTS:
        assert len(ids(sort=key)) == 2


def test_the_lead_neither_finds_nor_sorts_by_a_party_that_is_kept_back(asking):
    first = asking.ask()
    second = asking.pass_on(first, Party("Aardvark Secret", "a@example.org", is_named=False))
    third = asking.pass_on(second, Party("Zebra Named", "z@example.org"), due=5)
    asking.open_round()

    def ids(**filters):
        lines = reading.of_lead(asking.session, asking.round, Filters(**filters), now=asking.clock.now)
        return [one.request.id for one in lines]

    assert ids(text="aardvark") == []
    assert ids(text="acme") == [first.id, second.id]
    assert ids(sort="asked") == [first.id, third.id, second.id]
    assert ids(sort="-asked") == [third.id, first.id, second.id]


def test_the_record_names_who_acts_by_a_link(asking):
    request = asking.ask()
    asking.answer(request)
    asking.open_round()
    events = asking.session.scalars(select(AuditEvent).where(AuditEvent.kind == "request.answer")).all()

    (entry,) = trail.entries(asking.session, events)

    assert (entry.is_by_link, entry.who) == (True, "")


# -- workbook ---------------------------------------------------------------


def book_of(content, tmp_path):
    path = tmp_path / "answers.xlsx"
    path.write_bytes(content)
    return read_book(path)


def written(request, asking):
    return sheet.write(request, answering.draft_of(request), words=str, now=asking.clock.now)


def test_the_workbook_sent_back_as_it_is_changes_nothing(asking, tmp_path):
    request = asking.ask()
    draft = {1: [SITE, {"name": "=1+1", "answer": "site"}], 5: [{"answer": "unknown", "note": "+49"}]}
    answering.save(asking.session, asking.link(request), draft, by="", stamp=0, now=asking.clock.now)
    before = answering.draft_of(request)

    found = sheet.read(book_of(written(request, asking), tmp_path), request)
    link = asking.link(request)
    answering.save(asking.session, link, found.blocks, by="", stamp=1, now=asking.clock.now)

    assert (answering.draft_of(request), found.rows, found.listed) == (before, 6, [])


def test_a_row_that_cannot_be_taken_is_listed_with_its_reason(asking, tmp_path):
    request = asking.ask()
    book = openpyxl.load_workbook(io.BytesIO(written(request, asking)))
    table = book[sheet.ANSWERS]
    table["E2"], table["F2"] = "site", "Harbour Ltd"
    table["A3"] = 77
    table["E4"] = "perhaps"
    target = io.BytesIO()
    book.save(target)

    found = sheet.read(book_of(target.getvalue(), tmp_path), request)

    assert found.blocks[1] == [{"answer": "site", "name": "Harbour Ltd"}]
    assert [one.row for one in found.listed] == [3, 4]
    assert found.rows == 3


def test_the_workbook_of_another_request_or_another_file_is_refused(asking, tmp_path):
    request, other = asking.ask(), asking.ask(to=MAKER)
    with pytest.raises(InvalidInput) as refused:
        sheet.read(book_of(written(other, asking), tmp_path), request)
    assert refused.value.code == "workbook-elsewhere"

    book = openpyxl.Workbook()
    book.active.append(["something", "else"])
    target = io.BytesIO()
    book.save(target)
    with pytest.raises(InvalidInput) as refused:
        sheet.read(book_of(target.getvalue(), tmp_path), request)
    assert refused.value.code == "not-our-sheet"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.sampled_from(["answer", *blocks.FIELDS]),
        st.one_of(st.text(max_size=40), st.sampled_from(["site", "unknown", "VN", "50", "1e400", "-", "2024-02-30"])),
    )
)
def test_whatever_is_typed_is_understood_or_refused_with_its_place(typed):
    block = blocks.as_typed(typed)
    found, wrong = blocks.understand(block, 3, 1, today=dt.date(2026, 11, 28))

    assert not (found and wrong)
    assert found or wrong or blocks.blank(block)
    assert all(one.position == 3 and one.field in ("answer", *blocks.FIELDS) for one in wrong)
    if found and "share" in found.told:
        assert 0 <= float(found.told["share"]) <= 100


def test_the_library_link_lasts_a_day_and_opens_no_request(asking):
    request = asking.ask()
    token = links.make(asking.session, request, links.LIBRARY, now=asking.clock.now)

    assert links.find(asking.session, "library", token, now=asking.clock.forward(hours=23))
