"""Pages of set-up and the public page: what they show, where they lead, what they take over."""

from __future__ import annotations

import re
from typing import Any

import pytest

from framework.ground.actors import Actor
from framework.ground.errors import MoveRefused
from framework.rounds import creating, moves
from framework.signons import record
from models.rounds import Round
from tests.memory import remembered
from tests.rounds.ready import Ready
from views.i18n import sentence
from views.rounds.fields import zones


@pytest.fixture
@remembered
def ready(build: Any) -> Ready:
    return Ready(build, duration_justification="The software lives for six years.", option_months=12)


@pytest.fixture
@remembered
def lead(ready: Ready, sign_in: Any) -> Any:
    return sign_in(ready.person_of(ready.first), ready.lead)


def test_suppliers_read_who_buys_for_how_long_and_where_to_ask(ready: Ready, lead: Any) -> None:
    ready.round.settings = {"question_contact": "tenders@region.example"}
    ready.build.session.commit()

    shown = lead.page(f"/rounds/{ready.round.public_id}/preview").text

    for said in ("Amberdorp", "Birkby", "tenders@region.example", "six years", "Last question", "12"):
        assert said in shown


def test_an_empty_round_says_on_its_preview_what_will_stand_there(build: Any, sign_in: Any) -> None:
    body = build.organisation("lead")
    round_ = build.round(body)
    browser = sign_in(build.user(body), body)

    shown = browser.page(f"/rounds/{round_.public_id}/preview").text

    assert "0 public buyers" not in shown
    assert "No criteria are set yet." in shown


def test_the_places_in_the_notice_are_filled_in_in_one_table(ready: Ready, lead: Any) -> None:
    first, second = ready.round.clauses[:2]
    sent = {
        f"reference-{first.public_id}": " page  4 ",
        f"version-{first.public_id}": first.version,
        f"reference-{second.public_id}": second.notice_reference,
    }

    lead.send(f"/rounds/{ready.round.public_id}/set-up/clauses/references", sent)

    ready.build.session.expire_all()
    assert (first.notice_reference, second.notice_reference) == ("page 4", "section 1")


def test_a_place_in_the_notice_that_somebody_else_changed_is_not_overwritten(ready: Ready, lead: Any) -> None:
    clause = ready.round.clauses[0]
    sent = {f"reference-{clause.public_id}": "page 4", f"version-{clause.public_id}": "0"}

    answer = lead.post(f"/rounds/{ready.round.public_id}/set-up/clauses/references", data=sent)

    assert answer.status_code == 409
    assert 'value="page 4"' in answer.get_data(as_text=True)
    ready.build.session.expire_all()
    assert clause.notice_reference == "section 0"


def test_scope_in_short_shows_law_mandate_and_maximum(ready: Ready, lead: Any) -> None:
    shown = lead.page(f"/rounds/{ready.round.public_id}/set-up/lots").text

    for said in ("European Union, general", "Central purchasing body", "Maximum of the whole round"):
        assert said in shown


def test_a_field_that_readiness_asks_for_is_not_called_optional(ready: Ready, lead: Any) -> None:
    shown = lead.page(f"/rounds/{ready.round.public_id}/set-up/dates").text

    assert "Tender deadline: date (can wait)" in shown
    assert "First planned audit (optional)" in shown


def test_a_new_deadline_is_not_said_to_wait(build: Any, sign_in: Any) -> None:
    ready = Ready(build, state="published")
    browser = sign_in(ready.person_of(ready.first), ready.lead)

    shown = browser.page(f"/rounds/{ready.round.public_id}/deadline").text

    assert "Date" in shown
    assert "Time" in shown
    assert "(can wait)" not in shown
    assert "(optional)" not in shown


def test_only_the_end_of_an_outage_may_be_left_open(build: Any, sign_in: Any) -> None:
    body = build.organisation("operator")
    browser = sign_in(build.user(body), body)

    shown = browser.page("/outages").text

    assert "(can wait)" not in shown
    assert "Began: date (UTC) (optional)" not in shown
    assert "Ended: date (UTC) (optional)" in shown


