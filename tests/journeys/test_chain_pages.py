"""Contradictions, questions to suppliers and requests upstream in a browser: each page accessible, none wider than a telephone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.chain.contradictions import review
from models.base import db
from models.contradictions import Clarification, Contradiction
from models.disclosure import Submission
from models.people import RoleGrant, User
from models.records import Mail
from models.requests import UpstreamRequest
from models.rounds import Round
from tests.journeys.conftest import Served, Walker
from views.demo import cast

pytestmark = [pytest.mark.browser, pytest.mark.slow]

KEY = "demolaptops2026"
HERE = f"/rounds/{KEY}"
LEAD, EVALUATOR = "lead@waterpoort.example", "evaluator@westerlicht.example"
BRAND = "chain@brand.example"


@contextmanager
def stage(served: Served) -> Iterator[Session]:
    """The database of the demonstration, to be written to."""
    with served.app.app_context():
        session = db.session()
        session.info["write"] = True
        yield session
        session.commit()
        db.session.remove()


def fits(walker: Walker, path: str) -> None:
    """Visit a page, which is inspected; it answers and needs no scrolling to the side."""
    assert walker.visit(path) == 200, path
    assert walker.page.evaluate("document.documentElement.scrollWidth") <= 320, path


@pytest.fixture(scope="module")
def asked(served_demo: Served) -> dict[str, str]:
    """A kind of contradiction about which a supplier can be asked, one of it, and one that was accepted, asked and answered."""
    with served_demo.walk(LEAD, width=320) as lead, stage(served_demo) as session:
        found = session.scalars(select(Contradiction).join(Round).where(Round.public_id == KEY)).all()
        codes = {one.code: one.public_id for one in found}
        for code, one in codes.items():
            lead.visit(f"{HERE}/contradictions/ask/{code}")
            if lead.page.locator("input[name=supplier]").count():
                return {"code": code, "one": one}
    raise AssertionError("the demonstration has no contradiction that a supplier can be asked about")


def test_contradictions_and_questions_are_accessible_to_the_lead_and_the_supplier(
    served_demo: Served, asked: dict[str, str]
):
    with served_demo.walk(LEAD, width=320) as lead:
        fits(lead, f"{HERE}/contradictions")
        fits(lead, f"{HERE}/contradictions?kind={asked['code']}")
        fits(lead, f"{HERE}/contradictions?q=nothing-is-like-this")
        fits(lead, f"{HERE}/contradictions/{asked['one']}")
        fits(lead, f"{HERE}/contradictions/ask/{asked['code']}")
        lead.page.fill("input[name=answer_by]", "2020-01-01")
        lead.send(f"/ask/{asked['code']}")
        day = (served_demo.clock() + dt.timedelta(days=9)).date().isoformat()
        lead.page.fill("input[name=answer_by]", day)
        lead.send(f"/ask/{asked['code']}")
        fits(lead, f"{HERE}/contradictions/questions")
        fits(lead, f"{HERE}/contradictions/{asked['one']}")
        fits(lead, f"{HERE}/not-applicable")
    answered_by_its_supplier(served_demo)


def answered_by_its_supplier(served_demo: Served) -> None:
    """The same question as its supplier meets and answers it, and the answer as the lead does."""
    with stage(served_demo) as session:
        question = session.scalars(select(Clarification).order_by(Clarification.id)).first()
        assert question is not None
        path, mail = question.public_id, address_of(session, question.supplier_id)
    with served_demo.walk(mail, width=320) as supplier:
        fits(supplier, f"{HERE}/clarifications")
        fits(supplier, f"{HERE}/clarifications/{path}")
        supplier.send(f"/clarifications/{path}")
        supplier.page.fill("textarea[name=text]", "It was renewed in May.")
        supplier.send(f"/clarifications/{path}")
    with served_demo.walk(LEAD, width=320) as lead:
        fits(lead, f"{HERE}/contradictions/questions/{path}")


def address_of(session: Session, organisation: int) -> str:
    """The mail address of somebody of an organisation in the demonstration."""
    query = select(User.email).join(RoleGrant, RoleGrant.user_id == User.id)
    return session.scalars(query.where(RoleGrant.organisation_id == organisation).order_by(User.id)).first() or ""


def test_requests_are_accessible_to_a_supplier(served_demo: Served):
    with stage(served_demo) as session:
        query = select(UpstreamRequest).join(Round).where(Round.public_id == KEY, UpstreamRequest.hop == 1)
        request = session.scalars(query.order_by(UpstreamRequest.id)).first()
        assert request is not None
        path, mail = request.public_id, address_of(session, request.owner_id)
    with served_demo.walk(mail, width=320) as supplier:
        fits(supplier, f"{HERE}/requests")
        fits(supplier, f"{HERE}/requests/new")
        supplier.send("/requests/new")
        fits(supplier, f"{HERE}/requests/{path}")
        fits(supplier, f"{HERE}/requests/{path}/letter-nl")


def test_requests_are_accessible_to_the_lead_and_to_whoever_is_asked(served_demo: Served):
    with stage(served_demo) as session:
        opened = select(Submission.public_id).join(Round)
        opened = opened.where(Round.public_id == KEY, Submission.opened_at.is_not(None)).order_by(Submission.id)
        tender = session.scalars(opened).first()
    with served_demo.walk(LEAD, width=320) as lead:
        fits(lead, f"{HERE}/upstream")
        fits(lead, f"{HERE}/upstream/new")
        fits(lead, f"{HERE}/upstream/new?tender={tender}")
        lead.send("/upstream/new")
        ask(lead)
        assert lead.page.url.endswith(path_of(served_demo))
        fits(lead, f"{HERE}/upstream")
    walker = anybody(served_demo)
    link = secret_of(served_demo, "request_asked")
    fits(walker, f"{link}letter-sv")
    fits(walker, link)
    walker.press("button[value=send]")
    walker.page.locator("details summary").last.click()
    walker.send("library")
    fits(walker, secret_of(served_demo, "request_library"))
    answer(walker, link)
    walker.page.context.close()
    assert walker.faults == []
    with served_demo.walk(LEAD, width=320) as lead:
        fits(lead, path_of(served_demo))


def ask(lead: Walker) -> None:
    """Ask the brand about the first row of the tender."""
    lead.page.locator("input[name=row]").first.check(force=True)
    lead.page.fill("input[name=name]", "Brand (invented)")
    lead.page.fill("input[name=email]", BRAND)
    lead.send("/upstream/new")


def path_of(served: Served) -> str:
    """The page of the lead's own request."""
    with stage(served) as session:
        found = session.scalars(select(UpstreamRequest).where(UpstreamRequest.asked_email == BRAND)).one()
        return f"{HERE}/upstream/{found.public_id}"


