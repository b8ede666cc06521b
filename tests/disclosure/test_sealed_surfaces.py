"""Nothing that others can read tells who sent something to a sealed round (law L07b, trust 5.1)."""

from __future__ import annotations

import io
import re

import openpyxl
import pytest
from sqlalchemy import select

from framework.ground.mail import post
from models.records import Mail
from tests.disclosure.test_pages import Tender
from tests.memory import remembered

BIDDER = ("Example Reseller", "bidder@example.com", "B. Idder")
PAGES = ("", "/record", "/opening", "/suppliers", "/sign-ons", "/pool", "/demand", "/terms")
FILES = ("/record.csv", "/record.xlsx")


@pytest.fixture
@remembered
def tender(session, build, clock, sign_in):
    found = Tender(session, build, clock, sign_in)
    found.writing()
    user = found.build.user(found.supplier, name=BIDDER[2], email=BIDDER[1])
    found.browser = found.enter(user, found.supplier)
    return found


def text_of(answer):
    """What an answer says, a workbook's cells included."""
    if answer.mimetype.endswith("spreadsheetml.sheet"):
        rows = openpyxl.load_workbook(io.BytesIO(answer.data)).active.iter_rows(values_only=True)
        return "\n".join(str(cell) for row in rows for cell in row)
    return answer.get_data(as_text=True)


def traces(text):
    """What of the bidder stands in a text, and whether it tells of a submission at all."""
    return [word for word in (*BIDDER, "Submission:", "submission_tender") if word in text]


@pytest.mark.parametrize("kind", ["lead", "buyer", "operator", "monitor", "supplier"])
def test_no_page_of_the_round_tells_who_sent_something(tender, kind):
    """A page may name a supplier as one to invite; it says no more after the upload than before it."""
    round_ = tender.round
    if kind == "buyer":
        body = tender.build.sign_on(round_, state="confirmed").organisation
    else:
        body = round_.organisation if kind == "lead" else tender.build.organisation(kind)
    reader = tender.person(body)
    before = {path: traces(text_of(reader.get(tender.here + path))) for path in (*PAGES, *FILES)}

    tender.send()
    tender.browser.post(f"{tender.home}/nothing/withdraw")
    after = {path: traces(text_of(reader.get(tender.here + path))) for path in (*PAGES, *FILES)}

    assert after == before


def test_the_operators_record_and_outbox_do_not_tell_either(tender):
    tender.send()
    tender.writing()
    operator = tender.person(tender.build.organisation("operator"))
    mail = tender.session.scalars(select(Mail.public_id).where(Mail.template == "submission_received")).one()

    paths = ("/record", "/record.csv", "/outbox", f"/outbox?q={BIDDER[1]}", f"/outbox/{mail}", "/health")
    found = {
        path: [w for w in traces(text_of(operator.get(path))) if path != f"/outbox?q={BIDDER[1]}"] for path in paths
    }

    assert {path: words for path, words in found.items() if words} == {}
    assert "There is none yet" in operator.page(f"/outbox?q={BIDDER[1]}").text


def test_the_outbox_says_of_a_sealed_round_only_how_many_mails_failed(tender):
    operator = tender.person(tender.build.organisation("operator"))
    before = operator.page("/outbox").text
    tender.send()
    tender.writing()
    after, health = operator.page("/outbox").text, operator.page("/health").text
    mail = tender.writing().scalars(select(Mail).where(Mail.template == "submission_received")).one()
    mail.state, mail.attempts = "failed", 10
    tender.session.commit()

    failed = operator.page("/outbox")
    operator.send("/outbox/sealed/again")

    assert after == before
    assert f"sealed round {tender.round.name} is not listed before the opening; no mail failed." in after
    assert "No mail yet." in health
    assert "not listed before the opening; 1 mail failed." in failed.text
    assert "There is none yet" in failed.text
    tender.session.expire_all()
    assert (mail.state, mail.attempts) == ("waiting", 0)


def test_mail_of_no_round_to_somebody_of_a_supplier_stays_listed(tender):
    post(tender.writing(), "password_reset", to=BIDDER[1], now=tender.clock(), minutes=30)
    operator = tender.person(tender.build.organisation("operator"))

    assert BIDDER[1] in operator.page("/outbox").text
    assert BIDDER[1] in operator.page(f"/outbox?q={BIDDER[1]}").text


def test_a_refused_attempt_of_a_bidder_is_shown_without_the_name(tender):
    tender.send()
    tender.browser.get(f"{tender.here}/record")
    tender.writing()
    lead = tender.person(tender.round.organisation)

    page = lead.page(f"{tender.here}/record?outcome=denied")
    sought = lead.page(f"{tender.here}/record?outcome=denied&q=Idder")

    assert "a supplier, named after the opening" in page.text
    assert traces(page.text) == []
    assert "No event fits" in sought.text


def test_after_the_opening_the_record_tells_everything(tender):
    tender.send()
    tender.writing()
    tender.round.opened_at = tender.clock.now
    lead = tender.person(tender.round.organisation)

    page = lead.page(f"{tender.here}/record")

    assert re.search(r"B\. Idder.*Submission \S+: new", page.text, re.DOTALL)