def test_no_number_of_a_rule_stands_in_the_sentences_about_the_deadline(build: Any, sign_in: Any) -> None:
    ready = Ready(build, state="published")
    browser = sign_in(ready.person_of(ready.first), ready.lead)

    shown = browser.page(f"/rounds/{ready.round.public_id}/deadline").text

    assert "only before the present deadline." in shown
    assert "L07c" not in shown


@pytest.mark.parametrize(
    ("count", "said"),
    [(1, "1 buyer has answered already"), (2, "2 buyers have answered already")],
    ids=["one", "two"],
)
def test_how_many_buyers_have_answered_is_said_in_the_right_number(app: Any, build: Any, count: int, said: str) -> None:
    lead = build.organisation("lead")
    round_ = build.round(lead, state="sign_on")
    for _number in range(count):
        build.sign_on(round_, build.organisation("buyer"), state="interested")
    build.session.commit()
    context = {"actor": Actor(build.user(lead).id, lead.id, frozenset({"lead"})), "now": build.clock()}

    with pytest.raises(MoveRefused) as refused:
        moves.reopen_set_up(build.session, round_, motive="x", **context)

    with app.test_request_context():
        assert sentence(refused.value).startswith(said)


def test_one_buyer_that_publication_refuses_is_one(ready: Ready, lead: Any) -> None:
    ready.build.sign_on(ready.round, state="invited")
    ready.build.session.commit()

    shown = lead.page(f"/rounds/{ready.round.public_id}/readiness").text

    assert "Look at the 1 buyer that publication will refuse" in shown


@pytest.mark.parametrize(
    ("name", "next_name"),
    [
        ("Laptops 2027", "Laptops 2028"),
        ("Laptops 2027–2031", "Laptops 2028–2032"),
        ("Laptops", "Laptops"),
        ("A20271", "A20271"),
    ],
)
def test_the_name_of_a_copy_is_a_year_on(name: str, next_name: str) -> None:
    assert creating.a_year_on(name) == next_name


@pytest.mark.parametrize(("law", "zone"), [("nl", "Europe/Amsterdam"), ("se", "Europe/Stockholm")])
def test_a_new_round_keeps_time_where_its_law_holds(build: Any, law: str, zone: str) -> None:
    lead = build.person(build.organisation("lead"))

    made: Round = creating.create(build.session, name="Mice", jurisdiction=law, actor=lead, now=build.clock())

    assert made.zone == zone


def test_european_zones_come_first_without_retired_names() -> None:
    listed = [choice.value for choice in zones("America/Lima")]

    assert listed[0].startswith("Europe/")
    assert listed[-2:] == ["America/Lima", "UTC"]
    assert "Europe/Kiev" not in listed
    assert "Europe/Kyiv" in listed


def test_the_print_of_a_sign_on_carries_its_own_hash_once_and_two_signature_lines(
    build: Any, ready: Ready, lead: Any
) -> None:
    sign_on = ready.sign_ons[0]
    sign_on.statement = "We use the clauses."
    build.session.commit()
    path = f"/rounds/{ready.round.public_id}/sign-ons/{sign_on.public_id}/record"

    shown = lead.page(path).text

    def hashes(text: str) -> list[str]:
        return [word for word in text.split() if len(word) == 64]

    assert hashes(shown)[-1] == record.digest(sign_on) != sign_on.mandate_file.sha256
    assert shown.count(record.digest(sign_on)) == 1
    assert "For Amberdorp" in shown
    assert "For Region North" in shown


@pytest.mark.parametrize("language", ["en", "nl", "sv"])
def test_a_form_sent_empty_says_what_is_missing_on_top_and_at_the_field(lead: Any, language: str) -> None:
    lead.post(f"/language/{language}")

    html = lead.post("/rounds/new", data={}).get_data(as_text=True)

    summary = re.search(r'error-summary__list">(.*?)</ul>', html, re.DOTALL)
    at_field = re.search(r'id="name-error">(.*?)</p>', html, re.DOTALL)
    assert summary
    assert at_field
    assert len(re.findall(r"<li><a [^>]*>[^<]{8,}</a>", summary[1])) == 2
    assert len(re.sub(r"<[^>]*>", "", at_field[1]).split()) >= 3
