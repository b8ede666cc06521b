"""The public page of who takes part: down until the lead puts it up, without figures, persons or names before publication."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models.records import AuditEvent
from models.rounds import MemberClass
from models.signons import EligibilitySnapshot
from tests.memory import remembered


@pytest.fixture
@remembered
def led(build, sign_in):
    """A round with one confirmed member and the browser of its lead."""
    round_ = build.round(state="sign_on", notice_reference="2026/S 1-1")
    body = build.organisation("buyer", name="Town of Newlyn")
    build.sign_on(round_, body, state="confirmed", liaison_name="Lia Liaison", liaison_email="lia@example.org")
    build.lot(round_, qty_maximum=98_765)
    return round_, sign_in(build.user(round_.organisation), round_.organisation)


def put_up(led, show: str = "y"):
    round_, lead = led
    return lead.send(f"/rounds/{round_.public_id}/sign-ons/public-page", {"show": show})


def test_the_page_is_not_found_until_the_lead_puts_it_up_and_after_it_is_taken_down(session, led, client):
    round_, _lead = led
    place = f"/public/rounds/{round_.public_id}/members"
    session.commit()

    before = client.get(place).status_code
    put_up(led)
    put_up(led)
    up = client.get(place).status_code
    put_up(led, show="")
    down = client.get(place).status_code

    kinds = session.scalars(
        select(AuditEvent.kind).where(AuditEvent.kind.like("round.members%")).order_by(AuditEvent.seq)
    )
    assert (before, up, down) == (404, 200, 404)
    assert kinds.all() == ["round.members_shown", "round.members_hidden"]


def test_before_publication_it_names_nobody_and_says_how_many(session, led, client):
    round_, _lead = led
    put_up(led)

    page = client.page(f"/public/rounds/{round_.public_id}/members")

    assert "1 body has signed on so far." in page.text
    assert "L1 Lot 1" in page.text
    for secret in ("Newlyn", "Lia", "example.org", "98,765", "2026/S 1-1"):
        assert secret not in page.text


def test_after_publication_it_shows_the_frozen_list_and_who_came_later(session, build, clock, led, client):
    round_, _lead = led
    frozen = {"organisation": "Town as it was called"}
    body = round_.organisation
    build.add(EligibilitySnapshot(round_id=round_.id, organisation_id=body.id, at=clock(), facts=frozen))
    build.add(MemberClass(round=round_, name="Municipalities", description="Every one.", created_at=clock()))
    round_.frozen_hash, round_.published_at, round_.tender_deadline = "f" * 64, clock(), clock()
    round_.state = "published"
    session.commit()
    put_up(led)

    page = client.page(f"/public/rounds/{round_.public_id}/members")
    answer = client.get(f"/public/rounds/{round_.public_id}/members")

    assert "1 body stood on the list" in page.text
    assert "Town as it was called" in page.text
    assert "Town of Newlyn when the open framework was re-opened" in page.text
    assert "Classes of buyers that may join later Municipalities Every one." in page.text
    assert answer.headers["Cache-Control"] == "private, max-age=300"
    assert "98,765" not in page.text


def test_only_the_lead_puts_it_up(build, sign_in, led):
    round_, _lead = led
    body = build.organisation("buyer")
    build.sign_on(round_, body)
    member = sign_in(build.user(body), body)

    answer = member.post(f"/rounds/{round_.public_id}/sign-ons/public-page", data={"show": "y"})

    assert answer.status_code == 403
    assert not round_.has_public_members