def secret_of(served: Served, template: str) -> str:
    """The path that the newest mail to the brand leads to."""
    with stage(served) as session:
        query = select(Mail.secret).where(Mail.template == template, Mail.recipient == BRAND)
        found = session.scalars(query.order_by(Mail.id.desc())).first()
        assert found
        return found


def anybody(served: Served) -> Walker:
    """Somebody without an account."""
    context = served.browser.new_context(viewport={"width": 320, "height": 900})
    context.set_default_timeout(20_000)
    return Walker(served, context.new_page(), script=True)


def answer(walker: Walker, link: str) -> None:
    """Answer the first row and look at the page that is left."""
    walker.visit(link)
    walker.page.locator("select[name$=-answer]").first.select_option("unknown")
    walker.page.fill("input[name=by]", "A. Brand")
    walker.press("button[value=send]")


def test_what_evaluators_read_is_accessible(served_demo: Served, asked: dict[str, str]):
    with stage(served_demo) as session:
        round_ = session.scalars(select(Round).where(Round.public_id == KEY)).one()
        lead = cast.find(session).actor("lead")
        one = session.scalars(select(Contradiction).where(Contradiction.public_id == asked["one"])).one()
        review.accept(session, one, actor=lead, now=served_demo.clock())
        round_.state = "judging"
        for submission in session.scalars(select(Submission).where(Submission.round_id == round_.id)):
            if submission.opened_at is not None:
                submission.state = "in_review"
    with served_demo.walk(EVALUATOR, width=320) as evaluator:
        fits(evaluator, f"{HERE}/judging/contradictions")
        fits(evaluator, f"{HERE}/judging/contradictions/{asked['one']}")
        fits(evaluator, f"{HERE}/judging/questions")
