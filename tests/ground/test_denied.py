"""Refused attempts: named after the move that was tried, in plain words to people, bounded in number."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from framework.ground import audit, lifecycle
from framework.ground.act_labels import ACT_LABELS
from framework.ground.errors import MoveRefused, NotAllowed, RuleBroken
from framework.ground.labels import WHO_LABELS
from framework.ground.permissions import TABLE
from models.records import AuditEvent, Counter
from views import beat


def denied(session) -> list[AuditEvent]:
    session.rollback()
    query = select(AuditEvent).where(AuditEvent.outcome == "denied").order_by(AuditEvent.seq)
    return list(session.scalars(query))


@pytest.mark.parametrize("ask", [lifecycle.move, lifecycle.check])
@pytest.mark.parametrize("act", ["open_signons", "publish"])
def test_a_refused_move_names_what_was_tried(session, build, clock, ask, act):
    round_ = build.round()

    with pytest.raises(RuleBroken) as caught:
        ask(session, round_, act, actor=build.person(build.organisation()), now=clock.now)

    assert caught.value.attempt == f"round.{act}"


def test_a_refused_move_is_written_under_its_own_name(session, build, sign_in):
    round_ = build.round()
    browser = sign_in(build.user(round_.organisation))

    browser.post(f"/rounds/{round_.public_id}/phase/open_signons")

    assert [event.kind for event in denied(session)] == ["round.open_signons.denied"]


def test_every_act_and_everybody_who_may_has_a_label():
    people = {who for move in lifecycle.moves() for who in move.who} | {
        r for rule in TABLE.values() for r in rule.roles
    }

    assert {move.act for move in lifecycle.moves()} == set(ACT_LABELS)
    assert people <= set(WHO_LABELS)


def test_a_refusal_speaks_of_roles_and_acts_in_plain_words(app, build):
    from views.i18n import sentence

    with pytest.raises(MoveRefused) as refused:
        lifecycle.find("round", "demand", "open_signons")
    role = NotAllowed("role-missing", "Only %(who)s may do this.", who="operator, admin")

    with app.test_request_context():
        said = [sentence(refused.value), sentence(role)]

    assert said == [
        "“open sign-on” is not possible in state “Demand open”. Possible: lock demand or cancel.",
        "Only the operator of this installation or the administrator of the organisation may do this.",
    ]


def test_beyond_the_limit_of_a_minute_refused_attempts_are_summed(app, session, build, sign_in, clock, monkeypatch):
    monkeypatch.setattr(app.extensions["settings"], "denied_log_limit", 3)
    user = build.user(build.organisation("supplier"))
    number, browser = user.id, sign_in(user)
    for _ in range(8):
        browser.get("/rounds/aaaaaaaaaaaaaaaa")
    single = len(denied(session))

    for seconds in (10, 60, 60):
        clock.forward(seconds=seconds)
        session.info["write"] = True
        beat.sum_denied(session, clock)
        session.commit()

    summed = denied(session)[single:]
    assert single == 3
    assert [(e.kind, e.actor_id, e.data["count"]) for e in summed] == [("attempts.summed", number, 5)]
    assert audit.first_break(session.scalars(select(AuditEvent).order_by(AuditEvent.seq))) is None
    assert session.scalars(select(Counter.name).where(Counter.name.startswith("denied/"))).all() == []


def test_another_person_and_another_minute_count_anew(app, session, build, sign_in, clock, monkeypatch):
    monkeypatch.setattr(app.extensions["settings"], "denied_log_limit", 1)
    first, second = (sign_in(build.user(build.organisation("supplier"))) for _ in range(2))
    for browser in (first, first, second):
        browser.get("/rounds/aaaaaaaaaaaaaaaa")
    clock.forward(minutes=1)
    first.get("/rounds/aaaaaaaaaaaaaaaa")

    assert len(denied(session)) == 3
